//! The components that a pipeline calls: compiled once, with one instance for all their calls.

use std::cell::RefCell;

use streamfn_model::{Origin, Value};

use super::error::{CallFailure, ReplayError};
use crate::contract::Function;
use crate::host::{CallError, FunctionId, Instance, Limits, Program};
use crate::sql::{FunctionRef, Functions, Plugin};

/// Compiled plugins, in the order of [`Functions::plugins`].
pub struct Plugins {
    loaded: Vec<(String, String, Program)>,
}

impl Plugins {
    /// Compiles components; `bytes` belong to `plugins` one by one.
    pub fn compile(plugins: &[Plugin], bytes: &[Vec<u8>], limits: Limits) -> Result<Plugins, ReplayError> {
        let loaded = plugins.iter().zip(bytes).map(|(plugin, bytes)| {
            let load = |error| ReplayError::Load { file: plugin.file.clone(), error: Box::new(error) };
            let program = Program::compile(bytes, &plugin.component, limits).map_err(load)?;
            Ok((plugin.file.clone(), plugin.component.digest.clone(), program))
        });
        Ok(Plugins { loaded: loaded.collect::<Result<_, ReplayError>>()? })
    }

    /// A plugin that is compiled already.
    pub fn compiled(plugin: &Plugin, program: Program) -> Plugins {
        Plugins { loaded: vec![(plugin.file.clone(), plugin.component.digest.clone(), program)] }
    }
}

/// One plugin's instance, shared by the operators of a replay.
pub struct Instances<'a> {
    plugins: &'a Plugins,
    instances: Vec<RefCell<Instance>>,
}

impl<'a> Instances<'a> {
    pub fn new(plugins: &'a Plugins) -> Self {
        let instances = plugins.loaded.iter().map(|(_, _, program)| RefCell::new(program.instance())).collect();
        Instances { plugins, instances }
    }

    /// A function of an interface, ready to be called.
    pub fn member(&self, functions: &Functions, of: FunctionRef, name: &str) -> Result<Member, ReplayError> {
        let function = functions.function(of);
        let (file, _, program) = &self.plugins.loaded[of.plugin];
        let id = program
            .function(&function.interface, name)
            .map_err(|error| ReplayError::Load { file: file.clone(), error: Box::new(error) })?;
        Ok(Member { plugin: of.plugin, id })
    }

    pub fn call(&self, member: Member, arguments: &[Value]) -> Result<Value, CallError> {
        self.instances[member.plugin].borrow_mut().call(member.id, arguments)
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
        let (file, digest, _) = &self.plugins.loaded[plugin];
        let key: Vec<String> = key.iter().map(crate::report::plain).collect();
        CallFailure {
            function: of.sql_name.clone(),
            file: file.clone(),
            digest: digest.clone(),
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
}

/// Whether a failure is about the row, so that a policy may go on without it.
pub fn is_about_the_row(error: &CallError) -> bool {
    !matches!(error, CallError::TimeLimit { .. })
}
