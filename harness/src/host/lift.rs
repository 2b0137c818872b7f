//! Values out of the guest. Nothing it says is believed: every address, length, case, character and byte of text is
//! checked before it is followed, and the whole may not outgrow the result limit.

use streamfn_model::Value;

use super::error::CallError;
use super::lower::{canonical_f32, canonical_f64};
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
    pub(super) fn result(&mut self, ty: &Type, bits: u64) -> Result<Value, CallError> {
        if ty.flat.len() <= 1 {
            return self.flat(ty, bits);
        }
        let start = self.range(bits as u32, ty.size as usize, ty.align, "the result")?;
        self.load(ty, start)
    }

    /// A type of at most one flat value, in `bits`.
    fn flat(&mut self, ty: &Type, bits: u64) -> Result<Value, CallError> {
        match &ty.kind {
            Kind::Record(fields) => {
                self.charge(fields.fields.len() * VALUE)?;
                fields.fields.iter().map(|(_, ty)| self.flat(ty, bits)).collect::<Result<_, _>>().map(Value::Record)
            }
            // With one flat value in all, that is the case, and no case has a payload.
            Kind::Variant(cases) | Kind::Option { cases, .. } => {
                let (index, _) = case(cases, bits as u32)?;
                Ok(Value::Variant(index, None))
            }
            kind => scalar(kind, bits),
        }
    }

    /// A value at an address whose range was checked.
    fn load(&mut self, ty: &Type, at: usize) -> Result<Value, CallError> {
        match &ty.kind {
            Kind::Record(fields) => self.record(fields, at),
            Kind::Variant(cases) => {
                let (index, payload) = case(cases, self.read(at, cases.discriminant)? as u32)?;
                let Some(ty) = payload else { return Ok(Value::Variant(index, None)) };
                self.charge(VALUE)?;
                let payload = self.load(ty, at + cases.payload as usize)?;
                Ok(Value::Variant(index, Some(Box::new(payload))))
            }
            Kind::Option { cases, nested } => {
                let (_, payload) = case(cases, self.read(at, cases.discriminant)? as u32)?;
                let Some(ty) = payload else { return Ok(Value::Null) };
                let payload = self.load(ty, at + cases.payload as usize)?;
                if *nested {
                    self.charge(VALUE)?;
                    return Ok(Value::Some(Box::new(payload)));
                }
                Ok(payload)
            }
            Kind::Decimal => {
                let (high, low) = (self.read(at, 8)?, self.read(at + 8, 8)?);
                let unscaled = i128::from(high as i64) << 64 | i128::from(low);
                Ok(Value::Decimal { unscaled, scale: self.read(at + 16, 1)? as u8 })
            }
            Kind::String => {
                let bytes = self.pointed_bytes(at, "a string")?;
                let text = std::str::from_utf8(bytes).map_err(|error| {
                    let valid = error.valid_up_to();
                    lie(format!("wanted UTF-8, found other bytes after {valid} bytes of a string"))
                })?;
                Ok(Value::String(text.to_owned()))
            }
            Kind::Bytes => Ok(Value::Bytes(self.pointed_bytes(at, "a list")?.to_vec())),
            Kind::List(element) => self.list(element, at),
            kind => scalar(kind, self.read(at, ty.size)?),
        }
    }

    fn record(&mut self, fields: &Fields, at: usize) -> Result<Value, CallError> {
        self.charge(fields.fields.len() * VALUE)?;
        let mut values = Vec::with_capacity(fields.fields.len());
        for (offset, ty) in &fields.fields {
            values.push(self.load(ty, at + *offset as usize)?);
        }
        Ok(Value::Record(values))
    }

    fn list(&mut self, element: &Type, at: usize) -> Result<Value, CallError> {
        let (start, count) = (self.read(at, 4)? as u32, self.read(at + 4, 4)? as usize);
        let size = element.size as usize;
        let bytes =
            count.checked_mul(size).ok_or_else(|| lie(format!("a list of {count} elements of {size} bytes")))?;
        let start = self.range(start, bytes, element.align, "a list")?;
        self.charge(count.saturating_mul(VALUE))?;
        let mut values = Vec::with_capacity(count);
        for index in 0..count {
            values.push(self.load(element, start + index * size)?);
        }
        Ok(Value::List(values))
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

    fn read(&self, at: usize, size: u32) -> Result<u64, CallError> {
        let end = at + size as usize;
        let bytes = self.memory.get(at..end).ok_or_else(|| lie(format!("a value at {at}, beyond the memory")))?;
        Ok(match *bytes {
            [a] => u64::from(a),
            [a, b] => u64::from(u16::from_le_bytes([a, b])),
            [a, b, c, d] => u64::from(u32::from_le_bytes([a, b, c, d])),
            [a, b, c, d, e, f, g, h] => u64::from_le_bytes([a, b, c, d, e, f, g, h]),
            _ => return Err(lie(format!("a scalar of {size} bytes"))),
        })
    }

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

fn scalar(kind: &Kind, bits: u64) -> Result<Value, CallError> {
    Ok(match kind {
        Kind::Bool => Value::Bool(bits as u32 != 0),
        Kind::S8 => Value::S8(bits as i8),
        Kind::S16 => Value::S16(bits as i16),
        Kind::S32 => Value::S32(bits as i32),
        Kind::S64 => Value::S64(bits as i64),
        Kind::U8 => Value::U8(bits as u8),
        Kind::U16 => Value::U16(bits as u16),
        Kind::U32 => Value::U32(bits as u32),
        Kind::U64 => Value::U64(bits),
        Kind::F32 => Value::F32(canonical_f32(f32::from_bits(bits as u32))),
        Kind::F64 => Value::F64(canonical_f64(f64::from_bits(bits))),
        Kind::Char => {
            let found = || lie(format!("wanted a Unicode scalar value, found {:#x}", bits as u32));
            Value::Char(char::from_u32(bits as u32).ok_or_else(found)?)
        }
        Kind::Flags(count) => Value::Flags((0..*count).map(|index| bits >> index & 1 == 1).collect()),
        other => return Err(lie(format!("a {} where one core value was wanted", other.name()))),
    })
}

fn lie(text: String) -> CallError {
    CallError::Contract(text)
}
