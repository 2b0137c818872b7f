//! Records as they were written, for somebody who asks what a row comes from.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use serde_json::{Map, Value};
use streamfn_model::Origin;

use super::{Datum, Offsets, TopicError, Written, written};
use crate::sql::Topic;

/// A record as it was written, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// The file and the place in it.
    pub place: String,
    /// Key and value as JSON.
    pub text: String,
}

/// Those records of a topic's files that are asked for.
pub fn quotes(
    topic: &Topic,
    files: &[Option<&Path>],
    wanted: &HashSet<Origin>,
) -> Result<HashMap<Origin, Quote>, TopicError> {
    let mut offsets = Offsets::default();
    let mut quotes = HashMap::new();
    for file in files.iter().flatten() {
        for record in written(topic, file)? {
            let partition = record.partition;
            let offset = offsets.next(partition, record.offset);
            let origin = Origin { topic: topic.topic.as_str().into(), partition, offset };
            if wanted.contains(&origin) {
                let place = format!("{}{}", file.display(), record.place);
                quotes.insert(origin, Quote { place, text: text(record) });
            }
        }
    }
    Ok(quotes)
}

/// Key and value as JSON.
pub fn text(record: Written) -> String {
    let key = record.key.map(|key| ("key".to_owned(), json(key)));
    let value = record.value.map_or(Value::Null, json);
    Value::Object(Map::from_iter(key.into_iter().chain([("value".to_owned(), value)]))).to_string()
}

pub fn json(datum: Datum) -> Value {
    match datum {
        Datum::Json(value) => value,
        Datum::Kafka(bytes) => Value::String(String::from_utf8_lossy(&bytes).into_owned()),
        Datum::Avro(value) => Value::try_from(value.clone()).unwrap_or_else(|_| Value::String(format!("{value:?}"))),
    }
}
