//! Values into the guest: flat core values where there are few, memory that the guest allocates where there are many.
//!
//! What does not fit its type is the caller's mistake and said so; where the guest puts memory is checked.

use streamfn_model::Value;
use wasmtime::ValRaw;

use super::error::CallError;
use super::guest::Guest;
use super::plan::{Cases, Fields, Kind, MAX_FLAT_PARAMS, Plan, Type};

/// What strings and lists may measure by the canonical ABI.
const MAX_BYTES: usize = (1 << 31) - 1;

/// The flat arguments of one call. Every one is its bits, zero-extended, so that joined cases need no conversion.
pub(super) struct Flats {
    pub slots: [ValRaw; MAX_FLAT_PARAMS],
    len: usize,
}

impl Flats {
    pub(super) fn new() -> Flats {
        Flats { slots: [ValRaw::u64(0); MAX_FLAT_PARAMS], len: 0 }
    }

    fn push(&mut self, bits: u64) {
        // A plan with more flat values than slots goes through memory, so there is always a slot.
        if let Some(slot) = self.slots.get_mut(self.len) {
            *slot = ValRaw::u64(bits);
        }
        self.len += 1;
    }
}

/// Puts the arguments where the plan says: into `flats`, or into memory with the pointer in `flats`.
pub(super) fn arguments(guest: &mut Guest, plan: &Plan, args: &[Value], flats: &mut Flats) -> Result<(), CallError> {
    let wanted = plan.params.fields.len();
    if args.len() != wanted {
        return Err(CallError::Argument(format!("wanted {wanted} arguments, found {}", args.len())));
    }
    let place = |position: usize, error| match error {
        CallError::Argument(text) => CallError::Argument(format!("at position {position}: {text}")),
        other => other,
    };
    if plan.params_in_memory() {
        let start = guest.allocate(plan.params.size, plan.params.align)?;
        flats.push(start as u64);
        for (position, (arg, (offset, ty))) in args.iter().zip(&plan.params.fields).enumerate() {
            store(guest, ty, arg, start + *offset as usize).map_err(|error| place(position, error))?;
        }
    } else {
        for (position, (arg, (_, ty))) in args.iter().zip(&plan.params.fields).enumerate() {
            flat(guest, ty, arg, flats).map_err(|error| place(position, error))?;
        }
    }
    Ok(())
}

fn flat(guest: &mut Guest, ty: &Type, value: &Value, flats: &mut Flats) -> Result<(), CallError> {
    if let Some(bits) = bits(&ty.kind, value) {
        flats.push(bits);
        return Ok(());
    }
    match (&ty.kind, value) {
        (Kind::Record(fields), Value::Record(values)) if values.len() == fields.fields.len() => {
            for ((_, ty), value) in fields.fields.iter().zip(values) {
                flat(guest, ty, value, flats)?;
            }
        }
        (Kind::Decimal, Value::Decimal { unscaled, scale }) => {
            flats.push((unscaled >> 64) as u64);
            flats.push(*unscaled as u64);
            flats.push(u64::from(*scale));
        }
        (Kind::Option { cases, .. } | Kind::Variant(cases), _) => {
            let (index, payload) = case(ty, cases, value)?;
            flats.push(u64::from(index));
            let end = flats.len + cases.flat_payload;
            if let Some((ty, value)) = payload {
                flat(guest, ty, value, flats)?;
            }
            while flats.len < end {
                flats.push(0);
            }
        }
        (Kind::String | Kind::Bytes | Kind::List(_), _) => {
            let (start, len) = pointed(guest, ty, value)?;
            flats.push(start as u64);
            flats.push(len as u64);
        }
        _ => return Err(mismatch(ty, value)),
    }
    Ok(())
}

/// Writes a value at an address that was allocated for its type.
fn store(guest: &mut Guest, ty: &Type, value: &Value, at: usize) -> Result<(), CallError> {
    if let Some(bits) = bits(&ty.kind, value) {
        return write(guest, at, bits, ty.size);
    }
    match (&ty.kind, value) {
        (Kind::Record(fields), Value::Record(values)) => store_fields(guest, ty, fields, values, at),
        (Kind::Decimal, Value::Decimal { unscaled, scale }) => {
            write(guest, at, (unscaled >> 64) as u64, 8)?;
            write(guest, at + 8, *unscaled as u64, 8)?;
            write(guest, at + 16, u64::from(*scale), 1)
        }
        (Kind::Option { cases, .. } | Kind::Variant(cases), _) => {
            let (index, payload) = case(ty, cases, value)?;
            write(guest, at, u64::from(index), cases.discriminant)?;
            match payload {
                Some((ty, value)) => store(guest, ty, value, at + cases.payload as usize),
                None => Ok(()),
            }
        }
        (Kind::String | Kind::Bytes | Kind::List(_), _) => {
            let (start, len) = pointed(guest, ty, value)?;
            write(guest, at, start as u64, 4)?;
            write(guest, at + 4, len as u64, 4)
        }
        _ => Err(mismatch(ty, value)),
    }
}

fn store_fields(guest: &mut Guest, ty: &Type, fields: &Fields, values: &[Value], at: usize) -> Result<(), CallError> {
    if values.len() != fields.fields.len() {
        let (wanted, found) = (fields.fields.len(), values.len());
        return Err(CallError::Argument(format!("wanted {} of {wanted} fields, found {found}", ty.kind.name())));
    }
    for ((offset, ty), value) in fields.fields.iter().zip(values) {
        store(guest, ty, value, at + *offset as usize)?;
    }
    Ok(())
}

