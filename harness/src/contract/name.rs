//! SQL names from WIT names: `sum-of-int` is an overload of `SUM`.

use streamfn_model::{Field, SqlType};

/// The words that end an overload's name. `timestamp-ltz` is one word of two parts.
const TYPE_WORDS: [&str; 18] = [
    "boolean",
    "tinyint",
    "smallint",
    "int",
    "bigint",
    "float",
    "double",
    "decimal",
    "string",
    "bytes",
    "date",
    "time",
    "timestamp",
    "timestamp-ltz",
    "array",
    "map",
    "multiset",
    "row",
];

/// A WIT name as SQL reads it.
#[derive(Debug, PartialEq, Eq)]
pub struct SqlName {
    /// `SUM`
    pub function: String,
    /// `["int"]`; empty if the name is no overload's.
    pub overload: Vec<&'static str>,
}

/// Splits `-of-` and SQL type words from the end of an interface's name: `day-of-week` ends in none.
pub fn function(wit: &str) -> SqlName {
    if let Some((stem, tail)) = wit.rsplit_once("-of-")
        && let Some(overload) = type_words(tail)
    {
        return SqlName { function: screaming(stem), overload };
    }
    SqlName { function: screaming(wit), overload: Vec::new() }
}

/// Refuses `sum-of-int` over BIGINT: the words of an overload's name are types of its parameters, in their order.
pub fn overload_fits(name: &SqlName, params: &[Field]) -> Result<(), String> {
    let mut left = params.iter();
    match name.overload.iter().find(|word| !left.any(|p| type_word(&p.sql_type) == **word)) {
        None => Ok(()),
        Some(word) => {
            let types: Vec<_> = params.iter().map(|p| p.sql_type.to_string()).collect();
            Err(format!("the name ends in `{word}`, and the parameters are ({}): rename it", types.join(", ")))
        }
    }
}

fn type_word(sql_type: &SqlType) -> &'static str {
    match sql_type {
        SqlType::Boolean => "boolean",
        SqlType::TinyInt => "tinyint",
        SqlType::SmallInt => "smallint",
        SqlType::Int => "int",
        SqlType::BigInt => "bigint",
        SqlType::Float => "float",
        SqlType::Double => "double",
        SqlType::Decimal(..) => "decimal",
        SqlType::String => "string",
        SqlType::Bytes => "bytes",
        SqlType::Date => "date",
        SqlType::Time => "time",
        SqlType::Timestamp => "timestamp",
        SqlType::TimestampLtz => "timestamp-ltz",
        SqlType::Array(_) => "array",
        SqlType::Map(..) => "map",
        SqlType::Multiset(_) => "multiset",
        SqlType::Row(_) => "row",
    }
}

/// A parameter or a field: `unit_price` for `unit-price`. ksqlDB reads it in upper case, as any name without quotes.
pub fn column(wit: &str) -> String {
    wit.replace('-', "_")
}

fn screaming(wit: &str) -> String {
    column(wit).to_ascii_uppercase()
}

/// The tail as type words, longest first, or `None` if any part of it is no type.
fn type_words(tail: &str) -> Option<Vec<&'static str>> {
    let mut words = Vec::new();
    let mut rest = tail;
    while !rest.is_empty() {
        let (word, after) = TYPE_WORDS
            .iter()
            .filter_map(|word| Some((*word, rest.strip_prefix(word)?)))
            .filter(|(_, after)| after.is_empty() || after.starts_with('-'))
            .max_by_key(|(word, _)| word.len())?;
        words.push(word);
        rest = after.strip_prefix('-').unwrap_or(after);
    }
    (!words.is_empty()).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(wit: &str) -> (String, Vec<&'static str>) {
        let name = function(wit);
        (name.function, name.overload)
    }

    #[test]
    fn an_overload_ends_in_of_and_a_type_word() {
        assert_eq!(split("sum-of-int"), ("SUM".into(), vec!["int"]));
        assert_eq!(split("max-of-timestamp-ltz"), ("MAX".into(), vec!["timestamp-ltz"]));
        assert_eq!(split("share-of-total-of-double"), ("SHARE_OF_TOTAL".into(), vec!["double"]));
        assert_eq!(split("round-of-decimal-int"), ("ROUND".into(), vec!["decimal", "int"]));
    }

    #[test]
    fn a_name_that_ends_in_no_type_word_is_whole() {
        assert_eq!(split("day-of-week"), ("DAY_OF_WEEK".into(), vec![]));
        assert_eq!(split("basket-totals"), ("BASKET_TOTALS".into(), vec![]));
        assert_eq!(split("out-of-integers"), ("OUT_OF_INTEGERS".into(), vec![]));
    }
}
