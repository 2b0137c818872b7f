//! A stream's records, each with the table's row of its key as it is when the record comes: ksqlDB's stream-table join.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion_physical_expr::PhysicalExpr;
use streamfn_model::{Changes, Field, Value, columns, table};

use super::engine::{Context, Port, Running, Told};
use super::error::ReplayError;
use super::keys::Keys;
use super::meters::{Kept, size};
use super::stateless::evaluate;
use crate::sql::{Node, StreamTableKey};

pub struct StreamTableJoin {
    kind: table::Join,
    /// What is looked up, over the stream's columns.
    lookup: Arc<dyn PhysicalExpr>,
    keys: Keys,
    /// Where the joined row has the key if no column of the stream is it.
    key_column: Option<usize>,
    rows: HashMap<Vec<u8>, Vec<Value>>,
    absent: Vec<Value>,
    fields: Vec<Field>,
}

impl StreamTableJoin {
    pub fn new(kind: table::Join, stream: &Node, right: &Node, key: &StreamTableKey, fields: &[Field]) -> Self {
        StreamTableJoin {
            kind,
            lookup: key.lookup.clone(),
            keys: Keys::new(&right.fields, &[key.column]),
            key_column: (!key.is_stream_column).then_some(stream.fields.len() + key.column),
            rows: HashMap::new(),
            absent: vec![Value::Null; right.fields.len()],
            fields: fields.to_vec(),
        }
    }

    /// The table's changes emit nothing.
    fn keep(&mut self, changes: &Changes) {
        let keys = self.keys.of_batch(&changes.rows);
        for (row, kind) in changes.kinds.iter().enumerate() {
            let key = keys.bytes(row);
            match kind.retracts() {
                true => drop(self.rows.remove(key)),
                false => drop(self.rows.insert(key.to_vec(), columns::read_row(&changes.rows, row))),
            }
        }
    }
}

impl Running for StreamTableJoin {
    fn push(&mut self, port: Port, changes: Changes, context: &mut Context<'_>) -> Result<Changes, ReplayError> {
        let mut told = Told::default();
        if port == Port::Second {
            self.keep(&changes);
            return told.changes(&self.fields);
        }
        let keys = self.keys.of_columns(vec![evaluate(self.lookup.as_ref(), &changes, "JOIN")?]);
        for row in 0..changes.len() {
            // No table has a row for null.
            let partner = (!keys.has_null(row)).then(|| self.rows.get(keys.bytes(row))).flatten();
            let Some((left, right)) = self.kind.row(Some(columns::read_row(&changes.rows, row)), partner) else {
                if keys.has_null(row) {
                    context.leave_out("records have a null join key".to_owned());
                }
                continue;
            };
            let mut joined = left.unwrap_or_default();
            joined.extend_from_slice(right.unwrap_or(&self.absent));
            if let Some(key_column) = self.key_column {
                joined[key_column] = keys.value(row);
            }
            told.say(changes.kinds[row], joined, changes.times[row], &changes.origins[row]);
        }
        told.changes(&self.fields)
    }

    fn kept(&self) -> Kept {
        Kept::of(self.rows.len(), self.rows.iter().map(|(key, row)| key.capacity() + size(row)))
    }
}
