//! Random WIT types, their WIT text, random values of them, and the same values for wasmtime's component API.

#![allow(dead_code, reason = "each test uses a part of this")]

use std::fmt::Write;

use proptest::prelude::*;
use streamfn::contract::WitType;
use streamfn_model::Value;
use wasmtime::component::Val;

/// Any WIT value type, four levels deep.
pub fn any_type() -> impl Strategy<Value = WitType> {
    // A leaf alone is the least interesting type.
    prop_oneof![1 => leaf().boxed(), 4 => nested().boxed()]
}

fn leaf() -> impl Strategy<Value = WitType> {
    prop_oneof![
        Just(WitType::Bool),
        Just(WitType::S8),
        Just(WitType::U8),
        Just(WitType::S16),
        Just(WitType::U16),
        Just(WitType::S32),
        Just(WitType::U32),
        Just(WitType::S64),
        Just(WitType::U64),
        Just(WitType::F32),
        Just(WitType::F64),
        Just(WitType::Char),
        Just(WitType::String),
        Just(WitType::Decimal),
        Just(WitType::List(Box::new(WitType::U8))),
        prop_oneof![1..=40usize, Just(256), Just(257)].prop_map(|count| WitType::Enum(names("e", count))),
        (1..=32usize).prop_map(|count| WitType::Flags(names("f", count))),
    ]
}

fn nested() -> impl Strategy<Value = WitType> {
    leaf().prop_recursive(4, 48, 5, |inner| {
        let boxed = || inner.clone().prop_map(Box::new);
        let cases = prop::collection::vec(prop::option::of(inner.clone()), 1..5);
        prop_oneof![
            boxed().prop_map(WitType::List),
            boxed().prop_map(WitType::Option),
            boxed().prop_map(|ty| WitType::Option(Box::new(WitType::Option(ty)))),
            (prop::option::of(boxed()), prop::option::of(boxed())).prop_map(|(ok, err)| WitType::Result { ok, err }),
            prop::collection::vec(inner.clone(), 1..5).prop_map(WitType::Tuple),
            prop::collection::vec(inner.clone(), 1..5).prop_map(|types| WitType::Record(named("f", types))),
            cases.prop_map(|types| WitType::Variant(named("c", types))),
        ]
    })
}

fn names(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|index| format!("{prefix}{index}")).collect()
}

fn named<T>(prefix: &str, parts: Vec<T>) -> Vec<(String, T)> {
    names(prefix, parts.len()).into_iter().zip(parts).collect()
}

/// A value of the type, equal to itself after every NaN became the canonical one.
pub fn any_value(ty: &WitType) -> BoxedStrategy<Value> {
    match ty {
        WitType::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        WitType::S8 => any::<i8>().prop_map(Value::S8).boxed(),
        WitType::U8 => any::<u8>().prop_map(Value::U8).boxed(),
        WitType::S16 => any::<i16>().prop_map(Value::S16).boxed(),
        WitType::U16 => any::<u16>().prop_map(Value::U16).boxed(),
        WitType::S32 => any::<i32>().prop_map(Value::S32).boxed(),
        WitType::U32 => any::<u32>().prop_map(Value::U32).boxed(),
        WitType::S64 => any::<i64>().prop_map(Value::S64).boxed(),
        WitType::U64 => any::<u64>().prop_map(Value::U64).boxed(),
        WitType::F32 => any::<u32>().prop_map(|bits| Value::F32(canonical32(f32::from_bits(bits)))).boxed(),
        WitType::F64 => prop_oneof![
            any::<u64>().prop_map(|bits| Value::F64(canonical64(f64::from_bits(bits)))),
            prop::sample::select(vec![0.0, -0.0, f64::INFINITY, canonical64(f64::NAN), 5e-324]).prop_map(Value::F64)
        ]
        .boxed(),
        WitType::Char => any::<char>().prop_map(Value::Char).boxed(),
        WitType::String => prop::collection::vec(any::<char>(), 0..6)
            .prop_map(|chars| Value::String(chars.into_iter().collect()))
            .boxed(),
        WitType::List(element) if **element == WitType::U8 => {
            prop::collection::vec(any::<u8>(), 0..9).prop_map(Value::Bytes).boxed()
        }
        WitType::List(element) => prop::collection::vec(any_value(element), 0..4).prop_map(Value::List).boxed(),
        WitType::Record(fields) => all(fields.iter().map(|(_, ty)| ty)),
        WitType::Tuple(types) => all(types),
        WitType::Variant(cases) => one_of(cases.iter().map(|(_, ty)| ty.as_ref()).collect()),
        WitType::Enum(names) => (0..names.len() as u32).prop_map(|index| Value::Variant(index, None)).boxed(),
        WitType::Result { ok, err } => one_of(vec![ok.as_deref(), err.as_deref()]),
        WitType::Option(payload) => {
            let nested = matches!(**payload, WitType::Option(_));
            let some = any_value(payload);
            let some = some.prop_map(move |value| if nested { Value::Some(Box::new(value)) } else { value });
            prop_oneof![1 => Just(Value::Null), 2 => some].boxed()
        }
        WitType::Flags(names) => {
            prop::collection::vec(any::<bool>(), names.len()..=names.len()).prop_map(Value::Flags).boxed()
        }
        WitType::Decimal => {
            any::<(i128, u8)>().prop_map(|(unscaled, scale)| Value::Decimal { unscaled, scale }).boxed()
        }
    }
}

