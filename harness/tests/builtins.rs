//! Every built-in aggregate over every type that it takes: the components give, change by change, what the native
//! implementations give, over rows that stay and over rows that change.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "support/command.rs"]
mod command;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use streamfn::host::Limits;
use streamfn::library::Library;
use streamfn::replay::{Options, replay};
use streamfn::sql::Builtins;
use streamfn_model::builtins::{self, AggregateRule, Updates};
use streamfn_model::{Dialect, SqlType};

const TYPES: [SqlType; 13] = [
    SqlType::Boolean,
    SqlType::TinyInt,
    SqlType::SmallInt,
    SqlType::Int,
    SqlType::BigInt,
    SqlType::Float,
    SqlType::Double,
    SqlType::Decimal(12, 2),
    SqlType::String,
    SqlType::Date,
    SqlType::Time,
    SqlType::Timestamp,
    SqlType::TimestampLtz,
];

/// Whether the rows of a group stay, or are taken back when they change.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Input {
    Rows,
    Updates,
}

/// The built-ins over a type, each with its name.
fn rules(dialect: Dialect, of: &SqlType, input: Input) -> Vec<(&'static str, AggregateRule)> {
    let rule = |name: &&'static str| {
        let top = (*name == "TOPK").then_some(SqlType::Int);
        let arguments: Vec<SqlType> = std::iter::once(of.clone()).chain(top).collect();
        Some((*name, builtins::aggregate(dialect, name, &arguments)?))
    };
    let all = builtins::aggregate_names(dialect).iter().filter_map(rule);
    all.filter(|(_, rule)| input == Input::Rows || !matches!(rule.updates, Updates::Refused(_) | Updates::NoRule))
        .collect()
}

