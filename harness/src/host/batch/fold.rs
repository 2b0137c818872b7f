//! The loop over the rows of one function: each row's arguments out of columns, its group's state through the function, and what
//! the group's value is then. A scalar function has no state, and each row its own value.
//!
//! Nothing here decides anything: what a call would refuse ends the loop at that row, and the call says why.
//!
//! As long as rows are of one group, its state is in locals: it goes to memory and back only where another group follows. A loop
//! that ends early has lost what they held, and says from which row on that is.

use wasm_encoder::{BlockType, Function, ValType};

use super::module::OURS;
use super::moves::{At, Code, GUESTS, Local, ROW, arg, is_number, scalar, val};
use crate::host::lift::longest_text;
use crate::host::plan::{Fields, Kind, Plan, Type};

/// What a row does to the state of its group, as one byte.
pub mod row {
    /// Nothing: only the value is taken.
    pub const NOTHING: u8 = 0;
    pub const ACCUMULATE: u8 = 1;
    pub const RETRACT: u8 = 2;
    /// Added to the others: the state is made new before.
    pub const ANEW: u8 = 4;
}

/// The words at the beginning of the host's memory.
pub(in crate::host) mod word {
    pub const ROWS: u32 = 0;
    pub const KINDS: u32 = 1;
    pub const STATES: u32 = 2;
    pub const NEW: u32 = 3;
    /// 0 where no values are taken.
    pub const VALUES: u32 = 4;
    /// Written: the row under way.
    pub const AT: u32 = 5;
    /// Written: of how many rows the states in memory are.
    pub const SETTLED: u32 = 6;
    /// Written too: where the next text goes.
    pub const TEXT: u32 = 7;
    pub const COLUMNS: u32 = 8;
    /// Of each column: its values, its validity, and its text or scale.
    pub const COLUMN: u32 = 3;
}

/// A function of the main module.
pub(super) struct Callee<'a> {
    pub function: u32,
    pub post_return: Option<u32>,
    pub plan: &'a Plan,
}

/// What the loop calls.
pub(super) struct Calls<'a> {
    /// Not of a scalar function.
    pub accumulate: Option<Callee<'a>>,
    pub retract: Option<Callee<'a>>,
    /// `value`, or `eval` of a scalar function; without it the state is the value.
    pub value: Option<Callee<'a>>,
    pub realloc: Option<u32>,
    /// What a result may take.
    pub limit: usize,
}

/// The state of a scalar function.
pub(super) static NO_STATE: Type = Type {
    kind: Kind::Record(Fields { fields: vec![], size: 0, align: 1, flat: vec![] }),
    size: 0,
    align: 1,
    flat: vec![],
    pointers: false,
};

impl Calls<'_> {
    /// `None` where a type has no place in a loop: then rows go one by one.
    pub(super) fn function(&self) -> Option<Function> {
        let (state, params) = match &self.accumulate {
            Some(accumulate) => match &accumulate.plan.params.fields[..] {
                [(_, state), params @ ..] => (state, params),
                [] => return None,
            },
            None => (&NO_STATE, &self.value.as_ref()?.plan.params.fields[..]),
        };
        let callees = [self.accumulate.as_ref(), self.retract.as_ref(), self.value.as_ref()];
        let callees = || callees.into_iter().flatten();
        let fits = is_plain(state)
            && params.iter().all(|(_, ty)| is_column(ty))
            && callees().all(|callee| answers(callee.plan) && (!callee.plan.needs_realloc || self.realloc.is_some()));
        // Of the answers; where one cannot have any, rows are called one by one.
        let longest = callees().filter_map(|callee| callee.plan.answer()).map(|ty| longest_text(ty, self.limit));
        let longest = longest.min().flatten().filter(|_| fits)?;
        let code = Code { realloc: self.realloc, longest, locals: vec![], bytes: vec![] };
        Some(Loop { calls: self, state, code }.function())
    }
}

/// Whether what a function answers can be copied.
fn answers(plan: &Plan) -> bool {
    plan.answer().is_some_and(|ty| !ty.flat.is_empty() && is_plain(ty))
}

/// Whether a value of it is so many bytes and texts, each case of them told apart by an option at most.
fn is_plain(ty: &Type) -> bool {
    match &ty.kind {
        Kind::Record(fields) => fields.fields.iter().all(|(_, ty)| is_plain(ty)),
        Kind::Option { cases, nested: false } => cases.cases.iter().flatten().all(is_plain),
        Kind::Bool | Kind::Decimal | Kind::String => true,
        kind => is_number(kind),
    }
}

