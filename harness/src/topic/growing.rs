//! Records that are read straight into a topic's columns, up to [`MOST`] of them together.
//!
//! It knows no format: who reads one puts in what he finds, and gives up where that is nothing plain. Such a row stays among the
//! columns, and nobody asks for it; its record is read once more by `decode`, the reference, which tells what there is to tell.

use std::sync::Arc;

use arrow::array::*;
use streamfn_model::columns::WrongType;
use streamfn_model::{Field, SqlType, Value, columns};

use super::decode;
use crate::sql::Topic;

/// The most records that are read together.
pub const MOST: usize = 1024;

/// The rows of a topic, the last of them not yet whole.
pub struct Growing<'a> {
    topic: &'a Topic,
    columns: Vec<Column>,
    /// Of the row that is not yet whole, by column.
    found: Vec<Found>,
    /// Those that are whole.
    rows: usize,
    /// The columns of a value that may not be null.
    wanted: Vec<usize>,
}

/// What a record says of itself beside its columns.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stamp {
    pub timestamp: Option<i64>,
    pub partition: i32,
    pub offset: Option<i64>,
    /// One that is not null.
    pub has_key: bool,
    /// Without one it is a tombstone.
    pub has_value: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Nothing,
    Null,
    Value,
}

/// As many values as there are whole rows, and one more where the row has found one.
enum Column {
    Boolean(BooleanBuilder),
    Int(Int32Builder),
    BigInt(Int64Builder),
    Double(Float64Builder),
    Text(StringBuilder),
    /// Of any other type.
    Other(Vec<Value>),
}

impl<'a> Growing<'a> {
    pub fn new(topic: &'a Topic) -> Self {
        let fields = &topic.relation.fields;
        let column = |field: &Field| match field.sql_type {
            SqlType::Boolean => Column::Boolean(BooleanBuilder::new()),
            SqlType::Int => Column::Int(Int32Builder::new()),
            SqlType::BigInt => Column::BigInt(Int64Builder::new()),
            SqlType::Double => Column::Double(Float64Builder::new()),
            SqlType::String => Column::Text(StringBuilder::new()),
            _ => Column::Other(vec![]),
        };
        let wanted = decode::columns_of_value(topic).into_iter().filter(|column| !fields[*column].nullable).collect();
        let found = vec![Found::Nothing; fields.len()];
        Growing { topic, columns: fields.iter().map(column).collect(), found, rows: 0, wanted }
    }

    /// Whether text goes into the column as it is.
    pub fn is_text(&self, column: usize) -> bool {
        matches!(self.columns[column], Column::Text(_))
    }

    pub fn sql_type(&self, column: usize) -> &'a SqlType {
        &self.topic.relation.fields[column].sql_type
    }

    /// Gives the row text that goes into its column as it is; `None` where it does not, or where there is something already.
    pub fn text(&mut self, column: usize, text: &str) -> Option<()> {
        match &mut self.columns[column] {
            // Beyond that Arrow would not count.
            Column::Text(all) if all.values_slice().len() + text.len() <= i32::MAX as usize => {
                self.found[column].becomes(Found::Value)?;
                all.append_value(text);
                Some(())
            }
            _ => None,
        }
    }

    /// Gives the row a value; `None` where that is none of its column's, or where there is one already.
    pub fn push(&mut self, column: usize, value: Value) -> Option<()> {
        if let Value::String(text) = &value
            && *self.sql_type(column) == SqlType::String
        {
            return self.text(column, text);
        }
        self.found[column].becomes(if value.is_null() { Found::Null } else { Found::Value })?;
        match (&mut self.columns[column], value) {
            (column, Value::Null) => column.null(),
            (Column::Boolean(all), Value::Bool(value)) => all.append_value(value),
            (Column::Int(all), Value::S32(value)) => all.append_value(value),
            (Column::BigInt(all), Value::S64(value)) => all.append_value(value),
            (Column::Double(all), Value::F64(value)) => all.append_value(value),
            (Column::Other(all), value) => all.push(value),
            (column, _) => {
                column.null();
                return None;
            }
        }
        Some(())
    }

    /// The columns that the row has something for, be it a null.
    pub fn found(&self) -> impl Iterator<Item = usize> {
        (0..self.found.len()).filter(|column| self.found[*column] != Found::Nothing)
    }

    /// Whether every column of a value that may not be null has one.
    pub fn has_wanted(&self) -> bool {
        self.wanted.iter().all(|column| self.found[*column] == Found::Value)
    }

    /// The row's time, by its `timestamp` column; `None` where that holds none.
    pub fn time(&self, column: usize) -> Option<i64> {
        if self.found[column] != Found::Value {
            return None;
        }
        let value = match &self.columns[column] {
            Column::BigInt(all) => Value::S64(*all.values_slice().last()?),
            Column::Text(all) => {
                let from = usize::try_from(all.offsets_slice()[self.rows]).ok()?;
                Value::from(std::str::from_utf8(&all.values_slice()[from..]).ok()?)
            }
            Column::Other(all) => all.last()?.clone(),
            _ => return None,
        };
        decode::time_of(self.topic, column, &value).ok()
    }

    /// Makes the row whole, with nulls where nothing was found, and gives its place.
    pub fn end(&mut self) -> usize {
        for (column, found) in self.columns.iter_mut().zip(&mut self.found) {
            if std::mem::replace(found, Found::Nothing) == Found::Nothing {
                column.null();
            }
        }
        self.rows += 1;
        self.rows - 1
    }

    /// The whole rows so far; the next will be the first of others.
    pub fn take(&mut self) -> Result<RecordBatch, WrongType> {
        let fields = &self.topic.relation.fields;
        let arrays = self.columns.iter_mut().zip(fields).map(|(column, field)| column.take(&field.sql_type));
        let options = RecordBatchOptions::new().with_row_count(Some(std::mem::take(&mut self.rows)));
        let arrays = arrays.collect::<Result<_, _>>()?;
        Ok(RecordBatch::try_new_with_options(columns::schema(fields), arrays, &options)
            .expect("each column is of its field's type, and has a value for each whole row"))
    }
}

impl Found {
    fn becomes(&mut self, found: Found) -> Option<()> {
        (std::mem::replace(self, found) == Found::Nothing).then_some(())
    }
}

impl Column {
    fn null(&mut self) {
        match self {
            Column::Boolean(all) => all.append_null(),
            Column::Int(all) => all.append_null(),
            Column::BigInt(all) => all.append_null(),
            Column::Double(all) => all.append_null(),
            Column::Text(all) => all.append_null(),
            Column::Other(all) => all.push(Value::Null),
        }
    }

    fn take(&mut self, sql_type: &SqlType) -> Result<ArrayRef, WrongType> {
        Ok(match self {
            Column::Boolean(all) => Arc::new(all.finish()),
            Column::Int(all) => Arc::new(all.finish()),
            Column::BigInt(all) => Arc::new(all.finish()),
            Column::Double(all) => Arc::new(all.finish()),
            Column::Text(all) => Arc::new(all.finish()),
            Column::Other(all) => columns::build(sql_type, &std::mem::take(all))?,
        })
    }
}
