//! Any cut into batches gives the same sequence of changes, in components and natively.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "support/command.rs"]
mod command;
#[path = "support/component.rs"]
mod component;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use streamfn::host::Limits;
use streamfn::library::Library;
use streamfn::replay::{OnError, Options, Plugins, ToldChange, replay};
use streamfn::sql::{Builtins, Pipeline};
use streamfn_model::Dialect;

/// Nine is one more than fewer rows than a loop is worth: what one batch leaves the next one goes on with.
const BATCHES: [usize; 4] = [1, 2, 9, 1024];

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
    most_entries: Option<u32>,
}

impl Implementation {
    fn new(library: &Library, dialect: Dialect, builtins: Builtins, sql: &str) -> Self {
        let pipeline = library.plan(dialect, builtins, sql).unwrap();
        let plugins = library.compile(Limits::default()).unwrap();
        Implementation { pipeline, plugins, most_entries: None }
    }

    fn told(
        &self,
        topics: &BTreeMap<String, PathBuf>,
        batch_rows: usize,
        fold_after: Option<usize>,
    ) -> Result<Told, String> {
        let most_entries = self.most_entries;
        let options = Options { batch_rows, fold_after, on_error: OnError::Null, most_entries, ..Options::default() };
        let outcome = replay(&self.pipeline, &self.plugins, &[topics.clone().into()], options);
        let outcome = outcome.map_err(|error| error.to_string())?;
        Ok(outcome.tables.iter().map(|table| (table.relation.name.clone(), table.told())).collect())
    }
}

fn write(file: &Path, records: &[Value]) {
    fs::write(file, records.iter().map(|record| format!("{record}\n")).collect::<String>()).unwrap();
}

/// Runs pipelines over records by topic, cut in every way; what each table told, by operation.
fn any_cut_tells_the_same(
    dialect: Dialect,
    sql: &str,
    topics: &[&str],
    records: impl Strategy<Value = Vec<Vec<Value>>>,
) -> BTreeSet<(String, &'static str)> {
    command::standard_plugins();
    any_cut_tells_the_same_with(command::elsewhere(), dialect, sql, topics, records)
}

fn any_cut_tells_the_same_with(
    plugin: &Path,
    dialect: Dialect,
    sql: &str,
    topics: &[&str],
    records: impl Strategy<Value = Vec<Vec<Value>>>,
) -> BTreeSet<(String, &'static str)> {
    let library = Library::open(&[plugin.to_owned()]).unwrap();
    let implementations =
        [Builtins::Component, Builtins::Native].map(|b| Implementation::new(&library, dialect, b, sql));
    any_cut_tells_the_same_of(&implementations, topics, records)
}

fn any_cut_tells_the_same_of(
    implementations: &[Implementation],
    topics: &[&str],
    records: impl Strategy<Value = Vec<Vec<Value>>>,
) -> BTreeSet<(String, &'static str)> {
    let directory = tempfile::tempdir().unwrap();
    let file = |topic: &&str| ((*topic).to_owned(), directory.path().join(format!("{topic}.jsonl")));
    let files: BTreeMap<String, PathBuf> = topics.iter().map(file).collect();

    let config = Config { cases: 96, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let seen = RefCell::new(BTreeSet::new());
    let outcome = runner.run(&records, |records| {
        topics.iter().zip(&records).for_each(|(topic, records)| write(&files[*topic], records));
        let whole = implementations[0].told(&files, 1, None).unwrap();
        for implementation in implementations {
            for batch_rows in BATCHES {
                // By calls, and by loops as soon as there are enough rows for one.
                for fold_after in [None, Some(0)] {
                    let told = implementation.told(&files, batch_rows, fold_after).unwrap();
                    prop_assert_eq!(&told, &whole, "batches of {}", batch_rows);
                }
            }
        }
        seen.borrow_mut().extend(whole.iter().flat_map(|(name, told)| told.iter().map(|c| (name.clone(), c.op))));
        Ok(())
    });
    outcome.unwrap();
    seen.into_inner()
}

#[test]
fn any_cut_into_batches_tells_the_same_changes_in_components_and_natively() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let sql = fs::read_to_string(root.join("sql/ksqldb/smartshop.sql")).unwrap();
    let records = (proptest::collection::vec(basket(), 0..40), proptest::collection::vec(checkout(), 0..20));
    let topics = ["smartshop-basket", "smartshop-checkout"];
    let seen = any_cut_tells_the_same(
        Dialect::Ksqldb,
        &sql,
        &topics,
        records.prop_map(|(baskets, checkouts)| Vec::from([baskets, checkouts])),
    );
    // A rule about nothing would hold too: sessions met, rows were updated and taken back.
    let wanted = [
        ("smartshop-basket-aggregated", "upsert"),
        ("smartshop-checkout-qty-4", "delete"),
        ("smartshop-checkout-qty-4", "upsert"),
    ];
    assert_eq!(seen, BTreeSet::from(wanted.map(|(table, op)| (table.to_owned(), op))));
}

