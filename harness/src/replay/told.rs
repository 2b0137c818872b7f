//! A table's changes as its engine's topic shows them.

use std::sync::Arc;

use streamfn_model::{Dialect, Field, Kind, Origin, SqlType, Value};

use super::sink::Table;
use crate::sql::Collection;

/// A record that a table's changes come out as.
#[derive(Debug, Clone, PartialEq)]
pub struct ToldChange {
    /// `insert` into a stream, `upsert` and `delete` (a tombstone) in a ksqlDB table, Flink's four kinds in Flink.
    pub op: &'static str,
    /// Milliseconds since the epoch.
    pub time: i64,
    /// The columns; those beside the key are null in a tombstone.
    pub values: Vec<Value>,
    /// The input record that it comes from.
    pub origin: Origin,
    /// The phase of that record; empty where the input has none.
    pub phase: Arc<str>,
}

impl ToldChange {
    /// The values of [`Table::head`]'s columns.
    pub fn head(&self, columns: &[Field]) -> Vec<Value> {
        let value = |column: &Field| match column.name.as_str() {
            "phase" => Value::from(&*self.phase),
            "rowtime" => Value::S64(self.time),
            _ => Value::from(self.op),
        };
        columns.iter().map(value).collect()
    }
}

impl Table {
    /// What a change has before its row's columns: the phase if it is wanted, the record's time, and what is done. Flink's
    /// rows have no time but that of their columns.
    pub fn head(&self, with_phase: bool) -> Vec<Field> {
        let phase = with_phase.then(|| Field::new("phase", SqlType::String));
        let time = (self.dialect == Dialect::Ksqldb).then(|| Field::new("rowtime", SqlType::BigInt));
        [phase, time, Some(Field::new("op", SqlType::String))].into_iter().flatten().collect()
    }

    /// A row's key: the values of its columns.
    pub fn key_text(&self, values: &[Value]) -> String {
        let cell = |column: &usize| crate::report::cell(&self.fields()[*column].sql_type, &values[*column]);
        self.relation.key.iter().map(cell).collect::<Vec<_>>().join(", ")
    }

    /// Whether the input had phases.
    pub fn has_phases(&self) -> bool {
        self.changes().any(|change| !change.phase.is_empty())
    }

    /// The changes in their order, as a reader of the topic sees them.
    pub fn told(&self) -> Vec<ToldChange> {
        let ops = self.changes().filter_map(|change| {
            let op = match (self.dialect, self.relation.collection, change.kind) {
                (Dialect::Ksqldb, Collection::Stream, _) => "insert",
                (Dialect::Ksqldb, _, Kind::UpdateBefore) => return None,
                (Dialect::Ksqldb, _, Kind::Insert | Kind::UpdateAfter) => "upsert",
                (Dialect::Ksqldb, _, Kind::Delete) => "delete",
                (Dialect::Flink, _, Kind::Insert) => "+I",
                (Dialect::Flink, _, Kind::UpdateBefore) => "-U",
                (Dialect::Flink, _, Kind::UpdateAfter) => "+U",
                (Dialect::Flink, _, Kind::Delete) => "-D",
            };
            let mut values = change.values;
            if op == "delete" {
                for (column, value) in values.iter_mut().enumerate() {
                    if !self.relation.key.contains(&column) {
                        *value = Value::Null;
                    }
                }
            }
            Some(ToldChange { op, time: change.time, values, origin: change.origin, phase: change.phase })
        });
        ops.collect()
    }
}