fn all<'a>(types: impl IntoIterator<Item = &'a WitType>) -> BoxedStrategy<Value> {
    types.into_iter().map(any_value).collect::<Vec<_>>().prop_map(Value::Record).boxed()
}

fn one_of(cases: Vec<Option<&WitType>>) -> BoxedStrategy<Value> {
    let cases = cases.into_iter().enumerate().map(|(index, ty)| match ty {
        None => Just(Value::Variant(index as u32, None)).boxed(),
        Some(ty) => any_value(ty).prop_map(move |value| Value::Variant(index as u32, Some(Box::new(value)))).boxed(),
    });
    prop::strategy::Union::new(cases).boxed()
}

fn canonical32(value: f32) -> f32 {
    if value.is_nan() { f32::from_bits(0x7fc0_0000) } else { value }
}

fn canonical64(value: f64) -> f64 {
    if value.is_nan() { f64::from_bits(0x7ff8_0000_0000_0000) } else { value }
}

/// The WIT text of types; those that need a name are declared on the way.
#[derive(Default)]
pub struct Wit {
    pub declarations: String,
    count: usize,
}

impl Wit {
    pub fn name(&mut self, ty: &WitType) -> String {
        match ty {
            WitType::Bool => "bool".to_owned(),
            WitType::S8 => "s8".to_owned(),
            WitType::U8 => "u8".to_owned(),
            WitType::S16 => "s16".to_owned(),
            WitType::U16 => "u16".to_owned(),
            WitType::S32 => "s32".to_owned(),
            WitType::U32 => "u32".to_owned(),
            WitType::S64 => "s64".to_owned(),
            WitType::U64 => "u64".to_owned(),
            WitType::F32 => "f32".to_owned(),
            WitType::F64 => "f64".to_owned(),
            WitType::Char => "char".to_owned(),
            WitType::String => "string".to_owned(),
            WitType::List(ty) => format!("list<{}>", self.name(ty)),
            WitType::Option(ty) => format!("option<{}>", self.name(ty)),
            WitType::Tuple(types) => {
                let types: Vec<_> = types.iter().map(|ty| self.name(ty)).collect();
                format!("tuple<{}>", types.join(", "))
            }
            WitType::Result { ok, err } => {
                let mut part = |ty: &Option<Box<WitType>>| ty.as_ref().map_or("_".to_owned(), |ty| self.name(ty));
                match (part(ok), part(err)) {
                    (ok, err) if err == "_" && ok == "_" => "result".to_owned(),
                    (ok, err) if err == "_" => format!("result<{ok}>"),
                    (ok, err) => format!("result<{ok}, {err}>"),
                }
            }
            WitType::Record(fields) => {
                let fields: Vec<_> = fields.iter().map(|(name, ty)| format!("{name}: {}", self.name(ty))).collect();
                self.declare("record", fields)
            }
            WitType::Variant(cases) => {
                let case = |(name, ty): &(String, Option<WitType>)| match ty {
                    Some(ty) => format!("{name}({})", self.name(ty)),
                    None => name.clone(),
                };
                let cases = cases.iter().map(case).collect();
                self.declare("variant", cases)
            }
            WitType::Enum(names) => self.declare("enum", names.clone()),
            WitType::Flags(names) => self.declare("flags", names.clone()),
            WitType::Decimal => {
                if !self.declarations.contains("record decimal ") {
                    self.declarations.push_str("record decimal { high: s64, low: u64, scale: u8 }\n");
                }
                "decimal".to_owned()
            }
        }
    }

