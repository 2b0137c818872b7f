//! Aggregates, each broken in one way.

use crate::component::encode;
use crate::totals::{RIGHT, Totals};
use crate::{laws, laws_with};

#[test]
fn a_right_aggregate_breaks_no_law() {
    let said = laws(&RIGHT.component());
    said.holds();
    assert_eq!(said.says("order"), "the order of the rows makes no difference");
    assert_eq!(said.says("growth"), "the state is 16 bytes, however many rows");
    for law in ["calls", "fresh-instance", "snapshot", "retract", "rest", "merge", "merge-new", "merge-retractions"] {
        assert_eq!(said.verdict(law), "holds", "{law}");
    }
    for law in ["same-state", "many", "batches"] {
        assert_eq!(said.verdict(law), "holds", "{law}");
    }
    assert_eq!((said.verdict("refusals"), said.says("refusals")), ("not applicable", "it refuses no rows"));
}

#[test]
fn a_retract_that_forgets_to_count_down_leaves_something() {
    let retract = Some("(call $state (i64.sub (local.get $sum) (local.get $x)) (local.get $rows))");
    laws(&Totals { retract, ..RIGHT }.component()).breaks(
        &["retract", "rest", "merge-retractions"],
        &["accumulate (0)", "retract (0)"],
        "{ sum: 0, rows: 0 }",
        "{ sum: 0, rows: 1 }",
    );
}

#[test]
fn a_retract_that_takes_the_other_rows_along_is_found_by_what_is_left() {
    let retract = Some("(call $state (i64.const 0) (i64.sub (local.get $rows) (i64.const 1)))");
    laws(&Totals { retract, merge: None, ..RIGHT }.component()).breaks(
        &["rest"],
        &["accumulate (-1)", "accumulate (0)", "retract (0)"],
        "{ sum: -1, rows: 1 }",
        "{ sum: 0, rows: 1 }",
    );
}

#[test]
fn a_retract_that_is_right_only_in_the_order_of_arrival_is_found() {
    // Each row weighs half as much as the one before it, so that the first is taken out of its place.
    let accumulate = "(call $state (i64.add (i64.shl (local.get $sum) (i64.const 1)) (local.get $x))
      (i64.add (local.get $rows) (i64.const 1)))";
    let retract = Some(
        "(call $state (i64.sub (local.get $sum) (i64.shl (local.get $x) (i64.sub (local.get $rows) (i64.const 1))))
          (i64.sub (local.get $rows) (i64.const 1)))",
    );
    let said = laws(&Totals { accumulate, retract, merge: None, ..RIGHT }.component());
    said.breaks(
        &["retract", "rest"],
        &["accumulate (0)", "accumulate (1)", "retract (1)", "retract (0)"],
        "{ sum: 0, rows: 0 }",
        "{ sum: -1, rows: 0 }",
    );
}

#[test]
fn a_merge_that_drops_the_second_part_is_found() {
    let merge = Some("(call $state (local.get $sum) (local.get $rows))");
    laws(&Totals { merge, retract: None, ..RIGHT }.component()).breaks(
        &["merge", "merge-new"],
        &["part 1: accumulate (0)", "part 2: accumulate (0)", "merge them from the left"],
        "{ sum: 0, rows: 2 }",
        "{ sum: 0, rows: 1 }",
    );
}

#[test]
fn a_merge_that_depends_on_how_the_parts_are_put_together_is_found() {
    // Right for two parts of one row each.
    let merge = Some(
        "(call $state (i64.add (local.get $sum) (local.get $sum2))
          (select (i64.const 2) (i64.add (local.get $rows) (local.get $rows2))
            (i64.eq (i64.add (local.get $rows) (local.get $rows2)) (i64.const 3))))",
    );
    let said = laws(&Totals { merge, retract: None, ..RIGHT }.component());
    assert_eq!(said.failing(), ["merge", "merge-new"]);
    let given = &said.law("merge")["counter_example"]["given"];
    assert_eq!(given.as_array().unwrap().len(), 4, "three rows and how they are merged: {given}");
}

#[test]
fn a_merge_that_a_new_state_changes_is_found() {
    let merge = Some(
        "(call $state (i64.add (local.get $sum) (local.get $sum2))
          (i64.add (i64.extend_i32_u (i64.eqz (local.get $rows2))) (i64.add (local.get $rows) (local.get $rows2))))",
    );
    laws(&Totals { merge, retract: None, ..RIGHT }.component()).breaks(
        &["merge-new"],
        &["merge it with a new state"],
        "{ sum: 0, rows: 0 }",
        "{ sum: 0, rows: 1 }",
    );
}

