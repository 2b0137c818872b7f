//! Values out of the guest. Nothing it says is believed: every address, length, case, character and byte of text is
//! checked before it is followed, and the whole may not outgrow the result limit.

use std::convert::identity;

use streamfn_model::Value;
use streamfn_model::value::{canonical_f32, canonical_f64};

use super::error::CallError;
use super::plan::{Cases, Fields, Kind, Type};

/// What one host value takes, for the result limit.
const VALUE: usize = size_of::<Value>();

/// Reads one result.
pub(super) struct Lifting<'a> {
    memory: &'a [u8],
    /// Where strings and lists are.
    pointed: &'a [u8],
    limit: usize,
    left: usize,
}

impl<'a> Lifting<'a> {
    pub(super) fn new(memory: &'a [u8], limit: usize) -> Lifting<'a> {
        Lifting { memory, pointed: memory, limit, left: limit }
    }

    /// Of values whose strings are elsewhere.
    pub(super) fn apart(memory: &'a [u8], pointed: &'a [u8], limit: usize) -> Lifting<'a> {
        Lifting { memory, pointed, limit, left: limit }
    }

    /// A result that is one core value, given as its bits, or that the guest left in memory, given as its address.
    ///
    /// Values are written where they are to stay, into what was allocated for the last one there: returned and moved,
    /// each would be read back before its parts have left the store buffer, and that was half of a call.
    pub(super) fn result(&mut self, ty: &Type, bits: u64, out: &mut Value) -> Result<(), CallError> {
        if ty.flat.len() <= 1 {
            return self.flat(ty, bits, out);
        }
        let start = self.range(bits as u32, ty.size as usize, ty.align, "the result")?;
        self.load(ty, start, out)
    }

    /// A type of at most one flat value, in `bits`.
    fn flat(&mut self, ty: &Type, bits: u64, out: &mut Value) -> Result<(), CallError> {
        match &ty.kind {
            Kind::Record(fields) => {
                let values = self.fields(fields.fields.len(), out)?;
                fields.fields.iter().zip(values).try_for_each(|((_, ty), value)| self.flat(ty, bits, value))
            }
            // With one flat value in all, that is the case, and no case has a payload.
            Kind::Variant(cases) | Kind::Option { cases, .. } => {
                *out = Value::Variant(case(cases, bits as u32)?.0, None);
                Ok(())
            }
            Kind::Bool => {
                *out = Value::Bool(bits as u32 != 0);
                Ok(())
            }
            // Its low bytes are what it is in memory.
            _ => Lifting { memory: &bits.to_le_bytes(), ..*self }.load(ty, 0, out),
        }
    }

    /// A value at an address whose range was checked.
    #[inline(always)]
    pub(super) fn load(&mut self, ty: &Type, at: usize, out: &mut Value) -> Result<(), CallError> {
        if number(self.memory, at, &ty.kind, out).is_some() {
            return Ok(());
        }
        match &ty.kind {
            Kind::Record(fields) => self.record(fields, at, out),
            _ => self.load_other(ty, at, out),
        }
    }

