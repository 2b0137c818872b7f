//! The components that a pipeline calls: each compiled when it is first needed, with one instance for all its calls.

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use arrow::array::ArrayRef;
use streamfn_model::{Origin, Value};

use super::component::Loop;
use super::error::{CallFailure, ReplayError};
use super::meters::CallMeter;
use crate::contract::{Component, Function};
use crate::host::{CallError, FunctionId, Instance, Limits, LoadError, Program, Room, Rows};
use crate::sql::{FunctionRef, Functions, Plugin};

/// The bytes of a component, and what they were compiled to under each limits that were asked for.
#[derive(Debug)]
pub struct Code {
    bytes: Vec<u8>,
    /// Where what is compiled is kept for other processes.
    cache: Option<PathBuf>,
    /// By limits, and whether they have loops over batches.
    programs: Mutex<Vec<(Limits, bool, Program)>>,
}

impl Code {
    pub fn new(bytes: Vec<u8>, cache: Option<PathBuf>) -> Code {
        Code { bytes, cache, programs: Mutex::default() }
    }

    fn compiled(&self, limits: Limits, batches: bool) -> Option<Program> {
        let programs = self.programs.lock().unwrap_or_else(PoisonError::into_inner);
        find(&programs, limits, batches)
    }

    /// `component` is what these bytes hold.
    fn program(&self, component: &Component, limits: Limits, batches: bool) -> Result<Program, LoadError> {
        let mut programs = self.programs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(program) = find(&programs, limits, batches) {
            return Ok(program);
        }
        let compile = if batches { Program::with_batches } else { Program::compile_or_load };
        let program = compile(&self.bytes, component, limits, self.cache.as_deref())?;
        programs.push((limits, batches, program.clone()));
        Ok(program)
    }
}

fn find(programs: &[(Limits, bool, Program)], limits: Limits, batches: bool) -> Option<Program> {
    let found = programs.iter().find(|(of, with, _)| *of == limits && *with == batches);
    found.map(|(.., program)| program.clone())
}

/// Plugins, in the order of [`Functions::plugins`].
pub struct Plugins {
    loaded: Vec<Loaded>,
    limits: Limits,
}

struct Loaded {
    file: String,
    component: Arc<Component>,
    code: Arc<Code>,
    program: OnceLock<Program>,
}

impl Plugins {
    /// Makes components ready; `code` belongs to `plugins` one by one. One that somebody named is compiled at once, so that a
    /// broken file is told though nothing calls it; a standard one when it is needed.
    pub fn compile(plugins: &[Plugin], code: &[Arc<Code>], limits: Limits) -> Result<Plugins, ReplayError> {
        let loaded = plugins.iter().zip(code).map(|(plugin, code)| Loaded {
            file: plugin.file.clone(),
            component: plugin.component.clone(),
            code: code.clone(),
            program: OnceLock::new(),
        });
        let all = Plugins { loaded: loaded.collect(), limits };
        for (place, _) in plugins.iter().enumerate().filter(|(_, plugin)| !plugin.standard) {
            all.program(place)?;
        }
        Ok(all)
    }

    fn program(&self, plugin: usize) -> Result<&Program, ReplayError> {
        let loaded = &self.loaded[plugin];
        if let Some(program) = loaded.program.get() {
            return Ok(program);
        }
        let program = loaded
            .code
            .program(&loaded.component, self.limits, false)
            .map_err(|error| ReplayError::Load { file: loaded.file.clone(), error: Box::new(error) })?;
        Ok(loaded.program.get_or_init(|| program))
    }

    /// A plugin that is compiled already, without and with loops over batches.
    pub fn compiled(plugin: &Plugin, [program, batches]: [Program; 2]) -> Plugins {
        let (file, component) = (plugin.file.clone(), plugin.component.clone());
        // Kept as what these limits were asked for, which are nobody else's here.
        let limits = Limits::default();
        let programs = Mutex::new(vec![(limits, true, batches)]);
        let code = Arc::new(Code { bytes: vec![], cache: None, programs });
        let loaded = Loaded { file, component, code, program: OnceLock::from(program) };
        Plugins { loaded: vec![loaded], limits }
    }
}

/// One instance of each plugin that is called, shared by the operators of a replay.
pub struct Instances<'a> {
    plugins: &'a Plugins,
    instances: Vec<RefCell<Option<Instance>>>,
    /// Of the programs with loops over batches.
    looping: Vec<RefCell<Option<Instance>>>,
    /// One for each member, where calls are counted.
    meters: Option<RefCell<Vec<CallMeter>>>,
}

