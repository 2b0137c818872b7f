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
