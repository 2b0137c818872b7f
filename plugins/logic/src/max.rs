//! MAX: the greatest value by a total order, null for no value at all. It forgets the others, so it cannot retract.

use crate::order::{Ordered, is_greater};

#[derive(Debug, Clone, PartialEq)]
pub struct State<T> {
    /// The greatest value so far, as [`Ordered::stored`] gives it; none before the first.
    pub greatest: Option<T>,
}

pub fn create<T: Ordered>() -> State<T> {
    State { greatest: None }
}

pub fn accumulate<T: Ordered>(state: State<T>, x: T) -> State<T> {
    match &state.greatest {
        Some(best) if !is_greater(&x, best) => state,
        _ => State { greatest: Some(x.stored()) },
    }
}

pub fn merge<T: Ordered>(a: State<T>, b: State<T>) -> State<T> {
    match b.greatest {
        Some(x) => accumulate(a, x),
        None => a,
    }
}

pub fn value<T: Ordered>(state: State<T>) -> Option<T> {
    state.greatest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all<T: Ordered>(values: &[T]) -> State<T> {
        values.iter().fold(create(), |state, x| accumulate(state, x.clone()))
    }

    fn bits(state: State<f64>) -> Option<u64> {
        state.greatest.map(f64::to_bits)
    }

    #[test]
    fn the_greatest_of_nothing_is_null() {
        assert_eq!(value(create::<i64>()), None);
    }

    #[test]
    fn nan_and_the_zeros_have_their_place_whoever_comes_first() {
        assert_eq!(bits(all(&[-f64::NAN, f64::INFINITY])), Some(0x7ff8_0000_0000_0000));
        assert_eq!(bits(all(&[f64::INFINITY, -f64::NAN])), Some(0x7ff8_0000_0000_0000));
        assert_eq!(bits(all(&[0.0, -0.0])), Some(0.0_f64.to_bits()));
        assert_eq!(bits(all(&[-0.0, 0.0])), Some(0.0_f64.to_bits()));
    }

    proptest! {
        #[test]
        fn it_is_the_largest(values: Vec<i32>) {
            prop_assert_eq!(value(all(&values)), values.iter().copied().max());
        }

        #[test]
        fn split_and_merged_either_way_is_the_whole(
            a in prop::collection::vec(prop::num::f64::ANY, 0..8),
            b in prop::collection::vec(prop::num::f64::ANY, 0..8),
        ) {
            let whole = bits(all(&[a.clone(), b.clone()].concat()));
            prop_assert_eq!(bits(merge(all(&a), all(&b))), whole);
            prop_assert_eq!(bits(merge(all(&b), all(&a))), whole);
        }
    }
}
