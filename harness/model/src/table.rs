//! What each engine emits when a row of a table changes: one function a clause, of the row before and after.
//!
//! ksqlDB's rules were checked against ksqlDB 8.3.1 with its cache off (one change a record); the cases under
//! `harness/cases` that carry its answers name it as their origin.

use crate::{Dialect, Transition};

/// A record of a table's topic: the row of its key before, and its value (`None` is a tombstone).
///
/// A tombstone for a key that has no row changes nothing.
pub fn source<R: Clone>(before: Option<R>, value: Option<R>) -> Transition<R> {
    Transition { before, after: value }
}

/// An upsert of Flink's (`None` is a deletion): the row of its key before, and the one that takes its place. What is
/// `unchanged` is not told: `ChangelogNormalize` compares the columns that the query uses
/// (`DeduplicateFunctionHelper.processLastRowOnChangelog`).
pub fn upsert<R>(before: Option<R>, after: Option<R>, unchanged: bool) -> Transition<R> {
    match unchanged {
        true => Transition { before: None, after: None },
        false => Transition { before, after },
    }
}

/// GROUP BY: the group's result before and after an input row.
///
/// ksqlDB sends a result on for every input record, also when it is equal to the one before
/// (<https://docs.confluent.io/platform/current/ksqldb/developer-guide/ksqldb-reference/select-push-query.html>).
/// Flink stays silent then, unless state expires: `GroupAggFunction` compares the two
/// (<https://nightlies.apache.org/flink/flink-docs-release-2.3/docs/dev/table/sql/queries/group-agg/>).
pub fn aggregate<R: PartialEq>(dialect: Dialect, before: Option<R>, after: Option<R>) -> Transition<R> {
    match dialect {
        Dialect::Flink if before == after => Transition { before: None, after: None },
        _ => Transition { before, after },
    }
}

/// WHERE and HAVING over a ksqlDB table, and over upserts in Flink: a row that no longer passes is deleted if it was there; one that passes for the first
/// time is inserted; one that never passed leaves no trace.
///
/// Flink's filter over any other changelog looks at one row at a time and leaves its kind as it is.
pub fn filter<R>(transition: Transition<R>, passes: impl Fn(&R) -> bool) -> Transition<R> {
    Transition { before: transition.before.filter(&passes), after: transition.after.filter(&passes) }
}

/// Which rows without a partner a join keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Join {
    Inner,
    Left,
    /// FULL OUTER: of both sides.
    Full,
}

impl Join {
    /// The joined row of what each side has, if the join has one.
    pub fn row<L, R>(self, left: Option<L>, right: Option<R>) -> Option<(Option<L>, Option<R>)> {
        let kept = match self {
            Join::Inner => left.is_some() && right.is_some(),
            Join::Left => left.is_some(),
            Join::Full => left.is_some() || right.is_some(),
        };
        kept.then_some((left, right))
    }
}

/// A joined row: what each side has.
pub type Pair<L, R> = (Option<L>, Option<R>);

/// A table-table join on both primary keys, when the left row changes: what becomes of the joined row.
///
/// A LEFT JOIN emits for the left row also without a partner
/// (<https://docs.confluent.io/platform/current/ksqldb/developer-guide/joins/join-streams-and-tables.html>).
pub fn left_changed<L, R: Copy>(join: Join, left: Transition<L>, right: Option<R>) -> Transition<Pair<L, R>> {
    // Nothing came and nothing went: a tombstone for a row that was not there.
    if left.before.is_none() && left.after.is_none() {
        return Transition { before: None, after: None };
    }
    Transition { before: join.row(left.before, right), after: join.row(left.after, right) }
}

/// The same join, when the right row changes.
pub fn right_changed<L: Copy, R>(join: Join, left: Option<L>, right: Transition<R>) -> Transition<Pair<L, R>> {
    if right.before.is_none() && right.after.is_none() {
        return Transition { before: None, after: None };
    }
    Transition { before: join.row(left, right.before), after: join.row(left, right.after) }
}