/// One query with all of them. HISTOGRAM has no answer to a second null, so none of them gets one there.
fn sql(dialect: Dialect, of: &SqlType, input: Input, rules: &[(&'static str, AggregateRule)], nulls: bool) -> String {
    let call = |name: &str| format!("{name}(x{})", if name == "TOPK" { ", 2" } else { "" });
    let calls = rules.iter().enumerate().map(|(i, (name, _))| format!(", {} AS c{i}", call(name))).collect::<String>();
    let with = if nulls { "" } else { " WHERE x IS NOT NULL" };
    let spelled = builtins::spelled(dialect, of);
    match (dialect, input) {
        (Dialect::Ksqldb, Input::Rows) => format!(
            "CREATE STREAM s (id STRING KEY, g STRING, x {spelled}) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');
             CREATE TABLE o AS SELECT g{calls} FROM s{with} GROUP BY g;"
        ),
        (Dialect::Ksqldb, Input::Updates) => format!(
            "CREATE TABLE s (id STRING PRIMARY KEY, g STRING, x {spelled}) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');
             CREATE TABLE o AS SELECT g{calls} FROM s{with} GROUP BY g;"
        ),
        (Dialect::Flink, _) => {
            let columns = rules.iter().enumerate().map(|(i, (_, rule))| format!(", c{i} {}", rule.result));
            let tables = format!(
                "CREATE TABLE s (id STRING, g STRING, x {spelled}) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json');
                 CREATE TABLE o (g STRING{}) WITH ('connector' = 'print');",
                columns.collect::<String>()
            );
            match input {
                Input::Rows => format!("{tables} INSERT INTO o SELECT g{calls} FROM s{with} GROUP BY g;"),
                Input::Updates => format!(
                    "{tables}
                     CREATE VIEW latest AS SELECT id, LAST_VALUE(g) AS g, LAST_VALUE(x) AS x FROM s GROUP BY id;
                     INSERT INTO o SELECT g{calls} FROM latest{with} GROUP BY g;"
                ),
            }
        }
    }
}

/// Few values, so that equal ones meet, with the least and the greatest of the type. Doubles that are taken back have
/// exact sums: what rounding leaves behind differs where a group was empty.
fn value(of: &SqlType, input: Input) -> BoxedStrategy<Value> {
    let numbers = |numbers: &[i64]| proptest::sample::select(numbers.to_vec()).prop_map(Value::from).boxed();
    match of {
        SqlType::Boolean => any::<bool>().prop_map(Value::from).boxed(),
        SqlType::TinyInt => numbers(&[i8::MIN.into(), -1, 0, 1, 5, i8::MAX.into()]),
        SqlType::SmallInt => numbers(&[i16::MIN.into(), -1, 0, 1, 5, i16::MAX.into()]),
        SqlType::Int => numbers(&[i32::MIN.into(), -1, 0, 1, 5, i32::MAX.into()]),
        SqlType::Date => numbers(&[-1, 0, 19_000]),
        SqlType::Time => numbers(&[0, 1, 86_399_999]),
        SqlType::Float | SqlType::Double if input == Input::Updates => {
            proptest::sample::select(vec![-2.5, -1.0, 0.25, 1024.0]).prop_map(Value::from).boxed()
        }
        SqlType::Float => proptest::sample::select(vec![0.1, -0.0, 1e7, -3.5]).prop_map(Value::from).boxed(),
        SqlType::Double => proptest::sample::select(vec![0.1, -0.0, 1e16, -1e16, 7.25]).prop_map(Value::from).boxed(),
        SqlType::Decimal(..) => {
            let decimals = ["-0.01", "0.00", "0.05", "1.10", "99999.99"];
            proptest::sample::select(decimals.to_vec()).prop_map(Value::from).boxed()
        }
        SqlType::String => {
            proptest::sample::select(vec!["", "a", "ab", "b", "ä", "\u{1f9fa}"]).prop_map(Value::from).boxed()
        }
        _ => numbers(&[i64::MIN, -1, 0, 1, 1_702_763_578_406, i64::MAX]),
    }
}

fn record(of: &SqlType, input: Input) -> impl Strategy<Value = Value> + use<> {
    let value = proptest::option::weighted(0.8, value(of, input));
    let columns = (0..4_u8, 0..2_u8, value)
        .prop_map(|(id, g, x)| (id, json!({"id": format!("i{id}"), "g": format!("g{g}"), "x": x})));
    // A tombstone takes a row of a table back and is none of a stream.
    (columns, proptest::bool::weighted(0.15)).prop_map(|((id, row), gone)| {
        json!({"key": format!("i{id}"), "value": if gone { Value::Null } else { row }, "timestamp": 1})
    })
}

/// Both implementations tell the same, in batches of any size; gives how many changes that were.
fn compare(dialect: Dialect, of: &SqlType, input: Input, sql: &str, cases: u32) -> usize {
    let library = Library::open(&[]).unwrap();
    let plugins = library.compile(Limits::default()).unwrap();
    let plan = |builtins| library.plan(dialect, builtins, sql).unwrap_or_else(|error| panic!("{error}\n{sql}"));
    let pipelines = [plan(Builtins::Component), plan(Builtins::Native)];
    let directory = tempfile::tempdir().unwrap();
    let topics = BTreeMap::from([("t".to_owned(), directory.path().join("t.jsonl"))]);

    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let told = Cell::new(0);
    let outcome = runner.run(&proptest::collection::vec(record(of, input), 0..40), |records| {
        write(&topics["t"], &records);
        let run = |pipeline, batch_rows| {
            // In batches by loops, where the functions have them.
            let options = Options { batch_rows, fold_after: Some(0), ..Options::default() };
            let outcome = replay(pipeline, &plugins, &[topics.clone().into()], options)
                .map_err(|e| TestCaseError::fail(e.to_string()))?;
            Ok::<_, TestCaseError>(outcome.tables.iter().flat_map(|table| table.told()).collect::<Vec<_>>())
        };
        let component = run(&pipelines[0], 1)?;
        prop_assert_eq!(&component, &run(&pipelines[1], 1)?, "native");
        prop_assert_eq!(&component, &run(&pipelines[0], 9)?, "batches of 9");
        prop_assert_eq!(&component, &run(&pipelines[0], 1024)?, "batches of 1024");
        told.set(told.get() + component.len());
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{dialect}, {of}, {input:?}: {error}\n{sql}"));
    told.get()
}

fn write(file: &Path, records: &[Value]) {
    fs::write(file, records.iter().map(|record| format!("{record}\n")).collect::<String>()).unwrap();
}

fn everywhere(dialect: Dialect, input: Input) {
    command::standard_plugins();
    let mut seen = BTreeSet::new();
    for of in TYPES.iter().filter(|of| dialect == Dialect::Flink || of.ksqldb().is_ok()) {
        let (with_nulls, without) =
            rules(dialect, of, input).into_iter().partition::<Vec<_>, _>(|(name, _)| *name != "HISTOGRAM");
        for (rules, nulls) in [(with_nulls, true), (without, false)].into_iter().filter(|(rules, _)| !rules.is_empty())
        {
            assert_ne!(compare(dialect, of, input, &sql(dialect, of, input, &rules, nulls), 24), 0, "nothing was told");
            // One function without a loop has all of a query go by calls, so each is tried alone too.
            for rule in &rules {
                compare(dialect, of, input, &sql(dialect, of, input, std::slice::from_ref(rule), nulls), 8);
            }
            seen.extend(rules.into_iter().map(|(name, _)| name));
        }
    }
    let all: BTreeSet<&str> = TYPES.iter().flat_map(|of| rules(dialect, of, input)).map(|(name, _)| name).collect();
    assert_eq!(seen, all);
    assert!(input == Input::Updates || seen.iter().copied().eq(builtins::aggregate_names(dialect).iter().copied()));
}

#[test]
fn ksqldbs_built_ins_over_streams_are_the_same_in_components_and_natively() {
    everywhere(Dialect::Ksqldb, Input::Rows);
}

#[test]
fn ksqldbs_built_ins_over_tables_are_the_same_in_components_and_natively() {
    everywhere(Dialect::Ksqldb, Input::Updates);
}

#[test]
fn flinks_built_ins_over_appended_rows_are_the_same_in_components_and_natively() {
    everywhere(Dialect::Flink, Input::Rows);
}

#[test]
fn flinks_built_ins_over_updated_rows_are_the_same_in_components_and_natively() {
    everywhere(Dialect::Flink, Input::Updates);
}
