//! A WIT value type with its aliases followed: what the canonical ABI needs to know, and no more.

use std::fmt;

/// A WIT value type. Names are kept where a person or SQL reads them; the ABI goes by position.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum WitType {
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
    List(Box<WitType>),
    Record(Vec<(String, WitType)>),
    Tuple(Vec<WitType>),
    Variant(Vec<(String, Option<WitType>)>),
    Enum(Vec<String>),
    Option(Box<WitType>),
    Result {
        ok: Option<Box<WitType>>,
        err: Option<Box<WitType>>,
    },
    Flags(Vec<String>),
    /// `record decimal { high: s64, low: u64, scale: u8 }` of `streamfn:types`: a record to the ABI, but
    /// `Value::Decimal` to everybody else.
    Decimal,
}

/// One function of an interface: what crosses the boundary when it is called.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WitFunction {
    pub params: Vec<(String, WitType)>,
    pub result: Option<WitType>,
}

/// The type as WIT writes it, records and the like written out.
impl fmt::Display for WitType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_none = |ty: &Option<Box<WitType>>| ty.as_ref().map_or("_".to_owned(), |ty| ty.to_string());
        match self {
            WitType::Bool => f.write_str("bool"),
            WitType::S8 => f.write_str("s8"),
            WitType::S16 => f.write_str("s16"),
            WitType::S32 => f.write_str("s32"),
            WitType::S64 => f.write_str("s64"),
            WitType::U8 => f.write_str("u8"),
            WitType::U16 => f.write_str("u16"),
            WitType::U32 => f.write_str("u32"),
            WitType::U64 => f.write_str("u64"),
            WitType::F32 => f.write_str("f32"),
            WitType::F64 => f.write_str("f64"),
            WitType::Char => f.write_str("char"),
            WitType::String => f.write_str("string"),
            WitType::Decimal => f.write_str("decimal"),
            WitType::List(element) => write!(f, "list<{element}>"),
            WitType::Option(some) => write!(f, "option<{some}>"),
            WitType::Result { ok, err } => write!(f, "result<{}, {}>", or_none(ok), or_none(err)),
            WitType::Tuple(types) => write!(f, "tuple<{}>", joined(types.iter().map(WitType::to_string))),
            WitType::Record(fields) => {
                write!(f, "record {{ {} }}", joined(fields.iter().map(|(name, ty)| format!("{name}: {ty}"))))
            }
            WitType::Variant(cases) => {
                let case = |(name, ty): &(String, Option<WitType>)| match ty {
                    Some(ty) => format!("{name}({ty})"),
                    None => name.clone(),
                };
                write!(f, "variant {{ {} }}", joined(cases.iter().map(case)))
            }
            WitType::Enum(cases) => write!(f, "enum {{ {} }}", cases.join(", ")),
            WitType::Flags(flags) => write!(f, "flags {{ {} }}", flags.join(", ")),
        }
    }
}

/// The function as WIT writes it, without its name.
impl fmt::Display for WitFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "func({})", joined(self.params.iter().map(|(name, ty)| format!("{name}: {ty}"))))?;
        self.result.as_ref().map_or(Ok(()), |result| write!(f, " -> {result}"))
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}
