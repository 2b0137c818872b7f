//! The history of a key: each record that had a part in it, and what it became at every operator until the table.

use std::collections::{BTreeSet, HashSet};
use std::fmt::Write;

use serde_json::{Value, json as object};
use streamfn_model::{Field, Kind, Origin, Value as Cell};

use crate::input::Input;
use crate::output::{self, UnknownTable};
use crate::replay::{Outcome, ReplayError, Step, Table, Trace};
use crate::report;
use crate::sql::{Pipeline, nearest};
use crate::topic::Quote;

/// What happened to a key in one table.
#[derive(Debug)]
pub struct Explanation {
    pub table: String,
    /// In the order in which they came.
    pub records: Vec<Explained>,
}

/// A record, and the steps by which it came to the key.
#[derive(Debug)]
pub struct Explained {
    pub origin: Origin,
    pub quote: Option<Quote>,
    pub steps: Vec<Step>,
}

#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    #[error(transparent)]
    Table(#[from] UnknownTable),
    #[error(transparent)]
    Replay(#[from] ReplayError),
    #[error("{table} has no key; write --explain COLUMN=VALUE")]
    NoKey { table: String },
    #[error("no record has a part in the key {key} of {tables}{hint}")]
    UnknownKey { key: String, tables: String, hint: String },
}

/// Explains a key, the value of a table's first key column or `column=value,column=value`, in the tables of these names or in
/// all that no other query reads. The outcome is that of a replay with a trace.
pub fn explain(
    pipeline: &Pipeline,
    input: Input<'_>,
    outcome: &Outcome,
    tables: &[String],
    key: &str,
) -> Result<Vec<Explanation>, ExplainError> {
    let tables = output::choose(pipeline, &outcome.tables, tables)?;
    let mut explanations = vec![];
    for table in &tables {
        let Some(wanted) = wanted(table, key) else {
            return Err(ExplainError::NoKey { table: table.relation.name.clone() });
        };
        let records = records(&outcome.trace, table, &wanted);
        if !records.is_empty() {
            explanations.push(Explanation { table: table.relation.name.clone(), records });
        }
    }
    if explanations.is_empty() {
        let names = tables.iter().map(|table| table.relation.name.as_str()).collect::<Vec<_>>().join(", ");
        return Err(ExplainError::UnknownKey { key: report::quoted(key), tables: names, hint: hint(key, &tables) });
    }
    let records = explanations.iter().flat_map(|of| &of.records);
    let origins: HashSet<Origin> = records.map(|record| record.origin.clone()).collect();
    let quotes = input.quotes(pipeline, &origins)?;
    for record in explanations.iter_mut().flat_map(|of| &mut of.records) {
        record.quote = quotes.get(&record.origin).cloned();
    }
    Ok(explanations)
}

/// Columns and the text that each has to have.
type Wanted = Vec<(usize, String)>;

/// What a row of the table has to look like to be of this key; `None` where a table has none to go by.
fn wanted(table: &Table, key: &str) -> Option<Wanted> {
    let column = |name: &str| {
        let exact = table.fields().iter().position(|field| field.name == name);
        exact.or_else(|| table.fields().iter().position(|field| field.name.eq_ignore_ascii_case(name)))
    };
    let part = |part: &str| part.split_once('=').and_then(|(name, value)| Some((column(name)?, value.to_owned())));
    let named: Option<Wanted> = key.split(',').map(part).collect();
    named.or_else(|| Some(vec![(*table.relation.key.first()?, key.to_owned())]))
}

/// The steps that lead to the key, by record; and those after which nothing of it was left.
fn records(trace: &Trace, table: &Table, wanted: &Wanted) -> Vec<Explained> {
    let steps = &trace.steps;
    let mut leads: Vec<bool> =
        steps.iter().map(|step| fills(step, table, wanted) || ends(step, steps, table, wanted)).collect();
    for step in (0..steps.len()).rev() {
        if let (true, Some(parent)) = (leads[step], steps[step].parent) {
            leads[parent] = true;
        }
    }
    let mut records: Vec<Explained> = vec![];
    for (step, _) in steps.iter().zip(leads).filter(|(_, leads)| *leads) {
        match records.last_mut() {
            Some(record) if record.origin == step.origin => record.steps.push(step.clone()),
            _ => records.push(Explained { origin: step.origin.clone(), quote: None, steps: vec![step.clone()] }),
        }
    }
    records
}

/// Whether a row of this key comes to the table.
fn fills(step: &Step, table: &Table, wanted: &Wanted) -> bool {
    let is_key = |row: &[Cell]| {
        wanted.iter().all(|(column, text)| report::cell(&table.fields()[*column].sql_type, &row[*column]) == *text)
    };
    step.stop.table.as_deref() == Some(&table.relation.name) && step.changes.iter().any(|(_, row)| is_key(row))
}

/// Whether nothing is left here of a row that had the key, in columns of the same names.
fn ends(step: &Step, steps: &[Step], table: &Table, wanted: &Wanted) -> bool {
    let Some(before) = step.parent.map(|parent| &steps[parent]) else { return false };
    let name = |field: &Field| field.name.rsplit('.').next().unwrap_or_default().to_lowercase();
    let has = |row: &[Cell], column: usize, text: &str| {
        let mut cells = before.stop.fields.iter().zip(row);
        cells.any(|(of, value)| name(of) == name(&table.fields()[column]) && report::cell(&of.sql_type, value) == *text)
    };
    let is_key = |row: &[Cell]| wanted.iter().all(|(column, text)| has(row, *column, text));
    step.changes.is_empty() && before.changes.iter().any(|(_, row)| is_key(row))
}

/// The nearest key, or some of those that there are.
fn hint(key: &str, tables: &[&Table]) -> String {
    const MOST: usize = 5;
    let mut keys = BTreeSet::new();
    for table in tables {
        if let Some(column) = table.relation.key.first() {
            let of = &table.fields()[*column].sql_type;
            keys.extend(table.changes().map(|change| report::cell(of, &change.values[*column])));
        }
    }
    match nearest(key, keys.iter().map(String::as_str)) {
        Some(near) => format!("; did you mean {near}?"),
        None if keys.is_empty() => String::new(),
        None => {
            let some: Vec<&str> = keys.iter().take(MOST).map(String::as_str).collect();
            let more = if keys.len() > MOST { format!(" and {} more", keys.len() - MOST) } else { String::new() };
            format!("; there is {}{more}", some.join(", "))
        }
    }
}

/// The history as text: under each record what came out of every operator.
pub fn text(explanations: &[Explanation], key: &str) -> String {
    const RECORD: usize = 300;
    let mut text = String::new();
    for Explanation { table, records } in explanations {
        let _ = writeln!(
            text,
            "{table}, key {}: {} {}",
            report::quoted(key),
            records.len(),
            if records.len() == 1 { "record" } else { "records" }
        );
        let steps = records.iter().flat_map(|record| &record.steps);
        let width = steps.map(|step| step.stop.name.chars().count()).max().unwrap_or_default();
        for Explained { origin, quote, steps } in records {
            let quote =
                quote.as_ref().map(|quote| format!(" ({}) {}", quote.place, report::shortened(&quote.text, RECORD)));
            let _ = writeln!(text, "\n{origin}{}", quote.unwrap_or_default());
            for step in steps {
                let mut name = step.stop.name.as_str();
                if step.changes.is_empty() {
                    let _ = writeln!(text, "  {name:width$}  nothing comes out");
                }
                for (kind, row) in &step.changes {
                    let _ = writeln!(text, "  {name:width$}  {kind} {}", report::named(&step.stop.fields, row));
                    name = "";
                }
            }
        }
    }
    text
}

/// The history as JSON, an object for each record.
pub fn json(explanations: &[Explanation], key: &str) -> Vec<Value> {
    let step = |step: &Step| {
        let change = |(kind, row): &(Kind, Vec<Cell>)| object!({"op": kind.to_string(), "row": report::json_row(&step.stop.fields, row)});
        object!({"at": step.stop.name, "changes": step.changes.iter().map(change).collect::<Vec<_>>()})
    };
    let record = |table: &str, of: &Explained| {
        let Explained { origin, quote, steps } = of;
        object!({
            "table": table, "key": key,
            "origin": {"topic": &*origin.topic, "partition": origin.partition, "offset": origin.offset},
            "place": quote.as_ref().map(|quote| &quote.place), "record": quote.as_ref().map(|quote| &quote.text),
            "steps": steps.iter().map(step).collect::<Vec<_>>(),
        })
    };
    explanations.iter().flat_map(|of| of.records.iter().map(|r| record(&of.table, r))).collect()
}