#[test]
fn a_merge_that_takes_rows_below_zero_for_none_cannot_retract_what_another_part_added() {
    let merge = Some(
        "(if (result i32) (i64.lt_s (local.get $rows2) (i64.const 0))
          (then (call $state (local.get $sum) (local.get $rows)))
          (else (call $state (i64.add (local.get $sum) (local.get $sum2)) (i64.add (local.get $rows) (local.get $rows2)))))",
    );
    laws(&Totals { merge, ..RIGHT }.component()).breaks(
        &["merge-retractions"],
        &["part 1: accumulate (0)", "part 2: retract (0)", "merge them"],
        "{ sum: 0, rows: 0 }",
        "{ sum: 0, rows: 1 }",
    );
}

#[test]
fn what_an_instance_counts_is_found_once_and_by_no_other_law() {
    let accumulate = "(call $called) (call $state
      (i64.add (local.get $sum) (global.get $calls)) (i64.add (local.get $rows) (i64.const 1)))";
    let said = laws(&Totals { accumulate, retract: None, merge: None, ..RIGHT }.component());
    said.breaks(
        &["fresh-instance"],
        &["accumulate (0)", "value", "accumulate (0)"],
        "{ sum: 2, rows: 2 } (each call in a fresh instance)",
        "{ sum: 3, rows: 2 }",
    );
    assert_eq!((said.verdict("many"), said.says("many")), ("not checked", "see `fresh-instance`"));
}

#[test]
fn a_value_that_leaves_something_in_memory_is_found() {
    let accumulate =
        "(call $state (i64.add (local.get $sum) (global.get $calls)) (i64.add (local.get $rows) (i64.const 1)))";
    let value = "(call $called) (local.get $sum)";
    laws(&Totals { accumulate, value, retract: None, merge: None }.component()).breaks(
        &["fresh-instance"],
        &["accumulate (0)", "value", "accumulate (0)"],
        "{ sum: 0, rows: 2 } (each call in a fresh instance)",
        "{ sum: 1, rows: 2 }",
    );
}

#[test]
fn what_goes_wrong_after_a_thousand_calls_is_found_by_many_groups() {
    let accumulate = "(call $called) (call $state (i64.add (local.get $sum) (local.get $x))
      (i64.add (local.get $rows) (i64.extend_i32_u (i64.le_s (global.get $calls) (i64.const 1000)))))";
    laws(&Totals { accumulate, ..RIGHT }.component()).breaks(
        &["many"],
        &["accumulate (0)", "accumulate (7)", "accumulate (14)", "the same among the rows of 9999 other groups"],
        "{ sum: 21, rows: 3 }",
        "{ sum: 21, rows: 1 }",
    );
}

#[test]
fn a_trap_on_the_largest_number_is_found_and_no_other_law_is_blamed() {
    let accumulate = "(if (i64.eq (local.get $x) (i64.const 0x7fffffffffffffff)) (then unreachable))
      (call $state (i64.add (local.get $sum) (local.get $x)) (i64.add (local.get $rows) (i64.const 1)))";
    let said = laws(&Totals { accumulate, ..RIGHT }.component());
    said.breaks(
        &["calls"],
        &["row (9223372036854775807)"],
        "an answer, or a refusal of the row",
        "accumulate: trap: unreachable code was reached (in Rust: a panic)",
    );
    assert_eq!((said.verdict("retract"), said.says("retract")), ("not checked", "a call fails, see `calls`"));
    // Its rows are numbered from zero.
    assert_eq!(said.verdict("many"), "holds");
}

#[test]
fn a_call_that_does_not_end_breaks_the_law_of_calls() {
    let accumulate = "(if (i64.eq (local.get $x) (i64.const -1)) (then (loop (br 0))))
      (call $state (i64.add (local.get $sum) (local.get $x)) (i64.add (local.get $rows) (i64.const 1)))";
    let component = Totals { accumulate, retract: None, merge: None, ..RIGHT }.component();
    let said = laws_with(&component, &["--limit-time-ms", "10"]);
    assert_eq!((said.failing(), said.code), (vec!["calls"], Some(1)));
    let found = said.law("calls")["counter_example"]["found"].as_str().unwrap().to_owned();
    assert_eq!(found, "accumulate: time limit: still running after 10ms");
}

