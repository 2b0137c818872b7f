//! Every value of every type goes through the bridge as it goes through wasmtime's component API.
//!
//! The guest is the mirror of `support/mirror.rs`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "support/component.rs"]
mod component;
#[path = "support/mirror.rs"]
mod mirror;
#[path = "support/wit_types.rs"]
mod wit_types;

use component::{function, load};
use mirror::{Mirror, draw, lying_image, pad, pad_type, runner, wat, wit};
use proptest::prelude::*;
use streamfn::contract::WitType;
use streamfn::host::{CallError, Limits};
use streamfn_model::Value;
use wasmtime::component::Val;
use wit_parser::abi::AbiVariant;
use wit_types::{any_type, any_value, to_val};

#[test]
fn arguments_of_any_types_reach_the_guest_as_from_the_component_api() {
    let mut runner = runner();
    let (mut flat, mut in_memory) = (0, 0);
    for _ in 0..300 {
        let types = draw(&mut runner, prop::collection::vec(any_type(), 1..8));
        let mirror = Mirror::new(types);
        let spilled = WitType::List(Box::new(WitType::U8));
        for _ in 0..4 {
            let args: Vec<_> = mirror.types.iter().map(|ty| draw(&mut runner, any_value(ty))).collect();
            mirror.same("spill", &args, &mirror.types, &spilled);
        }
        match core_params(&mirror.bytes) {
            true => in_memory += 1,
            false => flat += 1,
        }
    }
    assert!(flat > 20 && in_memory > 20, "both sides of 16 flat parameters: {flat} flat, {in_memory} in memory");
}

/// Whether `spill` takes a tuple in memory.
fn core_params(bytes: &[u8]) -> bool {
    let decoded = wit_component::decode(bytes).unwrap();
    let (_, interface) = decoded.resolve().interfaces.iter().find(|(_, i)| i.functions.contains_key("spill")).unwrap();
    decoded.resolve().wasm_signature(AbiVariant::GuestExport, &interface.functions["spill"]).indirect_params
}

#[test]
fn results_of_any_type_come_back_as_from_the_component_api() {
    let mut runner = runner();
    for _ in 0..300 {
        let ty = draw(&mut runner, any_type());
        let mirror = Mirror::new(vec![ty.clone()]);
        let pair = WitType::Tuple(vec![ty.clone(), pad_type()]);
        let mut instance = mirror.program.instance();
        let echo = function(&mirror.program, "echo");
        for _ in 0..4 {
            let args = vec![draw(&mut runner, any_value(&ty)), pad()];
            mirror.same("echo", &args, &[ty.clone(), pad_type()], &pair);
            assert_eq!(instance.call(echo, &args), Ok(Value::Record(args)), "{ty:?}");
        }
    }
}

#[test]
fn a_result_of_one_flat_value_comes_back_as_from_the_component_api() {
    let mut runner = runner();
    let mut tried = 0;
    for _ in 0..300 {
        let ty = draw(&mut runner, any_type());
        let refusable = matches!(&ty, WitType::Result { err: Some(err), .. } if **err == WitType::String);
        if refusable || wat(&wit(std::slice::from_ref(&ty))).contains("unreachable)") {
            continue;
        }
        tried += 1;
        let mirror = Mirror::new(vec![ty.clone()]);
        for _ in 0..4 {
            let arg = draw(&mut runner, any_value(&ty));
            mirror.same("same", std::slice::from_ref(&arg), std::slice::from_ref(&ty), &ty);
            assert_eq!(mirror.bridge("same", std::slice::from_ref(&arg)), Ok(arg), "{ty:?}");
        }
    }
    assert!(tried > 50, "{tried}");
}

#[test]
fn a_lie_in_a_result_is_seen_where_the_component_api_sees_it() {
    let mut runner = runner();
    let (mut read, mut refused) = (0, 0);
    for _ in 0..300 {
        let ty = draw(&mut runner, any_type());
        let mirror = Mirror::new(vec![ty.clone()]);
        let pair = WitType::Tuple(vec![ty.clone(), pad_type()]);
        for _ in 0..6 {
            let image = lying_image(&mut runner, &mirror, &ty);
            let val = Val::List(image.iter().map(|byte| Val::U8(*byte)).collect());
            match (mirror.bridge("claim", &[Value::Bytes(image)]), mirror.reference("claim", &[val])) {
                (Ok(found), Ok(wanted)) => {
                    assert_eq!(to_val(&pair, &found), wanted);
                    read += 1;
                }
                (Err(CallError::Contract(_)), Err(_)) => refused += 1,
                (found, wanted) => panic!("{ty:?}: the bridge says {found:?}, the component API {wanted:?}"),
            }
        }
    }
    assert!(read > 50 && refused > 50, "both outcomes: {read} read, {refused} refused");
}

#[test]
fn sixteen_flat_parameters_are_flat_and_seventeen_are_in_memory() {
    for count in [1, 15, 16, 17, 40] {
        let mirror = Mirror::new(vec![WitType::U8; count]);
        let args: Vec<_> = (0..count as u8).map(Value::U8).collect();
        mirror.same("spill", &args, &mirror.types, &WitType::List(Box::new(WitType::U8)));
        assert_eq!(core_params(&mirror.bytes), count > 16);
    }
}

