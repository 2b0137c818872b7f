//! Records of topics, from files: what was written, where it stood, and what its columns are.
//!
//! `jsonl` and `avro` read files, `decode` and `delimited` give a field its SQL type, `merge` says which record comes next,
//! `phase` what is fed together, `quote` what a record was before it was decoded. Only this room knows Avro and JSON.

mod avro;
mod decode;
mod delimited;
mod jsonl;
mod merge;
mod phase;
mod quote;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use streamfn_model::{Dialect, Value};

use crate::sql::{Format, Metadata, Topic};
pub use merge::merge;
pub use phase::{Phase, files};
pub use quote::{Quote, quotes};

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

/// The next offset of each partition.
#[derive(Debug, Default)]
struct Offsets(BTreeMap<i32, i64>);

impl Offsets {
    /// The offset of a topic's next record.
    fn next(&mut self, record: &Written) -> i64 {
        let next = self.0.entry(record.partition).or_default();
        let offset = record.offset.unwrap_or(*next);
        *next = offset.wrapping_add(1);
        offset
    }
}

/// All records of a topic, and what a user should know of them.
#[derive(Debug, Clone, Default)]
pub struct TopicFiles {
    /// The records of each file, of none where there is none.
    pub records: Vec<Vec<Record>>,
    pub notes: Vec<String>,
}

/// Reads a topic from its files, of which each continues the one before: Avro object containers, or JSON Lines.
pub fn read(dialect: Dialect, topic: &Topic, files: &[Option<&Path>]) -> Result<TopicFiles, TopicError> {
    let mut offsets = Offsets::default();
    let mut seen = vec![false; topic.relation.fields.len()];
    let (mut records, mut notes) = (vec![], vec![]);
    let (mut untimed, mut has_values) = (0, false);
    for file in files {
        let mut read = vec![];
        for record in file.map(|file| written(topic, file)).transpose()?.unwrap_or_default() {
            let fail = |message| TopicError {
                file: file.unwrap_or(Path::new("")).to_owned(),
                place: Some(record.place),
                message,
            };
            let mut row = decode::row(dialect, topic, &record, &mut seen).map_err(fail)?;
            let offset = offsets.next(&record);
            untimed += usize::from(record.timestamp.is_none());
            has_values |= record.value.is_some();
            let is_tombstone = record.value.is_none();
            let time = decode::time(topic, &record, &row).map_err(fail)?;
            for (column, metadata) in &topic.metadata {
                seen[*column] = true;
                row[*column] = match metadata {
                    Metadata::Topic => Value::String(topic.topic.clone()),
                    Metadata::Partition => Value::S32(record.partition),
                    Metadata::Offset => Value::S64(offset),
                    Metadata::Timestamp => Value::S64(time),
                };
            }
            read.push(Record { partition: record.partition, offset, time, row, is_tombstone });
        }
        records.push(read);
    }
    let names = files.iter().flatten().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", ");
    if has_values {
        for (field, _) in topic.relation.fields.iter().zip(&seen).filter(|(_, seen)| !**seen) {
            let (topic, column) = (&topic.topic, &field.name);
            notes.push(format!(
                "{names}: no record of topic {topic} has a field for column {column}; it is null everywhere"
            ));
        }
    }
    if untimed > 0 && topic.timestamp.is_none() {
        notes.push(format!("{names}: {untimed} records have no timestamp; they count as written at 0"));
    }
    Ok(TopicFiles { records, notes })
}

fn written(topic: &Topic, file: &Path) -> Result<Vec<Written>, TopicError> {
    let fail = |(place, message)| TopicError { file: file.to_owned(), place, message };
    if topic.value_format == Format::DebeziumJson {
        let message = format!(
            "topic {} has format debezium-json, whose records are read here only where an INSERT of the same SQL writes them",
            topic.topic
        );
        return Err(fail((None, message)));
    }
    let bytes = std::fs::read(file).map_err(|error| {
        fail((None, format!("wanted the records of topic {}, could not read the file: {error}", topic.topic)))
    })?;
    match avro::is_container(&bytes) {
        true => avro::records(&bytes).map_err(fail),
        false => jsonl::records(&bytes).map_err(fail),
    }
}
