//! What Flink's planner adds to a query for the table that it fills: which columns are compared, which rows as they were are
//! told, and what is kept where the query's key is not the table's.
//!
//! `upsert_key` and `update_before` follow `FlinkRelMdUpsertKeys` and `FlinkChangelogModeInferenceProgram` of Flink's planner,
//! `used_columns` its projection push-down.

mod push_down;
mod update_before;
mod upsert_key;
mod used_columns;

use std::collections::BTreeSet;

use super::ddl::{Collection, OnConflict};
use super::error::{Position, SqlError};
use super::node::{Node, Operator};
use super::pipeline::{Connector, Topic};
pub use push_down::{filtered, joined, onto_side};
pub use upsert_key::upsert_keys;

/// What `SET` says about tables that are filled
/// (<https://nightlies.apache.org/flink/flink-docs-release-2.3/docs/dev/table/config/>).
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    materialize: UpsertMaterialize,
    require_on_conflict: bool,
}

/// `table.exec.sink.upsert-materialize`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum UpsertMaterialize {
    Auto,
    Never,
    Always,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { materialize: UpsertMaterialize::Auto, require_on_conflict: true }
    }
}

impl Settings {
    /// Takes a setting in, or refuses one that would change answers. Those of other names change none here.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), SqlError> {
        if let Some((_, always)) = FIXED.iter().find(|(fixed, _)| *fixed == name)
            && !value.eq_ignore_ascii_case(always)
        {
            let clause = format!("SET '{name}' = '{value}'; here it is always '{always}'");
            return Err(SqlError::not_supported(clause, None));
        }
        match name {
            "table.exec.sink.upsert-materialize" => {
                self.materialize = match value.to_ascii_uppercase().as_str() {
                    "NONE" => UpsertMaterialize::Never,
                    "FORCE" => UpsertMaterialize::Always,
                    _ => UpsertMaterialize::Auto,
                }
            }
            "table.exec.sink.require-on-conflict" => self.require_on_conflict = !value.eq_ignore_ascii_case("false"),
            _ => {}
        }
        Ok(())
    }
}

/// Settings that change what a query tells, with the value by which the harness goes.
const FIXED: [(&str, &str); 6] = [
    ("execution.runtime-mode", "streaming"),
    ("table.exec.legacy-cast-behaviour", "disabled"),
    ("table.exec.mini-batch.enabled", "false"),
    ("table.exec.sink.not-null-enforcer", "error"),
    ("table.exec.source.cdc-events-duplicate", "false"),
    ("table.exec.state.ttl", "0 ms"),
];

/// A query as it writes to its table.
pub struct Written {
    pub plan: Node,
    /// What its user should know though Flink runs it.
    pub note: Option<String>,
}

/// The query's plan with what stands before the table.
pub fn into_sink(
    mut plan: Node,
    sink: &Topic,
    settings: Settings,
    on_conflict: Option<OnConflict>,
    at: Option<Position>,
) -> Result<Written, SqlError> {
    let all = (0..plan.fields.len()).collect();
    used_columns::mark(&mut plan, &all);
    let updates = plan.collection == Collection::Table;
    let upserts = match sink.connector {
        Connector::Upsert => true,
        Connector::Print | Connector::Blackhole => updates && !sink.relation.key.is_empty(),
        Connector::Append | Connector::Files | Connector::Changelog | Connector::Any => false,
    };
    if let (Some(clause), false) = (on_conflict, upserts) {
        let message = format!("ON CONFLICT is for a table of upserts, and {} is none here", sink.relation.name);
        return Err(SqlError::invalid(message, clause.at));
    }
    match sink.connector {
        Connector::Append | Connector::Files if updates => Err(takes_no_updates(&plan, sink, at)),
        Connector::Upsert => upsert(plan, sink, settings, on_conflict, at),
        // What is only written takes what it is given, and with a primary key that is one row for each.
        _ if sink.connector.is_only_written() && !sink.relation.key.is_empty() => {
            upsert(plan, sink, settings, on_conflict, at)
        }
        Connector::Blackhole => {
            update_before::leave_out(&mut plan);
            Ok(Written { plan, note: None })
        }
        _ => Ok(Written { plan, note: None }),
    }
}

fn takes_no_updates(plan: &Node, sink: &Topic, at: Option<Position>) -> SqlError {
    let message = format!(
        "{} takes insertions alone, and {} updates and deletes rows; wanted connector upsert-kafka, or kafka with a \
         format that has deletions, as debezium-json",
        sink.relation.name,
        source_of_updates(plan)
    );
    SqlError::invalid(message, at)
}

