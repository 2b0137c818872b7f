//! UNNEST_ENTRIES, of a multiset and of a map.

use std::sync::Arc;

use arrow_array::builder::{ListBuilder, PrimitiveBuilder, StringBuilder};
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{ArrowPrimitiveType, RecordBatch};
use arrow_schema::{DataType, Field};
use streamfn_logic::unnest_entries;
use streamfn_model::Value;

use crate::function::{Function, Shape};
use crate::with_user::batch;

pub struct OfMultiset;

impl Function for OfMultiset {
    const SQL_NAME: &str = "UNNEST_ENTRIES";
    const INTERFACE: &str = "unnest-entries-of-multiset";
    const SHAPE: Shape = Shape::Table;

    type Row = Vec<(String, i32)>;
    type Answer = Vec<(String, i32)>;

    fn row(number: usize) -> Vec<(String, i32)> {
        entries(number, |multiplicity| 1 + multiplicity as i32)
    }

    fn native(entries: Vec<(String, i32)>) -> Vec<(String, i32)> {
        unnest_entries::of_multiset(entries).expect("each element is there once or more often")
    }

    fn arguments(entries: &Vec<(String, i32)>) -> Vec<Value> {
        vec![list(entries, Value::S32)]
    }

    fn value(rows: Vec<(String, i32)>) -> Value {
        list(&rows, Value::S32)
    }

    fn columns(rows: &[Vec<(String, i32)>]) -> RecordBatch {
        lists::<Int32Type>(rows)
    }

    fn answers() -> DataType {
        entry(["element", "multiplicity"], DataType::Int32)
    }
}

pub struct OfMap;

impl Function for OfMap {
    const SQL_NAME: &str = "UNNEST_ENTRIES";
    const INTERFACE: &str = "unnest-entries-of-map";
    const SHAPE: Shape = Shape::Table;

    type Row = Vec<(String, i64)>;
    type Answer = Vec<(String, i64)>;

    fn row(number: usize) -> Vec<(String, i64)> {
        entries(number, |value| value as i64)
    }

    fn native(entries: Vec<(String, i64)>) -> Vec<(String, i64)> {
        unnest_entries::of_map(entries)
    }

    fn arguments(entries: &Vec<(String, i64)>) -> Vec<Value> {
        vec![list(entries, Value::S64)]
    }

    fn value(rows: Vec<(String, i64)>) -> Value {
        list(&rows, Value::S64)
    }

    fn columns(rows: &[Vec<(String, i64)>]) -> RecordBatch {
        lists::<Int64Type>(rows)
    }

    fn answers() -> DataType {
        entry(["key", "value"], DataType::Int64)
    }
}

/// Four, in the order of their numbers, which is none of text.
fn entries<V>(number: usize, value: fn(usize) -> V) -> Vec<(String, V)> {
    (8..12).map(|entry| (format!("product {entry} of {number}"), value(number + entry))).collect()
}

fn list<V: Copy>(entries: &[(String, V)], value: fn(V) -> Value) -> Value {
    Value::List(entries.iter().map(|(key, it)| Value::Record(vec![Value::String(key.clone()), value(*it)])).collect())
}

/// The keys of each row and, beside them, the values.
fn lists<T: ArrowPrimitiveType>(rows: &[Vec<(String, T::Native)>]) -> RecordBatch {
    let mut keys = ListBuilder::new(StringBuilder::new());
    let mut values = ListBuilder::new(PrimitiveBuilder::<T>::new());
    for entries in rows {
        keys.append_value(entries.iter().map(|(key, _)| Some(key)));
        values.append_value(entries.iter().map(|(_, value)| Some(*value)));
    }
    batch([("keys", Arc::new(keys.finish()) as _), ("values", Arc::new(values.finish()) as _)])
}

fn entry([key, value]: [&str; 2], of: DataType) -> DataType {
    DataType::Struct(vec![Field::new(key, DataType::Utf8, true), Field::new(value, of, true)].into())
}
