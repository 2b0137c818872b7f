//! Any cut into batches gives the same sequence of changes, in components and natively.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "support/command.rs"]
mod command;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use streamfn::host::Limits;
use streamfn::library::Library;
use streamfn::replay::{Options, Plugins, ToldChange, replay};
use streamfn::sql::{Builtins, Pipeline};
use streamfn_model::Dialect;

const BATCHES: [usize; 4] = [1, 2, 7, 1024];

/// A record of few sessions and little time, so that keys and times meet.
fn record(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    let value = prop_oneof![1 => Just(Value::Null), 7 => value];
    (0..4_u8, 0..3_u8, 0..40_i64, value).prop_map(|(session, partition, time, value)| {
        json!({"key": format!("session-{session}"), "value": value, "timestamp": time, "partition": partition})
    })
}

fn basket() -> impl Strategy<Value = Value> {
    // Doubles whose sum depends on their order, to the last bit.
    let price = prop_oneof![Just(0.1), Just(-0.0), Just(1e16), Just(-1e16), -1000.0..1000.0];
    let columns = (proptest::option::of(0..40_i64), proptest::option::of(-3..9_i32), proptest::option::of(price));
    record(columns.prop_map(|(ts, qty, price)| json!({"ts": ts, "sku": "SKU", "qty": qty, "unit_price": price})))
}

fn checkout() -> impl Strategy<Value = Value> {
    // `ts` is each result's time: a null would end the run.
    let columns = (0..40_i64, proptest::option::of(0..3_u8), proptest::option::of(-1..2_i32));
    record(columns.prop_map(|(ts, shop, status)| {
        json!({"ts": ts, "client_id": "User", "status": status, "shop_id": shop.map(|shop| format!("SHOP_{shop}"))})
    }))
}

/// What each table tells, with its name.
type Told = Vec<(String, Vec<ToldChange>)>;

struct Implementation {
    pipeline: Pipeline,
    plugins: Plugins,
}

impl Implementation {
    fn new(library: &Library, builtins: Builtins, sql: &str) -> Self {
        let pipeline = library.plan(Dialect::Ksqldb, builtins, sql).unwrap();
        let plugins = library.compile(Limits::default()).unwrap();
        Implementation { pipeline, plugins }
    }

    fn told(&self, topics: &BTreeMap<String, PathBuf>, batch_rows: usize) -> Told {
        let options = Options { batch_rows, ..Options::default() };
        let outcome = replay(&self.pipeline, &self.plugins, &[topics.clone().into()], options).unwrap();
        outcome.tables.iter().map(|table| (table.relation.name.clone(), table.told())).collect()
    }
}

fn write(file: &Path, records: &[Value]) {
    fs::write(file, records.iter().map(|record| format!("{record}\n")).collect::<String>()).unwrap();
}

#[test]
fn any_cut_into_batches_tells_the_same_changes_in_components_and_natively() {
    command::standard_plugins();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let sql = fs::read_to_string(root.join("sql/ksqldb/smartshop.sql")).unwrap();
    let library = Library::open(&[]).unwrap();
    let implementations = [Builtins::Component, Builtins::Native].map(|b| Implementation::new(&library, b, &sql));
    let directory = tempfile::tempdir().unwrap();
    let file = |topic: &str| (topic.to_owned(), directory.path().join(format!("{topic}.jsonl")));
    let topics = BTreeMap::from([file("smartshop-basket"), file("smartshop-checkout")]);

    let config = Config { cases: 96, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let records = (proptest::collection::vec(basket(), 0..40), proptest::collection::vec(checkout(), 0..20));
    let seen = RefCell::new(BTreeSet::new());
    let outcome = runner.run(&records, |(baskets, checkouts)| {
        write(&topics["smartshop-basket"], &baskets);
        write(&topics["smartshop-checkout"], &checkouts);
        let whole = implementations[0].told(&topics, 1);
        for implementation in &implementations {
            for batch_rows in BATCHES {
                prop_assert_eq!(&implementation.told(&topics, batch_rows), &whole, "batches of {}", batch_rows);
            }
        }
        seen.borrow_mut().extend(whole.iter().flat_map(|(name, told)| told.iter().map(|c| (name.clone(), c.op))));
        Ok(())
    });
    outcome.unwrap();
    // A rule about nothing would hold too: sessions met, rows were updated and taken back.
    let wanted = [
        ("smartshop-basket-aggregated", "upsert"),
        ("smartshop-checkout-qty-4", "delete"),
        ("smartshop-checkout-qty-4", "upsert"),
    ];
    assert_eq!(seen.into_inner(), BTreeSet::from(wanted.map(|(table, op)| (table.to_owned(), op))));
}
