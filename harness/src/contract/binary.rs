//! What the bytes are, before anything in them is believed: a component, with its WIT and its docs section.

use wasmparser::{Parser, Payload, Validator, WasmFeatures};
use wit_component::DecodedWasm;
use wit_parser::{Resolve, WorldId, WorldItem, WorldKey};

use super::{ContractError, docs};

/// The component's own WIT: its world and everything that the world names.
pub fn decode(bytes: &[u8]) -> Result<(Resolve, WorldId), ContractError> {
    preamble(bytes)?;
    Validator::new_with_features(WasmFeatures::all()).validate_all(bytes).map_err(|e| match e.message() {
        message if message.contains("unexpected end") => ContractError::CutOff { at: bytes.len() },
        message => ContractError::Malformed { reason: format!("{message}, at byte {}", e.offset()) },
    })?;
    // It panics on some that are valid, of names that no tool writes (wit-parser 0.254, `unreachable!` for a function that is
    // named as an interface is).
    match std::panic::catch_unwind(|| wit_component::decode(bytes)) {
        Ok(Ok(DecodedWasm::Component(resolve, world))) => Ok((resolve, world)),
        Ok(Ok(DecodedWasm::WitPackage(..))) => Err(ContractError::WitPackage),
        Ok(Err(e)) => Err(ContractError::Malformed { reason: format!("{e:#}") }),
        Err(_) => Err(ContractError::Malformed { reason: "its exports make no WIT".to_owned() }),
    }
}

fn preamble(bytes: &[u8]) -> Result<(), ContractError> {
    if Parser::is_component(bytes) {
        return Ok(());
    }
    if Parser::is_core_wasm(bytes) {
        return Err(ContractError::CoreModule);
    }
    let found = match bytes {
        [] => "an empty file".to_owned(),
        [b'\0', b'a', b's', b'm', ..] if bytes.len() < 8 => return Err(ContractError::CutOff { at: bytes.len() }),
        [b'\0', b'a', b's', b'm', version @ ..] => format!("the unknown version {:02x?}", &version[..4]),
        _ => format!("a file that begins with {:02x?}", &bytes[..bytes.len().min(4)]),
    };
    Err(ContractError::NotWasm { found })
}

/// The content of the docs section of the component itself, not of a module inside it.
pub fn docs_section(bytes: &[u8]) -> Option<&[u8]> {
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.ok()? {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::CustomSection(section) if depth == 1 && section.name() == docs::SECTION => {
                return Some(section.data());
            }
            _ => {}
        }
    }
    None
}

/// The names of what is imported, if that is nothing but types.
pub fn imports(resolve: &Resolve, world: WorldId) -> Result<Vec<String>, ContractError> {
    let mut names = Vec::new();
    for (key, item) in &resolve.worlds[world].imports {
        let name = key_name(resolve, key);
        let only_types = match item {
            WorldItem::Interface { id, .. } => {
                let interface = &resolve.interfaces[*id];
                let resource = |id| matches!(resolve.types[id].kind, wit_parser::TypeDefKind::Resource);
                interface.functions.is_empty() && !interface.types.values().any(|id| resource(*id))
            }
            WorldItem::Type { .. } => true,
            WorldItem::Function(_) => false,
        };
        if !only_types {
            return Err(ContractError::Import { advice: advice(&name), name });
        }
        names.push(name);
    }
    Ok(names)
}

pub fn key_name(resolve: &Resolve, key: &WorldKey) -> String {
    match key {
        WorldKey::Name(name) => name.clone(),
        WorldKey::Interface(id) => resolve.id_of(*id).unwrap_or_else(|| "an interface without a name".to_owned()),
    }
}

/// How to build without an import.
fn advice(import: &str) -> String {
    const WASI: [(&str, &str); 6] = [
        ("wasi:clocks", "a function has no clock: take the time as a column"),
        ("wasi:random", "a function has no randomness: take a seed as a parameter"),
        ("wasi:filesystem", "a function reads no files: put the data into the code, or take it as a column"),
        ("wasi:sockets", "a function has no network: take the data as a column"),
        ("wasi:http", "a function has no network: take the data as a column"),
        ("wasi:", "a function has no operating system"),
    ];
    match WASI.iter().find(|(prefix, _)| import.starts_with(prefix)) {
        Some((_, why)) => format!(
            "{why}; in Rust build for wasm32-unknown-unknown, not for a wasm32-wasi target, as `streamfn build` does; \
             elsewhere use the target or switch that leaves WASI out"
        ),
        None => "take its functions out of the world's imports, and compile their code into the component".to_owned(),
    }
}
