//! What a replay counts of itself, where somebody asked for metrics.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};
use streamfn_model::{Kind, Value};

use crate::host::CallError;
use crate::metrics::{CALL_ERRORS, CALL_SECONDS, CALLS, CHANGES, DEAD_LETTERS, RECORDS, STATE_BYTES, STATE_ROWS};

/// How often states are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// What an operator or table keeps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kept {
    pub rows: usize,
    /// By a sample.
    pub bytes: usize,
}

impl Kept {
    /// So many entries, of which each of the first few takes so many bytes.
    pub fn of(rows: usize, bytes: impl Iterator<Item = usize>) -> Kept {
        const SAMPLE: usize = 64;
        let (mut count, mut sum) = (0, 0);
        for bytes in bytes.take(SAMPLE) {
            (count, sum) = (count + 1, sum + bytes);
        }
        Kept { rows, bytes: (sum * rows).checked_div(count).unwrap_or_default() }
    }

    pub fn and(self, other: Kept) -> Kept {
        Kept { rows: self.rows + other.rows, bytes: self.bytes + other.bytes }
    }
}

/// About what a row takes.
pub fn size(row: &[Value]) -> usize {
    std::mem::size_of_val(row) + row.iter().map(heap).sum::<usize>()
}

fn heap(value: &Value) -> usize {
    match value {
        Value::String(text) => text.capacity(),
        Value::Bytes(bytes) => bytes.capacity(),
        Value::List(values) | Value::Record(values) => size(values),
        Value::Variant(_, Some(value)) | Value::Some(value) => size(std::slice::from_ref(value)),
        _ => 0,
    }
}

/// Of calls of one function.
pub struct CallMeter {
    calls: Counter,
    errors: Counter,
    seconds: Histogram,
}

impl CallMeter {
    pub fn new(function: &str, call: &str) -> Self {
        let labels = [("function", function.to_owned()), ("call", call.to_owned())];
        CallMeter {
            calls: counter!(CALLS, &labels),
            errors: counter!(CALL_ERRORS, &labels),
            seconds: histogram!(CALL_SECONDS, &labels),
        }
    }

    pub fn time<T>(&self, call: impl FnOnce() -> Result<T, CallError>) -> Result<T, CallError> {
        let began = Instant::now();
        let result = call();
        self.seconds.record(began.elapsed().as_secs_f64());
        self.calls.increment(1);
        if result.is_err() {
            self.errors.increment(1);
        }
        result
    }
}

/// Of a whole replay.
pub struct Meters {
    records: HashMap<String, Counter>,
    changes: Vec<[Counter; 4]>,
    looked: Option<Instant>,
}

const KINDS: [Kind; 4] = [Kind::Insert, Kind::UpdateBefore, Kind::UpdateAfter, Kind::Delete];

/// As Flink writes them.
fn symbol(kind: Kind) -> &'static str {
    match kind {
        Kind::Insert => "+I",
        Kind::UpdateBefore => "-U",
        Kind::UpdateAfter => "+U",
        Kind::Delete => "-D",
    }
}

impl Meters {
    pub fn new<'a>(topics: impl Iterator<Item = &'a str>, tables: impl Iterator<Item = &'a str>) -> Self {
        let changes =
            |table: &str| KINDS.map(|kind| counter!(CHANGES, "table" => table.to_owned(), "op" => symbol(kind)));
        Meters {
            records: topics.map(|topic| (topic.to_owned(), counter!(RECORDS, "topic" => topic.to_owned()))).collect(),
            changes: tables.map(changes).collect(),
            looked: None,
        }
    }

    pub fn records(&self, topic: &str, count: usize) {
        self.records.get(topic).into_iter().for_each(|records| records.increment(count as u64));
    }

    pub fn changes(&self, table: usize, kinds: &[Kind]) {
        for (kind, counter) in KINDS.iter().zip(&self.changes[table]) {
            counter.increment(kinds.iter().filter(|other| *other == kind).count() as u64);
        }
    }

    /// What operators keep, from time to time.
    pub fn states(&mut self, states: impl Iterator<Item = (String, Kept)>, at_once: bool) {
        if !at_once && self.looked.is_some_and(|looked| looked.elapsed() < LOOK) {
            return;
        }
        self.looked = Some(Instant::now());
        for (operator, kept) in states {
            let set = |gauge: Gauge, value: usize| gauge.set(value as f64);
            set(gauge!(STATE_ROWS, "operator" => operator.clone()), kept.rows);
            set(gauge!(STATE_BYTES, "operator" => operator), kept.bytes);
        }
    }
}

/// A record or row of this topic was left aside.
pub fn dead_letter(topic: &str) {
    counter!(DEAD_LETTERS, "topic" => topic.to_owned()).increment(1);
}
