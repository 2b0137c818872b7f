//! An expected table, written as documentation shows it, and when a found value is the one it means.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use streamfn_model::{SqlType, Value};

use super::case::{CaseError, read};
use crate::report;

/// When a found DOUBLE is the expected one.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tolerance {
    /// Rounded to the decimals that the expectation shows: `248.20` has two. One without a point is exact.
    #[default]
    Decimals,
    /// The very number.
    Exact,
}

/// An expected table: the lines that begin with `|`, first the header. Other lines are comments.
#[derive(Debug, Clone)]
pub struct Expectation {
    pub file: PathBuf,
    pub header: Vec<String>,
    pub rows: Vec<ExpectedRow>,
    pub tolerance: Tolerance,
}

#[derive(Debug, Clone)]
pub struct ExpectedRow {
    /// In the file, from 1.
    pub line: usize,
    pub cells: Vec<String>,
}

impl Expectation {
    pub fn read(file: &Path, tolerance: Tolerance) -> Result<Expectation, CaseError> {
        let text = read(file, "an expected table")?;
        let fail = |line, message| CaseError::Expectation { file: file.to_owned(), line, message };
        let mut lines = text.lines().enumerate().map(|(i, line)| (i + 1, line.trim()));
        let mut lines = lines.by_ref().filter(|(_, line)| line.starts_with('|'));
        let Some((line, header)) = lines.next() else {
            return Err(fail(1, "wanted a table (| a | b | …), found none".to_owned()));
        };
        let header = cells(header).ok_or_else(|| fail(line, "wanted a line that ends with |".to_owned()))?;
        let mut rows = vec![];
        for (line, text) in lines {
            let cells = cells(text).ok_or_else(|| fail(line, "wanted a line that ends with |".to_owned()))?;
            if cells.len() != header.len() {
                return Err(fail(
                    line,
                    format!("wanted {} cells as in the header, found {}", header.len(), cells.len()),
                ));
            }
            rows.push(ExpectedRow { line, cells });
        }
        Ok(Expectation { file: file.to_owned(), header, rows, tolerance })
    }

    /// Whether a found value is what a cell means.
    pub fn matches(&self, cell: &str, of: &SqlType, found: &Value) -> bool {
        if found.is_null() || cell == "null" {
            return found.is_null() && cell == "null";
        }
        match (of, found) {
            (SqlType::String, Value::String(found)) => {
                let quoted = cell.starts_with('"').then(|| serde_json::from_str::<String>(cell).ok()).flatten();
                quoted.as_deref().unwrap_or(cell) == found
            }
            (SqlType::Double, Value::F64(found)) => self.is_number(cell, *found),
            (SqlType::Float, Value::F32(found)) => self.is_number(cell, f64::from(*found)),
            _ => report::cell(of, found) == cell,
        }
    }

    fn is_number(&self, cell: &str, found: f64) -> bool {
        match (self.tolerance, decimals(cell)) {
            // Formatting rounds the exact decimal expansion of the found double: no second rounding comes in.
            (Tolerance::Decimals, Some(decimals)) => {
                positive_zero(&format!("{found:.decimals$}")) == positive_zero(cell)
            }
            _ => cell.parse::<f64>().is_ok_and(|expected| expected.to_bits() == found.to_bits()),
        }
    }

    /// A found value the way the expectation would show it, given one of its cells of the same column.
    pub fn show(&self, like: Option<&str>, of: &SqlType, found: &Value) -> String {
        match (self.tolerance, found, like.and_then(decimals)) {
            (Tolerance::Decimals, Value::F64(found), Some(decimals)) => format!("{found:.decimals$}"),
            _ => report::cell(of, found),
        }
    }
}

/// The digits after the point, of a plain decimal number that has one.
fn decimals(cell: &str) -> Option<usize> {
    let digits = cell.strip_prefix('-').unwrap_or(cell);
    let (whole, fraction) = digits.split_once('.')?;
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    (plain(whole) && plain(fraction)).then_some(fraction.len())
}

/// `-0.00` is what is left of a small negative number: no other number than `0.00`.
fn positive_zero(text: &str) -> &str {
    match text.bytes().all(|b| matches!(b, b'-' | b'0' | b'.')) {
        true => text.trim_start_matches('-'),
        false => text,
    }
}

/// The cells of `| a | b |`; `\|` is a bar inside one.
fn cells(line: &str) -> Option<Vec<String>> {
    let inner = line.strip_prefix('|')?.strip_suffix('|')?;
    let mut cells = vec![String::new()];
    let mut chars = inner.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, cells.last_mut()) {
            ('\\', Some(cell)) if chars.peek() == Some(&'|') => cell.extend(chars.next()),
            ('|', _) => cells.push(String::new()),
            (c, Some(cell)) => cell.push(c),
            (_, None) => {}
        }
    }
    Some(cells.into_iter().map(|cell| cell.trim().to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expectation(tolerance: Tolerance) -> Expectation {
        Expectation { file: PathBuf::new(), header: vec![], rows: vec![], tolerance }
    }

    #[test]
    fn a_documented_number_means_its_decimals() {
        let matches =
            |cell, found| expectation(Tolerance::Decimals).matches(cell, &SqlType::Double, &Value::F64(found));
        assert!(matches("335.71", 335.71000000000004));
        assert!(matches("248.20", 248.2));
        assert!(!matches("248.2", 248.26));
        assert!(!matches("335.72", 335.71));
        assert!(matches("0.00", -0.001));
        assert!(matches("5", 5.0) && !matches("5", 5.2));
        assert!(!matches("x", 5.0) && !matches("null", 5.0) && !matches("5.0", f64::NAN));
    }

    #[test]
    fn an_exact_number_means_its_bits() {
        let matches = |cell, found| expectation(Tolerance::Exact).matches(cell, &SqlType::Double, &Value::F64(found));
        assert!(matches("335.71", 335.71) && !matches("335.71", 335.71000000000004));
    }

    #[test]
    fn a_text_that_looks_like_null_is_quoted() {
        let matches = |cell, found: Value| expectation(Tolerance::Exact).matches(cell, &SqlType::String, &found);
        assert!(matches("null", Value::Null) && !matches("null", "null".into()));
        assert!(matches("\"null\"", "null".into()) && !matches("\"null\"", Value::Null));
    }

    #[test]
    fn a_bar_inside_a_cell_is_escaped() {
        assert_eq!(cells(r"| a\|b |  | c |"), Some(vec!["a|b".to_owned(), String::new(), "c".to_owned()]));
        assert_eq!(cells("| a"), None);
    }
}
