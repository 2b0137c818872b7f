//! Values and tables as text: for people, for spreadsheets, for programs.

use std::iter::repeat_n;

use itertools::Itertools;
use serde_json::{Map, Number, json as object};
use streamfn_model::{Field, SqlType, Value};
use unicode_width::UnicodeWidthStr;

/// How output is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    #[default]
    Table,
    Json,
    Csv,
}

/// A value without quotes: timestamps as milliseconds since the epoch, null as `null`.
pub fn plain(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(v) => v.to_string(),
        Value::S8(v) => v.to_string(),
        Value::S16(v) => v.to_string(),
        Value::S32(v) => v.to_string(),
        Value::S64(v) => v.to_string(),
        Value::U8(v) => v.to_string(),
        Value::U16(v) => v.to_string(),
        Value::U32(v) => v.to_string(),
        Value::U64(v) => v.to_string(),
        Value::F32(v) => number(format!("{v:?}")),
        Value::F64(v) => number(format!("{v:?}")),
        Value::Char(v) => v.to_string(),
        Value::String(v) => v.clone(),
        Value::Bytes(v) => v.iter().map(|b| format!("{b:02x}")).collect(),
        Value::Decimal { unscaled, scale } => decimal(*unscaled, *scale),
        Value::List(v) => format!("[{}]", v.iter().map(plain).collect::<Vec<_>>().join(", ")),
        Value::Record(v) => format!("{{{}}}", v.iter().map(plain).collect::<Vec<_>>().join(", ")),
        Value::Variant(case, None) => format!("#{case}"),
        Value::Variant(case, Some(v)) => format!("#{case}({})", plain(v)),
        Value::Flags(v) => format!("{v:?}"),
        Value::Some(v) => format!("some({})", plain(v)),
    }
}

/// Infinity by the name that both engines give it.
fn number(written: String) -> String {
    if written.ends_with("inf") { written.replace("inf", "Infinity") } else { written }
}

/// A value of a SQL column, with the names of a row's fields.
pub fn cell(of: &SqlType, value: &Value) -> String {
    match (of, value) {
        (SqlType::Row(fields), Value::Record(values)) => {
            let fields = fields.iter().zip(values);
            let fields: Vec<_> = fields.map(|(f, v)| format!("{}={}", f.name, cell(&f.sql_type, v))).collect();
            format!("{{{}}}", fields.join(", "))
        }
        (SqlType::Array(of), Value::List(values)) => {
            format!("[{}]", values.iter().map(|v| cell(of, v)).collect::<Vec<_>>().join(", "))
        }
        (SqlType::Map(..) | SqlType::Multiset(_), Value::List(pairs)) => {
            let (key, value) = entry_types(of);
            let pairs = pairs.iter().map(|pair| match pair {
                Value::Record(pair) if pair.len() == 2 => {
                    format!("{}={}", cell(key, &pair[0]), cell(value, &pair[1]))
                }
                other => plain(other),
            });
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
        _ => escape(&plain(value)),
    }
}

/// A row on one line, its columns by name: `K=k, N=1`. Long values are cut.
pub fn named(fields: &[Field], values: &[Value]) -> String {
    const MOST: usize = 80;
    let columns = fields.iter().zip(values);
    let columns = columns.map(|(f, v)| format!("{}={}", f.name, shortened(&cell(&f.sql_type, v), MOST)));
    columns.collect::<Vec<_>>().join(", ")
}

/// Control characters as escapes: a value must not move the cursor of whoever looks at it.
pub fn escape(text: &str) -> String {
    match text.chars().any(char::is_control) {
        true => text
            .chars()
            .flat_map(|c| if c.is_control() { c.escape_default().collect::<Vec<_>>() } else { vec![c] })
            .collect(),
        false => text.to_owned(),
    }
}

/// Text of somebody else's inside a sentence: no control characters, and no more of it than a reader looks at.
pub fn quoted(text: &str) -> String {
    shortened(text, 500)
}

/// The first `most` characters of somebody else's text, with no control characters.
pub fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => escape(&text[..end]) + "…",
        None => escape(text),
    }
}

/// A message of several lines, with nothing in it that a terminal would obey.
pub fn message(text: &str) -> String {
    text.split('\n').map(escape).collect::<Vec<_>>().join("\n")
}

fn entry_types(of: &SqlType) -> (&SqlType, &SqlType) {
    match of {
        SqlType::Map(key, value) => (key, value),
        SqlType::Multiset(element) => (element, &SqlType::Int),
        other => (other, other),
    }
}

