//! The canonical ABI of one function, worked out once: what is flat, what is in memory, and where.
//!
//! Knows types and numbers only; no runtime, no component binary. The rules are those of the component model's
//! `CanonicalABI.md`, and the names are its names.

use crate::contract::{WitFunction, WitType};

/// More flat parameters than this travel as one tuple in memory.
pub(super) const MAX_FLAT_PARAMS: usize = 16;
/// More flat results than this come back by pointer.
pub(super) const MAX_FLAT_RESULTS: usize = 1;
/// More flags than this are no valid component type.
const MAX_FLAGS: usize = 32;

/// The type of a flat value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flat {
    I32,
    I64,
    F32,
    F64,
}

impl Flat {
    /// The type that can carry either, when two cases of a variant share a flat position.
    fn join(self, other: Flat) -> Flat {
        match (self, other) {
            (a, b) if a == b => a,
            (Flat::I32, Flat::F32) | (Flat::F32, Flat::I32) => Flat::I32,
            _ => Flat::I64,
        }
    }
}

/// How one function is called.
#[derive(Debug)]
pub(super) struct Plan {
    pub params: Fields,
    pub result: Option<Type>,
    /// The declared result is `result<T, string>`: `err` is a refusal, `ok` is the value.
    pub refusable: bool,
    /// The core function's own signature.
    pub core_params: Vec<Flat>,
    pub core_results: Vec<Flat>,
    pub needs_memory: bool,
    pub needs_realloc: bool,
}

/// A type with its place in memory and among flat values.
#[derive(Debug)]
pub(super) struct Type {
    pub kind: Kind,
    pub size: u32,
    pub align: u32,
    pub flat: Vec<Flat>,
    /// Holds strings or lists.
    pub pointers: bool,
}

/// Its number is a byte by itself, so that a call's many looks at it cost one load each.
#[derive(Debug)]
#[repr(u8)]
pub(super) enum Kind {
    Bool,
    S8,
    S16,
    S32,
    S64,
    U8,
    U16,
    U32,
    U64,
    F32,
    F64,
    Char,
    String,
    /// `list<u8>`.
    Bytes,
    List(Box<Type>),
    Record(Fields),
    /// `nested`: the payload is an option too, so that `some` has to be said.
    Option {
        cases: Box<Cases>,
        nested: bool,
    },
    Variant(Box<Cases>),
    Flags(usize),
    /// `record { high: s64, low: u64, scale: u8 }`, one number to everybody else.
    Decimal,
}

impl Kind {
    /// What it is called in an error.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Kind::Bool => "bool",
            Kind::S8 => "s8",
            Kind::S16 => "s16",
            Kind::S32 => "s32",
            Kind::S64 => "s64",
            Kind::U8 => "u8",
            Kind::U16 => "u16",
            Kind::U32 => "u32",
            Kind::U64 => "u64",
            Kind::F32 => "f32",
            Kind::F64 => "f64",
            Kind::Char => "char",
            Kind::String => "string",
            Kind::Bytes => "list<u8>",
            Kind::List(_) => "list",
            Kind::Record(_) => "record",
            Kind::Option { .. } => "option",
            Kind::Variant(_) => "variant",
            Kind::Flags(_) => "flags",
            Kind::Decimal => "decimal",
        }
    }
}

/// Parts one after another: a record, a tuple or a function's parameters.
#[derive(Debug)]
pub(super) struct Fields {
    /// Each with its offset.
    pub fields: Vec<(u32, Type)>,
    pub size: u32,
    pub align: u32,
    pub flat: Vec<Flat>,
}

/// The cases of a variant, option, result or enum.
#[derive(Debug)]
pub(super) struct Cases {
    /// Bytes of the discriminant: 1, 2 or 4.
    pub discriminant: u32,
    /// Where every payload starts.
    pub payload: u32,
    pub cases: Vec<Option<Type>>,
    /// How many flat values follow the discriminant, whichever case it is.
    pub flat_payload: usize,
}

impl Plan {
    /// Refuses, in a sentence, what no component can declare.
    pub(super) fn of(function: &WitFunction) -> Result<Plan, String> {
        let params = Fields::of(function.params.iter().map(|(_, ty)| ty))?;
        let result = function.result.as_ref().map(Type::of).transpose()?;
        let params_in_memory = params.flat.len() > MAX_FLAT_PARAMS;
        let result_in_memory = result.as_ref().is_some_and(|ty| ty.flat.len() > MAX_FLAT_RESULTS);
        let param_pointers = params.fields.iter().any(|(_, ty)| ty.pointers);
        let refusable = matches!(
            &function.result,
            Some(WitType::Result { err: Some(err), .. }) if **err == WitType::String
        );
        Ok(Plan {
            core_params: if params_in_memory { vec![Flat::I32] } else { params.flat.clone() },
            core_results: match &result {
                None => Vec::new(),
                Some(_) if result_in_memory => vec![Flat::I32],
                Some(ty) => ty.flat.clone(),
            },
            needs_memory: params_in_memory || param_pointers || result_in_memory,
            needs_realloc: params_in_memory || param_pointers,
            params,
            result,
            refusable,
        })
    }

    pub(super) fn params_in_memory(&self) -> bool {
        self.params.flat.len() > MAX_FLAT_PARAMS
    }

    /// What a call that refuses nothing gives.
    pub(super) fn answer(&self) -> Option<&Type> {
        match &self.result.as_ref()?.kind {
            Kind::Variant(cases) if self.refusable => cases.cases.first()?.as_ref(),
            _ => self.result.as_ref(),
        }
    }

    /// Where the answer is in a result that may be a refusal.
    pub(super) fn answer_offset(&self) -> u32 {
        match self.result.as_ref().map(|result| &result.kind) {
            Some(Kind::Variant(cases)) if self.refusable => cases.payload,
            _ => 0,
        }
    }
}

