//! A report for people and for programs.

use std::fmt::Write;

use serde_json::{Value, json as object};

use super::{Difference, Report};
use crate::report;

/// The report as text: each table as its documentation shows it, then the verdict.
pub fn text(report: &Report, out: &anstyle::Style, good: &anstyle::Style, bad: &anstyle::Style) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{out}{}{out:#} ({})", report.name, report.origin.trim());
    for table in &report.tables {
        let what = if table.what == "changes" { ", change by change" } else { "" };
        let _ = writeln!(text, "{}{what}", table.name);
        let _ = writeln!(text, "{}", report::table(&table.header, &table.right, &table.rows));
        match table.differences.is_empty() {
            true => drop(writeln!(text, "{good}equal{good:#} to the expectation")),
            false => drop(writeln!(text, "{bad}different{bad:#} from the expectation:")),
        }
        for difference in &table.differences {
            let _ = writeln!(text, "  {}", sentence(difference));
        }
    }
    if !report.components.is_empty() {
        let _ = writeln!(text, "computed by {}", report.components.join(", "));
    }
    match &report.disagreement {
        Some(found) => {
            let column = found.column.as_ref().map(|c| format!(" column {c}")).unwrap_or_default();
            let _ = writeln!(
                text,
                "{bad}native and component differ{bad:#} first in {}{column}, key {}: component {}, native {}, after {}",
                found.table, found.key, found.component, found.native, found.since
            );
        }
        None if !report.native.is_empty() => {
            let _ = writeln!(text, "natively {}: {good}equal{good:#}, change by change", report.native.join(", "));
        }
        None => {}
    }
    text
}

fn sentence(difference: &Difference) -> String {
    let since = difference.since.as_ref().map(|origin| format!(", since {origin}")).unwrap_or_default();
    let Difference { row, column, expected, found, .. } = difference;
    match (column, expected, found) {
        (Some(column), Some(expected), Some(found)) => {
            format!("{row}, column {column}: expected {expected}, found {found}{since}")
        }
        (_, Some(expected), _) => format!("{row}: expected {expected}, found no such row"),
        (_, _, found) => format!("{row}: expected no such row, found {}{since}", found.clone().unwrap_or_default()),
    }
}

/// The report as one JSON object.
pub fn json(report: &Report) -> Value {
    let origin =
        |o: &streamfn_model::Origin| object!({"topic": &*o.topic, "partition": o.partition, "offset": o.offset});
    let tables = report.tables.iter().map(|table| {
        let rows = table.rows.iter().map(|row| {
            let cells = table.header.iter().cloned().zip(row.iter().map(|cell| object!(cell)));
            Value::Object(cells.collect())
        });
        let differences = table.differences.iter().map(|d| {
            object!({
                "row": d.row, "column": d.column, "expected": d.expected, "found": d.found,
                "since": d.since.as_ref().map(origin),
            })
        });
        object!({
            "table": table.name, "compared": table.what, "equal": table.differences.is_empty(),
            "rows": rows.collect::<Vec<_>>(), "differences": differences.collect::<Vec<_>>(),
        })
    });
    let disagreement = report.disagreement.as_ref().map(|d| {
        object!({
            "table": d.table, "column": d.column, "key": d.key, "component": d.component, "native": d.native,
            "since": origin(&d.since),
        })
    });
    object!({
        "case": report.name, "equal": report.is_equal(), "origin": report.origin.trim(),
        "tables": tables.collect::<Vec<_>>(), "components": report.components, "native": report.native,
        "disagreement": disagreement, "notes": report.notes,
    })
}