/// The first operator from the table on that makes updates of rows.
fn source_of_updates(node: &Node) -> String {
    match &node.operator {
        Operator::Aggregate { aggregates, .. } if aggregates.is_empty() => "SELECT DISTINCT or GROUP BY".to_owned(),
        Operator::Aggregate { aggregates, .. } => format!("GROUP BY with {}", aggregates[0].name),
        Operator::RegularJoin { left, right, .. } if left.is_outer || right.is_outer => "an outer join".to_owned(),
        Operator::Source { relation } => format!("table {relation}"),
        _ => {
            let updating = node.inputs().into_iter().find(|input| input.collection == Collection::Table);
            updating.map_or_else(|| "the query".to_owned(), source_of_updates)
        }
    }
}

/// Rows for a table that keeps the last one of each primary key.
fn upsert(
    mut plan: Node,
    sink: &Topic,
    settings: Settings,
    on_conflict: Option<OnConflict>,
    at: Option<Position>,
) -> Result<Written, SqlError> {
    let key: BTreeSet<usize> = sink.relation.key.iter().copied().collect();
    let keys = upsert_keys(&plan);
    let is_one_row_each = keys.iter().any(|row| row.is_subset(&key));
    // `StreamPhysicalSink`: a query whose key is another than the table's has to say what rows were.
    if keys.contains(&key) && sink.connector != Connector::Print {
        update_before::leave_out(&mut plan);
    }
    let materializes = match settings.materialize {
        // Rows that are only added need no keeping where the statement says how they conflict: the last one written stays.
        UpsertMaterialize::Auto if plan.collection == Collection::Stream && on_conflict.is_some() => false,
        UpsertMaterialize::Auto => !is_one_row_each,
        UpsertMaterialize::Never => false,
        UpsertMaterialize::Always => true,
    };
    let conflict = (!is_one_row_each).then(|| Conflict::of(&plan, sink));
    if let Some(conflict) = &conflict
        && materializes
        && settings.require_on_conflict
        && on_conflict.is_none()
    {
        return Err(SqlError::invalid(conflict.refused(), at));
    }
    if materializes {
        let row_key = keys.into_iter().next().map(|row| row.into_iter().collect());
        let (fields, sink_key) = (plan.fields.clone(), sink.relation.key.clone());
        let operator = Operator::Materialize { input: Box::new(plan), key: sink_key, row_key };
        plan = Node { operator, fields, collection: Collection::Table, key: vec![] };
    }
    Ok(Written { plan, note: conflict.map(|conflict| conflict.told(materializes)) })
}

/// A query of which several rows may be one to the table's key.
struct Conflict {
    sink: String,
    primary_key: Vec<String>,
    /// The columns that tell the query's rows apart, as far as it is known.
    rows: Vec<String>,
}

impl Conflict {
    fn of(plan: &Node, sink: &Topic) -> Conflict {
        let fields = &sink.relation.fields;
        let primary_key = sink.relation.key.iter().map(|k| fields[*k].name.clone()).collect();
        Conflict { sink: sink.relation.name.clone(), primary_key, rows: told_apart_by(plan) }
    }

    /// Which rows of the query are one to the table.
    fn rows_of_a_key(&self) -> String {
        let others: Vec<&str> =
            self.rows.iter().filter(|c| !self.primary_key.contains(c)).map(String::as_str).collect();
        match others.is_empty() {
            true => "rows of the query".to_owned(),
            false => format!("rows that differ in {}", others.join(", ")),
        }
    }

    fn refused(&self) -> String {
        format!(
            "{}: the query's rows are told apart by {}, and the table keeps one row for each {}; Flink wants ON CONFLICT DO \
             DEDUPLICATE behind the query (the row that changed last stays), or SET \
             'table.exec.sink.require-on-conflict' = 'false'; GROUP BY {} alone loses no row",
            self.sink,
            if self.rows.is_empty() { "no key".to_owned() } else { self.rows.join(", ") },
            self.primary_key.join(", "),
            self.primary_key.join(", ")
        )
    }

    fn told(&self, materializes: bool) -> String {
        let stays = match materializes {
            true => "the one that changed last stays",
            false => "each overwrites the one before",
        };
        let (rows, key) = (self.rows_of_a_key(), self.primary_key.join(", "));
        format!("{}: {rows} may be one row to its PRIMARY KEY ({key}), and {stays}", self.sink)
    }
}

/// The names of what tells a query's rows apart, whether the query gives those columns on or not.
fn told_apart_by(node: &Node) -> Vec<String> {
    match &node.operator {
        Operator::Aggregate { group, .. } => node.fields[..group.len()].iter().map(|f| short(&f.name)).collect(),
        Operator::Project { input, .. }
        | Operator::Filter { input, .. }
        | Operator::Calls { input, .. }
        | Operator::WithoutUpdateBefore { input } => told_apart_by(input),
        _ => {
            let key = upsert_keys(node).into_iter().next().unwrap_or_default();
            key.into_iter().map(|column| short(&node.fields[column].name)).collect()
        }
    }
}

/// A column's name without its table's.
fn short(name: &str) -> String {
    name.rsplit('.').next().unwrap_or(name).to_owned()
}