    fn declare(&mut self, kind: &str, parts: Vec<String>) -> String {
        self.count += 1;
        let name = format!("t{}", self.count);
        writeln!(self.declarations, "{kind} {name} {{ {} }}", parts.join(", ")).expect("a String takes text");
        name
    }
}

/// Our value as wasmtime's.
pub fn to_val(ty: &WitType, value: &Value) -> Val {
    let payload = |ty: Option<&WitType>, value: &Option<Box<Value>>| match (ty, value) {
        (Some(ty), Some(value)) => Some(Box::new(to_val(ty, value))),
        _ => None,
    };
    match (ty, value) {
        (WitType::Option(_), Value::Null) => Val::Option(None),
        (WitType::Option(ty), Value::Some(v)) if matches!(**ty, WitType::Option(_)) => {
            Val::Option(Some(Box::new(to_val(ty, v))))
        }
        (WitType::Option(ty), v) => Val::Option(Some(Box::new(to_val(ty, v)))),
        (_, Value::Bool(v)) => Val::Bool(*v),
        (_, Value::S8(v)) => Val::S8(*v),
        (_, Value::U8(v)) => Val::U8(*v),
        (_, Value::S16(v)) => Val::S16(*v),
        (_, Value::U16(v)) => Val::U16(*v),
        (_, Value::S32(v)) => Val::S32(*v),
        (_, Value::U32(v)) => Val::U32(*v),
        (_, Value::S64(v)) => Val::S64(*v),
        (_, Value::U64(v)) => Val::U64(*v),
        (WitType::F32, Value::F32(v)) => Val::Float32(*v),
        (WitType::F64, Value::F64(v)) => Val::Float64(*v),
        (WitType::Char, Value::Char(v)) => Val::Char(*v),
        (WitType::String, Value::String(v)) => Val::String(v.clone()),
        (WitType::List(_), Value::Bytes(v)) => Val::List(v.iter().map(|byte| Val::U8(*byte)).collect()),
        (WitType::List(ty), Value::List(v)) => Val::List(v.iter().map(|value| to_val(ty, value)).collect()),
        (WitType::Record(fields), Value::Record(v)) => {
            Val::Record(fields.iter().zip(v).map(|((name, ty), value)| (name.clone(), to_val(ty, value))).collect())
        }
        (WitType::Tuple(types), Value::Record(v)) => {
            Val::Tuple(types.iter().zip(v).map(|(ty, value)| to_val(ty, value)).collect())
        }
        (WitType::Variant(cases), Value::Variant(index, v)) => {
            let (name, ty) = &cases[*index as usize];
            Val::Variant(name.clone(), payload(ty.as_ref(), v))
        }
        (WitType::Enum(names), Value::Variant(index, _)) => Val::Enum(names[*index as usize].clone()),
        (WitType::Result { ok, .. }, Value::Variant(0, v)) => Val::Result(Ok(payload(ok.as_deref(), v))),
        (WitType::Result { err, .. }, Value::Variant(_, v)) => Val::Result(Err(payload(err.as_deref(), v))),
        (WitType::Flags(names), Value::Flags(v)) => {
            Val::Flags(names.iter().zip(v).filter(|(_, set)| **set).map(|(name, _)| name.clone()).collect())
        }
        (WitType::Decimal, Value::Decimal { unscaled, scale }) => Val::Record(vec![
            ("high".to_owned(), Val::S64((unscaled >> 64) as i64)),
            ("low".to_owned(), Val::U64(*unscaled as u64)),
            ("scale".to_owned(), Val::U8(*scale)),
        ]),
        (ty, value) => panic!("{value:?} is no {ty:?}"),
    }
}
