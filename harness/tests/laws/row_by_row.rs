//! Scalars and table functions.

use crate::component::{encode, encode_using};
use crate::laws;

fn scalar(body: &str) -> Vec<u8> {
    let wit = "package t:t; interface twice { eval: func(x: s64) -> s64; } world test { export twice; }";
    let wat = format!(
        "(module (global $calls (mut i64) (i64.const 0))
          (func (export \"t:t/twice#eval\") (param $x i64) (result i64) {body}))"
    );
    encode(wit, &wat)
}

#[test]
fn a_right_scalar_breaks_no_law() {
    laws(&scalar("(i64.mul (local.get $x) (i64.const 2))")).holds();
}

#[test]
fn a_scalar_goes_by_its_loop_too() {
    let wit = "package t:t; interface twice { eval: func(x: s64) -> s64; } world test { export twice; }";
    let wat = "(module (memory (export \"memory\") 1)
      (func (export \"t:t/twice#eval\") (param i64) (result i64) (i64.mul (local.get 0) (i64.const 2))))";
    let said = laws(&encode(wit, wat));
    said.holds();
    let notes = ["in Flink's SQL over a stream", "by calls, and by the loop that longer batches go through"];
    assert_eq!(said.law("batches")["notes"], serde_json::json!(notes));
}

#[test]
fn a_scalar_that_counts_its_calls_is_found() {
    let body = "(global.set $calls (i64.add (global.get $calls) (i64.const 1))) (global.get $calls)";
    laws(&scalar(body)).breaks(&["fresh-instance"], &["call (0)", "call (0)"], "1 (in a fresh instance)", "2");
}

#[test]
fn a_scalar_that_divides_by_zero_is_found() {
    laws(&scalar("(i64.div_s (i64.const 1) (local.get $x))")).breaks(
        &["calls"],
        &["call (0)"],
        "an answer, or a refusal of the row",
        "TWICE: trap: an integer was divided by zero",
    );
}

/// A table function that gives as many rows as `$len` says, each 0.
fn table(len: &str) -> Vec<u8> {
    let wit = "package t:t; interface some { rows: func(x: s64) -> list<s64>; } world test { export some; }";
    let wat = format!(
        "(module (memory (export \"memory\") 1) (global $calls (mut i32) (i32.const 0))
          (func (export \"t:t/some#rows\") (param $x i64) (result i32)
            (i32.store (i32.const 16) (i32.const 64)) (i32.store (i32.const 20) {len}) (i32.const 16)))"
    );
    encode(wit, &wat)
}

#[test]
fn a_table_function_goes_through_ksqldbs_sql() {
    let said = laws(&table("(i32.wrap_i64 (i64.and (local.get $x) (i64.const 3)))"));
    said.holds();
    assert_eq!(said.law("batches")["notes"], serde_json::json!(["in ksqlDB's SQL over a stream"]));
}

#[test]
fn a_table_function_that_gives_more_and_more_is_found() {
    let len =
        "(block (result i32) (global.set $calls (i32.add (global.get $calls) (i32.const 1))) (global.get $calls))";
    laws(&table(len)).breaks(&["fresh-instance"], &["call (0)", "call (0)"], "0 (in a fresh instance)", "0, 0");
}

/// A function of every type of the contract, its arguments in memory, that looks at none of them.
fn every_type() -> Vec<u8> {
    let types = include_str!("../../../wit/types/types.wit");
    let wit = "package t:t;
      interface all {
        use streamfn:types/types@0.1.1.{timestamp, timestamp-ltz, date, time, decimal, multiset-of-string};
        record inner { select: option<s32>, when: date, price: decimal }
        eval: func(
          a: bool, b: s8, c: s16, d: s32, e: s64, f: f32, g: f64, h: string, i: list<u8>, j: decimal, k: date, l: time,
          m: timestamp, n: timestamp-ltz, o: list<option<s32>>, p: list<tuple<string, option<f64>>>,
          q: multiset-of-string, r: option<inner>, s: option<list<inner>>
        ) -> inner;
      }
      world test { export all; }";
    let wat = r#"(module (memory (export "memory") 32) (global $heap (mut i32) (i32.const 1024))
      (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
        (global.set $heap (i32.and (i32.add (global.get $heap) (i32.const 15)) (i32.const -16)))
        (global.get $heap) (global.set $heap (i32.add (global.get $heap) (local.get 3))))
      (func (export "t:t/all#eval") (param i32) (result i32) (global.set $heap (i32.const 1024)) (i32.const 16)))"#;
    encode_using(types, wit, wat)
}

#[test]
fn every_type_of_the_contract_is_made_up_and_goes_through_sql() {
    let said = laws(&every_type());
    said.holds();
    assert_eq!(said.verdict("calls"), "holds");
    assert_eq!(said.verdict("batches"), "holds", "{}", said.law("batches"));
    assert_eq!(said.law("batches")["notes"], serde_json::json!(["in Flink's SQL over a stream"]));
}
