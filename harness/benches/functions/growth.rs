//! COLLECT with more and more different values in one group: what a row costs must not grow with what is there, or hardly.

use std::collections::BTreeMap;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput};
use streamfn::contract;
use streamfn::host::{Limits, Program};
use streamfn_model::Value;

use crate::command;

/// Rows that are measured on top of what is there.
const ROWS: usize = 100;

pub fn collect(criterion: &mut Criterion) {
    let bytes = std::fs::read(command::plugin("collect")).expect("`make` has made it");
    let component = contract::read(&bytes).expect("a component");
    let program = Program::compile(&bytes, &component, Limits::default()).expect("a component");
    let member = |name| program.function("streamfn:collect/collect-of-string@0.1.0", name).expect("it is there");
    let (key, accumulate) = (member("key"), member("accumulate"));
    let mut instance = program.instance();
    let text = |number: usize| Value::String(format!("product {number:06}"));
    let mut row = |entries: &mut BTreeMap<Value, Value>, number: usize| {
        let key = instance.call(key, &[text(number)]).expect("a key");
        let before = entries.get(&key).cloned().unwrap_or(Value::Null);
        let after = instance.call(accumulate, &[before, text(number)]).expect("an entry");
        entries.insert(key, after);
    };

    let mut group = criterion.benchmark_group("COLLECT growing");
    group.throughput(Throughput::Elements(ROWS as u64));
    for size in [100, 1_000, 10_000, 100_000] {
        let entries: BTreeMap<Value, Value> = (0..size).map(|number| (text(number), Value::S32(1))).collect();
        // Half of the rows have a value that is there, half a new one, in no order.
        let numbers: Vec<usize> = (0..ROWS).map(|row| row * 7_919 % (2 * size)).collect();
        group.bench_function(BenchmarkId::new("bridge and map", size), |bencher| {
            let grow = |mut entries: BTreeMap<Value, Value>| {
                numbers.iter().for_each(|number| row(&mut entries, *number));
                entries
            };
            bencher.iter_batched(|| entries.clone(), grow, BatchSize::PerIteration);
        });
        group.bench_function(BenchmarkId::new("map alone", size), |bencher| {
            let grow = |mut entries: BTreeMap<Value, Value>| {
                for number in &numbers {
                    *entries.entry(text(*number)).or_insert(Value::S32(0)) = Value::S32(1);
                }
                entries
            };
            bencher.iter_batched(|| entries.clone(), grow, BatchSize::PerIteration);
        });
    }
    group.finish();
}
