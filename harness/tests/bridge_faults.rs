//! What a guest does wrong, what the caller is told, and that the next call works.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "support/component.rs"]
mod component;
#[path = "support/faulty.rs"]
mod faulty;

use std::thread;
use std::time::{Duration, Instant};

use component::{function, load};
use faulty::{AROUND_WIT, LIES, LIES_WIT, TRAPS, TRAPS_WIT, around, lies, traps, two};
use streamfn::host::{CallError, Limits, TrapKind};
use streamfn_model::Value;

fn limits() -> Limits {
    Limits { time: Duration::from_millis(200), ..Limits::default() }
}

#[test]
fn a_trap_has_its_kind_and_the_next_call_has_a_fresh_instance() {
    let (program, mut instance) = load(TRAPS_WIT, TRAPS, limits());
    let count = function(&program, "count");
    for (name, args, wanted) in traps() {
        assert_eq!(instance.call(count, &[]), Ok(Value::U32(1)), "before {name}");
        match instance.call(function(&program, name), &args) {
            Err(CallError::Trap { kind, .. }) => assert_eq!(kind, wanted, "{name}"),
            other => panic!("{name}: {other:?}"),
        }
    }
    assert_eq!(instance.call(count, &[]), Ok(Value::U32(1)));
    assert_eq!(instance.call(count, &[]), Ok(Value::U32(2)));
    let trap = instance.call(function(&program, "unreachable"), &[]).unwrap_err().to_string();
    assert_eq!(trap, "trap: unreachable code was reached (in Rust: a panic) in `boom`");
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

#[test]
fn start_realloc_and_post_return_are_under_the_same_limits() {
    let limit = limits().time;
    for name in ["start", "realloc", "post-return"] {
        for (body, wanted) in [
            ("(loop (br 0))", CallError::TimeLimit { limit }),
            ("unreachable", CallError::Trap { kind: TrapKind::Unreachable, place: None }),
        ] {
            let (program, mut instance) = load(AROUND_WIT, &around(name, body), limits());
            let len = function(&program, "len");
            for _ in 0..2 {
                assert_eq!(instance.call(len, &[Value::from("text")]), Err(wanted.clone()), "{name}: {body}");
            }
        }
    }
}

#[test]
fn a_result_that_lies_is_a_contract_error_and_the_next_call_works() {
    let (program, mut instance) = load(LIES_WIT, LIES, limits());
    let text = function(&program, "text");
    for (name, args, wanted) in lies() {
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
    let nan = instance.call(function(&program, "nan64"), &[Value::U64(u64::MAX)]);
    assert_eq!(nan, Ok(Value::F64(f64::from_bits(0x7ff8_0000_0000_0000))));
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
fn a_place_for_results_takes_any_result_whatever_it_held() {
    let (program, mut instance) = load(LIES_WIT, LIES, limits());
    let calls = [
        ("text", two(64, 5)),
        ("text", two(64, 2)),
        ("bytes", two(64, 6)),
        ("numbers", two(64, 3)),
        ("numbers", two(64, 1)),
        ("choice", two(1, 9)),
        ("at", vec![Value::U32(64)]),
        ("numbers", two(64, 2)),
        ("at", vec![Value::U32(72)]),
        ("choice", two(0, 0)),
        ("lie-heap", vec![Value::U32(64)]),
        ("at", vec![Value::U32(80)]),
    ];
    let mut place = Value::Null;
    for (name, args) in calls {
        let wanted = instance.call(function(&program, name), &args).unwrap();
        instance.call_into(function(&program, name), &args, &mut place).unwrap();
        assert_eq!(place, wanted, "{name}");
    }
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