const READINGS: &str = "
CREATE STREAM b (id STRING KEY, sku STRING, qty INT, price DOUBLE) WITH (kafka_topic = 'b', value_format = 'JSON');
";

const WINDOWS_AND_JOINS: &str = "
CREATE TABLE c (id STRING PRIMARY KEY, shop STRING) WITH (kafka_topic = 'c', value_format = 'JSON');
CREATE TABLE d (id STRING PRIMARY KEY, town STRING) WITH (kafka_topic = 'd', value_format = 'JSON');
CREATE TABLE hopping AS SELECT id, SUM(price) AS p, COUNT(*) AS n FROM b
  WINDOW HOPPING (SIZE 10 MILLISECONDS, ADVANCE BY 4 MILLISECONDS, GRACE PERIOD 3 MILLISECONDS)
  GROUP BY id HAVING COUNT(*) > 1;
CREATE TABLE sessions AS SELECT id, SUM(price) AS p, AVG(qty) AS q, COLLECT_LIST(sku) AS l FROM b
  WINDOW SESSION (3 MILLISECONDS, GRACE PERIOD 10 MILLISECONDS) GROUP BY id;
CREATE STREAM met AS SELECT b.id AS id, b.ROWTIME AS t, c.shop AS shop, d.town AS town FROM b
  LEFT JOIN c ON b.id = c.id JOIN d ON d.id = b.id;
CREATE TABLE both AS SELECT ROWKEY AS id, c.shop AS shop, d.town AS town FROM c FULL OUTER JOIN d ON c.id = d.id;
";

/// One record reaches the stream twice.
const INSERTS: &str = "
CREATE STREAM all_rows (sku STRING KEY, qty INT) WITH (kafka_topic = 'all', value_format = 'JSON');
INSERT INTO all_rows SELECT sku, qty FROM b WHERE qty > 0 PARTITION BY sku;
INSERT INTO all_rows SELECT sku, -qty AS qty FROM b WHERE qty < 3 PARTITION BY sku;
CREATE TABLE by_sku AS SELECT sku, SUM(qty) AS n FROM all_rows GROUP BY sku;
";

fn reading() -> impl Strategy<Value = Value> {
    let price = prop_oneof![Just(0.1), Just(1e16), -9.0..9.0];
    (0..4_u8, 0..2_i32, 0..40_i64, 0..3_u8, -3..9_i32, price).prop_map(|(id, partition, time, sku, qty, price)| {
        json!({"key": format!("{id}"), "value": {"sku": format!("s{sku}"), "qty": qty, "price": price},
            "timestamp": time, "partition": partition})
    })
}

#[test]
fn any_cut_into_batches_tells_the_same_of_windows_and_joins() {
    let row = |column: &'static str| {
        let value =
            prop_oneof![1 => Just(Value::Null), 3 => (0..3_u8).prop_map(move |n| json!({column: n.to_string()}))];
        (0..4_u8, 0..40_i64, value)
            .prop_map(|(id, time, value)| json!({"key": format!("{id}"), "value": value, "timestamp": time}))
    };
    use proptest::collection::vec;
    let records = (vec(reading(), 0..40), vec(row("shop"), 0..15), vec(row("town"), 0..15));
    let records = records.prop_map(|(readings, shops, towns)| Vec::from([readings, shops, towns]));
    let seen =
        any_cut_tells_the_same(Dialect::Ksqldb, &format!("{READINGS}{WINDOWS_AND_JOINS}"), &["b", "c", "d"], records);
    let wanted = [
        ("BOTH", "delete"),
        ("BOTH", "upsert"),
        ("HOPPING", "upsert"),
        ("MET", "insert"),
        ("SESSIONS", "delete"),
        ("SESSIONS", "upsert"),
    ];
    assert_eq!(seen, BTreeSet::from(wanted.map(|(table, op)| (table.to_owned(), op))));
}