#[test]
fn a_state_record_by_value_and_nullable_columns_go_in_and_come_out() {
    let state = WitType::Record(
        [("sum", WitType::F64), ("count", WitType::S64), ("seen", WitType::Bool)]
            .map(|(name, ty)| (name.to_owned(), ty))
            .to_vec(),
    );
    let nullable = |ty| WitType::Option(Box::new(ty));
    let types = vec![state, nullable(WitType::S64), nullable(WitType::F64), nullable(WitType::String)];
    let mirror = Mirror::new(types);
    let state = Value::Record(vec![Value::F64(0.5), Value::S64(-3), Value::Bool(true)]);
    for row in [[Value::S64(7), Value::Null, Value::from("a\u{1f600}")], [Value::Null, Value::F64(-0.0), Value::Null]] {
        let args = [vec![state.clone()], row.to_vec()].concat();
        mirror.same("spill", &args, &mirror.types, &WitType::List(Box::new(WitType::U8)));
    }
    assert_eq!(mirror.bridge("echo", &[state.clone(), pad()]), Ok(Value::Record(vec![state, pad()])));
}

#[test]
fn any_nan_arrives_as_the_canonical_one() {
    let mirror = Mirror::new(vec![WitType::Tuple(vec![WitType::F32, WitType::F64])]);
    let odd = Value::Record(vec![Value::F32(f32::from_bits(0xffff_ffff)), Value::F64(f64::from_bits(u64::MAX))]);
    let one = Value::Record(vec![Value::F32(f32::from_bits(0x7fc0_0000)), Value::F64(f64::from_bits(0x7ff8 << 48))]);
    assert_eq!(mirror.bridge("spill", std::slice::from_ref(&odd)), mirror.bridge("spill", std::slice::from_ref(&one)));
    assert_eq!(mirror.bridge("echo", &[odd, pad()]), Ok(Value::Record(vec![one, pad()])));
}

const REFUSALS: &str = r#"(module
  (memory (export "memory") 1)
  (global $freed (mut i32) (i32.const 0))
  (data (i32.const 64) "too much")
  (func (export "t:t/i#half") (param i32) (result i32)
    (if (i32.and (local.get 0) (i32.const 1))
      (then (i32.store8 (i32.const 16) (i32.const 1))
            (i32.store (i32.const 20) (i32.const 64)) (i32.store (i32.const 24) (i32.const 8)))
      (else (i32.store8 (i32.const 16) (i32.const 0))
            (i32.store (i32.const 20) (i32.div_u (local.get 0) (i32.const 2)))))
    (i32.const 16))
  (func (export "cabi_post_t:t/i#half") (param i32)
    (global.set $freed (i32.add (global.get $freed) (i32.eq (local.get 0) (i32.const 16)))))
  (func (export "t:t/i#check") (param i32) (result i32)
    (i32.store8 (i32.const 16) (local.get 0))
    (i32.store (i32.const 20) (i32.const 64)) (i32.store (i32.const 24) (i32.const 8)) (i32.const 16))
  (func (export "t:t/i#other") (param i32) (result i32) (local.get 0))
  (func (export "t:t/i#freed") (result i32) (global.get $freed)))"#;

const REFUSALS_WIT: &str = "package t:t; interface i {
  half: func(of: u32) -> result<u32, string>; check: func(bad: u32) -> result<_, string>;
  other: func(bad: u32) -> result; freed: func() -> u32;
} world test { export i; }";

#[test]
fn a_declared_refusal_is_an_error_and_its_value_is_bare() {
    let (program, mut instance) = load(REFUSALS_WIT, REFUSALS, Limits::default());
    let half = function(&program, "half");
    assert_eq!(instance.call(half, &[Value::U32(10)]), Ok(Value::U32(5)));
    assert_eq!(instance.call(half, &[Value::U32(11)]), Err(CallError::Refused("too much".to_owned())));
    let check = function(&program, "check");
    assert_eq!(instance.call(check, &[Value::U32(0)]), Ok(Value::Record(vec![])));
    assert_eq!(instance.call(check, &[Value::U32(1)]), Err(CallError::Refused("too much".to_owned())));
    // Only `result<T, string>` is a refusal.
    assert_eq!(instance.call(function(&program, "other"), &[Value::U32(1)]), Ok(Value::Variant(1, None)));
}

#[test]
fn post_return_follows_every_value_and_refusal_and_a_refusal_keeps_the_instance() {
    let (program, mut instance) = load(REFUSALS_WIT, REFUSALS, Limits::default());
    let half = function(&program, "half");
    for number in 0..5 {
        let _ = instance.call(half, &[Value::U32(number)]);
    }
    assert_eq!(instance.call(function(&program, "freed"), &[]), Ok(Value::U32(5)));
}

#[test]
fn a_program_is_shared_by_threads_and_an_instance_moves_to_one() {
    let (program, mut instance) = load(REFUSALS_WIT, REFUSALS, Limits::default());
    let half = function(&program, "half");
    assert_eq!(instance.call(half, &[Value::U32(4)]), Ok(Value::U32(2)));
    std::thread::scope(|scope| {
        scope.spawn(move || assert_eq!(instance.call(half, &[Value::U32(10)]), Ok(Value::U32(5))));
        scope.spawn(|| assert_eq!(program.instance().call(half, &[Value::U32(8)]), Ok(Value::U32(4))));
    });
}
