//! Rows of a batch through one function without a call of the host for each.
//!
//! Each function whose state and values are numbers, booleans, decimals and text gets a loop of its own in the main module
//! (`fold`, `moves`, `module`); here are its columns written, the loop is run, and states and values are read. A row that is
//! refused, traps or exceeds a limit ends the loop before it has changed anything, and its caller calls for that row alone: so the
//! outcome, and what is said of it, is always that of single calls.

mod column;
mod fold;
mod module;
mod moves;
mod texts;
mod written;

use std::collections::BTreeMap;

use arrow::array::ArrayRef;
use streamfn_model::Value;
use wasmtime::{Func, Memory, Store};

use super::error::CallError;
use super::lift::Lifting;
use super::limits::Guard;
use super::plan::{Kind, Type};
use super::program::{Loaded, Planned};
use super::sections::Lift;
use crate::contract::{Component, Shape};
pub use fold::row;
pub(super) use fold::word;
use fold::{Callee, Calls, NO_STATE};
use module::{Index, MEMORY};
use texts::Texts;
pub(super) use written::{Written, written_word};

/// A function of a program that takes rows in batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoldId(usize);

/// Rows for one function, and the groups that they belong to.
#[derive(Debug)]
pub struct Rows<'a> {
    /// What each row does, of [`row`]. To a scalar function [`row::ACCUMULATE`] is one with a value.
    pub kinds: &'a [u8],
    /// The position of each row's group among the states; 0 where there are none.
    pub groups: &'a [u32],
    /// The arguments. Where a parameter is no option, its nulls are in rows of [`row::NOTHING`].
    pub arguments: &'a [ArrayRef],
}

/// What a loop works on. Texts of states and values are in `texts`, and new ones come behind those that are there.
#[derive(Debug)]
pub struct Room<'a> {
    /// What [`row::ANEW`] makes a state; nothing where there are none.
    pub new: &'a [u8],
    /// The states of all groups.
    pub states: &'a mut [u8],
    /// Room for the value of each row's group after it; empty where none are wanted.
    pub values: &'a mut [u8],
    pub texts: &'a mut Vec<u8>,
}

/// What is known of one loop.
#[derive(Debug, Default)]
pub(super) struct Fold {
    /// `accumulate`, among the program's functions; none of a scalar function.
    accumulate: Option<usize>,
    /// `value`, or `eval`, or `key`; without it the state is the value.
    value: Option<usize>,
    params: usize,
    retracts: bool,
    texts_of_state: Texts,
    texts_of_value: Texts,
}

/// The loops of a program, and which each interface has: that of its function, and of a keyed aggregate that of its keys.
pub(super) type Folds = (Vec<Fold>, BTreeMap<String, (FoldId, Option<FoldId>)>);

/// The main module with a loop for each function that can have one. `names` and `functions` are the program's.
pub(super) fn with_folds(
    main: &[u8],
    component: &Component,
    functions: &[Planned],
    names: &BTreeMap<String, BTreeMap<String, usize>>,
    limit: usize,
) -> Option<(Vec<u8>, Folds)> {
    let index = Index::of(main)?;
    let core = |name: &str| index.functions.get(name).copied();
    let callee = |at: usize| {
        let Planned { plan, lift: Lift { function, post_return, .. } } = &functions[at];
        let post_return = match post_return {
            Some(name) => Some(core(name)?),
            None => None,
        };
        Some(Callee { function: core(function)?, post_return, plan })
    };
    // A function whose parameters are never text is lifted without one.
    let realloc = functions.iter().find_map(|planned| core(planned.lift.realloc.as_deref()?));
    let (mut code, mut folds) = (vec![], vec![]);
    let mut add = |accumulate: Option<usize>, retract: Option<usize>, value: Option<usize>| {
        let callee = |at: Option<usize>| at.map_or(Some(None), |at| callee(at).map(Some));
        let (accumulates, takes_back, answers) = (callee(accumulate)?, callee(retract)?, callee(value)?);
        let calls = Calls { accumulate: accumulates, retract: takes_back, value: answers, realloc, limit };
        code.push(calls.function()?);
        let mut fold = Fold { accumulate, value, retracts: retract.is_some(), ..Fold::default() };
        fold.params = fold.params(functions).count();
        fold.texts_of_state = Texts::of(fold.state(functions));
        fold.texts_of_value = Texts::of(fold.value(functions));
        folds.push(fold);
        Some(FoldId(folds.len() - 1))
    };
    let mut by_interface = BTreeMap::new();
    for function in &component.functions {
        let Some(members) = names.get(&function.interface) else { continue };
        let member = |name: &str| members.get(name).copied();
        let retract = |has: bool| member("retract").filter(|_| has);
        let loops = match function.shape {
            Shape::Scalar => add(None, None, member("eval")).map(|fold| (fold, None)),
            Shape::Aggregate { retract: has, .. } => {
                add(member("accumulate"), retract(has), member("value")).map(|fold| (fold, None))
            }
            Shape::Keyed { retract: has, .. } => add(None, None, member("key"))
                .and_then(|key| add(member("accumulate"), retract(has), None).map(|fold| (fold, Some(key)))),
            _ => None,
        };
        by_interface.extend(loops.map(|loops| (function.interface.clone(), loops)));
    }
    (!code.is_empty()).then_some(())?;
    Some((index.with(&code)?, (folds, by_interface)))
}

