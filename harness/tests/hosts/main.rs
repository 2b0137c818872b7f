//! Four hosts give the same, bit by bit: `plugins/logic` as Rust, the bridge, wasmtime's component API, and the JVM's
//! bridge over the code of a packed jar. Every function of the standard plugins runs the same seeded sequences of rows on
//! all of them, each with the steps of an engine: accumulated in two parts, partly retracted, merged, the rest retracted,
//! values taken on the way. A refusal is a result with its sentence; no call may fail.
//!
//! Three laws of the contract are tried on the way, on every host by itself and exactly: `retract`, all rows retracted leave
//! the new state; `merge`, what was cut and merged is what was never cut (over floats that can be added in any order); and
//! `merge-new`, merging with a new state changes nothing. What `streamfn laws` finds of the others in the bridge holds where
//! the results are equal.
//!
//! `STREAMFN_SEQUENCES` is the number of sequences of each function, 2,000 if nobody says; `.ci/run` says 1,000,000.
//! `STREAMFN_SEED` takes others. What differs is shown as one sequence, call by call, with what runs it again.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "../support/asked.rs"]
mod asked;
#[path = "../support/command.rs"]
mod command;
mod component;
mod difference;
mod dynamic;
mod endive;
mod engine;
mod function;
mod generator;
#[path = "../support/jvm.rs"]
mod jvm;
mod native;
mod results;
mod run;
mod shapes;
mod subject;
mod values;
mod wire;
mod wired;
mod wrong;

use std::sync::Arc;
use std::time::Instant;

use asked::asked;
use run::{Amount, Here, Host, compare};
use subject::{Plugin, Subject};
use wasmtime::Engine;

#[test]
fn all_hosts_give_the_same_for_every_function() {
    let amount = Amount { sequences: asked("STREAMFN_SEQUENCES", 2_000), seed: asked("STREAMFN_SEED", 0) };
    let plugins: Vec<_> = command::ENGINE_PLUGINS.iter().map(|name| Plugin::read(&command::plugin(name))).collect();
    let subjects: Vec<_> = plugins.iter().flat_map(Plugin::subjects).collect();
    let mut names: Vec<_> = subjects.iter().map(|subject| subject.name().to_owned()).collect();
    names.sort_unstable();
    assert_eq!(names, native::functions().into_keys().collect::<Vec<_>>(), "in the plugins, and as Rust");
    let engine = Engine::default();
    let compiled: Vec<_> =
        plugins.iter().map(|plugin| wasmtime::component::Component::new(&engine, &plugin.bytes).unwrap()).collect();
    let native = native(&subjects);
    let bridge = Here {
        name: "the bridge",
        workers: 1,
        make: Box::new(|index| {
            let Subject { plugin, function, .. } = &subjects[index];
            component::bridge(&plugin.program, &plugin.component, function)
        }),
    };
    let reference = Here {
        name: "wasmtime's component API",
        workers: 2,
        make: Box::new(|index| {
            let Subject { plugin, function, .. } = &subjects[index];
            let place = plugins.iter().position(|other| Arc::ptr_eq(other, plugin)).unwrap();
            component::reference(&engine, &compiled[place], &plugin.component, function)
        }),
    };
    let endive = endive::Endive::start(&plugins, &subjects);
    let hosts: [&dyn Host; 4] = [&native, &bridge, &reference, &endive];

    let start = Instant::now();
    let took = compare(&subjects, &hosts, amount).unwrap_or_else(|difference| panic!("{difference}"));
    println!("{} functions, {} sequences each: {:?}", subjects.len(), amount.sequences, start.elapsed());
    hosts.iter().zip(took).for_each(|(host, took)| println!("  {}: {took:?}", host.name()));
}

fn native(subjects: &[Subject]) -> Here<'_> {
    let make = |index: usize| {
        let name = subjects[index].name();
        native::functions().remove(name).unwrap_or_else(|| panic!("{name} is not among the native functions"))
    };
    Here { name: "the logic as Rust", workers: 1, make: Box::new(make) }
}
