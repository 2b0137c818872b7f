//! A function on each host, with its rows in the form that the host takes them: in Rust as structs, in the bridge as values, in
//! a batch as Arrow columns, in the component API as wasmtime's values. Every run begins with a new group.

use std::collections::BTreeMap;
use std::fmt;
use std::hint::black_box;

use streamfn_model::Value;

use super::batch::batch;
use super::{BenchError, Candidate, Run, native};
use crate::contract::{Function, Shape, WitType};
use crate::host::{Argument, CallError, FunctionId, Instance, Reference};

/// What runs a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    /// The same logic as Rust; of our own plugins.
    Native,
    /// The bridge, a call a row.
    Bridge,
    /// The bridge, all rows in one call.
    Batch,
    /// Wasmtime's component API, a call a row.
    Component,
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Host::Native => "native",
            Host::Bridge => "bridge",
            Host::Batch => "batch",
            Host::Component => "component",
        })
    }
}

/// A function that can be run by a host.
pub struct Contestant {
    pub host: Host,
    pub run: Run,
}

/// A function on every host that it has.
pub fn contestants(candidate: &Candidate, function: &Function) -> Result<Vec<Contestant>, BenchError> {
    let fails = |error| BenchError::Call { function: super::report::signature(function), error };
    let rows = taken(candidate, function, candidate.rows(function)).map_err(fails)?;
    let name = function.interface.rsplit_once('/').map_or(&*function.interface, |(_, name)| name);
    let name = name.split_once('@').map_or(name, |(name, _)| name);
    let mut all = vec![];
    let mut add = |host, run: Option<Run>| all.extend(run.map(|run| Contestant { host, run }));
    add(Host::Native, native::run(name, &rows));
    add(Host::Bridge, Some(bridge(candidate, function, &rows).map_err(fails)?));
    add(Host::Batch, batch(candidate, function, &rows).map_err(fails)?);
    add(Host::Component, reference(candidate, function, &rows)?);
    Ok(all)
}

/// Those of the rows that a function with nothing but rows has a value for, so that no host runs fewer than another: refused rows
/// end a batch. All of them if it has a value for none.
fn taken(candidate: &Candidate, function: &Function, rows: Vec<Vec<Value>>) -> Result<Vec<Vec<Value>>, CallError> {
    if function.shape != Shape::Scalar {
        return Ok(rows);
    }
    let eval = candidate.program.function(&function.interface, "eval");
    let eval = eval.map_err(|error| CallError::Argument(error.to_string()))?;
    let mut instance = candidate.program.instance();
    let mut taken = vec![];
    for row in &rows {
        if refused_is_none(instance.call(eval, row))?.is_some() {
            taken.push(row.clone());
        }
    }
    Ok(if taken.is_empty() { rows } else { taken.into_iter().cycle().take(super::DIFFERENT).collect() })
}