    #[inline(never)]
    fn load_other(&mut self, ty: &Type, at: usize, out: &mut Value) -> Result<(), CallError> {
        match &ty.kind {
            Kind::Variant(cases) => {
                let (index, payload) = case(cases, self.read(at, cases.discriminant)? as u32)?;
                let payload = payload.map(|ty| self.boxed(ty, at + cases.payload as usize)).transpose()?;
                *out = Value::Variant(index, payload);
                Ok(())
            }
            Kind::Option { cases, nested } => {
                let (_, payload) = case(cases, self.read(at, cases.discriminant)? as u32)?;
                match payload {
                    None => *out = Value::Null,
                    Some(ty) if *nested => *out = Value::Some(self.boxed(ty, at + cases.payload as usize)?),
                    Some(ty) => self.load(ty, at + cases.payload as usize, out)?,
                }
                Ok(())
            }
            Kind::Decimal => {
                let (high, low) = (self.read(at, 8)?, self.read(at + 8, 8)?);
                let unscaled = i128::from(high as i64) << 64 | i128::from(low);
                *out = Value::Decimal { unscaled, scale: self.read(at + 16, 1)? as u8 };
                Ok(())
            }
            Kind::String => {
                let bytes = self.pointed_bytes(at, "a string")?;
                let text = std::str::from_utf8(bytes).map_err(|error| {
                    let valid = error.valid_up_to();
                    lie(format!("wanted UTF-8, found other bytes after {valid} bytes of a string"))
                })?;
                match out {
                    Value::String(old) => text.clone_into(old),
                    _ => *out = Value::String(text.to_owned()),
                }
                Ok(())
            }
            Kind::Bytes => {
                let bytes = self.pointed_bytes(at, "a list")?;
                match out {
                    Value::Bytes(old) => bytes.clone_into(old),
                    _ => *out = Value::Bytes(bytes.to_vec()),
                }
                Ok(())
            }
            Kind::List(element) => self.list(element, at, out),
            Kind::Bool => {
                *out = Value::Bool(self.read(at, 1)? != 0);
                Ok(())
            }
            Kind::Char => {
                let char = self.read(at, 4)? as u32;
                let not_one = || lie(format!("wanted a Unicode scalar value, found {char:#x}"));
                *out = Value::Char(char::from_u32(char).ok_or_else(not_one)?);
                Ok(())
            }
            Kind::Flags(count) => {
                let bits = self.read(at, ty.size)?;
                *out = Value::Flags((0..*count).map(|index| bits >> index & 1 == 1).collect());
                Ok(())
            }
            // A number, which was to be read before.
            _ => Err(lie(format!("wanted a value within the memory, found one at {at}"))),
        }
    }

    fn record(&mut self, fields: &Fields, at: usize, out: &mut Value) -> Result<(), CallError> {
        let values = self.fields(fields.fields.len(), out)?;
        for ((offset, ty), value) in fields.fields.iter().zip(values) {
            self.load(ty, at + *offset as usize, value)?;
        }
        Ok(())
    }

    /// The fields of a record in `out`: those that are there already if it is one of as many.
    #[inline(always)]
    fn fields<'v>(&mut self, count: usize, out: &'v mut Value) -> Result<&'v mut [Value], CallError> {
        self.charge(count * VALUE)?;
        if !matches!(out, Value::Record(values) if values.len() == count) {
            *out = Value::Record(vec![Value::Null; count]);
        }
        match out {
            Value::Record(values) => Ok(values),
            _ => Ok(&mut []),
        }
    }

    fn list(&mut self, element: &Type, at: usize, out: &mut Value) -> Result<(), CallError> {
        let (start, count) = (self.read(at, 4)? as u32, self.read(at + 4, 4)? as usize);
        let size = element.size as usize;
        let bytes =
            count.checked_mul(size).ok_or_else(|| lie(format!("a list of {count} elements of {size} bytes")))?;
        let start = self.range(start, bytes, element.align, "a list")?;
        self.charge(count.saturating_mul(VALUE))?;
        let mut values = match std::mem::replace(out, Value::Null) {
            Value::List(values) => values,
            _ => Vec::new(),
        };
        values.truncate(count);
        values.resize_with(count, || Value::Null);
        for (index, value) in values.iter_mut().enumerate() {
            self.load(element, start + index * size, value)?;
        }
        *out = Value::List(values);
        Ok(())
    }

    fn boxed(&mut self, ty: &Type, at: usize) -> Result<Box<Value>, CallError> {
        self.charge(VALUE)?;
        let mut value = Box::new(Value::Null);
        self.load(ty, at, &mut value)?;
        Ok(value)
    }

    fn pointed_bytes(&mut self, at: usize, what: &str) -> Result<&'a [u8], CallError> {
        let (start, len) = (self.read(at, 4)? as u32, self.read(at + 4, 4)? as usize);
        let start = self.range(start, len, 1, what)?;
        self.charge(len)?;
        self.pointed.get(start..start + len).ok_or_else(|| lie(format!("{what} beyond the memory")))
    }

    /// Checks a pointer the guest gave.
    fn range(&self, start: u32, bytes: usize, align: u32, what: &str) -> Result<usize, CallError> {
        if !start.is_multiple_of(align) {
            return Err(lie(format!("wanted {what} at a multiple of {align}, found address {start}")));
        }
        let (start, memory) = (start as usize, self.pointed.len());
        match start.checked_add(bytes) {
            Some(end) if end <= memory => Ok(start),
            _ => Err(lie(format!("wanted {what} within {memory} bytes of memory, found {bytes} bytes at {start}"))),
        }
    }

    fn read(&self, at: usize, size: u32) -> Result<u64, CallError> {
        Ok(match size {
            1 => u8::from_le_bytes(self.bytes(at)?).into(),
            2 => u16::from_le_bytes(self.bytes(at)?).into(),
            4 => u32::from_le_bytes(self.bytes(at)?).into(),
            _ => u64::from_le_bytes(self.bytes(at)?),
        })
    }

    #[inline]
    fn bytes<const N: usize>(&self, at: usize) -> Result<[u8; N], CallError> {
        let bytes = self.memory.get(at..).and_then(<[u8]>::first_chunk);
        bytes.copied().ok_or_else(|| lie(format!("wanted a value within the memory, found one at {at}")))
    }

    #[inline]
    fn charge(&mut self, bytes: usize) -> Result<(), CallError> {
        match self.left.checked_sub(bytes) {
            Some(left) => self.left = left,
            None => return Err(CallError::ResultLimit { limit: self.limit }),
        }
        Ok(())
    }
}

