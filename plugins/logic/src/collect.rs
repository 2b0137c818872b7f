//! COLLECT: which values there are, and how often each. The engine keeps the map; here is what happens to one entry.

use crate::order::Ordered;

/// The entry that a value belongs to.
pub fn key<T: Ordered>(x: T) -> T {
    x.stored()
}

/// One more. An entry may be below zero, in a part that retracts what another part added, and then comes back to none.
pub fn accumulate(times: Option<i32>) -> Result<Option<i32>, String> {
    merge(times.unwrap_or(0), 1)
}

/// One less.
pub fn retract(times: Option<i32>) -> Result<Option<i32>, String> {
    merge(times.unwrap_or(0), -1)
}

pub fn merge(a: i32, b: i32) -> Result<Option<i32>, String> {
    match a.checked_add(b) {
        Some(0) => Ok(None),
        Some(times) => Ok(Some(times)),
        None => Err("a MULTISET counts to 2147483647, and one value came or went more often".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Step = fn(Option<i32>) -> Result<Option<i32>, String>;

    fn all(steps: &[bool]) -> Option<i32> {
        let step = |adds: &bool| -> Step { if *adds { accumulate } else { retract } };
        steps.iter().fold(None, |times, adds| step(adds)(times).expect("few steps do not reach the bound"))
    }

    #[test]
    fn an_entry_leaves_with_its_last_value() {
        assert_eq!(accumulate(None), Ok(Some(1)));
        assert_eq!(accumulate(Some(1)), Ok(Some(2)));
        assert_eq!(retract(Some(1)), Ok(None));
        assert_eq!(retract(None), Ok(Some(-1)));
        assert_eq!(accumulate(Some(-1)), Ok(None));
    }

    #[test]
    fn past_the_bound_the_row_is_refused() {
        assert!(accumulate(Some(i32::MAX)).is_err());
        assert!(retract(Some(i32::MIN)).is_err());
        assert!(merge(i32::MAX, i32::MAX).is_err());
        assert_eq!(merge(i32::MAX, -i32::MAX), Ok(None));
    }

    #[test]
    fn there_is_one_nan_and_there_are_two_zeros() {
        assert_eq!(key(-f64::NAN).to_bits(), 0x7ff8_0000_0000_0000);
        assert_ne!(key(-0.0_f64).to_bits(), key(0.0_f64).to_bits());
    }

    proptest! {
        #[test]
        fn split_and_merged_is_the_whole(a: Vec<bool>, b: Vec<bool>) {
            let merged = match (all(&a), all(&b)) {
                (Some(a), Some(b)) => merge(a, b).expect("few steps do not reach the bound"),
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
