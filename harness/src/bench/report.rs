//! What was measured, as a table and as JSON.

use std::fmt::Write;

use serde_json::{Value as Json, json};

use super::{Fit, Host, Measured};
use crate::contract::Function;
use crate::report::shortened;

/// A function by its name and the types of its arguments: `SUM(BIGINT)`.
pub fn signature(function: &Function) -> String {
    let types = function.params.iter().map(|param| match param.sql_type.to_string() {
        // It has the scale of its argument.
        decimal if decimal.starts_with("DECIMAL") => "DECIMAL".to_owned(),
        other => other,
    });
    format!("{}({})", function.sql_name, types.collect::<Vec<_>>().join(", "))
}

/// One object for each time that was measured.
pub fn json(measured: &Measured) -> Json {
    json!({
        "function": measured.function,
        "host": measured.host.to_string(),
        "rows_per_call": measured.rows_per_call,
        "ns_per_row": round(measured.ns_per_row, 100.0),
        "spread": round(measured.spread, 1000.0),
    })
}

fn round(number: f64, parts: f64) -> f64 {
    (number * parts).round() / parts
}

/// The head of the table, and a line that says what its columns are.
pub fn head(rows: &[usize]) -> String {
    let mut head = format!("{:SIGNATURE$}  {:9}", "nanoseconds a row, with so many rows a call:", "");
    for rows in rows {
        let _ = write!(head, " {rows:>9}");
    }
    head + "   spread  fitted: a row   a call  × native\n"
}

const SIGNATURE: usize = 44;

/// The lines of one function, a host each.
pub fn lines(measured: &[Measured]) -> String {
    let mut hosts: Vec<Host> = measured.iter().map(|m| m.host).collect();
    hosts.dedup();
    let of = |host: Host| measured.iter().filter(move |m| m.host == host);
    let most = |host: Host| of(host).max_by_key(|m| m.rows_per_call).map(|m| m.ns_per_row);
    let mut lines = String::new();
    for (place, host) in hosts.into_iter().enumerate() {
        let name = measured.first().filter(|_| place == 0).map_or("", |m| &m.function);
        let _ = write!(lines, "{:SIGNATURE$}  {host:9}", shortened(name, SIGNATURE - 1));
        for m in of(host) {
            let _ = write!(lines, " {:>9.1}", m.ns_per_row);
        }
        let spread = of(host).map(|m| m.spread).fold(0.0, f64::max);
        let _ = write!(lines, "  {:>5.0} %", spread * 100.0);
        match Fit::of(of(host)) {
            Some(Fit { ns_per_row, ns_per_call }) => {
                let _ = write!(lines, "  {ns_per_row:>13.1} {ns_per_call:>8.0}");
            }
            None => lines.push_str(&" ".repeat(24)),
        }
        if let (Some(native), Some(this)) = (most(Host::Native), most(host)) {
            let _ = write!(lines, "  {:>8.2}", this / native);
        }
        lines.truncate(lines.trim_end().len());
        lines.push('\n');
    }
    lines
}
