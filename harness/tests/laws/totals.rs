//! A sum over BIGINT with its rows counted, in WAT: right as it is, and each of its functions can be another.

use crate::component::encode;

/// The bodies of an aggregate with the state `record { sum: s64, rows: s64 }`. In scope are `$sum`, `$rows` and `$x`, of
/// `merge` `$sum`, `$rows`, `$sum2` and `$rows2`; `$state` makes a state of two numbers, `$calls` is a global.
pub struct Totals {
    pub accumulate: &'static str,
    pub retract: Option<&'static str>,
    pub merge: Option<&'static str>,
    pub value: &'static str,
}

pub const ACCUMULATE: &str =
    "(call $state (i64.add (local.get $sum) (local.get $x)) (i64.add (local.get $rows) (i64.const 1)))";
pub const RETRACT: &str =
    "(call $state (i64.sub (local.get $sum) (local.get $x)) (i64.sub (local.get $rows) (i64.const 1)))";
pub const MERGE: &str =
    "(call $state (i64.add (local.get $sum) (local.get $sum2)) (i64.add (local.get $rows) (local.get $rows2)))";

pub const RIGHT: Totals =
    Totals { accumulate: ACCUMULATE, retract: Some(RETRACT), merge: Some(MERGE), value: "(local.get $sum)" };

impl Totals {
    pub fn component(&self) -> Vec<u8> {
        let optional = |has: bool, text: &str| if has { text.to_owned() } else { String::new() };
        let wit = format!(
            "package t:t;
            interface total {{
              record state {{ sum: s64, rows: s64 }}
              create: func() -> state;
              accumulate: func(state: state, x: s64) -> state;
              {} {}
              value: func(state: state) -> s64;
            }}
            world test {{ export total; }}",
            optional(self.retract.is_some(), "retract: func(state: state, x: s64) -> state;"),
            optional(self.merge.is_some(), "merge: func(a: state, b: state) -> state;"),
        );
        let row = "(param $sum i64) (param $rows i64) (param $x i64) (result i32)";
        let function = |name: &str, signature: &str, body: &str| {
            format!("(func (export \"t:t/total#{name}\") {signature} {body})\n")
        };
        let functions = [
            function("create", "(result i32)", "(call $state (i64.const 0) (i64.const 0))"),
            function("accumulate", row, self.accumulate),
            self.retract.map_or(String::new(), |body| function("retract", row, body)),
            self.merge.map_or(String::new(), |body| {
                let two = "(param $sum i64) (param $rows i64) (param $sum2 i64) (param $rows2 i64) (result i32)";
                function("merge", two, body)
            }),
            function("value", "(param $sum i64) (param $rows i64) (result i64)", self.value),
        ];
        let wat = format!(
            "(module (memory (export \"memory\") 1)
              (global $calls (mut i64) (i64.const 0))
              (func $called (global.set $calls (i64.add (global.get $calls) (i64.const 1))))
              (func $state (param i64 i64) (result i32)
                (i64.store (i32.const 16) (local.get 0)) (i64.store (i32.const 24) (local.get 1)) (i32.const 16))
              {})",
            functions.concat()
        );
        encode(&wit, &wat)
    }
}
