//! Guests that do wrong, and what a host has to say to each: the same words on every host.

#![allow(dead_code, reason = "each test uses a part of this")]

use streamfn::host::TrapKind;
use streamfn_model::Value;

pub const TRAPS: &str = r#"(module
  (type $void (func))
  (type $number (func (result i32)))
  (type $deeper (func (param i32) (result i32)))
  (table 4 funcref)
  (memory (export "memory") 1)
  (global $calls (mut i32) (i32.const 0))
  (func $number (result i32) (i32.const 7))
  (elem (i32.const 0) func $number)
  (elem (i32.const 2) func $indirect)
  (func (export "t:t/i#count") (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1))) (global.get $calls))
  (func $boom (export "t:t/i#unreachable") unreachable)
  (func (export "t:t/i#divide") (param i32) (result i32) (i32.div_s (i32.const -2147483648) (local.get 0)))
  (func (export "t:t/i#convert") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
  (func (export "t:t/i#read") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "t:t/i#indirect") (param i32) (call_indirect (type $void) (local.get 0)))
  (func (export "t:t/i#spin") (loop (br 0)))
  (func (export "t:t/i#work") (param i32) (result i32) (local i32)
    (loop
      (local.set 1 (i32.add (i32.mul (local.get 1) (i32.const 31)) (local.get 0)))
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br_if 0 (local.get 0)))
    (local.get 1))
  (func $indirect (export "t:t/i#recurse-indirect") (param i32) (result i32)
    (i32.add (i32.const 1) (call_indirect (type $deeper) (i32.add (local.get 0) (i32.const 1)) (i32.const 2))))
  (func $recurse (export "t:t/i#recurse") (param i32) (result i32)
    (i32.add (i32.const 1) (call $recurse (i32.add (local.get 0) (i32.const 1)))))
  ;; The host's own code runs at the far end of the stack.
  (func $host (export "t:t/i#recurse-and-grow") (param i32) (result i32)
    (drop (memory.grow (i32.const 0)))
    (i32.add (i32.const 1) (call $host (i32.add (local.get 0) (i32.const 1)))))
  (func (export "t:t/i#grow")
    (loop (br_if 0 (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
    unreachable)
  (func (export "t:t/i#grow-table")
    (loop (br_if 0 (i32.ne (table.grow (ref.null func) (i32.const 2000000)) (i32.const -1))))
    unreachable)
  (func (export "t:t/i#grow-and-go-on") (result i32) (memory.grow (i32.const 65536)))
)"#;

pub const TRAPS_WIT: &str = "package t:t;
interface i {
  count: func() -> u32; unreachable: func(); divide: func(by: s32) -> s32; convert: func(f: f64) -> s32;
  read: func(at: u32) -> u32; indirect: func(index: u32); spin: func(); work: func(rounds: u32) -> u32; recurse: func(depth: u32) -> u32;
  recurse-indirect: func(depth: u32) -> u32; recurse-and-grow: func(depth: u32) -> u32;
  grow: func(); grow-table: func(); grow-and-go-on: func() -> s32;
}
world test { export i; }";

/// Calls that trap.
pub fn traps() -> Vec<(&'static str, Vec<Value>, TrapKind)> {
    vec![
        ("unreachable", vec![], TrapKind::Unreachable),
        ("divide", vec![Value::S32(0)], TrapKind::DivisionByZero),
        ("divide", vec![Value::S32(-1)], TrapKind::IntegerOverflow),
        ("convert", vec![Value::F64(1e99)], TrapKind::IntegerOverflow),
        ("convert", vec![Value::F64(f64::NAN)], TrapKind::BadConversion),
        ("read", vec![Value::U32(65533)], TrapKind::MemoryOutOfBounds),
        ("read", vec![Value::U32(u32::MAX)], TrapKind::MemoryOutOfBounds),
        ("indirect", vec![Value::U32(0)], TrapKind::IndirectCallType),
        ("indirect", vec![Value::U32(1)], TrapKind::IndirectCallToNull),
        ("indirect", vec![Value::U32(4)], TrapKind::TableOutOfBounds),
        ("indirect", vec![Value::U32(u32::MAX)], TrapKind::TableOutOfBounds),
    ]
}

/// What recurses without end, in each way a call can be made.
pub const RECURSIONS: [&str; 3] = ["recurse", "recurse-indirect", "recurse-and-grow"];

pub const AROUND_WIT: &str = "package t:t; interface i { len: func(s: string) -> string; } world test { export i; }";

/// A module of which one part (`start`, `realloc` or `post-return`) has another body than usual.
pub fn around(name: &str, body: &str) -> String {
    let part = |part: &str| if part == name { body } else { "" };
    format!(
        r#"(module (memory (export "memory") 1)
          (func (export "_initialize") {})
          (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) {} i32.const 1024)
          (func (export "t:t/i#len") (param i32 i32) (result i32) i32.const 64)
          (func (export "cabi_post_t:t/i#len") (param i32) {}))"#,
        part("start"),
        part("realloc"),
        part("post-return")
    )
}

