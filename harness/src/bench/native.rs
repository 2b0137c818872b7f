//! The functions of our own plugins without WebAssembly: `plugins/logic`, compiled for this processor. The only room of the
//! harness that knows it: what a component costs is said beside what its logic costs.

use std::collections::BTreeMap;
use std::hint::black_box;

use streamfn_logic::avg::Averaged;
use streamfn_logic::number::Addend;
use streamfn_logic::order::{Greatest, Least, Ordered};
use streamfn_logic::packed::Packed;
use streamfn_logic::types::Decimal;
use streamfn_logic::with_product::Product;
use streamfn_logic::with_user::{Event, EventUser, User};
use streamfn_logic::*;
use streamfn_model::Value;

use super::Run;

type Rows<'a> = &'a [Vec<Value>];

/// By the name of the interface, without package and version; `None` for a function that is not ours.
pub fn run(name: &str, rows: Rows<'_>) -> Option<Run> {
    macro_rules! overloads {
        ($name:literal $make:ident $suffix:literal: $($word:literal $t:ty),*) => {
            $(if name == concat!($name, "-of-", $word, $suffix) {
                return Some($make::<$t>(rows));
            })*
        };
    }
    macro_rules! of_numbers {
        ($($name:literal $make:ident),*) => {
            $(overloads! { $name $make "":
                "int" i32, "tinyint" i8, "smallint" i16, "bigint" i64, "float" f32, "double" f64, "decimal" Decimal
            })*
        };
    }
    macro_rules! of_all {
        ($($name:literal $make:ident $suffix:literal),*) => {
            $(overloads! { $name $make $suffix:
                "int" i32, "tinyint" i8, "smallint" i16, "bigint" i64, "float" f32, "double" f64, "decimal" Decimal,
                "string" String, "date" i32, "time" i32, "timestamp" i64, "timestamp-ltz" i64
            })*
        };
    }
    of_numbers! { "sum" sum, "avg" avg }
    of_all! {
        "min" least "", "max" greatest "", "min-with-retract" tallied "", "max-with-retract" tallied "",
        "collect" collected "", "histogram" tallied "", "collect-set" tallied "", "collect-list" list "",
        "collect-list" limited_list "-int", "earliest" first "", "latest" last ""
    }
    overloads! { "earliest" first "": "boolean" bool }
    overloads! { "latest" last "": "boolean" bool }
    Some(match name {
        "basket-totals" => folded(rows, basket_totals::create, |state, (ts, qty, unit_price)| {
            Ok(basket_totals::accumulate(state, basket_totals::Item { ts, qty, unit_price }))
        }),
        name if name == "count" || name.starts_with("count-of-") => {
            folded(rows, count::create, |state, ()| Ok(count::accumulate(state)))
        }
        "with-user" => mapped(rows, |(event, user)| with_user::eval(event, user)),
        "with-product" => mapped(rows, |(event, product)| with_product::eval(event, product)),
        "unnest-entries-of-multiset" => mapped(rows, |(entries,)| unnest_entries::of_multiset(entries)),
        "unnest-entries-of-map" => mapped(rows, |(entries,): (Vec<(String, i64)>,)| unnest_entries::of_map(entries)),
        _ => return None,
    })
}

fn sum<T: Addend + Typed + 'static>(rows: Rows<'_>) -> Run {
    folded(rows, sum::create::<T>, |state, (x,)| sum::accumulate(state, x).map_err(drop))
}

fn avg<T: Averaged + Typed + Clone + 'static>(rows: Rows<'_>) -> Run {
    folded(rows, avg::create::<T>, |state, (x,)| avg::accumulate::<T>(state, x).map_err(drop))
}

fn least<T: Ordered + Typed + 'static>(rows: Rows<'_>) -> Run {
    folded(rows, extreme::create::<T>, |state, (x,)| Ok(extreme::accumulate::<Least, T>(state, x)))
}

fn greatest<T: Ordered + Typed + 'static>(rows: Rows<'_>) -> Run {
    folded(rows, extreme::create::<T>, |state, (x,)| Ok(extreme::accumulate::<Greatest, T>(state, x)))
}

fn first<T: Ordered + Typed + 'static>(rows: Rows<'_>) -> Run {
    folded(rows, by_offset::create::<T>, |state, (x, offset)| Ok(by_offset::accumulate::<Least, T>(state, x, offset)))
}

fn last<T: Ordered + Typed + 'static>(rows: Rows<'_>) -> Run {
    folded(rows, by_offset::create::<T>, |state, (x, at)| Ok(by_offset::accumulate::<Greatest, T>(state, x, at)))
}

fn list<T: Packed + Typed + 'static>(rows: Rows<'_>) -> Run {
    folded(rows, collect_list::create, |state, (x,)| Ok(collect_list::accumulate::<T>(state, x)))
}

fn limited_list<T: Packed + Typed + 'static>(rows: Rows<'_>) -> Run {
    folded(rows, collect_list_limited::create, |state, (x, limit)| {
        collect_list_limited::accumulate::<T>(state, x, limit).map_err(drop)
    })
}

fn collected<T: Ordered + Typed + 'static>(rows: Rows<'_>) -> Run {
    entries(rows, collect::key::<T>, |times| collect::accumulate(times).map_err(drop))
}

fn tallied<T: Ordered + Typed + 'static>(rows: Rows<'_>) -> Run {
    entries(rows, tally::key::<T>, |rows| Ok(tally::accumulate(rows)))
}

