//! What the functions of `plugins/enrich` cost a row: as Rust, in a component by the bridge, and in arrow-udf's WebAssembly,
//! which takes and gives Arrow's batches. arrow-udf's runtime has no aggregates there, so these are all.
//!
//! `make bench-arrow-udf`, or from the root of the checkout a part of it by its name, once `make` has made the component:
//! `cargo bench --manifest-path harness/benches/arrow-udf/Cargo.toml -- WITH_USER`. It takes the compiler for WebAssembly that
//! `streamfn build` takes. Every way gives the same answers, or nothing is measured.

mod arrow_udf;
mod bridge;
mod function;
mod guest;
mod unnest_entries;
mod with_product;
mod with_user;

use std::hint::black_box;
use std::time::Duration;

use arrow_udf::ArrowUdf;
use arrow_udf_runtime::wasm::Runtime;
use bridge::Bridge;
use criterion::{BenchmarkId, Criterion, Throughput};
use function::Function;
use streamfn::bench::ROWS;
use streamfn::host::Program;
use streamfn::memory;
use streamfn_model::Value;

/// As in the command.
#[global_allocator]
static ALLOCATOR: memory::Allocator = memory::Allocator;

/// How many rows are different; after them they come again.
const DIFFERENT: usize = 100;

/// What all is measured with.
struct Bench {
    criterion: Criterion,
    component: Program,
    runtime: Runtime,
}

impl Bench {
    fn function<F: Function>(&mut self) {
        let rows: Vec<F::Row> = (0..DIFFERENT).map(F::row).collect();
        let arguments: Vec<Vec<Value>> = rows.iter().map(F::arguments).collect();
        let columns = |count| F::columns(&rows.iter().cycle().take(count).cloned().collect::<Vec<_>>());
        let (mut bridge, mut answer) = (Bridge::of::<F>(&self.component), Value::Null);
        let arrow_udf = ArrowUdf::of::<F>(&self.runtime);

        let native: Vec<Value> = rows.iter().cloned().map(F::native).map(F::value).collect();
        for (arguments, native) in arguments.iter().zip(&native) {
            bridge.call(arguments, &mut answer);
            assert_eq!(answer, *native, "{} in the bridge and as Rust", F::INTERFACE);
        }
        for count in ROWS {
            let wanted: Vec<Value> = native.iter().cycle().take(count).cloned().collect();
            assert_eq!(arrow_udf.answers(&columns(count)), wanted, "{} in arrow-udf and as Rust", F::INTERFACE);
        }

        let mut group = self.criterion.benchmark_group(format!("{} ({})", F::SQL_NAME, F::INTERFACE));
        for count in ROWS {
            group.throughput(Throughput::Elements(count as u64));
            group.bench_function(BenchmarkId::new("native", count), |bencher| {
                bencher.iter(|| {
                    for row in rows.iter().cycle().take(count) {
                        black_box(F::native(black_box(row).clone()));
                    }
                });
            });
            group.bench_function(BenchmarkId::new("bridge", count), |bencher| {
                bencher.iter(|| {
                    for row in arguments.iter().cycle().take(count) {
                        bridge.call(black_box(row), &mut answer);
                        black_box(&answer);
                    }
                });
            });
            let columns = columns(count);
            group.bench_function(BenchmarkId::new("arrow-udf", count), |bencher| {
                bencher.iter(|| arrow_udf.call(black_box(&columns), |batch| drop(black_box(batch))));
            });
        }
        group.finish();
    }
}

fn main() {
    // `cargo test --benches` only wants to know that it starts.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    memory::keep();
    let quick =
        Criterion::default().warm_up_time(Duration::from_millis(100)).measurement_time(Duration::from_millis(500));
    let mut bench = Bench {
        criterion: quick.sample_size(20).configure_from_args(),
        component: bridge::open(),
        runtime: Runtime::new(&guest::build()).expect("a module of arrow-udf"),
    };
    bench.function::<with_user::WithUser>();
    bench.function::<with_product::WithProduct>();
    bench.function::<unnest_entries::OfMultiset>();
    bench.function::<unnest_entries::OfMap>();
    bench.criterion.final_summary();
}
