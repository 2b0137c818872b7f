//! A component's own sections: which core function, memory, realloc and post-return each exported function is lifted with.
//!
//! Goes by what the `canon` options index, never by the names of core exports. Knows no runtime and no types.

use std::collections::BTreeMap;

use wasmparser::{
    CanonicalFunction, CanonicalOption, ComponentAlias, ComponentExternalKind, ComponentInstance,
    ComponentOuterAliasKind, ComponentTypeRef, ExternalKind, Instance, Payload,
};

use super::binary::{for_each_section, validate};
use super::error::LoadError;
use super::module::{CoreModule, Shim};

/// What a host needs of a component's binary.
#[derive(Debug)]
pub(super) struct Sections<'a> {
    /// The module that holds the functions.
    pub main: &'a [u8],
    /// Modules without exports that are instantiated after it, for what their start sections do.
    pub starts: Vec<Start<'a>>,
    /// By exported interface and function.
    pub lifts: BTreeMap<String, BTreeMap<String, Lift>>,
}

#[derive(Debug)]
pub(super) struct Start<'a> {
    pub module: &'a [u8],
    /// The main module's exports that it imports, in the order of its imports.
    pub imports: Vec<String>,
}

/// How one function is lifted; each a name among the main module's exports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lift {
    pub function: String,
    pub memory: Option<String>,
    pub realloc: Option<String>,
    pub post_return: Option<String>,
}

impl<'a> Sections<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Sections<'a>, LoadError> {
        validate(bytes)?;
        let mut reader = Reader::default();
        for_each_section(bytes, |section| reader.section(bytes, section))?;
        reader.finish()
    }
}

/// A core item that is an export of a core instance; `None` for what the component makes itself.
type CoreItem = Option<(usize, String)>;

/// An export of a core or component instance made of items that are there already.
type Exports<T> = BTreeMap<String, T>;

enum CoreInstance {
    /// A module with its arguments: import module name to core instance.
    Module(usize, BTreeMap<String, usize>),
    Items(Exports<CoreItem>),
}

/// A `canon lift` with its indices, not yet refused: only what is exported matters.
struct RawLift {
    function: CoreItem,
    memory: Option<CoreItem>,
    realloc: Option<CoreItem>,
    post_return: Option<CoreItem>,
    encoding: &'static str,
    is_async: bool,
}

/// The index spaces, filled in the order of the sections.
#[derive(Default)]
struct Reader<'a> {
    modules: Vec<&'a [u8]>,
    core_instances: Vec<CoreInstance>,
    core_functions: Vec<CoreItem>,
    core_memories: Vec<CoreItem>,
    core_tables: Vec<CoreItem>,
    core_globals: Vec<CoreItem>,
    core_tags: Vec<CoreItem>,
    components: Vec<Shim>,
    /// Component instances: their functions by name, as indices into `functions`.
    instances: Vec<Exports<usize>>,
    /// Component functions, as indices into `lifts`.
    functions: Vec<usize>,
    lifts: Vec<RawLift>,
    exports: Vec<(String, usize)>,
}

