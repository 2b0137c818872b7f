//! `streamfn generate`: the rows of a generator, as records of topics.
//!
//! [`Generator`] calls the component, `table` says which topic a row belongs to, `naming` what a SQL file calls its columns,
//! `pace` when a record is due, `progress` what is told of it; where records go is a [`Sink`]'s affair. Knows no generator
//! by its name.

mod config;
mod error;
mod generator;
mod naming;
mod pace;
mod progress;
mod table;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use streamfn_model::Value;

use crate::report;
use crate::topic::recording::{Generated, Sink};
pub use config::settings;
pub use error::GenerateError;
pub use generator::{Candidate, Generator, Start};
use pace::Pace;
pub use pace::Speed;
use progress::Progress;
pub use table::Table;

/// The component with the generators of this repository.
pub const STANDARD: &str = "generate.wasm";

/// How far a run goes, how fast, and what it tells.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// No more records than these, and what a clean stop owes.
    pub events: Option<u64>,
    /// Only records that are due before so much time has passed after the first.
    pub duration: Option<Duration>,
    pub speed: Speed,
    /// A line for each record on standard error.
    pub verbose: bool,
    /// The partition of all records.
    pub partition: i32,
}

/// Writes a generator's records until it ends, the run is over or `stop` is set; then what a clean stop owes. How many each
/// topic got is the sentence that comes back.
pub fn generate(
    mut generator: Generator,
    mut sink: Box<dyn Sink + '_>,
    run: Run,
    stop: &AtomicBool,
) -> Result<String, GenerateError> {
    let tables = generator.tables.clone();
    let mut progress = Progress::new(&tables, run.verbose);
    let mut pace = Pace::new(run.speed);
    let mut left = run.events.unwrap_or(u64::MAX);
    let mut end = None;
    let is_stopped = || stop.load(Ordering::Relaxed);
    'run: while left > 0 && !is_stopped() {
        let rows = generator.next(left.try_into().unwrap_or(u32::MAX))?;
        if rows.is_empty() {
            break;
        }
        for (index, row) in rows.iter().enumerate() {
            let record = record(row, run.partition)?;
            let end = *end.get_or_insert_with(|| after(record.timestamp, run.duration));
            let idle = || {
                sink.flush()?;
                Ok::<_, GenerateError>(progress.tick()?)
            };
            if record.timestamp >= end || !pace.wait(record.timestamp, idle, is_stopped)? {
                generator.back_to(index)?;
                break 'run;
            }
            sink.write(record)?;
            progress.record(&tables[record.topic], record)?;
        }
        left -= rows.len() as u64;
        progress.tick()?;
    }
    for row in &generator.finish()? {
        let record = record(row, run.partition)?;
        sink.write(record)?;
        progress.record(&tables[record.topic], record)?;
    }
    sink.finish()?;
    Ok(progress.end(&tables)?)
}

fn after(first: i64, duration: Option<Duration>) -> i64 {
    let ms = duration.map_or(i64::MAX, |duration| duration.as_millis().try_into().unwrap_or(i64::MAX));
    first.saturating_add(ms)
}

/// A row as the record that it is: a case, and in it key, timestamp and value.
fn record(row: &Value, partition: i32) -> Result<Generated<'_>, GenerateError> {
    if let Value::Variant(topic, Some(fields)) = row
        && let Value::Record(fields) = fields.as_ref()
        && let [key, Value::S64(timestamp), value] = fields.as_slice()
    {
        return Ok(Generated { topic: *topic as usize, key, value, timestamp: *timestamp, partition });
    }
    Err(GenerateError::Row(report::plain(row)))
}
