//! Dead letters of a cluster's records: raw bytes, headers and schemas in them, into a file, a directory or a topic, and back.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::cluster::{Cluster, Record};
use crate::command::{Answer, Desk};
use crate::registry::Registry;

/// A text where the SQL wants a number, in the second record.
const SQL: &str = "CREATE STREAM s (k STRING KEY, a INT, n BIGINT) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'AVRO');
                   CREATE STREAM r AS SELECT k, a, n FROM s EMIT CHANGES;";

fn schema() -> Value {
    json!({"type": "record", "name": "r", "fields": [
        {"name": "A", "type": ["int", "string"]},
        {"name": "N", "type": "long"},
    ]})
}

/// Schema 7; a union's first type, 5; 3.
const WHOLE: [u8; 8] = [0, 0, 0, 0, 7, 0, 10, 6];
/// A union's second type, "hi"; 3. `printf '\0\0\0\0\7\2\4hi\6' | base64`
const TEXT: [u8; 10] = [0, 0, 0, 0, 7, 2, 4, b'h', b'i', 6];
const TEXT_BASE64: &str = "AAAAAAcCBGhpBg==";

const REASON: &str = "column A: wanted INT, found String(\"hi\")";

fn cluster() -> Cluster {
    let cluster = Cluster::new(&[("t", 1), ("aside", 1)]);
    for (time, value) in [(5, &WHOLE[..]), (6, &TEXT), (7, &WHOLE)] {
        cluster.put("t", 0, time, Some(b"k"), Some(value));
    }
    cluster
}

fn replay(desk: &Desk, cluster: &Cluster, more: &[&str]) -> Answer {
    let registry = Registry::with(7, &schema());
    desk.file("s.sql", SQL);
    let (servers, url) = (cluster.servers(), registry.url());
    let typed =
        ["replay", "--sql", "s.sql", "--format", "csv", "--bootstrap-server", &servers, "--schema-registry", &url];
    desk.run(&[&typed[..], &["--on-error", "dead-letter"], more].concat())
}

/// Tries letters on a machine that has neither cluster nor registry.
fn again(desk: &Desk, sql: &str, file: &str) -> Answer {
    desk.file("again.sql", sql);
    desk.run(&["replay", "--sql", "again.sql", "--dead-letter", file])
}

#[test]
fn a_letter_has_the_bytes_the_headers_and_the_schema() {
    let desk = Desk::new();
    let answer = replay(&desk, &cluster(), &["--dead-letters", "letters/"]);
    assert_eq!(answer.done(), "K,A,N\nk,5,3\nk,5,3\n", "{}", answer.err);
    answer.says(&["1 rows went to the dead letters"]);
    let mut letter: Value = serde_json::from_str(&desk.read("letters/t-0-1.json")).unwrap();
    let sql = letter.as_object_mut().unwrap().remove("sql_sha256");
    assert!(sql.is_some_and(|sql| sql.as_str().is_some_and(|sql| sql.len() == 64)));
    let wanted = json!({
        "version": 1, "topic": "t", "partition": 0, "offset": 1, "timestamp": 6, "reason": REASON,
        "record": {
            // printf k | base64; printf 7 | base64
            "from": "topic", "key": "aw==", "value": TEXT_BASE64, "headers": [{"name": "trace", "value": "Nw=="}],
            "value_schema": {"id": 7, "texts": [schema().to_string()]},
        },
    });
    assert_eq!(letter, wanted);
}

#[test]
fn a_broken_record_is_decoded_again_with_nothing_but_its_letter() {
    let desk = Desk::new();
    replay(&desk, &cluster(), &["--dead-letters", "letters.jsonl"]).done();
    let answer = again(&desk, SQL, "letters.jsonl");
    let wanted = format!("topic t partition 0 offset 1 still fails: {REASON}\n");
    assert_eq!((answer.code, answer.out), (Some(1), wanted), "{}", answer.err);
    let answer = again(&desk, &SQL.replace("a INT", "a STRING"), "letters.jsonl");
    assert_eq!(answer.done(), "topic t partition 0 offset 1 decodes to K=k, A=hi, N=3\n");
}

#[test]
fn a_schema_that_nobody_knew_is_still_unknown() {
    let cluster = cluster();
    cluster.put("t", 0, 8, None, Some(&[0, 0, 0, 0, 9, 0]));
    let desk = Desk::new();
    replay(&desk, &cluster, &["--dead-letters", "letters/"]).done();
    let answer = again(&desk, SQL, "letters/t-0-3.json");
    assert_eq!(answer.code, Some(1), "{answer:?}");
    let wanted = "schema id 9 is not kept with the record: no registry knew it at the time; it was: value: schema id 9 is unknown";
    assert!(answer.out.contains(wanted), "{answer:?}");
}

