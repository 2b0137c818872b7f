//! A WIT value type with its aliases followed: what the canonical ABI needs to know, and no more.

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
