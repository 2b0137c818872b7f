//! The laws of functions that have a state: aggregates and keyed aggregates, which are one [`Subject`] here.

mod instance;
mod merge;
mod order;
mod refusal;
mod retract;
mod size;

use std::cell::Cell;

use super::float::Closeness;
use super::law::{Broken, CounterExample, FRESH_INSTANCE, Found, Law, Trial, Tried, Verdict};
use super::rows::{Marked, Row};
use super::subject::{State, Subject};

/// A law of functions with a state.
pub(super) struct Grouped {
    pub law: Law,
    /// Why the law has nothing to say about a function.
    pub needs: fn(&Subject) -> Result<(), &'static str>,
    pub check: fn(&Case) -> Result<Tried, Broken>,
    pub kind: Kind,
}

/// What it means that a sequence breaks it.
pub(super) enum Kind {
    Law,
    /// A law, unless a part refuses all that the whole took: that is no fault, and this is to be known then.
    LawUnlessRefused(&'static str),
    /// No fault either way: what to say where it is broken, and where it is not.
    Observation {
        broken: &'static str,
        held: fn(&Tally) -> String,
    },
}

/// The laws in the order in which they are told.
const LAWS: [Grouped; 13] = [
    instance::CALLS_ANSWER,
    instance::FRESH,
    instance::SNAPSHOT,
    retract::RETRACT,
    retract::REST,
    merge::MERGE,
    merge::MERGE_NEW,
    merge::MERGE_RETRACTIONS,
    refusal::REFUSALS,
    refusal::REFUSAL,
    order::SAME_STATE,
    order::ENTRIES,
    order::ORDER,
];

/// A sequence that a law is tried on.
pub(super) struct Case<'a> {
    pub subject: &'a Subject<'a>,
    pub sequence: &'a [Marked],
    pub tally: &'a Tally,
}

/// What the sequences of one law have in common.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// The largest error of a float, as a share of its bound.
    largest: Cell<Option<f64>>,
    no_bound: Cell<u32>,
    /// Sequences of which the law says nothing, because a part refused what the whole took.
    refused: Cell<u32>,
    /// Rows that were refused.
    refused_rows: Cell<u32>,
}

impl Case<'_> {
    /// The rows in their order.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.sequence.iter().map(|marked| &marked.row)
    }

    /// One line for each row: `accumulate (1, 'a')`.
    pub fn lines<'r>(&self, word: &str, rows: impl IntoIterator<Item = &'r Row>) -> Vec<String> {
        rows.into_iter().map(|row| format!("{word} {}", self.subject.show_row(row))).collect()
    }

    /// The law is broken: this was done, this state was wanted, that one found.
    pub fn broken(&self, given: Vec<String>, wanted: &State, found: &State) -> Broken {
        let show = |state: &State| self.subject.show(state);
        Broken::Law(CounterExample { given, wanted: show(wanted), found: show(found) })
    }

    /// Whether the states are the same but for rounding, by the bound that the rows alone give.
    pub fn close(&self, wanted: &State, found: &State, alone: &[State]) -> bool {
        let closeness = super::float::compare(wanted, found, alone);
        match closeness {
            Closeness::Within(share) => {
                let largest = self.tally.largest.get().unwrap_or(0.0);
                self.tally.largest.set(Some(largest.max(share)));
            }
            Closeness::NoBound => self.tally.no_bound.set(self.tally.no_bound.get() + 1),
            Closeness::Same | Closeness::Apart(_) => {}
        }
        !matches!(closeness, Closeness::Apart(_))
    }

    /// The state that each row leaves that is alone.
    pub fn alone<'r>(&self, rows: impl IntoIterator<Item = &'r Row>) -> Result<Vec<State>, Broken> {
        let mut session = self.subject.session();
        rows.into_iter().map(|row| Ok(session.accumulated([row])?.0)).collect()
    }

    /// A sequence that the law can say nothing about, since a part refused what the whole took.
    pub fn refused(&self) -> Result<Tried, Broken> {
        self.tally.refused.set(self.tally.refused.get() + 1);
        Ok(Tried::No)
    }
}

impl Tally {
    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(largest) = self.largest.get() {
            notes.push(format!(
                "floats within n × 2^-51 (FLOAT: 2^-22) × the sum of what each row alone leaves; largest error {:.0} % of that",
                (largest * 100.0).ceil(),
            ));
        }
        if self.no_bound.get() > 0 {
            notes.push(format!(
                "{} states had floats without a bound: not finite, or such as no row alone leaves",
                self.no_bound.get()
            ));
        }
        if self.refused.get() > 0 {
            notes.push(format!("{} sequences left out: a part refused what the whole took", self.refused.get()));
        }
        notes
    }
}

/// All laws of functions with a state.
pub(super) fn laws() -> impl Iterator<Item = Law> {
    LAWS.iter().map(|grouped| grouped.law).chain([size::MANY, size::GROWTH])
}

/// Tries all laws on a function.
pub(super) fn check(subject: &mut Subject, trial: &Trial) -> Vec<Found> {
    let mut found = Vec::new();
    for law in &LAWS {
        found.push(one(law, subject, trial));
        if law.law == FRESH_INSTANCE {
            // What an instance keeps is found by then; it is not to be found again by every other law.
            subject.isolated = found.last().is_some_and(Found::fails);
            if let Some(found) = found.last_mut().filter(|_| subject.isolated) {
                found.finding.notes.push("in the laws below each call has a fresh instance".to_owned());
            }
        }
    }
    order::not_of_equal_contents(&mut found);
    found.push(match subject.isolated {
        true => Found::said(size::MANY, Verdict::NotChecked(format!("see `{}`", FRESH_INSTANCE.name))),
        false => size::many(subject),
    });
    found.push(size::growth(subject));
    found
}

fn one(grouped: &Grouped, subject: &Subject, trial: &Trial) -> Found {
    let law = grouped.law;
    if let Err(why) = (grouped.needs)(subject) {
        return Found::said(law, Verdict::NotApplicable(why.to_owned()));
    }
    let tally = Tally::default();
    let show = |sequence: &Vec<Marked>| {
        sequence.iter().map(|marked| format!("row {}", subject.show_row(&marked.row))).collect()
    };
    let outcome = trial.run(law, &subject.columns.sequences(), show, |sequence| {
        (grouped.check)(&Case { subject, sequence, tally: &tally })
    });
    let mut found = Found::of(law, outcome, tally.notes());
    let verdict = &mut found.finding.verdict;
    match (&grouped.kind, &verdict) {
        (Kind::LawUnlessRefused(known), Verdict::NotChecked(_))
            if tally.refused.get() > 0 && found.failed_call.is_none() =>
        {
            *verdict = Verdict::Observed((*known).to_owned());
        }
        (Kind::Observation { broken, .. }, Verdict::Fails(example)) => {
            found.finding.notes = example.given.iter().map(|line| format!("such as {line}")).collect();
            *verdict = Verdict::Observed((*broken).to_owned());
        }
        (Kind::Observation { held, .. }, Verdict::Holds) => {
            *verdict = Verdict::Observed(held(&tally));
        }
        _ => {}
    }
    found
}
