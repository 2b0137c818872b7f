//! Records of topics, from files: what was written, where it stood, and what its columns are.
//!
//! `jsonl` and `avro` read files, `decode` and `delimited` give a field its SQL type, `merge` says which record comes next. Only this
//! room knows Avro and JSON.

mod avro;
mod decode;
mod delimited;
mod jsonl;
mod merge;

use std::fmt;
use std::path::{Path, PathBuf};

use streamfn_model::{Dialect, Value};

use crate::sql::Topic;
pub use merge::merge;

/// A record of a topic, with its columns decoded.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub partition: i32,
    pub offset: i64,
    /// Milliseconds since the epoch: the record's own, or its `timestamp` column's.
    pub time: i64,
    /// The columns of the relation in their order, or only its key's with [`Record::is_tombstone`].
    pub row: Vec<Value>,
    /// The record has a null value.
    pub is_tombstone: bool,
}

/// A file that cannot be read as a topic: where, what was wanted, what was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{}: {message}", .file.display(), .place.as_ref().map(ToString::to_string).unwrap_or_default())]
pub struct TopicError {
    pub file: PathBuf,
    pub place: Option<Place>,
    pub message: String,
}

/// A place in a topic's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Line, from 1.
    Line(usize),
    /// Line and column, from 1.
    LineColumn(usize, usize),
    /// Record of an Avro container, from 1.
    Record(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line(line) => write!(f, ":{line}"),
            Place::LineColumn(line, column) => write!(f, ":{line}:{column}"),
            Place::Record(record) => write!(f, ": record {record}"),
        }
    }
}

/// A field as it was written, before SQL gives it a type.
#[derive(Debug, Clone, PartialEq)]
enum Datum {
    Json(serde_json::Value),
    Avro(apache_avro::types::Value),
}

/// A record as it was written.
#[derive(Debug, Clone)]
struct Written {
    place: Place,
    key: Option<Datum>,
    /// `None` is a tombstone.
    value: Option<Datum>,
    /// Without one a record counts as written at the epoch: the order of the file is all there is.
    timestamp: Option<i64>,
    partition: i32,
    /// Where a dump says it; else records are counted from the last.
    offset: Option<i64>,
}

/// All records of a topic's file, and what a user should know of it.
#[derive(Debug, Clone, Default)]
pub struct TopicFile {
    pub records: Vec<Record>,
    pub notes: Vec<String>,
}

/// Reads a topic from a file: an Avro object container, or JSON Lines.
pub fn read(dialect: Dialect, topic: &Topic, file: &Path) -> Result<TopicFile, TopicError> {
    let bytes = std::fs::read(file).map_err(|error| TopicError {
        file: file.to_owned(),
        place: None,
        message: format!("wanted the records of topic {}, could not read the file: {error}", topic.topic),
    })?;
    let fail = |(place, message)| TopicError { file: file.to_owned(), place, message };
    let written = match avro::is_container(&bytes) {
        true => avro::records(&bytes).map_err(fail)?,
        false => jsonl::records(&bytes).map_err(fail)?,
    };
    let mut offsets = std::collections::BTreeMap::<i32, i64>::new();
    let mut seen = vec![false; topic.relation.fields.len()];
    let mut records = Vec::with_capacity(written.len());
    let mut untimed = 0;
    for record in &written {
        let row = decode::row(dialect, topic, record, &mut seen).map_err(|m| fail((Some(record.place), m)))?;
        let offset = offsets.entry(record.partition).or_default();
        *offset = record.offset.unwrap_or(*offset);
        untimed += usize::from(record.timestamp.is_none());
        let is_tombstone = record.value.is_none();
        let time = decode::time(topic, record, &row).map_err(|m| fail((Some(record.place), m)))?;
        records.push(Record { partition: record.partition, offset: *offset, time, row, is_tombstone });
        *offset += 1;
    }
    let mut notes = vec![];
    if written.iter().any(|r| r.value.is_some()) {
        for (field, _) in topic.relation.fields.iter().zip(&seen).filter(|(_, seen)| !**seen) {
            notes.push(format!(
                "{}: no record of topic {} has a field for column {}; it is null everywhere",
                file.display(),
                topic.topic,
                field.name
            ));
        }
    }
    if untimed > 0 && topic.timestamp.is_none() {
        notes.push(format!("{}: {untimed} records have no timestamp; they count as written at 0", file.display()));
    }
    Ok(TopicFile { records, notes })
}
