//! Rows that leave: what is then there is what it would be had they never come.

use super::{Case, Grouped, Kind};
use crate::laws::law::{Broken, Law, Tried};
use crate::laws::rows::{Marked, Row};
use crate::laws::subject::{Direction, Step, Subject};

pub const RETRACT: Grouped = Grouped {
    law: Law { name: "retract", says: "all rows retracted, in any order, leave the new state" },
    needs: retracts,
    check: retract,
    kind: Kind::Law,
};

pub const REST: Grouped = Grouped {
    law: Law { name: "rest", says: "some rows retracted leave what the others give" },
    needs: retracts,
    check: rest,
    kind: Kind::Law,
};

pub fn retracts(subject: &Subject) -> Result<(), &'static str> {
    if subject.retracts() { Ok(()) } else { Err("it has no retract") }
}

/// Exact, also for floats: a state without rows has nothing left that could be rounded.
fn retract(case: &Case) -> Result<Tried, Broken> {
    let mut session = case.subject.session();
    let (mut state, mut came) = (session.new_state()?, Vec::new());
    let new = state.clone();
    for marked in case.sequence {
        if session.step(&mut state, &marked.row, Direction::Accumulate)? == Step::Done {
            came.push(marked);
        }
    }
    let mut gone = came.clone();
    gone.sort_by_key(|marked| marked.mark);
    for marked in &gone {
        if session.step(&mut state, &marked.row, Direction::Retract)? != Step::Done {
            return case.refused();
        }
    }
    if state != new {
        let mut given = case.lines("accumulate", rows(&came));
        given.extend(case.lines("retract", rows(&gone)));
        return Err(case.broken(given, &new, &state));
    }
    Ok(if came.is_empty() { Tried::No } else { Tried::Yes })
}

fn rest(case: &Case) -> Result<Tried, Broken> {
    let mut session = case.subject.session();
    let (mut state, came) = session.accumulated(case.rows())?;
    let (gone, stay) = parted(case, &came);
    if gone.is_empty() || stay.is_empty() {
        return Ok(Tried::No);
    }
    for row in &gone {
        if session.step(&mut state, row, Direction::Retract)? != Step::Done {
            return case.refused();
        }
    }
    let (wanted, taken) = case.subject.session().accumulated(stay.iter().copied())?;
    if taken.len() != stay.len() {
        return case.refused();
    }
    let alone = case.alone(came.iter().chain(&gone).copied())?;
    if !case.close(&wanted, &state, &alone) {
        let mut given = case.lines("accumulate", came);
        given.extend(case.lines("retract", gone));
        return Err(case.broken(given, &wanted, &state));
    }
    Ok(Tried::Yes)
}

/// The rows that go, by their marks, and those that stay. Of equal rows among others all go or none, for nobody says
/// which of them does.
pub fn parted<'r>(case: &'r Case, came: &[&'r Row]) -> (Vec<&'r Row>, Vec<&'r Row>) {
    let all_equal = came.windows(2).all(|two| equal(two[0], two[1]));
    let place = |i: usize, row: &Row| match all_equal {
        true => case.sequence.get(i),
        false => case.sequence.iter().find(|marked| equal(&marked.row, row)),
    };
    let goes = |(i, row): &(usize, &Row)| place(*i, row).is_some_and(|marked| marked.mark % 2 == 1);
    let (gone, stay): (Vec<_>, Vec<_>) = came.iter().copied().enumerate().partition(goes);
    let rows = |numbered: Vec<(usize, &'r Row)>| numbered.into_iter().map(|(_, row)| row).collect();
    (rows(gone), rows(stay))
}

/// Whether a function could tell the rows apart: no NaN from another.
fn equal(a: &Row, b: &Row) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.canonical() == b.canonical())
}

fn rows<'r>(marked: &[&'r Marked]) -> Vec<&'r Row> {
    marked.iter().map(|marked| &marked.row).collect()
}
