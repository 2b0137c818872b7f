//! DELIMITED: columns as one line of text, as ksqlDB's `KsqlDelimitedSerializer` writes it with commons-csv 1.4.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use streamfn_model::decimal::Decimal;
use streamfn_model::{Dialect, Field, SqlType, Value, java};

use super::part::Columns;
use super::{in_column, mismatch};

pub fn check(_: Dialect, columns: &Columns) -> Result<(), String> {
    use SqlType::*;
    let is_held = |of: &SqlType| {
        matches!(of, Boolean | Int | BigInt | Double | String | Decimal(..) | Bytes | Date | Time | TimestampLtz)
    };
    match columns.fields.iter().find(|field| !is_held(&field.sql_type)) {
        Some(field) => Err(in_column(field)(format!("its format holds no {}", field.sql_type))),
        None => Ok(()),
    }
}

pub fn bytes(delimiter: char, values: &[(&Field, &Value)]) -> Result<Vec<u8>, String> {
    let mut line = String::new();
    for (place, (field, value)) in values.iter().enumerate() {
        if place > 0 {
            line.push(delimiter);
        }
        if let Some(text) = text(&field.sql_type, value).map_err(in_column(field))? {
            print(&mut line, &text, delimiter, place == 0);
        }
    }
    Ok(line.into_bytes())
}

/// `None` for null, of which nothing is written.
fn text(of: &SqlType, value: &Value) -> Result<Option<String>, String> {
    Ok(Some(match (of, value) {
        (_, Value::Null) => return Ok(None),
        (SqlType::Boolean, Value::Bool(value)) => value.to_string(),
        (SqlType::Int | SqlType::Date | SqlType::Time, Value::S32(number)) => number.to_string(),
        (SqlType::BigInt | SqlType::TimestampLtz, Value::S64(number)) => number.to_string(),
        (SqlType::Double, Value::F64(number)) => java::double_to_string(*number),
        (SqlType::Decimal(..), Value::Decimal { unscaled, scale }) => Decimal::new(*unscaled, *scale).to_string(),
        (SqlType::String, Value::String(text)) => text.clone(),
        (SqlType::Bytes, Value::Bytes(bytes)) => STANDARD.encode(bytes),
        (of, other) => return Err(mismatch(of, other)),
    }))
}

/// `CSVFormat.printAndQuote` with minimal quotes. In front of a line they are around everything that doesn't begin with a
/// letter or digit of ASCII: even around a negative number.
fn print(line: &mut String, text: &str, delimiter: char, is_first: bool) {
    let needs_quotes = match (text.chars().next(), text.chars().next_back()) {
        (Some(first), Some(last)) => {
            (is_first && !first.is_ascii_alphanumeric())
                || first <= '#'
                || text.contains(['\n', '\r', '"', delimiter])
                || last <= ' '
        }
        _ => is_first,
    };
    match needs_quotes {
        true => {
            line.push('"');
            line.push_str(&text.replace('"', "\"\""));
            line.push('"');
        }
        false => line.push_str(text),
    }
}