impl Fold {
    fn state<'l>(&self, functions: &'l [Planned]) -> &'l Type {
        self.accumulate.map_or(&NO_STATE, |accumulate| &functions[accumulate].plan.params.fields[0].1)
    }

    fn value<'l>(&self, functions: &'l [Planned]) -> &'l Type {
        self.value.and_then(|value| functions[value].plan.answer()).unwrap_or_else(|| self.state(functions))
    }

    fn is_scalar(&self) -> bool {
        self.accumulate.is_none()
    }

    fn params<'l>(&self, functions: &'l [Planned]) -> impl Iterator<Item = &'l Type> {
        let of = |function: usize| functions[function].plan.params.fields.iter();
        let params = self.accumulate.or(self.value).map(of).into_iter().flatten();
        params.skip(usize::from(self.accumulate.is_some())).map(|(_, ty)| ty)
    }

    /// How many groups so many bytes are the states of; `None` where they are none.
    fn groups(&self, functions: &[Planned], states: usize) -> Option<usize> {
        match self.state(functions).size as usize {
            // Rows without a state are of one group.
            0 => (states == 0).then_some(1),
            size => states.is_multiple_of(size).then_some(states / size),
        }
    }

    /// Whether these are rows for it, so that the loop finds each where it looks.
    fn takes(&self, rows: &Rows<'_>, groups: usize) -> bool {
        let count = rows.kinds.len();
        let is_kind = |kind: &u8| match kind & !row::ANEW {
            row::NOTHING | row::ACCUMULATE => true,
            row::RETRACT => self.retracts,
            _ => false,
        };
        rows.groups.len() == count
            && rows.arguments.len() == self.params
            && rows.arguments.iter().all(|column| column.len() == count)
            && rows.groups.iter().all(|group| (*group as usize) < groups)
            && rows.kinds.iter().all(is_kind)
    }
}

/// The bytes of one state, and of one value, in arrays of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    pub state: usize,
    pub value: usize,
}

/// How a value lies in memory that is a number, or an option of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    /// Where the byte is that says whether there is one.
    case: Option<usize>,
    at: usize,
    width: usize,
}

impl Number {
    fn new(ty: &Type) -> Option<Number> {
        let (case, at, ty) = match &ty.kind {
            Kind::Option { cases, .. } => (Some(0), cases.payload as usize, cases.cases[1].as_ref()?),
            _ => (None, 0, ty),
        };
        let is_number = matches!(ty.kind, Kind::S8 | Kind::S16 | Kind::S32 | Kind::S64 | Kind::F32 | Kind::F64);
        is_number.then_some(Number { case, at, width: ty.size as usize })
    }

