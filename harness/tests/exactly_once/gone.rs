//! Records that are gone when a replay goes on.

use std::collections::BTreeMap;

use crate::command::Answer;
use crate::input::{committed, desk, fill, run, start};
use crate::stack::Stack;

/// A replay that dies in the middle of its results.
fn half(stack: &Stack, desk: &crate::command::Desk) {
    let mut command = run(stack, desk, &["--transaction-results", "300"]);
    command.env("STREAMFN_KILL_AT", "before-commit:3");
    assert_eq!(start(command).wait().unwrap().code(), None);
}

#[test]
fn records_past_their_retention_end_it_and_what_is_written_stays() {
    let stack = Stack::start();
    let desk = desk(&stack, "t", "gone");
    fill(&stack, "t", 2_000, 3);
    half(&stack, &desk);
    let before = latest(&stack, "sums-gone");
    desk.file("gone.json", r#"{"partitions":[{"topic":"t","partition":1,"offset":100}],"version":1}"#);
    let file = desk.path("gone.json");
    stack.tool("org.apache.kafka.tools.DeleteRecordsCommand", &["--offset-json-file", file.to_str().unwrap()]);
    let answer = Answer::of(run(&stack, &desk, &[]));
    assert_eq!(answer.code, Some(2), "{answer:?}");
    assert!(
        answer.err.contains("topic t, partition 1: the replay that is to be finished began at offset 0"),
        "{}",
        answer.err
    );
    assert!(answer.err.contains("records are gone"), "{}", answer.err);
    assert_eq!(latest(&stack, "sums-gone"), before);
}

#[test]
fn a_topic_that_was_compacted_in_between_is_noticed_by_its_results() {
    let stack = Stack::start_with(&[
        "--broker-config",
        "log.cleaner.backoff.ms=100",
        "--broker-config",
        "log.cleaner.min.cleanable.ratio=0.01",
    ]);
    let desk = desk(&stack, "t", "compacted");
    fill(&stack, "t", 2_000, 3);
    half(&stack, &desk);
    let before = latest(&stack, "sums-compacted");
    let set = |configs: &str| {
        let class = "kafka.admin.ConfigCommand";
        stack.tool(class, &["--alter", "--entity-type", "topics", "--entity-name", "t", "--add-config", configs]);
    };
    set("cleanup.policy=compact,segment.ms=100,min.cleanable.dirty.ratio=0.01,delete.retention.ms=0");
    // A record in each partition makes a segment the last but one, and what is not the last is compacted.
    for round in 0..100 {
        fill(&stack, "t", 100, 100 + round);
        if kept(&stack) < 1_000 {
            let answer = Answer::of(run(&stack, &desk, &[]));
            assert_eq!(answer.code, Some(2), "{answer:?}");
            assert!(answer.err.contains("are not those of the records that are there now"), "{}", answer.err);
            assert_eq!(latest(&stack, "sums-compacted"), before);
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

/// How many records of the input are there.
fn kept(stack: &Stack) -> usize {
    committed(stack, "t").values().map(Vec::len).sum()
}
