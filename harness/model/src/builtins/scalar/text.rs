//! Functions of text. ksqlDB counts Java's UTF-16 units, Flink characters.

use super::{ScalarRule, null_for_null};
use crate::{Dialect, SqlType, Value, java};

use SqlType::{Int, String as Text};

pub(super) fn rule(dialect: Dialect, name: &str, arguments: &[SqlType]) -> Option<ScalarRule> {
    let of = |result, row| ScalarRule::of(arguments, result, row);
    match (dialect, name, arguments) {
        (_, "UCASE" | "UPPER", [Text]) => of(Text, null_for_null!(|v| Value::String(text(&v[0]).to_uppercase()))),
        (_, "LCASE" | "LOWER", [Text]) => of(Text, null_for_null!(|v| Value::String(text(&v[0]).to_lowercase()))),
        (_, "LEN", [Text]) => of(Int, null_for_null!(|v| int(java::length(text(&v[0]))))),
        (_, "CHAR_LENGTH" | "CHARACTER_LENGTH", [Text]) => {
            of(Int, null_for_null!(|v| int(text(&v[0]).chars().count())))
        }
        // `String.trim` of Java, and in Flink blanks alone (`SqlFunctionUtils.trim`).
        (Dialect::Ksqldb, "TRIM", [Text]) => of(Text, null_for_null!(|v| java::trim(text(&v[0])).into())),
        (Dialect::Flink, "TRIM", [Text]) => of(Text, null_for_null!(|v| text(&v[0]).trim_matches(' ').into())),
        // ksqlDB leaves nulls out (`Concat`), Flink's answer is null with one.
        (_, "CONCAT", [_, _, ..]) if arguments.iter().all(|of| *of == Text) => match dialect {
            Dialect::Ksqldb => of(Text, |values| Ok(joined(values))),
            Dialect::Flink => of(Text, null_for_null!(joined)),
        },
        (_, "SUBSTRING", [Text, Int] | [Text, Int, Int]) => match dialect {
            Dialect::Ksqldb => of(Text, null_for_null!(ksqldb_substring)),
            Dialect::Flink => of(Text, null_for_null!(flink_substring)),
        },
        _ => None,
    }
}

fn text(value: &Value) -> &str {
    match value {
        Value::String(text) => text,
        _ => "",
    }
}

fn int(count: usize) -> Value {
    Value::S32(i32::try_from(count).unwrap_or(i32::MAX))
}

fn joined(values: &[Value]) -> Value {
    Value::String(values.iter().map(text).collect())
}

fn number(value: Option<&Value>) -> Option<i64> {
    match value {
        Some(Value::S32(number)) => Some(i64::from(*number)),
        _ => None,
    }
}

/// `Substring`: from the end where the position is negative; a position outside is the nearest end.
fn ksqldb_substring(values: &[Value]) -> Value {
    let units = java::utf16(text(&values[0]));
    let (length, position) = (units.len() as i64, number(values.get(1)).unwrap_or(1));
    let start = if position < 0 { (length + position).max(0) } else { (position - 1).clamp(0, length) };
    let end = number(values.get(2)).map_or(length, |count| (start + count).min(length).max(start));
    Value::String(String::from_utf16_lossy(&units[start as usize..end as usize]))
}

/// `BinaryStringDataUtil.substringSQL`: empty where the position is outside, null where the length is negative.
fn flink_substring(values: &[Value]) -> Value {
    let characters: Vec<char> = text(&values[0]).chars().collect();
    let (length, position) = (characters.len() as i64, number(values.get(1)).unwrap_or(1));
    let count = number(values.get(2)).unwrap_or(i64::from(i32::MAX));
    if count < 0 {
        return Value::Null;
    }
    let start = match position {
        1.. => position - 1,
        0 => 0,
        ..0 => length + position,
    };
    if start < 0 || start >= length {
        return "".into();
    }
    let end = (start + count).min(length);
    Value::String(characters[start as usize..end as usize].iter().collect())
}

#[cfg(test)]
mod tests {
    use super::super::tests::answer;
    use super::*;
    use Dialect::*;

    fn of(dialect: Dialect, name: &str, values: &[Value]) -> Value {
        let types: Vec<SqlType> = values.iter().map(|v| if matches!(v, Value::S32(_)) { Int } else { Text }).collect();
        answer(dialect, name, &types, values).expect("text has an answer")
    }

    /// Observed on ksqlDB 8.3.1: `UCASE(s)` and `LEN(s)` of `p` are `P` and 1, of null both null.
    #[test]
    fn a_null_has_a_null_answer() {
        assert_eq!(of(Ksqldb, "UCASE", &["p".into()]), "P".into());
        assert_eq!(of(Ksqldb, "LEN", &["p".into()]), Value::S32(1));
        for name in ["UCASE", "LEN", "TRIM", "LCASE"] {
            assert_eq!(of(Ksqldb, name, &[Value::Null]), Value::Null, "{name}");
        }
    }

    #[test]
    fn ksqldb_counts_units_and_flink_characters() {
        assert_eq!(of(Ksqldb, "LEN", &["\u{1f9fa}ä".into()]), Value::S32(3));
        assert_eq!(of(Flink, "CHAR_LENGTH", &["\u{1f9fa}ä".into()]), Value::S32(2));
    }

    #[test]
    fn trim_takes_white_space_in_ksqldb_and_blanks_in_flink() {
        assert_eq!(of(Ksqldb, "TRIM", &["\t a ".into()]), "a".into());
        assert_eq!(of(Flink, "TRIM", &["\t a ".into()]), "\t a".into());
    }

    #[test]
    fn concat_leaves_nulls_out_in_ksqldb_alone() {
        let values = ["a".into(), Value::Null, "b".into()];
        assert_eq!(of(Ksqldb, "CONCAT", &values), "ab".into());
        assert_eq!(of(Flink, "CONCAT", &values), Value::Null);
    }

    /// By hand, by the engines' sources: of `abcd` from 2 on `bcd`, from -2 `cd`; outside the ends they differ.
    #[test]
    fn a_part_of_text_is_counted_from_one_or_from_the_end() {
        let part = |dialect, position, count: Option<i32>| {
            let values: Vec<Value> =
                ["abcd".into(), Value::S32(position)].into_iter().chain(count.map(Value::S32)).collect();
            of(dialect, "SUBSTRING", &values)
        };
        for dialect in [Ksqldb, Flink] {
            assert_eq!(part(dialect, 2, None), "bcd".into());
            assert_eq!(part(dialect, -2, None), "cd".into());
            assert_eq!(part(dialect, 2, Some(2)), "bc".into());
            assert_eq!(part(dialect, 0, Some(2)), "ab".into());
            assert_eq!(part(dialect, 9, None), "".into());
        }
        assert_eq!((part(Ksqldb, -9, None), part(Flink, -9, None)), ("abcd".into(), "".into()));
        assert_eq!((part(Ksqldb, 1, Some(-1)), part(Flink, 1, Some(-1))), ("".into(), Value::Null));
    }
}
