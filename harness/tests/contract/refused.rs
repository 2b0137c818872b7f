//! What is no SQL function, and the sentence that says why.

use crate::{eval, read, reason};

/// The sentence must hold all of these.
fn refused(wit: &str, says: &[&str]) {
    let reason = reason(wit);
    for part in says {
        assert!(reason.contains(part), "wanted {part:?} in: {reason}");
    }
}

/// An aggregate with one of its lines replaced.
fn sum_but(line: &str, instead: &str) -> String {
    let sum = "interface sum {
        record state { sum: s32 }
        create: func() -> state;
        accumulate: func(state: state, x: s32) -> state;
        retract: func(state: state, x: s32) -> state;
        merge: func(a: state, b: state) -> state;
        value: func(state: state) -> s32;
    }";
    assert!(sum.contains(line));
    sum.replace(line, instead)
}

#[test]
fn types_that_sql_lacks_are_refused_by_name() {
    let types = [
        ("u8", "u8 is unsigned"),
        ("u16", "u16 is unsigned"),
        ("u32", "u32 is unsigned"),
        ("u64", "u64 is unsigned"),
        ("char", "char is no SQL type: write string"),
        ("tuple<s32, s32>", "a tuple has no column names"),
        ("option<option<s32>>", "one NULL only"),
        ("list<tuple<option<string>, s32>>", "key of a MAP cannot be NULL"),
        ("list<tuple<s32, s32, s32>>", "tuples of 3"),
        ("list<u32>", "u32 is unsigned"),
    ];
    for (wit, says) in types {
        refused(&eval("f", &format!("func(qty: {wit}) -> s32")), &["`eval`", "`qty`", says]);
        refused(&eval("f", &format!("func() -> {wit}")), &["`eval`", "result", says]);
    }
    refused(&eval("f", "func(x: result<s32, string>) -> s32"), &["only a function's own result"]);
}

#[test]
fn declared_types_that_sql_lacks_are_refused_by_name() {
    let declared = [
        ("enum e { a, b }", "an enum is no SQL type"),
        ("flags e { a, b }", "flags are no SQL type"),
        ("variant e { a, b(s32) }", "a variant is no SQL type"),
        ("record e { a: u16 }", "`a`: u16 is unsigned"),
    ];
    for (declaration, says) in declared {
        refused(&format!("interface f {{ {declaration} eval: func(x: e) -> s32; }}"), &["`x`", says]);
    }
}

#[test]
fn resources_are_refused_because_state_is_a_value() {
    let wit =
        "interface f { resource state; create: func() -> state; accumulate: func(state: borrow<state>, x: s32); }";
    refused(wit, &["a resource is not a value"]);
}

#[test]
fn a_multiset_that_is_none_is_refused() {
    for other in ["list<string>", "list<tuple<string, s64>>", "option<list<tuple<string, s32>>>"] {
        let wit = format!("interface f {{ type multiset-of-string = {other}; eval: func() -> multiset-of-string; }}");
        refused(&wit, &["multiset-of-string", "list<tuple<T, s32>>"]);
    }
}

#[test]
fn a_result_that_refuses_without_a_string_is_refused() {
    refused(&eval("f", "func() -> result<s32, s32>"), &["`eval`", "result<T, string>", "result<s32, s32>"]);
    refused(&eval("f", "func() -> result<_, string>"), &["returns nothing"]);
}

#[test]
fn a_function_that_returns_nothing_is_refused() {
    refused(&eval("f", "func(x: s32)"), &["`eval` returns nothing"]);
}

#[test]
fn an_interface_of_no_known_shape_is_refused_with_what_there_is() {
    refused("interface f { run: func() -> s32; }", &["wanted `eval`, `rows`", "found `run`"]);
}

#[test]
fn a_missing_function_is_named() {
    refused(&sum_but("value: func(state: state) -> s32;", ""), &["`value` is missing", "an aggregate"]);
    refused("interface f { key: func() -> option<s32>; }", &["`accumulate` is missing", "a keyed aggregate"]);
    let wit = "interface f { type state = s32; create: func() -> state; next: func(s: state) -> state; }";
    refused(wit, &["`finish` is missing", "a generator"]);
}

#[test]
fn a_misspelt_or_further_function_is_named() {
    refused(&sum_but("retract:", "retrac:"), &["`retrac` is no function of an aggregate", "`retract`"]);
    refused("interface f { eval: func() -> s32; close: func(); }", &["`close` is no function of a scalar"]);
}

#[test]
fn a_state_without_its_name_is_refused() {
    let wit = sum_but("record state", "record total").replace("state: state", "state: total");
    refused(
        &wit.replace("-> state", "-> total").replace("b: state", "b: total").replace("a: state", "a: total"),
        &["the type `state` is missing"],
    );
}

