//! Dead letters of files: where they go, who may read them, what they hold, and what becomes of them when they are tried again.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use apache_avro::types::Value as Avro;
use serde_json::{Value, json};

use crate::command::{Answer, Desk, elsewhere};
use crate::component::{digest, encode};
use crate::faults::{EVAL, SQL, SUM, WAT, WIT, replay};
use crate::input::container;

const LETTERS: [&str; 4] = ["--on-error", "dead-letter", "--dead-letters", "letters.jsonl"];

fn mode(desk: &Desk, name: &str) -> u32 {
    fs::metadata(desk.path(name)).unwrap().permissions().mode() & 0o777
}

fn letters(desk: &Desk, name: &str) -> Vec<Value> {
    desk.read(name).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Tries the letters of a file with the desk's SQL and a component.
fn again(desk: &Desk, letters: &str, plugin: &str, more: &[&str]) -> Answer {
    let typed = ["replay", "--sql", "replay.sql", "--plugin", plugin, "--dead-letter", letters];
    desk.run(&[&typed, more].concat())
}

/// The component whose functions do with this number what they do with any other.
fn mended(number: &str) -> Vec<u8> {
    let line =
        WAT.lines().find(|line| line.contains(&format!("(i64.eq (local.get $n) (i64.const {number})) (then (drop")));
    encode(WIT, &WAT.replace(line.unwrap(), ""))
}

#[test]
fn a_directory_gets_a_file_for_each_letter_that_only_its_owner_reads() {
    let twice = format!("{EVAL}\n{}", EVAL.replace("evaluated", "evaluated_again"));
    let desk = Desk::new();
    let run = || replay(&desk, &twice, &[0, 5, 0], &["--on-error", "dead-letter", "--dead-letters", "new/letters/"]);
    run().says(&["note: 4 rows went to the dead letters"]);
    let names = || {
        let mut names: Vec<_> = fs::read_dir(desk.path("new/letters"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    let wanted = ["t-0-0-2.json", "t-0-0.json", "t-0-2-2.json", "t-0-2.json"];
    assert_eq!(names(), wanted);
    assert_eq!(mode(&desk, "new/letters"), 0o700);
    wanted.iter().for_each(|name| assert_eq!(mode(&desk, &format!("new/letters/{name}")), 0o600));
    assert_eq!(letters(&desk, "new/letters/t-0-2.json")[0]["offset"], 2);
    // A second run has the same letters, and none of the first is left beside them.
    run().done();
    assert_eq!(names(), wanted);
    assert!(again(&desk, "new/letters/t-0-0.json", "fragile.wasm", &[]).out.contains("offset 0"));
}

#[test]
fn a_file_is_its_owners_alone() {
    let desk = Desk::new();
    replay(&desk, EVAL, &[0], &LETTERS).done();
    assert_eq!(mode(&desk, "letters.jsonl"), 0o600);
    fs::set_permissions(desk.path("letters.jsonl"), fs::Permissions::from_mode(0o640)).unwrap();
    let before = desk.read("letters.jsonl");
    let wanted = "letters.jsonl: wanted a file that only its owner may read (0600)";
    replay(&desk, EVAL, &[0], &LETTERS).refused(&[wanted, "found 0640", "chmod 600"]);
    assert_eq!((mode(&desk, "letters.jsonl"), desk.read("letters.jsonl")), (0o640, before));
}

#[test]
fn a_disk_that_is_full_ends_the_run_and_is_named() {
    let full = ["--on-error", "dead-letter", "--dead-letters", "/dev/full"];
    replay(&Desk::new(), EVAL, &[5, 0], &full)
        .refused(&["/dev/full: wanted to write dead letters there: No space left"]);
    let nowhere = ["--on-error", "dead-letter", "--dead-letters", "none/letters.jsonl"];
    replay(&Desk::new(), EVAL, &[5], &nowhere).refused(&["none/letters.jsonl: wanted to write dead letters there"]);
}

#[test]
fn letters_are_there_whatever_becomes_of_the_run_after_them() {
    let desk = Desk::new();
    // The third loops, which ends the run.
    let answer = replay(&desk, EVAL, &[0, 5, -1], &[&LETTERS[..], &["--limit-time-ms", "200"]].concat());
    answer.refused(&["offset 2", "time limit"]);
    assert_eq!(letters(&desk, "letters.jsonl").len(), 1);
}

#[test]
fn a_call_is_made_again_with_the_state_it_had_until_it_is_mended() {
    let desk = Desk::new();
    replay(&desk, SUM, &[5, -2, 7], &LETTERS).done();
    let letter = &letters(&desk, "letters.jsonl")[0];
    assert_eq!(letter["call"]["state"], json!({"sum": 5}));
    let record = json!({"from": "file", "file": "t.jsonl", "line": 2, "key": "k", "value": {"n": -2}});
    assert_eq!((&letter["record"], &letter["timestamp"]), (&record, &json!(1)));
    assert_eq!(letter["sql_sha256"], digest(format!("{SQL}{SUM}").as_bytes()));

    let reason = "stack limit: calls went deeper than 131072 bytes of stack";
    let subject = "topic t partition 0 offset 1, key k: FRAGILE_SUM";
    let answer = again(&desk, "letters.jsonl", "fragile.wasm", &[]);
    assert_eq!((answer.code, answer.out), (Some(1), format!("{subject} still fails: {reason}\n")));
    assert_eq!(answer.err, "");
    let answer = again(&desk, "letters.jsonl", "fragile.wasm", &["--format", "json"]);
    let wanted =
        json!({"topic": "t", "partition": 0, "offset": 1, "function": "FRAGILE_SUM", "fails": true, "reason": reason});
    assert_eq!(serde_json::from_str::<Value>(&answer.out).unwrap(), wanted);

    // 5 and -2 are 3.
    desk.file("mended.wasm", mended("-2"));
    let answer = again(&desk, "letters.jsonl", "mended.wasm", &[]);
    assert_eq!(answer.done(), format!("{subject} gives 3, its state is {{\"sum\":3}}\n"));
    let [now, then] = ["mended.wasm", "fragile.wasm"].map(|name| digest(&fs::read(desk.path(name)).unwrap()));
    let told = format!("mended.wasm (sha256 {}) is not the letter's component (sha256 {})", &now[..12], &then[..12]);
    answer.says(&[&told]);
}

#[test]
fn the_entries_of_a_keyed_aggregate_come_back() {
    let sql = "CREATE STREAM offers (article STRING KEY, price DOUBLE) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');
        CREATE TABLE ranges AS SELECT price, PRICE_RANGE(article, price) AS spans FROM offers GROUP BY price;";
    let offer = |article: &str| format!("{{\"key\":\"{article}\",\"value\":{{\"price\":0.1}},\"timestamp\":1}}\n");
    let plugin = elsewhere().to_str().unwrap();
    let desk = Desk::new();
    let limited = [&["--plugin", plugin, "--limit-entries", "1"], &LETTERS[..]].concat();
    desk.replay(sql, &["apple", "apple", "pear"].map(offer).concat(), &limited).done();
    let letter = &letters(&desk, "letters.jsonl")[0];
    assert_eq!(letter["call"]["state"], json!([["apple", {"low": 0.1, "high": 0.1, "offers": 2}]]));
    assert_eq!(letter["call"]["arguments"], json!({"article": "pear", "price": 0.1}));
    assert_eq!(letter["call"]["limits"]["entries"], 1);
    let answer = again(&desk, "letters.jsonl", plugin, &[]);
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert!(answer.out.contains("still fails: refused: wanted at most 1 entries in a group"), "{answer:?}");
    let answer = again(&desk, "letters.jsonl", plugin, &["--limit-entries", "2", "--format", "json"]);
    let found: Value = serde_json::from_str(answer.done()).unwrap();
    let both =
        json!([["apple", {"low": 0.1, "high": 0.1, "offers": 2}], ["pear", {"low": 0.1, "high": 0.1, "offers": 1}]]);
    assert_eq!(found["state"], both);
}

#[test]
fn a_call_is_made_again_under_the_limits_it_had() {
    let desk = Desk::new();
    replay(&desk, EVAL, &[-3], &[&LETTERS[..], &["--limit-memory-mib", "4"]].concat()).done();
    let answer = again(&desk, "letters.jsonl", "fragile.wasm", &[]);
    assert!(answer.out.contains("FRAGILE still fails: memory limit: wanted more than 4194304 bytes"), "{answer:?}");
    let answer = again(&desk, "letters.jsonl", "fragile.wasm", &["--limit-memory-mib", "8"]);
    let other = "fails in another way: memory limit: wanted more than 8388608 bytes; it was: memory limit: wanted more than 4194304";
    assert!(answer.out.contains(other), "{answer:?}");
}

#[test]
fn a_record_is_decoded_again_until_the_sql_is_mended() {
    let sql = "CREATE STREAM s (k STRING KEY, n INT) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');
        CREATE STREAM x AS SELECT k, n FROM s;";
    let desk = Desk::new();
    let records = "{\"key\":\"a\",\"value\":{\"n\":3000000000}}\n{\"key\":\"b\",\"value\":{\"n\":\"x\"}}\n";
    desk.replay(sql, records, &LETTERS).says(&["2 rows went to the dead letters"]);
    let again = |more: &[&str]| {
        desk.run(&[&["replay", "--sql", "replay.sql", "--dead-letter", "letters.jsonl"], more].concat())
    };
    let answer = again(&[]);
    let wanted = "topic t partition 0 offset 0 still fails: column N: wanted INT, found 3000000000\n\
                  topic t partition 0 offset 1 still fails: column N: wanted INT, found \"x\"\n";
    assert_eq!((answer.code, answer.out.as_str(), answer.err.as_str()), (Some(1), wanted, ""));
    desk.file("replay.sql", sql.replace("n INT", "n BIGINT"));
    let answer = again(&["--format", "json"]);
    assert_eq!(answer.code, Some(1));
    let found: Vec<Value> = answer.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(found[0]["row"], json!({"K": "a", "N": 3_000_000_000_u64}));
    let before = "column N: wanted INT, found \"x\"";
    assert_eq!((&found[1]["fails"], &found[1]["before"]), (&json!(true), &json!(before)));
    desk.file("replay.sql", sql.replace("n INT", "n STRING"));
    let answer = again(&[]);
    let wanted =
        "topic t partition 0 offset 0 decodes to K=a, N=3000000000\ntopic t partition 0 offset 1 decodes to K=b, N=x\n";
    assert_eq!(answer.done(), wanted);
    answer.says(&["note: the SQL is not the letter's"]);
}

#[test]
fn a_record_of_an_avro_container_is_read_in_its_file() {
    let desk = Desk::new();
    let sql = "CREATE STREAM s (k STRING KEY, n INT) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');
        CREATE STREAM x AS SELECT k, n FROM s;";
    let schema = r#"{"type": "record", "name": "r", "fields": [{"name": "N", "type": "string"}]}"#;
    let record = Avro::Record(vec![("N".to_owned(), Avro::String("x".to_owned()))]);
    desk.file("replay.sql", sql).file("t.avro", container(schema, vec![record]));
    desk.run(&[&["replay", "--sql", "replay.sql", "--topic", "t=t.avro"], &LETTERS[..]].concat()).done();
    let letter = &letters(&desk, "letters.jsonl")[0];
    assert_eq!(
        letter["record"],
        json!({"from": "file", "file": "t.avro", "record": 1, "key": null, "value": {"N": "x"}})
    );
    desk.run(&["replay", "--sql", "replay.sql", "--dead-letter", "letters.jsonl"])
        .refused(&["topic t partition 0 offset 0: wanted a record of a topic or of JSON Lines, found one of the Avro container t.avro"]);
}

#[test]
fn letters_of_topics_whose_names_are_alike_do_not_share_a_file() {
    let desk = Desk::new();
    desk.file(
        "s.sql",
        "CREATE STREAM a (n INT) WITH (KAFKA_TOPIC = '../a', VALUE_FORMAT = 'JSON');
         CREATE STREAM b (n INT) WITH (KAFKA_TOPIC = '..%2Fa', VALUE_FORMAT = 'JSON');
         CREATE STREAM x AS SELECT n FROM a;
         CREATE STREAM y AS SELECT n FROM b;",
    );
    desk.file("t.jsonl", "{\"value\":{\"n\":\"x\"}}\n");
    let typed =
        ["replay", "--sql", "s.sql", "--topic", "../a=t.jsonl", "--topic", "..%2Fa=t.jsonl", "--format", "json"];
    let answer = desk.run(&[&typed[..], &["--on-error", "dead-letter", "--dead-letters", "letters/"]].concat());
    answer.says(&["2 rows went to the dead letters"]);
    let topic = |name: &str| letters(&desk, name)[0]["topic"].as_str().unwrap().to_owned();
    assert_eq!(topic("letters/%2E.%2Fa-0-0.json"), "../a");
    assert_eq!(topic("letters/%2E.%252Fa-0-0.json"), "..%2Fa");
}

#[test]
fn letters_come_from_standard_input_too_and_on_several_lines() {
    let desk = Desk::new();
    replay(&desk, EVAL, &[0], &LETTERS).done();
    let pretty = format!("{:#}", letters(&desk, "letters.jsonl")[0]);
    let typed = ["replay", "--sql", "replay.sql", "--plugin", "fragile.wasm", "--dead-letter", "-"];
    let mut command = desk.command(&typed);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(pretty.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text.contains("offset 0, key k: FRAGILE still fails: trap: unreachable"), "{text}");
}

#[test]
fn what_is_no_letter_is_refused_with_what_was_wanted() {
    let desk = Desk::new();
    replay(&desk, SUM, &[5, 0], &LETTERS).done();
    let letter = letters(&desk, "letters.jsonl").remove(0);
    let tried = |letter: &Value, plugin: &str| {
        desk.file("tried.json", letter.to_string());
        again(&desk, "tried.json", plugin, &[])
    };
    let with = |path: &str, value: Value| {
        let mut letter = letter.clone();
        *letter.pointer_mut(path).unwrap() = value;
        letter
    };
    tried(&with("/version", json!(2)), "fragile.wasm")
        .refused(&["letter 1: wanted version 1 of dead letters, found 2"]);
    tried(&json!({"a": 1}), "fragile.wasm").refused(&["letter 1: wanted version 1 of dead letters, found none"]);
    tried(&with("/offset", json!("1")), "fragile.wasm")
        .refused(&["letter 1: wanted a dead letter, found invalid type"]);
    tried(&with("/call/state", json!({"sum": "a"})), "fragile.wasm")
        .refused(&["offset 1: FRAGILE_SUM of fragile.wasm takes no such call: state: wanted s64, found \"a\""]);
    tried(&with("/call/arguments", json!({})), "fragile.wasm").refused(&["wanted an argument n, there is none"]);
    // Those after it are tried all the same.
    let state = json!({"sum": "a"}).to_string();
    let two = format!("{}\n{letter}\n", letter.to_string().replace(r#"{"sum":5}"#, &state));
    desk.file("two.jsonl", two);
    let answer = again(&desk, "two.jsonl", "fragile.wasm", &[]);
    assert_eq!((answer.code, answer.out.lines().count()), (Some(2), 1), "{answer:?}");
    answer.says(&["error: two.jsonl: topic t partition 0 offset 1: FRAGILE_SUM of fragile.wasm takes no such call"]);
    let missing = "no component here has FRAGILE_SUM (t:t/fragile-sum); name the file with --plugin";
    desk.file("replay.sql", SQL);
    tried(&letter, elsewhere().to_str().unwrap()).refused(&[missing]);
    let mut broken = letter.clone();
    broken.as_object_mut().unwrap().remove("call");
    tried(&broken, "fragile.wasm").done();
    broken["topic"] = json!("tt");
    tried(&broken, "fragile.wasm").refused(&["the SQL has no topic tt to read; did you mean t?"]);
    desk.file("empty.json", "");
    again(&desk, "empty.json", "fragile.wasm", &[]).refused(&["empty.json: wanted dead letters, found nothing"]);
    desk.file("cut.json", &letter.to_string()[..40]);
    again(&desk, "cut.json", "fragile.wasm", &[])
        .refused(&["cut.json: letter 1: wanted a dead letter, found broken JSON"]);
}

#[test]
fn reasons_are_short_and_move_no_cursor() {
    let long = format!("\\u001b[2J{}", "x".repeat(100_000));
    let sql = "CREATE STREAM s (k STRING KEY, n BIGINT, c STRING) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');
        CREATE STREAM x AS SELECT k, VAT(n, c) AS n FROM s;";
    let record = format!("{{\"key\":\"{long}\",\"value\":{{\"n\":1,\"c\":\"{long}\"}}}}\n");
    let plugin = elsewhere().to_str().unwrap();
    let desk = Desk::new();
    desk.replay(sql, &record, &[&["--plugin", plugin], &LETTERS[..]].concat()).done();
    let letter = letters(&desk, "letters.jsonl").remove(0);
    for shown in [&letter["reason"], &letter["call"]["key"]] {
        let shown = shown.as_str().unwrap();
        assert!(shown.contains("\\u{1b}[2J") && shown.chars().count() < 600, "{shown}");
    }
    // The value itself is whole.
    assert_eq!(letter["call"]["arguments"]["country"].as_str().unwrap().len(), 100_004);
    let answer = again(&desk, "letters.jsonl", plugin, &[]);
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert!(answer.out.contains("still fails: refused: unknown country \"\\u{1b}[2J"), "{answer:?}");
    assert!(answer.out.len() < 2000 && !answer.out.chars().any(|c| c.is_control() && c != '\n'), "{answer:?}");
}