/// Whether a column can hold it, or one for each field.
fn is_column(ty: &Type) -> bool {
    match &scalar(ty).kind {
        Kind::Record(fields) => fields.fields.iter().all(|(_, ty)| is_column(ty)),
        Kind::S8 | Kind::S16 | Kind::S32 | Kind::S64 | Kind::F32 | Kind::F64 => true,
        Kind::Bool | Kind::Decimal | Kind::String | Kind::Bytes => true,
        _ => false,
    }
}

/// The state of the group that rows are of.
struct State {
    /// Where in the host's memory it came from; 0 for nowhere.
    pointer: Local,
    /// Its flat values. Those of binary fractions are their bits, as integers: no call leaves a register of fractions as it is, so
    /// these would go to the stack and back several times a row.
    flats: Vec<Local>,
}

/// What a function has answered.
struct Answer<'a> {
    ty: &'a Type,
    /// Where it stands, unless it is one core value.
    place: Option<At>,
    /// The core value or the pointer that came back.
    local: Local,
}

struct Loop<'a> {
    calls: &'a Calls<'a>,
    state: &'a Type,
    code: Code,
}

impl<'a> Loop<'a> {
    fn function(mut self) -> Function {
        let kind = self.code.local(ValType::I32);
        let state = State { pointer: self.code.local(ValType::I32), flats: self.code.flats(self.state) };

        self.code.emit().block(BlockType::Empty).loop_(BlockType::Empty);
        self.code.emit().local_get(ROW);
        self.code.word(word::ROWS);
        self.code.emit().i32_ge_u().if_(BlockType::Empty);
        self.settle(&state);
        self.code.emit().br(2).end();
        self.mark(word::AT);
        self.code.indexed(word::KINDS, 0);
        self.code.emit().i32_load8_u(arg(OURS, 0, 0)).local_set(kind);
        let next = self.code.local(ValType::I32);
        self.code.indexed(word::STATES, 2);
        self.code.emit().i32_load(arg(OURS, 0, 2)).local_tee(next);
        self.code.emit().local_get(state.pointer).i32_ne().if_(BlockType::Empty);
        self.settle(&state);
        self.code.emit().local_get(next).local_set(state.pointer);
        self.fetch(&state, state.pointer);
        self.code.emit().end();

        self.code.emit().local_get(kind).i32_const(row::ANEW.into()).i32_and().if_(BlockType::Empty);
        self.code.word(word::NEW);
        self.code.emit().local_set(next);
        self.fetch(&state, next);
        self.code.emit().end();

        let is = |of: u8, code: &mut Code| {
            code.emit().local_get(kind).i32_const(of.into()).i32_and().if_(BlockType::Empty);
        };
        if let Some(accumulate) = &self.calls.accumulate {
            is(row::ACCUMULATE, &mut self.code);
            self.change(accumulate, &state, 2);
            self.code.emit().end();
        }
        if let Some(retract) = &self.calls.retract {
            is(row::RETRACT, &mut self.code);
            self.change(retract, &state, 2);
            self.code.emit().end();
        }
        match &self.calls.accumulate {
            Some(_) => {
                self.code.word(word::VALUES);
                self.code.emit().if_(BlockType::Empty);
            }
            None => is(row::ACCUMULATE, &mut self.code),
        }
        match &self.calls.value {
            Some(value) => self.take(value, &state),
            None => {
                let to = self.value_of_row(self.state);
                self.code.keep(self.state, to, &mut state.flats.iter());
            }
        }
        self.code.emit().end();

        self.code.emit().local_get(ROW).i32_const(1).i32_add().local_set(ROW).br(0).end().end();
        self.code.emit().local_get(ROW).end();
        let mut function = Function::new_with_locals_types(self.code.locals);
        function.raw(self.code.bytes);
        function
    }

    /// Puts the row's number into the header.
    fn mark(&mut self, word: u32) {
        self.code.emit().i32_const(0).local_get(ROW).i32_store(arg(OURS, word * 4, 2));
    }

    /// Puts the state in locals where it came from, if it came from anywhere.
    fn settle(&mut self, state: &State) {
        self.code.emit().local_get(state.pointer).if_(BlockType::Empty);
        self.code.keep(self.state, At { memory: OURS, pointer: state.pointer, offset: 0 }, &mut state.flats.iter());
        self.code.emit().end();
        self.mark(word::SETTLED);
    }

    /// Takes a state of the host's memory into the locals.
    fn fetch(&mut self, state: &State, pointer: Local) {
        self.code.load(self.state, At { memory: OURS, pointer, offset: 0 }, None, 0);
        self.code.set(self.state, &state.flats);
    }

