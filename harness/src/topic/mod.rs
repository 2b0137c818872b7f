//! Records of topics, from files or a broker: what was written, where it stood, and what its columns are.
//!
//! `jsonl` and `avro` read files, `broker` reads topics, whose bytes `wire`, `registry` and `columnar` make sense of. `decode` and
//! `delimited` give a field its SQL type (`exact` keeps the digits of a DECIMAL in JSON), `decoder` makes records of them, `again`
//! does so out of a topic, `merge` says which comes next, `phase` what is fed together, `raw` and `quote` what a record was before
//! it was decoded. Only this room knows Kafka, Avro and JSON.
//!
//! A replay reads files by `reading`: a part at a time (`source`, `lines`), straight into columns (`growing`, `columnar_json`).
//! `reference` reads them by way of values, at once; the faster way agrees with it, and leaves to it what is not plain.

mod again;
mod arrival;
mod avro;
pub mod broker;
mod columnar;
mod columnar_avro;
mod columnar_json;
mod container;
mod decimals;
mod decode;
mod decoder;
mod delimited;
pub mod encode;
mod exact;
mod growing;
mod json_rows;
mod jsonl;
mod lines;
mod merge;
mod phase;
mod quote;
mod raw;
mod reading;
pub mod recording;
mod reference;
pub mod registry;
mod source;
mod wire;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::report::quoted;
use crate::sql::Topic;
use exact::Exact;

pub use again::{again, together};
pub use arrival::{Arrival, BrokenRecord, Columns, Record};
pub use merge::{Merge, Partitions, merge};
pub use phase::{Phase, files};
pub use quote::{Quote, quotes};
pub use raw::{InFile, Original, Raw};
pub use reading::{Feed, Reading};
pub use reference::{TopicFiles, read};
pub use wire::framed;

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
    /// Of a partition.
    Offset(i64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line(line) => write!(f, ":{line}"),
            Place::LineColumn(line, column) => write!(f, ":{line}:{column}"),
            Place::Record(record) => write!(f, ": record {record}"),
            Place::Offset(offset) => write!(f, ": offset {offset}"),
        }
    }
}

/// A field as it was written, before SQL gives it a type.
#[derive(Debug, Clone, PartialEq)]
enum Datum {
    Json(serde_json::Value),
    Avro(apache_avro::types::Value),
    /// Kafka's own serialisation of one primitive.
    Kafka(Vec<u8>),
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
    /// That of a partition's next record, which may say its own.
    fn of(&self, partition: i32, said: Option<i64>) -> i64 {
        said.unwrap_or_else(|| self.0.get(&partition).copied().unwrap_or_default())
    }

    fn pass(&mut self, partition: i32, offset: i64) {
        self.0.insert(partition, offset.wrapping_add(1));
    }

    /// [`Offsets::of`], and past it.
    fn next(&mut self, partition: i32, said: Option<i64>) -> i64 {
        let offset = self.of(partition, said);
        self.pass(partition, offset);
        offset
    }
}

type Failure = (Option<Place>, String);

/// It may quote what is in the file.
fn failed(file: &Path, (place, message): Failure) -> TopicError {
    TopicError { file: file.to_owned(), place, message: quoted(&message) }
}

/// The records of a file, all at once.
fn written(topic: &Topic, file: &Path) -> Result<Vec<Written>, TopicError> {
    source::refuse_debezium(topic, file)?;
    let bytes = std::fs::read(file).map_err(|error| failed(file, source::unreadable(topic, &error)))?;
    let records =
        if avro::is_container(&bytes) { avro::records(&bytes) } else { jsonl::records(&Exact::line(topic), &bytes) };
    records.map_err(|failure| failed(file, failure))
}
