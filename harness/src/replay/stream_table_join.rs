//! A stream's records, each with the table's row of its key as it is when the record comes: ksqlDB's stream-table join.

use std::sync::Arc;

use arrow::array::UInt32Array;
use arrow::compute::take;
use datafusion_physical_expr::PhysicalExpr;
use streamfn_model::{Changes, Field, table};

use super::changelog::Told;
use super::engine::{Context, Port, Running};
use super::error::ReplayError;
use super::index::Index;
use super::keys::Keys;
use super::meters::Kept;
use super::packed::{PackedRow, packed};
use super::stateless::{evaluate, side_by_side, with_columns};
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

    /// The table's changes emit nothing.
    fn keep(&mut self, changes: &Changes) {
        let keys = self.keys.of_batch(&changes.rows);
        for (place, row) in packed(self.rows.packing(), changes).into_iter().enumerate() {
            match changes.kinds[place].retracts() {
                true => drop(self.rows.remove(keys.bytes(place))),
                false => drop(self.rows.insert(keys.bytes(place), row)),
            }
        }
    }
}

impl Running for StreamTableJoin {
    fn push(&mut self, port: Port, changes: Changes, context: &mut Context<'_>) -> Result<Changes, ReplayError> {
        if port == Port::Second {
            self.keep(&changes);
            return Told::default().changes(&self.fields);
        }
        let key = evaluate(self.lookup.as_ref(), &changes, "JOIN")?;
        let keys = self.keys.of_columns(vec![key.clone()], changes.len());
        let mut told = Told::default();
        for row in 0..changes.len() {
            // No table has a row for null.
            let partner = (!keys.has_null(row)).then(|| self.rows.get(keys.bytes(row))).flatten();
            match self.kind.row(Some(row as u32), partner.cloned()) {
                Some(pair) => told.say(changes.kinds[row], pair, changes.times[row], &changes.origins[row]),
                None if keys.has_null(row) => context.leave_out("records have a null join key".to_owned()),
                None => {}
            }
        }
        let places = UInt32Array::from_iter(told.rows.iter().map(|(row, _)| *row));
        let partners = self.rows.packing().unpack(told.rows.iter().map(|(_, partner)| partner.as_deref()));
        let mut rows = side_by_side(&self.fields, (&changes.rows, &places), partners, true);
        if let Some(key_column) = self.key_column {
            let mut columns = rows.columns().to_vec();
            columns[key_column] = take(&key, &places, None).expect("the places are rows of the batch");
            rows = with_columns(&self.fields, columns, places.len());
        }
        Ok(told.with(rows))
    }

    fn kept(&self) -> Kept {
        Kept::of(self.rows.len(), self.rows.iter().map(|row| row.len()))
    }
}
