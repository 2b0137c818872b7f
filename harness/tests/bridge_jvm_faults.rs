//! What a guest does wrong on the JVM: the same kind of fault as on the bridge here, in the same words, and the next call
//! works. Needs a Java 17 and what `make` builds in `target/jvm`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "support/calls.rs"]
mod calls;
#[path = "support/component.rs"]
mod component;
#[path = "support/faulty.rs"]
mod faulty;
#[path = "support/jvm.rs"]
mod jvm;

use std::time::Duration;

use calls::{Calls, Made, Wanted, text};
use component::{describe, encode, function};
use faulty::{
    AROUND_WIT, LIES, LIES_WIT, RECURSIONS, TRAPS, TRAPS_WIT, around, computing, edges, instructions, lies, traps, two,
};
use streamfn::contract::{Component, WitFunction, WitType};
use streamfn::host::{CallError, Instance, Limits, Program};
use streamfn_model::Value;

const LIMIT: Duration = Duration::from_millis(200);

fn limits() -> Limits {
    Limits { time: LIMIT, ..Limits::default() }
}

/// One component on both bridges: each call is made here at once, and later on the JVM.
struct Both {
    bytes: Vec<u8>,
    component: Component,
    program: Program,
    instance: Instance,
    limits: Limits,
    calls: Vec<(String, Vec<String>, Wanted)>,
}

impl Both {
    fn new(wit: &str, wat: &str, limits: Limits) -> Both {
        let bytes = encode(wit, wat);
        let program = component::program(&bytes, limits).unwrap();
        let instance = program.instance();
        let component = describe(&bytes);
        Both { bytes, component, program, instance, limits, calls: Vec::new() }
    }

    fn signature(&self, name: &str) -> WitFunction {
        self.component.interfaces["t:t/i"][name].clone()
    }

    /// The call here; on the JVM it has to end the same way. `more` are further words of the message there.
    fn call(&mut self, name: &str, args: &[Value], more: &str) -> Result<Value, CallError> {
        let outcome = self.instance.call(function(&self.program, name), args);
        let result = self.signature(name).result.unwrap_or(WitType::Tuple(vec![]));
        let wanted = match &outcome {
            // What a function without a result gives has no value there.
            Ok(Value::Record(fields)) if fields.is_empty() => Wanted::Answer("none".to_owned()),
            outcome => Wanted::same(&result, outcome).and(more),
        };
        self.wants(name, args, wanted);
        outcome
    }

    /// A call on the JVM alone.
    fn wants(&mut self, name: &str, args: &[Value], wanted: Wanted) {
        let params = self.signature(name).params;
        let args = params.iter().zip(args).map(|((_, ty), arg)| text(ty, arg)).collect();
        self.wants_texts(name, args, wanted);
    }

    fn wants_texts(&mut self, name: &str, args: Vec<String>, wanted: Wanted) {
        self.calls.push((name.to_owned(), args, wanted));
    }

    fn add(self, calls: &mut Calls, options: &str) {
        let made = self.calls.into_iter().collect::<Vec<_>>();
        let made = made.iter().map(|(name, args, wanted)| (name.as_str(), args.clone(), wanted.clone())).collect();
        calls.add(&self.bytes, &self.program, &self.limits, options, made);
    }

    fn check(self) -> Vec<Made> {
        self.check_with("", &[])
    }

