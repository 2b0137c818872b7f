//! Records that are gone when a replay goes on.

use std::collections::BTreeMap;

use crate::command::{Answer, Desk};
use crate::input::{KEYS, Values, committed, desk, fill, run, start};
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