/// Copies a string or list into memory of its own: its address and its length.
fn pointed(guest: &mut Guest, ty: &Type, value: &Value) -> Result<(usize, usize), CallError> {
    let bytes = match (&ty.kind, value) {
        (Kind::String, Value::String(text)) => text.as_bytes(),
        (Kind::Bytes, Value::Bytes(bytes)) => bytes,
        (Kind::List(element), Value::List(values)) => {
            let start = guest.allocate(length(values.len(), element.size)?, element.align)?;
            for (index, value) in values.iter().enumerate() {
                store(guest, element, value, start + index * element.size as usize)?;
            }
            return Ok((start, values.len()));
        }
        _ => return Err(mismatch(ty, value)),
    };
    let start = guest.allocate(length(bytes.len(), 1)?, 1)?;
    guest.bytes_mut(start, bytes.len())?.copy_from_slice(bytes);
    Ok((start, bytes.len()))
}

fn length(count: usize, size: u32) -> Result<u32, CallError> {
    let bytes = count.checked_mul(size as usize).filter(|bytes| *bytes <= MAX_BYTES);
    bytes.and_then(|bytes| u32::try_from(bytes).ok()).ok_or_else(|| {
        CallError::Argument(format!("wanted a string or list of at most {MAX_BYTES} bytes, found {count} × {size}"))
    })
}

/// The case a value names, with its payload's type and value.
fn case<'a>(ty: &Type, cases: &'a Cases, value: &'a Value) -> Result<(u32, Option<(&'a Type, &'a Value)>), CallError> {
    let (index, payload) = match (&ty.kind, value) {
        (Kind::Option { .. }, Value::Null) => (0, None),
        (Kind::Option { nested: true, .. }, Value::Some(value)) => (1, Some(&**value)),
        (Kind::Option { nested: false, .. }, value) => (1, Some(value)),
        (Kind::Variant(_), Value::Variant(index, payload)) => (*index, payload.as_deref()),
        _ => return Err(mismatch(ty, value)),
    };
    match (cases.cases.get(index as usize), payload) {
        (Some(Some(ty)), Some(value)) => Ok((index, Some((ty, value)))),
        (Some(None), None) => Ok((index, None)),
        (None, _) => Err(CallError::Argument(format!("wanted one of {} cases, found case {index}", cases.cases.len()))),
        (Some(ty), _) => {
            let (wanted, found) = if ty.is_some() { ("a", "none") } else { ("no", "one") };
            Err(CallError::Argument(format!("wanted {wanted} payload for case {index}, found {found}")))
        }
    }
}

/// The bits of a value that is one core value: sign-extended to 32 bits, then zero-extended.
fn bits(kind: &Kind, value: &Value) -> Option<u64> {
    let signed = |value: i32| u64::from(value as u32);
    Some(match (kind, value) {
        (Kind::Bool, Value::Bool(v)) => u64::from(*v),
        (Kind::S8, Value::S8(v)) => signed(i32::from(*v)),
        (Kind::S16, Value::S16(v)) => signed(i32::from(*v)),
        (Kind::S32, Value::S32(v)) => signed(*v),
        (Kind::S64, Value::S64(v)) => *v as u64,
        (Kind::U8, Value::U8(v)) => u64::from(*v),
        (Kind::U16, Value::U16(v)) => u64::from(*v),
        (Kind::U32, Value::U32(v)) => u64::from(*v),
        (Kind::U64, Value::U64(v)) => *v,
        (Kind::F32, Value::F32(v)) => u64::from(canonical_f32(*v).to_bits()),
        (Kind::F64, Value::F64(v)) => canonical_f64(*v).to_bits(),
        (Kind::Char, Value::Char(v)) => u64::from(u32::from(*v)),
        (Kind::Flags(count), Value::Flags(flags)) if flags.len() == *count => {
            flags.iter().enumerate().fold(0, |bits, (index, flag)| bits | u64::from(*flag) << index)
        }
        _ => return None,
    })
}

/// One pattern for every NaN, so that bits are the same on every host.
pub(super) fn canonical_f32(value: f32) -> f32 {
    if value.is_nan() { f32::from_bits(0x7fc0_0000) } else { value }
}

pub(super) fn canonical_f64(value: f64) -> f64 {
    if value.is_nan() { f64::from_bits(0x7ff8_0000_0000_0000) } else { value }
}

/// The low `size` bytes of `bits`, little-endian.
fn write(guest: &mut Guest, at: usize, bits: u64, size: u32) -> Result<(), CallError> {
    let bytes = bits.to_le_bytes();
    let target = guest.bytes_mut(at, size as usize)?;
    match size {
        1 => target.copy_from_slice(&bytes[..1]),
        2 => target.copy_from_slice(&bytes[..2]),
        4 => target.copy_from_slice(&bytes[..4]),
        _ => target.copy_from_slice(&bytes),
    }
    Ok(())
}

fn mismatch(ty: &Type, value: &Value) -> CallError {
    let found = match value {
        Value::Null => "null".to_owned(),
        Value::String(_) => "a string".to_owned(),
        Value::Bytes(_) => "bytes".to_owned(),
        Value::List(values) => format!("a list of {}", values.len()),
        Value::Record(values) => format!("a record of {} fields", values.len()),
        Value::Flags(flags) => format!("{} flags", flags.len()),
        other => format!("{other:?}"),
    };
    CallError::Argument(format!("wanted {}, found {found}", ty.kind.name()))
}
