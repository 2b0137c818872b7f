//! A report for people and for programs.

mod difference;

use std::fmt::Write;

use serde_json::{Value, json as object};
use streamfn_model::Origin;

use super::{Disagreement, Report};
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
            text += &difference::text(difference, &table.header, &report.quotes);
        }
        match (table.more, table.in_order) {
            (0, _) => {}
            (more, true) => drop(writeln!(text, "  that is where they part; of the rows behind it {more} differ too")),
            (more, false) => drop(writeln!(text, "  and {more} more rows")),
        }
    }
    if !report.components.is_empty() {
        let _ = writeln!(text, "computed by {}", report.components.join(", "));
    }
    match &report.disagreement {
        Some(found) => {
            let _ = write!(text, "{bad}native and component differ{bad:#} {}", disagreement(found, report));
        }
        None if !report.native.is_empty() => {
            let _ = writeln!(text, "natively {}: {good}equal{good:#}, change by change", report.native.join(", "));
        }
        None => {}
    }
    text
}

fn disagreement(found: &Disagreement, report: &Report) -> String {
    let column = found.column.as_ref().map(|c| format!(" column {c}")).unwrap_or_default();
    let Disagreement { table, key, component, native, since, .. } = found;
    let mut text =
        format!("first in {table}{column}, key {key}: component {component}, native {native}, after {since}\n");
    for (side, change) in [("component", &found.component_change), ("native", &found.native_change)] {
        let change = change.as_ref().map_or("no more changes".to_owned(), difference::change);
        let _ = writeln!(text, "    {side:9}  {change}");
    }
    text += &difference::record(&found.since, &report.quotes);
    text += &found.history.as_ref().map(|history| difference::history(history, "before that ")).unwrap_or_default();
    text
}

/// The report as one JSON object.
pub fn json(report: &Report) -> Value {
    let tables = report.tables.iter().map(|table| {
        let rows: Vec<Value> = table.rows.iter().map(|row| difference::cells(&table.header, row)).collect();
        let differences: Vec<Value> =
            table.differences.iter().map(|d| difference::json(d, &table.header, &report.quotes)).collect();
        object!({
            "table": table.name, "compared": table.what, "equal": table.differences.is_empty(),
            "rows": rows, "differences": differences, "more": table.more,
        })
    });
    let disagreement = report.disagreement.as_ref().map(|d| {
        object!({
            "table": d.table, "column": d.column, "key": d.key, "component": d.component, "native": d.native,
            "component_change": d.component_change.as_ref().map(difference::change_json),
            "native_change": d.native_change.as_ref().map(difference::change_json),
            "since": origin(&d.since), "record": difference::record_json(Some(&d.since), &report.quotes),
            "history": d.history.as_ref().map(difference::history_json),
        })
    });
    object!({
        "case": report.name, "equal": report.is_equal(), "origin": report.origin.trim(),
        "tables": tables.collect::<Vec<_>>(), "components": report.components, "native": report.native,
        "disagreement": disagreement, "notes": report.notes,
    })
}

fn origin(origin: &Origin) -> Value {
    object!({"topic": &*origin.topic, "partition": origin.partition, "offset": origin.offset})
}
