//! A component's binary as a whole: that it is one, that it is valid, that it imports nothing but types, and its sections.
//!
//! Knows no runtime and nothing of what the sections mean to each other.

use wasmparser::component_types::{ComponentAnyTypeId, ComponentEntityType};
use wasmparser::{Chunk, ComponentTypeRef, Parser, Payload, TypeBounds, Validator, WasmFeatures};

use super::error::LoadError;

/// Refuses what is no valid component, and imports of anything that runs.
pub(super) fn validate(bytes: &[u8]) -> Result<(), LoadError> {
    if !bytes.starts_with(b"\0asm") {
        let found = match bytes.get(..4).unwrap_or(bytes) {
            [] => "nothing".to_owned(),
            start => start.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "),
        };
        return Err(LoadError::NotWasm { found });
    }
    if Parser::is_core_wasm(bytes) {
        return Err(LoadError::CoreModule);
    }
    let types = Validator::new_with_features(WasmFeatures::all()).validate_all(bytes)?;
    let refuse = |name: String, found: &str| Err(LoadError::Import { name, found: found.to_owned() });
    for_each_section(bytes, |section| {
        let Payload::ComponentImportSection(imports) = section else { return Ok(()) };
        for import in imports {
            let import = import?;
            let name = import.name.name.to_owned();
            match import.ty {
                ComponentTypeRef::Type(TypeBounds::Eq(_)) => {}
                ComponentTypeRef::Type(TypeBounds::SubResource) => {
                    return Err(LoadError::Resource { found: format!("import `{name}`") });
                }
                ComponentTypeRef::Instance(_) => {
                    let item = types.as_ref().component_item_for_import(&name).map(|item| item.ty);
                    let Some(ComponentEntityType::Instance(instance)) = item else { return refuse(name, "instance") };
                    for (export, item) in &types[instance].exports {
                        match item.ty {
                            ComponentEntityType::Type { created: ComponentAnyTypeId::Resource(_), .. } => {
                                return Err(LoadError::Resource { found: format!("`{export}` of import `{name}`") });
                            }
                            ComponentEntityType::Type { .. } => {}
                            ComponentEntityType::Func(_) => return refuse(name, &format!("function `{export}`")),
                            _ => return refuse(name, &format!("`{export}`, which is no type")),
                        }
                    }
                }
                other => return refuse(name, other.kind().desc()),
            }
        }
        Ok(())
    })
}

/// The sections of the outermost level, with modules and nested components as ranges.
pub(super) fn for_each_section<'a>(
    bytes: &'a [u8],
    mut each: impl FnMut(Payload<'a>) -> Result<(), LoadError>,
) -> Result<(), LoadError> {
    let mut parser = Parser::new(0);
    parser.set_features(WasmFeatures::all());
    let mut rest = bytes;
    let mut at = 0;
    loop {
        let (consumed, payload) = match parser.parse(rest, true)? {
            Chunk::Parsed { consumed, payload } => (consumed, payload),
            Chunk::NeedMoreData(_) => {
                return Err(LoadError::Invalid { offset: at, message: "the end of the file".to_owned() });
            }
        };
        at += consumed;
        match &payload {
            Payload::End(_) => return Ok(()),
            Payload::ModuleSection { unchecked_range, .. } | Payload::ComponentSection { unchecked_range, .. } => {
                at = unchecked_range.end;
            }
            _ => {}
        }
        rest = bytes.get(at..).unwrap_or_default();
        each(payload)?;
    }
}

impl From<wasmparser::BinaryReaderError> for LoadError {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        LoadError::Invalid { offset: error.offset(), message: error.message().to_owned() }
    }
}