#[test]
fn any_cut_into_batches_tells_the_same_of_a_stream_that_two_queries_fill() {
    let records = proptest::collection::vec(reading(), 0..40).prop_map(|readings| Vec::from([readings]));
    let seen = any_cut_tells_the_same(Dialect::Ksqldb, &format!("{READINGS}{INSERTS}"), &["b"], records);
    let wanted = [("ALL_ROWS", "insert"), ("BY_SKU", "upsert")];
    assert_eq!(seen, BTreeSet::from(wanted.map(|(table, op)| (table.to_owned(), op))));
}

const OFFERS: &str = "
CREATE TABLE t (id STRING, g STRING, price DOUBLE, weight BIGINT, PRIMARY KEY (id) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 't', 'key.format' = 'json', 'value.format' = 'json');
";

/// WEIGHTED_MEAN refuses a negative weight.
const REFUSED: &str = "
CREATE TABLE r (g STRING, mean DOUBLE, n BIGINT, s BIGINT, PRIMARY KEY (g) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 'r', 'key.format' = 'json', 'value.format' = 'json');
INSERT INTO r SELECT g, WEIGHTED_MEAN(price, weight), COUNT(*), SUM(weight) FROM t GROUP BY g;
";

/// A record reaches the first join by both sides, and the second once as it is and once as a part of a total.
const WITH_ITSELF: &str = "
CREATE TABLE pairs (a STRING, b STRING, p DOUBLE, q DOUBLE) WITH ('connector' = 'kafka', 'topic' = 'p', 'format' = 'debezium-json');
CREATE TABLE totals (g STRING, s BIGINT, PRIMARY KEY (g) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 's', 'key.format' = 'json', 'value.format' = 'json');
CREATE TABLE parts (id STRING, g STRING, weight BIGINT, s BIGINT) WITH ('connector' = 'kafka', 'topic' = 'q', 'format' = 'debezium-json');
INSERT INTO pairs SELECT a.id, b.id, a.price, b.price FROM t AS a JOIN t AS b ON a.g = b.g AND a.price < b.price;
INSERT INTO totals SELECT g, SUM(weight) FROM t GROUP BY g;
INSERT INTO parts SELECT t.id, t.g, t.weight, totals.s FROM t LEFT JOIN totals ON t.g = totals.g;
";

/// Ten times a number, but 12 is refused, 13 traps, and null has no value; and whether a text is longer than three bytes.
const SCALARS_WIT: &str = "package t:t;
interface ten-times { eval: func(x: s64) -> result<s64, string>; }
interface is-longer { eval: func(x: option<string>) -> option<bool>; }
world test { export ten-times; export is-longer; }";
const SCALARS: &str = r#"(module
  (memory (export "memory") 1)
  (data (i32.const 32) "too odd")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
  (func (export "t:t/ten-times#eval") (param i64) (result i32)
    (if (i64.eq (local.get 0) (i64.const 12)) (then
      (i32.store8 (i32.const 64) (i32.const 1))
      (i32.store (i32.const 72) (i32.const 32))
      (i32.store (i32.const 76) (i32.const 7))
      (return (i32.const 64))))
    (if (i64.eq (local.get 0) (i64.const 13)) (then unreachable))
    (i32.store8 (i32.const 64) (i32.const 0))
    (i64.store (i32.const 72) (i64.mul (local.get 0) (i64.const 10)))
    i32.const 64)
  (func (export "t:t/is-longer#eval") (param i32 i32 i32) (result i32)
    (i32.store8 (i32.const 64) (local.get 0))
    (i32.store8 (i32.const 65) (i32.gt_u (local.get 2) (i32.const 3)))
    i32.const 64))"#;

#[test]
fn any_cut_into_batches_tells_the_same_of_scalar_functions_that_refuse_and_trap() {
    let directory = tempfile::tempdir().unwrap();
    let plugin = directory.path().join("scalars.wasm");
    fs::write(&plugin, component::encode(SCALARS_WIT, SCALARS)).unwrap();
    let sql = "
        CREATE STREAM a (id STRING KEY, n BIGINT, t STRING) WITH (kafka_topic = 'a', value_format = 'JSON');
        CREATE STREAM b AS SELECT id, TEN_TIMES(n) AS ten, IS_LONGER(t) AS longer FROM a WHERE n IS NULL OR n > 2;";
    let columns = (proptest::option::of(0..16_i64), proptest::option::of("[a-ü]{0,5}"));
    let record = record(columns.prop_map(|(n, t)| json!({"n": n, "t": t})));
    let records = proptest::collection::vec(record, 0..60).prop_map(|records| vec![records]);
    let seen = any_cut_tells_the_same_with(&plugin, Dialect::Ksqldb, sql, &["a"], records);
    assert_eq!(seen, BTreeSet::from([("B".to_owned(), "insert")]));
}

