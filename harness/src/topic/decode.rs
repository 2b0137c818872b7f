//! A written field to a column's value: what each engine's format makes of it, or why it is no such thing.

use std::str::Utf8Error;

use apache_avro::types::Value as Avro;
use arrow::array::types::{Date32Type, Time32MillisecondType, TimestampMillisecondType};
use arrow::compute::kernels::cast_utils::Parser;
use base64::Engine;
use serde_json::Value as Json;
use streamfn_model::{Dialect, Field, SqlType, Value};

use super::{Datum, Place, Written, avro, delimited};
use crate::sql::{Format, Topic};

/// The most digits behind a number's point, or zeros in front of it, that are looked at: far more than any DECIMAL has.
const MOST_PLACES: u64 = 1000;

/// The columns of a record. `seen` marks the columns that some record had a field for.
pub fn row(dialect: Dialect, topic: &Topic, record: &Written, seen: &mut [bool]) -> Result<Vec<Value>, String> {
    let relation = &topic.relation;
    let mut row = vec![Value::Null; relation.fields.len()];
    let key_is_apart = topic.key_format != Format::None;
    if key_is_apart {
        keys(dialect, topic, record, &mut row, seen)?;
    }
    let Some(value) = &record.value else { return Ok(row) };
    let columns = columns_of_value(topic);
    if let Format::Delimited(delimiter) = topic.value_format {
        let text = text_of(value)?;
        let fields: Vec<&Field> = columns.iter().map(|index| &relation.fields[*index]).collect();
        for (index, value) in columns.into_iter().zip(delimited::columns(text, delimiter, &fields)?) {
            (row[index], seen[index]) = (value, true);
        }
        return Ok(row);
    }
    let is_bare = is_bare(topic);
    for index in columns {
        let field = &relation.fields[index];
        let found = if is_bare { Some(value.clone()) } else { member(dialect, value, &field.name)? };
        if let Some(found) = found {
            seen[index] = true;
            row[index] = datum(dialect, &field.sql_type, found).map_err(|e| format!("column {}: {e}", field.name))?;
        }
        if !field.nullable && row[index].is_null() {
            return Err(format!("column {} is NOT NULL, found null", field.name));
        }
    }
    Ok(row)
}

/// Whether a value of one column is written as it is, without a name.
pub fn is_bare(topic: &Topic) -> bool {
    topic.value_format == Format::Kafka || !topic.wraps_single_value
}

/// Whether a record's value and key are objects whose fields are the columns, as far as the topic says it.
pub fn has_fields(topic: &Topic) -> bool {
    let is_delimited = |format| matches!(format, Format::Delimited(_));
    !is_bare(topic) && !is_delimited(topic.value_format) && !is_delimited(topic.key_format)
}

/// The columns of a key that is apart from the value.
pub fn columns_of_key(topic: &Topic) -> &[usize] {
    if topic.key_format == Format::None { &[] } else { &topic.relation.key }
}

/// The columns that are neither a key's nor a record's metadata.
pub fn columns_of_value(topic: &Topic) -> Vec<usize> {
    let relation = &topic.relation;
    let is_elsewhere = |index: &usize| {
        columns_of_key(topic).contains(index) || topic.metadata.iter().any(|(column, _)| column == index)
    };
    (0..relation.fields.len()).filter(|index| !is_elsewhere(index)).collect()
}

/// A record's time: its `timestamp` column's where the topic has one.
pub fn time(topic: &Topic, record: &Written, row: &[Value]) -> Result<i64, String> {
    match topic.timestamp {
        Some(column) if record.value.is_some() => time_of(topic, column, &row[column]),
        _ => Ok(record.timestamp.unwrap_or_default()),
    }
}

