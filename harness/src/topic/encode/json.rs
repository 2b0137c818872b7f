//! JSON, as Jackson writes it for either engine: Flink's `RowDataToJsonConverters`, ksqlDB's `JsonConverter` of Kafka Connect
//! with decimals as numbers. Not serde_json's writer: it has other escapes and numbers.

use std::fmt::Write;

use arrow::temporal_conversions::{date32_to_datetime, time32ms_to_time, timestamp_ms_to_datetime};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use streamfn_model::{Dialect, Field, SqlType, Value, java};

use super::part::Columns;
use super::{entries, in_column, mismatch};

/// Refuses what has no JSON in the engine.
pub fn check(dialect: Dialect, columns: &Columns) -> Result<(), String> {
    columns.fields.iter().try_for_each(|field| holds(dialect, &field.sql_type).map_err(in_column(field)))
}

fn holds(dialect: Dialect, of: &SqlType) -> Result<(), String> {
    match of {
        SqlType::Array(element) => holds(dialect, element),
        // `RowDataToJsonConverters.createMapConverter`, ksqlDB's `JsonSerdeUtils.validateSchema`
        SqlType::Map(key, _) | SqlType::Multiset(key) if **key != SqlType::String => {
            Err(format!("its format holds no {of}, only maps with keys of type STRING"))
        }
        SqlType::Map(_, value) => holds(dialect, value),
        SqlType::Row(fields) => {
            fields.iter().try_for_each(|field| holds(dialect, &field.sql_type).map_err(in_column(field)))
        }
        _ if dialect == Dialect::Ksqldb => of.ksqldb().map(drop),
        _ => Ok(()),
    }
}

pub fn bytes(dialect: Dialect, is_bare: bool, values: &[(&Field, &Value)]) -> Result<Vec<u8>, String> {
    let mut json = Json { dialect, text: String::new() };
    match values {
        [(field, value)] if is_bare => json.value(&field.sql_type, value).map_err(in_column(field))?,
        values => json.object(values.iter().copied())?,
    }
    Ok(json.text.into_bytes())
}

struct Json {
    dialect: Dialect,
    text: String,
}

