//! A stream's records, each with the table's row of its key as it is when the record comes: ksqlDB's stream-table join.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, UInt32Array};
use arrow::compute::take;
use datafusion_physical_expr::PhysicalExpr;
use streamfn_model::{Changes, Field, table};

use super::changelog::Told;
use super::engine::Context;
use super::error::ReplayError;
use super::index::Index;
use super::keys::Keys;
use super::meters::Kept;
use super::packed::{PackedRow, packed};
use super::query::{Joining, Side, in_order};
use super::stateless::{evaluate, with_columns};
use crate::sql::{Node, StreamTableKey};

pub struct StreamTableJoin {
    kind: table::Join,
    /// What is looked up, over the stream's columns.
    lookup: Arc<dyn PhysicalExpr>,
    keys: Keys,
    /// Where the joined row has the key if no column of the stream is it.
    key_column: Option<usize>,
    rows: Index<PackedRow>,
    fields: Vec<Field>,
}

impl StreamTableJoin {
    pub fn new(kind: table::Join, stream: &Node, right: &Node, key: &StreamTableKey, fields: &[Field]) -> Self {
        StreamTableJoin {
            kind,
            lookup: key.lookup.clone(),
            keys: Keys::new(&right.fields, &[key.column]),
            key_column: (!key.is_stream_column).then_some(stream.fields.len() + key.column),
            rows: Index::new(&right.fields, &[key.column]),
            fields: fields.to_vec(),
        }
    }
}

impl Joining for StreamTableJoin {
    fn push(&mut self, [stream, table]: [Changes; 2], context: &mut Context<'_>) -> Result<Changes, ReplayError> {
        let lookup = evaluate(self.lookup.as_ref(), &stream, "JOIN")?;
        let lookups = self.keys.of_columns(vec![lookup.clone()], stream.len());
        let rows = packed(self.rows.packing(), &table);
        let mut told = Told::of(&stream.records);
        let place = |side, row: &usize| match side {
            Side::Left => stream.places[*row],
            Side::Right => table.places[*row],
        };
        for (side, row) in in_order([0..stream.len(), 0..table.len()], place) {
            match (side, table.kinds.get(row)) {
                (Side::Left, _) => {
                    // No table has a row for null.
                    let is_null = lookups.has_null(row);
                    let partner = (!is_null).then(|| self.rows.get(lookups.bytes(row))).flatten();
                    match self.kind.row(Some(row as u32), partner.cloned()) {
                        Some(pair) => told.say(stream.kinds[row], pair, stream.times[row], stream.places[row]),
                        None if is_null => context.leave_out("records have a null join key".to_owned()),
                        None => {}
                    }
                }
                // The table's changes emit nothing.
                (Side::Right, Some(kind)) if kind.retracts() => drop(self.rows.remove(&self.rows.key(&rows[row]))),
                (Side::Right, _) => drop(self.rows.insert(&self.rows.key(&rows[row]), rows[row].clone())),
            }
        }
        let places = UInt32Array::from_iter(told.rows.iter().map(|(row, _)| *row));
        let partners = self.rows.packing().unpack(told.rows.iter().map(|(_, partner)| partner.as_deref()));
        let mut rows = beside(&self.fields, (&stream.rows, &places), partners);
        if let Some(key_column) = self.key_column {
            let mut columns = rows.columns().to_vec();
            columns[key_column] = take(&lookup, &places, None).expect("the places are rows of the batch");
            rows = with_columns(&self.fields, columns, places.len());
        }
        Ok(told.with(rows))
    }

    fn kept(&self) -> Kept {
        Kept::of(self.rows.len(), self.rows.iter().map(|row| row.len()))
    }
}

/// Rows of a batch, by place, each beside one of other columns.
fn beside(fields: &[Field], (batch, places): (&RecordBatch, &UInt32Array), other: Vec<ArrayRef>) -> RecordBatch {
    let taken = batch.columns().iter().map(|column| take(column, places, None).expect("the places are rows of it"));
    with_columns(fields, taken.chain(other).collect(), places.len())
}
