//! What a function costs a row: on each host, by itself and in a growing group; what crosses the border by type; what loading a
//! component takes; and the engines' own way, DataFusion's accumulators, beside ours.
//!
//! `cargo bench --bench functions`, or a part of it by its name: `cargo bench --bench functions -- SUM`. Each group has its
//! baseline in it, and both run in the same minute.

mod datafusion;
mod growth;
mod loading;

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use streamfn::bench::{Candidate, Contestant, Host, ROWS, contestants, report};
use streamfn::contract::Function;
use streamfn::host::Limits;
use streamfn::memory;

#[path = "../../tests/support/command.rs"]
mod command;

/// As in the command.
#[global_allocator]
static ALLOCATOR: memory::Allocator = memory::Allocator;

fn candidate(plugin: &str) -> Candidate {
    let bytes = std::fs::read(command::plugin(plugin)).expect("`make` has made it");
    Candidate::open(bytes, Limits::default()).expect("a component")
}

fn functions(criterion: &mut Criterion, candidate: &Candidate) {
    for function in candidate.functions(&[]).expect("functions") {
        let mut group = criterion.benchmark_group(report::signature(function));
        for Contestant { host, mut run } in contestants(candidate, function).expect("it can be run") {
            for rows in ROWS {
                group.throughput(Throughput::Elements(rows as u64));
                group.bench_function(BenchmarkId::new(host.to_string(), rows), |bencher| bencher.iter(|| run(rows)));
            }
        }
        group.finish();
    }
}

/// A value in, and in and out again: COUNT takes one of its type and looks at nothing, the key of COLLECT is the value itself.
fn by_type(criterion: &mut Criterion, [aggregate, collect]: [&Candidate; 2]) {
    let mut group = criterion.benchmark_group("across the border");
    for (what, name, candidate) in [("in", "COUNT", aggregate), ("in and out", "COLLECT", collect)] {
        let of_one = |function: &&&Function| function.params.len() == 1;
        let functions = candidate.functions(&[name.to_owned()]).expect("it is there");
        for function in functions.iter().filter(of_one) {
            let all = contestants(candidate, function).expect("it can be run");
            for Contestant { host, mut run } in all.into_iter().filter(|one| one.host != Host::Batch) {
                let id = BenchmarkId::new(format!("{what} {host}"), &function.params[0].sql_type);
                group.throughput(Throughput::Elements(64));
                group.bench_function(id, |bencher| bencher.iter(|| run(64)));
            }
        }
    }
    group.finish();
}

fn main() {
    // `cargo test --benches` only wants to know that it starts.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    memory::keep();
    let quick =
        Criterion::default().warm_up_time(Duration::from_millis(20)).measurement_time(Duration::from_millis(150));
    let mut criterion = quick.sample_size(20).configure_from_args();
    let [aggregate, collect, enrich] = ["aggregate", "collect", "enrich"].map(candidate);
    for candidate in [&aggregate, &collect, &enrich] {
        functions(&mut criterion, candidate);
    }
    by_type(&mut criterion, [&aggregate, &collect]);
    datafusion::sums(&mut criterion, &aggregate);
    growth::collect(&mut criterion);
    loading::components(&mut criterion);
    criterion.final_summary();
}
