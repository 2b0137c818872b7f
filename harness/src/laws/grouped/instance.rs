//! What a component's instance may keep between calls: nothing that anybody notices.

use super::{Case, Grouped, Kind};
use crate::laws::law::{Broken, CALLS, CounterExample, FRESH_INSTANCE, Law, Tried};
use crate::laws::rows::Row;
use crate::laws::subject::{Direction, Session, State, Step, Subject};

pub const CALLS_ANSWER: Grouped = Grouped { law: CALLS, needs: anything, check: calls_answer, kind: Kind::Law };

pub const FRESH: Grouped = Grouped { law: FRESH_INSTANCE, needs: anything, check: fresh, kind: Kind::Law };

pub const SNAPSHOT: Grouped = Grouped {
    law: Law { name: "snapshot", says: "a state that is copied and goes on in another instance is what it would be" },
    needs: anything,
    check: snapshot,
    kind: Kind::Law,
};

fn anything(_: &Subject) -> Result<(), &'static str> {
    Ok(())
}

/// Every call that an engine could make for these rows.
fn calls_answer(case: &Case) -> Result<Tried, Broken> {
    scripted(case, &mut case.subject.session())?;
    Ok(Tried::Yes)
}

/// After refused rows too.
fn fresh(case: &Case) -> Result<Tried, Broken> {
    let wanted = scripted(case, &mut case.subject.sessions())?;
    let found = scripted(case, &mut case.subject.session())?;
    match wanted.iter().zip(&found).position(|(wanted, found)| wanted != found) {
        None => Ok(Tried::Yes),
        Some(first) => Err(Broken::Law(CounterExample {
            given: found[..=first].iter().map(|answer| answer.call.clone()).collect(),
            wanted: format!("{} (each call in a fresh instance)", wanted[first].shown),
            found: found[first].shown.clone(),
        })),
    }
}

/// A call, and what it gave.
#[derive(Debug, PartialEq)]
struct Answer {
    call: String,
    shown: String,
    state: Option<State>,
}

/// Rows come, some of them leave again; the value is asked for after each; parts are merged.
fn scripted(case: &Case, session: &mut Session) -> Result<Vec<Answer>, Broken> {
    let subject = case.subject;
    let mut answers = Vec::new();
    let mut state = session.new_state()?;
    let new = state.clone();
    let step = |session: &mut Session, state: &mut State, word: &str, row: &Row, direction| {
        let step = session.step(state, row, direction)?;
        let shown = match &step {
            Step::Refused(reason) => format!("refused: {reason}"),
            Step::Done | Step::Skipped => subject.show(state),
        };
        let answer = Answer { call: format!("{word} {}", subject.show_row(row)), shown, state: Some(state.clone()) };
        Ok::<_, Broken>((step, answer))
    };
    for marked in case.sequence {
        let (done, answer) = step(session, &mut state, "accumulate", &marked.row, Direction::Accumulate)?;
        answers.push(answer);
        value(subject, session, &state, &mut answers)?;
        if done == Step::Done && subject.retracts() && marked.mark % 2 == 1 {
            answers.push(step(session, &mut state, "retract", &marked.row, Direction::Retract)?.1);
            value(subject, session, &state, &mut answers)?;
        }
    }
    if subject.merges() {
        for (call, a, b) in [("merge it with a new state", &state, &new), ("merge it with itself", &state, &state)] {
            let merged = session.merged(a, b)?;
            let shown = merged.as_ref().map_or_else(|reason| format!("refused: {reason}"), |state| subject.show(state));
            answers.push(Answer { call: call.to_owned(), shown, state: merged.ok() });
        }
    }
    Ok(answers)
}

fn value(subject: &Subject, session: &mut Session, state: &State, answers: &mut Vec<Answer>) -> Result<(), Broken> {
    if subject.has_value() {
        let shown = session.shown(state)?;
        answers.push(Answer { call: "value".to_owned(), shown: subject.show_value(&shown), state: shown.ok() });
    }
    Ok(())
}

/// As at a checkpoint: the job goes on, and somewhere else it is restored.
fn snapshot(case: &Case) -> Result<Tried, Broken> {
    let rows: Vec<&Row> = case.rows().collect();
    let cut = usize::from(case.sequence.first().map_or(0, |first| first.mark)) % (rows.len() + 1);
    let mut session = case.subject.session();
    let (mut state, _) = session.accumulated(rows[..cut].iter().copied())?;
    let mut restored = state.clone();
    let mut elsewhere = case.subject.session();
    for row in &rows[cut..] {
        session.step(&mut state, row, Direction::Accumulate)?;
        // An engine asks as often as it likes, and what it is told may be a refusal.
        drop(session.shown(&state)?);
        elsewhere.step(&mut restored, row, Direction::Accumulate)?;
    }
    let (shown, shown_elsewhere) = (session.shown(&state)?, elsewhere.shown(&restored)?);
    let mut given = case.lines("accumulate", rows[..cut].iter().copied());
    given.push("copy the state, and go on in another instance".to_owned());
    given.extend(case.lines("accumulate", rows[cut..].iter().copied()));
    if state != restored {
        return Err(case.broken(given, &state, &restored));
    }
    if shown != shown_elsewhere {
        let (wanted, found) = (case.subject.show_value(&shown), case.subject.show_value(&shown_elsewhere));
        return Err(Broken::Law(CounterExample { given, wanted, found }));
    }
    Ok(Tried::Yes)
}
