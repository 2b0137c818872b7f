//! Calls the functions in a component: values in, values out, under limits.
//!
//! This is the bridge of DESIGN.md: it reads the component's own sections, compiles its one module with wasmtime's core
//! API, and lifts and lowers by the canonical ABI with a plan made once per function. Nobody else knows wasmtime, and
//! this room knows no SQL: state is a value that the caller owns.

mod batch;
mod binary;
mod cache;
mod error;
mod guest;
mod lift;
mod limits;
mod lower;
mod module;
mod plan;
pub mod portable;
mod program;
mod reference;
mod sections;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use arrow::array::ArrayRef;
use streamfn_model::Value;

use crate::contract::Component;
use guest::{Folded, Guest};
use lower::Flats;
use program::Loaded;

pub use batch::{FoldId, Number, Room, Rows, Sizes, row};
pub use error::{CallError, LoadError, TrapKind};
pub use limits::{Limits, PROCESSOR};
pub use reference::{Argument, Reference, ReferenceFunction};

/// A component, compiled once. Cheap to clone, and shared by threads.
#[derive(Clone)]
pub struct Program(Arc<Loaded>);

/// A function of a [`Program`]: only that program's instances know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FunctionId(usize);

impl Program {
    /// `component` is what the contract says `bytes` holds; a core function of another type than it says is refused.
    pub fn compile(bytes: &[u8], component: &Component, limits: Limits) -> Result<Program, LoadError> {
        Program::compile_or_load(bytes, component, limits, None)
    }

    /// [`Program::compile`], with what is compiled kept in a directory: the next time it is there.
    pub fn compile_or_load(
        bytes: &[u8],
        component: &Component,
        limits: Limits,
        cache: Option<&Path>,
    ) -> Result<Program, LoadError> {
        Ok(Program(Arc::new(Loaded::new(bytes, component, limits, cache, false)?)))
    }

    /// [`Program::compile_or_load`], with a loop over batches for each aggregate that can have one ([`Program::fold`]). Takes
    /// longer to compile, and its traps do not say in which function of the guest they were: single calls are another program's.
    pub fn with_batches(
        bytes: &[u8],
        component: &Component,
        limits: Limits,
        cache: Option<&Path>,
    ) -> Result<Program, LoadError> {
        Ok(Program(Arc::new(Loaded::new(bytes, component, limits, cache, true)?)))
    }

    /// `interface` by its full name, `package:name/interface@version`.
    pub fn function(&self, interface: &str, function: &str) -> Result<FunctionId, LoadError> {
        let interfaces = &self.0.names;
        let members = interfaces.get(interface).ok_or_else(|| LoadError::UnknownInterface {
            interface: interface.to_owned(),
            available: available(interfaces.keys()),
            nearest: nearest(interface, interfaces.keys()),
        })?;
        members.get(function).copied().map(FunctionId).ok_or_else(|| LoadError::UnknownFunction {
            interface: interface.to_owned(),
            function: function.to_owned(),
            available: available(members.keys()),
            nearest: nearest(function, members.keys()),
        })
    }

    /// Costs nothing until the first call.
    pub fn instance(&self) -> Instance {
        Instance { program: self.clone(), guest: None, flats: Flats::new() }
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("functions", &self.0.names).field("limits", &self.0.limits).finish()
    }
}

/// One instance of a program, for one thread at a time. Made anew after a call that failed.
pub struct Instance {
    program: Program,
    guest: Option<Guest>,
    flats: Flats,
}

impl Instance {
    /// Calls a function. A result declared `result<T, string>` comes back as `T` or [`CallError::Refused`]; a function
    /// without a result gives an empty record.
    pub fn call(&mut self, function: FunctionId, args: &[Value]) -> Result<Value, CallError> {
        let mut result = Value::Null;
        self.call_into(function, args, &mut result)?;
        Ok(result)
    }

    /// [`Instance::call`] into a place that held the last result: a record, list or string that is there is filled anew,
    /// not allocated anew. After an error, what is in that place is not for use.
    pub fn call_into(&mut self, function: FunctionId, args: &[Value], result: &mut Value) -> Result<(), CallError> {
        let outcome = self.attempt(function, args, result);
        if !matches!(outcome, Ok(()) | Err(CallError::Refused(_))) {
            self.guest = None;
        }
        outcome
    }