impl<'a> Instances<'a> {
    pub fn new(plugins: &'a Plugins, metered: bool) -> Self {
        let none = || plugins.loaded.iter().map(|_| RefCell::new(None)).collect();
        Instances { plugins, instances: none(), looping: none(), meters: metered.then(RefCell::default) }
    }

    /// A function of an interface, ready to be called.
    pub fn member(&self, functions: &Functions, of: FunctionRef, name: &str) -> Result<Member, ReplayError> {
        let function = functions.function(of);
        let program = self.plugins.program(of.plugin)?;
        let id = program.function(&function.interface, name).map_err(|error| ReplayError::Load {
            file: self.plugins.loaded[of.plugin].file.clone(),
            error: Box::new(error),
        })?;
        self.instances[of.plugin].borrow_mut().get_or_insert_with(|| program.instance());
        let meter = self.meters.as_ref().map_or(0, |meters| {
            meters.borrow_mut().push(CallMeter::new(&function.sql_name, name));
            meters.borrow().len() - 1
        });
        Ok(Member { plugin: of.plugin, id, meter })
    }

    pub fn call(&self, member: Member, arguments: &[Value]) -> Result<Value, CallError> {
        match self.instances[member.plugin].borrow_mut().as_mut() {
            Some(instance) => match &self.meters {
                Some(meters) => meters.borrow()[member.meter].time(|| instance.call(member.id, arguments)),
                None => instance.call(member.id, arguments),
            },
            None => Err(CallError::Argument("wanted a function of this run, found one of another".to_owned())),
        }
    }

    /// Whether [`Instances::with_batches`] has nothing to compile.
    pub fn has_batches(&self, plugin: usize) -> bool {
        self.plugins.loaded[plugin].code.compiled(self.plugins.limits, true).is_some()
    }

    /// The program of a plugin with loops over batches. None where calls are counted: each is to be seen.
    pub fn with_batches(&self, plugin: usize) -> Option<Program> {
        if self.meters.is_some() {
            return None;
        }
        let loaded = &self.plugins.loaded[plugin];
        // What cannot be compiled with loops can without.
        let program = loaded.code.program(&loaded.component, self.plugins.limits, true).ok()?;
        self.looping[plugin].borrow_mut().get_or_insert_with(|| program.instance());
        Some(program)
    }

    /// [`Instance::values`].
    pub fn values(
        &self,
        of: &Loop,
        kinds: &[u8],
        arguments: &[ArrayRef],
    ) -> Result<Vec<Result<Value, CallError>>, CallError> {
        self.looping(of, |instance| instance.values(of.id, kinds, arguments))
    }

    /// [`Instance::fold`].
    pub fn fold(&self, of: &Loop, rows: &Rows<'_>, room: Room<'_>) -> Result<usize, CallError> {
        self.looping(of, |instance| instance.fold(of.id, rows, room))
    }

    fn looping<T>(&self, of: &Loop, run: impl FnOnce(&mut Instance) -> Result<T, CallError>) -> Result<T, CallError> {
        match self.looping[of.plugin].borrow_mut().as_mut() {
            Some(instance) => run(instance),
            None => Err(CallError::Argument("wanted a loop of this run, found one of another".to_owned())),
        }
    }

    /// The failure of a call with all that a reader needs to find the row.
    pub fn failure(
        &self,
        of: &Function,
        plugin: usize,
        origin: &Origin,
        key: &[Value],
        error: CallError,
    ) -> CallFailure {
        let loaded = &self.plugins.loaded[plugin];
        let key: Vec<String> = key.iter().map(crate::report::plain).collect();
        CallFailure {
            function: of.sql_name.clone(),
            file: loaded.file.clone(),
            digest: loaded.component.digest.clone(),
            origin: origin.clone(),
            key: if key.is_empty() { "none".to_owned() } else { key.join(", ") },
            error,
        }
    }
}

/// A WIT function of a plugin.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    plugin: usize,
    id: FunctionId,
    meter: usize,
}

/// Whether a failure is about the row, so that a policy may go on without it.
pub fn is_about_the_row(error: &CallError) -> bool {
    !matches!(error, CallError::TimeLimit { .. })
}
