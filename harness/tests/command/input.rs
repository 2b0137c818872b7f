//! Files that are not what they should be: plugins and topics.

use std::process::Command;

use apache_avro::types::Value as Avro;
use apache_avro::{Schema, Writer};
use wit_component::StringEncoding;

use crate::command::{Answer, Desk};
use crate::component::{encode, encode_with};

const WIT: &str = "package t:t; interface twice { eval: func(n: s64) -> s64; } world test { export twice; }";
const WAT: &str = r#"(module (func (export "t:t/twice#eval") (param i64) (result i64)
  (i64.add (local.get 0) (local.get 0))))"#;

const SQL: &str = "CREATE STREAM s (k STRING KEY, a INT, b DOUBLE) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');
CREATE TABLE x AS SELECT k, SUM(a) AS n FROM s GROUP BY k;";

fn record(value: &str) -> String {
    format!("{{\"key\":\"k\",\"value\":{value},\"timestamp\":1}}\n")
}

#[test]
fn what_is_no_component_is_refused_by_inspect_and_by_replay() {
    let whole = encode(WIT, WAT);
    let module = wat::parse_str(WAT).unwrap();
    let wants_a_clock = wat::parse_str(
        r#"(component (import "wasi:clocks/monotonic-clock@0.2.0" (instance (export "now" (func (result u64))))))"#,
    );
    let files = [
        ("text.wasm", b"hello, I am no component".to_vec(), "not WebAssembly: wanted a component"),
        ("empty.wasm", vec![], "not WebAssembly: wanted a component"),
        ("module.wasm", module, "a core WebAssembly module, not a component"),
        ("cut.wasm", whole[..whole.len() / 2].to_vec(), "cut off: the component goes on after byte"),
        ("clock.wasm", wants_a_clock.unwrap(), "imports `wasi:clocks/monotonic-clock@0.2.0`"),
    ];
    for (name, bytes, reason) in files {
        let desk = Desk::new();
        desk.file(name, bytes);
        let wanted = format!("error: {name}: {reason}");
        desk.run(&["inspect", name]).refused(&[&wanted]);
        desk.replay(SQL, &record("{\"a\":1}"), &["--plugin", name]).refused(&[&wanted]);
    }
}

#[test]
fn a_component_whose_strings_are_not_utf8_is_refused_before_it_is_called() {
    let wit = "package t:t; interface width { eval: func(s: string) -> s64; } world test { export width; }";
    let wat = r#"(module (memory (export "memory") 1)
      (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 8)
      (func (export "t:t/width#eval") (param i32 i32) (result i64) (i64.const 1)))"#;
    let desk = Desk::new();
    desk.file("wide.wasm", encode_with(wit, &wat::parse_str(wat).unwrap(), StringEncoding::UTF16));
    let sql =
        "CREATE STREAM s (k STRING KEY) WITH (KAFKA_TOPIC = 't');\nCREATE STREAM x AS SELECT k, WIDTH(k) AS n FROM s;";
    desk.replay(sql, "", &["--plugin", "wide.wasm"]).refused(&["wide.wasm: wanted strings in UTF-8, found utf16"]);
}

#[test]
fn a_plugin_that_is_not_there_names_the_function_that_is_called() {
    let sql = SQL.replace("SUM(a)", "TOTAL(a)");
    let answer = Desk::new().replay(&sql, &record("{\"a\":1}"), &["--plugin", "mine/total.wasm"]);
    answer.refused(&["unknown function TOTAL: plugin mine/total.wasm is not there; make it with `streamfn build`"]);
    Desk::new().run(&["inspect", "mine/total.wasm"]).refused(&["error: mine/total.wasm: wanted a component: "]);
}

