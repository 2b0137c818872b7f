//! What is collected has no end that nobody is told of: the engine's own, one that somebody asked for, and what cannot be
//! counted at all.

use crate::command::{Answer, Desk, standard_plugins};
use crate::component::encode_using;

const STREAM: &str =
    "CREATE STREAM s (k STRING KEY, x STRING, n INT) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');\n";

fn records(values: impl Iterator<Item = String>) -> String {
    values.map(|x| format!("{{\"key\":\"k\",\"value\":{{\"X\":{x},\"N\":1}},\"timestamp\":1}}\n")).collect()
}

fn replay(call: &str, records: &str, more: &[&str]) -> Answer {
    let sql = format!("{STREAM}CREATE TABLE o AS SELECT k, {call} AS c FROM s GROUP BY k;");
    Desk::new().replay(&sql, records, more)
}

fn length(answer: &Answer) -> usize {
    let row: serde_json::Value = serde_json::from_str(&answer.rows()[0]).unwrap();
    row["C"].as_array().map(Vec::len).or_else(|| row["C"].as_object().map(serde_json::Map::len)).unwrap()
}

/// ksqlDB 7.9 and 8.3 keep 1,000 and say nothing.
#[test]
fn what_ksqldb_drops_beyond_a_thousand_is_counted() {
    let many = records((0..1_003).map(|i| format!("\"v{i}\"")));
    for builtins in ["component", "native"] {
        for call in ["COLLECT_LIST(x)", "COLLECT_SET(x)", "HISTOGRAM(x)"] {
            let answer = replay(call, &many, &["--builtins", builtins]);
            assert_eq!(length(&answer), 1_000, "{call}");
            let name = call.trim_end_matches("(x)");
            let note = format!("{name}: values beyond the 1000 that the engine keeps in a group: 3 left out");
            assert!(answer.err.contains(&note), "{}", answer.err);
        }
        // What is there already is no value more.
        let again = records((0..1_003).map(|i| format!("\"v{}\"", i % 1_000)));
        for call in ["COLLECT_SET(x)", "HISTOGRAM(x)"] {
            let answer = replay(call, &again, &["--builtins", builtins]);
            assert!(length(&answer) == 1_000 && answer.err.is_empty(), "{call}: {}", answer.err);
        }
    }
}

/// Its source counts down an entry that is not there, which is an exception.
#[test]
fn a_value_that_a_histogram_dropped_ends_the_run_when_it_goes_as_it_ends_ksqldbs_query() {
    let sql = "CREATE TABLE t (id INT PRIMARY KEY, k STRING, x STRING) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');
        CREATE TABLE o AS SELECT k, HISTOGRAM(x) AS c FROM t GROUP BY k;";
    let values: Vec<String> = (0..1_001).map(|i| format!("\"v{i}\"")).collect();
    let rows: Vec<(i32, Option<&str>)> =
        values.iter().zip(0..).map(|(x, id)| (id, Some(x.as_str()))).chain([(1_000, None)]).collect();
    Desk::new()
        .replay(sql, &changes(&rows), &[])
        .refused(&["HISTOGRAM: a value goes that was dropped beyond the 1000"]);
}

#[test]
fn a_histograms_second_null_ends_the_run_with_the_record() {
    for builtins in ["component", "native"] {
        let some = records(["\"a\"", "null", "null"].map(str::to_owned).into_iter());
        let answer = replay("HISTOGRAM(x)", &some, &["--builtins", builtins]);
        answer.refused(&[
            "HISTOGRAM of a null: ksqlDB's JSON has it under the text `null`, and no rule says what becomes of a second one",
            "topic t partition 0 offset 2",
        ]);
    }
}

