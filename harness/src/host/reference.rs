//! The same component by wasmtime's own component API: what the bridge is measured against.
//!
//! Without limits, with values that wasmtime looks at one by one; the bridge is there because of what that costs.

use streamfn_model::Value;
use wasmtime::component::{Component, ComponentExportIndex, Func, Instance, Linker, Val};
use wasmtime::{Engine, Store};

use super::error::{CallError, LoadError, TrapKind};
use crate::contract::WitType;

pub struct Reference {
    store: Store<()>,
    compiled: Component,
    instance: Instance,
}

/// A function of a [`Reference`].
#[derive(Debug, Clone, Copy)]
pub struct ReferenceFunction(Func);

/// A value as wasmtime has it.
#[derive(Debug, Clone)]
pub struct Argument(Val);

impl Reference {
    pub fn new(bytes: &[u8]) -> Result<Reference, LoadError> {
        let compile = |error: wasmtime::Error| LoadError::Compile { found: format!("{error:#}") };
        let engine = Engine::default();
        let compiled = Component::new(&engine, bytes).map_err(compile)?;
        let mut store = Store::new(&engine, ());
        let instance = Linker::new(&engine).instantiate(&mut store, &compiled).map_err(compile)?;
        Ok(Reference { store, compiled, instance })
    }

    pub fn function(&mut self, interface: &str, name: &str) -> Option<ReferenceFunction> {
        let of = |parent: Option<&ComponentExportIndex>, name: &str| self.compiled.get_export_index(parent, name);
        let index = of(Some(&of(None, interface)?), name)?;
        self.instance.get_func(&mut self.store, index).map(ReferenceFunction)
    }

    /// Calls; a refusal is an error with its reason, as the bridge has it.
    pub fn call(&mut self, function: ReferenceFunction, arguments: &[Argument]) -> Result<Argument, CallError> {
        let arguments: Vec<Val> = arguments.iter().map(|argument| argument.0.clone()).collect();
        let mut results = [Val::Bool(false)];
        let called = function.0.call(&mut self.store, &arguments, &mut results);
        called.map_err(|_| CallError::Trap { kind: TrapKind::Other, place: None })?;
        let [result] = results;
        match result {
            Val::Result(Ok(answer)) => Ok(Argument(answer.map_or(Val::Bool(false), |answer| *answer))),
            Val::Result(Err(Some(reason))) => match *reason {
                Val::String(reason) => Err(CallError::Refused(reason)),
                other => Err(CallError::Contract(format!("wanted a reason for a refusal, found {other:?}"))),
            },
            answer => Ok(Argument(answer)),
        }
    }
}

impl Argument {
    /// A value of a type as wasmtime has it; `None` if it is no value of the type.
    pub fn of(ty: &WitType, value: &Value) -> Option<Argument> {
        val(ty, value).map(Argument)
    }

    pub fn none() -> Argument {
        Argument(Val::Option(None))
    }

    /// What is in an option.
    pub fn opened(self) -> Option<Argument> {
        match self.0 {
            Val::Option(some) => some.map(|some| Argument(*some)),
            _ => None,
        }
    }

    pub fn some(self) -> Argument {
        Argument(Val::Option(Some(Box::new(self.0))))
    }

    /// Bytes by which equal values are found.
    pub fn key(&self) -> Vec<u8> {
        let mut key = Vec::new();
        write(&self.0, &mut key);
        key
    }
}

fn val(ty: &WitType, value: &Value) -> Option<Val> {
    Some(match (ty, value) {
        (WitType::Option(_), Value::Null) => Val::Option(None),
        (WitType::Option(of), Value::Some(value)) => Val::Option(Some(Box::new(val(of, value)?))),
        (WitType::Option(of), value) => Val::Option(Some(Box::new(val(of, value)?))),
        (_, Value::Bool(v)) => Val::Bool(*v),
        (_, Value::S8(v)) => Val::S8(*v),
        (_, Value::S16(v)) => Val::S16(*v),
        (_, Value::S32(v)) => Val::S32(*v),
        (_, Value::S64(v)) => Val::S64(*v),
        (_, Value::U8(v)) => Val::U8(*v),
        (_, Value::U16(v)) => Val::U16(*v),
        (_, Value::U32(v)) => Val::U32(*v),
        (_, Value::U64(v)) => Val::U64(*v),
        (_, Value::F32(v)) => Val::Float32(*v),
        (_, Value::F64(v)) => Val::Float64(*v),
        (_, Value::Char(v)) => Val::Char(*v),
        (_, Value::String(v)) => Val::String(v.clone()),
        (_, Value::Bytes(v)) => Val::List(v.iter().map(|byte| Val::U8(*byte)).collect()),
        (WitType::Decimal, Value::Decimal { unscaled, scale }) => Val::Record(vec![
            ("high".to_owned(), Val::S64((unscaled >> 64) as i64)),
            ("low".to_owned(), Val::U64(*unscaled as u64)),
            ("scale".to_owned(), Val::U8(*scale)),
        ]),
        (WitType::List(of), Value::List(v)) => Val::List(v.iter().map(|v| val(of, v)).collect::<Option<_>>()?),
        (WitType::Record(fields), Value::Record(v)) => {
            let field = |((name, ty), v): (&(String, WitType), &Value)| Some((name.clone(), val(ty, v)?));
            Val::Record(fields.iter().zip(v).map(field).collect::<Option<_>>()?)
        }
        (WitType::Tuple(types), Value::Record(v)) => {
            Val::Tuple(types.iter().zip(v).map(|(ty, v)| val(ty, v)).collect::<Option<_>>()?)
        }
        (WitType::Variant(cases), Value::Variant(case, payload)) => {
            let (name, ty) = cases.get(*case as usize)?;
            let payload = match (ty, payload) {
                (Some(ty), Some(value)) => Some(Box::new(val(ty, value)?)),
                _ => None,
            };
            Val::Variant(name.clone(), payload)
        }
        (WitType::Enum(names), Value::Variant(case, None)) => Val::Enum(names.get(*case as usize)?.clone()),
        (WitType::Flags(names), Value::Flags(set)) => {
            let set = names.iter().zip(set).filter(|(_, set)| **set);
            Val::Flags(set.map(|(name, _)| name.clone()).collect())
        }
        _ => return None,
    })
}

fn write(val: &Val, out: &mut Vec<u8>) {
    match val {
        Val::String(text) => {
            out.extend_from_slice(&text.len().to_le_bytes());
            out.extend_from_slice(text.as_bytes());
        }
        Val::S64(v) => out.extend_from_slice(&v.to_le_bytes()),
        Val::S32(v) => out.extend_from_slice(&v.to_le_bytes()),
        Val::Record(fields) => fields.iter().for_each(|(_, val)| write(val, out)),
        Val::Tuple(vals) | Val::List(vals) => {
            out.extend_from_slice(&vals.len().to_le_bytes());
            vals.iter().for_each(|val| write(val, out));
        }
        other => out.extend_from_slice(format!("{other:?};").as_bytes()),
    }
}
