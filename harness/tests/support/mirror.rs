//! The mirror: a guest that shows what it was given and gives back what it was told to, in the bridge and in wasmtime.
//!
//! It shows the flat values and the memory byte for byte (`spill`), gives a tuple back by the pointer it came with
//! (`echo`), and takes any bytes for a result (`claim`), so that all hosts read the same truth or the same lie.

#![allow(dead_code, reason = "each test uses a part of this")]

use std::fmt::Write;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use streamfn::contract::WitType;
use streamfn::host::{CallError, Limits, Program};
use streamfn_model::Value;
use wasmtime::component::{Component, Linker, Val};
use wasmtime::{Engine, Store};
use wit_parser::abi::{AbiVariant, WasmType};

use crate::component::{encode, function, program};
use crate::wit_types::{Wit, any_value, to_val};

/// More than 16 flat values, so that what comes before it is a tuple in memory.
pub const PAD: usize = 17;

pub fn pad() -> Value {
    Value::Record((0..PAD as u64).map(Value::U64).collect())
}

pub fn pad_type() -> WitType {
    WitType::Tuple(vec![WitType::U64; PAD])
}

/// The same component in the bridge and in wasmtime.
pub struct Mirror {
    pub bytes: Vec<u8>,
    pub types: Vec<WitType>,
    pub program: Program,
    pub engine: Engine,
    pub component: Component,
}

impl Mirror {
    pub fn new(types: Vec<WitType>) -> Mirror {
        let wit = wit(&types);
        let bytes = encode(&wit, &wat(&wit));
        let program = program(&bytes, Limits::default()).unwrap_or_else(|error| panic!("{error}\n{wit}"));
        let engine = Engine::default();
        let component = Component::new(&engine, &bytes).unwrap();
        Mirror { bytes, types, program, engine, component }
    }

    /// A call in a fresh instance of the reference.
    pub fn reference(&self, name: &str, args: &[Val]) -> wasmtime::Result<Val> {
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
    pub fn bridge(&self, name: &str, args: &[Value]) -> Result<Value, CallError> {
        self.program.instance().call(function(&self.program, name), args)
    }

    pub fn same(&self, name: &str, args: &[Value], types: &[WitType], result: &WitType) {
        let vals: Vec<_> = types.iter().zip(args).map(|(ty, arg)| to_val(ty, arg)).collect();
        let wanted = self.reference(name, &vals).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        let found = self.bridge(name, args).unwrap_or_else(|error| panic!("{name} {args:?}: {error}"));
        assert_eq!(to_val(result, &found), wanted, "{name} of {args:?}");
    }
}

pub fn wit(types: &[WitType]) -> String {
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
pub fn wat(wit: &str) -> String {
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
pub fn runner() -> TestRunner {
    TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

pub fn draw<T: std::fmt::Debug>(runner: &mut TestRunner, strategy: impl Strategy<Value = T>) -> T {
    strategy.new_tree(runner).unwrap().current()
}

/// The bytes of a tuple of this and the pad, as the guest returns it, with up to three of them changed. The pad holds no
/// lies: changes go before it or into what strings and lists point to.
pub fn lying_image(runner: &mut TestRunner, mirror: &Mirror, ty: &WitType) -> Vec<u8> {
    let arg = draw(runner, any_value(ty));
    let Ok(Value::Bytes(mut image)) = mirror.bridge("pack", &[arg, pad()]) else { panic!("no image") };
    let changes = draw(runner, prop::collection::vec((any::<prop::sample::Index>(), lie()), 0..4));
    let pad = image.windows(16).position(|at| at == [[0; 8], [1, 0, 0, 0, 0, 0, 0, 0]].concat());
    let pad = pad.expect("the pad's first numbers");
    for (index, byte) in changes {
        let at = index.index(image.len() - PAD * 8);
        let at = if at < pad { at } else { at + PAD * 8 };
        image[at] = byte;
    }
    image
}

/// A byte to change a result by.
fn lie() -> impl Strategy<Value = u8> {
    prop_oneof![any::<u8>(), prop::sample::select(vec![0, 1, 2, 3, 0x7f, 0x80, 0xff])]
}
