//! The main module with a loop for each function added to it, and a memory of the host's own.
//!
//! The loops stand in the module itself, not in one beside it, so that what they call is called directly and may be compiled into
//! them. What a batch has is in a memory that the guest's code does not know: whatever it does to its own, and however it ends,
//! the states that it was not working on stay as they were.

use std::collections::BTreeMap;
use std::ops::Range;

use wasm_encoder::{
    CodeSection, Encode, ExportKind, ExportSection, FunctionSection, MemorySection, MemoryType, Module, RawSection,
    SectionId, TypeSection, ValType,
};
use wasmparser::{ExternalKind, Parser, Payload};

/// What the added memory is exported as.
pub(in crate::host) const MEMORY: &str = "streamfn:batch";

/// The index of the added memory: a main module has one of its own.
pub(super) const OURS: u32 = 1;

/// What an added function is exported as, by its place among them.
pub(in crate::host) fn name(place: usize) -> String {
    format!("streamfn:batch/{place}")
}

/// Where a module's functions are.
#[derive(Debug)]
pub(super) struct Index<'a> {
    bytes: &'a [u8],
    /// Each section by its id, where it begins and ends.
    sections: Vec<(u8, Range<usize>)>,
    pub functions: BTreeMap<&'a str, u32>,
    types: u32,
    defined: u32,
}

impl<'a> Index<'a> {
    /// `None` for a module without a memory, or that is not as expected: its functions are called one by one.
    pub(super) fn of(bytes: &'a [u8]) -> Option<Index<'a>> {
        let mut index = Index { bytes, sections: vec![], functions: BTreeMap::new(), types: 0, defined: 0 };
        let mut memories = 0;
        for payload in Parser::new(0).parse_all(bytes) {
            let payload = payload.ok()?;
            if let Some((id, range)) = payload.as_section() {
                index.sections.push((id, range));
            }
            match payload {
                Payload::TypeSection(types) => {
                    for group in types {
                        index.types += u32::try_from(group.ok()?.types().len()).ok()?;
                    }
                }
                Payload::FunctionSection(functions) => index.defined = functions.count(),
                Payload::MemorySection(section) => memories = section.count(),
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export.ok()?;
                        if export.kind == ExternalKind::Func {
                            index.functions.insert(export.name, export.index);
                        }
                    }
                }
                _ => {}
            }
        }
        (memories == OURS).then_some(index)
    }

    /// The module with these functions from one number to another behind its own.
    pub(super) fn with(&self, functions: &[wasm_encoder::Function]) -> Option<Vec<u8>> {
        let (mut types, mut declared, mut memories) =
            (TypeSection::new(), FunctionSection::new(), MemorySection::new());
        let (mut exports, mut code) = (ExportSection::new(), CodeSection::new());
        types.ty().function([ValType::I32], [ValType::I32]);
        memories.memory(MemoryType { minimum: 0, maximum: None, memory64: false, shared: false, page_size_log2: None });
        exports.export(MEMORY, ExportKind::Memory, OURS);
        for (place, function) in functions.iter().enumerate() {
            declared.function(self.types);
            exports.export(&name(place), ExportKind::Func, self.defined + u32::try_from(place).ok()?);
            code.function(function);
        }
        let mut module = Module::new();
        for (id, range) in &self.sections {
            let content = &self.bytes[range.clone()];
            let longer = match id {
                id if *id == SectionId::Type as u8 => appended(content, &types)?,
                id if *id == SectionId::Function as u8 => appended(content, &declared)?,
                id if *id == SectionId::Memory as u8 => appended(content, &memories)?,
                id if *id == SectionId::Export as u8 => appended(content, &exports)?,
                id if *id == SectionId::Code as u8 => appended(content, &code)?,
                id => {
                    module.section(&RawSection { id: *id, data: content });
                    continue;
                }
            };
            module.section(&RawSection { id: *id, data: &longer });
        }
        Some(module.finish())
    }
}

/// The content of a section, a count and so many items, with the items of another one behind its own.
fn appended(content: &[u8], other: &impl Encode) -> Option<Vec<u8>> {
    let mut encoded = Vec::new();
    other.encode(&mut encoded);
    // Its own length stands first.
    let (_, added) = counted(&encoded)?;
    let ((count, items), (more, new)) = (counted(content)?, counted(added)?);
    let mut all = Vec::new();
    count.checked_add(more)?.encode(&mut all);
    all.extend_from_slice(items);
    all.extend_from_slice(new);
    Some(all)
}

/// A number and what follows it.
fn counted(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let mut reader = wasmparser::BinaryReader::new(bytes, 0);
    let count = reader.read_var_u32().ok()?;
    Some((count, &bytes[reader.current_position()..]))
}
