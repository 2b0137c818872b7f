//! SUM: wraps around for integers, adds in the order of arrival for binary fractions, is exact or refused for decimals,
//! null for no value at all.

use crate::number::{Addend, Trace};

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct State<T: Addend> {
    /// What was added, less what was retracted, in the order of arrival; zero where `trace` says that nothing is left. Never
    /// -0.0.
    pub sum: T,
    /// Values added, less values retracted. Below zero only in a part that is to be merged with another: an engine that
    /// aggregates in two steps retracts where it may never have added.
    pub rows: i64,
    /// Of the values added, less that of the values retracted.
    pub trace: T::Trace,
}

pub fn create<T: Addend>() -> State<T> {
    State { sum: T::ZERO, rows: 0, trace: T::Trace::NONE }
}

pub fn accumulate<T: Addend>(state: State<T>, x: T) -> Result<State<T>, T::Refusal> {
    Ok(settled(state.sum.plus(x)?, state.rows.wrapping_add(1), state.trace.plus(x.trace())))
}

pub fn retract<T: Addend>(state: State<T>, x: T) -> Result<State<T>, T::Refusal> {
    Ok(settled(state.sum.minus(x)?, state.rows.wrapping_sub(1), state.trace.minus(x.trace())))
}

pub fn merge<T: Addend>(a: State<T>, b: State<T>) -> Result<State<T>, T::Refusal> {
    Ok(settled(a.sum.plus(b.sum)?, a.rows.wrapping_add(b.rows), a.trace.plus(b.trace)))
}

pub fn value<T: Addend>(state: State<T>) -> Option<T> {
    (state.rows != 0).then_some(state.sum)
}

