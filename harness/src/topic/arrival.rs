//! What comes out of a partition: a record, or something that is none.

use std::sync::Arc;

use arrow::array::RecordBatch;
use streamfn_model::{Value, columns};

use super::raw::Original;

/// A record of a topic, with its columns decoded.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub partition: i32,
    pub offset: i64,
    /// Milliseconds since the epoch: the record's own, or its `timestamp` column's.
    pub time: i64,
    /// The columns of the relation in their order, or only its key's with [`Record::is_tombstone`].
    pub row: Columns,
    /// The record has a null value.
    pub is_tombstone: bool,
    /// What it was before, where somebody may want it.
    pub raw: Option<Box<Original>>,
}

/// The columns of a record: its own, or a row of a batch in which those of several are.
#[derive(Debug, Clone)]
pub enum Columns {
    Own(Vec<Value>),
    Of(Arc<RecordBatch>, usize),
}

impl Columns {
    pub fn into_values(self) -> Vec<Value> {
        match self {
            Columns::Own(values) => values,
            Columns::Of(batch, row) => columns::read_row(&batch, row),
        }
    }
}

impl PartialEq for Columns {
    fn eq(&self, other: &Columns) -> bool {
        self.clone().into_values() == other.clone().into_values()
    }
}

impl From<Vec<Value>> for Columns {
    fn from(values: Vec<Value>) -> Columns {
        Columns::Own(values)
    }
}

/// A record whose bytes are no row of its topic.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{place}: {reason}")]
pub struct BrokenRecord {
    pub partition: i32,
    pub offset: i64,
    /// Its own: that of a column is not to be had.
    pub time: i64,
    /// Where it stands: file and line, or topic, partition and offset.
    pub place: String,
    pub reason: String,
    /// Of a file only where somebody may want it.
    pub raw: Option<Box<Original>>,
}

/// What stands at an offset.
#[derive(Debug, Clone, PartialEq)]
pub enum Arrival {
    Record(Record),
    Broken(BrokenRecord),
}

impl Arrival {
    pub fn partition(&self) -> i32 {
        match self {
            Arrival::Record(record) => record.partition,
            Arrival::Broken(broken) => broken.partition,
        }
    }

    pub fn offset(&self) -> i64 {
        match self {
            Arrival::Record(record) => record.offset,
            Arrival::Broken(broken) => broken.offset,
        }
    }

    pub fn time(&self) -> i64 {
        match self {
            Arrival::Record(record) => record.time,
            Arrival::Broken(broken) => broken.time,
        }
    }
}