pub const LIES: &str = r#"(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (global.get $heap))
  (global $heap (mut i32) (i32.const 1024))
  (func (export "t:t/i#lie-heap") (param i32) (global.set $heap (local.get 0)))
  ;; Every result is what the caller asks for: a return area with these two words in it, or a bare pointer.
  (func $area (param i32 i32) (result i32)
    (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1)) (i32.const 16))
  (func (export "t:t/i#text") (param i32 i32) (result i32) (call $area (local.get 0) (local.get 1)))
  (func (export "t:t/i#numbers") (param i32 i32) (result i32) (call $area (local.get 0) (local.get 1)))
  (func (export "t:t/i#bytes") (param i32 i32) (result i32) (call $area (local.get 0) (local.get 1)))
  (func (export "t:t/i#at") (param i32) (result i32) (local.get 0))
  (func (export "t:t/i#colour") (param i32) (result i32) (local.get 0))
  (func (export "t:t/i#letter") (param i32) (result i32) (local.get 0))
  (func (export "t:t/i#choice") (param i32 i32) (result i32) (call $area (local.get 0) (local.get 1)))
  (func (export "t:t/i#length") (param i32 i32) (result i32) (local.get 1))
  (func (export "t:t/i#flag") (param i32) (result i32) (local.get 0))
  (func (export "t:t/i#nan32") (param i32) (result f32) (f32.reinterpret_i32 (local.get 0)))
  (func (export "t:t/i#nan64") (param i64) (result f64) (f64.reinterpret_i64 (local.get 0)))
  (func (export "t:t/i#bits32") (param f32) (result i32) (i32.reinterpret_f32 (local.get 0)))
  (func (export "t:t/i#bits64") (param f64) (result i64) (i64.reinterpret_f64 (local.get 0)))
  (func (export "t:t/i#heap") (result i32) (global.get $heap))
  (func (export "t:t/i#lengths") (param i32 i32 i32 i32) (result i32) (i32.add (local.get 1) (local.get 3)))
  (data (i32.const 64) "hello\ff")
)"#;

pub const LIES_WIT: &str = "package t:t;
interface i {
  enum colours { red, green }
  variant choices { none, number(u32), other(char) }
  lie-heap: func(at: u32);
  text: func(at: u32, len: u32) -> string; numbers: func(at: u32, len: u32) -> list<u64>;
  bytes: func(at: u32, len: u32) -> list<u8>; at: func(at: u32) -> tuple<u64, u64>;
  colour: func(is: u32) -> colours; letter: func(is: u32) -> char; choice: func(is: u32, payload: u32) -> choices;
  length: func(text: string) -> u32; flag: func(is: u32) -> bool; nan32: func(bits: u32) -> f32;
  nan64: func(bits: u64) -> f64; bits32: func(number: f32) -> u32; bits64: func(number: f64) -> u64;
  heap: func() -> u32; lengths: func(a: string, b: string) -> u32;
}
world test { export i; }";

/// What floats are computed with: `NAME(a, b)` gives the bits of the result, for a function of one number that of `a`.
pub const FLOAT_OPERATIONS: [&str; 14] =
    ["add", "sub", "mul", "div", "min", "max", "copysign", "sqrt", "ceil", "floor", "trunc", "nearest", "neg", "abs"];

/// A module whose functions show the bits of each operation on bits: `f64-add`, `f32-sqrt`, `f32-demote`, `f64-promote`.
pub fn floats() -> (String, String) {
    let (mut wit, mut wat) = ("package t:t; interface i {".to_owned(), "(module".to_owned());
    let mut add = |name: &str, bits: u32, operation: &str, result: u32| {
        wit += &format!("{name}: func(a: u{bits}, b: u{bits}) -> u{result};");
        let number = |local: u32| format!("(f{bits}.reinterpret_i{bits} (local.get {local}))");
        let operands = if FLOAT_OPERATIONS[..7].iter().any(|two| operation.ends_with(&format!(".{two}"))) {
            number(0) + &number(1)
        } else {
            number(0)
        };
        wat += &format!(
            r#"(func (export "t:t/i#{name}") (param i{bits} i{bits}) (result i{result})
              (i{result}.reinterpret_f{result} ({operation} {operands})))"#
        );
    };
    for bits in [32, 64] {
        for name in FLOAT_OPERATIONS {
            add(&format!("f{bits}-{name}"), bits, &format!("f{bits}.{name}"), bits);
        }
    }
    add("f64-promote", 32, "f64.promote_f32", 64);
    add("f32-demote", 64, "f32.demote_f64", 32);
    (wit + "} world test { export i; }", wat + ")")
}

pub fn two(a: u32, b: u32) -> Vec<Value> {
    vec![Value::U32(a), Value::U32(b)]
}

/// Calls whose result cannot be, and what is said of it.
pub fn lies() -> Vec<(&'static str, Vec<Value>, &'static str)> {
    vec![
        ("text", two(65536, 1), "found 1 bytes at 65536"),
        ("text", two(64, u32::MAX), "within 65536 bytes"),
        ("text", two(u32::MAX, u32::MAX), "within 65536 bytes"),
        ("text", two(64, 6), "UTF-8"),
        ("bytes", two(65530, 7), "within 65536 bytes"),
        ("numbers", two(65, 1), "multiple of 8"),
        ("numbers", two(64, 1 << 31), "17179869184 bytes at 64"),
        ("numbers", two(0, u32::MAX), "within 65536 bytes"),
        ("at", vec![Value::U32(4)], "multiple of 8"),
        ("at", vec![Value::U32(65528)], "16 bytes at 65528"),
        ("at", vec![Value::U32(u32::MAX - 7)], "within 65536 bytes"),
        ("colour", vec![Value::U32(2)], "one of 2 cases, found case 2"),
        ("colour", vec![Value::U32(256)], "found case 256"),
        ("choice", two(3, 0), "one of 3 cases"),
        ("choice", two(2, 0xd800), "Unicode scalar value, found 0xd800"),
        ("letter", vec![Value::U32(0x11_0000)], "Unicode scalar value"),
    ]
}
