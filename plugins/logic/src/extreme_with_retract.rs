//! MIN_WITH_RETRACT and MAX_WITH_RETRACT: MIN and MAX where values can leave again. The engine keeps every value with its
//! number of rows, as [`tally`] counts them; the answer looks at all of them.

use crate::order::{End, Ordered};
use crate::tally;

pub use crate::tally::{accumulate, key, merge, retract};

/// Null for no value at all; refused if a value was retracted that never came.
pub fn value<E: End, T: Ordered>(entries: Vec<(T, i64)>) -> Result<Option<T>, String> {
    let values = tally::settled(entries)?.into_iter().map(|(x, _)| x);
    Ok(values.reduce(|best, x| if E::is_nearer(&x, &best) { x } else { best }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extreme;
    use crate::order::{Greatest, Least};
    use proptest::prelude::*;

    #[test]
    fn the_least_and_the_greatest_of_nothing_are_null() {
        assert_eq!(value::<Least, String>(Vec::new()), Ok(None));
        assert_eq!(value::<Greatest, String>(Vec::new()), Ok(None));
    }

    #[test]
    fn a_value_that_never_came_cannot_leave() {
        assert!(value::<Least, _>(vec![(1, 1), (2, -1)]).is_err());
        assert!(value::<Greatest, _>(vec![(1, 1), (2, -1)]).is_err());
    }

    fn is_over_the_values_that_stay<E: End>(values: &[f64]) -> Result<(), TestCaseError> {
        let entries: Vec<_> = values.iter().map(|x| (key(*x), 1)).collect();
        let kept = values.iter().fold(extreme::create(), |state, x| extreme::accumulate::<E, _>(state, *x));
        let answer = value::<E, _>(entries.clone()).map(|x| x.map(f64::to_bits));
        prop_assert_eq!(&answer, &Ok(extreme::value(kept).map(f64::to_bits)));
        let reversed = entries.into_iter().rev().collect();
        prop_assert_eq!(value::<E, _>(reversed).map(|x| x.map(f64::to_bits)), answer);
        Ok(())
    }

    proptest! {
        #[test]
        fn they_are_min_and_max_over_the_values_that_stay(values in prop::collection::vec(prop::num::f64::ANY, 0..12)) {
            is_over_the_values_that_stay::<Least>(&values)?;
            is_over_the_values_that_stay::<Greatest>(&values)?;
        }
    }
}
