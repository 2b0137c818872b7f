//! `streamfn laws`: what the contract says of every function, tried on a component with rows that nobody thought of.
//!
//! [`Candidate::open`] and [`check`] are the way in. `rows` makes sequences, `subject` calls a function that has a state, `law` tries one law on
//! many sequences and finds the smallest that breaks it; the laws themselves are in `grouped` (aggregates of both
//! shapes), `each_row` (scalars and table functions), `generator` and `batches`. `float` says how far rounding may go, `report` tells all of it. Functions are found by their shape: nothing
//! here knows a function by its name.

mod batches;
mod each_row;
mod float;
mod generator;
mod grouped;
mod law;
mod literal;
pub mod report;
pub mod rows;
mod subject;

use std::collections::BTreeSet;

pub use law::{CounterExample, Finding, Law, Verdict};

use crate::contract::{self, Component, ContractError, Function, Shape};
use crate::host::{Limits, LoadError, Program};
use crate::sql::hint;
use law::Trial;
use subject::Subject;

/// How to try a component.
#[derive(Debug, Clone)]
pub struct Options {
    pub seed: u64,
    /// For each law of each function.
    pub sequences: u32,
    /// SQL names; none means all.
    pub functions: Vec<String>,
    /// What generators are created with.
    pub config: Option<String>,
    pub limits: Limits,
}

/// A component and what came of its functions.
#[derive(Debug)]
pub struct Report {
    pub file: String,
    pub digest: String,
    pub functions: Vec<FunctionReport>,
    /// Interfaces that are no SQL function, and why.
    pub refused: Vec<contract::Refusal>,
}

/// A function and what came of its laws.
#[derive(Debug)]
pub struct FunctionReport {
    pub function: Function,
    pub findings: Vec<Finding>,
}

#[derive(Debug, thiserror::Error)]
pub enum LawsError {
    #[error(transparent)]
    Contract(#[from] ContractError),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error("wanted SQL functions, found none{}; `streamfn inspect` says more", .refused.iter().map(|r| format!("; {} is none: {}", r.interface, r.reason)).collect::<String>())]
    NoFunctions { refused: Vec<contract::Refusal> },
    #[error("there is no function {name}{hint}")]
    Unknown { name: String, hint: String },
}

impl Report {
    /// Laws that do not hold.
    pub fn failures(&self) -> usize {
        self.findings().filter(|finding| matches!(finding.verdict, Verdict::Fails(_))).count()
    }

    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.functions.iter().flat_map(|function| &function.findings)
    }
}

/// Every law there is, and what is only observed.
pub fn laws() -> Vec<Law> {
    grouped::laws().chain([batches::BATCHES, generator::CUTS]).collect()
}

/// A component that can be tried.
#[derive(Debug)]
pub struct Candidate {
    file: String,
    component: Component,
    program: Program,
    /// With loops over batches.
    batches: Program,
}

impl Candidate {
    /// `file` is what the component is called.
    pub fn open(file: &str, bytes: &[u8], limits: Limits) -> Result<Candidate, LawsError> {
        let component = contract::read(bytes)?;
        let program = Program::compile(bytes, &component, limits)?;
        if component.functions.is_empty() {
            return Err(LawsError::NoFunctions { refused: component.refused });
        }
        let batches = Program::with_batches(bytes, &component, limits, None)?;
        Ok(Candidate { file: file.to_owned(), component, program, batches })
    }
}

/// Refuses a name that no function of the components has.
pub fn known(candidates: &[Candidate], names: &[String]) -> Result<(), LawsError> {
    let functions = candidates.iter().flat_map(|candidate| &candidate.component.functions);
    let all: BTreeSet<&str> = functions.map(|function| function.sql_name.as_str()).collect();
    match names.iter().find(|name| !all.iter().any(|known| known.eq_ignore_ascii_case(name))) {
        None => Ok(()),
        Some(name) => Err(LawsError::Unknown { name: name.clone(), hint: hint(name, all) }),
    }
}

/// Tries the functions of a component, or those that are named.
pub fn check(candidate: &Candidate, options: &Options) -> Result<Report, LawsError> {
    let Candidate { file, component, program, batches } = candidate;
    let wanted = |function: &&Function| {
        options.functions.is_empty()
            || options.functions.iter().any(|name| name.eq_ignore_ascii_case(&function.sql_name))
    };
    let mut functions = Vec::new();
    for function in component.functions.iter().filter(wanted) {
        let trial = Trial { seed: options.seed, sequences: options.sequences, of: &function.interface };
        let found = match (Subject::new(component, program, function)?, &function.shape) {
            (Some(mut subject), _) => grouped::check(&mut subject, &trial),
            (None, Shape::Generator { .. }) => {
                generator::check(component, program, function, options.config.as_deref(), &trial)?
            }
            (None, _) => each_row::check(component, program, function, &trial)?,
        };
        let cut = match function.shape {
            Shape::Generator { .. } => None,
            _ => Some(batches::check(component, [program, batches], function, &trial)),
        };
        let findings = law::settled(found.into_iter().chain(cut).collect());
        functions.push(FunctionReport { function: function.clone(), findings });
    }
    let (digest, refused) = (component.digest.clone(), component.refused.clone());
    Ok(Report { file: file.clone(), digest, functions, refused })
}
