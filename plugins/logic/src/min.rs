//! MIN: the least value by a total order, null for no value at all. It forgets the others, so it cannot retract.

use crate::order::{Ordered, is_less};

#[derive(Debug, Clone, PartialEq)]
pub struct State<T> {
    /// The least value so far, as [`Ordered::stored`] gives it; none before the first.
    pub least: Option<T>,
}

pub fn create<T: Ordered>() -> State<T> {
    State { least: None }
}

pub fn accumulate<T: Ordered>(state: State<T>, x: T) -> State<T> {
    match &state.least {
        Some(best) if !is_less(&x, best) => state,
        _ => State { least: Some(x.stored()) },
    }
}

pub fn merge<T: Ordered>(a: State<T>, b: State<T>) -> State<T> {
    match b.least {
        Some(x) => accumulate(a, x),
        None => a,
    }
}

pub fn value<T: Ordered>(state: State<T>) -> Option<T> {
    state.least
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all<T: Ordered>(values: &[T]) -> State<T> {
        values.iter().fold(create(), |state, x| accumulate(state, x.clone()))
    }

    fn bits(state: State<f64>) -> Option<u64> {
        state.least.map(f64::to_bits)
    }

    #[test]
    fn the_least_of_nothing_is_null() {
        assert_eq!(value(create::<i64>()), None);
    }

    #[test]
    fn nan_and_the_zeros_have_their_place_whoever_comes_first() {
        assert_eq!(value(all(&[f64::NAN, f64::INFINITY])), Some(f64::INFINITY));
        assert_eq!(value(all(&[f64::INFINITY, f64::NAN])), Some(f64::INFINITY));
        assert_eq!(bits(all(&[0.0, -0.0])), Some((-0.0_f64).to_bits()));
        assert_eq!(bits(all(&[-0.0, 0.0])), Some((-0.0_f64).to_bits()));
    }

    proptest! {
        #[test]
        fn it_is_the_smallest(values: Vec<i32>) {
            prop_assert_eq!(value(all(&values)), values.iter().copied().min());
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