/// With no row left nothing of a rounding error or a NaN is left either.
fn settled<T: Addend>(sum: T, rows: i64, trace: T::Trace) -> State<T> {
    State { sum: if rows == 0 { sum.settled(trace) } else { sum }, rows, trace }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decimal::Decimal;
    use proptest::prelude::*;

    fn all<T: Addend>(values: &[T]) -> State<T> {
        values.iter().try_fold(create(), |state, x| accumulate(state, *x)).expect("nothing is refused")
    }

    fn retracted<T: Addend>(state: State<T>, values: &[T]) -> State<T> {
        values.iter().try_fold(state, |state, x| retract(state, *x)).expect("nothing is refused")
    }

    fn merged<T: Addend>(a: State<T>, b: State<T>) -> State<T> {
        merge(a, b).expect("nothing is refused")
    }

    fn bits(state: State<f64>) -> (u64, i64, i64) {
        (state.sum.to_bits(), state.rows, state.trace)
    }

    #[test]
    fn the_sum_of_nothing_is_null() {
        assert_eq!(value(create::<i32>()), None);
        assert_eq!(value(all(&[0])), Some(0));
    }

    #[test]
    fn integers_wrap_around() {
        assert_eq!(value(all(&[i32::MAX, 1])), Some(i32::MIN));
        assert_eq!(value(all(&[i64::MIN, -1])), Some(i64::MAX));
    }

    #[test]
    fn doubles_are_added_in_the_order_of_arrival() {
        assert_eq!(value(all(&[1e16, 1.0, -1e16])), Some(0.0));
        assert_eq!(value(all(&[1e16, -1e16, 1.0])), Some(1.0));
    }

    #[test]
    fn decimals_are_added_exactly_or_refused() {
        let greatest = Decimal::new(10_i128.pow(38) - 1, 0);
        let one = Decimal::new(1, 0);
        assert_eq!(value(all(&[Decimal::new(15, 1), Decimal::new(25, 2)])), Some(Decimal::new(175, 2)));
        assert!(accumulate(all(&[greatest]), one).is_err());
        assert!(merge(all(&[greatest]), all(&[one])).is_err());
        assert!(retract(all(&[Decimal::new(1 - 10_i128.pow(38), 0)]), one).is_err());
    }

    /// An update in one part of a group whose other part has the old row: minus 5, plus 3.
    #[test]
    fn a_part_that_owes_one_value_and_has_another_keeps_the_difference() {
        let part = accumulate(retracted(create(), &[5]), 3).expect("nothing is refused");
        assert_eq!(merged(all(&[5]), part), all(&[3]));
        let decimals = [Decimal::new(500, 2), Decimal::new(300, 2)];
        let part = accumulate(retracted(create(), &decimals[..1]), decimals[1]).expect("nothing is refused");
        assert_eq!(merged(all(&decimals[..1]), part), all(&decimals[1..]));
    }

    /// The same of doubles, whose sum of no rows would be taken for a rounding error.
    #[test]
    fn a_part_of_doubles_that_owes_one_value_and_has_another_keeps_the_difference() {
        for (old, new) in [(5.0, 3.0), (0.0, 0.5), (-1.0, f64::INFINITY)] {
            let part = accumulate(retracted(create(), &[old]), new).expect("nothing is refused");
            assert_eq!(value(merged(all(&[old]), part)), Some(new));
            let other = retracted(all(&[new]), &[old]);
            assert_eq!(value(merged(all(&[old]), other)), Some(new));
        }
    }

    #[test]
    fn zeros_of_either_sign_and_nans_of_any_pattern_leave_as_they_came() {
        assert_eq!(bits(retracted(all(&[-0.0]), &[0.0])), bits(create()));
        assert_eq!(bits(retracted(all(&[f64::NAN]), &[-f64::NAN])), bits(create()));
    }

    #[test]
    fn a_sum_of_negative_zeros_is_zero() {
        assert_eq!(all(&[-0.0_f64, -0.0]).sum.to_bits(), 0);
    }

    #[test]
    fn retracting_the_last_row_leaves_neither_rounding_nor_nan() {
        let values = [0.1, 1e16, f64::NAN, f64::INFINITY];
        assert_eq!(bits(retracted(all(&values), &values)), bits(create()));
    }

    proptest! {
        #[test]
        fn integers_accumulated_then_retracted_in_any_order_are_new(values: Vec<i32>, seed: u64) {
            let mut shuffled = values.clone();
            shuffled.rotate_left(seed as usize % values.len().max(1));
            prop_assert_eq!(retracted(all(&values), &shuffled), create());
        }

        #[test]
        fn integers_split_and_merged_are_the_whole(a: Vec<i64>, b: Vec<i64>) {
            prop_assert_eq!(merged(all(&a), all(&b)), all(&[a, b].concat()));
        }

        #[test]
        fn a_part_that_only_retracts_merges_with_one_that_added(values: Vec<i64>, more: Vec<i64>) {
            prop_assert_eq!(merged(retracted(create(), &values), all(&[values, more.clone()].concat())), all(&more));
        }

        #[test]
        fn decimals_of_one_scale_obey_the_same_laws(a: Vec<i64>, b: Vec<i64>, scale in 0_u8..5) {
            let [a, b] = [a, b].map(|part| Vec::from_iter(part.iter().map(|x| Decimal::new(i128::from(*x), scale))));
            let whole = [a.clone(), b.clone()].concat();
            prop_assert_eq!(merged(all(&a), all(&b)), all(&whole));
            prop_assert_eq!(merged(retracted(create(), &a), all(&whole)), all(&b));
            prop_assert_eq!(retracted(all(&whole), &[b, a].concat()), create());
        }

        #[test]
        fn merging_with_new_changes_nothing(values in prop::collection::vec(prop::num::f64::ANY, 0..8)) {
            let whole = all(&values);
            prop_assert_eq!(bits(merged(whole, create())), bits(whole));
            prop_assert_eq!(bits(merged(create(), whole)), bits(whole));
        }

        #[test]
        fn doubles_accumulated_then_retracted_are_new(values in prop::collection::vec(prop::num::f64::ANY, 0..8)) {
            prop_assert_eq!(bits(retracted(all(&values), &values)), bits(create()));
        }

        /// The bound that the WIT states: `n × 2^-51 × Σ|x|`.
        #[test]
        fn doubles_split_and_merged_are_the_whole_within_rounding(
            a in prop::collection::vec(-1e9..1e9, 0..50),
            b in prop::collection::vec(-1e9..1e9, 0..50),
        ) {
            let rows = [a.clone(), b.clone()].concat();
            let magnitude: f64 = rows.iter().map(|x: &f64| x.abs()).sum();
            let bound = rows.len() as f64 * 2.0_f64.powi(-51) * magnitude;
            prop_assert!((merged(all(&a), all(&b)).sum - all(&rows).sum).abs() <= bound);
        }

        #[test]
        fn a_stored_nan_has_one_pattern(values in prop::collection::vec(prop::num::f64::ANY, 1..8)) {
            let sum = all(&values).sum;
            prop_assert!(!sum.is_nan() || sum.to_bits() == 0x7ff8_0000_0000_0000);
        }
    }
}
