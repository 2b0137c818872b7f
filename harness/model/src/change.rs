//! A changelog: rows that say what became of a table.

use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;

/// What a row of a changelog says, in Flink's four kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `+I`: a row of a stream, or a table's row where there was none.
    Insert,
    /// `-U`: the row as it was; the `+U` with the row as it is follows at once.
    UpdateBefore,
    /// `+U`: the row as it is now.
    UpdateAfter,
    /// `-D`: the row is gone.
    Delete,
}

impl Kind {
    /// Whether this row takes something back.
    pub fn retracts(self) -> bool {
        matches!(self, Kind::UpdateBefore | Kind::Delete)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Insert => "+I",
            Kind::UpdateBefore => "-U",
            Kind::UpdateAfter => "+U",
            Kind::Delete => "-D",
        })
    }
}

/// The record that a change comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    pub topic: Arc<str>,
    pub partition: i32,
    pub offset: i64,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "topic {} partition {} offset {}", self.topic, self.partition, self.offset)
    }
}

/// A batch of changes in their order: one kind, time (milliseconds since the epoch) and origin for each row.
#[derive(Debug, Clone)]
pub struct Changes {
    pub rows: RecordBatch,
    pub kinds: Vec<Kind>,
    pub times: Vec<i64>,
    pub origins: Vec<Origin>,
}

impl Changes {
    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }
}

/// What happened to one row of a table: as it was and as it is. Neither present means nothing happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition<R> {
    pub before: Option<R>,
    pub after: Option<R>,
}

impl<R> Transition<R> {
    /// The rows of changelog that tell this.
    pub fn rows(self) -> impl Iterator<Item = (Kind, R)> {
        let (first, second) = match (self.before, self.after) {
            (None, None) => (None, None),
            (None, Some(after)) => (Some((Kind::Insert, after)), None),
            (Some(before), None) => (Some((Kind::Delete, before)), None),
            (Some(before), Some(after)) => (Some((Kind::UpdateBefore, before)), Some((Kind::UpdateAfter, after))),
        };
        first.into_iter().chain(second)
    }
}
