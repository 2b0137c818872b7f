//! A difference in words: the sentence first, then the row on both sides, its record, and what its key went through.

use std::collections::HashMap;
use std::fmt::Write;

use serde_json::{Value, json as object};
use streamfn_model::Origin;

use super::origin;
use crate::report::{self, shortened};
use crate::topic::Quote;
use crate::verify::{Difference, History, PastChange};

/// Most characters of a cell, and of a record.
const CELL: usize = 60;
const RECORD: usize = 300;

pub fn text(difference: &Difference, header: &[String], quotes: &HashMap<Origin, Quote>) -> String {
    let mut text = String::new();
    for sentence in sentences(difference) {
        let _ = writeln!(text, "  {sentence}");
    }
    text += &sides(difference, header);
    text += &difference.record().map(|origin| record(origin, quotes)).unwrap_or_default();
    text += &difference.history.as_ref().map(|of| history(of, "")).unwrap_or_default();
    text
}

/// What is wrong: a sentence for each cell, or one for the row.
fn sentences(difference: &Difference) -> Vec<String> {
    let since = difference.since.as_ref().map(|origin| format!(", since {origin}")).unwrap_or_default();
    let row = report::quoted(&difference.row);
    let joined = |cells: &[String]| report::quoted(&cells.join(" | "));
    match (&difference.expected, &difference.found) {
        (Some(expected), None) => {
            let deleted = difference.history.as_ref().and_then(|history| history.changes.last());
            let deleted =
                deleted.filter(|change| change.deletes()).map(|change| format!("; deleted by {}", change.origin));
            vec![format!("{row}: expected {}, found no such row{}", joined(expected), deleted.unwrap_or_default())]
        }
        (None, Some(found)) => vec![format!("{row}: expected no such row, found {}{since}", joined(found))],
        _ => {
            let cell = |cell: &crate::verify::Cell| {
                let (expected, found) = (report::quoted(&cell.expected), report::quoted(&cell.found));
                format!("{row}, column {}: expected {expected}, found {found}{since}", cell.column)
            };
            difference.cells.iter().map(cell).collect()
        }
    }
}

/// The row on both sides with the rows around it, column under column, and the cells that differ marked.
fn sides(difference: &Difference, header: &[String]) -> String {
    let around = &difference.around;
    if (difference.expected.is_none() || difference.found.is_none()) && around.is_empty() {
        return String::new();
    }
    let mut lines: Vec<(&str, Vec<String>)> = vec![("", header.to_vec())];
    lines.extend(around.before.iter().map(|row| ("equal", row.clone())));
    lines.extend(difference.expected.iter().map(|row| ("expected", row.clone())));
    lines.extend(difference.found.iter().map(|row| ("found", row.clone())));
    let marked = lines.len();
    lines.extend(around.expected.iter().map(|row| ("expected", row.clone())));
    lines.extend(around.found.iter().map(|row| ("found", row.clone())));
    for (_, row) in &mut lines {
        row.iter_mut().for_each(|cell| *cell = shortened(cell, CELL));
    }
    let width =
        |place: usize| lines.iter().filter_map(|(_, row)| row.get(place)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..header.len()).map(|place| width(place).unwrap_or_default()).collect();
    let line = |(label, row): &(&str, Vec<String>)| {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        format!("    {label:9}  {}", cells.join(" | ")).trim_end().to_owned() + "\n"
    };
    let mut text: String = lines[..marked].iter().map(line).collect();
    if !difference.cells.is_empty() {
        let marks = (0..header.len()).map(|place| {
            let is_marked = difference.cells.iter().any(|cell| cell.place == place);
            (if is_marked { "^" } else { " " }).repeat(widths[place])
        });
        let marks = format!("    {:9}  {}", "", marks.collect::<Vec<_>>().join("   "));
        let _ = writeln!(text, "{}", marks.trim_end());
    }
    text + &lines[marked..].iter().map(line).collect::<String>()
}

/// The record as it was written.
pub fn record(origin: &Origin, quotes: &HashMap<Origin, Quote>) -> String {
    let Some(quote) = quotes.get(origin) else { return String::new() };
    format!("    {:9}  {}\n    {:9}  {}\n", "record", quote.place, "", shortened(&quote.text, RECORD))
}

/// The last changes of a key.
pub fn history(history: &History, when: &str) -> String {
    let key = report::quoted(&history.key);
    if history.changes.is_empty() {
        let nearest = history.nearest.as_ref().map(|key| format!("; the nearest is {}", report::quoted(key)));
        return format!("    no change {when}has the key {key}{}\n", nearest.unwrap_or_default());
    }
    let earlier = match history.earlier {
        0 => String::new(),
        earlier => format!(", after {earlier} earlier ones"),
    };
    let lines = history.changes.iter().map(|of| format!("      {}, {}\n", change(of), of.origin));
    format!("    changes of {key} {when}in their order{earlier}:\n{}", lines.collect::<String>())
}

pub fn change(change: &PastChange) -> String {
    format!("{:6}  {}", change.op, change.text)
}

pub fn json(difference: &Difference, header: &[String], quotes: &HashMap<Origin, Quote>) -> Value {
    let row = |row: &Option<Vec<String>>| row.as_ref().map(|row| cells(header, row));
    let rows = |rows: &[Vec<String>]| rows.iter().map(|row| cells(header, row)).collect::<Vec<_>>();
    let differing = difference
        .cells
        .iter()
        .map(|cell| object!({"column": cell.column, "expected": cell.expected, "found": cell.found}));
    let around = &difference.around;
    object!({
        "row": difference.row, "cells": differing.collect::<Vec<_>>(),
        "expected": row(&difference.expected), "found": row(&difference.found),
        "before": rows(&around.before),
        "expected_after": rows(&around.expected), "found_after": rows(&around.found),
        "since": difference.since.as_ref().map(origin),
        "record": record_json(difference.record(), quotes),
        "history": difference.history.as_ref().map(history_json),
    })
}

pub fn record_json(of: Option<&Origin>, quotes: &HashMap<Origin, Quote>) -> Value {
    let quote = of.and_then(|of| Some((of, quotes.get(of)?)));
    quote.map_or(Value::Null, |(of, quote)| object!({"origin": origin(of), "place": quote.place, "text": quote.text}))
}

pub fn history_json(history: &History) -> Value {
    let changes: Vec<Value> = history.changes.iter().map(change_json).collect();
    object!({"key": history.key, "changes": changes, "earlier": history.earlier, "nearest": history.nearest})
}

pub fn change_json(change: &PastChange) -> Value {
    object!({"op": change.op, "row": change.row, "origin": origin(&change.origin)})
}

/// Cells by their columns.
pub fn cells(header: &[String], row: &[String]) -> Value {
    Value::Object(header.iter().cloned().zip(row.iter().map(|cell| object!(cell))).collect())
}