#[test]
fn another_state_or_other_arguments_are_refused_with_both_signatures() {
    let cases = [
        ("create: func() -> state", "create: func() -> s32", "func() -> state; found func() -> s32"),
        ("accumulate: func(state: state, x: s32)", "accumulate: func(state: s32, x: s32)", "`accumulate` must be"),
        ("accumulate: func(state: state, x: s32)", "accumulate: func()", "`accumulate` must be"),
        ("retract: func(state: state, x: s32)", "retract: func(state: state, x: s64)", "of the same arguments"),
        ("retract: func(state: state, x: s32)", "retract: func(state: state)", "of the same arguments"),
        ("merge: func(a: state, b: state)", "merge: func(a: state)", "`merge` must be"),
        ("value: func(state: state)", "value: func(sum: s32)", "`value` must be func(state) -> T"),
    ];
    for (line, instead, says) in cases {
        refused(&sum_but(line, instead), &[says, "found func("]);
    }
}

#[test]
fn a_keyed_aggregate_must_agree_with_its_key_and_entry() {
    let collect = "interface collect {
        key: func(x: string) -> option<string>;
        accumulate: func(entry: option<s32>, x: string) -> option<s32>;
        merge: func(a: s32, b: s32) -> option<s32>;
        value: func(entries: list<tuple<string, s32>>) -> s64;
    }";
    let cases = [
        ("-> option<string>", "-> string", "`key` must be"),
        ("entry: option<s32>, x: string", "entry: option<s32>, x: s32", "of the arguments of `key`"),
        ("-> option<s32>;\n        merge", "-> s32;\n        merge", "`accumulate` must be"),
        ("merge: func(a: s32, b: s32) -> option<s32>", "merge: func(a: s32, b: s32) -> s32", "`merge` must be"),
        ("list<tuple<string, s32>>", "list<tuple<s32, s32>>", "`value` must be"),
    ];
    for (line, instead, says) in cases {
        assert!(collect.contains(line), "{line}");
        refused(&collect.replace(line, instead), &[says, "found func("]);
    }
}

#[test]
fn a_keyed_entry_without_a_value_function_must_be_a_column() {
    let wit = "interface f { key: func() -> option<s32>; accumulate: func(entry: option<u32>) -> option<u32>; }";
    refused(wit, &["no `value`", "u32 is unsigned"]);
}

#[test]
fn a_generator_must_give_a_variant_of_records() {
    let generator = |row: &str| {
        format!(
            "interface g {{
                record state {{ at: s64 }} record r {{ a: s32 }} {row}
                create: func(config: string, seed: u64, split: u32, splits: u32) -> result<state, string>;
                next: func(state: state, max: u32) -> tuple<state, list<row>>;
                finish: func(state: state) -> list<row>;
            }}"
        )
    };
    refused(&generator("type row = r;"), &["each case of which is a table"]);
    refused(&generator("variant row { a(r), b }"), &["`b` has no record"]);
    refused(&generator("variant row { a(s32) }"), &["`a` must hold a record"]);
    refused(&generator("variant row { a(r) }").replace("seed: u64", "seed: s64"), &["`create` must be"]);
    refused(&generator("variant row { a(r) }").replace("result<state, string>", "state"), &["`create` must be"]);
    refused(&generator("variant row { a(r) }").replace("max: u32", "max: s32"), &["`next` must be"]);
}

#[test]
fn a_table_function_must_give_a_list() {
    refused("interface f { rows: func() -> s32; }", &["`rows` must be func(args…) -> list<T>"]);
}

#[test]
fn an_overload_named_after_another_type_is_refused() {
    refused(&eval("twice-of-int", "func(x: s64) -> s64"), &["ends in `int`", "(BIGINT)"]);
    refused(&eval("twice-of-timestamp", "func(x: timestamp-ltz) -> s64"), &["ends in `timestamp`"]);
}

#[test]
fn a_refused_interface_leaves_its_siblings_alone() {
    let component = read(&format!("{}\n{}", eval("good", "func() -> s32"), eval("bad", "func() -> u32")));
    assert_eq!((component.functions.len(), component.refused.len()), (1, 1));
    assert_eq!(component.refused[0].interface, "test:functions/bad@1.0.0");
}

#[test]
fn a_function_outside_any_interface_is_refused() {
    let bytes = crate::component_with(crate::TYPES, "export loose: func() -> s32;", "");
    let component = streamfn::contract::read(&bytes).expect("a component");
    assert_eq!(component.refused[0].interface, "loose");
    assert!(component.refused[0].reason.contains("outside any interface"));
}
