//! Values as bytes: what the generator writes, every host reads, and the results are compared by.
//!
//! Numbers are little endian, floats their bits; a string or list is a count of 32 bits and what it counts, an option a
//! byte and what it holds, a record its fields. So two values are equal, bit by bit, if their bytes are.
//! `plugins/jvm/pack`'s Wire is the same on the JVM.

use streamfn::contract::WitType;
use streamfn_model::Value;
use wasmtime::component::Val;

/// Bytes that are read from the front.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub fn bytes(&mut self, count: usize) -> &'a [u8] {
        let (front, rest) = self.0.split_at(count);
        self.0 = rest;
        front
    }

    pub fn number<const N: usize>(&mut self) -> [u8; N] {
        let (front, rest) = self.0.split_first_chunk().expect("whoever wrote this wrote all of it");
        self.0 = rest;
        *front
    }

    pub fn byte(&mut self) -> u8 {
        u8::from_le_bytes(self.number())
    }

    pub fn count(&mut self) -> usize {
        u32::from_le_bytes(self.number()) as usize
    }

    pub fn text(&mut self) -> String {
        let count = self.count();
        std::str::from_utf8(self.bytes(count)).expect("text was written").to_owned()
    }
}

pub fn write_count(count: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&u32::try_from(count).expect("few are written").to_le_bytes());
}

pub fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    write_count(bytes.len(), out);
    out.extend_from_slice(bytes);
}

/// The value of the bridge.
pub fn read_value(ty: &WitType, from: &mut Reader) -> Value {
    match ty {
        WitType::Bool => Value::Bool(from.byte() != 0),
        WitType::S8 => Value::S8(i8::from_le_bytes(from.number())),
        WitType::S16 => Value::S16(i16::from_le_bytes(from.number())),
        WitType::S32 => Value::S32(i32::from_le_bytes(from.number())),
        WitType::S64 => Value::S64(i64::from_le_bytes(from.number())),
        WitType::U64 => Value::U64(u64::from_le_bytes(from.number())),
        WitType::F32 => Value::F32(f32::from_le_bytes(from.number())),
        WitType::F64 => Value::F64(f64::from_le_bytes(from.number())),
        WitType::String => Value::String(from.text()),
        WitType::List(of) if **of == WitType::U8 => {
            let count = from.count();
            Value::Bytes(from.bytes(count).to_vec())
        }
        WitType::List(of) => {
            let count = from.count();
            Value::List((0..count).map(|_| read_value(of, from)).collect())
        }
        WitType::Record(fields) => Value::Record(fields.iter().map(|(_, ty)| read_value(ty, from)).collect()),
        WitType::Tuple(types) => Value::Record(types.iter().map(|ty| read_value(ty, from)).collect()),
        WitType::Option(of) => match from.byte() {
            0 => Value::Null,
            _ => read_value(of, from),
        },
        WitType::Decimal => {
            Value::Decimal { unscaled: i128::from_le_bytes(from.number()), scale: u8::from_le_bytes(from.number()) }
        }
        other => panic!("no function here has a {other}"),
    }
}

pub fn write_value(ty: &WitType, value: &Value, out: &mut Vec<u8>) {
    match (ty, value) {
        (WitType::Option(_), Value::Null) => out.push(0),
        (WitType::Option(of), value) => {
            out.push(1);
            write_value(of, value, out);
        }
        (_, Value::Bool(v)) => out.push(u8::from(*v)),
        (_, Value::S8(v)) => out.extend_from_slice(&v.to_le_bytes()),
        (_, Value::S16(v)) => out.extend_from_slice(&v.to_le_bytes()),
        (_, Value::S32(v)) => out.extend_from_slice(&v.to_le_bytes()),
        (_, Value::S64(v)) => out.extend_from_slice(&v.to_le_bytes()),
        (_, Value::U64(v)) => out.extend_from_slice(&v.to_le_bytes()),
        (_, Value::F32(v)) => out.extend_from_slice(&v.to_le_bytes()),
        (_, Value::F64(v)) => out.extend_from_slice(&v.to_le_bytes()),
        (_, Value::String(v)) => write_bytes(v.as_bytes(), out),
        (_, Value::Bytes(v)) => write_bytes(v, out),
        (WitType::List(of), Value::List(v)) => {
            write_count(v.len(), out);
            v.iter().for_each(|value| write_value(of, value, out));
        }
        (WitType::Record(fields), Value::Record(v)) => {
            fields.iter().zip(v).for_each(|((_, ty), value)| write_value(ty, value, out));
        }
        (WitType::Tuple(types), Value::Record(v)) => {
            types.iter().zip(v).for_each(|(ty, value)| write_value(ty, value, out));
        }
        (_, Value::Decimal { unscaled, scale }) => {
            out.extend_from_slice(&unscaled.to_le_bytes());
            out.push(*scale);
        }
        (ty, value) => panic!("{value:?} is no {ty}"),
    }
}

