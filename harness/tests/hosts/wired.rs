//! The bytes of Rust's own values: what the native host has in place of a WIT type.

use streamfn_logic::number::Addend;
use streamfn_logic::order::Ordered;
use streamfn_logic::types::Decimal;
use streamfn_logic::{
    basket_totals, by_offset, collect_list, collect_list_limited, count, extreme, sum, with_product, with_user,
};

use crate::wire::{Reader, write_bytes, write_count};

/// A value as its WIT type is written.
pub trait Wire: Clone {
    fn read(from: &mut Reader) -> Self;
    fn write(&self, out: &mut Vec<u8>);
}

macro_rules! numbers {
    ($($t:ty),*) => {$(
        impl Wire for $t {
            fn read(from: &mut Reader) -> Self {
                Self::from_le_bytes(from.number())
            }
            fn write(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
        }
    )*};
}

numbers! { u8, i8, i16, i32, i64, u64, f32, f64 }

impl Wire for bool {
    fn read(from: &mut Reader) -> Self {
        from.byte() != 0
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
}

/// A record of two halves, the upper one first.
impl Wire for i128 {
    fn read(from: &mut Reader) -> Self {
        let high = i64::read(from);
        i128::from(high) << 64 | i128::from(u64::read(from))
    }
    fn write(&self, out: &mut Vec<u8>) {
        ((*self >> 64) as i64).write(out);
        (*self as u64).write(out);
    }
}

impl Wire for Decimal {
    fn read(from: &mut Reader) -> Self {
        Decimal::new(i128::from_le_bytes(from.number()), from.byte())
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.unscaled().to_le_bytes());
        out.push(self.scale);
    }
}

impl Wire for String {
    fn read(from: &mut Reader) -> Self {
        from.text()
    }
    fn write(&self, out: &mut Vec<u8>) {
        write_bytes(self.as_bytes(), out);
    }
}

impl<T: Wire> Wire for Option<T> {
    fn read(from: &mut Reader) -> Self {
        (from.byte() != 0).then(|| T::read(from))
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.push(u8::from(self.is_some()));
        self.iter().for_each(|value| value.write(out));
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn read(from: &mut Reader) -> Self {
        (0..from.count()).map(|_| T::read(from)).collect()
    }
    fn write(&self, out: &mut Vec<u8>) {
        write_count(self.len(), out);
        self.iter().for_each(|value| value.write(out));
    }
}

macro_rules! tuples {
    ($(($($part:ident),*)),*) => {$(
        impl<$($part: Wire),*> Wire for ($($part,)*) {
            fn read(from: &mut Reader) -> Self {
                ($($part::read(from),)*)
            }
            fn write(&self, out: &mut Vec<u8>) {
                #[allow(non_snake_case, reason = "a part is named as its type")]
                let ($($part,)*) = self;
                $($part.write(out);)*
            }
        }
    )*};
}

tuples! { (A), (A, B) }

/// A row without columns, and the trace of a sum that needs none.
impl Wire for () {
    fn read(_: &mut Reader) -> Self {}
    fn write(&self, _: &mut Vec<u8>) {}
}

macro_rules! records {
    ($([$($bound:tt)*] $record:ty { $($field:ident),* })*) => {$(
        impl<$($bound)*> Wire for $record {
            fn read(from: &mut Reader) -> Self {
                $(let $field = Wire::read(from);)*
                Self { $($field),* }
            }
            fn write(&self, out: &mut Vec<u8>) {
                $(self.$field.write(out);)*
            }
        }
    )*};
}

// Where a struct holds another whose fields the WIT has beside its own, the bytes are the same.
records! {
    [T: Addend<Trace: Wire> + Wire] sum::State<T> { sum, rows, trace }
    [] count::State { rows }
    [T: Ordered + Wire] extreme::State<T> { best }
    [T: Ordered + Wire] by_offset::State<T> { best, offset }
    [] basket_totals::Totals { ts, sum_qty, total_price }
    [] basket_totals::Item { ts, qty, unit_price }
    [] collect_list::State { values, owed }
    [] collect_list_limited::State { list, limit }
    [] with_user::Event { event_time, product_id, price, user_session }
    [] with_user::User { firstname, lastname, email, address }
    [] with_user::EventUser { event, user }
    [] with_product::Product { product_name }
    [] with_product::EnrichedEvent { user_session, user, price, product_name }
}
