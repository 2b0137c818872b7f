//! What a guest does wrong, what the caller is told, and that the next call works.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "support/component.rs"]
mod component;

use std::thread;
use std::time::{Duration, Instant};

use component::{function, load};
use streamfn::host::{CallError, Limits, TrapKind};
use streamfn_model::Value;

const TRAPS: &str = r#"(module
  (type $void (func))
  (type $number (func (result i32)))
  (table 3 funcref)
  (memory (export "memory") 1)
  (global $calls (mut i32) (i32.const 0))
  (func $number (result i32) (i32.const 7))
  (elem (i32.const 0) func $number)
  (func (export "t:t/i#count") (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1))) (global.get $calls))
  (func (export "t:t/i#unreachable") unreachable)
  (func (export "t:t/i#divide") (param i32) (result i32) (i32.div_s (i32.const -2147483648) (local.get 0)))
  (func (export "t:t/i#convert") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
  (func (export "t:t/i#read") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "t:t/i#indirect") (param i32) (call_indirect (type $void) (local.get 0)))
  (func (export "t:t/i#spin") (loop (br 0)))
  (func $recurse (export "t:t/i#recurse") (param i32) (result i32)
    (i32.add (i32.const 1) (call $recurse (i32.add (local.get 0) (i32.const 1)))))
  ;; The host's own code runs at the far end of the stack.
  (func $host (export "t:t/i#recurse-and-grow") (param i32) (result i32)
    (drop (memory.grow (i32.const 0)))
    (i32.add (i32.const 1) (call $host (i32.add (local.get 0) (i32.const 1)))))
  (func (export "t:t/i#grow")
    (loop (br_if 0 (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
    unreachable)
  (func (export "t:t/i#grow-and-go-on") (result i32) (memory.grow (i32.const 65536)))
)"#;

const TRAPS_WIT: &str = "package t:t;
interface i {
  count: func() -> u32; unreachable: func(); divide: func(by: s32) -> s32; convert: func(f: f64) -> s32;
  read: func(at: u32) -> u32; indirect: func(index: u32); spin: func(); recurse: func(depth: u32) -> u32;
  recurse-and-grow: func(depth: u32) -> u32;
  grow: func(); grow-and-go-on: func() -> s32;
}
world test { export i; }";

fn limits() -> Limits {
    Limits { time: Duration::from_millis(200), ..Limits::default() }
}

#[test]
fn a_trap_has_its_kind_and_the_next_call_has_a_fresh_instance() {
    let (program, mut instance) = load(TRAPS_WIT, TRAPS, limits());
    let cases = [
        ("unreachable", vec![], TrapKind::Unreachable),
        ("divide", vec![Value::S32(0)], TrapKind::DivisionByZero),
        ("divide", vec![Value::S32(-1)], TrapKind::IntegerOverflow),
        ("convert", vec![Value::F64(1e99)], TrapKind::IntegerOverflow),
        ("convert", vec![Value::F64(f64::NAN)], TrapKind::BadConversion),
        ("read", vec![Value::U32(65533)], TrapKind::MemoryOutOfBounds),
        ("read", vec![Value::U32(u32::MAX)], TrapKind::MemoryOutOfBounds),
        ("indirect", vec![Value::U32(0)], TrapKind::IndirectCallType),
        ("indirect", vec![Value::U32(1)], TrapKind::IndirectCallToNull),
        ("indirect", vec![Value::U32(3)], TrapKind::TableOutOfBounds),
    ];
    let count = function(&program, "count");
    for (name, args, wanted) in cases {
        assert_eq!(instance.call(count, &[]), Ok(Value::U32(1)), "before {name}");
        match instance.call(function(&program, name), &args) {
            Err(CallError::Trap { kind, .. }) => assert_eq!(kind, wanted, "{name}"),
            other => panic!("{name}: {other:?}"),
        }
    }
    assert_eq!(instance.call(count, &[]), Ok(Value::U32(1)));
    assert_eq!(instance.call(count, &[]), Ok(Value::U32(2)));
}

#[test]
fn an_endless_loop_ends_at_the_time_limit_and_not_100_ms_later() {
    let (program, mut instance) = load(TRAPS_WIT, TRAPS, limits());
    assert_eq!(instance.call(function(&program, "count"), &[]), Ok(Value::U32(1)));
    let start = Instant::now();
    let limit = limits().time;
    assert_eq!(instance.call(function(&program, "spin"), &[]), Err(CallError::TimeLimit { limit }));
    let took = start.elapsed();
    assert!(took >= limit && took < limit + Duration::from_millis(100), "{took:?}");
    assert_eq!(instance.call(function(&program, "count"), &[]), Ok(Value::U32(1)));
}

#[test]
fn endless_recursion_ends_at_the_stack_limit_even_on_small_threads() {
    for stack in [256 << 10, 1 << 20, 2 << 20] {
        // Compiling takes more stack than calling: it happens here, calls on the small thread.
        let (program, mut instance) = load(TRAPS_WIT, TRAPS, limits());
        let small = thread::Builder::new().stack_size(stack).spawn(move || {
            for _ in 0..3 {
                for name in ["recurse", "recurse-and-grow"] {
                    let outcome = instance.call(function(&program, name), &[Value::U32(0)]);
                    assert_eq!(outcome, Err(CallError::StackLimit { limit: Limits::default().stack }));
                }
                assert_eq!(instance.call(function(&program, "count"), &[]), Ok(Value::U32(1)));
            }
        });
        small.unwrap().join().unwrap();
    }
}

#[test]
fn memory_growth_ends_at_the_memory_limit() {
    let (program, mut instance) = load(TRAPS_WIT, TRAPS, limits());
    let limit = Limits::default().memory;
    assert_eq!(instance.call(function(&program, "grow"), &[]), Err(CallError::MemoryLimit { limit }));
    assert_eq!(instance.call(function(&program, "count"), &[]), Ok(Value::U32(1)));
}

#[test]
fn a_guest_that_copes_with_denied_memory_goes_on() {
    let (program, mut instance) = load(TRAPS_WIT, TRAPS, limits());
    assert_eq!(instance.call(function(&program, "grow-and-go-on"), &[]), Ok(Value::S32(-1)));
    // What was denied then is no reason for a trap now.
    let trap = instance.call(function(&program, "unreachable"), &[]);
    assert!(matches!(trap, Err(CallError::Trap { kind: TrapKind::Unreachable, .. })), "{trap:?}");
}

const LIES: &str = r#"(module
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
  (data (i32.const 64) "hello\ff")
)"#;

const LIES_WIT: &str = "package t:t;
interface i {
  enum colours { red, green }
  variant choices { none, number(u32), other(char) }
  lie-heap: func(at: u32);
  text: func(at: u32, len: u32) -> string; numbers: func(at: u32, len: u32) -> list<u64>;
  bytes: func(at: u32, len: u32) -> list<u8>; at: func(at: u32) -> tuple<u64, u64>;
  colour: func(is: u32) -> colours; letter: func(is: u32) -> char; choice: func(is: u32, payload: u32) -> choices;
  length: func(text: string) -> u32; flag: func(is: u32) -> bool; nan32: func(bits: u32) -> f32;
}
world test { export i; }";

#[test]
fn a_result_that_lies_is_a_contract_error_and_the_next_call_works() {
    let (program, mut instance) = load(LIES_WIT, LIES, limits());
    let two = |a: u32, b: u32| vec![Value::U32(a), Value::U32(b)];
    let text = function(&program, "text");
    let lies = [
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
    ];
    for (name, args, wanted) in lies {
        match instance.call(function(&program, name), &args) {
            Err(CallError::Contract(text)) => assert!(text.contains(wanted), "{name}: {text}"),
            other => panic!("{name} {args:?}: {other:?}"),
        }
        assert_eq!(instance.call(text, &two(64, 5)), Ok(Value::from("hello")), "after {name}");
    }
}

#[test]
fn memory_the_guest_offers_is_checked_before_it_is_written() {
    let (program, mut instance) = load(LIES_WIT, LIES, limits());
    let length = function(&program, "length");
    for heap in [65536, 65534, u32::MAX] {
        assert_eq!(instance.call(function(&program, "lie-heap"), &[Value::U32(heap)]), Ok(Value::Record(vec![])));
        let outcome = instance.call(length, &[Value::from("hello")]);
        assert!(matches!(&outcome, Err(CallError::Contract(text)) if text.contains("realloc")), "{outcome:?}");
        assert_eq!(instance.call(length, &[Value::from("hello")]), Ok(Value::U32(5)));
    }
}

#[test]
fn what_is_odd_but_allowed_is_read() {
    let (program, mut instance) = load(LIES_WIT, LIES, limits());
    assert_eq!(instance.call(function(&program, "flag"), &[Value::U32(256)]), Ok(Value::Bool(true)));
    assert_eq!(instance.call(function(&program, "flag"), &[Value::U32(0)]), Ok(Value::Bool(false)));
    let nan = instance.call(function(&program, "nan32"), &[Value::U32(0xffff_ffff)]);
    assert_eq!(nan, Ok(Value::F32(f32::from_bits(0x7fc0_0000))));
    assert_eq!(
        instance.call(function(&program, "bytes"), &[Value::U32(65536), Value::U32(0)]),
        Ok(Value::Bytes(vec![]))
    );
}

#[test]
fn a_result_beyond_the_result_limit_is_not_read() {
    let small = Limits { result: 1000, ..limits() };
    let (program, mut instance) = load(LIES_WIT, LIES, small);
    let bytes = function(&program, "bytes");
    assert!(instance.call(bytes, &[Value::U32(0), Value::U32(1000)]).is_ok());
    let outcome = instance.call(bytes, &[Value::U32(0), Value::U32(1001)]);
    assert_eq!(outcome, Err(CallError::ResultLimit { limit: 1000 }));
    let numbers = function(&program, "numbers");
    let outcome = instance.call(numbers, &[Value::U32(0), Value::U32(1000)]);
    assert_eq!(outcome, Err(CallError::ResultLimit { limit: 1000 }));
    assert!(instance.call(bytes, &[Value::U32(0), Value::U32(1000)]).is_ok());
}

#[test]
fn a_value_of_another_type_is_the_callers_mistake() {
    let (program, mut instance) = load(LIES_WIT, LIES, limits());
    let text = function(&program, "text");
    let mistakes = [
        (vec![], "wanted 2 arguments, found 0"),
        (vec![Value::U32(64), Value::S32(5)], "at position 1: wanted u32, found S32(5)"),
        (vec![Value::Null, Value::U32(5)], "at position 0: wanted u32, found null"),
    ];
    for (args, wanted) in mistakes {
        assert_eq!(instance.call(text, &args), Err(CallError::Argument(wanted.to_owned())));
    }
    assert_eq!(instance.call(text, &[Value::U32(64), Value::U32(5)]), Ok(Value::from("hello")));
}
