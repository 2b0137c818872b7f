//! Faults inside a component, met through SQL: each policy, each limit, and that the next row works.

use std::time::{Duration, Instant};

use crate::command::{Answer, Desk};
use crate::component::{digest, encode};

/// What a call does with its number: 0 traps, -1 loops, -2 recurses, -3 takes memory until it gets none, others are added.
pub const WIT: &str = "package t:t;
interface fragile { eval: func(n: s64) -> s64; }
interface fragile-sum {
  record state { sum: s64 }
  create: func() -> state;
  accumulate: func(state: state, n: s64) -> state;
  value: func(state: state) -> s64;
}
interface one-way {
  record state { sum: s64 }
  create: func() -> state;
  accumulate: func(state: state, n: s64) -> state;
  retract: func(state: state, n: s64) -> state;
  value: func(state: state) -> s64;
}
interface liar { eval: func(n: s64) -> option<string>; }
world test { export fragile; export fragile-sum; export one-way; export liar; }";

pub const WAT: &str = r#"(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func $spin (loop (br 0)))
  (func $recurse (param i32) (result i32) (i32.add (i32.const 1) (call $recurse (local.get 0))))
  (func $grow (loop (br_if 0 (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) unreachable)
  (func $misbehave (param $n i64)
    (if (i64.eq (local.get $n) (i64.const 0)) (then unreachable))
    (if (i64.eq (local.get $n) (i64.const -1)) (then (call $spin)))
    (if (i64.eq (local.get $n) (i64.const -2)) (then (drop (call $recurse (i32.const 0)))))
    (if (i64.eq (local.get $n) (i64.const -3)) (then (call $grow))))
  (func $eval (export "t:t/fragile#eval") (param i64) (result i64) (call $misbehave (local.get 0)) (local.get 0))
  (func (export "t:t/fragile-sum#create") (result i64) (i64.const 0))
  (func (export "t:t/fragile-sum#accumulate") (param i64 i64) (result i64)
    (call $misbehave (local.get 1)) (i64.add (local.get 0) (local.get 1)))
  (func (export "t:t/fragile-sum#value") (param i64) (result i64) (local.get 0))
  (func (export "t:t/one-way#create") (result i64) (i64.const 0))
  (func (export "t:t/one-way#accumulate") (param i64 i64) (result i64) (i64.add (local.get 0) (local.get 1)))
  (func (export "t:t/one-way#retract") (param i64 i64) (result i64)
    (call $misbehave (local.get 1)) (i64.sub (local.get 0) (local.get 1)))
  (func (export "t:t/one-way#value") (param i64) (result i64) (local.get 0))
  ;; An option<string>: 1 a case that is none, 2 text past the memory's end, 3 text of 4 GiB, 4 no UTF-8, 5 an area outside.
  (func $some (param $case i32) (param $at i32) (param $len i32) (result i32)
    (i32.store (i32.const 16) (local.get $case))
    (i32.store (i32.const 20) (local.get $at))
    (i32.store (i32.const 24) (local.get $len))
    (i32.const 16))
  (func (export "t:t/liar#eval") (param $n i64) (result i32)
    (if (i64.eq (local.get $n) (i64.const 1)) (then (return (call $some (i32.const 7) (i32.const 64) (i32.const 5)))))
    (if (i64.eq (local.get $n) (i64.const 2)) (then (return (call $some (i32.const 1) (i32.const 65536) (i32.const 1)))))
    (if (i64.eq (local.get $n) (i64.const 3)) (then (return (call $some (i32.const 1) (i32.const 64) (i32.const -1)))))
    (if (i64.eq (local.get $n) (i64.const 4)) (then (return (call $some (i32.const 1) (i32.const 64) (i32.const 6)))))
    (if (i64.eq (local.get $n) (i64.const 5)) (then (return (i32.const 65532))))
    (call $some (i32.const 1) (i32.const 64) (i32.const 5)))
  (data (i32.const 64) "hello\ff"))"#;

pub const SQL: &str =
    "CREATE STREAM numbers (id STRING KEY, n BIGINT) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');\n";
pub const EVAL: &str = "CREATE STREAM evaluated AS SELECT id, FRAGILE(n) AS n FROM numbers EMIT CHANGES;";
pub const SUM: &str = "CREATE TABLE summed AS SELECT id, FRAGILE_SUM(n) AS n FROM numbers GROUP BY id EMIT CHANGES;";
const TELL: &str = "CREATE STREAM told AS SELECT id, LIAR(n) AS text FROM numbers EMIT CHANGES;";

pub fn replay(desk: &Desk, query: &str, numbers: &[i64], more: &[&str]) -> Answer {
    desk.file("fragile.wasm", encode(WIT, WAT));
    let record = |n: &i64| format!("{{\"key\":\"k\",\"value\":{{\"n\":{n}}},\"timestamp\":1}}\n");
    let records: String = numbers.iter().map(record).collect();
    desk.replay(&format!("{SQL}{query}"), &records, &[&["--plugin", "fragile.wasm", "--changelog"], more].concat())
}

#[test]
fn a_trap_ends_the_run_and_names_function_file_record_key_and_kind() {
    for (query, function) in [(EVAL, "function FRAGILE of"), (SUM, "function FRAGILE_SUM of")] {
        let digest = format!("fragile.wasm (sha256 {})", &digest(&encode(WIT, WAT))[..12]);
        let trap = "key k: trap: unreachable code was reached (in Rust: a panic) in `misbehave`";
        let answer = replay(&Desk::new(), query, &[5, 0, 7], &[]);
        answer.refused(&[function, &digest, "topic t partition 0 offset 1", trap]);
    }
}

#[test]
fn with_null_a_trapped_row_is_null_or_left_out_and_the_next_row_works() {
    let answer = replay(&Desk::new(), EVAL, &[5, 0, 7], &["--on-error", "null"]);
    let wanted = [r#"insert {"ID":"k","N":5}"#, r#"insert {"ID":"k","N":null}"#, r#"insert {"ID":"k","N":7}"#];
    assert_eq!(answer.changes(), wanted);
    answer.says(&["note: calls of FRAGILE without a value (trapped): 1 left out"]);
    let answer = replay(&Desk::new(), SUM, &[5, 0, 7], &["--on-error", "null"]);
    assert_eq!(answer.changes(), [r#"upsert {"ID":"k","N":5}"#, r#"upsert {"ID":"k","N":12}"#]);
}

#[test]
fn with_skip_a_trapped_row_is_left_out_as_with_dead_letters_and_counted() {
    let rows = [r#"insert {"ID":"k","N":5}"#, r#"insert {"ID":"k","N":7}"#];
    let totals = [r#"upsert {"ID":"k","N":5}"#, r#"upsert {"ID":"k","N":12}"#];
    for (query, function, wanted) in [(EVAL, "FRAGILE", rows), (SUM, "FRAGILE_SUM", totals)] {
        for policy in ["skip", "dead-letter"] {
            let answer = replay(&Desk::new(), query, &[5, 0, 7], &["--on-error", policy]);
            assert_eq!(answer.changes(), wanted, "{policy}");
            let counted = format!("note: rows that {function} gave no value for (trapped): 1 left out");
            assert_eq!(answer.err.contains(&counted), policy == "skip", "{}", answer.err);
        }
    }
}

#[test]
fn a_trapped_row_goes_to_the_dead_letters_and_the_state_is_as_before_it() {
    let desk = Desk::new();
    let policy = ["--on-error", "dead-letter", "--dead-letters", "letters.jsonl"];
    let answer = replay(&desk, SUM, &[5, 0, -2, -3, 7], &policy);
    assert_eq!(answer.changes(), [r#"upsert {"ID":"k","N":5}"#, r#"upsert {"ID":"k","N":12}"#]);
    let letters: Vec<serde_json::Value> =
        desk.read("letters.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let reasons: Vec<_> = letters.iter().map(|letter| letter["reason"].as_str().unwrap()).collect();
    let wanted = [
        "trap: unreachable code was reached (in Rust: a panic) in `misbehave`",
        "stack limit: calls went deeper than 131072 bytes of stack",
        "memory limit: wanted more than 67108864 bytes",
    ];
    assert_eq!(reasons, wanted);
    let places: Vec<_> = letters.iter().map(|l| (l["offset"].as_i64(), l["call"]["arguments"].to_string())).collect();
    let wanted = [(1, r#"{"n":0}"#), (2, r#"{"n":-2}"#), (3, r#"{"n":-3}"#)];
    assert_eq!(places, wanted.map(|(offset, arguments)| (Some(offset), arguments.to_owned())));
}

#[test]
fn an_endless_loop_ends_the_run_under_every_policy() {
    for policy in ["fail", "null", "skip", "dead-letter"] {
        let start = Instant::now();
        let answer = replay(&Desk::new(), EVAL, &[5, -1, 7], &["--on-error", policy, "--limit-time-ms", "200"]);
        answer.refused(&["function FRAGILE of", "offset 1, key k: time limit: still running after 200ms"]);
        assert!(start.elapsed() < Duration::from_secs(30), "{policy}");
    }
}

#[test]
fn endless_recursion_and_memory_growth_end_at_limits_that_are_named() {
    replay(&Desk::new(), EVAL, &[-2], &[]).refused(&["function FRAGILE of", "stack limit: ", "131072 bytes"]);
    let answer = replay(&Desk::new(), EVAL, &[-3], &["--limit-memory-mib", "4"]);
    answer.refused(&["function FRAGILE of", "memory limit: wanted more than 4194304 bytes"]);
}

#[test]
fn a_result_that_lies_is_never_a_value() {
    let lies = [
        (1, "one of 2 cases, found case 7"),
        (2, "found 1 bytes at 65536"),
        (3, "found 4294967295 bytes at 64"),
        (4, "UTF-8"),
        (5, "found 12 bytes at 65532"),
    ];
    for (lie, words) in lies {
        replay(&Desk::new(), TELL, &[lie], &[]).refused(&["function LIAR of", "key k: contract: ", words]);
    }
    let answer = replay(&Desk::new(), TELL, &[0, 1, 2, 3, 4, 5, 0], &["--on-error", "dead-letter"]);
    assert_eq!(answer.changes(), [r#"insert {"ID":"k","TEXT":"hello"}"#; 2]);
    answer.says(&["note: 5 rows went to the dead letters"]);
}

#[test]
fn a_row_that_was_added_and_cannot_be_taken_back_ends_the_run_under_every_policy() {
    const TABLE: &str =
        "CREATE TABLE latest (id STRING PRIMARY KEY, n BIGINT) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');
        CREATE TABLE summed AS SELECT id, ONE_WAY(n) AS n FROM latest GROUP BY id EMIT CHANGES;";
    let replay = |numbers: [i64; 2], more: &[&str]| {
        let desk = Desk::new();
        desk.file("fragile.wasm", encode(WIT, WAT));
        let record = |n: i64| format!("{{\"key\":\"k\",\"value\":{{\"n\":{n}}},\"timestamp\":1}}\n");
        let records = numbers.map(record).concat();
        desk.replay(TABLE, &records, &[&["--plugin", "fragile.wasm", "--changelog"], more].concat())
    };
    let wanted = [r#"upsert {"ID":"k","N":4}"#, r#"upsert {"ID":"k","N":5}"#];
    assert_eq!(replay([4, 5], &["--on-error", "null"]).changes(), wanted);
    for policy in ["fail", "null", "skip", "dead-letter"] {
        replay([0, 5], &["--on-error", policy]).refused(&["function ONE_WAY of", "partition 0 offset 1", "trap"]);
    }
}

#[test]
fn dead_letters_come_in_the_order_of_the_records() {
    let again = EVAL.replace("evaluated", "evaluated_again");
    let more = ["--on-error", "dead-letter", "--dead-letters", "letters.jsonl"];
    let desk = Desk::new();
    replay(&desk, &format!("{EVAL}\n{again}"), &[0, 5, 0], &more).done();
    let offset = |line: &str| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["offset"].as_i64();
    let letters = desk.read("letters.jsonl");
    assert_eq!(letters.lines().map(offset).collect::<Vec<_>>(), [Some(0), Some(0), Some(2), Some(2)]);
}