    /// Calls with state and arguments, and takes the state that comes back into the old one's place. `out` blocks up ends the loop
    /// at this row.
    fn change(&mut self, callee: &'a Callee<'a>, state: &State, out: u32) {
        self.arguments(callee, Some(state), out);
        let Some(Answer { ty, place, local }) = self.answer(callee, out) else { return };
        match place {
            Some(from) => {
                self.code.check(ty, from, out);
                self.code.load(ty, from, None, out);
            }
            None => self.code.lift(ty, local, out),
        }
        self.code.set(ty, &state.flats);
        self.post_return(callee, local);
    }

    /// Pushes what a function is called with: the state, if it is to have one, and the row's arguments, if it takes more; where these
    /// are too many flat values, in memory that the guest gives for them.
    fn arguments(&mut self, callee: &'a Callee<'a>, state: Option<&State>, out: u32) {
        let (plan, mut column) = (callee.plan, 0);
        let realloc = self.calls.realloc.filter(|_| plan.params_in_memory());
        let pointer = realloc.map(|realloc| {
            let pointer = self.code.local(ValType::I32);
            let (align, size) = (plan.params.align as i32, plan.params.size as i32);
            self.code.emit().i32_const(0).i32_const(0).i32_const(align).i32_const(size);
            self.code.emit().call(realloc).local_tee(pointer);
            self.code.emit().i32_const(align - 1).i32_and().br_if(out);
            pointer
        });
        for (place, (offset, ty)) in plan.params.fields.iter().enumerate() {
            match state.filter(|_| place == 0) {
                Some(state) => self.code.push(ty, &mut state.flats.iter(), None),
                None => self.code.argument(ty, &mut column, None),
            }
            if let Some(pointer) = pointer {
                self.code.store(ty, At { memory: GUESTS, pointer, offset: *offset });
            }
        }
        if let Some(pointer) = pointer {
            self.code.emit().local_get(pointer);
        }
    }

    /// Calls with the state, or with the arguments where there is none, and puts what comes back among the values.
    fn take(&mut self, callee: &'a Callee<'a>, state: &State) {
        self.arguments(callee, self.calls.accumulate.as_ref().map(|_| state), 2);
        let Some(Answer { ty, place, local }) = self.answer(callee, 2) else { return };
        let to = self.value_of_row(ty);
        match place {
            Some(from) => {
                self.code.check(ty, from, 2);
                self.code.copy(ty, from, to, None, 2);
            }
            None => {
                self.code.lift(ty, local, 2);
                self.code.store(ty, to);
            }
        }
        self.post_return(callee, local);
    }

    /// Where among the values the row's is.
    fn value_of_row(&mut self, ty: &Type) -> At {
        let pointer = self.code.local(ValType::I32);
        self.code.word(word::VALUES);
        self.code.emit().local_get(ROW).i32_const(ty.size as i32).i32_mul().i32_add().local_set(pointer);
        At { memory: OURS, pointer, offset: 0 }
    }

    /// With the arguments on the stack: calls, and says where the answer is.
    fn answer(&mut self, callee: &'a Callee<'a>, out: u32) -> Option<Answer<'a>> {
        self.code.emit().call(callee.function);
        let (result, ty) = (callee.plan.result.as_ref()?, callee.plan.answer()?);
        if result.flat.len() == 1 {
            let local = self.code.local(val(result.flat[0]));
            self.code.emit().local_set(local);
            return Some(Answer { ty, place: None, local });
        }
        let pointer = self.code.local(ValType::I32);
        self.code.emit().local_set(pointer);
        if result.align > 1 {
            self.code.emit().local_get(pointer).i32_const(result.align as i32 - 1).i32_and().br_if(out);
        }
        let from = At { memory: GUESTS, pointer, offset: 0 };
        // Its last byte: what lies outside of the memory traps before anything is written.
        self.code.emit().local_get(pointer).i32_load8_u(arg(GUESTS, result.size - 1, 0)).drop();
        if callee.plan.refusable {
            self.code.emit().local_get(pointer).i32_load8_u(arg(GUESTS, 0, 0)).br_if(out);
        }
        Some(Answer { ty, place: Some(from.plus(callee.plan.answer_offset())), local: pointer })
    }

    fn post_return(&mut self, callee: &Callee<'_>, local: Local) {
        if let Some(post_return) = callee.post_return {
            self.code.emit().local_get(local).call(post_return);
        }
    }
}
