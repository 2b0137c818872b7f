//! What a replay prints: final rows or changes, as a table, JSON Lines or CSV.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::replay::Table;
use crate::report::{self, Format};
use crate::sql::{Pipeline, hint};

/// The names of the relations a user asked for, or of those that no other query reads.
pub fn shown<'a>(pipeline: &'a Pipeline, names: &[String]) -> Result<Vec<&'a str>, UnknownTable> {
    let mut shown = named(pipeline, names)?;
    if names.is_empty() {
        shown.retain(|name| !pipeline.reads(name));
    }
    Ok(shown)
}

/// The tables a user asked for, or those that no other query reads.
pub fn choose<'a>(pipeline: &Pipeline, tables: &'a [Table], names: &[String]) -> Result<Vec<&'a Table>, UnknownTable> {
    if names.is_empty() {
        return Ok(tables.iter().filter(|t| !pipeline.reads(&t.relation.name)).collect());
    }
    let find = |name: &String| {
        let exact = tables.iter().find(|t| t.relation.name == *name);
        let found = exact.or_else(|| tables.iter().find(|t| t.relation.name.eq_ignore_ascii_case(name)));
        found.ok_or_else(|| UnknownTable {
            name: name.clone(),
            hint: hint(name, tables.iter().map(|t| t.relation.name.as_str())),
        })
    };
    names.iter().map(find).collect()
}

/// The names of the relations a user asked for, or of all that a query fills.
pub fn named<'a>(pipeline: &'a Pipeline, names: &[String]) -> Result<Vec<&'a str>, UnknownTable> {
    let filled: Vec<&str> = pipeline.queries.iter().map(|query| query.sink.as_str()).collect();
    if names.is_empty() {
        return Ok(filled);
    }
    let find = |name: &String| {
        let exact = filled.iter().find(|filled| *filled == name);
        let found = exact.or_else(|| filled.iter().find(|filled| filled.eq_ignore_ascii_case(name)));
        let hint = || hint(name, filled.iter().copied());
        found.copied().ok_or_else(|| UnknownTable { name: name.clone(), hint: hint() })
    };
    names.iter().map(find).collect()
}

#[derive(Debug, thiserror::Error)]
#[error("no query fills a table {name}{hint}")]
pub struct UnknownTable {
    name: String,
    hint: String,
}

/// A file whose errors name it.
pub struct ToFile {
    path: PathBuf,
    file: File,
}

impl ToFile {
    pub fn create(path: &Path) -> io::Result<ToFile> {
        let file = File::create(path).map_err(|error| unwritable(path, &error))?;
        Ok(ToFile { path: path.to_owned(), file })
    }
}

impl Write for ToFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes).map_err(|error| unwritable(&self.path, &error))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush().map_err(|error| unwritable(&self.path, &error))
    }
}

/// Of the same kind: a closed pipe is to be known as one.
fn unwritable(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: could not be written: {error}", path.display()))
}

/// Writes tables one after another.
///
/// - table: a frame as documentation shows it, under the table's name where there are several
/// - json: one object a line, `{"table":…,"row":{…}}`; of changes also `phase` if there are any, `op`, `rowtime` and `origin`
/// - csv: a header and rows; several tables have their name as the first column
pub fn write(out: &mut impl Write, tables: &[&Table], format: Format, changelog: bool) -> io::Result<()> {
    match format {
        Format::Table => {
            for table in tables {
                if tables.len() > 1 {
                    writeln!(out, "{}", table.relation.name)?;
                }
                let (header, rows) = text(table, changelog);
                let head = if changelog { table.head(table.has_phases()) } else { vec![] };
                let fields = head.iter().chain(table.fields());
                let right: Vec<bool> = fields.map(|f| report::is_number(&f.sql_type)).collect();
                writeln!(out, "{}", report::table(&header, &right, &rows))?;
            }
            Ok(())
        }
        Format::Json => tables.iter().try_for_each(|table| json_lines(out, table, changelog)),
        Format::Csv => {
            let mut csv = csv::WriterBuilder::new().flexible(true).from_writer(out);
            for table in tables {
                let (header, rows) = text(table, changelog);
                for (line, cells) in std::iter::once(&header).chain(&rows).enumerate() {
                    if tables.len() > 1 {
                        csv.write_field(if line == 0 { "table" } else { &table.relation.name }).map_err(inner)?;
                    }
                    csv.write_record(cells).map_err(inner)?;
                }
            }
            csv.flush()
        }
    }
}

/// The writer's error itself: a closed pipe is to be known as one.
fn inner(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// Header and cells.
fn text(table: &Table, changelog: bool) -> (Vec<String>, Vec<Vec<String>>) {
    let names = table.fields().iter().map(|f| f.name.clone());
    let cells = |values: &[streamfn_model::Value]| -> Vec<String> {
        table.fields().iter().zip(values).map(|(f, v)| report::cell(&f.sql_type, v)).collect()
    };
    if !changelog {
        return (names.collect(), table.rows().map(|row| cells(&row.values)).collect());
    }
    let head = table.head(table.has_phases());
    let header = head.iter().map(|f| f.name.clone()).chain(names).collect();
    let rows = table.told().into_iter().map(|change| {
        let head = change.head(&head);
        head.iter().map(report::plain).chain(cells(&change.values)).collect()
    });
    (header, rows.collect())
}

fn json_lines(out: &mut impl Write, table: &Table, changelog: bool) -> io::Result<()> {
    let name = &table.relation.name;
    let row = |values: &[streamfn_model::Value]| Value::Object(report::json_row(table.fields(), values));
    if !changelog {
        let line = |values: &[streamfn_model::Value]| report::json_line(&json!({"table": name, "row": row(values)}));
        return table.rows().try_for_each(|r| writeln!(out, "{}", line(&r.values)));
    }
    let head = table.head(table.has_phases());
    for change in table.told() {
        let origin = json!({
            "topic": &*change.origin.topic,
            "partition": change.origin.partition,
            "offset": change.origin.offset,
        });
        let mut line = Map::from_iter([("table".to_owned(), json!(name))]);
        line.extend(report::json_row(&head, &change.head(&head)));
        line.extend([("row".to_owned(), row(&change.values)), ("origin".to_owned(), origin)]);
        writeln!(out, "{}", report::json_line(&Value::Object(line)))?;
    }
    Ok(())
}
