//! How a law is tried: many sequences from one seed, and the smallest one that breaks it.

use std::cell::{Cell, RefCell};

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};

use super::rows;
use crate::host::CallError;

/// What is said of a function, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Law {
    pub name: &'static str,
    /// The law in a sentence.
    pub says: &'static str,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Holds,
    /// No law: what a user may want to know.
    Observed(String),
    Fails(Box<CounterExample>),
    /// The function has not what the law is about.
    NotApplicable(String),
    /// It has, and still nothing could be said.
    NotChecked(String),
}

/// The smallest case that breaks a law.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CounterExample {
    /// What is done, one line each; rows as SQL literals.
    pub given: Vec<String>,
    pub wanted: String,
    pub found: String,
}

/// A law and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub law: Law,
    pub verdict: Verdict,
    /// How many sequences the law had something to say about.
    pub sequences: u32,
    /// What goes with it: bounds, sequences that were left out.
    pub notes: Vec<String>,
}

/// Whether a sequence was one that the law is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    Yes,
    No,
}

/// Why a sequence is a counter-example.
#[derive(Debug)]
pub enum Broken {
    Law(CounterExample),
    Call(Fault),
}

/// A call that failed, and not by a refusal.
#[derive(Debug)]
pub struct Fault {
    /// The function in WIT.
    pub call: String,
    pub error: CallError,
}

impl Fault {
    pub fn example(&self, given: Vec<String>) -> CounterExample {
        let found = format!("{}: {}", self.call, self.error);
        CounterExample { given, wanted: "an answer, or a refusal of the row".to_owned(), found }
    }
}

/// What became of all sequences.
#[derive(Debug)]
pub enum Outcome {
    Held {
        sequences: u32,
    },
    Broken(CounterExample),
    /// A call failed, which breaks the law about calls, whatever this one is about.
    CallFailed(CounterExample),
}

/// The law that any other may find broken.
pub const CALLS: Law = Law { name: "calls", says: "no call fails but by refusing the row" };

/// Of every shape.
pub const FRESH_INSTANCE: Law =
    Law { name: "fresh-instance", says: "one instance for all calls answers as a fresh one for each call" };

/// A finding, and the call that failed on the way.
pub struct Found {
    pub finding: Finding,
    pub failed_call: Option<CounterExample>,
}

impl Found {
    /// Of a law that holds or not, whatever was tried.
    pub fn of(law: Law, outcome: Outcome, notes: Vec<String>) -> Found {
        let (verdict, sequences) = match outcome {
            Outcome::Held { sequences: 0 } => (Verdict::NotChecked("no sequence had rows to try it on".to_owned()), 0),
            Outcome::Held { sequences } => (Verdict::Holds, sequences),
            Outcome::Broken(example) => (Verdict::Fails(Box::new(example)), 0),
            Outcome::CallFailed(example) => return Found::call(law, example),
        };
        let notes = if matches!(verdict, Verdict::Fails(_)) { Vec::new() } else { notes };
        Found { finding: Finding { law, verdict, sequences, notes }, failed_call: None }
    }

    /// Of a law that could not be tried, or needs no trial.
    pub fn said(law: Law, verdict: Verdict) -> Found {
        Found { finding: Finding { law, verdict, sequences: 0, notes: Vec::new() }, failed_call: None }
    }

    /// Of a law on whose way a call failed.
    pub fn call(law: Law, example: CounterExample) -> Found {
        let found = Found::said(law, Verdict::NotChecked(format!("a call fails, see `{}`", CALLS.name)));
        Found { failed_call: Some(example), ..found }
    }

    pub fn fails(&self) -> bool {
        matches!(self.finding.verdict, Verdict::Fails(_))
    }
}

/// All findings of a function, a failed call told by its own law.
pub fn settled(found: Vec<Found>) -> Vec<Finding> {
    let failed = found.iter().find_map(|found| found.failed_call.clone());
    let settle = |mut found: Found| {
        if let Some(example) = failed.clone().filter(|_| found.finding.law == CALLS) {
            found.finding.verdict = Verdict::Fails(Box::new(example));
            found.finding.notes.clear();
        }
        found.finding
    };
    found.into_iter().map(settle).collect()
}

