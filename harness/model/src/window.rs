//! Kafka Streams' windows, as ksqlDB uses them: which a record falls into, and until when it may.

use crate::builtins::{AggregateRule, Algebra, Rows};

/// How time is cut. All in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Window {
    /// HOPPING, and with an advance of its size TUMBLING.
    Time { size: i64, advance: i64 },
    /// SESSION: of records with less than the gap, or just it, from one to the next.
    Session { gap: i64 },
}

/// Windows and how long after their end records are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Windows {
    pub window: Window,
    pub grace: i64,
}

/// The bounds of one window. A session ends with its last record, which is in it; the end of any other window is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Bounds {
    pub start: i64,
    pub end: i64,
}

const DAY: i64 = 86_400_000;

impl Window {
    /// The size, or the gap.
    pub fn length(self) -> i64 {
        match self {
            Window::Time { size, .. } => size,
            Window::Session { gap } => gap,
        }
    }

    /// Without GRACE PERIOD a window is closed a day after its start, or at its end if that is later: what
    /// `TimeWindows.of` and `SessionWindows.with` had
    /// (<https://cwiki.apache.org/confluence/display/KAFKA/KIP-633%3A+Deprecate+24-hour+Default+Grace+Period+for+Windowed+Operations+in+Streams>).
    pub fn default_grace(self) -> i64 {
        (DAY - self.length()).max(0)
    }
}

/// The windows of a time, the earliest first: `TimeWindows.windowsFor`. None begins before the epoch.
pub fn of_time(size: i64, advance: i64, time: i64) -> impl Iterator<Item = Bounds> {
    let first = time.saturating_sub(size).saturating_add(advance).max(0) / advance * advance;
    let starts = std::iter::successors(Some(first), move |start| start.checked_add(advance));
    starts.take_while(move |start| *start <= time).map(move |start| Bounds { start, end: start.saturating_add(size) })
}

impl Windows {
    /// Whether a window still takes a record, at the latest time that was seen so far, the record's own included
    /// (`KStreamWindowAggregate`, `KStreamSessionWindowAggregate`: a session may still grow for its gap).
    pub fn takes(self, window: Bounds, stream_time: i64) -> bool {
        let closed_before = stream_time.saturating_sub(self.grace);
        match self.window {
            Window::Time { .. } => window.end > closed_before,
            Window::Session { gap } => window.end >= closed_before.saturating_sub(gap),
        }
    }
}

impl Bounds {
    /// A session of one record.
    pub fn at(time: i64) -> Bounds {
        Bounds { start: time, end: time }
    }

    /// Whether a record of that time belongs to this session.
    pub fn is_near(self, time: i64, gap: i64) -> bool {
        self.start <= time.saturating_add(gap) && self.end >= time.saturating_sub(gap)
    }

    /// The session that two become.
    pub fn and(self, other: Bounds) -> Bounds {
        Bounds { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// Whether what a built-in holds for one session can be put together with another's, in the order of the sessions
/// (ksqlDB's `Udaf.merge`).
///
/// # Errors
/// The reason why there is no rule for it.
pub fn merges(rule: &AggregateRule) -> Result<(), &'static str> {
    if rule.rows == Rows::Distinct {
        return Err("a set of two sets has no rule");
    }
    match rule.parts.iter().any(|part| matches!(part.algebra, Algebra::Earliest | Algebra::Latest)) {
        true => Err("the first and the last of two sessions have no rule"),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(size: i64, advance: i64, time: i64) -> Vec<i64> {
        of_time(size, advance, time).map(|window| window.start).collect()
    }

    /// Observed on ksqlDB 8.3.1: SIZE 10, ADVANCE BY 5.
    #[test]
    fn a_record_is_in_every_window_that_spans_its_time() {
        assert_eq!(starts(10, 5, 1), [0]);
        assert_eq!(starts(10, 5, 8), [0, 5]);
        assert_eq!(starts(10, 5, 40), [35, 40]);
        assert_eq!(starts(10, 10, 20), [20], "a tumbling window ends where the next one starts");
        assert_eq!(starts(10, 4, 21), [12, 16, 20]);
    }

    #[test]
    fn before_the_epoch_there_is_no_window() {
        assert!(starts(10, 5, -3).is_empty());
    }

    /// Observed on ksqlDB 8.3.1: with a grace of 5 the window 30/40 takes a record at stream time 40, not the window 25/35.
    #[test]
    fn a_window_closes_when_stream_time_reaches_its_end_and_grace() {
        let windows = Windows { window: Window::Time { size: 10, advance: 5 }, grace: 5 };
        assert!(windows.takes(Bounds { start: 30, end: 40 }, 40));
        assert!(!windows.takes(Bounds { start: 25, end: 35 }, 40));
    }

    /// Observed on ksqlDB 8.3.1: with a gap of 10 and a grace of 20 the session 1/12 takes a record at stream time 40.
    #[test]
    fn a_session_is_open_for_its_gap_and_grace() {
        let windows = Windows { window: Window::Session { gap: 10 }, grace: 20 };
        assert!(windows.takes(Bounds { start: 1, end: 12 }, 40));
        assert!(windows.takes(Bounds { start: 1, end: 10 }, 40));
        assert!(!windows.takes(Bounds { start: 1, end: 9 }, 40));
    }

    #[test]
    fn a_session_reaches_as_far_as_its_gap() {
        let session = Bounds { start: 10, end: 20 };
        assert!(session.is_near(0, 10) && session.is_near(30, 10) && session.is_near(15, 10));
        assert!(!session.is_near(31, 10) && !session.is_near(-1, 10));
        assert_eq!(session.and(Bounds::at(25)), Bounds { start: 10, end: 25 });
    }

    #[test]
    fn by_default_a_window_is_closed_a_day_after_its_start() {
        assert_eq!(Window::Time { size: 3_600_000, advance: 3_600_000 }.default_grace(), 23 * 3_600_000);
        assert_eq!(Window::Session { gap: 2 * DAY }.default_grace(), 0);
    }
}
