//! What is told of a run while it goes on, and at its end.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use arrow::array::temporal_conversions::timestamp_ms_to_datetime;

use super::table::Table;
use crate::report;
use crate::topic::recording::Generated;

/// A line for each record, or one that goes on changing.
pub struct Progress {
    verbose: bool,
    /// Whether there is a line to change.
    is_shown: bool,
    start: Instant,
    told: Instant,
    counts: Vec<u64>,
}

const EVERY: Duration = Duration::from_millis(200);

impl Progress {
    pub fn new(tables: &[Table], verbose: bool) -> Progress {
        let now = Instant::now();
        let is_shown = !verbose && io::stderr().is_terminal();
        Progress { verbose, is_shown, start: now, told: now, counts: vec![0; tables.len()] }
    }

    pub fn record(&mut self, table: &Table, record: Generated) -> io::Result<()> {
        self.counts[record.topic] += 1;
        if self.verbose {
            writeln!(anstream::stderr(), "{}", line(table, record))?;
        }
        Ok(())
    }

    /// To be called now and then.
    pub fn tick(&mut self) -> io::Result<()> {
        if !self.is_shown || self.told.elapsed() < EVERY {
            return Ok(());
        }
        self.told = Instant::now();
        let count: u64 = self.counts.iter().sum();
        write!(anstream::stderr(), "\r{count} events, {:.0} a second\x1b[K", self.rate(count))
    }

    /// How many records each topic got.
    pub fn end(&self, tables: &[Table]) -> io::Result<String> {
        if self.is_shown {
            write!(anstream::stderr(), "\r\x1b[K")?;
        }
        let counts = tables.iter().zip(&self.counts).map(|(table, n)| format!("{}: {n}", table.outgoing.topic));
        Ok(counts.collect::<Vec<_>>().join(", "))
    }

    fn rate(&self, count: u64) -> f64 {
        count as f64 / self.start.elapsed().as_secs_f64().max(1e-9)
    }
}

/// `2023-12-16 21:52:19.281 BASKET {…}`: its time in UTC, what it is, and its columns; of a tombstone the key.
fn line(table: &Table, Generated { key, value, timestamp, .. }: Generated) -> String {
    let time = timestamp_ms_to_datetime(timestamp)
        .map_or_else(|| timestamp.to_string(), |time| time.format("%Y-%m-%d %H:%M:%S%.3f").to_string());
    let what = match value {
        streamfn_model::Value::Record(row) => {
            let row = report::json_row(&table.outgoing.columns, row);
            report::json_line(&serde_json::Value::Object(row))
        }
        _ => format!("{} is deleted", report::json_line(&report::json(&table.outgoing.key, key))),
    };
    format!("{time} {} {what}", table.label)
}
