//! Records whose bytes are no row: each is told by its place, and the others go on where that is asked for.

use serde_json::json;

use crate::cluster::Cluster;
use crate::command::{Answer, Desk};
use crate::registry::Registry;

const SQL: &str =
    "CREATE STREAM s (k STRING KEY, a STRING, n BIGINT, x DOUBLE) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'AVRO');
                   CREATE STREAM r AS SELECT k, a, n FROM s EMIT CHANGES;";

fn schema() -> serde_json::Value {
    json!({"type": "record", "name": "r", "fields": [
        {"name": "A", "type": ["null", "string"]},
        {"name": "N", "type": "long"},
        {"name": "X", "type": "double"},
        {"name": "E", "type": {"type": "enum", "name": "e", "symbols": ["P", "Q"]}},
        {"name": "L", "type": {"type": "array", "items": "null"}},
    ]})
}

/// Schema 7; "hi" of a union's second type; 3; 1.0; the second symbol; no elements.
fn whole() -> Vec<u8> {
    [vec![0, 0, 0, 0, 7], vec![2, 4], b"hi".to_vec(), vec![6], 1.0_f64.to_le_bytes().to_vec(), vec![2, 0]].concat()
}

fn with(place: usize, bytes: &[u8]) -> Vec<u8> {
    let mut record = whole();
    record.splice(place..=place, bytes.iter().copied());
    record
}

/// What is wrong, the bytes, and a part of what has to be said.
fn broken() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let huge = [0xfe, 0xff, 0xff, 0xff, 0x0f];
    let mut all = vec![
        ("no byte at all, which is no tombstone", vec![], "found 0 bytes"),
        ("another magic byte", with(0, &[1]), "found 0x01"),
        ("a header that ends early", vec![0, 0, 0], "found 3 bytes"),
        ("an id that nobody has", with(4, &[9]), "schema id 9 is unknown"),
        ("one byte more", [whole(), vec![0]].concat(), "1 bytes are left"),
        ("a union's third type", with(5, &[4]), "schema id 7"),
        ("a union's type below zero", with(5, &[1]), "schema id 7"),
        ("a text of 2 GiB", with(6, &huge), "schema id 7"),
        ("a text of less than nothing", with(6, &[1]), "schema id 7"),
        ("bytes that are no UTF-8", with(7, &[0xff]), "schema id 7"),
        ("an enum's third symbol", with(18, &[4]), "schema id 7"),
        ("more nulls than there is memory", with(19, &[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 0]), "schema id 7"),
    ];
    all.extend((5..whole().len()).map(|cut| ("cut", whole()[..cut].to_vec(), "schema id 7")));
    all
}

fn replay(values: &[Vec<u8>], more: &[&str]) -> (Desk, Answer) {
    let cluster = Cluster::new(&[("t", 1)]);
    for value in values {
        cluster.put("t", 0, 5, Some(b"k"), Some(value));
    }
    let registry = Registry::with(7, &schema());
    let desk = Desk::new();
    desk.file("s.sql", SQL);
    let (servers, url) = (cluster.servers(), registry.url());
    let typed =
        ["replay", "--sql", "s.sql", "--format", "csv", "--bootstrap-server", &servers, "--schema-registry", &url];
    let answer = desk.run(&[&typed, more].concat());
    (desk, answer)
}

#[test]
fn a_record_that_is_broken_ends_the_run_with_its_place() {
    for (what, value, said) in broken().iter().take(12) {
        let (_, answer) = replay(&[whole(), value.clone()], &[]);
        assert_eq!(answer.code, Some(2), "{what}: {answer:?}");
        assert!(answer.err.contains("topic t, partition 0, offset 1: value: "), "{what}: {}", answer.err);
        assert!(answer.err.contains(said), "{what}: {}", answer.err);
    }
}

#[test]
fn the_others_go_on_where_broken_ones_are_skipped() {
    let broken: Vec<Vec<u8>> = broken().into_iter().map(|(_, value, _)| value).collect();
    let values = [vec![whole()], broken.clone(), vec![whole()]].concat();
    let (_, answer) = replay(&values, &["--on-error", "skip"]);
    assert_eq!(answer.out, "K,A,N\nk,hi,3\nk,hi,3\n", "{}", answer.err);
    let told = format!("records of t could not be decoded: {} left out", broken.len());
    assert!(answer.err.contains(&told), "{}", answer.err);
}

