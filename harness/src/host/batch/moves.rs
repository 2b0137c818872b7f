//! Code that moves values of a type: between the host's memory, the guest's, and the flat values of a call.
//!
//! It is lowering and lifting by the canonical ABI, as `host::lower` and `host::lift` do it, written as code. What those would
//! refuse ends the loop at that row, and they say why.

use streamfn_model::value::{canonical_f32, canonical_f64};
use wasm_encoder::{BlockType, Ieee32, Ieee64, InstructionSink, MemArg, ValType};

use super::fold::word;
use super::module::OURS;
use crate::host::plan::{Flat, Kind, Type};

/// The type itself, or that of which it is an option.
pub(super) fn scalar(ty: &Type) -> &Type {
    match &ty.kind {
        Kind::Option { cases, nested: false } => cases.cases.iter().flatten().next().unwrap_or(ty),
        _ => ty,
    }
}

/// Whether it has a column of its own. A record that is always there has only those of its fields.
pub(super) fn has_column(ty: &Type) -> bool {
    is_option(ty) || !matches!(ty.kind, Kind::Record(_))
}

pub(super) fn is_option(ty: &Type) -> bool {
    matches!(ty.kind, Kind::Option { .. })
}

/// How a number is loaded from memory.
#[derive(Clone, Copy)]
struct Number {
    flat: Flat,
    size: u32,
    signed: bool,
}

const BYTE: Number = Number { flat: Flat::I32, size: 1, signed: false };
/// Of a text's place and length.
const WORD: Number = Number { flat: Flat::I32, size: 4, signed: false };
/// Of a decimal.
const HALF: Number = Number { flat: Flat::I64, size: 8, signed: false };

fn number(kind: &Kind) -> Option<Number> {
    let (flat, size, signed) = match kind {
        Kind::S8 => (Flat::I32, 1, true),
        Kind::U8 => (Flat::I32, 1, false),
        Kind::S16 => (Flat::I32, 2, true),
        Kind::U16 => (Flat::I32, 2, false),
        Kind::S32 | Kind::U32 => (Flat::I32, 4, false),
        Kind::S64 | Kind::U64 => (Flat::I64, 8, false),
        Kind::F32 => (Flat::F32, 4, false),
        Kind::F64 => (Flat::F64, 8, false),
        _ => return None,
    };
    Some(Number { flat, size, signed })
}

pub(super) fn is_number(kind: &Kind) -> bool {
    number(kind).is_some()
}

pub(super) type Local = u32;

/// A word of the header. It is read where it is used: kept in locals, words would leave no register for the row and the state.
type Word = u32;

/// Where arguments come from.
#[derive(Clone, Copy)]
struct Column {
    values: Word,
    valid: Word,
    extra: Word,
}

impl Column {
    fn at(place: u32) -> Column {
        let first = word::COLUMNS + place * word::COLUMN;
        Column { values: first, valid: first + 1, extra: first + 2 }
    }
}

/// An address: a local with a pointer in one of the two memories, and an offset.
#[derive(Clone, Copy)]
pub(super) struct At {
    pub memory: u32,
    pub pointer: Local,
    pub offset: u32,
}

impl At {
    pub(super) fn plus(self, offset: u32) -> At {
        At { offset: self.offset + offset, ..self }
    }
}

/// The guest's own memory.
pub(super) const GUESTS: u32 = 0;
/// The only parameter: the row to begin with. It is counted up.
pub(super) const ROW: Local = 0;

/// The code of a loop, as far as it is written.
pub(super) struct Code {
    pub realloc: Option<u32>,
    /// Text that comes out of the guest and is longer ends the loop.
    pub longest: u32,
    pub locals: Vec<ValType>,
    pub bytes: Vec<u8>,
}

impl Code {
    pub(super) fn local(&mut self, ty: ValType) -> Local {
        self.locals.push(ty);
        self.locals.len() as u32
    }

