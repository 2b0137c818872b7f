//! Generators: what is made follows from the configuration, however it is asked for.

use crate::component::encode;
use crate::{laws, laws_with};

/// Five rows, one a call, whose number is `$n`, computed of `$state` and `$max`. `create` refuses every config but of `len`
/// bytes.
fn five(n: &str, len: usize) -> Vec<u8> {
    let wit = "package t:t;
      interface five {
        record numbered { n: s64 }
        variant row { numbers(numbered) }
        type state = s64;
        create: func(config: string, seed: u64, split: u32, splits: u32) -> result<state, string>;
        next: func(state: state, max: u32) -> tuple<state, list<row>>;
        finish: func(state: state) -> list<row>;
      }
      world test { export five; }";
    let wat = format!(
        "(module (memory (export \"memory\") 1) (data (i32.const 512) \"no\")
          (global $calls (mut i64) (i64.const 0))
          (func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
          (func (export \"t:t/five#create\") (param $at i32) (param $len i32) (param i64 i32 i32) (result i32)
            (if (result i32) (i32.eq (local.get $len) (i32.const {len}))
              (then (i32.store8 (i32.const 16) (i32.const 0)) (i64.store (i32.const 24) (i64.const 0)) (i32.const 16))
              (else (i32.store8 (i32.const 16) (i32.const 1)) (i32.store (i32.const 24) (i32.const 512))
                (i32.store (i32.const 28) (i32.const 2)) (i32.const 16))))
          (func (export \"t:t/five#next\") (param $state i64) (param $max i32) (result i32)
            (i64.store (i32.const 16) (i64.add (local.get $state) (i64.const 1)))
            (i32.store (i32.const 24) (i32.const 64))
            (i32.store (i32.const 28) (i64.lt_s (local.get $state) (i64.const 5)))
            (i32.store8 (i32.const 64) (i32.const 0))
            (i64.store (i32.const 72) {n})
            (i32.const 16))
          (func (export \"t:t/five#finish\") (param i64) (result i32)
            (i32.store (i32.const 16) (i32.const 64)) (i32.store (i32.const 20) (i32.const 0)) (i32.const 16)))"
    );
    encode(wit, &wat)
}

#[test]
fn a_right_generator_breaks_no_law() {
    let said = laws(&five("(local.get $state)", 2));
    said.holds();
    for law in ["calls", "cuts", "fresh-instance"] {
        assert_eq!(said.verdict(law), "holds", "{law}");
    }
    // Without a --config both usual ones are tried.
    assert_eq!(said.law("cuts")["notes"], serde_json::json!(["with config \"{}\""]));
}

#[test]
fn rows_that_depend_on_how_they_are_cut_are_found() {
    laws(&five("(i64.add (local.get $state) (i64.extend_i32_u (local.get $max)))", 0)).breaks(
        &["cuts"],
        &["create with config \"\", seed 0, split 0 of 1", "next with max 1"],
        "row 1: numbers({ n: 200 })",
        "row 1: numbers({ n: 1 })",
    );
}

#[test]
fn rows_that_depend_on_the_calls_before_are_found() {
    let n = "(block (result i64) (global.set $calls (i64.add (global.get $calls) (i64.const 1))) (global.get $calls))";
    laws(&five(n, 0)).breaks(
        &["fresh-instance"],
        &["create with config \"\", seed 0, split 0 of 1", "next with max 1"],
        "row 2: numbers({ n: 1 })",
        "row 2: numbers({ n: 2 })",
    );
}

#[test]
fn a_generator_that_takes_no_usual_config_needs_one() {
    let component = five("(local.get $state)", 7);
    let said = laws(&component);
    said.holds();
    assert_eq!(said.verdict("cuts"), "not checked");
    let wanted = "config \"\" is refused: no; config \"{}\" is refused: no; give one with --config";
    assert_eq!(said.says("cuts"), wanted);
    let said = laws_with(&component, &["--config", "seven b"]);
    assert_eq!(said.verdict("cuts"), "holds");
}