impl Json {
    fn object<'a>(&mut self, values: impl Iterator<Item = (&'a Field, &'a Value)>) -> Result<(), String> {
        self.between('{', '}', values, |json, (field, value)| {
            json.name(&field.name);
            json.value(&field.sql_type, value).map_err(in_column(field))
        })
    }

    fn between<T>(
        &mut self,
        open: char,
        close: char,
        items: impl Iterator<Item = T>,
        write: impl Fn(&mut Json, T) -> Result<(), String>,
    ) -> Result<(), String> {
        self.text.push(open);
        for (place, item) in items.enumerate() {
            if place > 0 {
                self.text.push(',');
            }
            write(self, item)?;
        }
        self.text.push(close);
        Ok(())
    }

    fn name(&mut self, name: &str) {
        self.string(name);
        self.text.push(':');
    }

    fn value(&mut self, of: &SqlType, value: &Value) -> Result<(), String> {
        use SqlType::{Date, Time, Timestamp, TimestampLtz};
        match (of, value) {
            (_, Value::Null) => self.text.push_str("null"),
            (SqlType::Boolean, Value::Bool(value)) => self.raw(value),
            (SqlType::TinyInt, Value::S8(number)) => self.raw(number),
            (SqlType::SmallInt, Value::S16(number)) => self.raw(number),
            (SqlType::Int, Value::S32(number)) => self.raw(number),
            (SqlType::BigInt, Value::S64(number)) => self.raw(number),
            (SqlType::Float, Value::F32(number)) => self.floating(number.is_finite(), java::float_to_string(*number)),
            (SqlType::Double, Value::F64(number)) => self.floating(number.is_finite(), java::double_to_string(*number)),
            (SqlType::Decimal(..), Value::Decimal { unscaled, scale }) => self.decimal(*unscaled, *scale),
            (SqlType::String, Value::String(text)) => self.string(text),
            (SqlType::Bytes, Value::Bytes(bytes)) => self.string(&STANDARD.encode(bytes)),
            // Logical types are numbers in Connect.
            (Date | Time, Value::S32(number)) if self.dialect == Dialect::Ksqldb => self.raw(number),
            (TimestampLtz, Value::S64(number)) if self.dialect == Dialect::Ksqldb => self.raw(number),
            (Date | Time, Value::S32(number)) => self.time(of, i64::from(*number))?,
            (Timestamp | TimestampLtz, Value::S64(number)) => self.time(of, *number)?,
            (SqlType::Array(element), Value::List(values)) => {
                self.between('[', ']', values.iter(), |json, value| json.value(element, value))?;
            }
            (SqlType::Map(_, value), Value::List(values)) => self.map(of, value, values)?,
            (SqlType::Multiset(_), Value::List(values)) => self.map(of, &SqlType::Int, values)?,
            (SqlType::Row(fields), Value::Record(values)) if fields.len() == values.len() => {
                self.object(fields.iter().zip(values))?;
            }
            (of, other) => return Err(mismatch(of, other)),
        }
        Ok(())
    }

    fn map(&mut self, of: &SqlType, value_type: &SqlType, values: &[Value]) -> Result<(), String> {
        let dialect = self.dialect;
        self.between('{', '}', entries(of, values)?.iter(), |json, (key, value)| {
            match (key, dialect) {
                (Value::String(key), _) => json.name(key),
                // `NullNode.asText`
                (Value::Null, Dialect::Ksqldb) => json.name("null"),
                // `json.map-null-key.mode`
                (Value::Null, Dialect::Flink) => return Err("JSON holds no map with a key that is null".to_owned()),
                (other, _) => return Err(mismatch(of, other)),
            }
            json.value(value_type, value)
        })
    }

    fn raw(&mut self, value: impl std::fmt::Display) {
        let _ = write!(self.text, "{value}");
    }

    /// JSON has no word for NaN and infinity: Jackson writes them as text.
    fn floating(&mut self, is_finite: bool, text: String) {
        match is_finite {
            true => self.text.push_str(&text),
            false => self.string(&text),
        }
    }

    /// Flink drops the zeros behind the last digit, of a whole number too: 100 is `1E+2`.
    fn decimal(&mut self, mut unscaled: i128, scale: u8) {
        let mut scale = i32::from(scale);
        if self.dialect == Dialect::Flink {
            if unscaled == 0 {
                scale = 0;
            }
            while unscaled != 0 && unscaled % 10 == 0 {
                unscaled /= 10;
                scale -= 1;
            }
        }
        self.text.push_str(&java::decimal_to_string(unscaled, scale));
    }

    /// `TimeFormats.SQL_TIME_FORMAT` and those made of it: a fraction only as long as it has digits.
    fn time(&mut self, of: &SqlType, number: i64) -> Result<(), String> {
        let no_time = || format!("{number} is no {of}");
        let days = |number| i32::try_from(number).ok().and_then(date32_to_datetime);
        let time = |number| i32::try_from(number).ok().and_then(time32ms_to_time);
        let mut text = match of {
            SqlType::Date => days(number).ok_or_else(no_time)?.format("%Y-%m-%d").to_string(),
            SqlType::Time => time(number).ok_or_else(no_time)?.format("%H:%M:%S").to_string(),
            _ => timestamp_ms_to_datetime(number).ok_or_else(no_time)?.format("%Y-%m-%d %H:%M:%S").to_string(),
        };
        let millis = number.rem_euclid(1000);
        if *of != SqlType::Date && millis != 0 {
            let _ = write!(text, ".{}", format!("{millis:03}").trim_end_matches('0'));
        }
        if *of == SqlType::TimestampLtz {
            text.push('Z');
        }
        self.string(&text);
        Ok(())
    }

    /// Jackson escapes what JSON demands and, in bytes, every character beyond the first plane.
    fn string(&mut self, text: &str) {
        self.text.push('"');
        for c in text.chars() {
            match c {
                '"' => self.text.push_str("\\\""),
                '\\' => self.text.push_str("\\\\"),
                '\u{8}' => self.text.push_str("\\b"),
                '\t' => self.text.push_str("\\t"),
                '\n' => self.text.push_str("\\n"),
                '\u{c}' => self.text.push_str("\\f"),
                '\r' => self.text.push_str("\\r"),
                c if !(' '..='\u{ffff}').contains(&c) => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        let _ = write!(self.text, "\\u{unit:04X}");
                    }
                }
                c => self.text.push(c),
            }
        }
        self.text.push('"');
    }
}
