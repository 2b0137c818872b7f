//! Dead letters: records and rows that a replay left aside, each with all that it takes to see what was wrong with it.
//!
//! A letter is one JSON object, [`Letter`]. [`write`] makes letters and puts them into a directory, a file or a topic;
//! [`reproduce`] does again what failed. [`typed`] shows arguments and states so that they come back as they were.

mod call;
pub mod reproduce;
pub mod typed;
mod write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value as Json};

use crate::host::Limits;
use crate::report::quoted;
use crate::topic::{InFile, Original, Place, Raw};
pub use write::{Destination, Letters, LettersError, Source};

/// The version of the format that is written, and the only one that is read.
pub const VERSION: u32 = 1;

/// Something that was left aside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Letter {
    pub version: u32,
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
    /// Of the record, in milliseconds since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<i64>,
    /// Without control characters, and cut where it is long.
    pub reason: String,
    /// As it was read; none where a call was made for a row of another record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Record>,
    /// The call that gave no value; without one the record could not be decoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<Call>,
    /// Of the text of the statements.
    pub sql_sha256: String,
}

/// A record as it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "lowercase")]
pub enum Record {
    Topic {
        key: Option<Bytes>,
        /// Null is a tombstone.
        value: Option<Bytes>,
        #[serde(default)]
        headers: Vec<Header>,
        /// What the key was written with, if a schema's id is in front of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key_schema: Option<Schema>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value_schema: Option<Schema>,
    },
    File {
        file: String,
        /// In JSON Lines, from 1.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        line: Option<usize>,
        /// In an Avro container, from 1.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        record: Option<usize>,
        key: Option<Json>,
        value: Option<Json>,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    pub name: String,
    pub value: Option<Bytes>,
}

/// A schema of the registry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    pub id: u32,
    /// Those that it names first, itself last; none if no registry knew it.
    #[serde(default)]
    pub texts: Vec<String>,
}

/// A call, with all that it depends on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    pub function: String,
    /// The component's name of it.
    pub interface: String,
    pub file: String,
    pub sha256: String,
    /// Of the row, or of an aggregate's group; for people.
    pub key: String,
    /// By name, as [`typed`] has them.
    pub arguments: Map<String, Json>,
    /// What an aggregate's group held before the row: of a keyed one all pairs of key and entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Json>,
    pub limits: CallLimits,
}

/// The limits of the call, in milliseconds and bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallLimits {
    pub time_ms: u64,
    pub memory: usize,
    pub stack: usize,
    pub result: usize,
    /// Of a keyed aggregate's group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries: Option<u32>,
}

impl CallLimits {
    fn new(limits: Limits, entries: Option<u32>) -> Self {
        let Limits { time, memory, stack, result } = limits;
        CallLimits { time_ms: time.as_millis().try_into().unwrap_or(u64::MAX), memory, stack, result, entries }
    }

    pub fn limits(&self) -> Limits {
        let CallLimits { time_ms, memory, stack, result, .. } = *self;
        Limits { time: std::time::Duration::from_millis(time_ms), memory, stack, result }
    }
}

/// Bytes, in JSON as base64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(&text).map(Bytes).map_err(|error| serde::de::Error::custom(format!("wanted base64: {error}")))
    }
}

impl Letter {
    /// Where the record stood, as the end of a sentence.
    pub fn place(&self) -> String {
        format!("topic {} partition {} offset {}", quoted(&self.topic), self.partition, self.offset)
    }

    /// The record as it came out of its topic or file.
    fn original(&self) -> Option<Original> {
        let (partition, offset, timestamp) = (self.partition, self.offset, self.timestamp);
        let bytes = |bytes: &Option<Bytes>| bytes.as_ref().map(|bytes| bytes.0.clone());
        Some(match self.record.as_ref()? {
            Record::Topic { key, value, headers, .. } => Original::Bytes(Raw {
                partition,
                offset,
                timestamp,
                key: bytes(key),
                value: bytes(value),
                headers: headers.iter().map(|header| (header.name.clone(), bytes(&header.value))).collect(),
            }),
            Record::File { file, line, record, key, value } => Original::Written(InFile {
                file: file.into(),
                place: match record {
                    Some(record) => Place::Record(*record),
                    None => Place::Line(line.unwrap_or_default()),
                },
                timestamp,
                key: key.clone(),
                value: value.clone(),
            }),
        })
    }
}

impl Record {
    /// `schema` gives the schema that is named in front of a key (`true`) or value.
    fn new(original: &Original, schema: impl Fn(bool, &[u8]) -> Option<Schema>) -> Record {
        match original {
            Original::Bytes(raw) => Record::Topic {
                key: raw.key.clone().map(Bytes),
                value: raw.value.clone().map(Bytes),
                headers: raw
                    .headers
                    .iter()
                    .map(|(name, value)| Header { name: name.clone(), value: value.clone().map(Bytes) })
                    .collect(),
                key_schema: raw.key.as_ref().and_then(|key| schema(true, key)),
                value_schema: raw.value.as_ref().and_then(|value| schema(false, value)),
            },
            Original::Written(InFile { file, place, key, value, .. }) => {
                let (line, record) = match place {
                    Place::Line(line) | Place::LineColumn(line, _) => (Some(*line), None),
                    Place::Record(record) => (None, Some(*record)),
                    Place::Offset(_) => (None, None),
                };
                Record::File { file: file.display().to_string(), line, record, key: key.clone(), value: value.clone() }
            }
        }
    }
}
