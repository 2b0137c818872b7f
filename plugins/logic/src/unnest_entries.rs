//! UNNEST_ENTRIES: a multiset or a map as rows, in an order that no engine's map decides.

/// Each element with the number of times it occurs, which is one at least.
pub fn of_multiset(entries: Vec<(String, i32)>) -> Result<Vec<(String, i32)>, String> {
    match entries.iter().find(|(_, multiplicity)| *multiplicity < 1) {
        None => Ok(of_map(entries)),
        Some((element, multiplicity)) => {
            Err(format!("a multiset holds each element once or more often, and holds '{element}' {multiplicity} times"))
        }
    }
}

/// Each key with its value.
pub fn of_map<V>(mut entries: Vec<(String, V)>) -> Vec<(String, V)> {
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    entries
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn entries<V: Copy>(entries: &[(&str, V)]) -> Vec<(String, V)> {
        entries.iter().map(|(key, value)| (String::from(*key), *value)).collect()
    }

    #[test]
    fn nothing_has_no_rows() {
        assert_eq!(of_multiset(Vec::new()), Ok(Vec::new()));
        assert_eq!(of_map::<i64>(Vec::new()), Vec::new());
    }

    /// U+FF5E comes before U+1F600, whose first UTF-16 unit is 0xD83D.
    #[test]
    fn rows_come_in_the_order_of_code_points() {
        let unordered = entries(&[("\u{1f600}", 1), ("\u{ff5e}", 2), ("a", 3)]);
        assert_eq!(of_multiset(unordered), Ok(entries(&[("a", 3), ("\u{ff5e}", 2), ("\u{1f600}", 1)])));
    }

    #[test]
    fn an_element_that_is_owed_or_not_there_is_refused() {
        let refusal = "a multiset holds each element once or more often, and holds 'mug' 0 times".to_owned();
        assert_eq!(of_multiset(entries(&[("chair", 1), ("mug", 0)])), Err(refusal));
        assert!(of_multiset(entries(&[("mug", -1)])).is_err());
    }

    proptest! {
        #[test]
        fn every_entry_is_a_row(map: BTreeMap<String, i64>) {
            let ascending: Vec<_> = map.clone().into_iter().collect();
            prop_assert_eq!(of_map(map.into_iter().rev().collect()), ascending);
        }
    }
}
