//! HISTOGRAM: which values there are, and how often each, as a map. [`tally`] counts them.

use crate::order::Ordered;
use crate::tally;

pub use crate::tally::{accumulate, key, merge, retract};

/// The map in ascending order, so that its bytes depend on no engine; refused if a value was retracted that never came.
pub fn value<T: Ordered>(entries: Vec<(T, i64)>) -> Result<Vec<(T, i64)>, String> {
    tally::sorted(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_histogram_of_nothing_is_empty() {
        assert_eq!(value::<i32>(Vec::new()), Ok(Vec::new()));
    }

    #[test]
    fn the_order_of_the_entries_does_not_matter() {
        let entries = [("mug", 2), ("chair", 1), ("desk", 3)].map(|(x, rows)| (x.to_owned(), rows));
        let sorted = [("chair", 1), ("desk", 3), ("mug", 2)].map(|(x, rows)| (x.to_owned(), rows));
        assert_eq!(value(entries.to_vec()), Ok(sorted.to_vec()));
        assert_eq!(value(entries.into_iter().rev().collect()), Ok(sorted.to_vec()));
    }

    #[test]
    fn a_value_that_never_came_cannot_leave() {
        assert!(value(vec![(1, 1), (2, -1)]).is_err());
    }
}