/// The value of wasmtime's component API.
pub fn read_val(ty: &WitType, from: &mut Reader) -> Val {
    match ty {
        WitType::Bool => Val::Bool(from.byte() != 0),
        WitType::S8 => Val::S8(i8::from_le_bytes(from.number())),
        WitType::U8 => Val::U8(from.byte()),
        WitType::S16 => Val::S16(i16::from_le_bytes(from.number())),
        WitType::S32 => Val::S32(i32::from_le_bytes(from.number())),
        WitType::S64 => Val::S64(i64::from_le_bytes(from.number())),
        WitType::U64 => Val::U64(u64::from_le_bytes(from.number())),
        WitType::F32 => Val::Float32(f32::from_le_bytes(from.number())),
        WitType::F64 => Val::Float64(f64::from_le_bytes(from.number())),
        WitType::String => Val::String(from.text()),
        WitType::List(of) => {
            let count = from.count();
            Val::List((0..count).map(|_| read_val(of, from)).collect())
        }
        WitType::Record(fields) => {
            Val::Record(fields.iter().map(|(name, ty)| (name.clone(), read_val(ty, from))).collect())
        }
        WitType::Tuple(types) => Val::Tuple(types.iter().map(|ty| read_val(ty, from)).collect()),
        WitType::Option(of) => Val::Option(match from.byte() {
            0 => None,
            _ => Some(Box::new(read_val(of, from))),
        }),
        WitType::Decimal => {
            let (low, high, scale) = (from.number(), from.number(), from.byte());
            Val::Record(vec![
                ("high".to_owned(), Val::S64(i64::from_le_bytes(high))),
                ("low".to_owned(), Val::U64(u64::from_le_bytes(low))),
                ("scale".to_owned(), Val::U8(scale)),
            ])
        }
        other => panic!("no function here has a {other}"),
    }
}

pub fn write_val(ty: &WitType, value: &Val, out: &mut Vec<u8>) {
    match (ty, value) {
        (_, Val::Bool(v)) => out.push(u8::from(*v)),
        (_, Val::S8(v)) => out.extend_from_slice(&v.to_le_bytes()),
        (_, Val::U8(v)) => out.push(*v),
        (_, Val::S16(v)) => out.extend_from_slice(&v.to_le_bytes()),
        (_, Val::S32(v)) => out.extend_from_slice(&v.to_le_bytes()),
        (_, Val::S64(v)) => out.extend_from_slice(&v.to_le_bytes()),
        (_, Val::U64(v)) => out.extend_from_slice(&v.to_le_bytes()),
        (_, Val::Float32(v)) => out.extend_from_slice(&v.to_le_bytes()),
        (_, Val::Float64(v)) => out.extend_from_slice(&v.to_le_bytes()),
        (_, Val::String(v)) => write_bytes(v.as_bytes(), out),
        (WitType::List(of), Val::List(v)) => {
            write_count(v.len(), out);
            v.iter().for_each(|value| write_val(of, value, out));
        }
        // Wasmtime gives the fields in the order of their declaration.
        (WitType::Record(fields), Val::Record(v)) => {
            fields.iter().zip(v).for_each(|((_, ty), (_, value))| write_val(ty, value, out));
        }
        (WitType::Tuple(types), Val::Tuple(v)) => {
            types.iter().zip(v).for_each(|(ty, value)| write_val(ty, value, out));
        }
        (WitType::Option(of), Val::Option(v)) => {
            out.push(u8::from(v.is_some()));
            v.iter().for_each(|value| write_val(of, value, out));
        }
        (WitType::Decimal, Val::Record(v)) => match &v[..] {
            [(_, high), (_, low), (_, scale)] => {
                write_val(&WitType::U64, low, out);
                write_val(&WitType::S64, high, out);
                write_val(&WitType::U8, scale, out);
            }
            other => panic!("{other:?} is no decimal"),
        },
        (ty, value) => panic!("{value:?} is no {ty}"),
    }
}

/// A type as the JVM's side reads it.
pub fn type_text(ty: &WitType) -> String {
    let all =
        |types: &mut dyn Iterator<Item = &WitType>| types.map(|ty| format!(" {}", type_text(ty))).collect::<String>();
    match ty {
        WitType::List(of) if **of == WitType::U8 => "bytes".to_owned(),
        WitType::List(of) => format!("(list {})", type_text(of)),
        WitType::Option(of) => format!("(option {})", type_text(of)),
        WitType::Record(fields) => format!("(record{})", all(&mut fields.iter().map(|(_, ty)| ty))),
        WitType::Tuple(types) => format!("(record{})", all(&mut types.iter())),
        other => other.to_string(),
    }
}
