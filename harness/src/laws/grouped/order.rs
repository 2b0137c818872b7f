//! The same rows in another order.

use super::{Case, Grouped, Kind, Tally};
use crate::laws::float::{Closeness, compare};
use crate::laws::law::{Broken, CounterExample, Found, Law, Tried, Verdict};
use crate::laws::rows::{Marked, Row};
use crate::laws::subject::{Shown, State, Subject};

pub const SAME_STATE: Grouped = Grouped {
    law: Law { name: "same-state", says: "two orders of the same rows that have one value have one state" },
    needs: has_value,
    check: same_state,
    kind: Kind::Law,
};

pub const ENTRIES: Grouped = Grouped {
    law: Law { name: "entries", says: "the value of the entries is the same in whatever order they are" },
    needs: has_value_of_entries,
    check: entries,
    kind: Kind::Law,
};

pub const ORDER: Grouped = Grouped {
    law: Law { name: "order", says: "the order of the rows makes no difference" },
    needs: anything,
    check: order,
    kind: Kind::Observation { broken: MATTERS, held },
};

fn anything(_: &Subject) -> Result<(), &'static str> {
    Ok(())
}

fn has_value(subject: &Subject) -> Result<(), &'static str> {
    if subject.has_value() { Ok(()) } else { Err("its value is its state") }
}

fn has_value_of_entries(subject: &Subject) -> Result<(), &'static str> {
    if subject.is_keyed() { has_value(subject) } else { Err("it has no entries") }
}

fn held(tally: &Tally) -> String {
    match tally.largest.get() {
        None => "the order of the rows makes no difference".to_owned(),
        Some(_) => "the order of the rows makes no difference but in floats, and there within the bound".to_owned(),
    }
}

/// Where the order of the rows makes a difference it is part of what a state holds: two states that show one value may
/// differ in what they will show.
pub fn not_of_equal_contents(found: &mut [Found]) {
    let matters =
        |of: &Found| of.finding.law == ORDER.law && of.finding.verdict == Verdict::Observed(MATTERS.to_owned());
    if !found.iter().any(matters) {
        return;
    }
    for same_state in found.iter_mut().filter(|of| of.finding.law == SAME_STATE.law && of.fails()) {
        same_state.finding.verdict =
            Verdict::NotApplicable("the order of the rows is part of what it holds".to_owned());
    }
}

const MATTERS: &str = "the order of the rows makes a difference";

/// A group whose rows came in one order and in another.
struct Orders<'r> {
    rows: [Vec<&'r Row>; 2],
    states: [State; 2],
    shown: [Shown; 2],
}

/// `None` where the other order lets a row in that the first refuses.
fn orders<'r>(case: &'r Case) -> Result<Option<Orders<'r>>, Broken> {
    let mut marked: Vec<&Marked> = case.sequence.iter().collect();
    marked.sort_by_key(|marked| marked.mark);
    let mut session = case.subject.session();
    let (first, rows) = session.accumulated(case.rows())?;
    let (second, other_rows) = session.accumulated(marked.iter().map(|marked| &marked.row))?;
    let among = |of: &[&Row], row: &Row| of.iter().filter(|other| **other == row).count();
    if rows.len() != other_rows.len() || rows.iter().any(|row| among(&rows, row) != among(&other_rows, row)) {
        return Ok(None);
    }
    let shown = [session.shown(&first)?, session.shown(&second)?];
    Ok(Some(Orders { rows: [rows, other_rows], states: [first, second], shown }))
}

impl Orders<'_> {
    fn given(&self, case: &Case) -> Vec<String> {
        let [first, second] = &self.rows;
        let mut given = case.lines("accumulate", first.iter().copied());
        given.push("and in another group".to_owned());
        given.extend(case.lines("accumulate", second.iter().copied()));
        given
    }
}

/// Else an engine that compares states, or writes only those that changed, would see a change where none is.
fn same_state(case: &Case) -> Result<Tried, Broken> {
    let Some(orders) = orders(case)? else { return case.refused() };
    if orders.shown[0] != orders.shown[1] {
        return Ok(Tried::No);
    }
    let alone = case.alone(orders.rows[0].iter().copied())?;
    match case.close(&orders.states[0], &orders.states[1], &alone) {
        true => Ok(Tried::Yes),
        false => Err(case.broken(orders.given(case), &orders.states[0], &orders.states[1])),
    }
}

fn order(case: &Case) -> Result<Tried, Broken> {
    let Some(orders) = orders(case)? else { return case.refused() };
    let alone = case.alone(orders.rows[0].iter().copied())?;
    let [first, second] = [0, 1].map(|i| case.subject.show_value(&orders.shown[i]));
    if orders.shown[0] != orders.shown[1] && !case.close(&orders.states[0], &orders.states[1], &alone) {
        let [rows, other_rows] = &orders.rows;
        let one = |rows: &[&Row], shown: &str| {
            let rows: Vec<String> = rows.iter().map(|row| case.subject.show_row(row)).collect();
            format!("{} gives {shown}", rows.join(", "))
        };
        let given = vec![one(rows, &first), one(other_rows, &second)];
        return Err(Broken::Law(CounterExample { given, wanted: first, found: second }));
    }
    Ok(Tried::Yes)
}

/// Sums of floats within the bound that the entries' own values give.
fn entries(case: &Case) -> Result<Tried, Broken> {
    let mut session = case.subject.session();
    let (state, came) = session.accumulated(case.rows())?;
    let State::Entries(entries) = &state else { return Ok(Tried::No) };
    if entries.len() < 2 {
        return Ok(Tried::No);
    }
    let reversed = State::Entries(entries.clone().into_iter().rev().collect());
    let (wanted, found) = (session.shown(&state)?, session.shown(&reversed)?);
    let mut alone = Vec::new();
    for (key, entry) in entries {
        alone.extend(session.shown(&State::Entries([(key.clone(), entry.clone())].into_iter().collect()))?.ok());
    }
    let same = match (&wanted, &found) {
        (Ok(wanted), Ok(found)) => !matches!(compare(wanted, found, &alone), Closeness::Apart(_)),
        (wanted, found) => wanted == found,
    };
    if !same {
        let mut given = case.lines("accumulate", came);
        given.push("the value, and the value of the entries in reverse".to_owned());
        let (wanted, found) = (case.subject.show_value(&wanted), case.subject.show_value(&found));
        return Err(Broken::Law(CounterExample { given, wanted, found }));
    }
    Ok(Tried::Yes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first of the rows that are there, say: a, b, c and a, c, b show one value until a has gone.
    #[test]
    fn states_of_another_order_may_differ_where_the_order_matters_and_only_there() {
        let example = CounterExample { given: Vec::new(), wanted: String::new(), found: String::new() };
        let judged = |order: &str| {
            let fails = Found::said(SAME_STATE.law, Verdict::Fails(Box::new(example.clone())));
            let mut found = vec![fails, Found::said(ORDER.law, Verdict::Observed(order.to_owned()))];
            not_of_equal_contents(&mut found);
            found.swap_remove(0).finding.verdict
        };
        assert!(matches!(judged(MATTERS), Verdict::NotApplicable(_)));
        assert!(matches!(judged("the order of the rows makes no difference"), Verdict::Fails(_)));
    }
}
