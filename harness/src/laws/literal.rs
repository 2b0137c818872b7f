//! Values as a person would type them: rows as SQL literals, states as WIT's records.

use streamfn_model::{Field, SqlType, Value};

use crate::contract::WitType;
use crate::report::{escape, plain};

/// A row as an SQL list of literals, `(1, 'a', NULL)`.
pub fn row(columns: &[Field], row: &[Value]) -> String {
    let values: Vec<_> = columns.iter().zip(row).map(|(column, value)| literal(&column.sql_type, value)).collect();
    format!("({})", values.join(", "))
}

fn literal(of: &SqlType, value: &Value) -> String {
    match (of, value) {
        (_, Value::Null) => "NULL".to_owned(),
        (_, Value::Bool(v)) => v.to_string().to_uppercase(),
        (SqlType::Float, Value::F32(v)) => format!("CAST({} AS FLOAT)", double(f64::from(*v), v.to_bits().into())),
        (SqlType::Double, Value::F64(v)) => double(*v, v.to_bits()),
        (_, Value::String(v)) => text(v),
        (_, Value::Bytes(v)) => format!("X'{}'", v.iter().map(|byte| format!("{byte:02X}")).collect::<String>()),
        (SqlType::Date, Value::S32(days)) => format!("DATE '{}'", date((*days).into())),
        (SqlType::Time, Value::S32(millis)) => format!("TIME '{}'", time((*millis).into())),
        (SqlType::Timestamp, Value::S64(millis)) => format!("TIMESTAMP '{}'", timestamp(*millis)),
        (SqlType::TimestampLtz, Value::S64(millis)) => format!("TO_TIMESTAMP_LTZ({millis}, 3)"),
        (SqlType::Array(of), Value::List(values)) => {
            format!("ARRAY[{}]", values.iter().map(|v| literal(of, v)).collect::<Vec<_>>().join(", "))
        }
        (SqlType::Map(key, value), Value::List(pairs)) => entries("MAP", key, value, pairs),
        (SqlType::Multiset(element), Value::List(pairs)) => entries("MULTISET", element, &SqlType::Int, pairs),
        (SqlType::Row(fields), Value::Record(values)) => format!("ROW{}", row(fields, values)),
        (_, other) => plain(other),
    }
}

fn entries(word: &str, key: &SqlType, value: &SqlType, pairs: &[Value]) -> String {
    let pair = |pair: &Value| match pair {
        Value::Record(pair) if pair.len() == 2 => format!("{}, {}", literal(key, &pair[0]), literal(value, &pair[1])),
        other => plain(other),
    };
    format!("{word}[{}]", pairs.iter().map(pair).collect::<Vec<_>>().join(", "))
}

fn double(value: f64, bits: u64) -> String {
    match value.is_finite() {
        true => format!("{value:E}"),
        // The bits are not SQL's, but they may be what it depends on.
        false if value.is_nan() => format!("CAST('NaN' AS DOUBLE) /* {bits:#x} */"),
        false => format!("CAST('{}Infinity' AS DOUBLE)", if value < 0.0 { "-" } else { "" }),
    }
}

/// A long text is shown by its beginning and its length.
fn text(text: &str) -> String {
    const MOST: usize = 60;
    let quoted = |text: &str| escape(&text.replace('\'', "''"));
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("'{}…' /* {} characters */", quoted(&text[..end]), text.chars().count()),
        None => format!("'{}'", quoted(text)),
    }
}

/// A day of the proleptic Gregorian calendar, by counting eras of 400 years from a 1st of March.
fn date(days: i64) -> String {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    format!("{:04}-{month:02}-{day:02}", year + era * 400 + i64::from(month <= 2))
}

fn time(millis: i64) -> String {
    let (seconds, rest) = (millis / 1000, millis % 1000);
    let fraction = if rest == 0 { String::new() } else { format!(".{rest:03}") };
    format!("{:02}:{:02}:{:02}{fraction}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn timestamp(millis: i64) -> String {
    const DAY: i64 = 86_400_000;
    format!("{} {}", date(millis.div_euclid(DAY)), time(millis.rem_euclid(DAY)))
}

/// A value of a WIT type with the names that its type has: `{ sum: 1, rows: none }`.
pub fn typed(ty: &WitType, value: &Value) -> String {
    let case = |name: &str, ty: Option<&WitType>, payload: &Option<Box<Value>>| match (ty, payload) {
        (Some(ty), Some(value)) => format!("{name}({})", typed(ty, value)),
        _ => name.to_owned(),
    };
    let list = |values: Vec<String>| values.join(", ");
    match (ty, value) {
        (_, Value::Null) => "none".to_owned(),
        (WitType::Option(some), Value::Some(value)) => format!("some({})", typed(some, value)),
        (WitType::Option(some), value) => typed(some, value),
        (WitType::Record(fields), Value::Record(values)) => {
            let field = |((name, ty), value): (&(String, WitType), &Value)| format!("{name}: {}", typed(ty, value));
            format!("{{ {} }}", list(fields.iter().zip(values).map(field).collect()))
        }
        (WitType::Tuple(types), Value::Record(values)) => {
            format!("({})", list(types.iter().zip(values).map(|(ty, v)| typed(ty, v)).collect()))
        }
        (WitType::List(ty), Value::List(values)) => {
            format!("[{}]", list(values.iter().map(|v| typed(ty, v)).collect()))
        }
        (WitType::Variant(cases), Value::Variant(index, payload)) => match cases.get(*index as usize) {
            Some((name, ty)) => case(name, ty.as_ref(), payload),
            None => plain(value),
        },
        (WitType::Enum(names), Value::Variant(index, _)) => {
            names.get(*index as usize).cloned().unwrap_or_else(|| plain(value))
        }
        (WitType::Result { ok, err }, Value::Variant(index, payload)) => match index {
            0 => case("ok", ok.as_deref(), payload),
            _ => case("err", err.as_deref(), payload),
        },
        (_, Value::String(text)) => format!("\"{}\"", escape(&text.replace('"', "\\\""))),
        (_, other) => plain(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_times_are_those_of_the_calendar() {
        let day = |days| literal(&SqlType::Date, &Value::S32(days));
        assert_eq!(day(0), "DATE '1970-01-01'");
        assert_eq!(day(-1), "DATE '1969-12-31'");
        assert_eq!(day(11_016), "DATE '2000-02-29'");
        assert_eq!(day(-719_162), "DATE '0001-01-01'");
        assert_eq!(day(2_932_896), "DATE '9999-12-31'");
        let stamp = literal(&SqlType::Timestamp, &Value::S64(-1));
        assert_eq!(stamp, "TIMESTAMP '1969-12-31 23:59:59.999'");
    }

    #[test]
    fn a_row_reads_as_sql_and_a_state_as_wit() {
        let columns =
            [Field::new("a", SqlType::Double), Field::new("b", SqlType::String), Field::new("c", SqlType::Int)];
        let values = [Value::F64(0.5), Value::from("it's"), Value::Null];
        assert_eq!(row(&columns, &values), "(5E-1, 'it''s', NULL)");
        let state = WitType::Record(vec![
            ("sum".to_owned(), WitType::S64),
            ("last".to_owned(), WitType::Option(Box::new(WitType::String))),
        ]);
        assert_eq!(typed(&state, &Value::Record(vec![Value::S64(1), Value::Null])), "{ sum: 1, last: none }");
    }
}
