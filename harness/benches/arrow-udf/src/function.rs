//! A function, and what its rows and answers are to each way to call it.

use arrow_array::RecordBatch;
use arrow_schema::DataType;
use streamfn_model::Value;

/// A function of `plugins/enrich`.
pub trait Function {
    const SQL_NAME: &str;
    /// In the package `streamfn:enrich`.
    const INTERFACE: &str;
    const SHAPE: Shape;

    /// A row of arguments, in Rust.
    type Row: Clone;
    type Answer;

    /// Row by number.
    fn row(number: usize) -> Self::Row;

    /// Without WebAssembly.
    fn native(row: Self::Row) -> Self::Answer;

    /// The arguments as the bridge takes them.
    fn arguments(row: &Self::Row) -> Vec<Value>;

    /// An answer as the bridge gives it.
    fn value(answer: Self::Answer) -> Value;

    /// The arguments of so many rows as arrow-udf takes them.
    fn columns(rows: &[Self::Row]) -> RecordBatch;

    /// What arrow-udf answers a row, or each of the rows that a row becomes.
    fn answers() -> DataType;
}

/// What a row becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A value.
    Scalar,
    /// Rows.
    Table,
}