/// The time in a `timestamp` column.
pub fn time_of(topic: &Topic, column: usize, value: &Value) -> Result<i64, String> {
    let name = &topic.relation.fields[column].name;
    match value {
        Value::S64(time) => Ok(*time),
        Value::String(text) if let Some(format) = &topic.timestamp_format => format
            .parse(text)
            .ok_or_else(|| format!("wanted the record's time in column {name} as {format}, found {}", shorten(text))),
        other => Err(format!("wanted the record's time in column {name} (property timestamp), found {other:?}")),
    }
}

/// The columns of a record's key.
pub fn keys(
    dialect: Dialect,
    topic: &Topic,
    record: &Written,
    row: &mut [Value],
    seen: &mut [bool],
) -> Result<(), String> {
    let relation = &topic.relation;
    if let (Format::Delimited(delimiter), Some(key)) = (topic.key_format, &record.key) {
        let fields: Vec<&Field> = relation.key.iter().map(|index| &relation.fields[*index]).collect();
        let values = delimited::columns(text_of(key)?, delimiter, &fields).map_err(|e| format!("key: {e}"))?;
        for (&index, value) in relation.key.iter().zip(values) {
            (row[index], seen[index]) = (value, true);
        }
        return Ok(());
    }
    for &index in &relation.key {
        let field = &relation.fields[index];
        let found = match (&record.key, relation.key.len()) {
            // The values of a container without keys: the column of the key's name is the key.
            (None, _) => match (record.place, &record.value) {
                (Place::Record(_), Some(value @ Datum::Avro(_))) => member(dialect, value, &field.name)?,
                _ => None,
            },
            (Some(key), 1) if topic.key_format == Format::Kafka || !is_object(key) => Some(key.clone()),
            (Some(key), _) => member(dialect, key, &field.name)?,
        };
        if let Some(found) = found {
            seen[index] = true;
            row[index] = datum(dialect, &field.sql_type, found).map_err(|e| format!("key {}: {e}", field.name))?;
        } else if record.key.is_none() {
            // A null key is a fact about the record, not a misspelt column.
            seen[index] = true;
        }
    }
    Ok(())
}

/// DELIMITED text as the file has it.
fn text_of(datum: &Datum) -> Result<&str, String> {
    match datum {
        Datum::Json(Json::String(text)) | Datum::Avro(Avro::String(text)) => Ok(text),
        other => Err(format!("wanted DELIMITED text, found {}", show(other))),
    }
}

fn is_object(datum: &Datum) -> bool {
    matches!(datum, Datum::Json(Json::Object(_)) | Datum::Avro(Avro::Record(_) | Avro::Map(_)))
}

/// ksqlDB finds a field whatever its case, Flink by its exact name.
pub fn is_same_name(dialect: Dialect, field: &str, column: &str) -> bool {
    match dialect {
        Dialect::Ksqldb => field.eq_ignore_ascii_case(column),
        Dialect::Flink => field == column,
    }
}

/// A field of a record.
fn member(dialect: Dialect, of: &Datum, name: &str) -> Result<Option<Datum>, String> {
    let same = |field: &str| is_same_name(dialect, field, name);
    match of {
        Datum::Json(Json::Object(fields)) => {
            let exact = fields.get(name).or_else(|| fields.iter().find(|(f, _)| same(f)).map(|(_, v)| v));
            Ok(exact.cloned().map(Datum::Json))
        }
        Datum::Avro(Avro::Record(fields)) => {
            Ok(fields.iter().find(|(f, _)| same(f)).map(|(_, v)| Datum::Avro(avro::unwrap(v.clone()))))
        }
        other => Err(format!("wanted an object with the column {name}, found {}", show(other))),
    }
}

fn datum(dialect: Dialect, of: &SqlType, found: Datum) -> Result<Value, String> {
    match found {
        Datum::Json(found) => json(dialect, of, found),
        Datum::Avro(found) => avro_value(dialect, of, found),
        Datum::Kafka(bytes) => kafka(of, bytes),
    }
}

