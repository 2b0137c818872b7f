//! MAX_WITH_RETRACT: MAX where values can leave again. The engine keeps every value with its number of rows, as
//! [`tally`] counts them; the answer looks at all of them.

use crate::order::{Ordered, is_greater};
use crate::tally;

pub use crate::tally::{accumulate, key, merge, retract};

/// Null for no value at all; refused if a value was retracted that never came.
pub fn value<T: Ordered>(entries: Vec<(T, i64)>) -> Result<Option<T>, String> {
    let values = tally::settled(entries)?.into_iter().map(|(x, _)| x);
    Ok(values.reduce(|best, x| if is_greater(&x, &best) { x } else { best }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::max;
    use proptest::prelude::*;

    #[test]
    fn the_greatest_of_nothing_is_null() {
        assert_eq!(value::<String>(Vec::new()), Ok(None));
    }

    #[test]
    fn a_value_that_never_came_cannot_leave() {
        assert!(value(vec![(1, 1), (2, -1)]).is_err());
    }

    proptest! {
        #[test]
        fn it_is_max_over_the_values_that_stay(values in prop::collection::vec(prop::num::f64::ANY, 0..12)) {
            let entries: Vec<_> = values.iter().map(|x| (key(*x), 1)).collect();
            let kept = values.iter().fold(max::create(), |state, x| max::accumulate(state, *x));
            let answer = value(entries.clone()).map(|x| x.map(f64::to_bits));
            prop_assert_eq!(&answer, &Ok(max::value(kept).map(f64::to_bits)));
            let reversed = entries.into_iter().rev().collect();
            prop_assert_eq!(value(reversed).map(|x| x.map(f64::to_bits)), answer);
        }
    }
}