/// What a row was made for and refuses all the same leaves its group as it is; anything else is a failure.
fn refused_is_none<T>(answer: Result<T, CallError>) -> Result<Option<T>, CallError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(CallError::Refused(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn bridge(candidate: &Candidate, function: &Function, rows: &[Vec<Value>]) -> Result<Run, CallError> {
    let program = &candidate.program;
    let member = |name: &str| {
        program.function(&function.interface, name).map_err(|error| CallError::Argument(error.to_string()))
    };
    let mut instance = program.instance();
    match function.shape {
        Shape::Scalar | Shape::Table | Shape::Generator { .. } => {
            let eval = member(if function.shape == Shape::Scalar { "eval" } else { "rows" })?;
            let rows = rows.to_vec();
            for row in &rows {
                refused_is_none(instance.call(eval, row))?;
            }
            let mut result = Value::Null;
            Ok(Box::new(move |count| {
                for row in rows.iter().cycle().take(count) {
                    drop(black_box(instance.call_into(eval, row, &mut result)));
                }
            }))
        }
        Shape::Aggregate { .. } => {
            let (new, accumulate) = (instance.call(member("create")?, &[])?, member("accumulate")?);
            let mut arguments: Vec<Vec<Value>> = rows.iter().map(|row| [&[new.clone()][..], row].concat()).collect();
            for row in &arguments {
                refused_is_none(instance.call(accumulate, row))?;
            }
            let mut state = Value::Null;
            Ok(Box::new(move |count| {
                state.clone_from(&new);
                for row in 0..count {
                    let arguments = &mut arguments[row % super::DIFFERENT];
                    // The state moves in and another place out: nobody copies it.
                    std::mem::swap(&mut arguments[0], &mut state);
                    if instance.call_into(accumulate, arguments, &mut state).is_err() {
                        state.clone_from(&new);
                    }
                }
                black_box(&state);
            }))
        }
        Shape::Keyed { .. } => {
            let (key, accumulate) = (member("key")?, member("accumulate")?);
            let rows = rows.to_vec();
            for row in &rows {
                keyed(&mut instance, (key, accumulate), row, &mut BTreeMap::new())?;
            }
            Ok(Box::new(move |count| {
                let mut entries = BTreeMap::new();
                for row in rows.iter().cycle().take(count) {
                    drop(black_box(keyed(&mut instance, (key, accumulate), row, &mut entries)));
                }
                black_box(entries);
            }))
        }
    }
}

/// A row into the entries of a group.
fn keyed(
    instance: &mut Instance,
    (key, accumulate): (FunctionId, FunctionId),
    row: &[Value],
    entries: &mut BTreeMap<Value, Value>,
) -> Result<(), CallError> {
    let Some(key) = refused_is_none(instance.call(key, row))? else { return Ok(()) };
    let mut arguments = Vec::with_capacity(row.len() + 1);
    arguments.push(entries.get(&key).cloned().unwrap_or(Value::Null));
    arguments.extend_from_slice(row);
    match refused_is_none(instance.call(accumulate, &arguments))? {
        Some(Value::Null) => drop(entries.remove(&key)),
        Some(entry) => drop(entries.insert(key, entry)),
        None => {}
    }
    Ok(())
}

fn reference(candidate: &Candidate, function: &Function, rows: &[Vec<Value>]) -> Result<Option<Run>, BenchError> {
    let mut reference = Reference::new(&candidate.bytes)?;
    let members = &candidate.component.interfaces[&function.interface];
    let (name, before) = match function.shape {
        Shape::Scalar => ("eval", 0),
        Shape::Table | Shape::Generator { .. } => ("rows", 0),
        Shape::Aggregate { .. } | Shape::Keyed { .. } => ("accumulate", 1),
    };
    let types: Vec<&WitType> = members[name].params[before..].iter().map(|(_, ty)| ty).collect();
    let row = |row: &Vec<Value>| types.iter().zip(row).map(|(ty, value)| Argument::of(ty, value)).collect();
    let rows: Option<Vec<Vec<Argument>>> = rows.iter().map(row).collect();
    let member = |reference: &mut Reference, name: &str| reference.function(&function.interface, name);
    let (Some(rows), Some(main)) = (rows, member(&mut reference, name)) else { return Ok(None) };
    let fails = |error| BenchError::Call { function: super::report::signature(function), error };
    Ok(Some(match function.shape {
        Shape::Scalar | Shape::Table | Shape::Generator { .. } => Box::new(move |count| {
            for row in rows.iter().cycle().take(count) {
                drop(black_box(reference.call(main, row)));
            }
        }),
        Shape::Aggregate { .. } => {
            let Some(create) = member(&mut reference, "create") else { return Ok(None) };
            let new = reference.call(create, &[]).map_err(fails)?;
            Box::new(move |count| {
                let mut state = new.clone();
                for row in rows.iter().cycle().take(count) {
                    let mut arguments = Vec::with_capacity(row.len() + 1);
                    arguments.push(std::mem::replace(&mut state, Argument::none()));
                    arguments.extend_from_slice(row);
                    state = reference.call(main, &arguments).unwrap_or_else(|_| new.clone());
                }
                black_box(state);
            })
        }
        Shape::Keyed { .. } => {
            let Some(key) = member(&mut reference, "key") else { return Ok(None) };
            Box::new(move |count| {
                let mut entries: BTreeMap<Vec<u8>, Argument> = BTreeMap::new();
                for row in rows.iter().cycle().take(count) {
                    let Ok(key) = reference.call(key, row) else { continue };
                    let key = key.key();
                    let mut arguments = Vec::with_capacity(row.len() + 1);
                    arguments.push(entries.remove(&key).map_or_else(Argument::none, Argument::some));
                    arguments.extend_from_slice(row);
                    if let Ok(Some(entry)) = reference.call(main, &arguments).map(Argument::opened) {
                        entries.insert(key, entry);
                    }
                }
                black_box(entries);
            })
        }
    }))
}