/// A primitive as Kafka's own serialisers write it: numbers in as many bytes as they have, the highest first.
fn kafka(of: &SqlType, bytes: Vec<u8>) -> Result<Value, String> {
    let of_length = |wanted: usize| format!("wanted {of} in {wanted} bytes, found {}", bytes.len());
    Ok(match of {
        SqlType::Boolean => Value::Bool(u8::from_be_bytes(exactly(&bytes).ok_or_else(|| of_length(1))?) != 0),
        SqlType::TinyInt => Value::S8(i8::from_be_bytes(exactly(&bytes).ok_or_else(|| of_length(1))?)),
        SqlType::SmallInt => Value::S16(i16::from_be_bytes(exactly(&bytes).ok_or_else(|| of_length(2))?)),
        SqlType::Int => Value::S32(i32::from_be_bytes(exactly(&bytes).ok_or_else(|| of_length(4))?)),
        SqlType::BigInt => Value::S64(i64::from_be_bytes(exactly(&bytes).ok_or_else(|| of_length(8))?)),
        SqlType::Float => Value::F32(f32::from_be_bytes(exactly(&bytes).ok_or_else(|| of_length(4))?)).canonical(),
        SqlType::Double => double(f64::from_be_bytes(exactly(&bytes).ok_or_else(|| of_length(8))?)),
        SqlType::Bytes => Value::Bytes(bytes),
        SqlType::String => {
            let text = String::from_utf8(bytes);
            Value::String(text.map_err(|error| not_utf8("STRING", &error.utf8_error()))?)
        }
        other => return Err(format!("wanted {other}, which is no primitive that Kafka's serialisers write")),
    })
}

/// Why bytes are no text.
pub fn not_utf8(wanted: &str, error: &Utf8Error) -> String {
    format!("wanted {wanted} in UTF-8, found another byte at {}", error.valid_up_to())
}

fn exactly<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    bytes.try_into().ok()
}

/// NaNs are one before anybody reads their bits.
fn double(value: f64) -> Value {
    Value::F64(if value.is_nan() { f64::NAN } else { value })
}

/// A value of JSON as one of a SQL type.
pub fn json(dialect: Dialect, of: &SqlType, found: Json) -> Result<Value, String> {
    let wrong = |found: &Json| Err(format!("wanted {of}, found {}", shorten(&found.to_string())));
    // ksqlDB reads numbers from text too.
    let textual = dialect == Dialect::Ksqldb;
    Ok(match (of, found) {
        (_, Json::Null) => Value::Null,
        (SqlType::Boolean, Json::Bool(value)) => Value::Bool(value),
        (SqlType::TinyInt | SqlType::SmallInt | SqlType::Int | SqlType::BigInt, found) => {
            let number = match &found {
                Json::Number(number) => number.as_i64(),
                Json::String(text) if textual => text.trim().parse().ok(),
                _ => None,
            };
            match number.and_then(|n| integer(of, n)) {
                Some(value) => value,
                None => return wrong(&found),
            }
        }
        (SqlType::Double | SqlType::Float, found) => {
            let number = match &found {
                Json::Number(number) => number.as_f64(),
                Json::String(text) if textual => java_double(text),
                _ => None,
            };
            match (of, number) {
                (SqlType::Double, Some(number)) => double(number),
                (_, Some(number)) => Value::F32(number as f32),
                (_, None) => return wrong(&found),
            }
        }
        (SqlType::Decimal(precision, scale), found) => {
            // With a fraction it comes as text: `exact` has put it back.
            let text = match &found {
                Json::Number(number) => number.to_string(),
                Json::String(text) => text.clone(),
                _ => return wrong(&found),
            };
            match decimal(&text, *precision, *scale) {
                Some(value) => value,
                None => return wrong(&found),
            }
        }
        (SqlType::String, Json::String(text)) => Value::String(text),
        (SqlType::String, found) if textual => Value::String(found.to_string()),
        (SqlType::Bytes, Json::String(text)) => match base64::engine::general_purpose::STANDARD.decode(&text) {
            Ok(bytes) => Value::Bytes(bytes),
            Err(_) => return Err(format!("wanted BYTES in base64, found {}", shorten(&text))),
        },
        (SqlType::Date | SqlType::Time | SqlType::Timestamp | SqlType::TimestampLtz, found) => {
            let instant = match &found {
                Json::Number(number) => number.as_i64(),
                Json::String(text) => instant(of, text),
                _ => None,
            };
            match instant.and_then(|n| integer(of, n)) {
                Some(value) => value,
                None => return wrong(&found),
            }
        }
        (SqlType::Array(element), Json::Array(values)) => {
            Value::List(values.into_iter().map(|v| json(dialect, element, v)).collect::<Result<_, _>>()?)
        }
        (SqlType::Map(key, value), Json::Object(entries)) => {
            pairs(entries.into_iter(), |k, v| Ok((json(dialect, key, Json::String(k))?, json(dialect, value, v)?)))?
        }
        (SqlType::Multiset(element), Json::Object(entries)) => pairs(entries.into_iter(), |k, v| {
            Ok((json(dialect, element, Json::String(k))?, json(dialect, &SqlType::Int, v)?))
        })?,
        (SqlType::Row(fields), found @ Json::Object(_)) => fields_of(dialect, fields, &Datum::Json(found))?,
        (_, found) => return wrong(&found),
    })
}