#[test]
fn a_state_that_keeps_the_order_though_the_value_does_not_is_found() {
    // The second number is the last row, not a count.
    let accumulate = "(call $state (i64.add (local.get $sum) (local.get $x)) (local.get $x))";
    laws(&Totals { accumulate, retract: None, merge: None, ..RIGHT }.component()).breaks(
        &["same-state"],
        &["accumulate (0)", "accumulate (1)", "and in another group", "accumulate (1)", "accumulate (0)"],
        "{ sum: 1, rows: 1 }",
        "{ sum: 1, rows: 0 }",
    );
}

#[test]
fn a_value_that_depends_on_the_order_is_observed_with_the_smallest_two_rows() {
    let accumulate = "(call $state (local.get $x) (i64.add (local.get $rows) (i64.const 1)))";
    let said = laws(&Totals { accumulate, retract: None, merge: None, ..RIGHT }.component());
    said.holds();
    assert_eq!(said.says("order"), "the order of the rows makes a difference");
    let notes = serde_json::json!(["such as (0), (1) gives 1", "such as (1), (0) gives 0"]);
    assert_eq!(said.law("order")["notes"], notes);
}

/// A sum over DOUBLE; `merge` has `$a` and `$b`.
fn doubles(merge: &str) -> Vec<u8> {
    let wit = "package t:t;
      interface total {
        type state = f64;
        create: func() -> state;
        accumulate: func(state: state, x: f64) -> state;
        merge: func(a: state, b: state) -> state;
        value: func(state: state) -> f64;
      }
      world test { export total; }";
    let wat = format!(
        "(module
          (func (export \"t:t/total#create\") (result f64) (f64.const 0))
          (func (export \"t:t/total#accumulate\") (param f64 f64) (result f64) (f64.add (local.get 0) (local.get 1)))
          (func (export \"t:t/total#merge\") (param $a f64) (param $b f64) (result f64) {merge})
          (func (export \"t:t/total#value\") (param f64) (result f64) (local.get 0)))"
    );
    encode(wit, &wat)
}

#[test]
fn rounding_is_within_the_bound_and_the_largest_error_is_told() {
    let said = laws(&doubles("(f64.add (local.get $a) (local.get $b))"));
    said.holds();
    let notes = said.law("merge")["notes"].to_string();
    assert!(notes.contains("largest error") && notes.contains("% of that"), "{notes}");
    assert_eq!(
        said.says("order"),
        "the order of the rows makes no difference but in floats, and there within the bound"
    );
}

#[test]
fn a_sum_that_rounds_more_than_addition_does_is_found() {
    let said =
        laws(&doubles("(f64.promote_f32 (f32.add (f32.demote_f64 (local.get $a)) (f32.demote_f64 (local.get $b))))"));
    assert_eq!(said.failing(), ["merge", "merge-new"]);
    assert_eq!(said.code, Some(1));
    let example = &said.law("merge")["counter_example"];
    assert_eq!(example["given"].as_array().unwrap().len(), 3, "two rows and how they are merged: {example}");
}

#[test]
fn a_state_that_grows_though_the_value_does_not_is_observed() {
    let wit = "package t:t;
      interface grow {
        type state = list<u8>;
        create: func() -> state;
        accumulate: func(state: state, x: s64) -> state;
        value: func(state: state) -> s64;
      }
      world test { export grow; }";
    let wat = r#"(module (memory (export "memory") 1)
      (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
      (func $list (param i32) (result i32)
        (i32.store (i32.const 16) (i32.const 4096)) (i32.store (i32.const 20) (local.get 0)) (i32.const 16))
      (func (export "t:t/grow#create") (result i32) (call $list (i32.const 0)))
      (func (export "t:t/grow#accumulate") (param $at i32) (param $len i32) (param $x i64) (result i32)
        (i32.store8 (i32.add (i32.const 4096) (local.get $len)) (i32.const 7))
        (call $list (i32.add (local.get $len) (i32.const 1))))
      (func (export "t:t/grow#value") (param i32 i32) (result i64) (i64.const 0)))"#;
    let said = laws(&encode(wit, wat));
    said.holds();
    let wanted = "the state is 104 bytes for 100 distinct rows and grows by 1 for each more, by 1 for each row that is there \
        already";
    assert_eq!(said.says("growth"), wanted);
}

/// As `Totals`, but rows can be refused: `refuses` tells of `$sum`, `$rows` and `$x` whether one is.
fn refusing(accumulate_refuses: &str, retract_refuses: &str) -> Vec<u8> {
    let wit = "package t:t;
      interface total {
        record state { sum: s64, rows: s64 }
        create: func() -> state;
        accumulate: func(state: state, x: s64) -> result<state, string>;
        retract: func(state: state, x: s64) -> result<state, string>;
        merge: func(a: state, b: state) -> state;
        value: func(state: state) -> s64;
      }
      world test { export total; }";
    let function = |name: &str, refuses: &str, change: &str| {
        format!(
            "(func (export \"t:t/total#{name}\") (param $sum i64) (param $rows i64) (param $x i64) (result i32)
              (if (result i32) {refuses}
                (then (i32.store8 (i32.const 16) (i32.const 1)) (i32.store (i32.const 24) (i32.const 64))
                  (i32.store (i32.const 28) (i32.const 2)) (i32.const 16))
                (else (i32.store8 (i32.const 16) (i32.const 0))
                  (i64.store (i32.const 24) (i64.{change} (local.get $sum) (local.get $x)))
                  (i64.store (i32.const 32) (i64.{change} (local.get $rows) (i64.const 1))) (i32.const 16))))"
        )
    };
    let wat = format!(
        "(module (memory (export \"memory\") 1) (data (i32.const 64) \"no\")
          (func $state (param i64 i64) (result i32)
            (i64.store (i32.const 16) (local.get 0)) (i64.store (i32.const 24) (local.get 1)) (i32.const 16))
          (func (export \"t:t/total#create\") (result i32) (call $state (i64.const 0) (i64.const 0)))
          {} {}
          (func (export \"t:t/total#merge\") (param i64 i64 i64 i64) (result i32)
            (call $state (i64.add (local.get 0) (local.get 2)) (i64.add (local.get 1) (local.get 3))))
          (func (export \"t:t/total#value\") (param i64 i64) (result i64) (local.get 0)))",
        function("accumulate", accumulate_refuses, "add"),
        function("retract", retract_refuses, "sub"),
    );
    encode(wit, &wat)
}

const NEGATIVE: &str = "(i64.lt_s (local.get $x) (i64.const 0))";
const NEVER: &str = "(i32.const 0)";

#[test]
fn a_row_that_is_refused_both_ways_breaks_no_law() {
    let said = laws(&refusing(NEGATIVE, NEGATIVE));
    said.holds();
    assert_eq!(said.verdict("refusals"), "holds");
    let refusal = said.says("refusal");
    assert!(refusal.starts_with("whether a row is refused depends on it alone ("), "{refusal}");
}

#[test]
fn a_row_that_is_refused_only_when_it_goes_is_found() {
    laws(&refusing(NEVER, NEGATIVE)).breaks(
        &["refusals"],
        &["accumulate (-1): taken", "retract (-1)"],
        "taken",
        "refused: no",
    );
}

#[test]
fn a_row_that_is_refused_only_when_it_comes_is_found() {
    laws(&refusing(NEGATIVE, NEVER)).breaks(
        &["refusals"],
        &["accumulate (-1): refused: no", "retract (-1)"],
        "refused: no",
        "taken",
    );
}

#[test]
fn that_refusal_depends_on_the_state_is_observed() {
    let said = laws(&refusing("(i64.ge_s (local.get $rows) (i64.const 2))", NEVER));
    let wanted = "whether a row is refused depends on the rows before it: over tables only --on-error fail is safe";
    assert_eq!(said.says("refusal"), wanted);
    let notes =
        serde_json::json!(["such as accumulate (0)", "such as accumulate (0)", "such as accumulate (0): refused: no"]);
    assert_eq!(said.law("refusal")["notes"], notes);
}

#[test]
fn a_retract_that_refuses_a_state_without_rows_is_observed_and_no_fault() {
    let said = laws(&refusing(NEVER, "(i64.le_s (local.get $rows) (i64.const 0))"));
    said.holds();
    let wanted = "a part cannot retract what another part added: it refuses to";
    assert_eq!((said.verdict("merge-retractions"), said.says("merge-retractions")), ("observed", wanted));
}