#[test]
fn a_topic_gets_the_record_as_it_was_with_headers_that_say_why() {
    let (desk, cluster) = (Desk::new(), cluster());
    let answer = replay(&desk, &cluster, &["--dead-letter-topic", "aside"]);
    assert_eq!(answer.done(), "K,A,N\nk,5,3\nk,5,3\n", "{}", answer.err);
    // It is there when the run says that it is done.
    let Record { key, value, time, headers } = cluster.read("aside", 1).remove(0);
    assert_eq!((key.as_deref(), value.as_deref(), time), (Some(&b"k"[..]), Some(&TEXT[..]), 6));
    let (names, values): (Vec<_>, Vec<_>) = headers.into_iter().unzip();
    let ours = ["topic", "partition", "offset", "reason", "letter"].map(|name| format!("streamfn.{name}"));
    assert_eq!(names, [&["trace".to_owned()][..], &ours].concat());
    assert_eq!(values[..5], ["7", "t", "0", "1", REASON]);
    desk.file("letter.json", &values[5]);
    let answer = again(&desk, &SQL.replace("a INT", "a STRING"), "letter.json");
    assert_eq!(answer.done(), "topic t partition 0 offset 1 decodes to K=k, A=hi, N=3\n");
}

#[test]
fn a_refused_call_of_a_record_goes_to_the_topic_with_its_function() {
    let cluster = Cluster::new(&[("t", 1), ("aside", 1)]);
    cluster.text("t", 0, 1, "a", r#"{"X":"a"}"#).text("t", 0, 2, "a", r#"{"X":"b"}"#);
    let desk = Desk::new();
    desk.file(
        "s.sql",
        "CREATE STREAM s (k STRING KEY, x STRING) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');
         CREATE TABLE r AS SELECT k, COLLECT(x) AS c FROM s GROUP BY k EMIT CHANGES;",
    );
    let servers = cluster.servers();
    let typed = ["replay", "--sql", "s.sql", "--bootstrap-server", &servers, "--limit-entries", "1"];
    let answer = desk.run(&[&typed[..], &["--on-error", "dead-letter", "--dead-letter-topic", "aside"]].concat());
    answer.done();
    let record = cluster.read("aside", 1).remove(0);
    assert_eq!(record.value.as_deref(), Some(&br#"{"X":"b"}"#[..]));
    let header = |name: &str| record.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str());
    assert_eq!(header("streamfn.function"), Some("COLLECT"));
    assert_eq!(header("streamfn.key"), Some("a"));
    assert_eq!(header("streamfn.sha256").map(str::len), Some(64));
    let letter: Value = serde_json::from_str(header("streamfn.letter").unwrap()).unwrap();
    assert_eq!(letter["call"]["state"], json!([["a", 1]]));
    assert_eq!(letter["record"]["value"], "eyJYIjoiYiJ9");
}

#[test]
fn a_topic_for_dead_letters_has_to_be_there() {
    let answer = replay(&Desk::new(), &cluster(), &["--dead-letter-topic", "side"]);
    assert_eq!((answer.code, answer.out.as_str()), (Some(2), ""));
    answer.says(&["has no topic side; did you mean aside?"]);
}

#[test]
fn a_run_that_is_killed_has_lost_no_letter_that_came_before() {
    let cluster = cluster();
    let (desk, registry) = (Desk::new(), Registry::with(7, &schema()));
    desk.file("s.sql", SQL);
    let (servers, url) = (cluster.servers(), registry.url());
    let typed = ["replay", "--sql", "s.sql", "--follow", "--bootstrap-server", &servers, "--schema-registry", &url];
    let mut command =
        desk.command(&[&typed[..], &["--on-error", "dead-letter", "--dead-letters", "letters.jsonl"]].concat());
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    (0..2).for_each(|_| drop(lines.next().unwrap().unwrap()));
    // What arrives while it follows goes to the same file, after what was there.
    cluster.put("t", 0, 8, None, Some(&TEXT)).put("t", 0, 9, None, Some(&WHOLE));
    lines.next().unwrap().unwrap();
    // SIGKILL.
    child.kill().unwrap();
    child.wait().unwrap();
    let offset = |line: &str| serde_json::from_str::<Value>(line).unwrap()["offset"].as_i64();
    assert_eq!(desk.read("letters.jsonl").lines().map(offset).collect::<Vec<_>>(), [Some(1), Some(3)]);
}
