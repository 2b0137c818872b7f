//! `streamfn generate`: what it writes, how far it goes, what it tells, and how it ends.

use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::command::Desk;
use crate::component::encode_using;

/// The records of a topic.
fn records(desk: &Desk, file: &str) -> Vec<Json> {
    desk.read(file).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn keys(desk: &Desk, file: &str) -> BTreeSet<String> {
    records(desk, file).iter().map(|record| record["key"].as_str().unwrap().to_owned()).collect()
}

fn count(told: &str) -> u64 {
    told.trim().split(", ").map(|topic| topic.rsplit(": ").next().unwrap().parse::<u64>().unwrap()).sum()
}

#[test]
fn a_run_ends_after_so_many_records_and_those_that_close_what_is_open() {
    let desk = Desk::new();
    desk.file("c.yaml", "max_simultaneous_sessions: 3\n");
    let answer = desk.run(&["generate", "smartshop", "--config", "c.yaml", "--events", "100", "--out", "t"]);
    let [came, changed, went] = ["checkin", "basket", "checkout"].map(|t| format!("t/smartshop-{t}.jsonl"));
    assert_eq!(keys(&desk, &came), keys(&desk, &went));
    assert!(keys(&desk, &changed).is_subset(&keys(&desk, &came)));
    let [came, changed, went] = [came, changed, went].map(|file| records(&desk, &file).len());
    let told = format!("smartshop-checkin: {came}, smartshop-basket: {changed}, smartshop-checkout: {went}\n");
    assert_eq!(answer.done(), told);
    // Three at most were in.
    assert!((100..=103).contains(&(came + changed + went)), "{told}");
}

#[test]
fn a_run_ends_when_so_much_of_the_events_time_has_passed() {
    let desk = Desk::new();
    desk.run(&["generate", "smartshop", "--duration", "10m", "--out", "t"]).done();
    let mut times: Vec<i64> = vec![];
    for topic in ["checkin", "basket", "checkout"] {
        let records = records(&desk, &format!("t/smartshop-{topic}.jsonl"));
        assert!(records.iter().all(|record| record["timestamp"] == record["value"]["ts"]));
        times.extend(records.iter().map(|record| record["timestamp"].as_i64().unwrap()));
    }
    let end = 1_704_067_200_000 + 10 * 60_000;
    let last = times.iter().max().unwrap();
    // No session pauses for a minute, the next one begins at once.
    assert!((end - 60_000..end).contains(last), "{last}");
    assert_eq!(keys(&desk, "t/smartshop-checkin.jsonl"), keys(&desk, "t/smartshop-checkout.jsonl"));
    // What is cut is the same as far as it goes.
    desk.run(&["generate", "smartshop", "--duration", "20m", "--out", "longer"]).done();
    let [short, long] = ["t", "longer"].map(|of| desk.read(&format!("{of}/smartshop-basket.jsonl")));
    assert!(long.starts_with(&short) && long.len() > short.len());
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let desk = Desk::new();
    let events = |seed: &str, out: &str| {
        desk.run(&["generate", "ecommerce", "--seed", seed, "--out", out]).done();
        desk.read(&format!("{out}/ecommerce.events.jsonl"))
    };
    let first = events("7", "a");
    assert_eq!(first, events("7", "b"));
    assert_ne!(first, events("8", "c"));
}

#[test]
fn parts_have_partitions_and_keys_of_their_own() {
    let desk = Desk::new();
    let mut all = BTreeSet::new();
    for part in 0..3 {
        let out = format!("part{part}");
        desk.run(&["generate", "ecommerce", "--split", &format!("{part}/3"), "--out", &out]).done();
        let file = format!("{out}/ecommerce.users.jsonl");
        assert!(records(&desk, &file).iter().all(|record| record["partition"] == part));
        let keys = keys(&desk, &file);
        assert!(keys.is_disjoint(&all) && keys.len() > 300, "{}", keys.len());
        all.extend(keys);
    }
    assert_eq!(all.len(), 1000);
    let answer = desk.run(&["generate", "ecommerce", "--split", "3/3", "--dry-run"]);
    answer.refused(&["wanted PART/PARTS with a part below their number, such as 0/4"]);
}

#[test]
fn a_line_is_told_of_each_record_and_of_a_tombstone_its_key() {
    let desk = Desk::new();
    let answer = desk.run(&["generate", "smartshop", "--events", "2", "--verbose", "--dry-run"]);
    answer.done();
    let lines: Vec<&str> = answer.err.lines().collect();
    assert_eq!(lines.len(), 3, "{}", answer.err);
    let began = "2024-01-01 00:00:00.000 CHECKIN {\"ts\":1704067200000,\"session_id\":\"";
    assert!(lines[0].starts_with(began), "{}", lines[0]);
    assert!(lines[1].contains(" BASKET {\"ts\":"), "{}", lines[1]);
    assert!(lines[2].contains(" CHECKOUT {\"ts\":"), "{}", lines[2]);
    desk.file("c.yaml", "users: 1\nproducts: 1\nevents: 20\nuser_delete_share: 0.2\n");
    let answer = desk.run(&["generate", "ecommerce", "--config", "c.yaml", "--verbose", "--dry-run"]);
    assert!(answer.err.contains(" USERS \"U0\" is deleted\n"), "{}", answer.err);
    assert_eq!(std::fs::read_dir(desk.path("")).unwrap().count(), 1, "a dry run writes nothing");
}

#[test]
fn a_rate_is_kept_to() {
    let start = Instant::now();
    let answer = Desk::new().run(&["generate", "smartshop", "--events", "11", "--rate", "50", "--dry-run"]);
    assert_eq!(count(answer.done()), 12);
    assert!(start.elapsed() >= Duration::from_millis(200), "ten pauses of a fiftieth: {:?}", start.elapsed());
}

#[test]
fn settings_are_refused_with_what_was_wanted() {
    let desk = Desk::new();
    let refused = |yaml: &str, words: &[&str]| {
        desk.file("c.yaml", yaml);
        desk.run(&["generate", "smartshop", "--config", "c.yaml", "--out", "t"]).refused(words);
        assert!(!desk.path("t").exists(), "nothing is written");
    };
    refused("max_sku: 3", &["smartshop: there is no setting max_sku; did you mean max_skus?"]);
    refused("max_skus: 0", &["smartshop: max_skus: wanted a whole number from 1 to 1000000, found 0"]);
    refused("smartshop:\n  max_skus: many", &["max_skus: wanted a number, found \"many\""]);
    refused("- 1", &["c.yaml: wanted the settings as a YAML mapping, found [1]"]);
    desk.run(&["generate", "smartshop", "--config", "none.yaml", "--dry-run"])
        .refused(&["none.yaml: wanted settings in YAML"]);
    desk.run(&["generate", "smartshop", "--duration", "10", "--dry-run"])
        .refused(&["wanted a number and ms, s, m, h or d, such as 10m"]);
    desk.run(&["generate", "smartshop"]).refused(&["--out <DIR>"]);
}

#[test]
fn a_generator_that_is_not_there_is_refused_with_the_nearest() {
    let answer = Desk::new().run(&["generate", "smartshp", "--dry-run"]);
    answer.refused(&["there is no generator smartshp in ", "generate.wasm; did you mean smartshop?"]);
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let desk = Desk::new();
    desk.file("t", "no directory");
    desk.run(&["generate", "smartshop", "--events", "1", "--out", "t"]).refused(&["t: could not be written: "]);
}

#[test]
fn sql_that_reads_other_topics_or_columns_is_refused() {
    let desk = Desk::new();
    let sql = |topic: &str| {
        format!(
            "CREATE STREAM s (session_id STRING KEY, sku STRING, colour STRING) WITH (KAFKA_TOPIC = '{topic}', VALUE_FORMAT = 'JSON');
             CREATE STREAM o AS SELECT * FROM s EMIT CHANGES;"
        )
    };
    let typed = ["generate", "smartshop", "--sql", "s.sql", "--dry-run"];
    desk.file("s.sql", sql("smartshop-basket")).run(&typed).refused(&[
        "s.sql: topic smartshop-basket: the SQL's column COLOUR is not generated; there is ts, session_id, sku, qty, unit_price",
    ]);
    desk.file("s.sql", sql("other")).run(&typed).refused(&["s.sql: no topic of the SQL is generated: it reads other"]);
}

/// A generator of one row with this in it, whose second `next` is this code.
fn of_a_stranger(fields: &str, then: &str) -> Vec<u8> {
    let wit = format!(
        "package t:t;
         interface odd {{
           use streamfn:types/types@0.1.1.{{timestamp-ltz}};
           record numbered {{ {fields} }}
           variant row {{ numbers(numbered) }}
           type state = s64;
           create: func(config: string, seed: u64, split: u32, splits: u32) -> result<state, string>;
           next: func(state: state, max: u32) -> tuple<state, list<row>>;
           finish: func(state: state) -> list<row>;
         }}
         world test {{ export odd; }}"
    );
    let wat = format!(
        "(module (memory (export \"memory\") 1)
          (func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
          (func (export \"t:t/odd#create\") (param i32 i32 i64 i32 i32) (result i32)
            (i32.store8 (i32.const 16) (i32.const 0)) (i32.const 16))
          (func (export \"t:t/odd#next\") (param $state i64) (param i32) (result i32)
            (if (i64.ne (local.get $state) (i64.const 0)) (then {then}))
            (i64.store (i32.const 16) (i64.const 1)) (i32.store (i32.const 24) (i32.const 64))
            (i32.store (i32.const 28) (i32.eqz (i32.wrap_i64 (local.get $state)))) (i32.const 16))
          (func (export \"t:t/odd#finish\") (param i64) (result i32)
            (i32.store (i32.const 16) (i32.const 64)) (i32.store (i32.const 20) (i32.const 0)) (i32.const 16)))"
    );
    encode_using(include_str!("../../../wit/types/types.wit"), &wit, &wat)
}

const RECORD: &str = "key: s64, timestamp: timestamp-ltz, value: option<other> } record other { n: s32";

#[test]
fn a_strangers_generator_writes_its_topics() {
    let desk = Desk::new();
    desk.file("odd.wasm", of_a_stranger(RECORD, ""));
    let answer = desk.run(&["generate", "odd", "--plugin", "odd.wasm", "--out", "t"]);
    assert_eq!(answer.done(), "odd.numbers: 1\n");
    assert_eq!(desk.read("t/odd.numbers.jsonl"), "{\"key\":0,\"value\":null,\"timestamp\":0,\"partition\":0}\n");
}

#[test]
fn a_strangers_generator_without_records_of_topics_is_refused() {
    let desk = Desk::new();
    desk.file("odd.wasm", of_a_stranger("n: s64, at: timestamp-ltz", ""));
    let wanted = "odd: wanted each case to hold a topic's record, `record { key: K, timestamp: timestamp-ltz, value: V }` \
                  with a record or an option of one as V; found `numbers` with ROW<n BIGINT, at TIMESTAMP_LTZ(3)>";
    desk.run(&["generate", "odd", "--plugin", "odd.wasm", "--dry-run"]).refused(&[wanted]);
}

#[test]
fn a_generator_that_gives_more_than_was_asked_for_is_told() {
    let desk = Desk::new();
    let two = "(i64.store (i32.const 16) (i64.const 2)) (i32.store (i32.const 24) (i32.const 64))
      (i32.store (i32.const 28) (i32.const 2)) (return (i32.const 16))";
    desk.file("odd.wasm", of_a_stranger(RECORD, two));
    let typed = ["generate", "odd", "--plugin", "odd.wasm", "--dry-run", "--events", "2"];
    desk.run(&typed).refused(&["odd.wasm: odd: `next`: contract: wanted at most 1 rows, found 2"]);
}

#[test]
fn a_generator_that_traps_or_never_answers_is_told_with_its_file() {
    let desk = Desk::new();
    desk.file("odd.wasm", of_a_stranger(RECORD, "unreachable"));
    let typed = ["generate", "odd", "--plugin", "odd.wasm", "--dry-run", "--limit-time-ms", "50"];
    desk.run(&typed).refused(&["odd.wasm: odd: `next`: trap: unreachable code was reached"]);
    desk.file("odd.wasm", of_a_stranger(RECORD, "(loop (br 0))"));
    desk.run(&typed).refused(&["odd.wasm: odd: `next`: time limit: still running after 50ms"]);
}

/// A run that waits for the events' times, until its first record is there.
fn waiting(desk: &Desk) -> Child {
    let typed = ["generate", "smartshop", "--speed", "1", "--out", "t", "--config", "c.yaml"];
    desk.file("c.yaml", "max_simultaneous_sessions: 4\nupdate_basket_range_min: 3600\nupdate_basket_range_max: 3600\n");
    let child = desk.command(&typed).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let first = desk.path("t/smartshop-checkin.jsonl");
    let start = Instant::now();
    while !first.metadata().is_ok_and(|file| file.len() > 0) {
        assert!(start.elapsed() < Duration::from_secs(30), "no record is there");
        sleep(Duration::from_millis(20));
    }
    child
}

#[test]
fn a_signal_checks_everybody_out_and_is_no_error() {
    for signal in ["-INT", "-TERM"] {
        let desk = Desk::new();
        let child = waiting(&desk);
        let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{signal}: {output:?}");
        let (came, went) = (keys(&desk, "t/smartshop-checkin.jsonl"), keys(&desk, "t/smartshop-checkout.jsonl"));
        assert!((1..=4).contains(&came.len()) && came == went, "{came:?} {went:?}");
        let told = String::from_utf8(output.stdout).unwrap();
        let wanted = format!("smartshop-checkin: {0}, smartshop-basket: 0, smartshop-checkout: {0}\n", came.len());
        assert_eq!(told, wanted);
    }
}
