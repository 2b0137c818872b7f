//! A record before anything is made of it.

use std::path::PathBuf;

use serde_json::Value as Json;

use super::wire::Parts;
use super::{Datum, Place, Written, quote};

/// A record as its broker or its file has it.
#[derive(Debug, Clone, PartialEq)]
pub enum Original {
    Bytes(Raw),
    Written(InFile),
}

impl Original {
    /// Its own; `None` where it has none.
    pub fn timestamp(&self) -> Option<i64> {
        match self {
            Original::Bytes(raw) => raw.timestamp,
            Original::Written(record) => record.timestamp,
        }
    }
}

/// A record of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct InFile {
    pub file: PathBuf,
    pub place: Place,
    pub timestamp: Option<i64>,
    /// As JSON, whatever the file's format is.
    pub key: Option<Json>,
    /// `None` is a tombstone.
    pub value: Option<Json>,
}

impl InFile {
    pub(super) fn new(file: PathBuf, record: &Written) -> InFile {
        let json = |datum: &Option<Datum>| datum.clone().map(quote::json);
        let (key, value) = (json(&record.key), json(&record.value));
        InFile { file, place: record.place, timestamp: record.timestamp, key, value }
    }
}

/// The bytes of a record and all that its broker says of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Raw {
    pub partition: i32,
    pub offset: i64,
    /// Milliseconds since the epoch.
    pub timestamp: Option<i64>,
    pub key: Option<Vec<u8>>,
    /// `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    pub headers: Vec<(String, Option<Vec<u8>>)>,
}

impl Raw {
    pub fn parts(&self) -> Parts<'_> {
        Parts {
            partition: self.partition,
            offset: self.offset,
            timestamp: self.timestamp,
            key: self.key.as_deref(),
            value: self.value.as_deref(),
        }
    }
}
