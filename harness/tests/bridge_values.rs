//! Every value of every type goes through the bridge as it goes through wasmtime's component API.
//!
//! The guest is a mirror: it shows the flat values and the memory it was given byte for byte (`spill`), gives a tuple back
//! by the pointer it came with (`echo`), and takes any bytes for a result (`claim`), so that both sides read the same truth
//! or the same lie.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "support/component.rs"]
mod component;
#[path = "support/wit_types.rs"]
mod wit_types;

use std::fmt::Write;

use component::{encode, function, load, program};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use streamfn::contract::WitType;
use streamfn::host::{CallError, Limits, Program};
use streamfn_model::Value;
use wasmtime::component::{Component, Linker, Val};
use wasmtime::{Engine, Store};
use wit_parser::abi::{AbiVariant, WasmType};
use wit_types::{Wit, any_type, any_value, to_val};

/// More than 16 flat values, so that what comes before it is a tuple in memory.
const PAD: usize = 17;

fn pad() -> Value {
    Value::Record((0..PAD as u64).map(Value::U64).collect())
}

fn pad_type() -> WitType {
    WitType::Tuple(vec![WitType::U64; PAD])
}

/// The same component in the bridge and in wasmtime.
struct Mirror {
    bytes: Vec<u8>,
    types: Vec<WitType>,
    program: Program,
    engine: Engine,
    component: Component,
}

impl Mirror {
    fn new(types: Vec<WitType>) -> Mirror {
        let wit = wit(&types);
        let bytes = encode(&wit, &wat(&wit));
        let program = program(&bytes, Limits::default()).unwrap_or_else(|error| panic!("{error}\n{wit}"));
        let engine = Engine::default();
        let component = Component::new(&engine, &bytes).unwrap();
        Mirror { bytes, types, program, engine, component }
    }

    /// A call in a fresh instance of the reference.
    fn reference(&self, name: &str, args: &[Val]) -> wasmtime::Result<Val> {
        let mut store = Store::new(&self.engine, ());
        let instance = Linker::new(&self.engine).instantiate(&mut store, &self.component).unwrap();
        let interface = instance.get_export_index(&mut store, None, "t:t/i").unwrap();
        let index = instance.get_export_index(&mut store, Some(&interface), name).unwrap();
        let mut results = [Val::Bool(false)];
        instance.get_func(&mut store, index).unwrap().call(&mut store, args, &mut results)?;
        let [result] = results;
        Ok(result)
    }

    /// A call in a fresh instance of the bridge.
    fn bridge(&self, name: &str, args: &[Value]) -> Result<Value, CallError> {
        self.program.instance().call(function(&self.program, name), args)
    }

    fn same(&self, name: &str, args: &[Value], types: &[WitType], result: &WitType) {
        let vals: Vec<_> = types.iter().zip(args).map(|(ty, arg)| to_val(ty, arg)).collect();
        let wanted = self.reference(name, &vals).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        let found = self.bridge(name, args).unwrap_or_else(|error| panic!("{name} {args:?}: {error}"));
        assert_eq!(to_val(result, &found), wanted, "{name} of {args:?}");
    }
}

fn wit(types: &[WitType]) -> String {
    let mut wit = Wit::default();
    let names: Vec<_> = types.iter().map(|ty| wit.name(ty)).collect();
    let pad = wit.name(&pad_type());
    let params: Vec<_> = names.iter().enumerate().map(|(index, name)| format!("p{index}: {name}")).collect();
    let (params, first) = (params.join(", "), &names[0]);
    format!(
        "package t:t;
interface i {{
{}
spill: func({params}) -> list<u8>;
echo: func(a: {first}, pad: {pad}) -> tuple<{first}, {pad}>;
pack: func(a: {first}, pad: {pad}) -> list<u8>;
claim: func(image: list<u8>) -> tuple<{first}, {pad}>;
same: func(a: {first}) -> {first};
}}
world test {{ export i; }}",
        wit.declarations
    )
}