/// Sequences for the laws of one function.
#[derive(Debug, Clone, Copy)]
pub struct Trial<'a> {
    pub seed: u64,
    pub sequences: u32,
    /// The function's interface.
    pub of: &'a str,
}

/// So many calls over the time limit are waited for in the search for a smaller counter-example.
const SLOW: u32 = 8;

impl Trial<'_> {
    /// Tries a law on `sequences` values. `show` tells a value whose calls failed.
    pub fn run<S: Strategy>(
        &self,
        law: Law,
        strategy: &S,
        show: impl Fn(&S::Value) -> Vec<String>,
        check: impl Fn(&S::Value) -> Result<Tried, Broken>,
    ) -> Outcome {
        let config = Config {
            cases: self.sequences,
            max_shrink_iters: 4096,
            max_shrink_time: 0,
            failure_persistence: None,
            verbose: 0,
            ..Config::default()
        };
        let mut runner = TestRunner::new_with_rng(config, rows::rng(self.seed, &[self.of, law.name]));
        let (tried, slow, panicked) = (Cell::new(0), Cell::new(0), Cell::new(false));
        // What fails first is what is made smaller, and not something else on the way.
        let smallest: RefCell<Option<Outcome>> = RefCell::new(None);
        let outcome = runner.run(strategy, |value| {
            if slow.get() >= SLOW || panicked.replace(true) {
                return Ok(());
            }
            let checked = check(&value);
            panicked.set(false);
            let broken = match checked {
                Ok(Tried::Yes) => {
                    tried.set(tried.get() + 1);
                    return Ok(());
                }
                Ok(Tried::No) => return Ok(()),
                Err(broken) => broken,
            };
            let first = smallest.borrow();
            let outcome = match (broken, &*first) {
                (Broken::Law(example), None | Some(Outcome::Broken(_))) => Outcome::Broken(example),
                (Broken::Call(fault), None | Some(Outcome::CallFailed(_))) => {
                    slow.set(slow.get() + u32::from(matches!(fault.error, CallError::TimeLimit { .. })));
                    Outcome::CallFailed(fault.example(show(&value)))
                }
                _ => return Ok(()),
            };
            drop(first);
            *smallest.borrow_mut() = Some(outcome);
            Err(TestCaseError::fail(law.name))
        });
        match (outcome, smallest.into_inner()) {
            (Err(TestError::Fail(..)), Some(smallest)) => smallest,
            (Ok(()), _) => Outcome::Held { sequences: tried.get() },
            // The panic has been told; it is nobody's law.
            (Err(error), _) => panic!("{} could not be tried on {}: {error}", law.name, self.of),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAW: Law = Law { name: "small", says: "no number is large" };

    fn run(check: impl Fn(&u32) -> Result<Tried, Broken>) -> Outcome {
        let trial = Trial { seed: 1, sequences: 200, of: "a test" };
        trial.run(LAW, &(0_u32..1000), |number| vec![number.to_string()], check)
    }

    fn example(number: u32) -> CounterExample {
        CounterExample { given: vec![number.to_string()], wanted: String::new(), found: String::new() }
    }

    #[test]
    fn the_smallest_number_that_breaks_a_law_is_found() {
        let outcome = run(|number| if *number < 100 { Ok(Tried::Yes) } else { Err(Broken::Law(example(*number))) });
        let Outcome::Broken(found) = outcome else { panic!("{outcome:?}") };
        assert_eq!(found, example(100));
    }

    #[test]
    fn a_failing_call_on_the_way_to_a_smaller_example_is_another_matter() {
        let fault = || Fault { call: "f".to_owned(), error: CallError::StackLimit { limit: 1 } };
        let outcome = run(|number| match number {
            0 => Err(Broken::Call(fault())),
            1..100 => Ok(Tried::No),
            _ => Err(Broken::Law(example(*number))),
        });
        let Outcome::Broken(found) = outcome else { panic!("{outcome:?}") };
        assert_eq!(found, example(100));
    }

    #[test]
    fn a_law_that_no_number_is_about_was_tried_on_none() {
        assert!(matches!(run(|_| Ok(Tried::No)), Outcome::Held { sequences: 0 }));
    }

    #[test]
    #[should_panic(expected = "small could not be tried on a test")]
    fn a_panic_is_no_law_that_holds() {
        run(|number| if *number < 100 { Ok(Tried::Yes) } else { panic!("a defect of the harness") });
    }
}