fn offers() -> impl Strategy<Value = Vec<Vec<Value>>> {
    let offer = (0..9_u8, proptest::option::weighted(0.8, (0..2_u8, -4..4_i32, -1..4_i32))).prop_map(|(id, offer)| {
        // Prices and weights whose products and sums are exact.
        let value = offer.map(|(g, price, weight)| {
            json!({"id": id.to_string(), "g": g.to_string(), "price": f64::from(price) / 2.0, "weight": weight})
        });
        json!({"key": {"id": id.to_string()}, "value": value, "timestamp": 1})
    });
    proptest::collection::vec(offer, 0..60).prop_map(|offers| Vec::from([offers]))
}

#[test]
fn any_cut_into_batches_tells_the_same_also_when_rows_are_refused_and_go_again() {
    let seen = any_cut_tells_the_same(Dialect::Flink, &format!("{OFFERS}{REFUSED}"), &["t"], offers());
    assert_eq!(seen, BTreeSet::from(["+I", "+U", "-D"].map(|op| ("r".to_owned(), op))));
}

#[test]
fn any_cut_into_batches_tells_the_same_of_a_table_that_is_joined_with_itself() {
    let seen = any_cut_tells_the_same(Dialect::Flink, &format!("{OFFERS}{WITH_ITSELF}"), &["t"], offers());
    let told = |table: &str, op| seen.contains(&(table.to_owned(), op));
    assert!(told("pairs", "-D") && told("parts", "-D") && told("totals", "+U"), "{seen:?}");
}

/// Names by groups that come and go, of a table; and of a stream, where text has only to be kept.
const NAMES: &str = "
CREATE TABLE t (id STRING, g STRING, name STRING, PRIMARY KEY (id) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 't', 'key.format' = 'json', 'value.format' = 'json');
CREATE TABLE s (g STRING, name STRING) WITH ('connector' = 'kafka', 'topic' = 's', 'format' = 'json');
CREATE TABLE bags (g STRING, bag MULTISET<STRING>, n BIGINT, PRIMARY KEY (g) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 'b', 'key.format' = 'json', 'value.format' = 'json');
CREATE TABLE greatest (g STRING, name STRING, n BIGINT, PRIMARY KEY (g) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 'g', 'key.format' = 'json', 'value.format' = 'json');
CREATE TABLE said (g STRING, least STRING, greatest STRING, bag MULTISET<STRING>, PRIMARY KEY (g) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 'a', 'key.format' = 'json', 'value.format' = 'json');
INSERT INTO bags SELECT g, COLLECT(name), COUNT(*) FROM t GROUP BY g;
INSERT INTO greatest SELECT g, MAX(name), COUNT(name) FROM t GROUP BY g;
INSERT INTO said SELECT g, MIN(name), MAX(name), COLLECT(name) FROM s GROUP BY g;
";

fn names() -> impl Strategy<Value = Vec<Vec<Value>>> {
    let name = || proptest::option::weighted(0.9, proptest::sample::select(vec!["", "a", "b", "ä", "\u{1f9fa}"]));
    let of_table = (0..5_u8, proptest::option::weighted(0.6, (0..2_u8, name()))).prop_map(|(id, row)| {
        let value = row.map(|(g, name)| json!({"id": id.to_string(), "g": g.to_string(), "name": name}));
        json!({"key": {"id": id.to_string()}, "value": value, "timestamp": 1})
    });
    let of_stream =
        (0..3_u8, name()).prop_map(|(g, name)| json!({"value": {"g": g.to_string(), "name": name}, "timestamp": 1}));
    use proptest::collection::vec;
    (vec(of_table, 0..60), vec(of_stream, 0..40)).prop_map(|(table, stream)| Vec::from([table, stream]))
}

#[test]
fn any_cut_into_batches_tells_the_same_of_keys_and_text_in_groups_that_come_and_go() {
    let seen = any_cut_tells_the_same(Dialect::Flink, NAMES, &["t", "s"], names());
    let told = |table: &str, op| seen.contains(&(table.to_owned(), op));
    assert!(told("bags", "-D") && told("greatest", "-D") && told("said", "+U"), "{seen:?}");
}

#[test]
fn any_cut_into_batches_tells_the_same_where_a_group_has_no_room_for_another_entry() {
    command::standard_plugins();
    let library = Library::open(&[]).unwrap();
    let implementation = Implementation::new(&library, Dialect::Flink, Builtins::Component, NAMES);
    let of_two = Implementation { most_entries: Some(2), ..implementation };
    let seen = any_cut_tells_the_same_of(&[of_two], &["t", "s"], names());
    assert!(seen.contains(&("bags".to_owned(), "-D")), "{seen:?}");
}

