//! The bridge and wasmtime's component API as hosts. One instance makes all calls of a function.

use streamfn::contract::{Component, Function, WitType};
use streamfn::host::{CallError, FunctionId, Instance, Program};
use streamfn_model::Value;
use wasmtime::component::{Func, Linker, Val};
use wasmtime::{Engine, Store};

use crate::dynamic::{Caller, runs};
use crate::function::{Outcome, Runs, Stopped};
use crate::wire::{Reader, read_val, read_value, write_val, write_value};

/// The bridge, without more limits than it has anyway.
struct Bridge(Instance);

pub fn bridge(program: &Program, component: &Component, function: &Function) -> Box<dyn Runs> {
    runs(Bridge(program.instance()), component, function, |_, name| {
        program.function(&function.interface, name).expect("the contract found it in the same bytes")
    })
}

impl Caller for Bridge {
    type Value = Value;
    type Function = FunctionId;
    fn call(&mut self, function: FunctionId, args: &[Value]) -> Outcome<Value> {
        self.0.call(function, args).map_err(|error| match error {
            CallError::Refused(reason) => Stopped::Refused(reason),
            other => Stopped::Failed(other.to_string()),
        })
    }
    fn read(ty: &WitType, from: &mut Reader) -> Value {
        read_value(ty, from)
    }
    fn write(ty: &WitType, value: &Value, out: &mut Vec<u8>) {
        write_value(ty, value, out);
    }
    fn none() -> Value {
        Value::Null
    }
    fn some(value: Value) -> Value {
        value
    }
    fn open(option: Value) -> Option<Value> {
        (!option.is_null()).then_some(option)
    }
    fn entries(entries: Vec<(Value, Value)>) -> Value {
        Value::List(entries.into_iter().map(|(key, entry)| Value::Record(vec![key, entry])).collect())
    }
}

/// Wasmtime's component API.
struct Reference {
    store: Store<()>,
    results: [Val; 1],
}

pub fn reference(
    engine: &Engine,
    compiled: &wasmtime::component::Component,
    component: &Component,
    function: &Function,
) -> Box<dyn Runs> {
    let mut store = Store::new(engine, ());
    let instance = Linker::new(engine).instantiate(&mut store, compiled).expect("it imports types alone");
    let interface = compiled.get_export_index(None, &function.interface).expect("the contract found it");
    let caller = Reference { store, results: [Val::Bool(false)] };
    runs(caller, component, function, |caller, name| {
        let index = compiled.get_export_index(Some(&interface), name).expect("the contract found it");
        instance.get_func(&mut caller.store, index).expect("a function")
    })
}

impl Caller for Reference {
    type Value = Val;
    type Function = Func;
    fn call(&mut self, function: Func, args: &[Val]) -> Outcome<Val> {
        let called = function.call(&mut self.store, args, &mut self.results);
        called.map_err(|error| Stopped::Failed(format!("{error:?}")))?;
        match std::mem::replace(&mut self.results[0], Val::Bool(false)) {
            Val::Result(Ok(answer)) => Ok(*answer.expect("every answer is a value")),
            Val::Result(Err(Some(reason))) => match *reason {
                Val::String(reason) => Err(Stopped::Refused(reason)),
                other => Err(Stopped::Failed(format!("wanted a sentence, found {other:?}"))),
            },
            answer => Ok(answer),
        }
    }
    fn read(ty: &WitType, from: &mut Reader) -> Val {
        read_val(ty, from)
    }
    fn write(ty: &WitType, value: &Val, out: &mut Vec<u8>) {
        write_val(ty, value, out);
    }
    fn none() -> Val {
        Val::Option(None)
    }
    fn some(value: Val) -> Val {
        Val::Option(Some(Box::new(value)))
    }
    fn open(option: Val) -> Option<Val> {
        match option {
            Val::Option(some) => some.map(|some| *some),
            other => panic!("wanted an option, found {other:?}"),
        }
    }
    fn entries(entries: Vec<(Val, Val)>) -> Val {
        Val::List(entries.into_iter().map(|(key, entry)| Val::Tuple(vec![key, entry])).collect())
    }
}
