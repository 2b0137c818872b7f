//! Real plugins, function by function: one instance in the bridge gives what a fresh instance of wasmtime's component API
//! gives for each call. So the bridge is right about what wit-bindgen makes, and the functions keep nothing between calls.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "support/command.rs"]
mod command;
#[path = "support/wit_types.rs"]
mod wit_types;

use std::path::Path;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use streamfn::contract::{self, WitFunction, WitType};
use streamfn::host::{CallError, Limits, Program};
use streamfn_model::Value;
use wasmtime::component::{Component, Linker, Val};
use wasmtime::{Engine, Store};
use wit_types::{any_value, to_val};

/// Calls of each function.
const CALLS: usize = 25;

#[test]
fn our_plugins_answer_through_the_bridge_as_through_the_component_api() {
    command::PLUGINS.iter().for_each(|name| compare(&command::plugin(name)));
}

#[test]
fn a_strangers_plugin_answers_through_the_bridge_as_through_the_component_api() {
    compare(command::elsewhere());
}

/// What arbitrary arguments never are: a configuration, and the states that follow from it.
#[test]
fn our_generators_give_the_same_rows_through_the_bridge_as_through_the_component_api() {
    let bytes = std::fs::read(command::plugin("generate")).unwrap();
    let described = contract::read(&bytes).unwrap();
    let program = Program::compile(&bytes, &described, Limits::default()).unwrap();
    let engine = Engine::default();
    let component = Component::new(&engine, &bytes).unwrap();
    let configs = [
        ("smartshop", r#"{"max_simultaneous_sessions": 9, "update_basket_remove_sku_probability": 0.4}"#),
        ("ecommerce", r#"{"users": 40, "products": 30, "user_delete_share": 0.1, "late_share": 0.2}"#),
    ];
    for (name, config) in configs {
        let interface = format!("streamfn:generate/{name}@0.1.0");
        let mut instance = program.instance();
        let mut call = |member: &str, args: &[Value]| {
            let function = &described.interfaces[&interface][member];
            let found = instance.call(program.function(&interface, member).unwrap(), args);
            let wanted = reference(&engine, &component, (&interface, member), function, args);
            assert_eq!(format!("{:?}", shown(function, found.clone())), format!("{wanted:?}"), "{name} {member}");
            found.unwrap()
        };
        let mut state = call("create", &[Value::from(config), Value::U64(7), Value::U32(1), Value::U32(3)]);
        for _ in 0..20 {
            let Value::Record(step) = call("next", &[state, Value::U32(100)]) else { panic!("{name}") };
            let Ok([after, Value::List(rows)]) = <[Value; 2]>::try_from(step) else { panic!("{name}") };
            assert_eq!(rows.len(), 100);
            state = after;
        }
        call("finish", &[state]);
    }
}

fn compare(file: &Path) {
    let bytes = std::fs::read(file).unwrap();
    let described = contract::read(&bytes).unwrap();
    let program = Program::compile(&bytes, &described, Limits::default()).unwrap();
    let engine = Engine::default();
    let component = Component::new(&engine, &bytes).unwrap();
    let mut instance = program.instance();
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        TestRng::from_seed(RngAlgorithm::ChaCha, b"the same arguments at every run!"),
    );
    for (interface, members) in &described.interfaces {
        for (name, function) in members {
            let id = program.function(interface, name).unwrap();
            for _ in 0..CALLS {
                let args: Vec<Value> = function
                    .params
                    .iter()
                    .map(|(_, ty)| any_value(ty).new_tree(&mut runner).unwrap().current())
                    .collect();
                let found = shown(function, instance.call(id, &args));
                let wanted = reference(&engine, &component, (interface, name), function, &args);
                assert_eq!(format!("{found:?}"), format!("{wanted:?}"), "{interface} {name} {args:?}");
            }
        }
    }
}

/// A call in a fresh instance of the reference.
fn reference(
    engine: &Engine,
    component: &Component,
    (interface, name): (&str, &str),
    function: &WitFunction,
    args: &[Value],
) -> Option<Val> {
    let mut store = Store::new(engine, ());
    let instance = Linker::new(engine).instantiate(&mut store, component).unwrap();
    let interface = component.get_export_index(None, interface).unwrap();
    let index = component.get_export_index(Some(&interface), name).unwrap();
    let args: Vec<Val> = function.params.iter().zip(args).map(|((_, ty), value)| to_val(ty, value)).collect();
    let mut results = vec![Val::Bool(false); usize::from(function.result.is_some())];
    let called = instance.get_func(&mut store, index).unwrap().call(&mut store, &args, &mut results);
    called.unwrap_or_else(|error| panic!("the reference: {error:?}"));
    results.pop()
}

/// What the bridge gave, as the reference shows it.
fn shown(function: &WitFunction, outcome: Result<Value, CallError>) -> Option<Val> {
    let refusable = match &function.result {
        Some(WitType::Result { ok, err: Some(err) }) if **err == WitType::String => Some(ok),
        _ => None,
    };
    match (outcome, refusable) {
        (Ok(value), None) => function.result.as_ref().map(|ty| to_val(ty, &value)),
        (Ok(value), Some(ok)) => Some(Val::Result(Ok(ok.as_ref().map(|ty| Box::new(to_val(ty, &value)))))),
        (Err(CallError::Refused(reason)), Some(_)) => Some(Val::Result(Err(Some(Box::new(Val::String(reason)))))),
        (Err(error), _) => panic!("the bridge: {error}"),
    }
}
