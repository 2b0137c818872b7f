//! Takes the times of contestants.
//!
//! In every round each contestant has its turn once for each number of rows, so that what else the machine does falls on all
//! alike; what is told is the median of the rounds. A turn is as many runs as take about two milliseconds.

use std::time::{Duration, Instant};

use super::{Contestant, Host, Options};
use crate::contract::Function;

/// What one function costs on one host, for one number of rows a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Its name and the types of its arguments: `SUM(BIGINT)`.
    pub function: String,
    pub host: Host,
    pub rows_per_call: usize,
    /// The median.
    pub ns_per_row: f64,
    /// Half of the samples are within this part of the median, above and below together: (third quartile − first) / median.
    pub spread: f64,
}

const TURN: Duration = Duration::from_millis(2);
/// What takes longer than this by itself has fewer turns.
const LONG: Duration = Duration::from_millis(100);

pub fn measure(function: &Function, mut contestants: Vec<Contestant>, options: &Options) -> Vec<Measured> {
    struct Turn {
        contestant: usize,
        rows: usize,
        runs: usize,
        /// Every how many rounds it has its turn.
        every: usize,
        samples: Vec<f64>,
    }
    let mut turns = vec![];
    for (contestant, Contestant { run, .. }) in contestants.iter_mut().enumerate() {
        for &rows in &options.rows {
            // The first run is not the usual one: it may instantiate, allocate, and fill caches.
            run(rows);
            let once = time(|| run(rows)).max(Duration::from_nanos(1));
            let runs = (TURN.as_nanos() / once.as_nanos()).clamp(1, 1 << 20) as usize;
            let every = (once.as_nanos() / LONG.as_nanos()).clamp(1, 5) as usize;
            turns.push(Turn { contestant, rows, runs, every, samples: vec![] });
        }
    }
    for round in 0..options.samples {
        for turn in turns.iter_mut().filter(|turn| round % turn.every == 0) {
            let Contestant { run, .. } = &mut contestants[turn.contestant];
            let took = time(|| (0..turn.runs).for_each(|_| run(turn.rows)));
            turn.samples.push(took.as_nanos() as f64 / (turn.runs * turn.rows) as f64);
        }
    }
    let name = super::report::signature(function);
    let measured = |turn: Turn| {
        let mut samples = turn.samples;
        samples.sort_by(f64::total_cmp);
        let at = |part: f64| samples[((samples.len() - 1) as f64 * part).round() as usize];
        let median = at(0.5);
        Measured {
            function: name.clone(),
            host: contestants[turn.contestant].host,
            rows_per_call: turn.rows,
            ns_per_row: median,
            spread: (at(0.75) - at(0.25)) / median,
        }
    };
    turns.into_iter().map(measured).collect()
}

fn time(run: impl FnOnce()) -> Duration {
    let began = Instant::now();
    run();
    began.elapsed()
}
