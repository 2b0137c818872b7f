//! When a record is due.

use std::thread;
use std::time::{Duration, Instant};

/// How fast records follow each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Speed {
    /// One after another.
    Unpaced,
    /// So many a second.
    Rate(f64),
    /// By their times, which pass so many times as fast as the clock.
    EventTime(f64),
}

/// What a run of records keeps to.
pub struct Pace {
    speed: Speed,
    start: Instant,
    records: u64,
    /// The time of the first record.
    first: Option<i64>,
}

/// A signal is seen that soon.
const NAP: Duration = Duration::from_millis(50);

impl Pace {
    pub fn new(speed: Speed) -> Pace {
        Pace { speed, start: Instant::now(), records: 0, first: None }
    }

    /// How long from the beginning until the next record, which has this time, is due.
    fn due(&mut self, timestamp: i64) -> Duration {
        let first = *self.first.get_or_insert(timestamp);
        let seconds = match self.speed {
            Speed::Unpaced => 0.0,
            Speed::Rate(rate) => self.records as f64 / rate,
            Speed::EventTime(speed) => timestamp.saturating_sub(first) as f64 / 1000.0 / speed,
        };
        self.records += 1;
        Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX)
    }

    /// Waits until a record with this time is due; `idle` is called before. False if `stop` became true meanwhile.
    pub fn wait<E>(
        &mut self,
        timestamp: i64,
        idle: impl FnOnce() -> Result<(), E>,
        stop: impl Fn() -> bool,
    ) -> Result<bool, E> {
        let due = self.due(timestamp);
        if self.speed == Speed::Unpaced || self.left(due).is_zero() {
            return Ok(true);
        }
        idle()?;
        while !stop() {
            match self.left(due) {
                Duration::ZERO => return Ok(true),
                left => thread::sleep(left.min(NAP)),
            }
        }
        Ok(false)
    }

    fn left(&self, due: Duration) -> Duration {
        due.saturating_sub(self.start.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(speed: Speed) -> Vec<u128> {
        let mut pace = Pace::new(speed);
        [5000, 5000, 7000, 6000].map(|timestamp| pace.due(timestamp).as_millis()).to_vec()
    }

    #[test]
    fn records_are_due_at_once_or_by_their_number_or_by_their_time() {
        assert_eq!(due(Speed::Unpaced), [0, 0, 0, 0]);
        assert_eq!(due(Speed::Rate(4.0)), [0, 250, 500, 750]);
        assert_eq!(due(Speed::EventTime(1.0)), [0, 0, 2000, 1000]);
        assert_eq!(due(Speed::EventTime(10.0)), [0, 0, 200, 100]);
    }

    #[test]
    fn who_waits_is_stopped() {
        let mut pace = Pace::new(Speed::EventTime(1.0));
        assert_eq!(pace.wait(0, || Err("idle"), || true), Ok(true), "nothing to wait for");
        assert_eq!(pace.wait(3_600_000, || Ok::<_, ()>(()), || true), Ok(false));
    }
}
