//! Parts of a group that become one.

use super::retract::parted;
use super::{Case, Grouped, Kind};
use crate::laws::law::{Broken, CounterExample, Law, Tried};
use crate::laws::rows::Row;
use crate::laws::subject::{Direction, Session, State, Step, Subject};

pub const MERGE: Grouped = Grouped {
    law: Law { name: "merge", says: "a sequence cut in two or three, its parts merged, gives what the whole gives" },
    needs: merges,
    check: merge,
    kind: Kind::Law,
};

pub const MERGE_NEW: Grouped = Grouped {
    law: Law { name: "merge-new", says: "merging with a new state, on either side, changes nothing" },
    needs: merges,
    check: merge_new,
    kind: Kind::Law,
};

pub const MERGE_RETRACTIONS: Grouped = Grouped {
    law: Law { name: "merge-retractions", says: "a part may retract what another part added" },
    needs: merges_and_retracts,
    check: merge_retractions,
    kind: Kind::LawUnlessRefused("a part cannot retract what another part added: it refuses to"),
};

fn merges(subject: &Subject) -> Result<(), &'static str> {
    if subject.merges() { Ok(()) } else { Err("it has no merge") }
}

fn merges_and_retracts(subject: &Subject) -> Result<(), &'static str> {
    merges(subject)?;
    super::retract::retracts(subject)
}

/// In both associations. No part is empty: that is the next law's.
fn merge(case: &Case) -> Result<Tried, Broken> {
    let mut session = case.subject.session();
    let (whole, came) = session.accumulated(case.rows())?;
    let Some(parts) = cut(case, &came) else { return Ok(Tried::No) };
    let mut states = Vec::new();
    for part in &parts {
        let (state, taken) = session.accumulated(part.iter().copied())?;
        if taken.len() != part.len() {
            return case.refused();
        }
        states.push(state);
    }
    let Some(left) = folded(&mut session, &states)? else { return case.refused() };
    let mut associations = vec![("merge them from the left", left)];
    if let [first, second, third] = &states[..] {
        let Ok(last) = session.merged(second, third)? else { return case.refused() };
        let Ok(right) = session.merged(first, &last)? else { return case.refused() };
        associations.push(("merge them from the right", right));
    }
    let alone = case.alone(came.iter().copied())?;
    for (how, merged) in associations {
        if !case.close(&whole, &merged, &alone) {
            let part =
                |(i, rows): (usize, &&[&Row])| case.lines(&format!("part {}: accumulate", i + 1), rows.iter().copied());
            let mut given: Vec<String> = parts.iter().enumerate().flat_map(part).collect();
            given.push(how.to_owned());
            return Err(case.broken(given, &whole, &merged));
        }
    }
    Ok(Tried::Yes)
}

/// Two or three parts, none of them empty, as the marks have it.
fn cut<'c, 'r>(case: &Case, came: &'c [&'r Row]) -> Option<Vec<&'c [&'r Row]>> {
    let last = came.len().checked_sub(1).filter(|last| *last > 0)?;
    let place = |of: usize| 1 + usize::from(case.sequence.get(of).map_or(0, |marked| marked.mark)) % last;
    let (first, second) = (place(0).min(place(1)), place(0).max(place(1)));
    Some(match first == second {
        true => vec![&came[..first], &came[first..]],
        false => vec![&came[..first], &came[first..second], &came[second..]],
    })
}

fn folded(session: &mut Session, states: &[State]) -> Result<Option<State>, Broken> {
    let Some((first, rest)) = states.split_first() else { return Ok(None) };
    let mut merged = first.clone();
    for state in rest {
        match session.merged(&merged, state)? {
            Ok(state) => merged = state,
            Err(_) => return Ok(None),
        }
    }
    Ok(Some(merged))
}

/// Exact: a new state has nothing to add. Also of two new ones.
fn merge_new(case: &Case) -> Result<Tried, Broken> {
    let mut session = case.subject.session();
    let new = session.new_state()?;
    let (state, came) = session.accumulated(case.rows())?;
    for (how, a, b) in [("merge it with a new state", &state, &new), ("merge a new state with it", &new, &state)] {
        let mut given = case.lines("accumulate", came.iter().copied());
        given.push(how.to_owned());
        match session.merged(a, b)? {
            Ok(merged) if merged == state => {}
            Ok(merged) => return Err(case.broken(given, &state, &merged)),
            Err(reason) => {
                let found = format!("refused: {reason}");
                return Err(Broken::Law(CounterExample { given, wanted: case.subject.show(&state), found }));
            }
        }
    }
    Ok(Tried::Yes)
}

/// The second part has nothing but retractions. Where nothing is left, the state is the new one to the bit.
fn merge_retractions(case: &Case) -> Result<Tried, Broken> {
    let mut session = case.subject.session();
    let (first, came) = session.accumulated(case.rows())?;
    let (gone, stay) = parted(case, &came);
    if gone.is_empty() {
        return Ok(Tried::No);
    }
    let mut second = session.new_state()?;
    for row in &gone {
        if session.step(&mut second, row, Direction::Retract)? != Step::Done {
            return case.refused();
        }
    }
    let Ok(merged) = session.merged(&first, &second)? else { return case.refused() };
    let (wanted, taken) = session.accumulated(stay.iter().copied())?;
    if taken.len() != stay.len() {
        return case.refused();
    }
    let alone = case.alone(came.iter().chain(&gone).copied())?;
    let same = if stay.is_empty() { merged == wanted } else { case.close(&wanted, &merged, &alone) };
    if !same {
        let mut given = case.lines("part 1: accumulate", came);
        given.extend(case.lines("part 2: retract", gone));
        given.push("merge them".to_owned());
        return Err(case.broken(given, &wanted, &merged));
    }
    Ok(Tried::Yes)
}