/// A record in itself without an end: each of its bytes goes one deeper.
#[test]
fn a_record_that_is_nested_without_an_end_is_broken_and_the_next_one_is_read() {
    let cluster = Cluster::new(&[("t", 1)]);
    let nested = [vec![0, 0, 0, 0, 7], vec![2; 900_000]].concat();
    // An outer and an inner one, which has nothing in it.
    let plain = [0, 0, 0, 0, 7, 2, 0];
    cluster.put("t", 0, 1, None, Some(&nested)).put("t", 0, 2, None, Some(&plain));
    let schema = json!({"type": "record", "name": "n", "fields": [{"name": "N", "type": ["null", "n"]}]});
    let registry = Registry::with(7, &schema);
    let desk = Desk::new();
    desk.file(
        "s.sql",
        "CREATE STREAM s (n STRUCT<n STRUCT<n INT>>) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'AVRO');
         CREATE STREAM r AS SELECT n->n->n AS n FROM s EMIT CHANGES;",
    );
    let (servers, url) = (cluster.servers(), registry.url());
    let typed = ["replay", "--sql", "s.sql", "--format", "json", "--on-error", "skip", "--bootstrap-server", &servers];
    let answer = desk.run(&[&typed[..], &["--schema-registry", &url]].concat());
    assert_eq!(answer.rows(), [r#"{"N":null}"#], "{}", answer.err);
    answer.says(&["records of t could not be decoded: 1 left out"]);
}

/// Of each format that is no Avro: the columns, the records that are none of it, and one that is.
#[test]
fn records_of_the_other_formats_are_told_with_what_was_wanted() {
    let deep = "[".repeat(100_000);
    let json: [(&[u8], &str); 8] = [
        (b"", "broken JSON"),
        (b"{\"N\":1", "broken JSON"),
        (b"{\"N\":1}{}", "broken JSON"),
        (b"{\"N\":1e999}", "broken JSON"),
        (b"{\"N\":\"\xff\"}", "wanted JSON in UTF-8"),
        (b"7", "wanted an object"),
        (b"{\"N\":99999999999}", "wanted INT"),
        (deep.as_bytes(), "broken JSON"),
    ];
    let kafka: [(&[u8], &str); 3] =
        [(b"", "found 0"), (&[0, 0, 1], "wanted INT in 4 bytes, found 3"), (&[0, 0, 0, 0, 1], "found 5")];
    let delimited: [(&[u8], &str); 4] =
        [(b"1,2", "column"), (b"x", "wanted INT"), (&[0xff], "UTF-8"), (b"99999999999", "wanted INT")];
    /// A format, values that are none of it with what is said of them, and one that is.
    type Broken<'a> = (&'a str, &'a [(&'a [u8], &'a str)], &'a [u8]);
    let formats: [Broken<'_>; 3] =
        [("JSON", &json, b"{\"N\":5}"), ("KAFKA", &kafka, &[0, 0, 0, 5]), ("DELIMITED", &delimited, b"5")];
    for (format, broken, whole) in formats {
        let cluster = Cluster::new(&[("t", 1)]);
        for (value, _) in broken {
            cluster.put("t", 0, 1, None, Some(value));
        }
        cluster.put("t", 0, 2, None, Some(whole));
        let desk = Desk::new();
        desk.file(
            "s.sql",
            format!(
                "CREATE STREAM s (n INT) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = '{format}');
                 CREATE STREAM r AS SELECT n FROM s EMIT CHANGES;"
            ),
        );
        let servers = cluster.servers();
        let typed = ["replay", "--sql", "s.sql", "--format", "csv", "--bootstrap-server", &servers];
        let policy = ["--on-error", "dead-letter", "--dead-letters", "letters.jsonl"];
        let answer = desk.run(&[&typed[..], &policy].concat());
        assert_eq!(answer.done(), "N\n5\n", "{format}: {answer:?}");
        let letters = desk.read("letters.jsonl");
        let letters: Vec<serde_json::Value> = letters.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(letters.len(), broken.len(), "{format}");
        for (letter, (value, said)) in letters.iter().zip(broken) {
            let reason = letter["reason"].as_str().unwrap();
            assert!(reason.contains(said), "{format}, {}: {reason}", String::from_utf8_lossy(value));
        }
    }
}

/// NaN of several bits is one key, as infinity is one and each zero is one of its own (`Double.equals` in Java).
#[test]
fn numbers_that_are_none_are_keys_like_any_other() {
    let cluster = Cluster::new(&[("t", 1)]);
    let nans = [0x7ff8_0000_0000_0000, 0x7ff8_0000_0000_0001, 0xfff8_0000_0000_0000, 0x7ff0_0000_0000_0001_u64];
    let others = [f64::INFINITY, f64::NEG_INFINITY, f64::INFINITY, 0.0, -0.0].map(f64::to_bits);
    for bits in nans.into_iter().chain(others) {
        cluster.put("t", 0, 1, Some(&bits.to_be_bytes()), Some(br#"{"N":1}"#));
    }
    let desk = Desk::new();
    desk.file(
        "s.sql",
        "CREATE STREAM s (k DOUBLE KEY, n INT) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');
         CREATE TABLE r AS SELECT k, COUNT(*) AS n FROM s GROUP BY k EMIT CHANGES;",
    );
    let servers = cluster.servers();
    let answer = desk.run(&["replay", "--sql", "s.sql", "--format", "csv", "--bootstrap-server", &servers]);
    let mut rows: Vec<&str> = answer.done().lines().skip(1).collect();
    rows.sort_unstable();
    assert_eq!(rows, ["-0.0,1", "-Infinity,1", "0.0,1", "Infinity,2", "NaN,4"]);
}
