//! The test of the test: a host that is wrong on purpose is found, and what it did is named.

use streamfn::contract::Shape;

use crate::function::{Runs, step};
use crate::results::{Results, outcome};
use crate::run::{Amount, Here, Host, compare};
use crate::subject::{Plugin, Subject};
use crate::{command, component, native};

/// A host that is wrong: what it does to a block before its function sees it, and to the results after that.
struct Wrong {
    function: Box<dyn Runs>,
    block: fn(&mut [u8]),
    results: fn(&mut [u8]),
}

impl Runs for Wrong {
    fn run(&mut self, block: &[u8], results: &mut Results) {
        let mut block = block.to_vec();
        (self.block)(&mut block);
        self.function.run(&block, results);
        (self.results)(&mut results.bytes);
    }
}

const AMOUNT: Amount = Amount { sequences: 2_000, seed: 7 };

fn all(plugin: &str) -> Vec<Subject> {
    Plugin::subjects(&Plugin::read(&command::plugin(plugin)))
}

fn only(name: &str) -> Vec<Subject> {
    all("aggregate").into_iter().filter(|subject| subject.name() == name).collect()
}

fn bridge(subjects: &[Subject], block: fn(&mut [u8]), results: fn(&mut [u8])) -> Here<'_> {
    let make = move |index: usize| -> Box<dyn Runs> {
        let Subject { plugin, function, .. } = &subjects[index];
        let function = component::bridge(&plugin.program, &plugin.component, function);
        Box::new(Wrong { function, block, results })
    };
    Here { name: "the wrong bridge", workers: 1, make: Box::new(make) }
}

#[track_caller]
fn says(said: &str, words: &[&str]) {
    for word in words {
        assert!(said.contains(word), "wanted {word:?} in\n{said}");
    }
}

#[test]
fn a_nan_that_is_not_the_canonical_one_is_found_and_named() {
    let subjects = only("max-of-double");
    let wrong = bridge(
        &subjects,
        |_| {},
        |results| {
            let nan = 0x7ff8_0000_0000_0000_u64.to_le_bytes();
            while let Some(at) = results.windows(8).position(|bytes| bytes == nan) {
                results[at + 7] = 0xff;
            }
        },
    );
    let said = compare(&subjects, &[&native(&subjects), &wrong], AMOUNT).unwrap_err();
    says(
        &said,
        &[
            "streamfn:aggregate/max-of-double@0.1.0 (MAX): the logic as Rust and the wrong bridge differ in sequence ",
            " of seed 7 at accumulate\n",
            "  accumulate in part ",
            " of [F64(NaN)]\n",
            "    the logic as Rust gives Record([F64(NaN)]) (bytes 0001000000000000f87f)\n",
            "    the wrong bridge gives Record([F64(NaN)]) (bytes 0001000000000000f8ff)\n",
            "again: STREAMFN_SEED=7 STREAMFN_SEQUENCES=",
        ],
    );
}

#[test]
fn an_argument_that_did_not_arrive_as_it_was_is_found_and_named() {
    let subjects = only("sum-of-int");
    // The lowest bit of the first row: behind two steps and the part.
    let alters = |block: &mut [u8]| {
        let row = block.windows(3).position(|steps| steps == [step::CREATE, step::ACCUMULATE, 0]);
        row.iter().for_each(|row| block[row + 3] ^= 1);
    };
    let wrong = bridge(&subjects, alters, |_| {});
    let said = compare(&subjects, &[&native(&subjects), &wrong], AMOUNT).unwrap_err();
    says(&said, &["differ in sequence ", " of seed 7 at accumulate\n", "  accumulate in part 0 of [S32("]);
}

/// A law says nothing where a row was refused: that must not be everywhere.
#[test]
fn each_law_is_tried_on_each_function_that_has_it() {
    for subjects in ["aggregate", "collect"].map(all) {
        let native = native(&subjects);
        for (index, subject) in subjects.iter().enumerate() {
            let results = native.results(index, &AMOUNT.block(subject, 0));
            let marks = results.marks.as_deref().unwrap_or_default();
            let held = |law: &str| {
                marks.iter().filter(|mark| mark.call == law && results.bytes[mark.result] == outcome::HOLDS).count()
            };
            let (retract, merge, keyed) = match subject.function.shape {
                Shape::Aggregate { retract, merge, .. } => (retract, merge, false),
                Shape::Keyed { retract, merge, .. } => (retract, merge, true),
                _ => panic!("these are aggregates"),
            };
            for (law, has) in [("law retract", retract), ("law merge", merge), ("law merge-new", merge && !keyed)] {
                let held = held(law);
                assert!(!has || held >= 20, "{}: {law} holds in {held} sequences of a thousand", subject.name());
            }
        }
    }
}

#[test]
fn a_law_that_is_broken_on_all_hosts_alike_is_found_and_named() {
    let subjects = only("count");
    // COUNT has no arguments, so a step is easily another: none of what should leave does.
    let forgets = |block: &mut [u8]| {
        let mut at = 0;
        while at < block.len() {
            let has_part = matches!(block[at], step::ACCUMULATE | step::RETRACT | step::VALUE | step::MERGE_NEW);
            if block[at] == step::RETRACT {
                block[at] = step::VALUE;
            }
            at += 1 + usize::from(has_part);
        }
    };
    let (one, other) = (bridge(&subjects, forgets, |_| {}), bridge(&subjects, forgets, |_| {}));
    let said = compare(&subjects, &[&one, &other], AMOUNT).unwrap_err();
    says(&said, &["all hosts agree, and it is wrong in sequence ", "at law retract", "gives the law is broken"]);
}
