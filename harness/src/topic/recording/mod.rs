//! Records on their way into topics: what is to be written, and the files that it is written to, as [`super::read`] reads
//! them.

mod avro;
mod jsonl;

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use streamfn_model::{Field, SqlType, Value};

/// A topic to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    pub topic: String,
    pub key: SqlType,
    /// The key is an object with this one field; without it, it is the key's value alone.
    pub key_field: Option<String>,
    pub columns: Vec<Field>,
}

/// A record to be written.
#[derive(Debug, Clone, Copy)]
pub struct Generated<'a> {
    /// The place of its topic among those that the sink was made for.
    pub topic: usize,
    pub key: &'a Value,
    /// A row of the topic's columns, null for a tombstone.
    pub value: &'a Value,
    /// Milliseconds since the epoch.
    pub timestamp: i64,
    pub partition: i32,
}

/// Where records go.
pub trait Sink {
    fn write(&mut self, record: Generated) -> Result<(), RecordingError>;
    /// All that was written is there for others.
    fn flush(&mut self) -> Result<(), RecordingError>;
    /// The last call: all that was written will last.
    fn finish(self: Box<Self>) -> Result<(), RecordingError>;
}

#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    #[error("{}: could not be written: {error}", .file.display())]
    File { file: PathBuf, error: io::Error },
    #[error("topic {topic}: {reason}")]
    Record { topic: String, reason: String },
}

/// How files are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Container {
    /// JSON Lines.
    #[default]
    Jsonl,
    /// Avro object containers.
    Avro,
}

/// A file for each topic, `TOPIC.jsonl` or `TOPIC.avro`, in a directory that is made if it is not there. What a file held
/// before is gone.
pub fn files(directory: &Path, container: Container, topics: &[Outgoing]) -> Result<Box<dyn Sink>, RecordingError> {
    let failed = |file: &Path, error| RecordingError::File { file: file.to_owned(), error };
    fs::create_dir_all(directory).map_err(|error| failed(directory, error))?;
    let extension = match container {
        Container::Jsonl => "jsonl",
        Container::Avro => "avro",
    };
    let create = |topic: &Outgoing| {
        let path = directory.join(format!("{}.{extension}", topic.topic));
        let file = File::create(&path).map_err(|error| failed(&path, error))?;
        Ok((path, BufWriter::new(file)))
    };
    let created = topics.iter().map(create).collect::<Result<Vec<_>, RecordingError>>()?;
    Ok(match container {
        Container::Jsonl => Box::new(jsonl::Files::new(topics, created)),
        Container::Avro => Box::new(avro::Files::new(topics, created)?),
    })
}

/// A sink that keeps nothing.
pub struct Nowhere;

impl Sink for Nowhere {
    fn write(&mut self, _: Generated) -> Result<(), RecordingError> {
        Ok(())
    }
    fn flush(&mut self) -> Result<(), RecordingError> {
        Ok(())
    }
    fn finish(self: Box<Self>) -> Result<(), RecordingError> {
        Ok(())
    }
}
