//! Topics out of files, all at once, by way of values: what every faster way has to agree with, and leaves to it what is not plain.

use std::path::Path;

use streamfn_model::Dialect;

use super::decoder::Decoder;
use super::growing::{Growing, Stamp};
use super::{Arrival, BrokenRecord, InFile, Offsets, Original, Record, TopicError, Written, written};
use crate::sql::Topic;

/// All that a topic's files have, and what a user should know of it.
#[derive(Debug, Clone, Default, PartialEq)]
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
    let mut reference = Reference::new(dialect, topic, keeps_raw);
    let mut arrivals = vec![];
    for file in files {
        let records = file.map(|file| Ok((file, written(topic, file)?))).transpose()?;
        let read = records.map(|(file, records)| records.iter().map(|of| reference.arrival(file, of)).collect());
        arrivals.push(read.unwrap_or_default());
    }
    Ok(TopicFiles { arrivals, notes: reference.notes(files) })
}

/// What makes arrivals of records in the order of their files.
pub struct Reference<'a> {
    decoder: Decoder<'a>,
    offsets: Offsets,
    keeps_raw: bool,
}

impl<'a> Reference<'a> {
    pub fn new(dialect: Dialect, topic: &'a Topic, keeps_raw: bool) -> Self {
        Reference { decoder: Decoder::new(dialect, topic), offsets: Offsets::default(), keeps_raw }
    }

    pub fn arrival(&mut self, file: &Path, written: &Written) -> Arrival {
        let partition = written.partition;
        let offset = self.offsets.next(partition, written.offset);
        let raw = self.keeps_raw.then(|| Box::new(Original::Written(InFile::new(file.to_owned(), written))));
        match self.decoder.record(written, offset) {
            Ok(record) => Arrival::Record(Record { raw, ..record }),
            Err(reason) => Arrival::Broken(BrokenRecord {
                partition,
                offset,
                time: written.timestamp.unwrap_or_default(),
                place: format!("{}{}", file.display(), written.place),
                reason,
                raw,
            }),
        }
    }

    /// The record of a row, still without its columns; `None` where it is to be read as an [`Reference::arrival`].
    pub fn record(&mut self, row: &mut Growing<'_>, stamp: &Stamp) -> Option<Record> {
        let partition = stamp.partition;
        let offset = self.offsets.of(partition, stamp.offset);
        let record = self.decoder.row(row, stamp, offset)?;
        self.offsets.pass(partition, offset);
        Some(record)
    }

    pub fn notes(&self, files: &[Option<&Path>]) -> Vec<String> {
        let names = files.iter().flatten().map(|file| file.display().to_string()).collect::<Vec<_>>();
        self.decoder.notes(&names.join(", "))
    }
}
