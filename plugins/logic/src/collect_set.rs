//! COLLECT_SET: the different values, in ascending order. [`tally`] counts their rows, so that a value stays as long as
//! one row has it.

use crate::order::Ordered;
use crate::tally;

pub use crate::tally::{accumulate, key, merge, retract};

/// Refused if a value was retracted that never came.
pub fn value<T: Ordered>(entries: Vec<(T, i64)>) -> Result<Vec<T>, String> {
    Ok(tally::sorted(entries)?.into_iter().map(|(x, _)| x).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decimal::Decimal;

    #[test]
    fn the_set_of_nothing_is_empty() {
        assert_eq!(value::<i32>(Vec::new()), Ok(Vec::new()));
    }

    #[test]
    fn the_order_is_that_of_min_and_max() {
        let values = value(vec![(f64::NAN, 1), (0.0, 2), (-0.0, 1), (f64::INFINITY, 5)]).expect("nothing is owed");
        let bits = [-0.0, 0.0, f64::INFINITY, f64::NAN].map(f64::to_bits);
        assert_eq!(values.into_iter().map(f64::to_bits).collect::<Vec<_>>(), bits);
        let (long, plain) = (Decimal::new(100, 2), Decimal::new(1, 0));
        assert_eq!(value(vec![(long, 1), (plain, 1)]), Ok(vec![plain, long]));
    }

    #[test]
    fn a_value_that_never_came_cannot_leave() {
        assert!(value(vec![("a".to_owned(), 1), ("b".to_owned(), -1)]).is_err());
    }
}