/// The mirror's code. Its core types are wit-parser's, not the bridge's own.
fn wat(wit: &str) -> String {
    let mut resolve = wit_parser::Resolve::default();
    resolve.push_str("test.wit", wit).unwrap_or_else(|error| panic!("{error:#}\n{wit}"));
    let interface = resolve.interfaces.iter().map(|(_, interface)| interface).find(|i| i.name.is_some()).unwrap();
    let signature = |name: &str| resolve.wasm_signature(AbiVariant::GuestExport, &interface.functions[name]);
    let core = |ty: &WasmType| match ty {
        WasmType::I64 | WasmType::PointerOrI64 => "i64",
        WasmType::F32 => "f32",
        WasmType::F64 => "f64",
        _ => "i32",
    };
    let list = |types: &[WasmType]| types.iter().map(core).collect::<Vec<_>>().join(" ");

    let spill = signature("spill").params;
    let mut stores = String::new();
    for (index, ty) in spill.iter().enumerate() {
        let ty = core(ty);
        writeln!(stores, "({ty}.store (i32.const {}) (local.get {index}))", 1024 + 8 * index).unwrap();
    }
    // What comes back by a pointer can't be the flat arguments: then `same` is never called.
    let same = signature("same");
    let same_body = if !same.retptr && same.params.len() == 1 { "local.get 0" } else { "unreachable" };
    format!(
        r#"(module
  (memory (export "memory") 1)
  (global $heap (mut i32) (i32.const 2048))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $heap) (i32.sub (local.get 2) (i32.const 1))) (i32.sub (i32.const 0) (local.get 2))))
    (global.set $heap (i32.add (local.get $at) (local.get 3)))
    (block (loop
      (br_if 1 (i32.le_u (global.get $heap) (i32.shl (memory.size) (i32.const 16))))
      (br_if 1 (i32.eq (memory.grow (i32.const 1)) (i32.const -1)))
      (br 0)))
    (local.get $at))
  (func $bytes (param i32) (result i32)
    (i32.store (i32.const 512) (local.get 0))
    (i32.store (i32.const 516) (i32.sub (global.get $heap) (local.get 0)))
    (i32.const 512))
  (func (export "t:t/i#spill") (param {}) (result i32) {stores} (call $bytes (i32.const 1024)))
  (func (export "t:t/i#pack") (param i32) (result i32) (call $bytes (i32.const 2048)))
  (func (export "t:t/i#echo") (param i32) (result i32) local.get 0)
  (func (export "t:t/i#claim") (param i32 i32) (result i32) local.get 0)
  (func (export "t:t/i#same") (param {}) (result {}) {same_body}))"#,
        list(&spill),
        list(&same.params),
        list(&same.results)
    )
}

/// The same cases on every run.
fn runner() -> TestRunner {
    TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

fn draw<T: std::fmt::Debug>(runner: &mut TestRunner, strategy: impl Strategy<Value = T>) -> T {
    strategy.new_tree(runner).unwrap().current()
}

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

fn lie() -> impl Strategy<Value = u8> {
    prop_oneof![any::<u8>(), prop::sample::select(vec![0, 1, 2, 3, 0x7f, 0x80, 0xff])]
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
            let arg = draw(&mut runner, any_value(&ty));
            let Ok(Value::Bytes(mut image)) = mirror.bridge("pack", &[arg, pad()]) else { panic!("no image") };
            let changes = draw(&mut runner, prop::collection::vec((any::<prop::sample::Index>(), lie()), 0..4));
            // The tuple's pad holds no lies: changes go before it or into what strings and lists point to.
            let pad = image.windows(16).position(|at| at == [[0; 8], [1, 0, 0, 0, 0, 0, 0, 0]].concat()).unwrap();
            for (index, byte) in changes {
                let at = index.index(image.len() - PAD * 8);
                let at = if at < pad { at } else { at + PAD * 8 };
                image[at] = byte;
            }
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
