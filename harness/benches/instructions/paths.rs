//! The hot paths, each as so many rows of work.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int32Array, Int64Array, StringArray};
use streamfn::contract;
use streamfn::host::{FoldId, Limits, LoadError, Program, Room, Rows, row};
use streamfn::library::Library;
use streamfn::replay::{self, Options};
use streamfn::sql::Builtins;
use streamfn::topic::Phase;
use streamfn_model::{Dialect, Value};

use crate::command::Desk;

/// By name, with the rows that they have and the plugins that they call.
pub const PATHS: [(&str, u64, &[&str]); 8] = [
    ("a batch: SUM", BATCHES * 1024, &["aggregate"]),
    ("a batch: BASKET_TOTALS", BATCHES * 1024, &["aggregate"]),
    ("a batch: MAX of a string", BATCHES * 1024, &["aggregate"]),
    ("a batch: keys of COLLECT of a string", BATCHES * 1024, &["collect"]),
    ("a call: SUM", CALLS, &["aggregate"]),
    ("two calls: COLLECT of a string", CALLS, &["collect"]),
    ("smartshop, from JSON Lines to its tables", RECORDS, &["aggregate"]),
    ("e-commerce, from JSON Lines to its tables", RECORDS, &["aggregate", "collect"]),
];

const BATCHES: u64 = 50;
const CALLS: u64 = 20_000;
const RECORDS: u64 = 2_000;

/// Makes the work ready and does it, once so that it is warm and once to be counted.
pub fn run(path: &str) {
    let mut work: Box<dyn FnMut()> = match path {
        "a batch: SUM" => numbers("sum-of-bigint", 1),
        "a batch: BASKET_TOTALS" => numbers("basket-totals", 3),
        "a batch: MAX of a string" => greatest(),
        "a batch: keys of COLLECT of a string" => keys(),
        "a call: SUM" => call(),
        "two calls: COLLECT of a string" => calls(),
        "smartshop, from JSON Lines to its tables" => smartshop(),
        "e-commerce, from JSON Lines to its tables" => ecommerce(),
        other => panic!("there is no path {other}"),
    };
    work();
    counted(&mut *work);
}

/// What is counted, by its name.
#[inline(never)]
fn counted(work: &mut dyn FnMut()) {
    work();
    std::hint::black_box(());
}

/// Where the parent has found that they are made of the sources as they are.
fn plugin(name: &str) -> PathBuf {
    let directory = std::env::var_os("STREAMFN_PLUGINS").expect("the parent says where plugins are");
    PathBuf::from(directory).join(name).with_extension("wasm")
}

/// As [`Program::compile_or_load`] makes it, or [`Program::with_batches`].
fn program(name: &str, make: Make) -> Program {
    let bytes = std::fs::read(plugin(name)).expect("`make` has made it");
    let component = contract::read(&bytes).expect("a component");
    let cache = std::env::var_os("STREAMFN_CACHE").map(|cache| PathBuf::from(cache).join("compiled"));
    make(&bytes, &component, limits(), cache.as_deref()).expect("a component")
}

type Make = fn(&[u8], &contract::Component, Limits, Option<&Path>) -> Result<Program, LoadError>;

/// Valgrind takes its time.
fn limits() -> Limits {
    Limits { time: std::time::Duration::from_secs(3600), ..Limits::default() }
}

fn numbers(name: &str, columns: usize) -> Box<dyn FnMut()> {
    let columns: Vec<ArrayRef> = [
        Arc::new(Int64Array::from_iter((0..1024).map(|row| (columns == 1 || row % 7 != 3).then_some(row)))) as ArrayRef,
        Arc::new(Int32Array::from_iter((0..1024).map(|row| (row % 5 != 1).then_some(row)))),
        Arc::new(Float64Array::from_iter((0..1024).map(|row| (row % 11 != 2).then_some(f64::from(row))))),
    ]
    .into_iter()
    .take(columns)
    .collect();
    aggregate(name, columns)
}

/// Names of which the greatest so far is a new one now and then.
fn names() -> Vec<ArrayRef> {
    vec![Arc::new(StringArray::from_iter_values((0..1024).map(|row| format!("a product of name {}", row * 7 % 512))))]
}

fn greatest() -> Box<dyn FnMut()> {
    aggregate("max-of-string", names())
}

fn aggregate(name: &str, columns: Vec<ArrayRef>) -> Box<dyn FnMut()> {
    let program = program("aggregate", Program::with_batches);
    let interface = format!("streamfn:aggregate/{name}@0.1.0");
    let fold = program.fold(&interface).expect("it has a loop");
    let new = program.function(&interface, "create").expect("it is there");
    let new = program.instance().call(new, &[]).expect("a state");
    batch(&program, fold, &new, columns)
}

fn keys() -> Box<dyn FnMut()> {
    let program = program("collect", Program::with_batches);
    let fold = program.fold_of_keys("streamfn:collect/collect-of-string@0.1.0").expect("it has a loop");
    batch(&program, fold, &Value::Record(vec![]), names())
}

/// Batches of one group, each of whose rows has a value.
fn batch(program: &Program, fold: FoldId, new: &Value, columns: Vec<ArrayRef>) -> Box<dyn FnMut()> {
    let (mut instance, mut bytes, mut texts) = (program.instance(), vec![], vec![]);
    program.write_state(fold, new, &mut bytes, &mut texts).expect("its own state");
    let mut values = vec![0; 1024 * program.sizes(fold).value];
    Box::new(move || {
        for _ in 0..BATCHES {
            let rows = Rows { kinds: &[row::ACCUMULATE; 1024], groups: &[0; 1024], arguments: &columns };
            let (mut states, mut texts) = (bytes.clone(), texts.clone());
            let room = Room { new: &bytes, states: &mut states, values: &mut values, texts: &mut texts };
            assert_eq!(instance.fold(fold, &rows, room), Ok(1024));
        }
    })
}