/// How often a number was there ever: nothing takes an entry away but the end of its group. Of -1 there is none.
const EVER_WIT: &str = "package t:t;
interface ever {
  key: func(x: s64) -> option<s64>;
  accumulate: func(entry: option<s64>, x: s64) -> option<s64>;
  retract: func(entry: option<s64>, x: s64) -> option<s64>;
}
world test { export ever; }";
const EVER: &str = r#"(module
  (memory (export "memory") 1)
  (func $some (param i64) (result i32)
    (i32.store8 (i32.const 16) (i32.const 1)) (i64.store (i32.const 24) (local.get 0)) (i32.const 16))
  (func (export "t:t/ever#key") (param i64) (result i32) (call $some (local.get 0)))
  (func (export "t:t/ever#accumulate") (param i32 i64 i64) (result i32)
    (drop (call $some (i64.add (local.get 1) (i64.const 1))))
    (i32.store8 (i32.const 16) (i64.ne (local.get 2) (i64.const -1))) (i32.const 16))
  (func (export "t:t/ever#retract") (param i32 i64 i64) (result i32) (call $some (local.get 1))))"#;

fn ever(directory: &Path) -> (Library, &'static str) {
    let plugin = directory.join("ever.wasm");
    fs::write(&plugin, component::encode(EVER_WIT, EVER)).unwrap();
    let sql = "
        CREATE TABLE t (id STRING, g STRING, n BIGINT, PRIMARY KEY (id) NOT ENFORCED)
          WITH ('connector' = 'upsert-kafka', 'topic' = 't', 'key.format' = 'json', 'value.format' = 'json');
        CREATE TABLE e (g STRING, ever MAP<BIGINT, BIGINT>, PRIMARY KEY (g) NOT ENFORCED)
          WITH ('connector' = 'upsert-kafka', 'topic' = 'e', 'key.format' = 'json', 'value.format' = 'json');
        INSERT INTO e SELECT g, EVER(n) FROM t GROUP BY g;";
    (Library::open(&[plugin]).unwrap(), sql)
}

#[test]
fn any_cut_into_batches_tells_the_same_of_entries_that_only_go_with_their_group() {
    let directory = tempfile::tempdir().unwrap();
    let (library, sql) = ever(directory.path());
    let records = || {
        let row = proptest::option::weighted(0.6, (0..2_u8, 0..5_i64));
        let record = (0..3_u8, row).prop_map(|(id, row)| {
            let value = row.map(|(g, n)| json!({"id": id.to_string(), "g": g.to_string(), "n": n}));
            json!({"key": {"id": id.to_string()}, "value": value, "timestamp": 1})
        });
        proptest::collection::vec(record, 0..60).prop_map(|records| vec![records])
    };
    for most_entries in [None, Some(2)] {
        let implementation = Implementation::new(&library, Dialect::Flink, Builtins::Component, sql);
        let of = Implementation { most_entries, ..implementation };
        let seen = any_cut_tells_the_same_of(&[of], &["t"], records());
        assert!(seen.contains(&("e".to_owned(), "-D")), "{seen:?}");
    }
}

#[test]
fn a_row_that_is_taken_back_and_was_never_added_ends_a_batch_as_it_ends_calls() {
    let directory = tempfile::tempdir().unwrap();
    let (library, sql) = ever(directory.path());
    let implementation = Implementation::new(&library, Dialect::Flink, Builtins::Component, sql);
    let record = |id: i64, row: Option<i64>| {
        let value = row.map(|n| json!({"id": id.to_string(), "g": "g", "n": n}));
        json!({"key": {"id": id.to_string()}, "value": value, "timestamp": 1})
    };
    // Of -1 there is no entry.
    let mut records: Vec<Value> = (0..12).map(|id| record(id, Some(if id == 5 { -1 } else { id }))).collect();
    records.extend([record(4, None), record(5, None), record(6, None)]);
    let topics = BTreeMap::from([("t".to_owned(), directory.path().join("t.jsonl"))]);
    write(&topics["t"], &records);
    for (batch_rows, fold_after) in [(1, None), (1024, None), (9, Some(0)), (1024, Some(0))] {
        let error = implementation.told(&topics, batch_rows, fold_after).unwrap_err();
        let wanted = "offset 13, key g: refused: the row to be taken back was never added";
        assert!(error.ends_with(wanted), "{error}");
    }
}
