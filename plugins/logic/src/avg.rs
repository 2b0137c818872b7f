//! AVG: the sum and the number of values, divided when somebody asks; null for no value at all.
//!
//! The state is SUM's over a wider type, so what SUM promises of overflow, NaN and retraction holds here too.

use crate::decimal::Decimal;
use crate::number::{Addend, canonical};
use crate::sum::{self, State};

/// A number that has a mean.
pub trait Averaged: Copy + std::fmt::Debug {
    /// What its values are added in.
    type Sum: Addend;
    type Mean;
    fn widened(self) -> Self::Sum;
    /// `rows` is not 0.
    fn mean(sum: Self::Sum, rows: i64) -> Self::Mean;
}

macro_rules! with_a_mean_in_doubles {
    ($($t:ty: $sum:ty),*) => {$(
        impl Averaged for $t {
            type Sum = $sum;
            type Mean = f64;
            fn widened(self) -> $sum {
                self.into()
            }
            fn mean(sum: $sum, rows: i64) -> f64 {
                canonical(sum as f64 / rows as f64)
            }
        }
    )*};
}

with_a_mean_in_doubles! { i8: i64, i16: i64, i32: i64, i64: i128, f32: f64, f64: f64 }

impl Averaged for Decimal {
    type Sum = Self;
    type Mean = Self;
    fn widened(self) -> Self {
        self
    }
    fn mean(sum: Self, rows: i64) -> Self {
        sum.divided(rows)
    }
}

pub fn create<T: Averaged>() -> State<T::Sum> {
    sum::create()
}

pub fn accumulate<T: Averaged>(state: State<T::Sum>, x: T) -> Result<State<T::Sum>, <T::Sum as Addend>::Refusal> {
    sum::accumulate(state, x.widened())
}

pub fn retract<T: Averaged>(state: State<T::Sum>, x: T) -> Result<State<T::Sum>, <T::Sum as Addend>::Refusal> {
    sum::retract(state, x.widened())
}

pub fn merge<T: Averaged>(a: State<T::Sum>, b: State<T::Sum>) -> Result<State<T::Sum>, <T::Sum as Addend>::Refusal> {
    sum::merge(a, b)
}

pub fn value<T: Averaged>(state: State<T::Sum>) -> Option<T::Mean> {
    sum::value(state).map(|sum| T::mean(sum, state.rows))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all<T: Averaged>(values: &[T]) -> State<T::Sum> {
        values.iter().try_fold(create::<T>(), |state, x| accumulate(state, *x)).expect("nothing is refused")
    }

    fn retracted<T: Averaged>(state: State<T::Sum>, values: &[T]) -> State<T::Sum> {
        values.iter().try_fold(state, |state, x| retract(state, *x)).expect("nothing is refused")
    }

    #[test]
    fn the_mean_of_nothing_is_null() {
        assert_eq!(value::<i32>(create::<i32>()), None);
        assert_eq!(value::<Decimal>(create::<Decimal>()), None);
    }

    #[test]
    fn the_sum_of_integers_does_not_wrap_in_their_own_width() {
        assert_eq!(value::<i8>(all(&[i8::MAX, i8::MAX])), Some(127.0));
        assert_eq!(value::<i32>(all(&[i32::MAX, i32::MAX, 1])), Some(4_294_967_295.0 / 3.0));
        assert_eq!(value::<i64>(all(&[i64::MAX, i64::MAX])), Some(9_223_372_036_854_775_807.0));
        assert_eq!(value::<i64>(all(&[i64::MIN, i64::MIN])), Some(-9_223_372_036_854_775_808.0));
    }

    /// 2^53 + 1 is no double: had each value been rounded before it was added, a third of 2^54 would come out.
    #[test]
    fn the_sum_is_rounded_once() {
        let odd = (1_i64 << 53) + 1;
        assert_eq!(value::<i64>(all(&[odd, odd, 2])), Some(6_004_799_503_160_663.0));
    }

    #[test]
    fn singles_are_added_as_doubles() {
        assert_eq!(value::<f32>(all(&[1e30_f32, 1.0, -1e30])), Some(0.0));
        assert_eq!(value::<f32>(all(&[16_777_216_f32, 1.0])), Some(8_388_608.5));
    }

    #[test]
    fn a_mean_that_is_no_number_is_one_nan() {
        let mean = value::<f64>(all(&[f64::INFINITY, f64::NEG_INFINITY])).map(f64::to_bits);
        assert_eq!(mean, Some(0x7ff8_0000_0000_0000));
        assert_eq!(value::<f64>(all(&[f64::MAX, f64::MAX])), Some(f64::INFINITY));
    }

    /// 0.10 + 0.15 is 0.25, its half 0.125.
    #[test]
    fn decimals_are_rounded_half_away_from_zero() {
        assert_eq!(value::<Decimal>(all(&[Decimal::new(10, 2), Decimal::new(15, 2)])), Some(Decimal::new(13, 2)));
        assert_eq!(value::<Decimal>(all(&[Decimal::new(-10, 2), Decimal::new(-15, 2)])), Some(Decimal::new(-13, 2)));
        assert!(accumulate(all(&[Decimal::new(10_i128.pow(38) - 1, 0)]), Decimal::new(1, 0)).is_err());
    }

    proptest! {
        #[test]
        fn integers_obey_the_laws(a: Vec<i64>, b: Vec<i64>) {
            let whole = [a.clone(), b.clone()].concat();
            let merged = |a, b| merge::<i64>(a, b).expect("nothing is refused");
            prop_assert_eq!(merged(all(&a), all(&b)), all(&whole));
            prop_assert_eq!(merged(retracted(create::<i64>(), &a), all(&whole)), all(&b));
            prop_assert_eq!(retracted(all(&whole), &[b, a].concat()), create::<i64>());
        }

        #[test]
        fn the_mean_of_one_integer_is_that_integer(x: i32) {
            prop_assert_eq!(value::<i32>(all(&[x])), Some(f64::from(x)));
        }

        #[test]
        fn the_mean_lies_between_the_values(values in prop::collection::vec(any::<i16>(), 1..20)) {
            let mean = value::<i16>(all(&values)).expect("there are values");
            let (least, greatest) = (values.iter().min(), values.iter().max());
            prop_assert!(least.is_some_and(|x| f64::from(*x) <= mean));
            prop_assert!(greatest.is_some_and(|x| mean <= f64::from(*x)));
        }
    }
}
