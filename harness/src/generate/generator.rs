//! A generator of a component: its rows, a batch at a time, and the way back to any row of the last batch.

use std::path::Path;

use streamfn_model::Value;

use super::table::{Table, tables};
use super::{GenerateError, naming};
use crate::contract::{self, Component, Function, Shape};
use crate::host::{CallError, FunctionId, Instance, Limits, Program};
use crate::sql::{Pipeline, hint};
use crate::topic::recording::Outgoing;

/// What a generator is created with.
#[derive(Debug, Clone, Copy)]
pub struct Start<'a> {
    /// The settings, as the generator reads them.
    pub config: &'a str,
    pub seed: u64,
    pub split: u32,
    pub splits: u32,
}

/// A component that may have the generator.
pub struct Candidate {
    file: String,
    bytes: Vec<u8>,
    component: Component,
}

impl Candidate {
    pub fn open(path: &Path) -> Result<Candidate, GenerateError> {
        let file = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|error| GenerateError::Unreadable { file: file.clone(), error })?;
        let component = contract::read(&bytes);
        match component {
            Ok(component) => Ok(Candidate { file, bytes, component }),
            Err(error) => Err(GenerateError::Contract { file, error: Box::new(error) }),
        }
    }
}

/// A generator under way.
pub struct Generator {
    file: String,
    pub name: String,
    pub tables: Vec<Table>,
    instance: Instance,
    next: FunctionId,
    finish: FunctionId,
    state: Value,
    /// The state before the last batch.
    before: Value,
}

/// Rows of one call, at most.
const BATCH: u32 = 1024;

impl Generator {
    /// The generator of that name, which is its interface's, in the first component that has it.
    pub fn create(
        candidates: &[Candidate],
        name: &str,
        start: Start,
        limits: Limits,
    ) -> Result<Generator, GenerateError> {
        let (candidate, function) = find(candidates, name)?;
        let Candidate { file, bytes, component } = candidate;
        let load = |error| GenerateError::Load { file: file.clone(), error: Box::new(error) };
        let program = Program::compile(bytes, component, limits).map_err(load)?;
        let member = |name: &str| program.function(&function.interface, name).map_err(load);
        let (create, next, finish) = (member("create")?, member("next")?, member("finish")?);
        let mut generator = Generator {
            file: file.clone(),
            name: name.to_owned(),
            tables: tables(name, function)?,
            instance: program.instance(),
            next,
            finish,
            state: Value::Null,
            before: Value::Null,
        };
        let Start { config, seed, split, splits } = start;
        let start = [Value::from(config), Value::U64(seed), Value::U32(split), Value::U32(splits)];
        generator.state = generator.call("create", create, &start)?;
        Ok(generator)
    }

    /// Names columns as a pipeline does that reads them.
    pub fn name_by(&mut self, pipeline: &Pipeline) -> Result<(), GenerateError> {
        naming::name_by(&mut self.tables, pipeline)
    }

    /// What its topics are to a sink.
    pub fn outgoing(&self) -> Vec<Outgoing> {
        self.tables.iter().map(|table| table.outgoing.clone()).collect()
    }

    /// The next rows, at most so many; none is the end.
    pub fn next(&mut self, max: u32) -> Result<Vec<Value>, GenerateError> {
        let max = max.min(BATCH);
        let given = self.call("next", self.next, &[self.state.clone(), Value::U32(max)])?;
        let Value::Record(parts) = given else { return Err(self.lie("next", "wanted a state and rows, found none")) };
        let Ok([state, Value::List(rows)]) = <[Value; 2]>::try_from(parts) else {
            return Err(self.lie("next", "wanted a state and rows, found others"));
        };
        if rows.len() > max as usize {
            return Err(self.lie("next", &format!("wanted at most {max} rows, found {}", rows.len())));
        }
        self.before = std::mem::replace(&mut self.state, state);
        Ok(rows)
    }

    /// As if of the last batch only the first so many rows had been given: by the contract those come again, however they
    /// are cut.
    pub fn back_to(&mut self, rows: usize) -> Result<(), GenerateError> {
        self.state = self.before.clone();
        let mut left = rows as u32;
        while left > 0 {
            match self.next(left)?.len() as u32 {
                0 => break,
                given => left = left.saturating_sub(given),
            }
        }
        Ok(())
    }

    /// What a clean stop still owes. The last call.
    pub fn finish(mut self) -> Result<Vec<Value>, GenerateError> {
        let state = std::mem::replace(&mut self.state, Value::Null);
        match self.call("finish", self.finish, &[state])? {
            Value::List(rows) => Ok(rows),
            _ => Err(self.lie("finish", "wanted rows, found none")),
        }
    }

    fn call(&mut self, name: &'static str, id: FunctionId, arguments: &[Value]) -> Result<Value, GenerateError> {
        self.instance.call(id, arguments).map_err(|error| match error {
            CallError::Refused(reason) => GenerateError::Refused { generator: self.name.clone(), reason },
            error => self.failed(name, error),
        })
    }

    fn failed(&self, function: &'static str, error: CallError) -> GenerateError {
        GenerateError::Call { file: self.file.clone(), generator: self.name.clone(), function, error }
    }

    fn lie(&self, function: &'static str, found: &str) -> GenerateError {
        self.failed(function, CallError::Contract(found.to_owned()))
    }
}

fn find<'a>(candidates: &'a [Candidate], name: &str) -> Result<(&'a Candidate, &'a Function), GenerateError> {
    let generators = candidates.iter().flat_map(|candidate| {
        let functions = candidate.component.functions.iter();
        functions.filter(|f| matches!(f.shape, Shape::Generator { .. })).map(move |f| (candidate, f))
    });
    let generators: Vec<_> = generators.collect();
    generators.iter().find(|(_, function)| short_name(function) == name).copied().ok_or_else(|| {
        GenerateError::Unknown {
            name: name.to_owned(),
            files: candidates.iter().map(|c| c.file.as_str()).collect::<Vec<_>>().join(", "),
            hint: hint(name, generators.iter().map(|(_, function)| short_name(function))),
        }
    })
}

/// `smartshop` of `streamfn:generate/smartshop@0.1.0`.
fn short_name(function: &Function) -> &str {
    let name = function.interface.rsplit('/').next().unwrap_or_default();
    name.split('@').next().unwrap_or_default()
}
