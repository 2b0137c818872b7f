//! Both demos from files to tables, in components and with built-ins of the harness's own, beside the same in plain Rust
//! (`native`), and the most memory that each takes.
//!
//! `cargo bench --bench pipelines`. `STREAMFN_BENCH_EVENTS` (100,000) is how many events there are of each demo,
//! `STREAMFN_BENCH_USERS` (20,000) how many users; what is measured of a demo is all its records.

#[path = "../../tests/support/asked.rs"]
mod asked;
#[path = "../../tests/support/command.rs"]
mod command;
mod native;
#[path = "../../tests/support/peak.rs"]
mod peak;

use std::path::{Path, PathBuf};
use std::process::Stdio;

use asked::asked;
use command::Desk;
use criterion::{Criterion, Throughput};
use streamfn::host::Limits;
use streamfn::library::Library;
use streamfn::memory;
use streamfn::replay::{self, Keep, Options};
use streamfn::sql::Builtins;
use streamfn::topic::Phase;
use streamfn_model::{Dialect, Value};

/// As in the command.
#[global_allocator]
static ALLOCATOR: memory::Allocator = memory::Allocator;

struct Demo {
    name: &'static str,
    dialect: Dialect,
    sql: &'static str,
    table: &'static str,
    topics: &'static [&'static str],
    native: fn(&Path) -> (usize, f64),
}

const DEMOS: [Demo; 2] = [
    Demo {
        name: "smartshop",
        dialect: Dialect::Ksqldb,
        sql: include_str!("../../../sql/ksqldb/smartshop.sql"),
        table: "smartshop-checkout-qty-4",
        topics: &["smartshop-basket", "smartshop-checkout"],
        native: native::smartshop,
    },
    Demo {
        name: "ecommerce",
        dialect: Dialect::Flink,
        sql: include_str!("../../../sql/flink/ecommerce.sql"),
        table: "session_baskets",
        topics: &["ecommerce.users", "ecommerce.products", "ecommerce.events"],
        native: native::ecommerce,
    },
];

impl Demo {
    /// Makes the files, and says how many records there are.
    fn generate(&self, desk: &Desk) -> u64 {
        let users = asked("STREAMFN_BENCH_USERS", 20_000_u64);
        let events = asked("STREAMFN_BENCH_EVENTS", 100_000_u64).to_string();
        desk.file("s.sql", self.sql).file(
            "c.yaml",
            match self.name {
                // Nothing that native Rust would have to take back.
                "ecommerce" => format!(
                    "users: {users}\nproducts: 10000\nevents: {events}\nuser_update_share: 0\nuser_delete_share: 0\n\
                     product_update_share: 0\nproduct_delete_share: 0\n"
                ),
                _ => "smartshop: {}\n".to_owned(),
            },
        );
        let dialect = if self.dialect == Dialect::Flink { "flink" } else { "ksqldb" };
        let answer = desk.run(&[
            "generate",
            self.name,
            "--config",
            "c.yaml",
            "--events",
            &events,
            "--sql",
            "s.sql",
            "--dialect",
            dialect,
            "--out",
            "t",
        ]);
        assert_eq!(answer.code, Some(0), "{answer:?}");
        let lines = |topic: &&str| desk.read(&format!("t/{topic}.jsonl")).lines().count() as u64;
        self.topics.iter().map(lines).sum()
    }

    fn files(&self, folder: &Path) -> Vec<(String, PathBuf)> {
        self.topics.iter().map(|topic| ((*topic).to_owned(), folder.join(format!("{topic}.jsonl")))).collect()
    }
}

fn bench(criterion: &mut Criterion, demo: &Demo) {
    let desk = Desk::new();
    let records = demo.generate(&desk);
    let folder = desk.path("t");
    let library = Library::open(&[command::plugin("aggregate"), command::plugin("collect")]).expect("they are there");
    let plugins = library.compile(Limits::default()).expect("components");
    let phase = Phase::from(demo.files(&folder).into_iter().collect::<std::collections::BTreeMap<_, _>>());
    let tables = [demo.table];
    let options = Options { rows: Keep::Of(&tables), changes: Keep::Of(&[]), ..Options::default() };

    let mut group = criterion.benchmark_group(format!("{} from files to tables", demo.name));
    group.sample_size(10).throughput(Throughput::Elements(records));
    let expected = (demo.native)(&folder);
    group.bench_function("native", |bencher| bencher.iter(|| (demo.native)(&folder)));
    for (name, builtins) in [("components", Builtins::Component), ("built-ins of the harness", Builtins::Native)] {
        let pipeline = library.plan(demo.dialect, builtins, demo.sql).expect("the demo's SQL");
        let run = || {
            replay::replay(&pipeline, &plugins, std::slice::from_ref(&phase), options).expect("it was generated for it")
        };
        let outcome = run();
        let table = outcome.tables.iter().find(|table| table.relation.name == demo.table).expect("the demo's table");
        let price = |row: &replay::Row| {
            row.values.iter().rev().find_map(|value| match value {
                Value::F64(price) => Some(*price),
                _ => None,
            })
        };
        let prices: Vec<f64> = table.rows().filter_map(|row| price(&row)).collect();
        let found = (prices.len(), prices.iter().sum::<f64>());
        let is_same = found.0 == expected.0 && (found.1 - expected.1).abs() <= expected.1 * 1e-9;
        assert!(is_same, "{name}: {found:?}, by hand {expected:?}");
        group.bench_function(name, |bencher| bencher.iter(run));
    }
    group.finish();

    let mut arguments = vec!["replay", "--sql", "s.sql", "--table", demo.table];
    if demo.dialect == Dialect::Flink {
        arguments.extend(["--dialect", "flink"]);
    }
    let topics: Vec<String> =
        demo.files(&folder).iter().map(|(topic, file)| format!("{topic}={}", file.display())).collect();
    topics.iter().for_each(|topic| arguments.extend(["--topic", topic]));
    let mut command = desk.command(&arguments);
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the command starts");
    println!("{} by the command: {records} records, peak memory {} MiB", demo.name, peak::peak(child) / 1024);
}

fn main() {
    // `cargo test --benches` only wants to know that it starts.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    memory::keep();
    let mut criterion = Criterion::default().configure_from_args();
    DEMOS.iter().for_each(|demo| bench(&mut criterion, demo));
    criterion.final_summary();
}