#[test]
fn a_limit_on_entries_refuses_the_row_that_would_make_one_more() {
    let three = records(["\"a\"", "\"b\"", "\"a\"", "\"c\"", "\"b\""].map(str::to_owned).into_iter());
    let limited = |more: &[&str]| replay("COLLECT(x)", &three, &[&["--limit-entries", "2"], more].concat());
    limited(&[]).refused(&[
        "function COLLECT of ",
        "topic t partition 0 offset 3, key k",
        "wanted at most 2 entries in a group (--limit-entries), found one more",
    ]);
    assert_eq!(limited(&["--on-error", "null"]).rows(), [r#"{"K":"k","C":{"a":2,"b":2}}"#]);
    assert_eq!(replay("COLLECT(x)", &three, &[]).rows(), [r#"{"K":"k","C":{"a":2,"b":2,"c":1}}"#]);
}

#[test]
fn a_list_with_a_limit_says_when_it_is_reached() {
    let three = records(["\"a\"", "null", "\"a\""].map(str::to_owned).into_iter());
    replay("WASM_COLLECT_LIST(x, 2)", &three, &[])
        .refused(&["function COLLECT_LIST of ", "topic t partition 0 offset 2"]);
    let rows = replay("WASM_COLLECT_LIST(x, 2)", &three, &["--on-error", "null"]).rows();
    assert_eq!(rows, [r#"{"K":"k","C":["a",null]}"#]);
}

#[test]
fn a_decimal_that_outgrows_its_column_ends_the_run_as_ksqldbs_query() {
    let sql = "CREATE STREAM s (k STRING KEY, m DECIMAL(4, 2)) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');
        CREATE TABLE o AS SELECT k, SUM(m) AS c FROM s GROUP BY k;";
    let most = "{\"key\":\"k\",\"value\":{\"M\":\"99.99\"},\"timestamp\":1}\n";
    assert_eq!(Desk::new().replay(sql, most, &[]).rows(), [r#"{"K":"k","C":"99.99"}"#]);
    for builtins in ["component", "native"] {
        let answer = Desk::new().replay(sql, &most.repeat(2), &["--builtins", builtins]);
        answer.refused(&["19998e-2 does not fit DECIMAL(4, 2)", "topic t partition 0 offset 1"]);
    }
}

#[test]
fn a_function_that_cannot_retract_is_refused_over_what_changes_by_its_own_name_too() {
    standard_plugins();
    let sql = "CREATE TABLE t (id STRING PRIMARY KEY, k STRING, n INT) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');
        CREATE TABLE o AS SELECT k, WASM_MAX(n) AS c FROM t GROUP BY k;";
    let record = |n: i32| format!("{{\"key\":\"i\",\"value\":{{\"K\":\"k\",\"N\":{n}}},\"timestamp\":1}}\n");
    Desk::new().replay(sql, &record(1), &[]).refused(&["WASM_MAX over a table: WASM_MAX has no retract"]);
    let retracting = sql.replace("WASM_MAX", "MAX_WITH_RETRACT");
    let changed = [1, 7, 3].map(record).concat();
    assert_eq!(Desk::new().replay(&retracting, &changed, &[]).rows(), [r#"{"K":"k","C":3}"#]);
}

/// A multiset that keeps nothing of what comes, or keeps it as often as not at all.
const FORGETFUL: &str = r#"(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func $some (param i64) (result i32) (i64.store (i32.const 16) (i64.const 1)) (i64.store (i32.const 24) (local.get 0)) (i32.const 16))
  (func $times (param $some i32) (param $n i32) (result i32)
    (i32.store (i32.const 32) (local.get $some)) (i32.store (i32.const 36) (local.get $n)) (i32.const 32))
  (func (export "t:t/bag#key") (param i64) (result i32) (call $some (local.get 0)))
  ;; Of 0 nothing is kept, of anything else nought.
  (func (export "t:t/bag#accumulate") (param i32 i32 i64) (result i32)
    (call $times (i64.ne (local.get 2) (i64.const 0)) (i32.const 0)))
  (func (export "t:t/bag#retract") (param i32 i32 i64) (result i32) (call $times (i32.const 1) (i32.const -1))))"#;

#[test]
fn less_than_none_of_an_element_is_no_answer() {
    let types = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../wit/types/types.wit")).unwrap();
    let wit = "package t:t;
interface bag {
  use streamfn:types/types@0.1.1.{multiplicity};
  key: func(n: s64) -> option<s64>;
  accumulate: func(entry: option<multiplicity>, n: s64) -> option<multiplicity>;
  retract: func(entry: option<multiplicity>, n: s64) -> option<multiplicity>;
}
world test { export bag; }";
    let desk = Desk::new();
    desk.file("bag.wasm", encode_using(&types, wit, FORGETFUL));
    let sql =
        "CREATE TABLE t (id STRING PRIMARY KEY, k STRING, n BIGINT) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');
        CREATE TABLE o AS SELECT k, BAG(n) AS c FROM t GROUP BY k;";
    let record = |n: i32| format!("{{\"key\":\"i\",\"value\":{{\"K\":\"k\",\"N\":{n}}},\"timestamp\":1}}\n");
    let replay = |numbers: &[i32]| {
        let records: String = numbers.iter().map(|n| record(*n)).collect();
        desk.replay(sql, &records, &["--plugin", "bag.wasm"])
    };
    assert_eq!(replay(&[0]).rows(), [r#"{"K":"k","C":{}}"#]);
    // The row of 0 left no entry to take it back from.
    replay(&[0, 0]).refused(&["function BAG of ", "topic t partition 0 offset 1, key k", "was never added"]);
    replay(&[1]).refused(&["function BAG of ", "topic t partition 0 offset 0, key k", "was never added"]);
}

/// A table's records: id, group, value; none is a tombstone.
fn changes(rows: &[(i32, Option<&str>)]) -> String {
    let value = |x: &Option<&str>| x.map_or("null".to_owned(), |x| format!("{{\"K\":\"k\",\"X\":{x}}}"));
    rows.iter().map(|(id, x)| format!("{{\"key\":{id},\"value\":{},\"timestamp\":1}}\n", value(x))).collect()
}

/// Whether a row is refused may depend on those before it; what was not let in is not taken out, whatever is there then.
#[test]
fn a_row_that_was_left_aside_goes_as_it_came() {
    let table = |of: &str, call: &str, rows: &[(i32, Option<&str>)], more: &[&str]| {
        let sql = format!(
            "CREATE TABLE t (id INT PRIMARY KEY, k STRING, x {of}) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');
            CREATE TABLE o AS SELECT k, {call} AS c, COUNT(*) AS n FROM t GROUP BY k;"
        );
        Desk::new().replay(&sql, &changes(rows), &[&["--on-error", "null"], more].concat()).rows()
    };
    // 9 × 10^37 and 5 × 10^37 are more than 38 digits.
    let (much, more) = (format!("\"9{}\"", "0".repeat(37)), format!("\"5{}\"", "0".repeat(37)));
    let sums = [(1, Some(much.as_str())), (2, Some(more.as_str())), (2, None)];
    let left = format!("{{\"K\":\"k\",\"C\":{much},\"N\":1}}");
    assert_eq!(table("DECIMAL(38, 0)", "SUM(x)", &sums, &[]), [left]);
    // a is in and b is not; when a has gone another b comes in, and stays when the first b goes.
    let sets = [(1, Some("\"a\"")), (2, Some("\"b\"")), (1, None), (3, Some("\"b\"")), (2, None)];
    let limited = table("STRING", "WASM_COLLECT_SET(x)", &sets, &["--limit-entries", "1"]);
    assert_eq!(limited, [r#"{"K":"k","C":["b"],"N":1}"#]);
    // The second a did not come in, so the first stays when it goes.
    let lists = [(1, Some("\"a\"")), (2, Some("\"b\"")), (3, Some("\"a\"")), (3, None)];
    assert_eq!(table("STRING", "WASM_COLLECT_LIST(x, 2)", &lists, &[]), [r#"{"K":"k","C":["a","b"],"N":2}"#]);
}

#[test]
fn a_group_of_flinks_that_is_gone_still_knows_what_was_left_aside() {
    let sql =
        "CREATE TABLE s (id INT, k STRING, x STRING) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json');
        CREATE VIEW v AS SELECT id, LAST_VALUE(k) AS k, LAST_VALUE(x) AS x FROM s GROUP BY id;
        CREATE TABLE o (k STRING, c ARRAY<STRING>) WITH ('connector' = 'print');
        INSERT INTO o SELECT k, WASM_COLLECT_SET(x) FROM v GROUP BY k;";
    let row = |id: i32, k: &str, x: &str| {
        format!("{{\"value\":{{\"id\":{id},\"k\":\"{k}\",\"x\":\"{x}\"}},\"timestamp\":1}}\n")
    };
    let records = [row(1, "one", "a"), row(2, "one", "b"), row(1, "two", "a"), row(2, "three", "b")].concat();
    let options = ["--dialect", "flink", "--limit-entries", "1", "--on-error", "null", "--table", "o"];
    let rows = Desk::new().replay(sql, &records, &options).rows();
    assert_eq!(rows, [r#"{"k":"two","c":["a"]}"#, r#"{"k":"three","c":["b"]}"#]);
}
