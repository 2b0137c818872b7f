//! Files that are read from the beginning on, a part at a time.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek};
use std::path::Path;

use streamfn_model::Dialect;

use super::columnar_avro::ColumnarAvro;
use super::container::Container;
use super::lines::Lines;
use super::{Failure, TopicError, avro, failed};
use crate::sql::{Format, Topic};

/// What a file holds.
pub enum Content {
    Lines(Lines),
    /// With a way to read it into columns, where there is one.
    Container(Container, Option<ColumnarAvro>),
}

/// What can be read twice, by a thread of its own.
pub trait Source: BufRead + Seek + Send {}
impl<T: BufRead + Seek + Send> Source for T {}

pub fn open(dialect: Dialect, topic: &Topic, file: &Path, keeps_raw: bool) -> Result<Content, TopicError> {
    refuse_debezium(topic, file)?;
    let unreadable = |error: io::Error| failed(file, unreadable(topic, &error));
    let mut source = source(file).map_err(unreadable)?;
    if !avro::is_container(source.fill_buf().map_err(unreadable)?) {
        return Ok(Content::Lines(Lines::new(source)));
    }
    let container = Container::open(source).map_err(|failure| failed(file, failure))?;
    let columnar = if keeps_raw { None } else { ColumnarAvro::new(dialect, topic, container.schema()) };
    Ok(Content::Container(container, columnar))
}

fn source(file: &Path) -> io::Result<Box<dyn Source>> {
    let mut file = File::open(file)?;
    if file.metadata()?.is_file() {
        return Ok(Box::new(BufReader::with_capacity(1 << 16, file)));
    }
    // A pipe has its bytes but once.
    let mut bytes = vec![];
    file.read_to_end(&mut bytes)?;
    Ok(Box::new(Cursor::new(bytes)))
}

pub fn refuse_debezium(topic: &Topic, file: &Path) -> Result<(), TopicError> {
    if topic.value_format != Format::DebeziumJson {
        return Ok(());
    }
    let message = format!(
        "topic {} has format debezium-json, whose records are read here only where an INSERT of the same SQL writes them",
        topic.topic
    );
    Err(failed(file, (None, message)))
}

pub fn unreadable(topic: &Topic, error: &io::Error) -> Failure {
    (None, format!("wanted the records of topic {}, could not read the file: {error}", topic.topic))
}
