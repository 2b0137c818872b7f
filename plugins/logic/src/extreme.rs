//! MIN and MAX: the value at one end of a total order, null for no value at all. They forget the others, so they cannot
//! retract.

use crate::order::{End, Ordered};

#[derive(Debug, Clone, PartialEq)]
pub struct State<T> {
    /// The value nearest to the end so far, as [`Ordered::stored`] gives it; none before the first.
    pub best: Option<T>,
}

pub fn create<T: Ordered>() -> State<T> {
    State { best: None }
}

pub fn accumulate<E: End, T: Ordered>(state: State<T>, x: T) -> State<T> {
    match &state.best {
        Some(best) if !E::is_nearer(&x, best) => state,
        _ => State { best: Some(x.stored()) },
    }
}

pub fn merge<E: End, T: Ordered>(a: State<T>, b: State<T>) -> State<T> {
    match b.best {
        Some(x) => accumulate::<E, T>(a, x),
        None => a,
    }
}

pub fn value<T: Ordered>(state: State<T>) -> Option<T> {
    state.best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::{Greatest, Least};
    use proptest::prelude::*;

    fn all<E: End, T: Ordered>(values: &[T]) -> State<T> {
        values.iter().fold(create(), |state, x| accumulate::<E, T>(state, x.clone()))
    }

    fn bits(state: State<f64>) -> Option<u64> {
        state.best.map(f64::to_bits)
    }

    #[test]
    fn the_least_and_the_greatest_of_nothing_are_null() {
        assert_eq!(value(create::<i64>()), None);
    }

    #[test]
    fn nan_and_the_zeros_have_their_place_whoever_comes_first() {
        assert_eq!(value(all::<Least, _>(&[f64::NAN, f64::INFINITY])), Some(f64::INFINITY));
        assert_eq!(value(all::<Least, _>(&[f64::INFINITY, f64::NAN])), Some(f64::INFINITY));
        assert_eq!(bits(all::<Least, _>(&[0.0, -0.0])), Some((-0.0_f64).to_bits()));
        assert_eq!(bits(all::<Least, _>(&[-0.0, 0.0])), Some((-0.0_f64).to_bits()));
        assert_eq!(bits(all::<Greatest, _>(&[-f64::NAN, f64::INFINITY])), Some(0x7ff8_0000_0000_0000));
        assert_eq!(bits(all::<Greatest, _>(&[f64::INFINITY, -f64::NAN])), Some(0x7ff8_0000_0000_0000));
        assert_eq!(bits(all::<Greatest, _>(&[0.0, -0.0])), Some(0.0_f64.to_bits()));
        assert_eq!(bits(all::<Greatest, _>(&[-0.0, 0.0])), Some(0.0_f64.to_bits()));
    }

    fn split_and_merged<E: End>(a: &[f64], b: &[f64]) -> Result<(), TestCaseError> {
        let whole = bits(all::<E, _>(&[a, b].concat()));
        prop_assert_eq!(bits(merge::<E, _>(all::<E, _>(a), all::<E, _>(b))), whole);
        prop_assert_eq!(bits(merge::<E, _>(all::<E, _>(b), all::<E, _>(a))), whole);
        Ok(())
    }

    proptest! {
        #[test]
        fn they_are_the_smallest_and_the_largest(values: Vec<i32>) {
            prop_assert_eq!(value(all::<Least, _>(&values)), values.iter().copied().min());
            prop_assert_eq!(value(all::<Greatest, _>(&values)), values.iter().copied().max());
        }

        #[test]
        fn split_and_merged_either_way_is_the_whole(
            a in prop::collection::vec(prop::num::f64::ANY, 0..8),
            b in prop::collection::vec(prop::num::f64::ANY, 0..8),
        ) {
            split_and_merged::<Least>(&a, &b)?;
            split_and_merged::<Greatest>(&a, &b)?;
        }
    }
}
