//! Rows that a function refuses: the same ones when they go as when they come, whatever else is there.

use super::{Case, Grouped, Kind, Tally};
use crate::laws::law::{Broken, CounterExample, Law, Tried};
use crate::laws::rows::Row;
use crate::laws::subject::{Direction, Session, State, Step, Subject};

pub const REFUSALS: Grouped = Grouped {
    law: Law {
        name: "refusals",
        says: "retract takes the rows that accumulate took, and refuses those that it refuses by themselves",
    },
    needs: refuses_and_retracts,
    check: refusals,
    kind: Kind::Law,
};

pub const REFUSAL: Grouped = Grouped {
    law: Law { name: "refusal", says: "whether a row is refused depends on it alone" },
    needs: refuses,
    check: refusal,
    kind: Kind::Observation {
        broken: "whether a row is refused depends on the rows before it: over tables only --on-error fail is safe",
        held,
    },
};

fn refuses(subject: &Subject) -> Result<(), &'static str> {
    if subject.can_refuse { Ok(()) } else { Err("it refuses no rows") }
}

fn refuses_and_retracts(subject: &Subject) -> Result<(), &'static str> {
    refuses(subject)?;
    super::retract::retracts(subject)
}

fn held(tally: &Tally) -> String {
    match tally.refused_rows.get() {
        0 => "no row was refused".to_owned(),
        rows => format!("whether a row is refused depends on it alone ({rows} rows were)"),
    }
}

/// Of each row, among the rows before it and without them: what came in goes out, and what is refused by itself does not.
fn refusals(case: &Case) -> Result<Tried, Broken> {
    let mut session = case.subject.session();
    let mut before: Vec<&Row> = Vec::new();
    let mut tried = Tried::No;
    for row in case.rows() {
        tried = Tried::Yes;
        for others in [&before[..], &[]] {
            let (mut state, taken) = session.accumulated(others.iter().copied())?;
            let came = step(case, &mut session, &mut state, row, Direction::Accumulate)?;
            let goes = session.step(&mut state, row, Direction::Retract)?;
            let (came_in, goes_out) = (matches!(came, Step::Done), matches!(goes, Step::Done));
            // A row that is refused for the rows before it says nothing: an equal one may be among them.
            let alone = taken.is_empty();
            if came_in && !goes_out || alone && goes_out && !came_in {
                return Err(unlike(case, &taken, row, &came, &goes));
            }
        }
        before.push(row);
    }
    Ok(tried)
}

fn unlike(case: &Case, taken: &[&Row], row: &Row, came: &Step, goes: &Step) -> Broken {
    let mut given = case.lines("accumulate", taken.iter().copied());
    given.push(format!("accumulate {}: {}", case.subject.show_row(row), told(came)));
    given.push(format!("retract {}", case.subject.show_row(row)));
    Broken::Law(CounterExample { given, wanted: told(came), found: told(goes) })
}

fn told(step: &Step) -> String {
    match step {
        Step::Done => "taken".to_owned(),
        Step::Skipped => "skipped".to_owned(),
        Step::Refused(reason) => format!("refused: {reason}"),
    }
}

fn refusal(case: &Case) -> Result<Tried, Broken> {
    let mut session = case.subject.session();
    let mut state = session.new_state()?;
    let mut taken: Vec<&Row> = Vec::new();
    for row in case.rows() {
        let mut new = session.new_state()?;
        let alone = session.step(&mut new, row, Direction::Accumulate)?;
        let among = step(case, &mut session, &mut state, row, Direction::Accumulate)?;
        if matches!(alone, Step::Refused(_)) != matches!(among, Step::Refused(_)) {
            let mut given = case.lines("accumulate", taken);
            given.push(format!("accumulate {}: {}", case.subject.show_row(row), told(&among)));
            return Err(Broken::Law(CounterExample { given, wanted: told(&alone), found: told(&among) }));
        }
        if among == Step::Done {
            taken.push(row);
        }
    }
    Ok(Tried::Yes)
}

/// A step, counted if the row is refused.
fn step(
    case: &Case,
    session: &mut Session,
    state: &mut State,
    row: &Row,
    direction: Direction,
) -> Result<Step, Broken> {
    let step = session.step(state, row, direction)?;
    if matches!(step, Step::Refused(_)) {
        case.tally.refused_rows.set(case.tally.refused_rows.get() + 1);
    }
    Ok(step)
}
