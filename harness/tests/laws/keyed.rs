//! Keyed aggregates, each broken in one way.

use crate::component::{encode, encode_using};
use crate::laws;

/// How often each number occurs. `key` has `$x`, `retract` `$has`, `$entry` and `$x`; `$some` makes an entry, `$none` none;
/// `value`, if there is one, has `$at` and `$len` of the entries.
fn occurrences(key: &str, retract: &str, value: Option<&str>) -> Vec<u8> {
    let wit = format!(
        "package t:t;
        interface occurrences {{
          key: func(x: s64) -> option<s64>;
          accumulate: func(entry: option<s64>, x: s64) -> option<s64>;
          retract: func(entry: option<s64>, x: s64) -> option<s64>;
          merge: func(a: s64, b: s64) -> option<s64>;
          {}
        }}
        world test {{ export occurrences; }}",
        value.map_or("", |_| "value: func(entries: list<tuple<s64, s64>>) -> s64;")
    );
    let row = "(param $has i32) (param $entry i64) (param $x i64) (result i32)";
    let value = value.map_or(String::new(), |body| {
        format!("(func (export \"t:t/occurrences#value\") (param $at i32) (param $len i32) (result i64) {body})")
    });
    let wat = format!(
        "(module (memory (export \"memory\") 16)
          (global $calls (mut i64) (i64.const 0))
          (func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
          (func $some (param i64) (result i32)
            (i32.store8 (i32.const 16) (i32.const 1)) (i64.store (i32.const 24) (local.get 0)) (i32.const 16))
          (func $none (result i32) (i32.store8 (i32.const 16) (i32.const 0)) (i32.const 16))
          (func $unless-zero (param i64) (result i32)
            (if (result i32) (i64.eqz (local.get 0)) (then (call $none)) (else (call $some (local.get 0)))))
          (func (export \"t:t/occurrences#key\") (param $x i64) (result i32) {key})
          (func (export \"t:t/occurrences#accumulate\") {row}
            (call $unless-zero (i64.add (local.get $entry) (i64.const 1))))
          (func (export \"t:t/occurrences#retract\") {row} {retract})
          (func (export \"t:t/occurrences#merge\") (param i64 i64) (result i32)
            (call $unless-zero (i64.add (local.get 0) (local.get 1))))
          {value})"
    );
    encode(&wit, &wat)
}

const KEY: &str = "(call $some (local.get $x))";
const RETRACT: &str = "(call $unless-zero (i64.sub (local.get $entry) (i64.const 1)))";

#[test]
fn a_right_keyed_aggregate_breaks_no_law() {
    let said = laws(&occurrences(KEY, RETRACT, None));
    said.holds();
    assert_eq!(said.verdict("many"), "holds");
    assert_eq!(said.verdict("merge-retractions"), "holds");
    let growth = "the state is 1600 bytes for 100 distinct rows and grows by 16 for each more, by 0 for each row that is \
        there already";
    assert_eq!(said.says("growth"), growth);
}

#[test]
fn an_entry_that_stays_at_zero_is_found() {
    laws(&occurrences(KEY, "(call $some (i64.sub (local.get $entry) (i64.const 1)))", None)).breaks(
        &["retract", "rest"],
        &["accumulate (0)", "retract (0)"],
        "no entries",
        "{ 0: 0 }",
    );
}

#[test]
fn a_key_that_depends_on_the_calls_before_is_found() {
    let key = "(global.set $calls (i64.add (global.get $calls) (i64.const 1)))
      (call $some (i64.add (local.get $x) (i64.shr_u (global.get $calls) (i64.const 1))))";
    // In batches the keys of all rows come before the entries.
    laws(&occurrences(key, RETRACT, None)).breaks(
        &["fresh-instance", "batches"],
        &["accumulate (0)", "retract (0)"],
        "no entries (each call in a fresh instance)",
        "{ 0: 1, 1: -1 }",
    );
}

#[test]
fn a_value_that_depends_on_the_order_of_the_entries_is_found() {
    // The key of the first entry.
    let value = "(if (result i64) (local.get $len) (then (i64.load (local.get $at))) (else (i64.const 0)))";
    let said = laws(&occurrences(KEY, RETRACT, Some(value)));
    assert_eq!((said.failing(), said.code), (vec!["entries"], Some(1)));
    let example = serde_json::json!({
        "given": ["accumulate (0)", "accumulate (1)", "the value, and the value of the entries in reverse"],
        "wanted": "0",
        "found": "1",
    });
    assert_eq!(said.law("entries")["counter_example"], example);
}

#[test]
fn a_value_over_entries_in_any_order_breaks_no_law() {
    let said = laws(&occurrences(KEY, RETRACT, Some("(i64.extend_i32_u (local.get $len))")));
    said.holds();
    assert_eq!(said.verdict("entries"), "holds");
}

#[test]
fn a_multiset_breaks_no_law_and_goes_through_both_engines_sql() {
    let types = include_str!("../../../wit/types/types.wit");
    let wit = "package t:t;
      interface bag {
        use streamfn:types/types@0.1.1.{multiplicity};
        key: func(x: string) -> option<string>;
        accumulate: func(entry: option<multiplicity>, x: string) -> option<multiplicity>;
        retract: func(entry: option<multiplicity>, x: string) -> option<multiplicity>;
        merge: func(a: multiplicity, b: multiplicity) -> option<multiplicity>;
      }
      world test { export bag; }";
    let row = "(param $has i32) (param $entry i32) (param i32 i32) (result i32)";
    let wat = format!(
        "(module (memory (export \"memory\") 1)
          (func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
          (func $unless-zero (param i32) (result i32)
            (i32.store8 (i32.const 16) (i32.ne (local.get 0) (i32.const 0)))
            (i32.store (i32.const 20) (local.get 0)) (i32.const 16))
          (func (export \"t:t/bag#key\") (param $at i32) (param $len i32) (result i32)
            (i32.store8 (i32.const 16) (i32.const 1))
            (i32.store (i32.const 20) (local.get $at)) (i32.store (i32.const 24) (local.get $len)) (i32.const 16))
          (func (export \"t:t/bag#accumulate\") {row} (call $unless-zero (i32.add (local.get $entry) (i32.const 1))))
          (func (export \"t:t/bag#retract\") {row} (call $unless-zero (i32.sub (local.get $entry) (i32.const 1))))
          (func (export \"t:t/bag#merge\") (param i32 i32) (result i32)
            (call $unless-zero (i32.add (local.get 0) (local.get 1)))))"
    );
    let said = laws(&encode_using(types, wit, &wat));
    said.holds();
    assert_eq!(said.function["signature"], "BAG(x STRING) → MULTISET<STRING>");
    let notes = serde_json::json!([
        "in Flink's SQL over a stream, in ksqlDB's SQL over a table",
        "by calls, and by the loop that longer batches go through"
    ]);
    assert_eq!(said.law("batches")["notes"], notes);
}
