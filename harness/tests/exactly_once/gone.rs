//! Records that are gone when a replay goes on.

use std::collections::BTreeMap;
use std::time::Duration;

use openssl::ssl::SslVerifyMode;
use rdkafka::producer::{BaseRecord, Producer};
use serde_json::json;

use crate::command::{Answer, Desk};
use crate::input::{KEYS, Values, committed, desk, fill, run, start};
use crate::reading::{producer, tls_registry};
use crate::stack::{self, Stack};

/// A replay that dies in the middle of its results.
fn half(stack: &Stack, desk: &Desk) {
    let mut command = run(stack, desk, &["--transaction-results", "300"]);
    command.env("STREAMFN_KILL_AT", "before-commit:3");
    assert_eq!(start(command).wait().unwrap().code(), None);
}

#[test]
fn records_past_their_retention_end_it_and_what_is_written_stays() {
    let stack = stack::shared();
    let desk = desk(stack, "t-gone", "gone");
    fill(stack, "t-gone", 2_000, 3);
    half(stack, &desk);
    let before = latest(stack, "sums-gone");
    desk.file("gone.json", r#"{"partitions":[{"topic":"t-gone","partition":1,"offset":100}],"version":1}"#);
    let file = desk.path("gone.json");
    stack.tool("org.apache.kafka.tools.DeleteRecordsCommand", &["--offset-json-file", file.to_str().unwrap()]);
    let answer = Answer::of(run(stack, &desk, &[]));
    assert_eq!(answer.code, Some(2), "{answer:?}");
    assert!(
        answer.err.contains("topic t-gone, partition 1: the replay that is to be finished began at offset 0"),
        "{}",
        answer.err
    );
    assert!(answer.err.contains("records are gone"), "{}", answer.err);
    assert_eq!(latest(stack, "sums-gone"), before);
}

#[test]
fn a_topic_that_was_compacted_in_between_is_noticed_by_its_results() {
    let stack = stack::shared();
    let desk = desk(stack, "t-compacted", "compacted");
    fill(stack, "t-compacted", 2_000, 3);
    half(stack, &desk);
    let before = latest(stack, "sums-compacted");
    let set = |configs: &str| {
        let class = "kafka.admin.ConfigCommand";
        stack.tool(
            class,
            &["--alter", "--entity-type", "topics", "--entity-name", "t-compacted", "--add-config", configs],
        );
    };
    set("cleanup.policy=compact,segment.ms=100,min.cleanable.dirty.ratio=0.01,delete.retention.ms=0");
    // A record in each partition makes a segment the last but one, and what is not the last is compacted.
    for round in 0..100 {
        // Each has a value of every key.
        let values = fill(stack, "t-compacted", 200, 100 + round);
        if kept(stack) < 1_000 {
            assert_eq!(table(stack, "t-compacted"), last_of(&values), "what is left is read to its end");
            let answer = Answer::of(run(stack, &desk, &[]));
            assert_eq!(answer.code, Some(2), "{answer:?}");
            assert!(answer.err.contains("are not those of the records that are there now"), "{}", answer.err);
            assert_eq!(latest(stack, "sums-compacted"), before);
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(300));
    }
    panic!("the broker compacted nothing; its log: {}", stack.broker_log(1).display());
}

/// A registry that lies makes other records of the same bytes: as many results, and not those that are there.
#[test]
fn results_that_are_there_have_to_be_those_that_come_again() {
    let stack = stack::shared();
    let desk = Desk::new();
    desk.file(
        "s.sql",
        "CREATE STREAM s (k STRING KEY, a STRING) WITH (KAFKA_TOPIC = 't-lied', VALUE_FORMAT = 'AVRO', PARTITIONS = 3);
         CREATE STREAM r WITH (KAFKA_TOPIC = 'lied', VALUE_FORMAT = 'JSON') AS SELECT k, a FROM s EMIT CHANGES;",
    );
    desk.run(&["topics", "create", "--sql", "s.sql", "--bootstrap-server", &stack.bootstrap_servers]).done();
    let producer = producer(stack, None);
    for _ in 0..2 {
        // Schema 7 and the first symbol.
        let record = BaseRecord::to("t-lied").key("k").payload(&[0, 0, 0, 0, 7, 0]);
        producer.send(record).map_err(|(error, _)| error).unwrap();
    }
    producer.flush(Duration::from_secs(30)).unwrap();
    let (_, ca) = stack.tls.as_ref().unwrap();
    let run = |symbol: &str, kill_at: &str| {
        let symbols = json!({"type": "enum", "name": "e", "symbols": [symbol]});
        let schema = json!({"type": "record", "name": "r", "fields": [{"name": "A", "type": symbols}]});
        let registry = tls_registry(ca, &schema, SslVerifyMode::NONE);
        let reached = ["--schema-registry", &registry, "--sr-ca", ca.to_str().unwrap()];
        let typed = ["replay", "--sql", "s.sql", "--write", "--transaction-results", "1"];
        let mut command =
            desk.command(&[&typed[..], &["--bootstrap-server", &stack.bootstrap_servers], &reached].concat());
        command.env("STREAMFN_KILL_AT", kill_at);
        Answer::of(command)
    };
    let written = || committed(stack, "lied").into_values().flatten().map(|value| String::from_utf8(value).unwrap());
    assert_eq!(run("P", "after-commit").code, None, "it was to die");
    run("Q", "").refused(&["the 1 results that are written are not those of the records that are there now"]);
    assert_eq!(written().collect::<Vec<_>>(), [r#"{"A":"P"}"#]);
    run("P", "").done();
    assert_eq!(written().collect::<Vec<_>>(), [r#"{"A":"P"}"#; 2]);
}

/// The last result of each key: those before it may be compacted away.
fn latest(stack: &Stack, topic: &str) -> BTreeMap<String, Vec<u8>> {
    let last = |(key, mut values): (String, Vec<Vec<u8>>)| Some((key, values.pop()?));
    committed(stack, topic).into_iter().filter_map(last).collect()
}

/// The topic as a table, by a replay.
fn table(stack: &Stack, topic: &str) -> String {
    let desk = Desk::new();
    desk.file(
        "s.sql",
        format!(
            "CREATE TABLE s (k STRING PRIMARY KEY, n BIGINT) WITH (KAFKA_TOPIC = '{topic}', VALUE_FORMAT = 'JSON');
             CREATE TABLE r AS SELECT k, n FROM s EMIT CHANGES;"
        ),
    );
    let servers = &stack.bootstrap_servers;
    let answer = desk.run(&["replay", "--sql", "s.sql", "--format", "csv", "--bootstrap-server", servers]);
    let mut lines: Vec<&str> = answer.done().lines().skip(1).collect();
    lines.sort_unstable();
    lines.join("\n")
}

fn last_of(values: &Values) -> String {
    assert_eq!(values.len() as u64, KEYS);
    let last = |(key, values): (&String, &Vec<i64>)| Some(format!("{key},{}", values.last()?));
    let mut lines: Vec<String> = values.iter().filter_map(last).collect();
    lines.sort_unstable();
    lines.join("\n")
}

/// How many records of the input are there.
fn kept(stack: &Stack) -> usize {
    committed(stack, "t-compacted").values().map(Vec::len).sum()
}
