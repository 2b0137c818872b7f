//! A packed jar in a Flink of its own: every type of SQL there and back, through the classes that Flink has inside.

use std::process::{Command, Output};

use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

use crate::command::{Desk, plugin};
use crate::jvm;

const TYPES: &str = include_str!("../../../wit/types/types.wit");

/// `echo` gives its arguments back in a record, `exact` its one, `deep` its second, `last` the last one. `listed` adds up in a
/// list, and adds what the last number was; `kept` adds up odd and even numbers, and the odd sum twice. `singles` gives two rows.
const WIT: &str = "package t:t;
interface echo {
  use streamfn:types/types@0.1.1.{timestamp, timestamp-ltz, date, time};
  record point { x: option<s32>, name: option<string> }
  record all { a: option<bool>, b: option<s8>, c: option<s16>, d: option<s32>, e: option<s64>, f: option<f32>,
    g: option<f64>, h: option<string>, i: option<list<u8>>, j: option<date>, k: option<time>, l: option<timestamp>,
    m: option<timestamp-ltz>, n: option<list<option<s32>>>, o: option<list<tuple<string, s32>>>, p: option<point> }
  eval: func(a: option<bool>, b: option<s8>, c: option<s16>, d: option<s32>, e: option<s64>, f: option<f32>,
    g: option<f64>, h: option<string>, i: option<list<u8>>, j: option<date>, k: option<time>, l: option<timestamp>,
    m: option<timestamp-ltz>, n: option<list<option<s32>>>, o: option<list<tuple<string, s32>>>, p: option<point>) -> all;
}
interface exact {
  use streamfn:types/types@0.1.1.{decimal};
  eval: func(d: option<decimal>) -> option<decimal>;
}
interface last {
  use streamfn:types/types@0.1.1.{decimal};
  record state { d: decimal }
  create: func() -> state;
  accumulate: func(state: state, d: decimal) -> state;
  value: func(state: state) -> decimal;
}
interface deep {
  use streamfn:types/types@0.1.1.{decimal};
  record all { d: decimal, l: list<decimal>, m: list<tuple<string, decimal>> }
  eval: func(x: decimal, r: all) -> all;
}
interface listed {
  variant one { none, text(string), number(s64) }
  record state { all: list<s64>, last: one }
  create: func() -> state;
  accumulate: func(state: state, n: s64) -> state;
  value: func(state: state) -> s64;
}
interface kept {
  variant one { none, number(s64) }
  key: func(n: s32) -> option<s32>;
  accumulate: func(entry: option<one>, n: s32) -> option<one>;
  value: func(entries: list<tuple<s32, one>>) -> s64;
}
interface singles { rows: func(x: s32) -> list<option<s32>>; }
world test { export echo; export exact; export last; export deep; export listed; export kept; export singles; }";

