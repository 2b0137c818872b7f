//! What is not as expected, with what a reader asks next: how the row looks, which record made it so, and what its key went
//! through before.

use serde_json::{Map, Value};
use streamfn_model::Origin;

use crate::replay::{Table, ToldChange};
use crate::report;
use crate::sql::nearest;

/// A row that is not as expected; of rows that are compared in their order, the first.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The row's key, or its number in a table without one.
    pub row: String,
    /// The cells that differ; none where one side has no such row.
    pub cells: Vec<Cell>,
    /// The row as it is expected, in the columns of the expectation.
    pub expected: Option<Vec<String>>,
    pub found: Option<Vec<String>>,
    /// The first input record after which the found row stayed as it is.
    pub since: Option<Origin>,
    pub around: Around,
    /// Of a row with a key.
    pub history: Option<History>,
}

/// A cell that is not as expected.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Among the columns of the expectation.
    pub place: usize,
    pub column: String,
    pub expected: String,
    pub found: String,
}

/// The rows before and after, where their order counts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Around {
    /// Those that both have.
    pub before: Vec<Vec<String>>,
    pub expected: Vec<Vec<String>>,
    pub found: Vec<Vec<String>>,
}

/// The last changes of a key in a table.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    pub key: String,
    /// In their order.
    pub changes: Vec<PastChange>,
    /// How many there were before those.
    pub earlier: usize,
    /// A key that looks like this one, if no change ever had this one.
    pub nearest: Option<String>,
}

/// A change on its way to a reader.
#[derive(Debug, Clone, PartialEq)]
pub struct PastChange {
    pub op: &'static str,
    /// The row, its columns by name.
    pub text: String,
    pub row: Map<String, Value>,
    pub origin: Origin,
}

impl Around {
    pub fn is_empty(&self) -> bool {
        self.before.is_empty() && self.expected.is_empty() && self.found.is_empty()
    }
}

impl Difference {
    /// The record that a reader wants to see: the one that made the row, or took it away.
    pub fn record(&self) -> Option<&Origin> {
        let last = || self.history.as_ref()?.changes.last().map(|change| &change.origin);
        self.since.as_ref().or_else(last)
    }
}

impl History {
    const MOST: usize = 5;

    /// Of the key for which `is_key` holds; none in a table without one.
    pub fn of(
        table: &Table,
        told: &[ToldChange],
        key: String,
        is_key: impl Fn(&ToldChange) -> bool,
    ) -> Option<History> {
        if table.relation.key.is_empty() {
            return None;
        }
        let all: Vec<&ToldChange> = told.iter().filter(|change| is_key(change)).collect();
        let earlier = all.len().saturating_sub(Self::MOST);
        let changes: Vec<_> = all[earlier..].iter().map(|change| PastChange::new(table, change)).collect();
        let near = || {
            let keys: Vec<String> = told.iter().map(|change| table.key_text(&change.values)).collect();
            nearest(&key, keys.iter().map(String::as_str)).map(str::to_owned)
        };
        let nearest = if changes.is_empty() { near() } else { None };
        Some(History { key, changes, earlier, nearest })
    }
}

impl PastChange {
    pub fn new(table: &Table, change: &ToldChange) -> PastChange {
        PastChange {
            op: change.op,
            text: report::named(table.fields(), &change.values),
            row: report::json_row(table.fields(), &change.values),
            origin: change.origin.clone(),
        }
    }

    /// Whether the row is gone with it.
    pub fn deletes(&self) -> bool {
        matches!(self.op, "delete" | "-U" | "-D")
    }
}
