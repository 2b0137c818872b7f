//! A function of the guest, called by arrow-udf's runtime for all rows at once. Batches go in and come out in the form of Arrow
//! files, which either end writes and reads.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, Int64Type};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use arrow_udf_runtime::wasm::{FunctionHandle, Runtime, TableFunctionHandle};
use streamfn_model::Value;

use crate::function::{Function, Shape};

pub struct ArrowUdf<'r> {
    runtime: &'r Runtime,
    handle: Handle,
}

enum Handle {
    Scalar(FunctionHandle),
    Table(TableFunctionHandle),
}

impl ArrowUdf<'_> {
    pub fn of<F: Function>(runtime: &Runtime) -> ArrowUdf<'_> {
        let name = F::SQL_NAME.to_lowercase();
        let types = F::columns(&[]).schema().fields().iter().map(|field| field.data_type().clone()).collect();
        let handle = match F::SHAPE {
            Shape::Scalar => runtime.find_function(&name, types, F::answers()).map(Handle::Scalar),
            Shape::Table => runtime.find_table_function(&name, types, F::answers()).map(Handle::Table),
        };
        ArrowUdf { runtime, handle: handle.expect("the guest has it") }
    }

    /// Gives out what comes back: one batch, or of rows that become rows one for each 1,024 of them.
    pub fn call(&self, rows: &RecordBatch, mut take: impl FnMut(RecordBatch)) {
        match &self.handle {
            Handle::Scalar(function) => take(self.runtime.call(function, rows).expect("no call fails")),
            Handle::Table(function) => self
                .runtime
                .call_table_function(function, rows)
                .expect("no call fails")
                .for_each(|batch| take(batch.expect("no call fails"))),
        }
    }

    /// The answer to each row, as the bridge gives it.
    pub fn answers(&self, rows: &RecordBatch) -> Vec<Value> {
        let mut answers = Vec::new();
        match self.handle {
            Handle::Scalar(_) => self.call(rows, |batch| {
                answers.extend((0..batch.num_rows()).map(|row| value(batch.column(0), row)));
            }),
            Handle::Table(_) => {
                let mut lists = vec![Vec::new(); rows.num_rows()];
                self.call(rows, |batch| {
                    for (at, row) in batch.column(0).as_primitive::<Int32Type>().values().iter().enumerate() {
                        lists[*row as usize].push(value(batch.column(1), at));
                    }
                });
                answers.extend(lists.into_iter().map(Value::List));
            }
        }
        answers
    }
}

/// A row of a column.
fn value(column: &dyn Array, row: usize) -> Value {
    if column.is_null(row) {
        return Value::Null;
    }
    match column.data_type() {
        DataType::Int32 => Value::S32(column.as_primitive::<Int32Type>().value(row)),
        DataType::Int64 => Value::S64(column.as_primitive::<Int64Type>().value(row)),
        DataType::Float64 => Value::F64(column.as_primitive::<Float64Type>().value(row)),
        DataType::Utf8 => Value::String(column.as_string::<i32>().value(row).to_owned()),
        DataType::Struct(_) => {
            Value::Record(column.as_struct().columns().iter().map(|field| value(field, row)).collect())
        }
        other => unreachable!("no function answers {other}"),
    }
}
