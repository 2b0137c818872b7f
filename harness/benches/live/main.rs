//! What a row costs from a real broker to the tables of both demos, in time and in CPU of all threads: beside a consumer that
//! only counts the same records, beside one that decodes their Avro too, and beside the same records in files. And what it
//! costs to load millions of users from a compacted topic.
//!
//! `cargo bench --bench live` starts broker and registry and makes the events up. `STREAMFN_BENCH_EVENTS` (200,000) is how many
//! of each demo there are, `STREAMFN_BENCH_USERS` (350,000) how many users are loaded.

#[path = "../../tests/support/asked.rs"]
mod asked;
#[path = "../../tests/support/command.rs"]
mod command;
mod consumer;
mod cpu;
mod demo;
#[path = "../../tests/support/peak.rs"]
mod peak;
#[path = "../../tests/support/stack.rs"]
mod stack;
mod users;

use criterion::measurement::Measurement;
use criterion::{BenchmarkId, Criterion, Throughput};

use asked::asked;
use cpu::CpuTime;
use demo::Demo;
use stack::Stack;
use streamfn::memory;

/// As in the command.
#[global_allocator]
static ALLOCATOR: memory::Allocator = memory::Allocator;

fn rows<M: Measurement>(criterion: &mut Criterion<M>, measured: &str, demos: &[Demo<'_>]) {
    for demo in demos {
        let mut group = criterion.benchmark_group(format!("{} {measured}", demo.name));
        group.sample_size(10).throughput(Throughput::Elements(demo.records));
        group.bench_function("consumer", |bencher| bencher.iter(|| assert_eq!(demo.consume(|_, _| {}), demo.records)));
        for decoder in ["arrow-avro", "apache-avro"] {
            group.bench_function(BenchmarkId::new("consumer and Avro", decoder), |bencher| {
                bencher.iter(|| demo.consume_and_decode(decoder));
            });
        }
        group.bench_function("files to tables", |bencher| bencher.iter(|| demo.replay_files()));
        group.bench_function("broker to tables", |bencher| bencher.iter(|| demo.replay_topics()));
        group.finish();
    }
}

fn main() {
    // `cargo test --benches` only wants to know that it starts.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    memory::keep();
    {
        let stack = Stack::start();
        let events = asked("STREAMFN_BENCH_EVENTS", 200_000);
        let demos = [demo::smartshop(&stack, events), demo::ecommerce(&stack, events)];
        rows(&mut Criterion::default().configure_from_args(), "time", &demos);
        rows(&mut Criterion::default().with_measurement(CpuTime).configure_from_args(), "CPU", &demos);
    }
    users::loading(&mut Criterion::default().configure_from_args(), asked("STREAMFN_BENCH_USERS", 350_000));
    Criterion::default().configure_from_args().final_summary();
}
