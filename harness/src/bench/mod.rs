//! What a function costs a row: by each way to call it, over numbers of rows a call, beside an empty function and, for the
//! functions of our own plugins, beside the same code without WebAssembly.
//!
//! [`contestants`] makes a function ready to be run on each host; `measure` takes the times, one of each contestant after
//! another, so that what else the machine does falls on all alike; `fit` says what a row and a call cost; `report` and `plot`
//! show it. Criterion's benches run the same contestants.

mod batch;
mod contestant;
mod empty;
mod fit;
mod measure;
mod native;
mod plot;
pub mod report;

use std::collections::BTreeSet;

use crate::contract::{self, Component, ContractError, Function, Shape};
use crate::host::{CallError, Limits, LoadError, Program};
use crate::laws::rows::Columns;
use crate::sql::hint;

pub use contestant::{Contestant, Host, contestants};
pub use fit::Fit;
pub use measure::{Measured, measure};
pub use plot::{PlotError, plot};

/// Takes so many rows.
pub type Run = Box<dyn FnMut(usize)>;

/// How to measure.
#[derive(Debug, Clone)]
pub struct Options {
    /// Rows a call.
    pub rows: Vec<usize>,
    /// Only functions of these SQL names; all if there is none.
    pub functions: Vec<String>,
    /// Times that are taken of each.
    pub samples: usize,
    pub limits: Limits,
}

/// The numbers of rows a call that are measured if nobody says.
pub const ROWS: [usize; 5] = [1, 8, 64, 1024, 8192];

#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    #[error(transparent)]
    Contract(#[from] ContractError),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error("{function}: a row that was made up for it could not be run: {error}")]
    Call { function: String, error: CallError },
    #[error("there is no function {name}{hint}")]
    Unknown { name: String, hint: String },
    #[error("wanted functions of rows, found none; `streamfn inspect` says what there is")]
    NoFunctions,
}

/// A component that can be measured.
pub struct Candidate {
    bytes: Vec<u8>,
    component: Component,
    program: Program,
    batches: Program,
}

impl Candidate {
    pub fn open(bytes: Vec<u8>, limits: Limits) -> Result<Candidate, BenchError> {
        let component = contract::read(&bytes)?;
        let program = Program::compile(&bytes, &component, limits)?;
        let batches = Program::with_batches(&bytes, &component, limits, None)?;
        Ok(Candidate { bytes, component, program, batches })
    }

    /// The functions of these SQL names, or all; a generator takes no rows and is none of them.
    pub fn functions(&self, names: &[String]) -> Result<Vec<&Function>, BenchError> {
        let all: Vec<&Function> =
            self.component.functions.iter().filter(|f| !matches!(f.shape, Shape::Generator { .. })).collect();
        let is = |function: &Function, name: &str| function.sql_name.eq_ignore_ascii_case(name);
        if let Some(name) = names.iter().find(|name| !all.iter().any(|function| is(function, name))) {
            let known: BTreeSet<&str> = all.iter().map(|function| function.sql_name.as_str()).collect();
            return Err(BenchError::Unknown { name: name.clone(), hint: hint(name, known) });
        }
        let wanted = |function: &&Function| names.is_empty() || names.iter().any(|name| is(function, name));
        let functions: Vec<&Function> = all.into_iter().filter(wanted).collect();
        match functions.is_empty() {
            true => Err(BenchError::NoFunctions),
            false => Ok(functions),
        }
    }

    /// Rows for a function: the first column has as many values as there are rows, and what follows it one.
    fn rows(&self, function: &Function) -> Vec<Vec<streamfn_model::Value>> {
        let columns = Columns::of(&self.component, function);
        let steady = columns.numbered(STEADY);
        let row = |number| {
            let mut row = steady.clone();
            columns.numbered(number).into_iter().zip(&mut row).take(1).for_each(|(value, first)| *first = value);
            row
        };
        (0..DIFFERENT).map(row).collect()
    }
}

/// How many rows are different; after them they come again.
const DIFFERENT: usize = 100;

/// The number of what is the same in all rows: a limit that none of them exceeds.
const STEADY: usize = 20_000;

/// Measures the functions of a component, and tells of each when it is done.
pub fn bench(
    candidate: &Candidate,
    options: &Options,
    mut tell: impl FnMut(&[Measured]) -> std::io::Result<()>,
) -> Result<std::io::Result<Vec<Measured>>, BenchError> {
    let functions = candidate.functions(&options.functions)?;
    let empty = Candidate::open(empty::component(), options.limits)?;
    let mut all = vec![];
    let of_empty = empty.component.functions.iter().map(|function| (&empty, function));
    for (candidate, function) in of_empty.chain(functions.into_iter().map(|function| (candidate, function))) {
        let measured = measure(function, contestants(candidate, function)?, options);
        if let Err(error) = tell(&measured) {
            return Ok(Err(error));
        }
        all.extend(measured);
    }
    Ok(Ok(all))
}
