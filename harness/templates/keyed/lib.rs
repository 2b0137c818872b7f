//! The most frequent item. The logic first, as plain functions; below it the glue, which only translates.

/// Where a row counts: without blanks around it, in lower case.
pub fn key(item: &str) -> Option<String> {
    let key = item.trim().to_lowercase();
    (!key.is_empty()).then_some(key)
}

/// A count with `change` rows more or less. None at zero: an entry that counts nothing is no entry. It may be below zero
/// for as long as a row is taken back before it came.
pub fn counted(entry: Option<i64>, change: i64) -> Option<i64> {
    Some(entry.unwrap_or(0) + change).filter(|count| *count != 0)
}

/// The key with the highest count above zero; of several, the first by its bytes.
pub fn most_frequent(entries: Vec<(String, i64)>) -> Option<String> {
    let seen = entries.into_iter().filter(|(_, count)| *count > 0);
    seen.min_by(|(a, m), (b, n)| n.cmp(m).then_with(|| a.cmp(b)))
        .map(|(key, _)| key)
}

mod component {
    wit_bindgen::generate!({ path: "wit", world: "plugin" });

    struct Plugin;
    export!(Plugin);

    impl exports::{{snake}}::functions::{{snake}}::Guest for Plugin {
        fn key(item: String) -> Option<String> {
            super::key(&item)
        }

        fn accumulate(entry: Option<i64>, _item: String) -> Option<i64> {
            super::counted(entry, 1)
        }

        fn retract(entry: Option<i64>, _item: String) -> Option<i64> {
            super::counted(entry, -1)
        }

        fn merge(a: i64, b: i64) -> Option<i64> {
            super::counted(Some(a), b)
        }

        fn value(entries: Vec<(String, i64)>) -> Option<String> {
            super::most_frequent(entries)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{counted, key, most_frequent};

    #[test]
    fn case_and_blanks_make_no_other_item() {
        assert_eq!(key(" Tea "), Some("tea".to_owned()));
        assert_eq!(key("  "), None);
    }

    #[test]
    fn taking_the_last_row_back_removes_the_entry() {
        assert_eq!(counted(counted(None, 1), 1), Some(2));
        assert_eq!(counted(Some(1), -1), None);
        assert_eq!(counted(counted(None, -1), 1), None);
    }

    #[test]
    fn the_first_of_the_most_frequent_wins() {
        let entries =
            [("tea", 1), ("coffee", 2), ("water", 2)].map(|(key, count)| (key.to_owned(), count));
        assert_eq!(most_frequent(entries.to_vec()), Some("coffee".to_owned()));
        assert_eq!(most_frequent(Vec::new()), None);
    }
}