impl<'a> Reader<'a> {
    fn section(&mut self, bytes: &'a [u8], section: Payload<'a>) -> Result<(), LoadError> {
        match section {
            Payload::ModuleSection { unchecked_range, .. } => self.modules.push(slice(bytes, unchecked_range)?),
            Payload::ComponentSection { unchecked_range, .. } => {
                self.components.push(Shim::read(slice(bytes, unchecked_range)?)?)
            }
            Payload::InstanceSection(instances) => {
                for instance in instances {
                    let instance = self.core_instance(instance?)?;
                    self.core_instances.push(instance);
                }
            }
            Payload::ComponentInstanceSection(instances) => {
                for instance in instances {
                    let instance = self.instance(instance?)?;
                    self.instances.push(instance);
                }
            }
            Payload::ComponentAliasSection(aliases) => {
                for alias in aliases {
                    self.alias(alias?)?;
                }
            }
            Payload::ComponentCanonicalSection(functions) => {
                for function in functions {
                    self.canonical(function?)?;
                }
            }
            // Only types are imported, but an instance that holds them has its index.
            Payload::ComponentImportSection(imports) => {
                for import in imports {
                    if matches!(import?.ty, ComponentTypeRef::Instance(_)) {
                        self.instances.push(Exports::new());
                    }
                }
            }
            Payload::ComponentExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    let index = export.index as usize;
                    match export.kind {
                        ComponentExternalKind::Instance => {
                            let instance = at(&self.instances, index)?.clone();
                            self.exports.push((export.name.name.to_owned(), index));
                            self.instances.push(instance);
                        }
                        ComponentExternalKind::Func => {
                            let function = *at(&self.functions, index)?;
                            self.functions.push(function);
                        }
                        ComponentExternalKind::Type => {}
                        kind => return Err(LoadError::NestedCode { found: format!("is exported ({})", kind.desc()) }),
                    }
                }
            }
            Payload::ComponentStartSection { .. } => {
                return Err(LoadError::Builtin { found: "component start".to_owned() });
            }
            _ => {}
        }
        Ok(())
    }

    fn core_instance(&self, instance: Instance<'a>) -> Result<CoreInstance, LoadError> {
        Ok(match instance {
            Instance::Instantiate { module_index, args } => CoreInstance::Module(
                module_index as usize,
                args.iter().map(|arg| (arg.name.to_owned(), arg.index as usize)).collect(),
            ),
            Instance::FromExports(exports) => CoreInstance::Items(
                exports
                    .iter()
                    .map(|export| {
                        let index = export.index as usize;
                        Ok((export.name.to_owned(), at(self.core_space(export.kind), index)?.clone()))
                    })
                    .collect::<Result<_, LoadError>>()?,
            ),
        })
    }

    fn core_space(&self, kind: ExternalKind) -> &Vec<CoreItem> {
        match kind {
            ExternalKind::Func | ExternalKind::FuncExact => &self.core_functions,
            ExternalKind::Memory => &self.core_memories,
            ExternalKind::Table => &self.core_tables,
            ExternalKind::Global => &self.core_globals,
            ExternalKind::Tag => &self.core_tags,
        }
    }

    /// The module instance and export name behind an export of a core instance.
    fn core_export(&self, instance: usize, name: &str) -> Result<CoreItem, LoadError> {
        Ok(match at(&self.core_instances, instance)? {
            CoreInstance::Module(..) => Some((instance, name.to_owned())),
            CoreInstance::Items(items) => items.get(name).cloned().flatten(),
        })
    }

    fn alias(&mut self, alias: ComponentAlias<'a>) -> Result<(), LoadError> {
        match alias {
            ComponentAlias::CoreInstanceExport { kind, instance_index, name } => {
                let item = self.core_export(instance_index as usize, name)?;
                match kind {
                    ExternalKind::Func | ExternalKind::FuncExact => self.core_functions.push(item),
                    ExternalKind::Memory => self.core_memories.push(item),
                    ExternalKind::Table => self.core_tables.push(item),
                    ExternalKind::Global => self.core_globals.push(item),
                    ExternalKind::Tag => self.core_tags.push(item),
                }
            }
            ComponentAlias::InstanceExport { kind, instance_index, name } => match kind {
                ComponentExternalKind::Type => {}
                ComponentExternalKind::Func => {
                    let function = at(&self.instances, instance_index as usize)?.get(name).copied();
                    self.functions.push(function.ok_or_else(inconsistent)?);
                }
                other => {
                    return Err(LoadError::NestedCode { found: format!("exports a {} `{name}`", other.desc()) });
                }
            },
            // At the outermost level an outer alias can only name the level itself.
            ComponentAlias::Outer { kind, index, .. } => match kind {
                ComponentOuterAliasKind::CoreModule => {
                    let module = *at(&self.modules, index as usize)?;
                    self.modules.push(module);
                }
                ComponentOuterAliasKind::Component => {
                    let component = at(&self.components, index as usize)?.clone();
                    self.components.push(component);
                }
                ComponentOuterAliasKind::CoreType | ComponentOuterAliasKind::Type => {}
            },
        }
        Ok(())
    }

    fn canonical(&mut self, function: CanonicalFunction) -> Result<(), LoadError> {
        match function {
            CanonicalFunction::Lift { core_func_index, options, .. } => {
                let lift = self.lift(core_func_index, &options)?;
                self.functions.push(self.lifts.len());
                self.lifts.push(lift);
                Ok(())
            }
            CanonicalFunction::ResourceNew { .. } => Err(LoadError::Resource { found: "`resource.new`".to_owned() }),
            CanonicalFunction::ResourceDrop { .. } => Err(LoadError::Resource { found: "`resource.drop`".to_owned() }),
            CanonicalFunction::ResourceRep { .. } => Err(LoadError::Resource { found: "`resource.rep`".to_owned() }),
            CanonicalFunction::Lower { .. } => Err(LoadError::Builtin { found: "canon lower".to_owned() }),
            other => {
                let found = format!("{other:?}");
                let name = found.split([' ', '{', '(']).next().unwrap_or_default();
                Err(LoadError::Builtin { found: name.to_owned() })
            }
        }
    }

    fn lift(&self, function: u32, options: &[CanonicalOption]) -> Result<RawLift, LoadError> {
        let function = at(&self.core_functions, function as usize)?.clone();
        let mut lift =
            RawLift { function, memory: None, realloc: None, post_return: None, encoding: "utf8", is_async: false };
        for option in options {
            match option {
                CanonicalOption::UTF8 => {}
                CanonicalOption::UTF16 => lift.encoding = "utf16",
                CanonicalOption::CompactUTF16 => lift.encoding = "latin1+utf16",
                CanonicalOption::Memory(index) => lift.memory = Some(at(&self.core_memories, *index as usize)?.clone()),
                CanonicalOption::Realloc(index) => {
                    lift.realloc = Some(at(&self.core_functions, *index as usize)?.clone());
                }
                CanonicalOption::PostReturn(index) => {
                    lift.post_return = Some(at(&self.core_functions, *index as usize)?.clone());
                }
                CanonicalOption::Async | CanonicalOption::Callback(_) => lift.is_async = true,
                CanonicalOption::Gc | CanonicalOption::CoreType(_) => {
                    return Err(LoadError::Builtin { found: "the GC canonical ABI".to_owned() });
                }
            }
        }
        Ok(lift)
    }

    fn instance(&self, instance: ComponentInstance<'a>) -> Result<Exports<usize>, LoadError> {
        let mut functions = Exports::new();
        match instance {
            ComponentInstance::Instantiate { component_index, args } => {
                for (export, import) in &at(&self.components, component_index as usize)?.functions {
                    let arg = args.iter().find(|arg| arg.name == import && arg.kind == ComponentExternalKind::Func);
                    let arg = arg.ok_or_else(inconsistent)?;
                    functions.insert(export.clone(), *at(&self.functions, arg.index as usize)?);
                }
            }
            ComponentInstance::FromExports(exports) => {
                for export in exports.iter().filter(|export| export.kind == ComponentExternalKind::Func) {
                    functions.insert(export.name.name.to_owned(), *at(&self.functions, export.index as usize)?);
                }
            }
        }
        Ok(functions)
    }

    fn finish(self) -> Result<Sections<'a>, LoadError> {
        let mut main = None;
        let mut lifts = BTreeMap::<String, BTreeMap<String, Lift>>::new();
        for (interface, instance) in &self.exports {
            for (function, lift) in at(&self.instances, *instance)? {
                let lift = self.exported(interface, function, at(&self.lifts, *lift)?, &mut main)?;
                lifts.entry(interface.clone()).or_default().insert(function.clone(), lift);
            }
        }
        let main = main.ok_or(LoadError::NoFunctions)?;
        let mut sections = Sections { main: &[], starts: Vec::new(), lifts };
        if let CoreInstance::Module(module, _) = at(&self.core_instances, main)? {
            sections.main = at(&self.modules, *module)?;
            CoreModule::read(sections.main)?.refuse_as_main()?;
        }
        for (_, instance) in self.core_instances.iter().enumerate().filter(|(index, _)| *index != main) {
            let CoreInstance::Module(module, args) = instance else { continue };
            let bytes = *at(&self.modules, *module)?;
            let imports = self.start_imports(main, &CoreModule::read(bytes)?, args)?;
            sections.starts.push(Start { module: bytes, imports });
        }
        Ok(sections)
    }

    /// One exported function's lift, with everything in it from the one main instance.
    fn exported(
        &self,
        interface: &str,
        function: &str,
        lift: &RawLift,
        main: &mut Option<usize>,
    ) -> Result<Lift, LoadError> {
        let (interface, function) = (interface.to_owned(), function.to_owned());
        if lift.is_async {
            return Err(LoadError::Async { interface, function });
        }
        if lift.encoding != "utf8" {
            return Err(LoadError::Encoding { interface, function, encoding: lift.encoding });
        }
        let mut own = |item: &CoreItem| {
            let (instance, name) = item.as_ref().ok_or_else(|| LoadError::Builtin { found: function.clone() })?;
            if *main.get_or_insert(*instance) == *instance {
                return Ok(name.clone());
            }
            let found = format!("`{function}` of `{interface}` in a second one");
            Err(LoadError::SeveralMainModules { found })
        };
        Ok(Lift {
            function: own(&lift.function)?,
            memory: lift.memory.as_ref().map(&mut own).transpose()?,
            realloc: lift.realloc.as_ref().map(&mut own).transpose()?,
            post_return: lift.post_return.as_ref().map(&mut own).transpose()?,
        })
    }

    /// What a start shim imports from the main module.
    fn start_imports(
        &self,
        main: usize,
        module: &CoreModule,
        args: &BTreeMap<String, usize>,
    ) -> Result<Vec<String>, LoadError> {
        if module.exports > 0 || module.memories > 0 {
            let found = "a second one, with exports or a memory of its own".to_owned();
            return Err(LoadError::SeveralMainModules { found });
        }
        let own = |(module, name): &(String, String)| {
            let instance = args.get(module).ok_or_else(inconsistent)?;
            match self.core_export(*instance, name)? {
                Some((instance, name)) if instance == main => Ok(name),
                _ => Err(LoadError::CoreImport { module: module.clone(), name: name.clone() }),
            }
        };
        module.imports.iter().map(own).collect()
    }
}

pub(super) fn slice(bytes: &[u8], range: std::ops::Range<usize>) -> Result<&[u8], LoadError> {
    let (offset, message) = (range.start, "a section that goes past the end".to_owned());
    bytes.get(range).ok_or(LoadError::Invalid { offset, message })
}

fn at<T>(space: &[T], index: usize) -> Result<&T, LoadError> {
    space.get(index).ok_or_else(inconsistent)
}

/// What the validator let through but doesn't add up; no valid component gets here.
pub(super) fn inconsistent() -> LoadError {
    LoadError::Invalid { offset: 0, message: "an index that names nothing".to_owned() }
}
