//! Values into the guest: flat core values where there are few, memory that the guest allocates where there are many.
//!
//! What does not fit its type is the caller's mistake and said so; where the guest puts memory is checked.

use streamfn_model::Value;
use streamfn_model::value::{canonical_f32, canonical_f64};
use wasmtime::ValRaw;

use super::error::CallError;
use super::guest::Guest;
use super::plan::{Cases, Fields, Kind, MAX_FLAT_PARAMS, Plan, Type};

/// What strings and lists may measure by the canonical ABI.
const MAX_BYTES: usize = (1 << 31) - 1;

/// The flat arguments of one call, kept for the next one. Every one is its bits, zero-extended, so that joined cases need no
/// conversion.
pub(super) struct Flats {
    pub slots: [ValRaw; MAX_FLAT_PARAMS],
    len: usize,
}

impl Flats {
    pub(super) fn new() -> Flats {
        Flats { slots: [ValRaw::u64(0); MAX_FLAT_PARAMS], len: 0 }
    }

    #[inline]
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
    flats.len = 0;
    let wanted = plan.params.fields.len();
    if args.len() != wanted {
        return Err(other_number(wanted, args.len()));
    }
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

#[cold]
fn other_number(wanted: usize, found: usize) -> CallError {
    CallError::Argument(format!("wanted {wanted} arguments, found {found}"))
}

#[cold]
fn place(position: usize, error: CallError) -> CallError {
    match error {
        CallError::Argument(text) => CallError::Argument(format!("at position {position}: {text}")),
        other => other,
    }
}

/// One core value is put where it goes, anything else goes on.
#[inline(always)]
fn flat(guest: &mut Guest, ty: &Type, value: &Value, flats: &mut Flats) -> Result<(), CallError> {
    if let Some(bits) = bits(&ty.kind, value) {
        flats.push(bits);
        return Ok(());
    }
    match (&ty.kind, value) {
        (Kind::Record(fields), Value::Record(values)) => flat_fields(guest, ty, fields, values, flats),
        _ => flat_other(guest, ty, value, flats),
    }
}

fn flat_fields(
    guest: &mut Guest,
    ty: &Type,
    fields: &Fields,
    values: &[Value],
    flats: &mut Flats,
) -> Result<(), CallError> {
    for ((_, ty), value) in fields.fields.iter().zip(same_length(ty, fields, values)?) {
        flat(guest, ty, value, flats)?;
    }
    Ok(())
}

#[inline(never)]
fn flat_other(guest: &mut Guest, ty: &Type, value: &Value, flats: &mut Flats) -> Result<(), CallError> {
    match (&ty.kind, value) {
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
    if !ty.pointers {
        return fill(guest.bytes_mut(at, ty.size as usize)?, ty, value, 0);
    }
    match (&ty.kind, value) {
        (Kind::Record(fields), Value::Record(values)) => {
            let mut parts = fields.fields.iter().zip(same_length(ty, fields, values)?);
            parts.try_for_each(|((offset, ty), value)| store(guest, ty, value, at + *offset as usize))
        }
        (Kind::Option { cases, .. } | Kind::Variant(cases), _) => {
            let (index, payload) = case(ty, cases, value)?;
            put(guest.bytes_mut(at, cases.discriminant as usize)?, 0, u64::from(index), cases.discriminant);
            match payload {
                Some((ty, value)) => store(guest, ty, value, at + cases.payload as usize),
                None => Ok(()),
            }
        }
        _ => {
            let (start, len) = pointed(guest, ty, value)?;
            let pointer = guest.bytes_mut(at, 8)?;
            put(pointer, 0, start as u64, 4);
            put(pointer, 4, len as u64, 4);
            Ok(())
        }
    }
}

/// [`store`] for a type without strings and lists, into memory that no allocation can move meanwhile.
pub(super) fn fill(memory: &mut [u8], ty: &Type, value: &Value, at: usize) -> Result<(), CallError> {
    if let Some(bits) = bits(&ty.kind, value) {
        put(memory, at, bits, ty.size);
        return Ok(());
    }
    match (&ty.kind, value) {
        (Kind::Record(fields), Value::Record(values)) => {
            let mut parts = fields.fields.iter().zip(same_length(ty, fields, values)?);
            parts.try_for_each(|((offset, ty), value)| fill(memory, ty, value, at + *offset as usize))
        }
        (Kind::Decimal, Value::Decimal { unscaled, scale }) => {
            put(memory, at, (unscaled >> 64) as u64, 8);
            put(memory, at + 8, *unscaled as u64, 8);
            put(memory, at + 16, u64::from(*scale), 1);
            Ok(())
        }
        (Kind::Option { cases, .. } | Kind::Variant(cases), _) => {
            let (index, payload) = case(ty, cases, value)?;
            put(memory, at, u64::from(index), cases.discriminant);
            match payload {
                Some((ty, value)) => fill(memory, ty, value, at + cases.payload as usize),
                None => Ok(()),
            }
        }
        _ => Err(mismatch(ty, value)),
    }
}

fn same_length<'v>(ty: &Type, fields: &Fields, values: &'v [Value]) -> Result<&'v [Value], CallError> {
    let (wanted, found) = (fields.fields.len(), values.len());
    if wanted == found {
        return Ok(values);
    }
    Err(CallError::Argument(format!("wanted a {} of {wanted} fields, found {found}", ty.kind.name())))
}

/// Copies a string or list into memory of its own: its address and its length.
fn pointed(guest: &mut Guest, ty: &Type, value: &Value) -> Result<(usize, usize), CallError> {
    let bytes = match (&ty.kind, value) {
        (Kind::String, Value::String(text)) => text.as_bytes(),
        (Kind::Bytes, Value::Bytes(bytes)) => bytes,
        (Kind::List(element), Value::List(values)) => {
            let bytes = length(values.len(), element.size)?;
            let start = guest.allocate(bytes, element.align)?;
            if !element.pointers {
                let memory = guest.bytes_mut(start, bytes as usize)?;
                for (index, value) in values.iter().enumerate() {
                    fill(memory, element, value, index * element.size as usize)?;
                }
                return Ok((start, values.len()));
            }
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

/// A payload with its type.
type Payload<'a> = Option<(&'a Type, &'a Value)>;

/// The case a value names, with its payload.
fn case<'a>(ty: &Type, cases: &'a Cases, value: &'a Value) -> Result<(u32, Payload<'a>), CallError> {
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
#[inline(always)]
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

/// The low `size` bytes of `bits`, little-endian, into memory that is there for them.
#[inline]
fn put(memory: &mut [u8], at: usize, bits: u64, size: u32) {
    let bytes = bits.to_le_bytes();
    match size {
        1 => word::<1>(memory, at, &bytes),
        2 => word::<2>(memory, at, &bytes),
        4 => word::<4>(memory, at, &bytes),
        _ => word::<8>(memory, at, &bytes),
    }
}

#[inline]
fn word<const N: usize>(memory: &mut [u8], at: usize, bytes: &[u8; 8]) {
    let target = memory.get_mut(at..).and_then(|memory| memory.first_chunk_mut::<N>());
    if let (Some(target), Some(source)) = (target, bytes.first_chunk::<N>()) {
        *target = *source;
    }
}

#[cold]
pub(super) fn mismatch(ty: &Type, value: &Value) -> CallError {
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