fn fields_of(dialect: Dialect, fields: &[Field], found: &Datum) -> Result<Value, String> {
    let values = fields.iter().map(|field| match member(dialect, found, &field.name)? {
        Some(found) => datum(dialect, &field.sql_type, found).map_err(|e| format!("field {}: {e}", field.name)),
        None => Ok(Value::Null),
    });
    Ok(Value::Record(values.collect::<Result<_, _>>()?))
}

fn pairs<V>(
    entries: impl Iterator<Item = (String, V)>,
    decode: impl Fn(String, V) -> Result<(Value, Value), String>,
) -> Result<Value, String> {
    let pairs = entries.map(|(k, v)| decode(k, v).map(|(k, v)| Value::Record(vec![k, v])));
    Ok(Value::List(pairs.collect::<Result<_, _>>()?))
}

fn integer(of: &SqlType, number: i64) -> Option<Value> {
    Some(match of {
        SqlType::TinyInt => Value::S8(number.try_into().ok()?),
        SqlType::SmallInt => Value::S16(number.try_into().ok()?),
        SqlType::Int | SqlType::Date | SqlType::Time => Value::S32(number.try_into().ok()?),
        _ => Value::S64(number),
    })
}

/// Java's spelling of the numbers that JSON has none for.
pub fn java_double(text: &str) -> Option<f64> {
    match text.trim() {
        "NaN" => Some(f64::NAN),
        "Infinity" | "+Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        text if text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) => {
            text.parse::<f64>().ok().filter(|n| n.is_finite())
        }
        _ => None,
    }
}

/// Days, milliseconds of the day or milliseconds since the epoch, from ISO 8601 text.
fn instant(of: &SqlType, text: &str) -> Option<i64> {
    match of {
        SqlType::Date => Date32Type::parse(text).map(i64::from),
        SqlType::Time => Time32MillisecondType::parse(text).map(i64::from),
        _ => TimestampMillisecondType::parse(text),
    }
}

/// An exact decimal of the column's scale; more digits than it has room for are no value of it.
pub fn decimal(text: &str, precision: u8, scale: u8) -> Option<Value> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (sign, digits) = match mantissa.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{fraction}");
    if all.is_empty() || !all.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let shift = i64::from(scale) + i64::from(exponent) - i64::try_from(fraction.len()).ok()?;
    let mut unscaled: i128 = all.parse().ok()?;
    if unscaled != 0 {
        let power = 10_i128.checked_pow(shift.unsigned_abs().try_into().ok()?)?;
        unscaled = match shift >= 0 {
            true => unscaled.checked_mul(power)?,
            false if unscaled % power == 0 => unscaled / power,
            false => return None,
        };
    }
    (unscaled < 10_i128.pow(u32::from(precision))).then_some(Value::Decimal { unscaled: sign * unscaled, scale })
}