/// More than 16 flat arguments are a tuple in memory, which is laid out as the record of the same fields.
const WAT: &str = r#"(module
  (memory (export "memory") 1)
  (global $heap (mut i32) (i32.const 2048))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
    (global.set $heap (i32.add (local.get $at) (local.get 3)))
    (local.get $at))
  (func $decimal (param i32 i64 i64 i32) (result i32)
    (i64.store (local.get 0) (local.get 1)) (i64.store offset=8 (local.get 0) (local.get 2))
    (i32.store8 offset=16 (local.get 0) (local.get 3)) (local.get 0))
  (func (export "t:t/echo#eval") (param i32) (result i32) (local.get 0))
  (func (export "t:t/exact#eval") (param i32 i64 i64 i32) (result i32)
    (i32.store8 (i32.const 64) (local.get 0))
    (drop (call $decimal (i32.const 72) (local.get 1) (local.get 2) (local.get 3))) (i32.const 64))
  (func (export "t:t/last#create") (result i32) (call $decimal (i32.const 128) (i64.const 0) (i64.const 0) (i32.const 0)))
  (func (export "t:t/last#accumulate") (param i64 i64 i32 i64 i64 i32) (result i32)
    (call $decimal (i32.const 160) (local.get 3) (local.get 4) (local.get 5)))
  (func (export "t:t/last#value") (param i64 i64 i32) (result i32)
    (call $decimal (i32.const 192) (local.get 0) (local.get 1) (local.get 2)))
  (func (export "t:t/deep#eval") (param i64 i64 i32 i64 i64 i32 i32 i32 i32 i32) (result i32)
    (drop (call $decimal (i32.const 256) (local.get 3) (local.get 4) (local.get 5)))
    (i32.store (i32.const 280) (local.get 6)) (i32.store (i32.const 284) (local.get 7))
    (i32.store (i32.const 288) (local.get 8)) (i32.store (i32.const 292) (local.get 9)) (i32.const 256))
  ;; record { list at 0, variant at 8 with its payload at 16 } at 320; the list's one element at 400.
  (func (export "t:t/listed#create") (result i32)
    (i32.store (i32.const 320) (i32.const 400)) (i32.store (i32.const 324) (i32.const 0))
    (i32.store8 (i32.const 328) (i32.const 0)) (i32.const 320))
  (func (export "t:t/listed#accumulate") (param $at i32) (param $len i32) (param i32 i64 i32) (param $n i64) (result i32)
    (i64.store (i32.const 400) (i64.add (local.get $n)
      (if (result i64) (local.get $len) (then (i64.load (local.get $at))) (else (i64.const 0)))))
    (i32.store (i32.const 320) (i32.const 400)) (i32.store (i32.const 324) (i32.const 1))
    (i32.store8 (i32.const 328) (i32.const 2)) (i64.store (i32.const 336) (local.get $n)) (i32.const 320))
  (func (export "t:t/listed#value") (param $at i32) (param i32 i32) (param $last i64) (param i32) (result i64)
    (i64.add (i64.load (local.get $at)) (local.get $last)))
  (func (export "t:t/kept#key") (param i32) (result i32)
    (i32.store8 (i32.const 448) (i32.const 1))
    (i32.store (i32.const 452) (i32.rem_s (local.get 0) (i32.const 2))) (i32.const 448))
  (func (export "t:t/kept#accumulate") (param $has i32) (param i32) (param $sum i64) (param $n i32) (result i32)
    (i32.store8 (i32.const 480) (i32.const 1)) (i32.store8 (i32.const 488) (i32.const 1))
    (i64.store (i32.const 496) (i64.add (local.get $sum) (i64.extend_i32_s (local.get $n)))) (i32.const 480))
  (func (export "t:t/kept#value") (param $at i32) (param $len i32) (result i64) (local $sum i64)
    (loop $each
      (if (local.get $len) (then
        (local.set $sum (i64.add (local.get $sum) (i64.mul (i64.load offset=16 (local.get $at))
          (i64.extend_i32_s (i32.add (i32.load (local.get $at)) (i32.const 1))))))
        (local.set $at (i32.add (local.get $at) (i32.const 24)))
        (local.set $len (i32.sub (local.get $len) (i32.const 1)))
        (br $each))))
    (local.get $sum))
  (func (export "t:t/singles#rows") (param i32) (result i32)
    (i32.store (i32.const 528) (i32.const 544)) (i32.store (i32.const 532) (i32.const 2))
    (i32.store8 (i32.const 544) (i32.const 1)) (i32.store (i32.const 548) (local.get 0))
    (i32.store8 (i32.const 552) (i32.const 0)) (i32.const 528)))"#;

pub fn component() -> Vec<u8> {
    let mut resolve = Resolve::default();
    resolve.push_str("types.wit", TYPES).unwrap();
    let package = resolve.push_str("test.wit", WIT).unwrap_or_else(|error| panic!("{error:#}"));
    let world = resolve.select_world(&[package], Some("test")).unwrap();
    let mut module = wat::parse_str(WAT).unwrap();
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().module(&module).unwrap().encode().unwrap_or_else(|error| panic!("{error:#}"))
}

const COLUMNS: &str = "a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p";

/// A row of values, one of their extremes, and one of nulls.
const ROWS: &str = "SELECT true AS a, CAST(1 AS TINYINT) AS b, CAST(2 AS SMALLINT) AS c, 3 AS d, CAST(4 AS BIGINT) AS e,
  CAST(0.5 AS FLOAT) AS f, CAST(2.25 AS DOUBLE) AS g, CAST('a?ü😀' AS STRING) AS h, CAST(x'00ff' AS BYTES) AS i,
  DATE '2023-12-16' AS j, TIME '21:52:10' AS k, TIMESTAMP '2023-12-16 21:52:10.238' AS l,
  CAST(TIMESTAMP '2023-12-16 21:52:10.238' AS TIMESTAMP_LTZ(3)) AS m, ARRAY[1, CAST(NULL AS INT)] AS n,
  MAP[CAST('k' AS STRING), 7] AS o, CAST(ROW(5, 'five') AS ROW<x INT, name STRING>) AS p