fn decimal(unscaled: i128, scale: u8) -> String {
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = usize::from(scale) + 1);
    let (whole, fraction) = digits.split_at(digits.len() - usize::from(scale));
    let sign = if unscaled < 0 { "-" } else { "" };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// A value of a SQL column as JSON. What JSON has no number for is text: NaN, infinities, decimals.
pub fn json(of: &SqlType, value: &Value) -> serde_json::Value {
    match (of, value) {
        (_, Value::Null) => serde_json::Value::Null,
        (_, Value::Bool(v)) => object!(v),
        (_, Value::S8(v)) => object!(v),
        (_, Value::S16(v)) => object!(v),
        (_, Value::S32(v)) => object!(v),
        (_, Value::S64(v)) => object!(v),
        (_, Value::F32(v)) => Number::from_f64(f64::from(*v)).map_or_else(|| object!(v.to_string()), |n| object!(n)),
        (_, Value::F64(v)) => Number::from_f64(*v).map_or_else(|| object!(v.to_string()), |n| object!(n)),
        (SqlType::Row(fields), Value::Record(values)) => {
            let fields = fields.iter().zip(values).map(|(f, v)| (f.name.clone(), json(&f.sql_type, v)));
            serde_json::Value::Object(fields.collect())
        }
        (SqlType::Array(of), Value::List(values)) => values.iter().map(|v| json(of, v)).collect(),
        (SqlType::Map(..) | SqlType::Multiset(_), Value::List(pairs)) => {
            let (_, of) = entry_types(of);
            let pairs = pairs.iter().filter_map(|pair| match pair {
                Value::Record(pair) if pair.len() == 2 => Some((plain(&pair[0]), json(of, &pair[1]))),
                _ => None,
            });
            serde_json::Value::Object(pairs.collect())
        }
        (_, other) => object!(plain(other)),
    }
}

/// JSON on one line. Its text may hold control characters beyond ASCII's first 32; a terminal obeys those too.
pub fn json_line(value: &serde_json::Value) -> String {
    let escape = |c: char| match c.is_control() {
        true => format!("\\u{:04x}", u32::from(c)),
        false => c.to_string(),
    };
    let text = value.to_string();
    match text.chars().any(char::is_control) {
        true => text.chars().map(escape).collect(),
        false => text,
    }
}

/// A row as a JSON object by column.
pub fn json_row(fields: &[Field], row: &[Value]) -> Map<String, serde_json::Value> {
    fields.iter().zip(row).map(|(field, value)| (field.name.clone(), json(&field.sql_type, value))).collect()
}

/// A table with a frame, as documentation shows it: numbers to the right, their headers not.
///
/// A library's frame was a third of a replay's time and more than half of its memory where many rows came out.
pub fn table(header: &[String], right: &[bool], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = header.iter().map(|cell| cell.width()).collect();
    for row in rows {
        widths.iter_mut().zip(row).for_each(|(width, cell)| *width = cell.width().max(*width));
    }
    let rule = format!("+{}+", widths.iter().map(|width| "-".repeat(width + 2)).join("+"));
    let mut text = String::with_capacity((rule.len() + 1) * (rows.len() + 4));
    text += &rule;
    line(&mut text, header, &vec![false; header.len()], &widths);
    text += "\n";
    text += &rule;
    rows.iter().for_each(|row| line(&mut text, row, right, &widths));
    text += "\n";
    text + &rule
}

/// One more line, of cells between bars.
fn line(text: &mut String, cells: &[String], right: &[bool], widths: &[usize]) {
    *text += "\n|";
    for ((cell, right), width) in cells.iter().zip(right).zip(widths) {
        let fill = repeat_n(' ', width - cell.width());
        text.push(' ');
        match right {
            true => {
                text.extend(fill);
                text.push_str(cell);
            }
            false => {
                text.push_str(cell);
                text.extend(fill);
            }
        }
        text.push_str(" |");
    }
}

/// Whether a column's values stand to the right.
pub fn is_number(of: &SqlType) -> bool {
    use SqlType::*;
    matches!(
        of,
        TinyInt | SmallInt | Int | BigInt | Float | Double | Decimal(..) | Timestamp | TimestampLtz | Date | Time
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_as_wide_as_what_is_seen_of_its_cells() {
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        let rows = [row(["ä", "1"]), row(["漢字", "22"]), row(["", "333"])];
        let wanted = "\
+------+-----+
| name | qty |
+------+-----+
| ä    |   1 |
| 漢字 |  22 |
|      | 333 |
+------+-----+";
        assert_eq!(table(&row(["name", "qty"]), &[false, true], &rows), wanted);
    }
}
