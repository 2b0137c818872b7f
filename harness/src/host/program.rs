//! A component made ready once: compiled, its functions planned, and every core type compared with its plan.

use std::collections::BTreeMap;
use std::path::Path;

use wasmtime::{Engine, ExternType, Inlining, Module, ValType};

use super::batch::{Folds, with_folds};
use super::cache;
use super::error::LoadError;
use super::limits::Limits;
use super::plan::{Flat, Plan};
use super::sections::{Lift, Sections};
use crate::contract::{self, Component};

/// What every instance of a program shares.
pub(super) struct Loaded {
    pub engine: Engine,
    pub limits: Limits,
    /// The time limit in ticks of the engine's clock.
    pub ticks: u64,
    pub main: Module,
    /// Start shims, each with the main module's exports it imports.
    pub starts: Vec<(Module, Vec<String>)>,
    pub functions: Vec<Planned>,
    /// By interface and name, as indices into `functions`.
    pub names: BTreeMap<String, BTreeMap<String, usize>>,
    pub folds: Folds,
}

pub(super) struct Planned {
    pub plan: Plan,
    pub lift: Lift,
}

impl Loaded {
    pub(super) fn new(
        bytes: &[u8],
        component: &Component,
        limits: Limits,
        cache: Option<&Path>,
        has_batches: bool,
    ) -> Result<Loaded, LoadError> {
        let Sections { main, starts, mut lifts } = Sections::read(bytes)?;
        described_by(component, bytes)?;
        // A loop over a batch has what it calls compiled into it (`super::batch`).
        let engine = limits.engine(if has_batches { Inlining::Yes } else { Inlining::No }).map_err(compile)?;
        let mut functions = Vec::new();
        let mut names = BTreeMap::<String, BTreeMap<String, usize>>::new();
        for (interface, members) in &component.interfaces {
            for (name, function) in members {
                let (interface, function_name) = (interface.clone(), name.clone());
                let Some(lift) = lifts.get_mut(&interface).and_then(|lifts| lifts.remove(name)) else {
                    return Err(LoadError::MissingFunction { interface, function: function_name });
                };
                let plan = Plan::of(function).map_err(|found| LoadError::Type {
                    interface: interface.clone(),
                    function: function_name.clone(),
                    found,
                })?;
                names.entry(interface).or_default().insert(function_name, functions.len());
                functions.push(Planned { plan, lift });
            }
        }

        let module = |bytes: &[u8]| cache::module(&engine, bytes, cache).map_err(compile);
        // Where core types are not as planned no loop can be compiled, and the check says which.
        let with_folds = has_batches.then(|| with_folds(main, component, &functions, &names, limits.result)).flatten();
        let with_folds = with_folds.and_then(|(longer, folds)| Some((module(&longer).ok()?, folds)));
        let (main, folds) = match with_folds {
            Some(with_folds) => with_folds,
            None => (module(main)?, Folds::default()),
        };
        memory_fits(&main, &limits)?;
        for (interface, members) in &names {
            for (name, function) in members {
                let Planned { plan, lift } = &functions[*function];
                check(&main, plan, lift, interface, name)?;
            }
        }
        let starts = starts.into_iter().map(|start| Ok((module(start.module)?, start.imports)));
        let starts = starts.collect::<Result<_, LoadError>>()?;
        Ok(Loaded { ticks: limits.ticks(), engine, limits, main, starts, functions, names, folds })
    }
}

/// Refuses a description that was read from another file.
fn described_by(component: &Component, bytes: &[u8]) -> Result<(), LoadError> {
    let found = contract::digest(bytes);
    if component.digest == found {
        return Ok(());
    }
    Err(LoadError::Swapped { wanted: component.digest.clone(), found })
}

fn compile(error: wasmtime::Error) -> LoadError {
    LoadError::Compile { found: format!("{error:#}") }
}

fn memory_fits(main: &Module, limits: &Limits) -> Result<(), LoadError> {
    if let Some(memory) = main.resources_required().max_initial_memory_size {
        let found = memory.saturating_mul(64 << 10);
        if found > limits.memory as u64 {
            return Err(LoadError::Memory { limit: limits.memory, found });
        }
    }
    Ok(())
}

/// Compares the core functions with the plan. What the unchecked call in `guest` relies on.
fn check(main: &Module, plan: &Plan, lift: &Lift, interface: &str, function: &str) -> Result<(), LoadError> {
    let names = || (interface.to_owned(), function.to_owned());
    if plan.needs_memory && lift.memory.is_none() {
        let (interface, function) = names();
        return Err(LoadError::MissingMemory { interface, function });
    }
    if plan.needs_realloc && lift.realloc.is_none() {
        let (interface, function) = names();
        return Err(LoadError::MissingRealloc { interface, function });
    }
    let realloc = (lift.realloc.as_ref(), &[Flat::I32; 4][..], &[Flat::I32][..]);
    let post_return = (lift.post_return.as_ref(), &plan.core_results[..], &[][..]);
    for (export, params, results) in
        [(Some(&lift.function), &plan.core_params[..], &plan.core_results[..]), realloc, post_return]
    {
        let Some(export) = export else { continue };
        let found = match main.get_export(export) {
            Some(ExternType::Func(ty)) if same(ty.params(), params) && same(ty.results(), results) => continue,
            Some(ExternType::Func(ty)) => signature(ty.params(), ty.results()),
            _ => "no function".to_owned(),
        };
        let (interface, function) = names();
        let wanted = signature(params.iter().map(|flat| flat.val()), results.iter().map(|flat| flat.val()));
        return Err(LoadError::Signature { interface, function, wanted, found });
    }
    Ok(())
}

impl Flat {
    fn val(self) -> ValType {
        match self {
            Flat::I32 => ValType::I32,
            Flat::I64 => ValType::I64,
            Flat::F32 => ValType::F32,
            Flat::F64 => ValType::F64,
        }
    }

    fn is(self, ty: &ValType) -> bool {
        matches!(
            (self, ty),
            (Flat::I32, ValType::I32)
                | (Flat::I64, ValType::I64)
                | (Flat::F32, ValType::F32)
                | (Flat::F64, ValType::F64)
        )
    }
}

fn same(found: impl ExactSizeIterator<Item = ValType>, wanted: &[Flat]) -> bool {
    found.len() == wanted.len() && found.zip(wanted).all(|(found, wanted)| wanted.is(&found))
}

fn signature(params: impl Iterator<Item = ValType>, results: impl Iterator<Item = ValType>) -> String {
    let list = |types: Vec<String>| format!("({})", types.join(" "));
    let (params, results) = (params.map(|ty| ty.to_string()).collect(), results.map(|ty| ty.to_string()).collect());
    format!("{} -> {}", list(params), list(results))
}