/// Reads a number, if it is one, and is within the memory. It takes the place of one of its kind without a look at what else
/// might be there.
#[inline(always)]
fn number(memory: &[u8], at: usize, kind: &Kind, out: &mut Value) -> Option<()> {
    macro_rules! numbers {
        ($($kind:ident $number:ident $canonical:path),*) => {
            match kind {
                $(Kind::$kind => {
                    let number = $canonical($number::from_le_bytes(*memory.get(at..)?.first_chunk()?));
                    match out {
                        Value::$kind(old) => *old = number,
                        _ => *out = Value::$kind(number),
                    }
                })*
                _ => return None,
            }
        };
    }
    numbers! {
        S64 i64 identity, S8 i8 identity, S16 i16 identity, S32 i32 identity,
        U8 u8 identity, U16 u16 identity, U32 u32 identity, U64 u64 identity,
        F32 f32 canonical_f32, F64 f64 canonical_f64
    }
    Some(())
}

/// The longest text of a result that surely stays within the limit, whatever else is in it, for a type of records, options, text
/// and numbers. `None` where none does.
pub(super) fn longest_text(ty: &Type, limit: usize) -> Option<u32> {
    /// Values and texts that are charged for.
    fn count(ty: &Type) -> (usize, usize) {
        let all = |types: &mut dyn Iterator<Item = &Type>| {
            types.map(count).fold((0, 0), |sum, of| (sum.0 + of.0, sum.1 + of.1))
        };
        match &ty.kind {
            Kind::Record(fields) => {
                let (values, texts) = all(&mut fields.fields.iter().map(|(_, ty)| ty));
                (values + fields.fields.len(), texts)
            }
            Kind::Option { cases, .. } => all(&mut cases.cases.iter().flatten()),
            Kind::String => (0, 1),
            _ => (0, 0),
        }
    }
    let (values, texts) = count(ty);
    // One more: it may be in a result that says whether it was refused.
    let left = limit.checked_sub((values + 1) * VALUE)?;
    Some(u32::try_from(left / texts.max(1)).unwrap_or(u32::MAX))
}

fn case(cases: &Cases, index: u32) -> Result<(u32, Option<&Type>), CallError> {
    match cases.cases.get(index as usize) {
        Some(payload) => Ok((index, payload.as_ref())),
        None => Err(lie(format!("wanted one of {} cases, found case {index}", cases.cases.len()))),
    }
}

#[cold]
fn lie(text: String) -> CallError {
    CallError::Contract(text)
}