    pub(super) fn emit(&mut self) -> InstructionSink<'_> {
        InstructionSink::new(&mut self.bytes)
    }

    /// Locals for the flat values of a type, as their bits.
    pub(super) fn flats(&mut self, ty: &Type) -> Vec<Local> {
        ty.flat.iter().map(|flat| self.local(bits(*flat))).collect()
    }

    /// Stores the flat values on the stack as a value of the type.
    pub(super) fn store(&mut self, ty: &Type, to: At) {
        let flats = self.flats(ty);
        self.set(ty, &flats);
        self.keep(ty, to, &mut flats.iter());
    }

    /// Takes the flat values on the stack into locals.
    pub(super) fn set(&mut self, ty: &Type, flats: &[Local]) {
        for (local, flat) in flats.iter().zip(&ty.flat).rev() {
            self.bits(*flat);
            self.emit().local_set(*local);
        }
    }

    /// Makes of a number on the stack its bits, those of every NaN the same.
    fn bits(&mut self, flat: Flat) {
        match flat {
            Flat::F32 => {
                let (canonical, infinity) = (canonical_f32(f32::NAN).to_bits(), f32::INFINITY.to_bits());
                let local = self.local(ValType::I32);
                self.emit().i32_reinterpret_f32().local_set(local).i32_const(canonical as i32).local_get(local);
                self.emit()
                    .local_get(local)
                    .i32_const(i32::MAX)
                    .i32_and()
                    .i32_const(infinity as i32)
                    .i32_gt_u()
                    .select();
            }
            Flat::F64 => {
                let (canonical, infinity) = (canonical_f64(f64::NAN).to_bits(), f64::INFINITY.to_bits());
                let local = self.local(ValType::I64);
                self.emit().i64_reinterpret_f64().local_set(local).i64_const(canonical as i64).local_get(local);
                self.emit()
                    .local_get(local)
                    .i64_const(i64::MAX)
                    .i64_and()
                    .i64_const(infinity as i64)
                    .i64_gt_u()
                    .select();
            }
            Flat::I32 | Flat::I64 => {}
        }
    }

    /// The other way round.
    fn number_of_bits(&mut self, flat: Flat) {
        match flat {
            Flat::F32 => {
                self.emit().f32_reinterpret_i32();
            }
            Flat::F64 => {
                self.emit().f64_reinterpret_i64();
            }
            Flat::I32 | Flat::I64 => {}
        }
    }

    pub(super) fn word(&mut self, word: Word) {
        self.emit().i32_const(0).i32_load(arg(OURS, word * 4, 2));
    }

    /// The address of the row's item in an array of items of `1 << shift` bytes.
    pub(super) fn indexed(&mut self, array: Word, shift: u32) {
        self.word(array);
        self.emit().local_get(ROW).i32_const(shift as i32).i32_shl().i32_add();
    }

    /// Pushes the next flat values, as arguments of a call.
    pub(super) fn push<'l>(&mut self, ty: &Type, flats: &mut impl Iterator<Item = &'l Local>, there: Option<Local>) {
        let mut next = || flats.next().copied().unwrap_or(ROW);
        match &ty.kind {
            Kind::Record(fields) => fields.fields.iter().for_each(|(_, ty)| self.push(ty, flats, there)),
            Kind::Option { cases, .. } => {
                let is_some = next();
                self.emit().local_get(is_some);
                cases.cases.iter().flatten().for_each(|ty| self.push(ty, flats, Some(is_some)));
            }
            Kind::String => self.give(next(), next(), there),
            _ => {
                for flat in &ty.flat {
                    self.emit().local_get(next());
                    self.number_of_bits(*flat);
                }
            }
        }
    }

    /// Pushes an answer that came as one core value.
    pub(super) fn lift(&mut self, ty: &Type, local: Local, out: u32) {
        match &ty.kind {
            Kind::Record(fields) => fields.fields.iter().for_each(|(_, ty)| self.lift(ty, local, out)),
            // Of one flat value: no case has more than its number.
            Kind::Option { .. } => {
                self.emit().local_get(local).i32_const(1).i32_gt_u().br_if(out);
                self.emit().local_get(local);
            }
            Kind::Bool => {
                self.emit().local_get(local).i32_const(0).i32_ne();
            }
            kind => {
                self.emit().local_get(local);
                match kind {
                    Kind::S8 => self.emit().i32_extend8_s(),
                    Kind::S16 => self.emit().i32_extend16_s(),
                    Kind::U8 => self.emit().i32_const(0xff).i32_and(),
                    Kind::U16 => self.emit().i32_const(0xffff).i32_and(),
                    _ => return,
                };
            }
        }
    }

    /// Stores the next flat values, as their bits, as a value of the type.
    pub(super) fn keep<'l>(&mut self, ty: &Type, to: At, flats: &mut impl Iterator<Item = &'l Local>) {
        let mut store = |number: Number, to: At| {
            if let Some(flat) = flats.next() {
                self.emit().local_get(to.pointer).local_get(*flat);
                self.store_bits(number, to);
            }
        };
        match &ty.kind {
            Kind::Record(fields) => {
                for (offset, ty) in &fields.fields {
                    self.keep(ty, to.plus(*offset), flats);
                }
            }
            Kind::Option { cases, .. } => {
                store(BYTE, to);
                for ty in cases.cases.iter().flatten() {
                    self.keep(ty, to.plus(cases.payload), flats);
                }
            }
            Kind::Decimal => {
                store(HALF, to);
                store(HALF, to.plus(8));
                store(BYTE, to.plus(16));
            }
            Kind::String => {
                store(WORD, to);
                store(WORD, to.plus(4));
            }
            Kind::Bool => store(BYTE, to),
            kind => {
                if let Some(number) = number(kind) {
                    store(number, to);
                }
            }
        }
    }

    /// Pushes the flat values of what stands at an address; all are 0 unless `there` says that it is there. Text is taken into the
    /// host's memory, or the loop ends, by going `out` blocks up.
    pub(super) fn load(&mut self, ty: &Type, at: At, there: Option<Local>, out: u32) {
        match &ty.kind {
            Kind::Record(fields) => {
                fields.fields.iter().for_each(|(offset, ty)| self.load(ty, at.plus(*offset), there, out));
            }
            Kind::Option { cases, .. } => {
                let is_some = self.local(ValType::I32);
                self.emit().local_get(at.pointer).i32_load8_u(arg(at.memory, at.offset, 0));
                self.masked(Flat::I32, there);
                self.emit().local_tee(is_some);
                cases.cases.iter().flatten().for_each(|ty| self.load(ty, at.plus(cases.payload), Some(is_some), out));
            }
            Kind::Decimal => {
                for offset in [0, 8] {
                    self.emit().local_get(at.pointer).i64_load(arg(at.memory, at.offset + offset, 3));
                    self.masked(Flat::I64, there);
                }
                self.emit().local_get(at.pointer).i32_load8_u(arg(at.memory, at.offset + 16, 0));
                self.masked(Flat::I32, there);
            }
            Kind::Bool => {
                self.emit().local_get(at.pointer).i32_load8_u(arg(at.memory, at.offset, 0)).i32_const(0).i32_ne();
                self.masked(Flat::I32, there);
            }
            Kind::String => {
                let (start, len) = self.text_at(at, there, out);
                self.emit().local_get(start).local_get(len);
            }
            kind => {
                if let Some(number) = number(kind) {
                    self.emit().local_get(at.pointer);
                    self.load_number(number, at.memory, at.offset);
                    self.masked(number.flat, there);
                }
            }
        }
    }

    /// Makes what was pushed 0 where the thing is not there.
    fn masked(&mut self, flat: Flat, there: Option<Local>) {
        let Some(there) = there else { return };
        match flat {
            Flat::I32 => self.emit().i32_const(0),
            Flat::I64 => self.emit().i64_const(0),
            Flat::F32 => self.emit().f32_const(Ieee32::new(0)),
            Flat::F64 => self.emit().f64_const(Ieee64::new(0)),
        };
        self.emit().local_get(there).select();
    }

    /// With an address on the stack.
    fn load_number(&mut self, Number { flat, size, signed }: Number, memory: u32, offset: u32) {
        let arg = arg(memory, offset, size.trailing_zeros());
        match (flat, size, signed) {
            (Flat::I32, 1, true) => self.emit().i32_load8_s(arg),
            (Flat::I32, 1, false) => self.emit().i32_load8_u(arg),
            (Flat::I32, 2, true) => self.emit().i32_load16_s(arg),
            (Flat::I32, 2, false) => self.emit().i32_load16_u(arg),
            (Flat::I32, ..) => self.emit().i32_load(arg),
            (Flat::I64, ..) => self.emit().i64_load(arg),
            (Flat::F32, ..) => self.emit().f32_load(arg),
            (Flat::F64, ..) => self.emit().f64_load(arg),
        };
    }

    /// Pushes the flat values of the row's item of the next column, or of the columns of its fields; all are 0 unless `there` says
    /// that it is there.
    pub(super) fn argument(&mut self, ty: &Type, next: &mut u32, there: Option<Local>) {
        let column = Column::at(*next);
        let there = match is_option(ty) {
            true => {
                let is_some = self.local(ValType::I32);
                self.bit(column.valid);
                self.masked(Flat::I32, there);
                self.emit().local_tee(is_some);
                Some(is_some)
            }
            false => there,
        };
        *next += u32::from(has_column(ty));
        match &scalar(ty).kind {
            Kind::Record(fields) => fields.fields.iter().for_each(|(_, ty)| self.argument(ty, next, there)),
            Kind::Bool => {
                self.bit(column.values);
                self.masked(Flat::I32, there);
            }
            Kind::Decimal => {
                // Arrow's 128 bits begin with the low half.
                for offset in [8, 0] {
                    self.indexed(column.values, 4);
                    self.emit().i64_load(arg(OURS, offset, 3));
                    self.masked(Flat::I64, there);
                }
                self.word(column.extra);
                self.masked(Flat::I32, there);
            }
            Kind::String | Kind::Bytes => self.text(column, there),
            kind => {
                if let Some(number) = number(kind) {
                    self.indexed(column.values, number.size.trailing_zeros());
                    self.load_number(number, OURS, 0);
                    self.bits(number.flat);
                    self.number_of_bits(number.flat);
                    self.masked(number.flat, there);
                }
            }
        }
    }

    /// Pushes the row's bit of a bitmap.
    fn bit(&mut self, bitmap: Word) {
        self.word(bitmap);
        self.emit().local_get(ROW).i32_const(3).i32_shr_u().i32_add();
        self.emit().i32_load8_u(arg(OURS, 0, 0));
        self.emit().local_get(ROW).i32_const(7).i32_and().i32_shr_u().i32_const(1).i32_and();
    }

    /// Pushes the row's text.
    fn text(&mut self, column: Column, there: Option<Local>) {
        let (start, len) = (self.local(ValType::I32), self.local(ValType::I32));
        self.indexed(column.values, 2);
        self.emit().i32_load(arg(OURS, 0, 2)).local_set(start);
        self.indexed(column.values, 2);
        self.emit().i32_load(arg(OURS, 4, 2)).local_get(start).i32_sub().local_set(len);
        self.word(column.extra);
        self.emit().local_get(start).i32_add().local_set(start);
        self.give(start, len, there);
    }

    /// Pushes text of the host's memory: in memory that the guest gives for it, as the ABI wants it.
    fn give(&mut self, start: Local, len: Local, there: Option<Local>) {
        let Some(realloc) = self.realloc else { return };
        let (place, given) = (self.local(ValType::I32), self.local(ValType::I32));
        self.emit().i32_const(0).local_set(given).i32_const(0).local_set(place);
        if let Some(there) = there {
            self.emit().local_get(there).if_(BlockType::Empty);
        }
        self.emit().i32_const(0).i32_const(0).i32_const(1).local_get(len).call(realloc).local_tee(place);
        self.emit().local_get(start).local_get(len).memory_copy(GUESTS, OURS).local_get(len).local_set(given);
        if there.is_some() {
            self.emit().end();
        }
        self.emit().local_get(place).local_get(given);
    }

    /// Where a text is in the host's memory, and its length; both 0 where it is not there.
    fn text_at(&mut self, at: At, there: Option<Local>, out: u32) -> (Local, Local) {
        let part = |offset: u32, code: &mut Self| {
            let local = code.local(ValType::I32);
            code.emit().local_get(at.pointer).i32_load(arg(at.memory, at.offset + offset, 2));
            code.masked(Flat::I32, there);
            code.emit().local_set(local);
            local
        };
        let (start, len) = (part(0, self), part(4, self));
        if at.memory == GUESTS {
            self.take_text(start, len, out);
        }
        (start, len)
    }

    /// Takes text out of the guest: `start` is then where it is in the host's memory. Where there is no room for it, this is a trap.
    /// It may not begin within a character: that all texts together are UTF-8 is then enough for each of them, and is seen to
    /// after the loop.
    fn take_text(&mut self, start: Local, len: Local, out: u32) {
        let (place, longest) = (self.local(ValType::I32), self.longest as i32);
        self.emit().local_get(len).i32_const(longest).i32_gt_u().br_if(out);
        self.word(word::TEXT);
        self.emit().local_tee(place).local_get(start).local_get(len).memory_copy(OURS, GUESTS);
        self.emit().local_get(place).i32_load8_u(arg(OURS, 0, 0)).i32_const(0xc0).i32_and().i32_const(0x80).i32_eq();
        self.emit().local_get(len).i32_const(0).i32_ne().i32_and().br_if(out);
        self.emit().i32_const(0).local_get(place).local_get(len).i32_add().i32_store(arg(OURS, word::TEXT * 4, 2));
        self.emit().local_get(place).local_set(start);
    }

    /// Ends the loop where the guest says what is none of an option's cases.
    pub(super) fn check(&mut self, ty: &Type, from: At, out: u32) {
        match &ty.kind {
            Kind::Record(fields) => {
                fields.fields.iter().for_each(|(offset, ty)| self.check(ty, from.plus(*offset), out));
            }
            Kind::Option { cases, .. } => {
                self.emit().local_get(from.pointer).i32_load8_u(arg(from.memory, from.offset, 0));
                self.emit().i32_const(1).i32_gt_u().br_if(out);
                // What is not there may be anything, and is not looked at.
                let payload = || cases.cases.iter().flatten();
                if payload().any(has_cases) {
                    self.emit().local_get(from.pointer).i32_load8_u(arg(from.memory, from.offset, 0));
                    self.emit().if_(BlockType::Empty);
                    payload().for_each(|ty| self.check(ty, from.plus(cases.payload), out + 1));
                    self.emit().end();
                }
            }
            _ => {}
        }
    }

    /// Copies what was checked. What is not there may become anything, but of its text nothing is taken.
    pub(super) fn copy(&mut self, ty: &Type, from: At, to: At, there: Option<Local>, out: u32) {
        match &ty.kind {
            Kind::Record(fields) => {
                for (offset, ty) in &fields.fields {
                    self.copy(ty, from.plus(*offset), to.plus(*offset), there, out);
                }
            }
            Kind::Option { cases, .. } => {
                self.move_number(BYTE, from, to);
                for payload in cases.cases.iter().flatten() {
                    let there = if payload.pointers {
                        let is_some = self.local(ValType::I32);
                        self.emit().local_get(from.pointer).i32_load8_u(arg(from.memory, from.offset, 0));
                        self.masked(Flat::I32, there);
                        self.emit().local_set(is_some);
                        Some(is_some)
                    } else {
                        None
                    };
                    self.copy(payload, from.plus(cases.payload), to.plus(cases.payload), there, out);
                }
            }
            Kind::String => {
                let (start, len) = self.text_at(from, there, out);
                self.keep(ty, to, &mut [start, len].iter());
            }
            Kind::Decimal => {
                for offset in [0, 8] {
                    self.move_number(HALF, from.plus(offset), to.plus(offset));
                }
                self.move_number(BYTE, from.plus(16), to.plus(16));
            }
            Kind::Bool => {
                self.emit().local_get(to.pointer).local_get(from.pointer);
                self.emit().i32_load8_u(arg(from.memory, from.offset, 0)).i32_const(0).i32_ne();
                self.emit().i32_store8(arg(to.memory, to.offset, 0));
            }
            kind => {
                if let Some(number) = number(kind) {
                    self.move_number(number, from, to);
                }
            }
        }
    }

    fn move_number(&mut self, number: Number, from: At, to: At) {
        self.emit().local_get(to.pointer).local_get(from.pointer);
        self.load_number(number, from.memory, from.offset);
        self.bits(number.flat);
        self.store_bits(number, to);
    }

    /// With an address and the bits of a number on the stack.
    fn store_bits(&mut self, number: Number, to: At) {
        let arg = arg(to.memory, to.offset, number.size.trailing_zeros());
        match number.size {
            1 => self.emit().i32_store8(arg),
            2 => self.emit().i32_store16(arg),
            4 => self.emit().i32_store(arg),
            _ => self.emit().i64_store(arg),
        };
    }
}

/// Whether a guest can say something of it that is no value.
fn has_cases(ty: &Type) -> bool {
    match &ty.kind {
        Kind::Record(fields) => fields.fields.iter().any(|(_, ty)| has_cases(ty)),
        Kind::Option { .. } => true,
        _ => false,
    }
}

/// The integer of as many bits.
fn bits(flat: Flat) -> ValType {
    match flat {
        Flat::I32 | Flat::F32 => ValType::I32,
        Flat::I64 | Flat::F64 => ValType::I64,
    }
}

pub(super) fn val(flat: Flat) -> ValType {
    match flat {
        Flat::I32 => ValType::I32,
        Flat::I64 => ValType::I64,
        Flat::F32 => ValType::F32,
        Flat::F64 => ValType::F64,
    }
}

pub(super) fn arg(memory: u32, offset: u32, align: u32) -> MemArg {
    MemArg { offset: offset.into(), align, memory_index: memory }
}
