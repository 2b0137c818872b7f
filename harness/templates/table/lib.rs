//! Splits tags into rows. The logic first, as a plain function; below it the glue, which only translates.

/// The tags between the commas.
pub fn tags(text: &str) -> Vec<String> {
    text.split(',')
        .map(str::trim)
        .filter(|tag| !tag.is_empty())
        .map(str::to_owned)
        .collect()
}

mod component {
    wit_bindgen::generate!({ path: "wit", world: "plugin" });

    struct Plugin;
    export!(Plugin);

    impl exports::{{snake}}::functions::{{snake}}::Guest for Plugin {
        fn rows(tags: String) -> Vec<String> {
            super::tags(&tags)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::tags;

    #[test]
    fn each_tag_is_a_row_in_their_order() {
        assert_eq!(tags("new, sale,new"), ["new", "sale", "new"]);
    }

    #[test]
    fn nothing_between_two_commas_is_no_row() {
        assert_eq!(tags(" ,sale,,"), ["sale"]);
        assert!(tags("").is_empty());
    }
}
