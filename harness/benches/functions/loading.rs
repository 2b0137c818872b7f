//! What it takes until a component's first row is through: compiled, or out of the cache; and a further instance.

use criterion::Criterion;
use streamfn::contract;
use streamfn::host::{Limits, Program};

use crate::command;

pub fn components(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("loading a component");
    group.sample_size(10);
    let cache = tempfile::tempdir().expect("a directory");
    for (name, interface) in
        [("enrich", "streamfn:enrich/with-user@0.1.0"), ("aggregate", "streamfn:aggregate/sum-of-int@0.1.0")]
    {
        let bytes = std::fs::read(command::plugin(name)).expect("`make` has made it");
        let component = contract::read(&bytes).expect("a component");
        let first_row = |program: &Program| {
            let function = match name {
                "aggregate" => program.function(interface, "create"),
                _ => program.function(interface, "eval"),
            };
            let nulls = vec![streamfn_model::Value::Null; if name == "aggregate" { 0 } else { 2 }];
            // A call of other arguments than it has is refused after the instance is made, which is what takes the time.
            let _ = program.instance().call(function.expect("it is there"), &nulls);
        };
        group.bench_function(format!("{name}: contract"), |bencher| {
            bencher.iter(|| contract::read(&bytes).expect("a component"));
        });
        group.bench_function(format!("{name}: compiled, to the first row"), |bencher| {
            bencher.iter(|| first_row(&Program::compile(&bytes, &component, Limits::default()).expect("a component")));
        });
        let cached = || {
            Program::compile_or_load(&bytes, &component, Limits::default(), Some(cache.path())).expect("a component")
        };
        cached();
        group.bench_function(format!("{name}: out of the cache, to the first row"), |bencher| {
            bencher.iter(|| first_row(&cached()));
        });
        let program = cached();
        group.bench_function(format!("{name}: one more instance, to the first row"), |bencher| {
            bencher.iter(|| first_row(&program));
        });
    }
    group.finish();
}
