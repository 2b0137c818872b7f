//! What stands inside a component: core modules, and the nested components that only re-export what they are given.
//!
//! wit-component wraps each exported interface in such a nested component so that it can name types. It runs nothing.

use std::collections::BTreeMap;

use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentOuterAliasKind, ComponentTypeRef, MemoryType, Parser, Payload,
    TypeRef,
};

use super::error::LoadError;
use super::sections::inconsistent;

/// What a core module says of itself.
#[derive(Debug, Default)]
pub(super) struct CoreModule {
    /// Module and name of each import, in order.
    pub imports: Vec<(String, String)>,
    pub exports: usize,
    /// Memories, its own and imported ones.
    pub memories: usize,
    memory64: bool,
    shared: bool,
    /// The function that its start section calls.
    pub start: Option<u32>,
}

impl CoreModule {
    pub(super) fn read(bytes: &[u8]) -> Result<CoreModule, LoadError> {
        let mut module = CoreModule::default();
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        let import = import?;
                        module.imports.push((import.module.to_owned(), import.name.to_owned()));
                        if let TypeRef::Memory(memory) = import.ty {
                            module.memory(memory);
                        }
                    }
                }
                Payload::MemorySection(memories) => {
                    for memory in memories {
                        module.memory(memory?);
                    }
                }
                Payload::StartSection { func, .. } => module.start = Some(func),
                Payload::ExportSection(exports) => module.exports = exports.count() as usize,
                _ => {}
            }
        }
        Ok(module)
    }

    fn memory(&mut self, memory: MemoryType) {
        self.memories += 1;
        self.memory64 |= memory.memory64;
        self.shared |= memory.shared;
    }

    /// Refuses what the one module with the functions may not have.
    pub(super) fn refuse_as_main(&self) -> Result<(), LoadError> {
        if let Some((module, name)) = self.imports.first() {
            return Err(LoadError::CoreImport { module: module.clone(), name: name.clone() });
        }
        if self.memories > 1 {
            return Err(LoadError::SeveralMemories { found: self.memories });
        }
        if self.memory64 {
            return Err(LoadError::Memory64);
        }
        if self.shared {
            return Err(LoadError::SharedMemory);
        }
        Ok(())
    }
}

/// A nested component that gives out, under other names, the functions it is given.
#[derive(Debug, Clone, Default)]
pub(super) struct Shim {
    /// Export name to import name.
    pub functions: BTreeMap<String, String>,
}

impl Shim {
    pub(super) fn read(bytes: &[u8]) -> Result<Shim, LoadError> {
        let runs = |found: &str| Err(LoadError::NestedCode { found: found.to_owned() });
        let mut shim = Shim::default();
        // The function index space, as names of imports.
        let mut functions: Vec<String> = Vec::new();
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::ModuleSection { .. } | Payload::InstanceSection(_) => return runs("holds a core module"),
                Payload::ComponentSection { .. } | Payload::ComponentInstanceSection(_) => {
                    return runs("holds further components");
                }
                Payload::ComponentCanonicalSection(_) => return runs("makes functions of its own"),
                Payload::ComponentStartSection { .. } => return runs("has a start function"),
                Payload::ComponentImportSection(imports) => {
                    for import in imports {
                        let import = import?;
                        match import.ty {
                            ComponentTypeRef::Func(_) => functions.push(import.name.name.to_owned()),
                            ComponentTypeRef::Type(_) => {}
                            other => return runs(&format!("imports a {}", other.kind().desc())),
                        }
                    }
                }
                Payload::ComponentAliasSection(aliases) => {
                    for alias in aliases {
                        let types = [ComponentOuterAliasKind::Type, ComponentOuterAliasKind::CoreType];
                        match alias? {
                            ComponentAlias::Outer { kind, .. } if types.contains(&kind) => {}
                            _ => return runs("takes code from outside"),
                        }
                    }
                }
                Payload::ComponentExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        match export.kind {
                            ComponentExternalKind::Func => {
                                let import = functions.get(export.index as usize).ok_or_else(inconsistent)?.clone();
                                functions.push(import.clone());
                                shim.functions.insert(export.name.name.to_owned(), import);
                            }
                            ComponentExternalKind::Type => {}
                            other => return runs(&format!("exports a {}", other.desc())),
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(shim)
    }
}
