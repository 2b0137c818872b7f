//! How often each value is there, where the engine keeps the map: what happens to one entry, and what a map must be
//! like to be an answer. Several functions are made of it.

use crate::order::{Ordered, ascending};

/// The entry that a value belongs to.
pub fn key<T: Ordered>(x: T) -> T {
    x.stored()
}

/// One row more. An entry may be below zero, in a part that retracts what another part added.
pub fn accumulate(rows: Option<i64>) -> Option<i64> {
    merge(rows.unwrap_or(0), 1)
}

/// One row less.
pub fn retract(rows: Option<i64>) -> Option<i64> {
    merge(rows.unwrap_or(0), -1)
}

/// An entry leaves with its last row.
pub fn merge(a: i64, b: i64) -> Option<i64> {
    Some(a.wrapping_add(b)).filter(|rows| *rows != 0)
}

/// The entries themselves, if none of them is owed.
pub fn settled<T>(entries: Vec<(T, i64)>) -> Result<Vec<(T, i64)>, String> {
    match entries.iter().find(|(_, rows)| *rows < 0) {
        None => Ok(entries),
        Some((_, rows)) => Err(format!(
            "a value can only be retracted as often as it was added, and one was retracted {} times more",
            rows.unsigned_abs()
        )),
    }
}

/// [`settled`] entries in ascending order of their values.
pub fn sorted<T: Ordered>(entries: Vec<(T, i64)>) -> Result<Vec<(T, i64)>, String> {
    let mut entries = settled(entries)?;
    entries.sort_unstable_by(|(a, _), (b, _)| ascending(a, b));
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(steps: &[bool]) -> Option<i64> {
        steps.iter().fold(None, |rows, adds| if *adds { accumulate(rows) } else { retract(rows) })
    }

    #[test]
    fn an_entry_leaves_with_its_last_row() {
        assert_eq!((accumulate(None), accumulate(Some(1))), (Some(1), Some(2)));
        assert_eq!((retract(Some(2)), retract(Some(1))), (Some(1), None));
        assert_eq!((retract(None), accumulate(Some(-1))), (Some(-1), None));
    }

    #[test]
    fn there_is_one_nan_and_there_are_two_zeros() {
        assert_eq!(key(-f32::NAN).to_bits(), 0x7fc0_0000);
        assert_ne!(key(-0.0_f64).to_bits(), key(0.0_f64).to_bits());
    }

    #[test]
    fn what_is_owed_is_no_answer() {
        assert_eq!(settled(vec![('a', 1), ('b', 2)]), Ok(vec![('a', 1), ('b', 2)]));
        let refusal = "a value can only be retracted as often as it was added, and one was retracted 2 times more";
        assert_eq!(settled(vec![('a', 1), ('b', -2)]), Err(refusal.to_owned()));
    }

    proptest! {
        #[test]
        fn split_and_merged_is_the_whole(a: Vec<bool>, b: Vec<bool>) {
            let merged = match (all(&a), all(&b)) {
                (Some(a), Some(b)) => merge(a, b),
                (one, other) => one.or(other),
            };
            prop_assert_eq!(merged, all(&[a, b].concat()));
        }

        #[test]
        fn only_how_many_came_and_went_matters(mut steps: Vec<bool>) {
            let before = all(&steps);
            steps.sort();
            prop_assert_eq!(all(&steps), before);
        }
    }
}
