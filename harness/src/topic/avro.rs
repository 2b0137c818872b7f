//! Avro object containers: records with `value` (and `key`, `timestamp`, `partition`, `headers`), or the values alone.

use apache_avro::Reader;
use apache_avro::types::Value;

use super::{Datum, Place, Written};

/// The longest run of bytes, text or elements one record may claim: lengths come from the file, and a broken one would
/// otherwise be allocated before it is read.
const MAX_ALLOCATION: usize = 64 << 20;

pub fn is_container(bytes: &[u8]) -> bool {
    bytes.starts_with(b"Obj\x01")
}

type Failure = (Option<Place>, String);

pub fn records(bytes: &[u8]) -> Result<Vec<Written>, Failure> {
    apache_avro::util::max_allocation_bytes(MAX_ALLOCATION);
    let reader = Reader::new(bytes).map_err(|e| (None, format!("broken Avro object container: {}", cause(&e))))?;
    reader
        .enumerate()
        .map(|(index, value)| {
            let place = Place::Record(index + 1);
            let value = value.map_err(|e| (Some(place), format!("broken Avro: {}", cause(&e))))?;
            record(place, value).map_err(|message| (Some(place), message))
        })
        .collect()
}

fn record(place: Place, value: Value) -> Result<Written, String> {
    let Value::Record(fields) = value else {
        return Err(format!("wanted a record, found {value:?}"));
    };
    // A container of values alone: its records carry no key, which is then taken from the columns of the key's name.
    if !fields.iter().any(|(name, _)| name == "value") {
        let value = Some(Datum::Avro(Value::Record(fields)));
        return Ok(Written { place, key: None, value, timestamp: None, partition: 0, offset: None });
    }
    let mut written = Written { place, key: None, value: None, timestamp: None, partition: 0, offset: None };
    for (name, value) in fields {
        let value = unwrap(value);
        match name.as_str() {
            "key" => written.key = present(value),
            "value" => written.value = present(value),
            "timestamp" => written.timestamp = integer(&value, "timestamp")?,
            "partition" => {
                let partition = integer(&value, "partition")?.unwrap_or_default();
                written.partition = i32::try_from(partition)
                    .ok()
                    .filter(|p| *p >= 0)
                    .ok_or_else(|| format!("wanted partition as a number from 0, found {partition}"))?;
            }
            "offset" => written.offset = integer(&value, "offset")?,
            "headers" | "topic" => {}
            other => {
                return Err(format!("wanted the fields key, value, timestamp, partition and headers, found {other:?}"));
            }
        }
    }
    Ok(written)
}

/// The value inside a union.
pub fn unwrap(value: Value) -> Value {
    match value {
        Value::Union(_, inner) => unwrap(*inner),
        other => other,
    }
}

fn present(value: Value) -> Option<Datum> {
    (value != Value::Null).then_some(Datum::Avro(value))
}

fn integer(value: &Value, name: &str) -> Result<Option<i64>, String> {
    match value {
        Value::Null => Ok(None),
        Value::Int(n) => Ok(Some(i64::from(*n))),
        Value::Long(n) | Value::TimestampMillis(n) => Ok(Some(*n)),
        other => Err(format!("wanted {name} as an int or a long, found {other:?}")),
    }
}

/// The innermost reason.
fn cause(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", cause(source)),
        None => error.to_string(),
    }
}
