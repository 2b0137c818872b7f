//! Flink's answer as the expectation of a case: `changes/NAME.txt` of every table that the SQL fills, and `tables/NAME.txt`
//! where one is there.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::flink;
use crate::packed;
use crate::question::Question;
use crate::told::{Change, Compared, Sink, net_changes};

/// The files with what has to be in them.
pub fn files(case: &Path, question: &Question) -> Result<Vec<(PathBuf, String)>, String> {
    let told = flink::ask(question, &packed::registered(&question.sql), false).told()?;
    let origin = format!("Flink {}, recorded with STREAMFN_RECORD=1.\n\n", told.version);
    let keys = question.replayed()?;
    let mut files = vec![];
    for sink in &told.sinks {
        // Flink's answer does not say them.
        let key = keys.iter().find(|other| other.name == sink.name).map(|sink| sink.key.clone());
        let key = key.ok_or_else(|| format!("the harness does not say the key of {}", sink.name))?;
        let sink = &Sink { key, ..sink.clone() };
        files.push((case.join(format!("changes/{}.txt", sink.name)), origin.clone() + &changes(sink, question)));
        let table = case.join(format!("tables/{}.txt", sink.name));
        if table.exists() {
            files.push((table, origin.clone() + &rows(sink)));
        }
    }
    Ok(files)
}

pub fn write(file: &Path, text: &str) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

fn changes(sink: &Sink, question: &Question) -> String {
    let has_phases = question.phases.iter().any(|phase| !phase.name.is_empty());
    let cells = |change: &Change| -> Vec<String> {
        let phase = has_phases.then(|| change.phase.clone());
        phase.into_iter().chain([change.op.clone()]).chain(row(sink, &change.row)).collect()
    };
    let changes = match question.compared {
        Compared::States => net_changes(&sink.changes, &sink.key),
        Compared::Sequence | Compared::Bags => sink.changes.clone(),
    };
    let mut lines: Vec<Vec<String>> = changes.iter().map(cells).collect();
    if question.compared != Compared::Sequence {
        // Another run has another order within a phase. Phases were told in theirs.
        let place = |line: &Vec<String>| question.phases.iter().position(|phase| phase.name == line[0]);
        lines.sort_by_key(|line| (place(line), line.clone()));
    }
    let phase = has_phases.then(|| "phase".to_owned());
    let names = sink.columns.iter().map(|(name, _)| name.clone());
    table(phase.into_iter().chain(["op".to_owned()]).chain(names).collect(), lines)
}

/// The rows that are left, by the time they came to be.
fn rows(sink: &Sink) -> String {
    let key = &sink.key;
    let same = |a: &Value, b: &Value| match key.is_empty() {
        true => a == b,
        false => key.iter().all(|column| a[column] == b[column]),
    };
    let mut rows: Vec<&Value> = vec![];
    let mut vacated = None;
    for change in &sink.changes {
        let place = rows.iter().rposition(|row| same(row, &change.row));
        match (change.retracts(), place) {
            (true, Some(place)) => {
                rows.remove(place);
                vacated = Some(place).filter(|_| change.op == "-U");
            }
            (true, None) => {}
            // An upsert: its row has not been taken back.
            (false, Some(place)) if !key.is_empty() => rows[place] = &change.row,
            (false, _) => rows.insert(vacated.take().unwrap_or(rows.len()), &change.row),
        }
    }
    table(sink.columns.iter().map(|(name, _)| name.clone()).collect(), rows.iter().map(|r| row(sink, r)).collect())
}

fn row(sink: &Sink, row: &Value) -> Vec<String> {
    sink.columns.iter().map(|(name, of)| cell(of, &row[name])).collect()
}

/// As [`streamfn::report::cell`] writes a value, quoted where it would mean another.
fn cell(of: &str, value: &Value) -> String {
    match value {
        Value::String(text) if of.starts_with("STRING") && (text == "null" || text.starts_with('"')) => {
            value.to_string()
        }
        Value::Number(number) if of.starts_with("FLOAT") => format!("{:?}", number.as_f64().unwrap() as f32),
        _ => plain(value).replace('|', "\\|"),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => format!("{:?}", number.as_f64().unwrap()),
        Value::Array(values) => format!("[{}]", values.iter().map(plain).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let fields: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", plain(value))).collect();
            format!("{{{}}}", fields.join(", "))
        }
        other => other.to_string(),
    }
}

fn table(header: Vec<String>, rows: Vec<Vec<String>>) -> String {
    let lines: Vec<Vec<String>> = [vec![header], rows].concat();
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..lines[0].len()).map(width).collect();
    let line = |cells: &Vec<String>| {
        let cells = cells.iter().zip(&widths).map(|(cell, width)| format!(" {cell:<width$} |"));
        format!("|{}\n", cells.collect::<String>())
    };
    lines.iter().map(line).collect()
}
