//! Makes components from a WIT text and a core module, and reads their interfaces for the bridge.
//!
//! [`describe`] stands where `contract::read` belongs: it fills what a host needs and finds no SQL function.

#![allow(dead_code, reason = "each test uses a part of this")]

use std::collections::BTreeMap;

use sha2::Digest;
use streamfn::contract::{Component, WitFunction, WitType};
use streamfn::host::{FunctionId, Instance, Limits, LoadError, Program};
use wit_component::{ComponentEncoder, DecodedWasm, StringEncoding};
use wit_parser::{Resolve, Type, TypeDefKind, WorldItem};

/// A component for the world `test` of `wit` with the core module of `wat` in it.
pub fn encode(wit: &str, wat: &str) -> Vec<u8> {
    encode_with(wit, &wat::parse_str(wat).expect("a core module"), StringEncoding::UTF8)
}

pub fn encode_with(wit: &str, module: &[u8], encoding: StringEncoding) -> Vec<u8> {
    encode_in(Resolve { all_features: true, ..Resolve::default() }, wit, module, encoding)
}

/// As [`encode`], of a WIT text that uses the package `other`.
pub fn encode_using(other: &str, wit: &str, wat: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    resolve.push_str("other.wit", other).unwrap_or_else(|error| panic!("{error:#}\n{other}"));
    encode_in(resolve, wit, &wat::parse_str(wat).expect("a core module"), StringEncoding::UTF8)
}

fn encode_in(mut resolve: Resolve, wit: &str, module: &[u8], encoding: StringEncoding) -> Vec<u8> {
    let package = resolve.push_str("test.wit", wit).unwrap_or_else(|error| panic!("{error:#}\n{wit}"));
    let world = resolve.select_world(&[package], Some("test")).expect("a world `test`");
    let mut module = module.to_vec();
    wit_component::embed_component_metadata(&mut module, &resolve, world, encoding).expect("metadata");
    let mut encoder = ComponentEncoder::default().module(&module).unwrap_or_else(|error| panic!("{error:#}\n{wit}"));
    encoder.encode().unwrap_or_else(|error| panic!("{error:#}\n{wit}"))
}

pub fn program(bytes: &[u8], limits: Limits) -> Result<Program, LoadError> {
    Program::compile(bytes, &describe(bytes), limits)
}

/// A program from WIT and WAT, and an instance of it.
pub fn load(wit: &str, wat: &str, limits: Limits) -> (Program, Instance) {
    let program = program(&encode(wit, wat), limits).unwrap_or_else(|error| panic!("{error}"));
    let instance = program.instance();
    (program, instance)
}

/// The function of the interface `t:t/i`.
pub fn function(program: &Program, name: &str) -> FunctionId {
    program.function("t:t/i", name).unwrap_or_else(|error| panic!("{error}"))
}

pub fn describe(bytes: &[u8]) -> Component {
    let mut interfaces = BTreeMap::new();
    if let Ok(DecodedWasm::Component(resolve, world)) = wit_component::decode(bytes) {
        for (key, item) in &resolve.worlds[world].exports {
            let WorldItem::Interface { id, .. } = item else { continue };
            let functions = &resolve.interfaces[*id].functions;
            let functions = functions.iter().map(|(name, function)| {
                let params = function.params.iter();
                let params = params.map(|param| (param.name.clone(), follow(&resolve, &param.ty))).collect();
                let result = function.result.as_ref().map(|ty| follow(&resolve, ty));
                (name.clone(), WitFunction { params, result })
            });
            interfaces.insert(resolve.name_world_key(key), functions.collect());
        }
    }
    Component {
        digest: digest(bytes),
        size: bytes.len(),
        functions: Vec::new(),
        refused: Vec::new(),
        imports: Vec::new(),
        docs_note: None,
        interfaces,
    }
}

pub fn digest(bytes: &[u8]) -> String {
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The type with its aliases followed.
fn follow(resolve: &Resolve, ty: &Type) -> WitType {
    let id = match ty {
        Type::Bool => return WitType::Bool,
        Type::S8 => return WitType::S8,
        Type::S16 => return WitType::S16,
        Type::S32 => return WitType::S32,
        Type::S64 => return WitType::S64,
        Type::U8 => return WitType::U8,
        Type::U16 => return WitType::U16,
        Type::U32 => return WitType::U32,
        Type::U64 => return WitType::U64,
        Type::F32 => return WitType::F32,
        Type::F64 => return WitType::F64,
        Type::Char => return WitType::Char,
        Type::String => return WitType::String,
        Type::ErrorContext => panic!("error-context"),
        Type::Id(id) => *id,
    };
    let boxed = |ty: &Type| Box::new(follow(resolve, ty));
    let def = &resolve.types[id];
    match &def.kind {
        TypeDefKind::Type(ty) => follow(resolve, ty),
        TypeDefKind::Record(record) => {
            let fields: Vec<_> = record.fields.iter().map(|f| (f.name.clone(), follow(resolve, &f.ty))).collect();
            let decimal = [WitType::S64, WitType::U64, WitType::U8];
            if def.name.as_deref() == Some("decimal") && fields.iter().map(|(_, ty)| ty).eq(&decimal) {
                return WitType::Decimal;
            }
            WitType::Record(fields)
        }
        TypeDefKind::Tuple(tuple) => WitType::Tuple(tuple.types.iter().map(|ty| follow(resolve, ty)).collect()),
        TypeDefKind::Variant(variant) => WitType::Variant(
            variant.cases.iter().map(|c| (c.name.clone(), c.ty.as_ref().map(|ty| follow(resolve, ty)))).collect(),
        ),
        TypeDefKind::Enum(names) => WitType::Enum(names.cases.iter().map(|case| case.name.clone()).collect()),
        TypeDefKind::Flags(flags) => WitType::Flags(flags.flags.iter().map(|flag| flag.name.clone()).collect()),
        TypeDefKind::Option(ty) => WitType::Option(boxed(ty)),
        TypeDefKind::Result(result) => {
            WitType::Result { ok: result.ok.as_ref().map(boxed), err: result.err.as_ref().map(boxed) }
        }
        TypeDefKind::List(ty) => WitType::List(boxed(ty)),
        // What the bridge refuses before it looks at types.
        _ => WitType::U32,
    }
}
