//! The bytes that rows are found by: two keys are the same exactly when these are.

use arrow::array::{ArrayRef, RecordBatch};
use arrow::row::{RowConverter, Rows, SortField};
use streamfn_model::{Field, Value, columns};

/// Some columns of a relation, as a key.
pub struct Keys {
    columns: Vec<usize>,
    converter: Option<RowConverter>,
}

/// The keys of a batch's rows.
pub struct BatchKeys {
    rows: Option<Rows>,
    columns: Vec<ArrayRef>,
}

/// Whether two rows have the same values in these columns.
pub fn agree(columns: &[usize], a: &[Value], b: &[Value]) -> bool {
    columns.iter().all(|column| a[*column] == b[*column])
}

impl Keys {
    pub fn new(fields: &[Field], columns: &[usize]) -> Self {
        let sorts = columns.iter().map(|c| SortField::new(columns::data_type(&fields[*c].sql_type))).collect();
        // No columns: one key for all rows.
        let converter = (!columns.is_empty())
            .then(|| RowConverter::new(sorts).expect("arrow-row takes every Arrow type that stands for a SQL type"));
        Keys { columns: columns.to_vec(), converter }
    }

    pub fn of_batch(&self, batch: &RecordBatch) -> BatchKeys {
        self.of_columns(self.columns.iter().map(|c| batch.column(*c).clone()).collect())
    }

    /// Of columns that were computed for the key.
    pub fn of_columns(&self, columns: Vec<ArrayRef>) -> BatchKeys {
        let rows = self.converter.as_ref().map(|converter| {
            converter.convert_columns(&columns).expect("the columns have the types the converter was made for")
        });
        BatchKeys { rows, columns }
    }
}

impl BatchKeys {
    pub fn bytes(&self, row: usize) -> &[u8] {
        match &self.rows {
            Some(rows) => rows.row(row).data(),
            None => &[],
        }
    }

    /// The value of a key of one part; null without one.
    pub fn value(&self, row: usize) -> Value {
        self.columns.first().map_or(Value::Null, |column| columns::read(column, row))
    }

    /// Whether any part of the key is null.
    pub fn has_null(&self, row: usize) -> bool {
        self.columns.iter().any(|column| column.is_null(row))
    }
}