/// A value of Avro as one of a SQL type.
pub fn avro_value(dialect: Dialect, of: &SqlType, found: Avro) -> Result<Value, String> {
    let wrong = |found: &Avro| Err(format!("wanted {of}, found {}", shorten(&format!("{found:?}"))));
    Ok(match (of, avro::unwrap(found)) {
        (_, Avro::Null) => Value::Null,
        (SqlType::Boolean, Avro::Boolean(value)) => Value::Bool(value),
        (SqlType::Double, Avro::Double(value)) => double(value),
        (SqlType::Double, Avro::Float(value)) => double(f64::from(value)),
        (SqlType::Double, Avro::Int(value)) => Value::F64(f64::from(value)),
        (SqlType::Float, Avro::Float(value)) => Value::F32(value),
        (SqlType::String, Avro::String(text) | Avro::Enum(_, text)) => Value::String(text),
        (SqlType::String, Avro::Uuid(uuid)) => Value::String(uuid.to_string()),
        (SqlType::Bytes, Avro::Bytes(bytes) | Avro::Fixed(_, bytes)) => Value::Bytes(bytes),
        (SqlType::Decimal(precision, scale), Avro::BigDecimal(number)) => {
            let places = number.fractional_digit_count();
            // Flink takes the digits and puts its own column's point among them, whatever the schema said.
            if dialect == Dialect::Flink && places != i64::from(*scale) {
                return Err(format!(
                    "wanted {of}, found an Avro decimal of scale {places}; give the column that scale"
                ));
            }
            // The schema or the datum may name any scale: all its zeros would be written before they are looked at.
            let has_room = places.unsigned_abs() <= MOST_PLACES;
            match has_room.then(|| decimal(&number.to_plain_string(), *precision, *scale)).flatten() {
                Some(value) => value,
                None => return Err(format!("wanted {of}, found {number}")),
            }
        }
        (SqlType::Decimal(precision, scale), Avro::String(text)) => match decimal(&text, *precision, *scale) {
            Some(value) => value,
            None => return Err(format!("wanted {of}, found {}", shorten(&text))),
        },
        (SqlType::Array(element), Avro::Array(values)) => {
            Value::List(values.into_iter().map(|v| avro_value(dialect, element, v)).collect::<Result<_, _>>()?)
        }
        (SqlType::Map(key, value), Avro::Map(entries)) => {
            pairs(sorted(entries), |k, v| Ok((json(dialect, key, Json::String(k))?, avro_value(dialect, value, v)?)))?
        }
        (SqlType::Map(..) | SqlType::Multiset(_), Avro::Array(entries)) if dialect == Dialect::Ksqldb => {
            connect_entries(of, entries)?
        }
        (SqlType::Multiset(element), Avro::Map(entries)) => pairs(sorted(entries), |k, v| {
            Ok((json(dialect, element, Json::String(k))?, avro_value(dialect, &SqlType::Int, v)?))
        })?,
        (SqlType::Row(fields), found @ Avro::Record(_)) => fields_of(dialect, fields, &Datum::Avro(found))?,
        (
            SqlType::TinyInt
            | SqlType::SmallInt
            | SqlType::Int
            | SqlType::BigInt
            | SqlType::Date
            | SqlType::Time
            | SqlType::Timestamp
            | SqlType::TimestampLtz,
            found,
        ) => {
            let number = match &found {
                Avro::Int(n) | Avro::Date(n) | Avro::TimeMillis(n) => Some(i64::from(*n)),
                Avro::Long(n) | Avro::TimestampMillis(n) | Avro::LocalTimestampMillis(n) => Some(*n),
                _ => None,
            };
            match number.and_then(|n| integer(of, n)) {
                Some(value) => value,
                None => return wrong(&found),
            }
        }
        (_, found) => return wrong(&found),
    })
}

