//! Random changelogs: rows, updates, deletions and nulls of few keys, in phases. One that differs is shrunk to its fewest
//! records.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use serde_json::{Value, json};
use streamfn::topic::Phase;

use crate::command::Desk;
use crate::exceptions::{self, EXCEPTIONS};
use crate::queries::{QUERIES, Query};
use crate::question::Question;
use crate::told::{Compared, different, tell};

const COLUMNS: &str = "k STRING, x INT, v DOUBLE, s STRING";
const UPSERTS: &str =
    "PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'key.format' = 'json', 'value.format' = 'json'";

/// The tables that are fed: each declaration after its columns, to which the topic is added.
const TABLES: [(&str, &str); 3] =
    [("t", ") WITH ('connector' = 'kafka', 'format' = 'json'"), ("u", UPSERTS), ("w", UPSERTS)];

/// What makes `c` of `u`.
const CHANGES: &str = "CREATE TABLE c (k STRING, x INT, v DOUBLE, s STRING)
  WITH ('connector' = 'kafka', 'format' = 'debezium-json', 'topic' = 'c');
INSERT INTO c SELECT k, x, v, s FROM u;
";

/// What happens to a key of a table: it gets a row, or loses it, a millisecond after what is before.
#[derive(Debug, Clone)]
struct Event {
    table: usize,
    key: Option<&'static str>,
    row: Option<(Option<i32>, Option<f64>, Option<&'static str>)>,
}

fn event(tables: usize) -> impl Strategy<Value = Event> {
    let x = proptest::option::weighted(0.8, -2..4);
    // Sums of these are exact in every order, as a join may need it.
    let v = proptest::option::weighted(0.8, proptest::sample::select(vec![0.5, 0.25, -1.5, 4.0]));
    let s = proptest::option::weighted(0.8, proptest::sample::select(vec!["p", "q"]));
    let key = proptest::option::weighted(0.9, proptest::sample::select(vec!["a", "b", "c"]));
    (0..tables, key, proptest::option::weighted(0.8, (x, v, s))).prop_map(|(table, key, row)| Event { table, key, row })
}

fn is_named(table: &str, query: &str) -> bool {
    query
        .split(|c: char| !c.is_alphanumeric())
        .collect::<Vec<_>>()
        .windows(2)
        .any(|words| matches!(words[0], "FROM" | "JOIN") && words[1] == table)
}

/// The tables that are fed for a query.
fn fed(query: &str) -> Vec<&'static (&'static str, &'static str)> {
    TABLES.iter().filter(|(table, _)| is_named(table, query) || (*table == "u" && is_named("c", query))).collect()
}

/// The question that a query and events make.
fn question(desk: &Desk, (_, columns, query): &Query, phases: &[Vec<Event>]) -> Question {
    let read = fed(query);
    let mut sql: String = read
        .iter()
        .map(|(name, with)| {
            let separator = if with.starts_with(')') { "" } else { ", " };
            format!("CREATE TABLE {name} ({COLUMNS}{separator}{with}, 'topic' = '{name}');\n")
        })
        .collect();
    if is_named("c", query) {
        sql += CHANGES;
    }
    let with = match columns.contains("PRIMARY KEY") {
        true => "'connector' = 'upsert-kafka', 'topic' = 'o', 'key.format' = 'json', 'value.format' = 'json'",
        false => "'connector' = 'print'",
    };
    sql += &format!("CREATE TABLE o ({columns}) WITH ({with});\nINSERT INTO o {query};\n");
    let mut time = 0;
    let phases = phases.iter().enumerate().map(|(number, events)| {
        let name = format!("{}-phase", number + 1);
        let mut files = BTreeMap::from_iter(read.iter().map(|(table, _)| (*table, String::new())));
        for event in events {
            let (table, _) = read[event.table];
            time += 1;
            let line = record(table, event, time).map_or_else(String::new, |record| format!("{record}\n"));
            *files.get_mut(table).unwrap() += &line;
        }
        let files = files.into_iter().map(|(table, records)| {
            let file = format!("{name}/{table}.jsonl");
            desk.file(&file, records);
            (table.to_owned(), desk.path(&file))
        });
        Phase { files: files.collect(), name }
    });
    let compared = match (read.len() > 1, query.contains("GROUP BY")) {
        (false, _) => Compared::Sequence,
        (true, false) => Compared::Bags,
        (true, true) => Compared::States,
    };
    Question { phases: phases.collect(), sql, compared }
}

/// The record that says an event, as the table's format writes it; none if it says nothing there.
fn record(table: &str, event: &Event, time: usize) -> Option<Value> {
    let row = event.row.map(|(x, v, s)| json!({"k": event.key, "x": x, "v": v, "s": s}));
    match (table, event.key) {
        ("t", _) => row.map(|row| json!({"value": row, "timestamp": time})),
        (_, None) => None,
        (_, Some(key)) => Some(json!({"key": {"k": key}, "value": row, "timestamp": time})),
    }
}

#[test]
fn random_changelogs_give_what_flink_gives() {
    let number = |name: &str, default: u32| std::env::var(name).map_or(default, |text| text.parse().unwrap());
    let (cases, seed) = (number("STREAMFN_CHANGELOGS", 3), number("STREAMFN_SEED", 1));
    let mut occurred = vec![false; EXCEPTIONS.len()];
    let mut wrong = vec![];
    let (compared, records) = (Cell::new(0), Cell::new(0));
    for query in QUERIES {
        let tables = fed(query.2).len();
        let config = Config { cases, failure_persistence: None, max_shrink_iters: 100, ..Config::default() };
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&seed.to_le_bytes());
        let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
        let phases = proptest::collection::vec(proptest::collection::vec(event(tables), 1..8), 2..5);
        let seen = RefCell::new(&mut occurred);
        let outcome = runner.run(&phases, |phases| {
            let desk = Desk::new();
            let question = question(&desk, query, &phases);
            compared.set(compared.get() + 1);
            records.set(records.get() + question.count());
            let unknown = exceptions::unknown(query.0, question.differences(), &mut seen.borrow_mut());
            match unknown.is_empty() {
                true => Ok(()),
                false => {
                    let fed: String = question.fed().iter().map(|phase| format!("{phase}\n")).collect();
                    Err(TestCaseError::fail(format!("{}\n{}{fed}", unknown.join("\n"), question.sql)))
                }
            }
        });
        wrong.extend(outcome.err().map(|error| match error {
            TestError::Fail(why, _) => why.to_string(),
            TestError::Abort(why) => format!("{}: {why}", query.0),
        }));
    }
    let names: Vec<&str> = QUERIES.iter().map(|(name, ..)| *name).collect();
    wrong.extend(exceptions::outdated(&names, &occurred));
    let told = format!(
        "Flink's random changelogs: {}, {} records compared, {}",
        compared.get(),
        records.get(),
        different(wrong.len())
    );
    tell(&told);
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
