//! One value of a SQL column or of a function's state, as it crosses every border inside the harness.
//!
//! A `Value` is physical: a BIGINT and a TIMESTAMP are both `S64`; [`crate::SqlType`] says which. It covers every WIT
//! value type, because the state of an aggregate may be any of them.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

/// A value. Equality is identity of bits: every NaN of one pattern equals itself and `0.0` differs from `-0.0`, so that
/// "the same bytes out" can be said with `==`.
#[derive(Debug, Clone)]
pub enum Value {
    /// SQL NULL, or `none` of a WIT option.
    Null,
    Bool(bool),
    S8(i8),
    S16(i16),
    S32(i32),
    S64(i64),
    U8(u8),
    U16(u16),
    U32(u32),
    U64(u64),
    F32(f32),
    F64(f64),
    Char(char),
    String(String),
    /// `list<u8>`; every other list is a [`Value::List`].
    Bytes(Vec<u8>),
    /// DECIMAL: the number is `unscaled × 10^-scale`.
    Decimal {
        unscaled: i128,
        scale: u8,
    },
    /// A list; a MAP is a list of two-field records (key, value) and a MULTISET a list of (element, count).
    List(Vec<Value>),
    /// The fields of a record or tuple, in order; names are the type's affair.
    Record(Vec<Value>),
    /// A case of a variant, enum or result by its index (`ok` is 0, `err` is 1), with its payload if it has one.
    Variant(u32, Option<Box<Value>>),
    /// Flags, one bit each, the first flag in bit 0.
    Flags(Vec<bool>),
    /// `some` of an option whose payload is itself an option; any other `some(v)` is just `v`.
    Some(Box<Value>),
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        use Value::*;
        match (self, other) {
            (Null, Null) => true,
            (Bool(a), Bool(b)) => a == b,
            (S8(a), S8(b)) => a == b,
            (S16(a), S16(b)) => a == b,
            (S32(a), S32(b)) => a == b,
            (S64(a), S64(b)) => a == b,
            (U8(a), U8(b)) => a == b,
            (U16(a), U16(b)) => a == b,
            (U32(a), U32(b)) => a == b,
            (U64(a), U64(b)) => a == b,
            (F32(a), F32(b)) => a.to_bits() == b.to_bits(),
            (F64(a), F64(b)) => a.to_bits() == b.to_bits(),
            (Char(a), Char(b)) => a == b,
            (String(a), String(b)) => a == b,
            (Bytes(a), Bytes(b)) => a == b,
            (Decimal { unscaled: a, scale: s }, Decimal { unscaled: b, scale: t }) => (a, s) == (b, t),
            (List(a), List(b)) | (Record(a), Record(b)) => a == b,
            (Variant(a, x), Variant(b, y)) => (a, x) == (b, y),
            (Flags(a), Flags(b)) => a == b,
            (Some(a), Some(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        use Value::*;
        std::mem::discriminant(self).hash(state);
        match self {
            Null => {}
            Bool(v) => v.hash(state),
            S8(v) => v.hash(state),
            S16(v) => v.hash(state),
            S32(v) => v.hash(state),
            S64(v) => v.hash(state),
            U8(v) => v.hash(state),
            U16(v) => v.hash(state),
            U32(v) => v.hash(state),
            U64(v) => v.hash(state),
            F32(v) => v.to_bits().hash(state),
            F64(v) => v.to_bits().hash(state),
            Char(v) => v.hash(state),
            String(v) => v.hash(state),
            Bytes(v) => v.hash(state),
            Decimal { unscaled, scale } => (unscaled, scale).hash(state),
            List(v) | Record(v) => v.hash(state),
            Variant(case, payload) => (case, payload).hash(state),
            Flags(v) => v.hash(state),
            Some(v) => v.hash(state),
        }
    }
}

/// A total order that agrees with equality: the entries of a MAP or MULTISET are shown in it, whatever the order in which
/// they came. Numbers of one type by size (-0.0 before 0.0, NaN last), text and bytes by their bytes, null first.
impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        use Value::*;
        match (self, other) {
            (Bool(a), Bool(b)) => a.cmp(b),
            (S8(a), S8(b)) => a.cmp(b),
            (S16(a), S16(b)) => a.cmp(b),
            (S32(a), S32(b)) => a.cmp(b),
            (S64(a), S64(b)) => a.cmp(b),
            (U8(a), U8(b)) => a.cmp(b),
            (U16(a), U16(b)) => a.cmp(b),
            (U32(a), U32(b)) => a.cmp(b),
            (U64(a), U64(b)) => a.cmp(b),
            (F32(a), F32(b)) => a.total_cmp(b),
            (F64(a), F64(b)) => a.total_cmp(b),
            (Char(a), Char(b)) => a.cmp(b),
            (String(a), String(b)) => a.cmp(b),
            (Bytes(a), Bytes(b)) => a.cmp(b),
            (Decimal { unscaled: a, scale: s }, Decimal { unscaled: b, scale: t }) => (s, a).cmp(&(t, b)),
            (List(a), List(b)) | (Record(a), Record(b)) => a.cmp(b),
            (Variant(a, x), Variant(b, y)) => (a, x).cmp(&(b, y)),
            (Flags(a), Flags(b)) => a.cmp(b),
            (Some(a), Some(b)) => a.cmp(b),
            (a, b) => a.rank().cmp(&b.rank()),
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Option::Some(self.cmp(other))
    }
}

impl Value {
    /// The place of the kind of value among all kinds.
    fn rank(&self) -> u8 {
        use Value::*;
        match self {
            Null => 0,
            Bool(_) => 1,
            S8(_) => 2,
            S16(_) => 3,
            S32(_) => 4,
            S64(_) => 5,
            U8(_) => 6,
            U16(_) => 7,
            U32(_) => 8,
            U64(_) => 9,
            F32(_) => 10,
            F64(_) => 11,
            Char(_) => 12,
            String(_) => 13,
            Bytes(_) => 14,
            Decimal { .. } => 15,
            List(_) => 16,
            Record(_) => 17,
            Variant(..) => 18,
            Flags(_) => 19,
            Some(_) => 20,
        }
    }

    /// The value with every NaN as Java's, which is what a function gets and gives on every host.
    pub fn canonical(&self) -> Value {
        let all = |values: &[Value]| values.iter().map(Value::canonical).collect();
        match self {
            Value::F32(x) => Value::F32(canonical_f32(*x)),
            Value::F64(x) => Value::F64(canonical_f64(*x)),
            Value::List(values) => Value::List(all(values)),
            Value::Record(values) => Value::Record(all(values)),
            Value::Variant(case, payload) => Value::Variant(*case, payload.as_ref().map(|v| Box::new(v.canonical()))),
            Value::Some(value) => Value::Some(Box::new(value.canonical())),
            value => value.clone(),
        }
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }
}

/// One pattern for every NaN, so that bits are the same on every host.
#[inline]
pub fn canonical_f32(value: f32) -> f32 {
    if value.is_nan() { f32::from_bits(0x7fc0_0000) } else { value }
}

#[inline]
pub fn canonical_f64(value: f64) -> f64 {
    if value.is_nan() { f64::from_bits(0x7ff8_0000_0000_0000) } else { value }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::String(text.to_owned())
    }
}
