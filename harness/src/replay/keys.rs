//! The bytes that rows are found by: two keys are the same exactly when these are.

use arrow::array::{ArrayRef, RecordBatch};
use streamfn_model::{Field, Value, columns};

use super::packed::{PackedRows, Packing};

/// Some columns of a relation, as a key.
#[derive(Debug, Clone)]
pub struct Keys {
    columns: Vec<usize>,
    packing: Packing,
}

/// The keys of a batch's rows.
pub struct BatchKeys {
    rows: PackedRows,
    columns: Vec<ArrayRef>,
}

impl Keys {
    /// No columns are one key for all rows.
    pub fn new(fields: &[Field], columns: &[usize]) -> Self {
        Keys { columns: columns.to_vec(), packing: Packing::of_columns(fields, columns) }
    }

    pub fn of_batch(&self, batch: &RecordBatch) -> BatchKeys {
        self.of_columns(self.columns.iter().map(|c| batch.column(*c).clone()).collect(), batch.num_rows())
    }

    /// Of columns that were computed for the key.
    pub fn of_columns(&self, columns: Vec<ArrayRef>, rows: usize) -> BatchKeys {
        BatchKeys { rows: self.packing.pack(&columns, rows), columns }
    }
}

impl BatchKeys {
    pub fn bytes(&self, row: usize) -> &[u8] {
        self.rows.row(row)
    }

    /// The values of all its parts.
    pub fn values(&self, row: usize) -> Vec<Value> {
        self.columns.iter().map(|column| columns::read(column, row)).collect()
    }

    /// Whether any part of the key is null.
    pub fn has_null(&self, row: usize) -> bool {
        self.columns.iter().any(|column| column.is_null(row))
    }
}
