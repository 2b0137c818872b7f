//! JSON Lines: one record a line, `{"key":…,"value":…,"timestamp":…,"partition":…,"headers":…}`.

use serde_json::Value;

use super::exact::Exact;
use super::{Datum, Failure, Place, Written};

/// The records of a file; blank lines are none.
pub fn records(exact: &Exact, bytes: &[u8]) -> Result<Vec<Written>, Failure> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| not_utf8(bytes[..error.valid_up_to()].iter().filter(|b| **b == b'\n').count() + 1))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !is_blank(line));
    lines.map(|(index, line)| record(exact, index + 1, line)).collect()
}

/// A line of a file.
pub fn text(line: usize, bytes: &[u8]) -> Result<&str, Failure> {
    std::str::from_utf8(bytes).map_err(|_| not_utf8(line))
}

fn not_utf8(line: usize) -> Failure {
    (Some(Place::Line(line)), "wanted JSON Lines in UTF-8 or an Avro object container, found neither".to_owned())
}

pub fn is_blank(line: &str) -> bool {
    line.trim().is_empty()
}

pub fn record(exact: &Exact, line: usize, text: &str) -> Result<Written, Failure> {
    let fail = |message: String| (Some(Place::Line(line)), message);
    let value = exact.parse(text).map_err(|error| {
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default().to_owned();
        (Some(Place::LineColumn(line, error.column())), format!("broken JSON: {message}"))
    })?;
    let Value::Object(mut fields) = value else {
        return Err(fail(format!("wanted an object with key, value, timestamp, partition and headers, found {value}")));
    };
    if let Some(name) = fields
        .keys()
        .find(|name| !["key", "value", "timestamp", "partition", "headers", "offset", "topic"].contains(&name.as_str()))
    {
        return Err(fail(format!(
            "wanted the fields key, value, timestamp, partition and headers, found {name:?}; a record's columns belong into \"value\""
        )));
    }
    let Some(value) = fields.remove("value") else {
        return Err(fail("wanted a field \"value\" (null for a tombstone), found none".to_owned()));
    };
    let timestamp =
        match fields.remove("timestamp") {
            None | Some(Value::Null) => None,
            Some(timestamp) => Some(timestamp.as_i64().ok_or_else(|| {
                fail(format!("wanted \"timestamp\" in milliseconds since the epoch, found {timestamp}"))
            })?),
        };
    let partition = match fields.remove("partition") {
        None | Some(Value::Null) => 0,
        Some(partition) => partition
            .as_i64()
            .and_then(|p| i32::try_from(p).ok())
            .filter(|p| *p >= 0)
            .ok_or_else(|| fail(format!("wanted \"partition\" as a number from 0, found {partition}")))?,
    };
    let offset = match fields.remove("offset") {
        None | Some(Value::Null) => None,
        Some(offset) => {
            Some(offset.as_i64().ok_or_else(|| fail(format!("wanted \"offset\" as a number, found {offset}")))?)
        }
    };
    let present = |value: Value| (!value.is_null()).then_some(Datum::Json(value));
    let key = fields.remove("key").and_then(present);
    Ok(Written { place: Place::Line(line), key, value: present(value), timestamp, partition, offset })
}