fn call() -> Box<dyn FnMut()> {
    let program = program("aggregate", Program::compile_or_load);
    let member = |name| program.function("streamfn:aggregate/sum-of-bigint@0.1.0", name).expect("it is there");
    let (create, accumulate) = (member("create"), member("accumulate"));
    let mut instance = program.instance();
    Box::new(move || {
        let mut arguments = [instance.call(create, &[]).expect("a state"), Value::S64(7)];
        let mut state = Value::Null;
        for _ in 0..CALLS {
            instance.call_into(accumulate, &arguments, &mut state).expect("a state");
            std::mem::swap(&mut arguments[0], &mut state);
        }
    })
}

fn calls() -> Box<dyn FnMut()> {
    let program = program("collect", Program::compile_or_load);
    let member = |name| program.function("streamfn:collect/collect-of-string@0.1.0", name).expect("it is there");
    let (key, accumulate) = (member("key"), member("accumulate"));
    let mut instance = program.instance();
    let row = Value::from("a product of some name");
    Box::new(move || {
        for _ in 0..CALLS {
            instance.call(key, std::slice::from_ref(&row)).expect("a key");
            instance.call(accumulate, &[Value::S32(3), row.clone()]).expect("an entry");
        }
    })
}

fn smartshop() -> Box<dyn FnMut()> {
    let sql = include_str!("../../../sql/ksqldb/smartshop.sql");
    let basket = |record: u64| {
        let session = record / 6;
        format!(
            "{{\"key\":\"session {session}\",\"value\":{{\"ts\":{record},\"sku\":\"SKU_{}\",\"qty\":{},\"unit_price\":9.75}},\
             \"timestamp\":{record}}}\n",
            record % 100,
            record % 4
        )
    };
    let checkout = |record: u64| {
        format!(
            "{{\"key\":\"session {}\",\"value\":{{\"ts\":{record},\"client_id\":\"c\",\"status\":-1,\"shop_id\":\"s\"}},\
             \"timestamp\":{record}}}\n",
            record / 6
        )
    };
    // Of seven records one is a check-out.
    let baskets: String = (0..RECORDS).filter(|record| record % 6 != 5).map(basket).collect();
    let checkouts: String = (0..RECORDS).filter(|record| record % 6 == 5).map(checkout).collect();
    pipeline(Dialect::Ksqldb, sql, &[("smartshop-basket", baskets), ("smartshop-checkout", checkouts)])
}

fn ecommerce() -> Box<dyn FnMut()> {
    let sql = include_str!("../../../sql/flink/ecommerce.sql");
    let user = |user: u64| {
        format!(
            "{{\"key\":{{\"userId\":\"U{user}\"}},\"value\":{{\"userId\":\"U{user}\",\"firstname\":\"F{user}\",\"lastname\":\"L\",\
             \"username\":\"u\",\"email\":\"u{user}@example.com\",\"title\":\"Dr\",\"address\":\"1 Mill Street\"}},\"timestamp\":1}}\n"
        )
    };
    let product = |product: u64| {
        format!(
            "{{\"key\":{{\"productCode\":\"P{product}\"}},\"value\":{{\"productCode\":\"P{product}\",\"productColor\":\"red\",\
             \"promoCode\":null,\"productName\":\"Chair {product}\"}},\"timestamp\":1}}\n"
        )
    };
    let event = |event: u64| {
        let kind = if event.is_multiple_of(10) { "purchase" } else { "view" };
        format!(
            "{{\"key\":\"s{0}\",\"value\":{{\"eventTime\":{event},\"eventType\":\"{kind}\",\"productId\":\"P{1}\",\
             \"categoryId\":\"C4\",\"categoryCode\":\"furniture.chairs\",\"brand\":\"B23\",\"price\":990.24,\
             \"userid\":\"U{2}\",\"userSession\":\"s{0}\"}},\"timestamp\":{event}}}\n",
            event / 20,
            event % 50,
            event % 200
        )
    };
    let records = [
        ("ecommerce.users", (0..200).map(user).collect()),
        ("ecommerce.products", (0..50).map(product).collect()),
        ("ecommerce.events", (0..RECORDS - 250).map(event).collect()),
    ];
    pipeline(Dialect::Flink, sql, &records)
}

fn pipeline(dialect: Dialect, sql: &'static str, records: &[(&str, String)]) -> Box<dyn FnMut()> {
    let desk = Desk::new();
    let file = |(topic, text): &(&str, String)| {
        desk.file(topic, text);
        ((*topic).to_owned(), desk.path(topic))
    };
    let phase = Phase::from(records.iter().map(file).collect::<std::collections::BTreeMap<String, PathBuf>>());
    let library = Library::open(&[plugin("aggregate"), plugin("collect")]).expect("they are there");
    let pipeline = library.plan(dialect, Builtins::Component, sql).expect("the demo's SQL");
    let plugins = library.compile(limits()).expect("components");
    Box::new(move || {
        let _keeps_its_files = &desk;
        let options = Options { fold_after: Some(0), ..Options::default() };
        replay::replay(&pipeline, &plugins, std::slice::from_ref(&phase), options).expect("made for it");
    })
}
