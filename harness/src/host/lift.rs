//! Values out of the guest. Nothing it says is believed: every address, length, case, character and byte of text is
//! checked before it is followed, and the whole may not outgrow the result limit.

use streamfn_model::Value;
use streamfn_model::value::{canonical_f32, canonical_f64};

use super::error::CallError;
use super::plan::{Cases, Fields, Kind, Type};

/// What one host value takes, for the result limit.
const VALUE: usize = size_of::<Value>();

/// Reads one result.
pub(super) struct Lifting<'a> {
    memory: &'a [u8],
    limit: usize,
    left: usize,
}

impl<'a> Lifting<'a> {
    pub(super) fn new(memory: &'a [u8], limit: usize) -> Lifting<'a> {
        Lifting { memory, limit, left: limit }
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
            kind => scalar(kind, bits, out),
        }
    }

    /// A value at an address whose range was checked.
    pub(super) fn load(&mut self, ty: &Type, at: usize, out: &mut Value) -> Result<(), CallError> {
        match &ty.kind {
            Kind::Record(fields) => self.record(fields, at, out),
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
            kind => scalar(kind, self.read(at, ty.size)?, out),
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
        self.memory.get(start..start + len).ok_or_else(|| lie(format!("{what} beyond the memory")))
    }

    /// Checks a pointer the guest gave.
    fn range(&self, start: u32, bytes: usize, align: u32, what: &str) -> Result<usize, CallError> {
        if !start.is_multiple_of(align) {
            return Err(lie(format!("wanted {what} at a multiple of {align}, found address {start}")));
        }
        let (start, memory) = (start as usize, self.memory.len());
        match start.checked_add(bytes) {
            Some(end) if end <= memory => Ok(start),
            _ => Err(lie(format!("wanted {what} within {memory} bytes of memory, found {bytes} bytes at {start}"))),
        }
    }

    #[inline]
    fn read(&self, at: usize, size: u32) -> Result<u64, CallError> {
        let bits = match size {
            1 => self.word(at).map(u8::from_le_bytes).map(u64::from),
            2 => self.word(at).map(u16::from_le_bytes).map(u64::from),
            4 => self.word(at).map(u32::from_le_bytes).map(u64::from),
            _ => self.word(at).map(u64::from_le_bytes),
        };
        bits.ok_or_else(|| lie(format!("wanted a value within the memory, found one at {at}")))
    }

    #[inline]
    fn word<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.memory.get(at..)?.first_chunk().copied()
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

fn case(cases: &Cases, index: u32) -> Result<(u32, Option<&Type>), CallError> {
    match cases.cases.get(index as usize) {
        Some(payload) => Ok((index, payload.as_ref())),
        None => Err(lie(format!("wanted one of {} cases, found case {index}", cases.cases.len()))),
    }
}

#[inline]
fn scalar(kind: &Kind, bits: u64, out: &mut Value) -> Result<(), CallError> {
    match kind {
        Kind::Bool => *out = Value::Bool(bits as u32 != 0),
        Kind::S8 => *out = Value::S8(bits as i8),
        Kind::S16 => *out = Value::S16(bits as i16),
        Kind::S32 => *out = Value::S32(bits as i32),
        Kind::S64 => *out = Value::S64(bits as i64),
        Kind::U8 => *out = Value::U8(bits as u8),
        Kind::U16 => *out = Value::U16(bits as u16),
        Kind::U32 => *out = Value::U32(bits as u32),
        Kind::U64 => *out = Value::U64(bits),
        Kind::F32 => *out = Value::F32(canonical_f32(f32::from_bits(bits as u32))),
        Kind::F64 => *out = Value::F64(canonical_f64(f64::from_bits(bits))),
        Kind::Char => match char::from_u32(bits as u32) {
            Some(char) => *out = Value::Char(char),
            None => return Err(lie(format!("wanted a Unicode scalar value, found {:#x}", bits as u32))),
        },
        Kind::Flags(count) => *out = Value::Flags((0..*count).map(|index| bits >> index & 1 == 1).collect()),
        other => return Err(lie(format!("a {} where one core value was wanted", other.name()))),
    }
    Ok(())
}

#[cold]
fn lie(text: String) -> CallError {
    CallError::Contract(text)
}