#[test]
fn without_the_standard_plugin_a_built_in_is_named_and_native_works() {
    // Away from the checkout and from the command's own directory, beside both of which the plugin is looked for.
    let desk = Desk::new();
    // Copied by another process: were it written by this one, a test that starts a command meanwhile would hand the open
    // file on to it, and a file open for writing cannot be run.
    let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_streamfn")).arg(desk.path("streamfn")).status().unwrap();
    assert!(copied.success());
    desk.file("replay.sql", SQL).file("t.jsonl", record("{\"a\":2}"));
    let run = |more: &[&str]| {
        let mut command = Command::new(desk.path("streamfn"));
        command.args(["replay", "--sql", "replay.sql", "--topic", "t=t.jsonl", "--format", "json"]).args(more);
        command.current_dir(desk.path("")).env("STREAMFN_PLUGINS", desk.path("none"));
        Answer::of(command)
    };
    let words =
        ["SUM runs in the component function SUM(INT), which no standard plugin has (aggregate.wasm is in none of"];
    run(&[]).refused(&words);
    assert_eq!(run(&["--builtins", "native"]).rows(), [r#"{"K":"k","N":2}"#]);
    desk.file("replay.sql", SQL.replace("SUM", "SUMM"));
    run(&["--builtins", "native"])
        .refused(&["unknown function SUMM: aggregate.wasm is in none of", "did you mean SUM?"]);
}

#[test]
fn a_broken_line_is_told_with_file_line_and_what_was_wanted() {
    let good = record("{\"a\":1,\"b\":1.5}");
    let lines = [
        (r#"{"key":"k","value":{"a":1,}}"#, "t.jsonl:2:27: broken JSON: "),
        (r#"{"key":"k","value":{"a":"#, "t.jsonl:2:24: broken JSON: EOF while parsing"),
        (r#"{"key":"k"}"#, "t.jsonl:2: wanted a field \"value\" (null for a tombstone), found none"),
        (
            r#"{"key":"k","value":{},"a":1}"#,
            "t.jsonl:2: wanted the fields key, value, timestamp, partition and headers, found \"a\"",
        ),
        ("[1, 2]", "t.jsonl:2: wanted an object with key, value, timestamp, partition and headers, found [1,2]"),
        (
            r#"{"value":{},"timestamp":"now"}"#,
            "t.jsonl:2: wanted \"timestamp\" in milliseconds since the epoch, found \"now\"",
        ),
        (r#"{"value":{},"partition":-1}"#, "t.jsonl:2: wanted \"partition\" as a number from 0, found -1"),
        (r#"{"key":"k","value":7}"#, "t.jsonl:2: wanted an object with the column A, found 7"),
        (r#"{"key":"k","value":{"a":"many"}}"#, "t.jsonl:2: column A: wanted INT, found \"many\""),
        (r#"{"key":"k","value":{"a":3000000000}}"#, "t.jsonl:2: column A: wanted INT, found 3000000000"),
        (r#"{"key":"k","value":{"b":[1]}}"#, "t.jsonl:2: column B: wanted DOUBLE, found [1]"),
    ];
    for (line, message) in lines {
        Desk::new().replay(SQL, &format!("{good}{line}\n"), &[]).refused(&[&format!("error: {message}")]);
    }
    let desk = Desk::new();
    desk.file("replay.sql", SQL).file("t.jsonl", [good.as_bytes(), b"\xff\xfe\n"].concat());
    let answer = desk.run(&["replay", "--sql", "replay.sql", "--topic", "t=t.jsonl"]);
    answer.refused(&["t.jsonl:2: wanted JSON Lines in UTF-8 or an Avro object container, found neither"]);
}

#[test]
fn a_key_of_another_type_is_told_as_the_keys() {
    let sql = "CREATE STREAM s (k INT KEY, a INT) WITH (KAFKA_TOPIC = 't');\nCREATE STREAM x AS SELECT k, a FROM s;";
    let answer = Desk::new().replay(sql, "{\"key\":\"one\",\"value\":{\"a\":1}}\n", &[]);
    answer.refused(&["t.jsonl:1: key K: wanted INT, found \"one\""]);
}

#[test]
fn a_topic_without_a_file_and_a_file_without_a_topic_are_told() {
    let desk = Desk::new();
    desk.file("replay.sql", SQL).file("t.jsonl", "");
    let run = |topics: &[&str]| desk.run(&[&["replay", "--sql", "replay.sql"], topics].concat());
    run(&[]).refused(&["no file for topic t, which the SQL reads; give one with --topic t=FILE"]);
    run(&["--topic", "tt=t.jsonl"]).refused(&["unknown topic tt; did you mean t?"]);
    run(&["--topic", "t=t.jsonl", "--topic", "t=t.jsonl"]).refused(&["--topic t is given twice"]);
    run(&["--topic", "t=gone.jsonl"]).refused(&["gone.jsonl: wanted the records of topic t, could not read the file"]);
    run(&["--topic", "t"]).refused(&["invalid value 't' for '--topic <NAME=FILE>': wanted NAME=FILE"]);
    run(&["--topic", "t=t.jsonl", "--table", "Y"]).refused(&["no query fills a table Y; there is X"]);
    desk.run(&["replay", "--sql", "gone.sql"]).refused(&["gone.sql: wanted SQL"]);
}

#[test]
fn a_column_that_no_record_has_is_noted_and_tombstones_of_a_stream_are_counted() {
    let answer = Desk::new().replay(SQL, &(record("{\"a\":1}") + &record("null")), &[]);
    assert_eq!(answer.rows(), [r#"{"K":"k","N":1}"#]);
    answer.says(&[
        "note: t.jsonl: no record of topic t has a field for column B; it is null everywhere",
        "note: records of t have a null value: 1 left out",
    ]);
}

pub const TABLE_SQL: &str =
    "CREATE TABLE s (k STRING PRIMARY KEY, a INT, b DOUBLE) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');
CREATE TABLE x AS SELECT a, COUNT(*) AS n, SUM(b) AS total FROM s GROUP BY a;";

/// An Avro object container of these records, each by the schema of its kind.
pub fn container(schema: &str, records: Vec<Avro>) -> Vec<u8> {
    let schema = Schema::parse_str(schema).unwrap();
    let mut writer = Writer::new(&schema, vec![]).unwrap();
    for record in records {
        writer.append_value(record).unwrap();
    }
    writer.into_inner().unwrap()
}

fn fields(fields: Vec<(&str, Avro)>) -> Avro {
    Avro::Record(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn some(value: Avro) -> Avro {
    Avro::Union(1, Box::new(value))
}

fn none() -> Avro {
    Avro::Union(0, Box::new(Avro::Null))
}

/// Records with their key, time and partition: two rows, an update of one, and its tombstone.
pub fn envelopes() -> Vec<u8> {
    let schema = r#"{"type":"record","name":"Envelope","fields":[
      {"name":"key","type":"string"},
      {"name":"value","type":["null",{"type":"record","name":"Row","fields":[
        {"name":"a","type":["null","int"]},{"name":"b","type":"double"}]}]},
      {"name":"timestamp","type":"long"},
      {"name":"partition","type":"int"}]}"#;
    let envelope = |key: &str, value, time, partition| {
        let key = Avro::String(key.to_owned());
        fields(vec![
            ("key", key),
            ("value", value),
            ("timestamp", Avro::Long(time)),
            ("partition", Avro::Int(partition)),
        ])
    };
    let row = |a, b| some(fields(vec![("a", a), ("b", Avro::Double(b))]));
    container(
        schema,
        vec![
            envelope("k", row(some(Avro::Int(1)), 0.1), 1, 0),
            envelope("l", row(some(Avro::Int(1)), 0.2), 2, 1),
            envelope("k", row(some(Avro::Int(2)), 0.3), 3, 0),
            envelope("l", none(), 4, 1),
            envelope("m", row(none(), 7.0), 5, 0),
        ],
    )
}

#[test]
fn an_avro_container_gives_what_the_same_records_give_as_json() {
    let desk = Desk::new();
    desk.file("t.avro", envelopes()).file("replay.sql", TABLE_SQL).file(
        "t.jsonl",
        r#"{"key":"k","value":{"a":1,"b":0.1},"timestamp":1,"partition":0}
{"key":"l","value":{"a":1,"b":0.2},"timestamp":2,"partition":1}
{"key":"k","value":{"a":2,"b":0.3},"timestamp":3,"partition":0}
{"key":"l","value":null,"timestamp":4,"partition":1}
{"key":"m","value":{"a":null,"b":7.0},"timestamp":5,"partition":0}
"#,
    );
    let run = |file: &str| {
        let topic = format!("t={file}");
        desk.run(&["replay", "--sql", "replay.sql", "--topic", &topic, "--changelog", "--format", "json"])
    };
    let (avro, json) = (run("t.avro"), run("t.jsonl"));
    // k and l come to group 1; k moves to group 2, and l's tombstone leaves nothing in group 1. The double that is left of
    // 0.1 + 0.2 - 0.1 - 0.2 goes with the last row.
    let wanted = [
        r#"upsert {"A":1,"N":1,"TOTAL":0.1}"#,
        r#"upsert {"A":1,"N":2,"TOTAL":0.30000000000000004}"#,
        r#"upsert {"A":1,"N":1,"TOTAL":0.20000000000000004}"#,
        r#"upsert {"A":2,"N":1,"TOTAL":0.3}"#,
        r#"upsert {"A":1,"N":0,"TOTAL":0.0}"#,
    ];
    assert_eq!(json.changes(), wanted);
    assert_eq!((avro.out, avro.err), (json.out, json.err));
}

#[test]
fn a_container_of_bare_values_has_its_key_in_the_column_of_the_keys_name() {
    let schema = r#"{"type":"record","name":"Row","fields":[
      {"name":"K","type":"string"},{"name":"a","type":"int"},{"name":"b","type":"double"}]}"#;
    let row =
        |k: &str, a, b| fields(vec![("K", Avro::String(k.to_owned())), ("a", Avro::Int(a)), ("b", Avro::Double(b))]);
    let desk = Desk::new();
    desk.file("t.avro", container(schema, vec![row("k", 1, 0.5), row("l", 1, 0.25), row("k", 1, 1.5)]));
    desk.file("replay.sql", TABLE_SQL);
    let answer = desk.run(&["replay", "--sql", "replay.sql", "--topic", "t=t.avro", "--format", "json"]);
    assert_eq!(answer.rows(), [r#"{"A":1,"N":2,"TOTAL":1.75}"#]);
    answer.says(&["note: t.avro: 3 records have no timestamp; they count as written at 0"]);
}

#[test]
fn a_broken_container_is_told_with_the_record_where_it_breaks() {
    let whole = envelopes();
    let desk = Desk::new();
    desk.file("replay.sql", TABLE_SQL);
    let run = |bytes: &[u8]| {
        desk.file("t.avro", bytes);
        desk.run(&["replay", "--sql", "replay.sql", "--topic", "t=t.avro", "--format", "json"])
    };
    // One block of five records: a cut anywhere in it is met when its first record is read.
    for end in [whole.len() - 1, whole.len() - 20, whole.len() - 60] {
        run(&whole[..end]).refused(&["error: t.avro: record 1: broken Avro"]);
    }
    // The block counts three of its five records: the other two would be lost.
    let sync = &whole[whole.len() - 16..];
    let count = whole.windows(16).position(|window| window == sync).expect("the header ends in it") + 16;
    let mut short = whole.clone();
    assert_eq!(short[count], 5 << 1);
    short[count] = 3 << 1;
    run(&short).refused(&["error: t.avro: record 3: broken Avro: ", "are left after its last record"]);
    // In the header there is no record yet.
    run(&whole[..40]).refused(&["error: t.avro: broken Avro object container"]);
    // Without its magic it is no container, and no text either.
    let mut other = whole.clone();
    other[3] = 0x09;
    run(&other).refused(&["error: t.avro:", "wanted JSON Lines in UTF-8 or an Avro object container, found neither"]);
}

#[test]
fn a_value_of_another_type_in_a_container_is_told_with_its_record() {
    let schema =
        r#"{"type":"record","name":"Row","fields":[{"name":"K","type":"string"},{"name":"a","type":"string"}]}"#;
    let row = |a: &str| fields(vec![("K", Avro::String("k".to_owned())), ("a", Avro::String(a.to_owned()))]);
    let desk = Desk::new();
    desk.file("t.avro", container(schema, vec![row("one")])).file("replay.sql", TABLE_SQL);
    let answer = desk.run(&["replay", "--sql", "replay.sql", "--topic", "t=t.avro"]);
    answer.refused(&["error: t.avro: record 1: column A: wanted INT, found String(\"one\")"]);
}

#[test]
fn dead_letters_without_their_policy_are_refused() {
    let answer = Desk::new().replay(SQL, "", &["--dead-letters", "letters.jsonl"]);
    answer.refused(&["--dead-letters says where rows go with --on-error dead-letter"]);
}