impl Type {
    fn of(ty: &WitType) -> Result<Type, String> {
        let scalar = |kind, size, flat| Type { kind, size, align: size, flat: vec![flat], pointers: false };
        let pointer = |kind| Type { kind, size: 8, align: 4, flat: vec![Flat::I32; 2], pointers: true };
        Ok(match ty {
            WitType::Bool => scalar(Kind::Bool, 1, Flat::I32),
            WitType::S8 => scalar(Kind::S8, 1, Flat::I32),
            WitType::U8 => scalar(Kind::U8, 1, Flat::I32),
            WitType::S16 => scalar(Kind::S16, 2, Flat::I32),
            WitType::U16 => scalar(Kind::U16, 2, Flat::I32),
            WitType::S32 => scalar(Kind::S32, 4, Flat::I32),
            WitType::U32 => scalar(Kind::U32, 4, Flat::I32),
            WitType::Char => scalar(Kind::Char, 4, Flat::I32),
            WitType::S64 => scalar(Kind::S64, 8, Flat::I64),
            WitType::U64 => scalar(Kind::U64, 8, Flat::I64),
            WitType::F32 => scalar(Kind::F32, 4, Flat::F32),
            WitType::F64 => scalar(Kind::F64, 8, Flat::F64),
            WitType::String => pointer(Kind::String),
            WitType::List(element) if **element == WitType::U8 => pointer(Kind::Bytes),
            WitType::List(element) => pointer(Kind::List(Box::new(Type::of(element)?))),
            WitType::Record(fields) => Type::record(Fields::of(fields.iter().map(|(_, ty)| ty))?),
            WitType::Tuple(fields) => Type::record(Fields::of(fields)?),
            WitType::Variant(cases) => Type::variant(Cases::of(cases.iter().map(|(_, ty)| ty.as_ref()))?),
            WitType::Enum(names) => Type::variant(Cases::of(names.iter().map(|_| None))?),
            WitType::Result { ok, err } => Type::variant(Cases::of([ok.as_deref(), err.as_deref()])?),
            WitType::Option(payload) => {
                let variant = Type::variant(Cases::of([None, Some(&**payload)])?);
                let nested = matches!(**payload, WitType::Option(_));
                match variant.kind {
                    Kind::Variant(cases) => Type { kind: Kind::Option { cases, nested }, ..variant },
                    _ => variant,
                }
            }
            WitType::Flags(names) => {
                if names.is_empty() || names.len() > MAX_FLAGS {
                    return Err(format!("flags have 1 to {MAX_FLAGS} names, and these have {}", names.len()));
                }
                let size = (names.len().div_ceil(8)).next_power_of_two() as u32;
                scalar(Kind::Flags(names.len()), size, Flat::I32)
            }
            WitType::Decimal => Type {
                kind: Kind::Decimal,
                size: 24,
                align: 8,
                flat: vec![Flat::I64, Flat::I64, Flat::I32],
                pointers: false,
            },
        })
    }

    fn record(fields: Fields) -> Type {
        Type {
            size: fields.size,
            align: fields.align,
            flat: fields.flat.clone(),
            pointers: fields.fields.iter().any(|(_, ty)| ty.pointers),
            kind: Kind::Record(fields),
        }
    }

    fn variant(cases: Cases) -> Type {
        let payloads = || cases.cases.iter().flatten();
        let mut joined: Vec<Flat> = Vec::new();
        for payload in payloads() {
            for (position, flat) in payload.flat.iter().enumerate() {
                match joined.get_mut(position) {
                    Some(slot) => *slot = slot.join(*flat),
                    None => joined.push(*flat),
                }
            }
        }
        let align = payloads().map(|ty| ty.align).fold(cases.discriminant, u32::max);
        let size = cases.payload + payloads().map(|ty| ty.size).max().unwrap_or(0);
        let flat = std::iter::once(Flat::I32).chain(joined).collect();
        let pointers = payloads().any(|ty| ty.pointers);
        Type { size: size.next_multiple_of(align), align, flat, pointers, kind: Kind::Variant(Box::new(cases)) }
    }
}

impl Fields {
    fn of<'a>(types: impl IntoIterator<Item = &'a WitType>) -> Result<Fields, String> {
        let (mut fields, mut flat) = (Vec::new(), Vec::new());
        let (mut end, mut align) = (0u32, 1);
        for ty in types {
            let ty = Type::of(ty)?;
            let offset = end.next_multiple_of(ty.align);
            end = offset.checked_add(ty.size).filter(|end| *end < 1 << 28).ok_or("a record is larger than 256 MiB")?;
            align = align.max(ty.align);
            flat.extend_from_slice(&ty.flat);
            fields.push((offset, ty));
        }
        Ok(Fields { fields, size: end.next_multiple_of(align), align, flat })
    }
}

impl Cases {
    fn of<'a>(types: impl IntoIterator<Item = Option<&'a WitType>>) -> Result<Cases, String> {
        let cases = types.into_iter().map(|ty| ty.map(Type::of).transpose()).collect::<Result<Vec<_>, _>>()?;
        let discriminant: u32 = match cases.len() {
            0 => return Err("a variant needs a case, and this has none".to_owned()),
            1..=0x100 => 1,
            0x101..=0x1_0000 => 2,
            _ => 4,
        };
        let align = cases.iter().flatten().map(|ty| ty.align).max().unwrap_or(1);
        let flat_payload = cases.iter().flatten().map(|ty| ty.flat.len()).max().unwrap_or(0);
        Ok(Cases { discriminant, payload: discriminant.next_multiple_of(align), cases, flat_payload })
    }
}
