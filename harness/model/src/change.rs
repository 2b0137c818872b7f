//! A changelog: rows that say what became of a table.

use std::cell::LazyCell;
use std::fmt;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

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

/// A batch of changes in their order: one kind, time (milliseconds since the epoch) and record that it comes from for each row.
#[derive(Debug, Clone)]
pub struct Changes {
    pub rows: LazyBatch,
    pub kinds: Vec<Kind>,
    pub times: Vec<i64>,
    /// The place in `records` of the one that a row comes from. It never falls: changes come in the order of their records.
    pub places: Vec<u32>,
    /// The records that are under way together, of all topics, in their order.
    pub records: Arc<[Origin]>,
    /// The rows once more, as bytes of their own, where whoever made them keeps them: others may keep the same.
    pub kept: Option<Rc<[Arc<[u8]>]>>,
}

/// Rows as columns, which are made when somebody asks for them: where rows are kept as bytes, often nobody does.
#[derive(Debug, Clone)]
pub struct LazyBatch(Rc<LazyCell<RecordBatch, Box<dyn FnOnce() -> RecordBatch>>>);

impl LazyBatch {
    pub fn when_asked(make: impl FnOnce() -> RecordBatch + 'static) -> LazyBatch {
        LazyBatch(Rc::new(LazyCell::new(Box::new(make))))
    }
}

impl From<RecordBatch> for LazyBatch {
    fn from(rows: RecordBatch) -> LazyBatch {
        LazyBatch::when_asked(|| rows)
    }
}

impl Deref for LazyBatch {
    type Target = RecordBatch;

    fn deref(&self) -> &RecordBatch {
        &self.0
    }
}

impl Changes {
    /// No change of a relation with these columns.
    pub fn none(schema: SchemaRef, records: Arc<[Origin]>) -> Self {
        let rows = RecordBatch::new_empty(schema).into();
        Changes { rows, kinds: vec![], times: vec![], places: vec![], records, kept: None }
    }

    pub fn origin(&self, row: usize) -> &Origin {
        &self.records[self.places[row] as usize]
    }

    /// The same changes of rows that have become others.
    pub fn with_rows(self, rows: RecordBatch) -> Self {
        Changes { rows: rows.into(), kept: None, ..self }
    }

    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// The transitions that the rows tell, by place: what [`Transition::rows`] wrote, read back. A `-U` and the `+U` after it
    /// are one if `together` says so of the two; apart, the row goes and another comes.
    pub fn transitions(&self, together: impl Fn(usize, usize) -> bool) -> Vec<Transition<usize>> {
        let mut told = vec![];
        let mut row = 0;
        while let Some(kind) = self.kinds.get(row) {
            let is_pair = *kind == Kind::UpdateBefore
                && self.kinds.get(row + 1) == Some(&Kind::UpdateAfter)
                && together(row, row + 1);
            told.push(match (is_pair, kind.retracts()) {
                (true, _) => Transition { before: Some(row), after: Some(row + 1) },
                (false, true) => Transition { before: Some(row), after: None },
                (false, false) => Transition { before: None, after: Some(row) },
            });
            row += if is_pair { 2 } else { 1 };
        }
        told
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transitions_are_read_back_as_they_were_told() {
        use Kind::*;
        let kinds = vec![Insert, UpdateBefore, UpdateAfter, Delete, UpdateBefore, UpdateAfter];
        let changes = Changes { kinds, ..Changes::none(Arc::new(arrow::datatypes::Schema::empty()), Arc::new([])) };
        let said = |before, after| Transition { before, after };
        // The second update is two: its rows do not belong together.
        let told = changes.transitions(|before, _| before != 4);
        let wanted = [
            said(None, Some(0)),
            said(Some(1), Some(2)),
            said(Some(3), None),
            said(Some(4), None),
            said(None, Some(5)),
        ];
        assert_eq!(told, wanted);
    }
}