    /// The bytes of the number at the beginning of `value`, as a loop has left it; none where there is no number.
    pub fn of<'v>(&self, value: &'v [u8]) -> Option<&'v [u8]> {
        let is_there = self.case.is_none_or(|case| value[case] == 1);
        is_there.then(|| &value[self.at..][..self.width])
    }
}

impl Loaded {
    /// A loop, and the functions that it is of.
    fn fold_at(&self, fold: FoldId) -> (&Fold, &[Planned]) {
        (&self.folds.0[fold.0], &self.functions)
    }
}

impl super::Program {
    /// The loop of a function; `None` where its rows have to go one by one, and in a program without batches. A keyed aggregate's is
    /// that over entries, which are both its states and its values.
    pub fn fold(&self, interface: &str) -> Option<FoldId> {
        self.0.folds.1.get(interface).map(|(fold, _)| *fold)
    }

    /// The loop of a keyed aggregate that gives each row its key, as a scalar function would.
    pub fn fold_of_keys(&self, interface: &str) -> Option<FoldId> {
        self.0.folds.1.get(interface)?.1
    }

    pub fn sizes(&self, fold: FoldId) -> Sizes {
        let (fold, functions) = self.0.fold_at(fold);
        Sizes { state: fold.state(functions).size as usize, value: fold.value(functions).size as usize }
    }

    /// How a loop's value lies in memory, if it is a number.
    pub fn number(&self, fold: FoldId) -> Option<Number> {
        let (fold, functions) = self.0.fold_at(fold);
        Number::new(fold.value(functions))
    }

    /// A state as the loop has it, at the end of `out`, and its texts at the end of `texts`.
    pub fn write_state(
        &self,
        fold: FoldId,
        state: &Value,
        out: &mut Vec<u8>,
        texts: &mut Vec<u8>,
    ) -> Result<(), CallError> {
        let (fold, functions) = self.0.fold_at(fold);
        let (ty, start) = (fold.state(functions), out.len());
        out.resize(start + ty.size as usize, 0);
        texts::write(&mut out[start..], ty, state, texts)
    }

    /// Whether states have text.
    pub fn has_texts(&self, fold: FoldId) -> bool {
        !self.0.fold_at(fold).0.texts_of_state.is_empty()
    }

    /// Copies the texts of a state, which are in `from`, to the end of others.
    pub fn gather_texts(&self, fold: FoldId, state: &mut [u8], from: &[u8], into: &mut Vec<u8>) {
        self.0.fold_at(fold).0.texts_of_state.gather(state, from, into);
    }

    /// The state at the beginning of `bytes`.
    pub fn read_state(&self, fold: FoldId, bytes: &[u8], texts: &[u8]) -> Result<Value, CallError> {
        let (fold, functions) = self.0.fold_at(fold);
        self.read(fold.state(functions), bytes, texts)
    }

    /// The value at the beginning of `bytes`.
    pub fn read_value(&self, fold: FoldId, bytes: &[u8], texts: &[u8]) -> Result<Value, CallError> {
        let (fold, functions) = self.0.fold_at(fold);
        self.read(fold.value(functions), bytes, texts)
    }

    fn read(&self, ty: &Type, bytes: &[u8], texts: &[u8]) -> Result<Value, CallError> {
        let mut value = Value::Null;
        Lifting::apart(bytes, texts, self.0.limits.result).load(ty, 0, &mut value)?;
        Ok(value)
    }
}

/// The host's memory in an instance, and the loops that were called.
pub(super) struct Batch {
    memory: Memory,
    loops: Vec<Option<Func>>,
}

impl Batch {
    pub(super) fn of(loaded: &Loaded, main: &wasmtime::Instance, store: &mut Store<Guard>) -> Option<Batch> {
        Some(Batch { memory: main.get_memory(store, MEMORY)?, loops: vec![None; loaded.folds.0.len()] })
    }

    pub(super) fn function(
        &mut self,
        fold: FoldId,
        main: &wasmtime::Instance,
        store: &mut Store<Guard>,
    ) -> Option<Func> {
        if self.loops[fold.0].is_none() {
            self.loops[fold.0] = main.get_func(store, &module::name(fold.0));
        }
        self.loops[fold.0]
    }
}