    fn check_with(self, options: &str, jvm: &[&'static str]) -> Vec<Made> {
        let mut calls = Calls::new();
        calls.options = jvm.to_vec();
        self.add(&mut calls, options);
        let made = calls.check();
        assert!(made.iter().all(|made| !made.interrupted), "no flag is left: {made:?}");
        made
    }
}

#[test]
fn a_trap_has_the_same_kind_and_words_and_the_next_call_has_a_fresh_instance() {
    let mut both = Both::new(TRAPS_WIT, TRAPS, limits());
    for (name, args, wanted) in traps() {
        assert_eq!(both.call("count", &[], ""), Ok(Value::U32(1)), "before {name}");
        let outcome = both.call(name, &args, "");
        assert!(matches!(outcome, Err(CallError::Trap { kind, .. }) if kind == wanted), "{name}: {outcome:?}");
    }
    assert_eq!(both.call("count", &[], ""), Ok(Value::U32(1)));
    assert_eq!(both.call("count", &[], ""), Ok(Value::U32(2)));
    both.check();
}

#[test]
fn an_endless_loop_ends_at_the_time_limit_and_not_100_ms_later() {
    for millis in [10, 200] {
        let limits = Limits { time: Duration::from_millis(millis), ..Limits::default() };
        let mut both = Both::new(TRAPS_WIT, TRAPS, limits);
        for _ in 0..5 {
            both.call("spin", &[], "").unwrap_err();
            both.call("count", &[], "").unwrap();
        }
        let made = both.check();
        let times: Vec<Duration> = made.iter().step_by(2).map(|made| made.took).collect();
        assert!(times.iter().all(|took| *took >= limits.time), "{times:?}");
        // A busy machine can be late by more, but not each time.
        assert!(times.iter().any(|took| *took < limits.time + Duration::from_millis(100)), "{times:?}");
    }
}

#[test]
fn calls_that_end_about_when_the_limit_does_leave_no_interrupt_behind() {
    let limits = Limits { time: Duration::from_millis(10), ..Limits::default() };
    let mut calls = Calls::new();
    Both::new(TRAPS_WIT, TRAPS, limits).add(&mut calls, "");
    let told = jvm::run(&[], "streamfn.pack.Near", &[calls.directory.path()]);
    let [_, in_time, _, late, _, stray] = told.split_whitespace().collect::<Vec<_>>()[..] else { panic!("{told}") };
    let [in_time, late, stray] = [in_time, late, stray].map(|count| count.parse::<u32>().unwrap());
    assert_eq!(stray, 0, "{told}");
    assert!(in_time > 10 && late > 10, "both outcomes: {told}");
}

#[test]
fn an_interrupt_of_the_hosts_own_ends_a_call_and_stays_for_the_host_to_see() {
    let wanted = || Wanted::Fault("interrupted".to_owned(), vec!["the thread was asked to stop".to_owned()]);
    for after in [0, 50] {
        let mut both = Both::new(TRAPS_WIT, TRAPS, Limits { time: Duration::from_secs(10), ..limits() });
        both.wants("spin", &[], wanted());
        both.wants("spin", &[], wanted());
        let mut calls = Calls::new();
        both.add(&mut calls, &format!("(interrupt {after})"));
        for made in calls.check() {
            assert!(made.interrupted, "{made:?}");
            assert!(made.took < Duration::from_secs(5), "{made:?}");
        }
    }
}

#[test]
fn endless_recursion_ends_at_the_stack_limit_on_threads_of_every_size() {
    let mut calls = Calls::new();
    for stack in [256 << 10, 1 << 20, 2 << 20] {
        let mut both = Both::new(TRAPS_WIT, TRAPS, limits());
        for name in RECURSIONS.repeat(3) {
            let outcome = both.call(name, &[Value::U32(0)], "the thread's stack (-Xss)");
            assert!(matches!(outcome, Err(CallError::StackLimit { .. })), "{name}: {outcome:?}");
            both.call("count", &[], "").unwrap();
        }
        both.add(&mut calls, &format!("(stack {stack})"));
    }
    calls.check();
}

#[test]
fn memory_growth_ends_at_the_memory_limit() {
    let mut both = Both::new(TRAPS_WIT, TRAPS, Limits { time: Duration::from_secs(5), ..limits() });
    for name in ["grow", "grow-table"] {
        let outcome = both.call(name, &[], "wanted more than 67108864 bytes");
        assert_eq!(outcome, Err(CallError::MemoryLimit { limit: Limits::default().memory }), "{name}");
        both.call("count", &[], "").unwrap();
    }
    // Denied and done without, it is no reason for a trap later.
    both.call("grow-and-go-on", &[], "").unwrap();
    both.call("unreachable", &[], "").unwrap_err();
    both.check();

    // What the component itself declares may be less than the limit, and is then what is named.
    let declared = TRAPS.replace("(memory (export \"memory\") 1)", "(memory (export \"memory\") 1 32)");
    let mut both = Both::new(TRAPS_WIT, &declared, limits());
    assert_eq!(both.call("grow", &[], ""), Err(CallError::MemoryLimit { limit: 2 << 20 }));
    both.call("count", &[], "").unwrap();
    both.check();
}

#[test]
fn a_heap_smaller_than_the_memory_limit_is_a_memory_limit_too() {
    let mut both = Both::new(TRAPS_WIT, TRAPS, Limits { time: Duration::from_secs(5), ..limits() });
    for _ in 0..3 {
        both.wants("grow", &[], Wanted::Fault("memory-limit".to_owned(), vec!["-Xmx".to_owned()]));
        both.wants("count", &[], Wanted::Answer("(long 1)".to_owned()));
    }
    both.check_with("", &["-Xmx32m"]);
}

#[test]
fn the_time_limit_holds_after_the_heap_was_full() {
    let mut both = Both::new(TRAPS_WIT, TRAPS, Limits { time: Duration::from_secs(2), ..limits() });
    for _ in 0..5 {
        both.wants("grow", &[], Wanted::Fault("memory-limit".to_owned(), vec!["-Xmx".to_owned()]));
    }
    both.call("spin", &[], "").unwrap_err();
    both.check_with("", &["-Xmx20m"]);
}

#[test]
fn start_realloc_and_post_return_are_under_the_same_limits() {
    let recursion = "call $around";
    let mut calls = Calls::new();
    for name in ["start", "realloc", "post-return"] {
        for body in ["(loop (br 0))", "unreachable", recursion] {
            let wat = around(name, body);
            let wat = match name {
                "realloc" => wat.replace("(func (export \"cabi_realloc\")", "(func $around (export \"cabi_realloc\")"),
                "start" => wat.replace("(func (export \"_initialize\")", "(func $around (export \"_initialize\")"),
                _ => wat.replace("(func (export \"cabi_post", "(func $around (export \"cabi_post"),
            };
            let wat = match name {
                "realloc" => wat
                    .replace(recursion, "(call $around (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)) drop"),
                "post-return" => wat.replace(recursion, "(call $around (i32.const 0))"),
                _ => wat,
            };
            let mut both = Both::new(AROUND_WIT, &wat, limits());
            for _ in 0..2 {
                both.call("len", &[Value::from("text")], "").unwrap_err();
            }
            both.add(&mut calls, "");
        }
    }
    calls.check();
}

#[test]
fn a_result_that_lies_is_a_contract_error_and_the_next_call_works() {
    for heap in ["-Xmx256m", "-Xmx64m"] {
        let mut both = Both::new(LIES_WIT, LIES, limits());
        for (name, args, wanted) in lies() {
            let outcome = both.call(name, &args, wanted);
            assert!(matches!(outcome, Err(CallError::Contract(_))), "{name}: {outcome:?}");
            assert_eq!(both.call("text", &two(64, 5), ""), Ok(Value::from("hello")), "after {name}");
        }
        for heap in [65536, 65534, u32::MAX] {
            both.call("lie-heap", &[Value::U32(heap)], "").unwrap();
            both.call("length", &[Value::from("hello")], "realloc").unwrap_err();
            both.call("length", &[Value::from("hello")], "").unwrap();
        }
        both.check_with("", &[heap]);
    }
}

#[test]
fn what_is_odd_but_allowed_is_read_the_same() {
    let mut both = Both::new(LIES_WIT, LIES, limits());
    both.call("flag", &[Value::U32(256)], "").unwrap();
    both.call("flag", &[Value::U32(0)], "").unwrap();
    both.call("bytes", &two(65536, 0), "").unwrap();
    for bits in [0xffff_ffff, 0x7f80_0001, 0x7fc0_0000, 0x7f80_0000] {
        both.call("nan32", &[Value::U32(bits)], "").unwrap();
        both.call("bits32", &[Value::F32(f32::from_bits(bits))], "").unwrap();
    }
    for bits in [u64::MAX, 0x7ff0_0000_0000_0001, 0x7ff8_0000_0000_0000, 0xfff0_0000_0000_0000, 1 << 63] {
        both.call("nan64", &[Value::U64(bits)], "").unwrap();
        both.call("bits64", &[Value::F64(f64::from_bits(bits))], "").unwrap();
    }
    assert_eq!(both.call("bits32", &[Value::F32(f32::from_bits(0xffc0_0001))], ""), Ok(Value::U32(0x7fc0_0000)));
    both.check();
}

#[test]
fn a_result_beyond_the_result_limit_is_not_read() {
    let mut both = Both::new(LIES_WIT, LIES, Limits { result: 1000, ..limits() });
    both.call("bytes", &two(0, 1000), "").unwrap();
    for (name, args) in [("bytes", two(0, 1001)), ("text", two(0, 1001)), ("numbers", two(0, 1000))] {
        assert_eq!(both.call(name, &args, ""), Err(CallError::ResultLimit { limit: 1000 }), "{name}");
        both.call("bytes", &two(0, 1000), "").unwrap();
    }
    both.check();
}

#[test]
fn half_a_surrogate_pair_refuses_the_row_and_what_was_passed_before_it_does_not_pile_up() {
    let refused = || Wanted::Fault("refused".to_owned(), vec!["half of a surrogate pair".to_owned()]);
    let long = |value: u32| Wanted::Answer(format!("(long {value})"));
    let mut both = Both::new(LIES_WIT, LIES, limits());
    both.wants("lie-heap", &[Value::U32(2048)], Wanted::Answer("none".to_owned()));
    for half in ["d800", "0061dfff", "dfffd800", "d83d0061"] {
        both.wants_texts("length", vec![format!("(units {half})")], refused());
        // The instance is the same one.
        both.wants("heap", &[], long(2048));
    }
    both.wants_texts("length", vec!["(units d83dde00)".to_owned()], long(4));
    both.wants_texts("lengths", vec!["(text \"a\")".to_owned(), "(units d800)".to_owned()], refused());
    // The first argument was in its memory already, and nothing would ever have freed it.
    both.wants("heap", &[], long(1024));
    both.check();
}

#[test]
fn every_instruction_makes_the_same_bits_those_of_nan_too() {
    let (wit, wat) = computing();
    let mut both = Both::new(&wit, &wat, limits());
    let edges = edges();
    let instructions = instructions();
    for (index, (instruction, operands, _)) in instructions.iter().enumerate() {
        for (at, a) in edges.iter().enumerate() {
            // With itself and some others; for one operand one call is enough.
            for step in [0, 1, 5, 17][..if operands.len() == 2 { 4 } else { 1 }].iter() {
                let b = edges[(at + step) % edges.len()];
                let outcome = both.call(&format!("op{index}"), &[Value::U64(*a), Value::U64(b)], "");
                let ended = matches!(outcome, Ok(_) | Err(CallError::Trap { .. }));
                assert!(ended, "{instruction} of {a:#x} and {b:#x}: {outcome:?}");
            }
        }
    }
    assert!(both.calls.len() > 10_000);
    both.check();
}
