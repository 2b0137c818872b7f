//! A table's changes as its engine's topic shows them.

use streamfn_model::{Dialect, Kind, Origin, Value};

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
}

impl Table {
    /// The changes in their order, as a reader of the topic sees them.
    pub fn told(&self) -> Vec<ToldChange> {
        let ops = self.changes.iter().filter_map(|change| {
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
            let mut values = change.values.clone();
            if op == "delete" {
                for (column, value) in values.iter_mut().enumerate() {
                    if !self.relation.key.contains(&column) {
                        *value = Value::Null;
                    }
                }
            }
            Some(ToldChange { op, time: change.time, values, origin: change.origin.clone() })
        });
        ops.collect()
    }
}
