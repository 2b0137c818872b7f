//! A topic's records as changes of its relation: a stream's are all inserts, a table's replace the row of their key.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::interleave_record_batch;
use streamfn_model::columns::WrongType;
use streamfn_model::{Changes, Dialect, Field, Kind, Origin, Value, columns, table};

use super::changelog::Told;
use super::engine::Context;
use super::error::ReplayError;
use super::index::Index;
use super::meters::Kept;
use super::packed::{PackedRow, packed};
use super::stateless::select;
use crate::sql::{Collection, Node, Operator, Topic};
use crate::topic::{Columns, Record};

pub struct Source<'a> {
    pub topic: &'a Topic,
    /// The topic's name, as records have it in their origin.
    name: Arc<str>,
    /// A table's rows by key: what a record replaces.
    rows: Index<PackedRow>,
}

impl<'a> Source<'a> {
    pub fn new(topic: &'a Topic) -> Self {
        let rows = Index::new(&topic.relation.fields, &topic.relation.key);
        Source { topic, name: topic.topic.as_str().into(), rows }
    }

    pub fn origin(&self, record: &Record) -> Origin {
        Origin { topic: self.name.clone(), partition: record.partition, offset: record.offset }
    }

    /// Records, each with its place among all that are under way.
    pub fn changes(
        &mut self,
        taken: Vec<(u32, Record)>,
        records: &Arc<[Origin]>,
        context: &mut Context<'_>,
    ) -> Result<Changes, ReplayError> {
        let relation = &self.topic.relation;
        let count = taken.len();
        let (mut places, mut times, mut kinds) =
            (Vec::with_capacity(count), Vec::with_capacity(count), Vec::with_capacity(count));
        let mut rows = Vec::with_capacity(count);
        for (place, record) in taken {
            places.push(place);
            times.push(record.time);
            // Flink: what a record replaces is found where the query reads it.
            kinds.push(if record.is_tombstone { Kind::Delete } else { Kind::Insert });
            rows.push(record.row);
        }
        let rows = batch(&relation.fields, rows)?;
        let changes = Changes { rows: rows.into(), kinds, times, places, records: records.clone(), kept: None };
        match (relation.collection, context.pipeline.dialect) {
            (Collection::Stream, _) => self.stream(changes, context),
            (Collection::Table, Dialect::Flink) => Ok(changes),
            (Collection::Table, Dialect::Ksqldb) => Ok(self.replace(changes, context)),
        }
    }

    /// A record without a value has no row for a stream; both engines pass over it.
    fn stream(&self, changes: Changes, context: &mut Context<'_>) -> Result<Changes, ReplayError> {
        let stream = &self.topic.relation.name;
        let Some(first) = changes.kinds.iter().position(|kind| kind.retracts()) else { return Ok(changes) };
        let queries = &context.pipeline.queries;
        if queries.iter().any(|query| aggregates_in_windows(&query.plan, stream)) {
            let origin = changes.origin(first).clone();
            return Err(ReplayError::NullInWindow { stream: stream.clone(), origin });
        }
        let left = changes.kinds.iter().copied().enumerate().filter(|(_, kind)| !kind.retracts()).collect::<Vec<_>>();
        for _ in left.len()..changes.len() {
            context.leave_out(format!("records of {} have a null value", self.topic.topic));
        }
        Ok(select(changes, &left))
    }

    /// Rows of a table, each in the place of the one of its key.
    fn replace(&mut self, changes: Changes, context: &mut Context<'_>) -> Changes {
        let relation = &self.topic.relation;
        let packing = self.rows.packing().clone();
        let mut told = Told::of(&changes.records);
        for (place, row) in packed(&packing, &changes).iter().enumerate() {
            if self.rows.has_null_key(row) {
                context.leave_out(format!("records of table {} have a null key", relation.name));
                continue;
            }
            let key = self.rows.key(row);
            let after = (!changes.kinds[place].retracts()).then(|| row.clone());
            let before = match &after {
                Some(row) => self.rows.insert(&key, row.clone()),
                None => self.rows.remove(&key),
            };
            told.say_all(table::source(before, after), changes.times[place], changes.places[place]);
        }
        told.changes_of(changes, &packing, &relation.fields)
    }

    pub fn kept(&self) -> Kept {
        Kept::of(self.rows.len(), self.rows.iter().map(|row| row.len()))
    }
}

/// The columns of records as a batch.
fn batch(fields: &[Field], records: Vec<Columns>) -> Result<RecordBatch, WrongType> {
    let mut batches: Vec<&RecordBatch> = vec![];
    let mut places: Vec<(usize, usize)> = Vec::with_capacity(records.len());
    for record in &records {
        let Columns::Of(batch, row) = record else {
            let rows: Vec<Vec<Value>> = records.into_iter().map(Columns::into_values).collect();
            return columns::batch(fields, &rows);
        };
        // Mostly the last one: of each partition there are one or two.
        let known = batches.iter().rposition(|known| std::ptr::eq(*known, &**batch));
        let of = known.unwrap_or_else(|| {
            batches.push(batch);
            batches.len() - 1
        });
        places.push((of, *row));
    }
    match (&batches[..], &places[..]) {
        ([batch], [(_, first), ..]) if places.iter().zip(*first..).all(|((_, row), next)| *row == next) => {
            Ok(batch.slice(*first, places.len()))
        }
        _ => Ok(interleave_record_batch(&batches, &places).expect("the batches have the columns of one relation")),
    }
}

/// Whether records of a stream come to a windowed aggregate as they are: a WHERE or a join on the way has none without a value.
fn aggregates_in_windows(node: &Node, stream: &str) -> bool {
    fn comes_from(node: &Node, stream: &str) -> bool {
        match &node.operator {
            Operator::Source { relation } => relation == stream,
            Operator::SystemColumns { input } | Operator::Calls { input, .. } | Operator::Project { input, .. } => {
                comes_from(input, stream)
            }
            _ => false,
        }
    }
    match &node.operator {
        Operator::TimeWindows { input, .. } | Operator::Sessions { input, .. } => comes_from(input, stream),
        _ => node.inputs().into_iter().any(|input| aggregates_in_windows(input, stream)),
    }
}