UNION ALL SELECT false, CAST(-128 AS TINYINT), CAST(-32768 AS SMALLINT), -2147483647, CAST(-9223372036854775807 AS BIGINT),
  CAST(-3.4028235E38 AS FLOAT), 1.7976931348623157E308, CAST('' AS STRING), CAST(x'' AS BYTES), DATE '1900-01-01', TIME '00:00:00',
  TIMESTAMP '1900-01-01 00:00:00.001', CAST(TIMESTAMP '1900-01-01 00:00:00.001' AS TIMESTAMP_LTZ(3)),
  CAST(ARRAY[-1] AS ARRAY<INT>), MAP[CAST('' AS STRING), -7],
  CAST(ROW(CAST(NULL AS INT), CAST(NULL AS STRING)) AS ROW<x INT, name STRING>)
UNION ALL SELECT CAST(NULL AS BOOLEAN), CAST(NULL AS TINYINT), CAST(NULL AS SMALLINT), CAST(NULL AS INT), CAST(NULL AS BIGINT),
  CAST(NULL AS FLOAT), CAST(NULL AS DOUBLE), CAST(NULL AS STRING), CAST(NULL AS BYTES), CAST(NULL AS DATE), CAST(NULL AS TIME),
  CAST(NULL AS TIMESTAMP(3)), CAST(NULL AS TIMESTAMP_LTZ(3)), CAST(NULL AS ARRAY<INT>), CAST(NULL AS MAP<STRING, INT>),
  CAST(NULL AS ROW<x INT, name STRING>)";

/// Runs statements after those that `pack` prints, and gives the lines of each table that comes out, in sorted order.
fn flink(statements: &str) -> Vec<Vec<String>> {
    let output = run(&component(), &[], statements);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let printed = String::from_utf8(output.stdout).unwrap();
    let tables = printed.split(" in set\n").map(|table| {
        let mut lines: Vec<String> = table.lines().filter(|line| line.starts_with('|')).map(str::to_owned).collect();
        lines.sort();
        lines
    });
    tables.filter(|table| !table.is_empty()).collect()
}

/// Packs a component, and runs statements after those that `pack` prints.
fn run(component: &[u8], options: &[&str], statements: &str) -> Output {
    let desk = Desk::new();
    desk.file("t.wasm", component);
    let pack = desk.run(&[&["pack", "--engine", "flink", "t.wasm", "-o", "t.jar"], options].concat());
    let settings = "SET 'execution.runtime-mode' = 'batch';\nSET 'table.local-time-zone' = 'UTC';\n";
    desk.file("t.sql", format!("{settings}{}{statements}", pack.done()));
    let target = jvm::target();
    let class_path = std::fs::read_to_string(target.join("flink-class-path")).unwrap();
    let mut java = Command::new("java");
    java.arg(format!("@{}/../plugins/jvm/flink.options", env!("CARGO_MANIFEST_DIR")));
    java.args(["-cp", &class_path, "streamfn.conformance.FlinkSql"]).arg(desk.path("t.sql"));
    java.output().unwrap()
}

fn cells(line: &str) -> Vec<&str> {
    line.trim_matches('|').split('|').map(str::trim).collect()
}

#[test]
fn every_type_of_sql_goes_into_a_packed_function_and_comes_out_as_it_was() {
    let fields: String = COLUMNS.split(", ").map(|column| format!("r.{column}")).collect::<Vec<_>>().join(", ");
    let tables = flink(&format!(
        "CREATE TEMPORARY VIEW v AS {ROWS};
SELECT {COLUMNS} FROM v;
SELECT {fields} FROM (SELECT WASM_ECHO({COLUMNS}) AS r FROM v);\n"
    ));
    let [sent, echoed] = tables.as_slice() else { panic!("{tables:?}") };
    assert_eq!(sent.len(), 4, "a head and three rows: {sent:?}");
    assert_eq!(sent, echoed);
}

