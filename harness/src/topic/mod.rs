//! Records of topics, from files or a broker: what was written, where it stood, and what its columns are.
//!
//! `jsonl` and `avro` read files, `broker` reads topics, whose bytes `wire`, `registry` and `columnar` make sense of. `decode` and
//! `delimited` give a field its SQL type, `decoder` makes records of them, `again` does so out of a topic, `merge` says which
//! comes next, `phase` what is fed together, `raw` and `quote` what a record was before it was decoded. Only this room knows Kafka, Avro and JSON.

mod again;
mod arrival;
mod avro;
pub mod broker;
mod columnar;
mod decimals;
mod decode;
mod decoder;
mod delimited;
pub mod encode;
mod jsonl;
mod merge;
mod phase;
mod quote;
mod raw;
pub mod recording;
pub mod registry;
mod wire;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use streamfn_model::Dialect;

use crate::report::quoted;
use crate::sql::{Format, Topic};
pub use again::{again, together};
pub use arrival::{Arrival, BrokenRecord, Columns, Record};
use decoder::Decoder;
pub use merge::{Merge, Partitions, merge};
pub use phase::{Phase, files};
pub use quote::{Quote, quotes};
pub use raw::{InFile, Original, Raw};
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
    /// The offset of a topic's next record.
    fn next(&mut self, record: &Written) -> i64 {
        let next = self.0.entry(record.partition).or_default();
        let offset = record.offset.unwrap_or(*next);
        *next = offset.wrapping_add(1);
        offset
    }
}

/// All that a topic's files have, and what a user should know of it.
#[derive(Debug, Clone, Default)]
pub struct TopicFiles {
    /// What is in each file, nothing where there is none.
    pub arrivals: Vec<Vec<Arrival>>,
    pub notes: Vec<String>,
}

/// Reads a topic from its files, of which each continues the one before: Avro object containers, or JSON Lines. With
/// `keeps_raw` every record keeps what it was.
pub fn read(
    dialect: Dialect,
    topic: &Topic,
    files: &[Option<&Path>],
    keeps_raw: bool,
) -> Result<TopicFiles, TopicError> {
    let mut offsets = Offsets::default();
    let mut decoder = Decoder::new(dialect, topic);
    let mut arrivals = vec![];
    for file in files {
        let mut read = vec![];
        for record in file.map(|file| written(topic, file)).transpose()?.unwrap_or_default() {
            let (partition, offset) = (record.partition, offsets.next(&record));
            let file = file.unwrap_or(Path::new(""));
            let raw = keeps_raw.then(|| Box::new(Original::Written(InFile::new(file.to_owned(), &record))));
            read.push(match decoder.record(&record, offset) {
                Ok(record) => Arrival::Record(Record { raw, ..record }),
                Err(reason) => Arrival::Broken(BrokenRecord {
                    partition,
                    offset,
                    time: record.timestamp.unwrap_or_default(),
                    place: format!("{}{}", file.display(), record.place),
                    reason,
                    raw,
                }),
            });
        }
        arrivals.push(read);
    }
    let names = files.iter().flatten().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", ");
    Ok(TopicFiles { arrivals, notes: decoder.notes(&names) })
}

fn written(topic: &Topic, file: &Path) -> Result<Vec<Written>, TopicError> {
    // It may quote what is in the file.
    let fail = |(place, message): (_, String)| TopicError { file: file.to_owned(), place, message: quoted(&message) };
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