/// Rows into the states of their groups, of which there is one, new. It is in memory after each row, as where the next row may be
/// another group's.
fn folded<S: Clone + 'static, R: Typed + Clone + 'static>(
    rows: Rows<'_>,
    create: impl Fn() -> S + 'static,
    accumulate: impl Fn(S, R) -> Result<S, ()> + 'static,
) -> Run {
    let rows: Vec<R> = typed(rows);
    let groups = vec![0; super::DIFFERENT];
    Box::new(move |count| {
        let mut states = [create()];
        for (row, group) in rows.iter().zip(&groups).cycle().take(count) {
            let state = &mut states[*black_box(group)];
            *state =
                accumulate(std::mem::replace(state, create()), black_box(row).clone()).unwrap_or_else(|()| create());
        }
        black_box(states);
    })
}

/// Rows into the entries of one new group, which a map keeps as the host's does: in their order.
fn entries<T: Ordered + Typed + 'static, E: Copy + 'static>(
    rows: Rows<'_>,
    key: impl Fn(T) -> T + 'static,
    accumulate: impl Fn(Option<E>) -> Result<Option<E>, ()> + 'static,
) -> Run {
    let rows: Vec<(T,)> = typed(rows);
    Box::new(move |count| {
        let mut entries: BTreeMap<InOrder<T>, E> = BTreeMap::new();
        for (x,) in rows.iter().cycle().take(count) {
            let key = InOrder(key(black_box(x).clone()));
            match accumulate(entries.get(&key).copied()) {
                Ok(Some(entry)) => drop(entries.insert(key, entry)),
                Ok(None) => drop(entries.remove(&key)),
                Err(()) => {}
            }
        }
        black_box(entries);
    })
}

fn mapped<R: Typed + Clone + 'static, T: 'static>(rows: Rows<'_>, eval: impl Fn(R) -> T + 'static) -> Run {
    let rows: Vec<R> = typed(rows);
    Box::new(move |count| {
        for row in rows.iter().cycle().take(count) {
            black_box(eval(black_box(row).clone()));
        }
    })
}

fn typed<R: Typed>(rows: Rows<'_>) -> Vec<R> {
    rows.iter().map(|row| R::of(&Value::Record(row.clone()))).collect()
}

struct InOrder<T>(T);

impl<T: Ordered> Ord for InOrder<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.order(&other.0).then_with(|| self.0.among_equals(&other.0))
    }
}

impl<T: Ordered> PartialOrd for InOrder<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Ordered> PartialEq for InOrder<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<T: Ordered> Eq for InOrder<T> {}

/// What a value is in Rust. The rows are made for the function, so every value is of its type.
trait Typed {
    fn of(value: &Value) -> Self;
}

macro_rules! typed {
    ($($case:ident $t:ty),*) => {$(
        impl Typed for $t {
            fn of(value: &Value) -> $t {
                match value {
                    Value::$case(value) => value.clone(),
                    other => unreachable!("a row was made with {other:?}"),
                }
            }
        }
    )*};
}

typed! { Bool bool, S8 i8, S16 i16, S32 i32, S64 i64, F32 f32, F64 f64, String String }

impl Typed for Decimal {
    fn of(value: &Value) -> Decimal {
        match value {
            Value::Decimal { unscaled, scale } => {
                Decimal { high: (unscaled >> 64) as i64, low: *unscaled as u64, scale: *scale }
            }
            other => unreachable!("a row was made with {other:?}"),
        }
    }
}

impl<T: Typed> Typed for Option<T> {
    fn of(value: &Value) -> Option<T> {
        (!value.is_null()).then(|| T::of(value))
    }
}

impl<T: Typed> Typed for Vec<T> {
    fn of(value: &Value) -> Vec<T> {
        match value {
            Value::List(values) => values.iter().map(T::of).collect(),
            other => unreachable!("a row was made with {other:?}"),
        }
    }
}

macro_rules! records {
    ($($make:expr, $t:ty, ($($part:ident),*), [$($of:ident),*];)*) => {$(
        impl<$($of: Typed),*> Typed for $t {
            fn of(value: &Value) -> $t {
                match value {
                    Value::Record(fields) => {
                        let mut fields = fields.iter();
                        let make = $make;
                        make($(Typed::of({ let _ = stringify!($part); fields.next().unwrap_or(&Value::Null) })),*)
                    }
                    other => unreachable!("a row was made with {other:?}"),
                }
            }
        }
    )*};
}

/// Of a function that looks at none of its arguments.
impl Typed for () {
    fn of(_: &Value) {}
}

records! {
    |a| (a,), (A,), (a), [A];
    |a, b| (a, b), (A, B), (a, b), [A, B];
    |a, b, c| (a, b, c), (A, B, C), (a, b, c), [A, B, C];
    |event_time, product_id, price, user_session| Event { event_time, product_id, price, user_session },
        Event, (a, b, c, d), [];
    |firstname, lastname, email, address| User { firstname, lastname, email, address }, User, (a, b, c, d), [];
    |product_name| Product { product_name }, Product, (a), [];
}

impl Typed for EventUser {
    fn of(value: &Value) -> EventUser {
        match value {
            Value::Record(fields) => {
                let (event, user) = fields.split_at(4);
                let part = |fields: &[Value]| Value::Record(fields.to_vec());
                EventUser { event: Event::of(&part(event)), user: User::of(&part(user)) }
            }
            other => unreachable!("a row was made with {other:?}"),
        }
    }
}