/// The time of a row made of two: the later one. Kafka Streams gives an aggregate the latest time of its records and a
/// joined row the later of its sides' (<https://kafka.apache.org/documentation/streams/core-concepts#streams_concepts_time>).
pub fn later(time: i64, other: Option<i64>) -> i64 {
    other.map_or(time, |other| time.max(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told<R>(transition: Transition<R>) -> Vec<(String, R)> {
        transition.rows().map(|(kind, row)| (kind.to_string(), row)).collect()
    }

    fn say<R>(kind: &str, row: R) -> (String, R) {
        (kind.to_owned(), row)
    }

    #[test]
    fn a_tombstone_for_an_absent_row_changes_nothing() {
        assert_eq!(told(source::<i32>(None, None)), []);
        assert_eq!(told(source(Some(1), None)), [say("-D", 1)]);
    }

    #[test]
    fn an_equal_result_is_sent_by_ksqldb_and_kept_back_by_flink() {
        assert_eq!(told(aggregate(Dialect::Ksqldb, Some(1), Some(1))), [say("-U", 1), say("+U", 1)]);
        assert_eq!(told(aggregate(Dialect::Flink, Some(1), Some(1))), []);
        assert_eq!(told(aggregate(Dialect::Flink, Some(1), Some(2))), [say("-U", 1), say("+U", 2)]);
    }

    #[test]
    fn a_filter_deletes_only_what_was_visible() {
        let step = |before, after| told(filter(Transition { before, after }, |row| *row > 1));
        assert_eq!(step(Some(1), Some(2)), [say("+I", 2)]);
        assert_eq!(step(Some(2), Some(1)), [say("-D", 2)]);
        assert_eq!(step(Some(1), Some(0)), []);
        assert_eq!(step(Some(2), None), [say("-D", 2)]);
        assert_eq!(step(None, Some(1)), []);
    }

    #[test]
    fn a_left_join_speaks_for_the_left_row_alone_and_again_when_its_partner_comes() {
        let new = |after| Transition { before: None, after: Some(after) };
        assert_eq!(told(left_changed(Join::Left, new("l"), None::<&str>)), [say("+I", (Some("l"), None))]);
        assert_eq!(told(left_changed(Join::Inner, new("l"), None::<&str>)), []);
        let arrives = told(right_changed(Join::Left, Some("l"), new("r")));
        assert_eq!(arrives, [say("-U", (Some("l"), None)), say("+U", (Some("l"), Some("r")))]);
        assert_eq!(told(right_changed(Join::Inner, Some("l"), new("r"))), [say("+I", (Some("l"), Some("r")))]);
        assert_eq!(told(right_changed(Join::Left, None::<&str>, new("r"))), []);
        let leaves = Transition { before: Some("r"), after: None };
        assert_eq!(told(right_changed(Join::Inner, Some("l"), leaves)), [say("-D", (Some("l"), Some("r")))]);
        assert_eq!(told(right_changed(Join::Left, Some("l"), source::<&str>(None, None))), []);
    }

    #[test]
    fn a_full_join_keeps_the_side_that_is_left() {
        let change = |before, after| Transition { before, after };
        let comes = told(right_changed(Join::Full, None::<&str>, change(None, Some("r"))));
        assert_eq!(comes, [say("+I", (None, Some("r")))]);
        let leaves = told(left_changed(Join::Full, change(Some("l"), None), Some("r")));
        assert_eq!(leaves, [say("-U", (Some("l"), Some("r"))), say("+U", (None, Some("r")))]);
        let last = told(right_changed(Join::Full, None::<&str>, change(Some("r"), None)));
        assert_eq!(last, [say("-D", (None, Some("r")))]);
        assert_eq!(told(left_changed(Join::Full, source::<&str>(None, None), Some("r"))), []);
    }

    #[test]
    fn a_row_of_two_has_the_later_time() {
        assert_eq!((later(5, None), later(5, Some(3)), later(5, Some(9))), (5, 5, 9));
    }
}