    /// Runs rows of a function, and says how many from the first on were taken: each group's state is then what those made of it,
    /// and the values, where there is room for them, are the group's after each. The row that was not taken is one that has to be
    /// called for by itself: only that tells why.
    pub fn fold(&mut self, fold: FoldId, rows: &Rows<'_>, room: Room<'_>) -> Result<usize, CallError> {
        let Room { new, states, values, texts } = room;
        let count = rows.kinds.len();
        let value = values.len() / count.max(1);
        let mut outcome = self.fold_once(fold, rows, Room { new, states, values, texts })?;
        let (mut next, mut end, mut most) = (0..count, count, count);
        loop {
            match outcome {
                Folded::Came { at, settled, .. } => {
                    end = if at < next.len() { next.start + at } else { end };
                    // Rows that were taken, but whose states were lost with the loop, go once more.
                    next.start += settled;
                }
                Folded::Lied if next.len() == 1 => end = next.start,
                Folded::Lied => most = next.len() / 2,
            }
            next = next.start..end.min(next.start.saturating_add(most));
            if next.is_empty() {
                return Ok(end);
            }
            let columns: Vec<_> = rows.arguments.iter().map(|column| column.slice(next.start, next.len())).collect();
            let (kinds, groups) = (&rows.kinds[next.clone()], &rows.groups[next.clone()]);
            let values = &mut values[next.start * value..next.end * value];
            let room = Room { new, states, values, texts };
            outcome = self.fold_once(fold, &Rows { kinds, groups, arguments: &columns }, room)?;
        }
    }

    /// What a loop without states gives for rows, as many as it takes; null for one of [`row::NOTHING`].
    pub fn values(
        &mut self,
        fold: FoldId,
        kinds: &[u8],
        arguments: &[ArrayRef],
    ) -> Result<Vec<Result<Value, CallError>>, CallError> {
        let size = self.program.sizes(fold).value;
        let (mut values, mut texts) = (vec![0; kinds.len() * size], vec![]);
        let rows = Rows { kinds, groups: &vec![0; kinds.len()], arguments };
        let room = Room { new: &[], states: &mut [], values: &mut values, texts: &mut texts };
        let taken = self.fold(fold, &rows, room)?;
        let value = |(kind, value): (&u8, &[u8])| match *kind {
            row::NOTHING => Ok(Value::Null),
            _ => self.program.read_value(fold, value, &texts),
        };
        Ok(kinds.iter().zip(values.chunks(size)).take(taken).map(value).collect())
    }

    fn fold_once(&mut self, fold: FoldId, rows: &Rows<'_>, room: Room<'_>) -> Result<Folded, CallError> {
        let loaded = &*self.program.0;
        let folded = live(&mut self.guest, loaded)?.fold(loaded, fold, rows, room)?;
        if !matches!(folded, Folded::Came { failed: false, .. }) {
            self.guest = None;
        }
        Ok(folded)
    }

    #[inline]
    fn attempt(&mut self, function: FunctionId, args: &[Value], result: &mut Value) -> Result<(), CallError> {
        let loaded = &*self.program.0;
        let planned = loaded.functions.get(function.0).ok_or_else(|| {
            CallError::Argument("wanted a function of this program, found one of another program".to_owned())
        })?;
        let guest = live(&mut self.guest, loaded)?;
        guest.begin(function.0, planned, loaded.ticks)?;

        let plan = &planned.plan;
        let flats = &mut self.flats;
        lower::arguments(guest, plan, args, flats)?;
        guest.call(&mut flats.slots)?;
        let returned = flats.slots[0].get_u64();
        match &plan.result {
            Some(ty) => {
                lift::Lifting::new(guest.memory(), loaded.limits.result).result(ty, returned, result)?;
            }
            None => *result = unit(),
        }
        guest.post_return(returned)?;
        if plan.refusable {
            open(result)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance").field("live", &self.guest.is_some()).finish_non_exhaustive()
    }
}

/// The guest that is there, or a new one.
#[inline(always)]
fn live<'g>(guest: &'g mut Option<Guest>, loaded: &Loaded) -> Result<&'g mut Guest, CallError> {
    match guest {
        Some(guest) => Ok(guest),
        none => Ok(none.insert(Guest::new(loaded)?)),
    }
}

fn unit() -> Value {
    Value::Record(Vec::new())
}

/// Opens the `result<T, string>` a function is declared with.
fn open(result: &mut Value) -> Result<(), CallError> {
    match std::mem::replace(result, Value::Null) {
        Value::Variant(0, payload) => *result = payload.map_or_else(unit, |value| *value),
        Value::Variant(_, payload) => match payload.map(|reason| *reason) {
            Some(Value::String(reason)) => return Err(CallError::Refused(reason)),
            found => return Err(CallError::Contract(format!("wanted a reason for a refusal, found {found:?}"))),
        },
        found => return Err(CallError::Contract(format!("wanted a result, found {found:?}"))),
    }
    Ok(())
}

fn available<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn nearest<'a>(wanted: &str, names: impl Iterator<Item = &'a String>) -> String {
    let near = names.map(|name| (strsim::jaro_winkler(wanted, name), name)).filter(|(score, _)| *score > 0.7);
    match near.max_by(|(a, _), (b, _)| a.total_cmp(b)) {
        Some((_, name)) => format!("; did you mean `{name}`?"),
        None => String::new(),
    }
}