/// The scale is that of the call; the numbers are those of the statement.
#[test]
fn a_decimal_has_the_scale_of_its_call_in_a_scalar_and_in_an_aggregate() {
    let tables = flink(
        "CREATE TEMPORARY VIEW v AS SELECT CAST(1.25 AS DECIMAL(10, 2)) AS x, CAST(3.1250 AS DECIMAL(20, 4)) AS y
UNION ALL SELECT CAST(NULL AS DECIMAL(10, 2)), CAST(-99999999999.0001 AS DECIMAL(20, 4));
SELECT WASM_EXACT(x) AS x, WASM_EXACT(y) AS y FROM v;
SELECT WASM_LAST(x) AS x, WASM_LAST(y) AS y FROM v WHERE y > 0;\n",
    );
    let found: Vec<Vec<Vec<&str>>> =
        tables.iter().map(|table| table.iter().map(|line| cells(line)).collect()).collect();
    let head = vec!["x", "y"];
    let scalar = vec![head.clone(), vec!["1.25", "3.1250"], vec!["<NULL>", "-99999999999.0001"]];
    assert_eq!(found, [scalar, vec![head, vec!["1.25", "3.1250"]]]);
}

#[test]
fn decimals_inside_other_types_have_the_scale_of_the_call_too() {
    let rows = "CAST(ROW(3.5, ARRAY[1.25, -2.5], MAP['k', 1234567890.75])
  AS ROW<d DECIMAL(6, 1), l ARRAY<DECIMAL(10, 2)>, m MAP<STRING, DECIMAL(30, 2)>>)";
    let tables = flink(&format!(
        "CREATE TEMPORARY VIEW v AS SELECT CAST(1 AS DECIMAL(10, 3)) AS x, {rows} AS r;
SELECT e.d AS d, e.l AS l, e.m AS m FROM (SELECT WASM_DEEP(x, r) AS e FROM v);\n"
    ));
    assert_eq!(cells(&tables[0][1]), ["3.500", "[1.250, -2.500]", "{k=1234567890.750}"]);
}

#[test]
fn a_state_of_lists_and_variants_is_kept_as_bytes_and_an_entry_too() {
    let query = "CREATE TEMPORARY VIEW v AS SELECT * FROM (VALUES (1, CAST(5 AS BIGINT)), (2, 7), (3, 9)) AS t(n, b);
SELECT WASM_LISTED(b) AS listed, WASM_KEPT(n) AS kept FROM v;\n";
    // 5 + 7 + 9, and 9 again; 2 * (1 + 3) + 2.
    assert_eq!(cells(&flink(query)[0][0]), ["30", "10"]);
    let changes = &flink(&format!("SET 'execution.runtime-mode' = 'streaming';\n{query}"))[0];
    assert!(changes.iter().any(|line| cells(line) == ["+U", "30", "10"]), "{changes:?}");
}

#[test]
fn a_table_function_of_single_values_gives_a_column_with_its_nulls() {
    let tables =
        flink("SELECT x FROM (VALUES (2), (CAST(NULL AS INT))) AS v(n), LATERAL TABLE(WASM_SINGLES(n)) AS t(x);\n");
    assert_eq!(tables[0].iter().map(|line| cells(line)).collect::<Vec<_>>(), [["2"], ["x"], ["<NULL>"]]);
}

#[test]
fn a_limit_of_entries_fails_the_job_and_says_so() {
    let collect = std::fs::read(plugin("collect")).unwrap();
    let statements = "SELECT WASM_COLLECT(x) AS c FROM (VALUES (7), (8), (7)) AS v(x);\n";
    let within = run(&collect, &["--limit-entries", "2"], statements);
    assert!(String::from_utf8_lossy(&within.stdout).contains("1 row in set"), "{within:?}");
    let beyond = run(&collect, &["--limit-entries", "1"], statements);
    let told = String::from_utf8_lossy(&beyond.stderr).into_owned() + &String::from_utf8_lossy(&beyond.stdout);
    assert!(!beyond.status.success(), "{told}");
    let wanted = "function WASM_COLLECT refused the row in accumulate (x = 8): wanted at most 1 entries in a group (--limit-entries), found one more";
    assert!(told.contains(wanted), "{told}");
}