/// A map whose keys may be null, as Kafka Connect and so ksqlDB write it: records of a key and a value.
fn connect_entries(of: &SqlType, entries: Vec<Avro>) -> Result<Value, String> {
    let (key, value) = match of {
        SqlType::Map(key, value) => (key.as_ref(), value.as_ref()),
        SqlType::Multiset(element) => (element.as_ref(), &SqlType::Int),
        _ => return Err(format!("{of} is no map")),
    };
    let entry = |entry| {
        let fields = match entry {
            Avro::Record(fields) => <[_; 2]>::try_from(fields).ok(),
            _ => None,
        };
        let [(_, k), (_, v)] =
            fields.ok_or_else(|| format!("wanted {of} as records of a key and a value, found others"))?;
        Ok::<_, String>(Value::Record(vec![
            avro_value(Dialect::Ksqldb, key, k)?,
            avro_value(Dialect::Ksqldb, value, v)?,
        ]))
    };
    Ok(Value::List(entries.into_iter().map(entry).collect::<Result<_, _>>()?))
}

/// Avro's map comes without an order; by key it is always the same.
fn sorted<V>(entries: std::collections::HashMap<String, V>) -> impl Iterator<Item = (String, V)> {
    entries.into_iter().collect::<std::collections::BTreeMap<_, _>>().into_iter()
}

fn show(datum: &Datum) -> String {
    match datum {
        Datum::Json(json) => shorten(&json.to_string()),
        Datum::Avro(avro) => shorten(&format!("{avro:?}")),
        Datum::Kafka(bytes) => format!("{} bytes", bytes.len()),
    }
}

/// At most 80 characters, and none that a terminal would obey.
fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(80).flat_map(char::escape_debug).collect();
    if text.chars().nth(80).is_some() {
        short.push('…');
    }
    short.replace("\\\"", "\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_or_refused() {
        let value = |unscaled| Some(Value::Decimal { unscaled, scale: 2 });
        assert_eq!(decimal("12.5", 6, 2), value(1250));
        assert_eq!(decimal("-0.01", 6, 2), value(-1));
        assert_eq!(decimal("1e2", 6, 2), value(10_000));
        assert_eq!(decimal("1.230", 6, 2), value(123));
        assert_eq!(decimal("1.234", 6, 2), None);
        assert_eq!(decimal("10000", 6, 2), None);
        assert_eq!(decimal(".", 6, 2), None);
        assert_eq!(decimal("1e2147483647", 6, 2), None);
        assert_eq!(decimal("0.1e-2147483648", 6, 2), None);
    }

    #[test]
    fn an_avro_decimal_of_any_scale_is_looked_at_without_its_zeros() {
        for digits in ["5e-2000000000", "5e2000000000"] {
            let number = || Avro::BigDecimal(digits.parse().expect("a number"));
            let error = avro_value(Dialect::Ksqldb, &SqlType::Decimal(10, 2), number()).expect_err("no DECIMAL(10, 2)");
            assert!(error.starts_with("wanted DECIMAL(10, 2), found 5"), "{error}");
        }
    }

    #[test]
    fn ksqldb_reads_numbers_from_text_and_flink_does_not() {
        let text = || Json::String("7".to_owned());
        assert_eq!(json(Dialect::Ksqldb, &SqlType::Int, text()), Ok(Value::S32(7)));
        assert!(json(Dialect::Flink, &SqlType::Int, text()).is_err());
    }

    #[test]
    fn a_number_too_large_for_its_column_is_told() {
        let error = json(Dialect::Ksqldb, &SqlType::Int, Json::from(3_000_000_000_i64)).expect_err("no INT");
        assert_eq!(error, "wanted INT, found 3000000000");
    }
}
