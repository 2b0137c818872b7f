//! `streamfn verify`: replays a case in components and natively, and compares both with each other and with what was
//! documented.

mod case;
mod compare;
mod difference;
mod expectation;
mod net;
mod show;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

pub use case::{Case, CaseError, Order};
pub use compare::{Disagreement, TableReport};
pub use difference::{Around, Cell, Difference, History, PastChange};
pub use expectation::{Expectation, Tolerance};
pub use net::{Net, net};
pub use show::{json, text};

use streamfn_model::Origin;

use crate::explain::{self, ExplainError, Explanation};
use crate::host::Limits;
use crate::input::Input;
use crate::library::{Library, LibraryError, Shelf};
use crate::live::Live;
use crate::replay::{Options, ReplayError};
use crate::sql::{AggregateFunction, Builtins, FunctionRef, Node, Operator, Pipeline, SqlError};
use crate::topic::Quote;

/// What became of a case.
#[derive(Debug)]
pub struct Report {
    pub name: String,
    pub origin: String,
    pub tables: Vec<TableReport>,
    /// The components that ran, each with its functions.
    pub components: Vec<String>,
    /// Built-ins that were also computed natively.
    pub native: Vec<String>,
    /// Where the two first differ.
    pub disagreement: Option<Disagreement>,
    /// The input records that differences name, as they were written.
    pub quotes: HashMap<Origin, Quote>,
    pub notes: Vec<String>,
}

impl Report {
    pub fn is_equal(&self) -> bool {
        self.disagreement.is_none() && self.tables.iter().all(|t| t.differences.is_empty())
    }
}

/// Why a case could not be run.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error(transparent)]
    Case(#[from] CaseError),
    #[error(transparent)]
    Library(#[from] LibraryError),
    #[error("{file}: {error}")]
    Sql { file: String, error: SqlError },
    #[error(transparent)]
    Replay(#[from] ReplayError),
    #[error("{file}: {message}")]
    Expectation { file: String, message: String },
    #[error(transparent)]
    Explain(#[from] ExplainError),
}

/// The directories of cases in and below a directory.
pub fn find(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    if directory.join("case.toml").is_file() {
        return Ok(vec![directory.to_owned()]);
    }
    let mut found = vec![];
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        // Not through links: one may lead back up.
        if entry.file_type()?.is_dir() {
            found.extend(find(&entry.path())?);
        }
    }
    found.sort();
    Ok(found)
}

/// Runs a case: over its own files, or over the topics of a cluster.
pub fn verify(shelf: &Shelf, directory: &Path, live: Option<&Live>) -> Result<Report, VerifyError> {
    let (case, library) = open(shelf, directory)?;
    let pipeline = plan(&case, &library, Builtins::Component)?;
    let plugins = library.compile(Limits::default())?;
    let input = live.map_or(Input::Files(&case.phases), Input::Live);
    let run = |pipeline: &Pipeline| input.replay(pipeline, &plugins, Options::default());
    let component = run(&pipeline)?;
    let (components, native) = implementations(&pipeline);
    // Without built-ins there is nothing that could be computed in another way.
    let disagreement = match native.is_empty() {
        true => None,
        false => compare::disagreement(&component, &run(&plan(&case, &library, Builtins::Native)?)?),
    };
    let tables = compare::tables(&case, &component)?;
    let differences = tables.iter().flat_map(|table| &table.differences);
    let records = differences.filter_map(Difference::record).chain(disagreement.iter().map(|found| &found.since));
    let records: HashSet<Origin> = records.cloned().collect();
    let quotes = if records.is_empty() { HashMap::new() } else { input.quotes(&pipeline, &records)? };
    Ok(Report {
        name: case.name,
        origin: case.origin,
        tables,
        components,
        native,
        disagreement,
        quotes,
        notes: component.notes,
    })
}

/// The history of a key in a case's tables.
pub fn explain(
    shelf: &Shelf,
    directory: &Path,
    live: Option<&Live>,
    tables: &[String],
    key: &str,
) -> Result<Vec<Explanation>, VerifyError> {
    let (case, library) = open(shelf, directory)?;
    let pipeline = plan(&case, &library, Builtins::Component)?;
    let plugins = library.compile(Limits::default())?;
    let options = Options { trace: true, ..Options::default() };
    let input = live.map_or(Input::Files(&case.phases), Input::Live);
    let outcome = input.replay(&pipeline, &plugins, options)?;
    Ok(explain::explain(&pipeline, input, &outcome, tables, key)?)
}

fn open(shelf: &Shelf, directory: &Path) -> Result<(Case, Library), VerifyError> {
    let case = Case::read(directory)?;
    let library = Library::of(shelf, &case.plugins)?;
    let library = match &case.prefix {
        Some(prefix) => library.with_prefix(prefix),
        None => library,
    };
    Ok((case, library))
}

fn plan(case: &Case, library: &Library, builtins: Builtins) -> Result<Pipeline, VerifyError> {
    let sql = |error| VerifyError::Sql { file: case.sql_file.display().to_string(), error };
    library.plan(case.dialect, builtins, &case.sql).map_err(sql)
}

/// Who computes what: each component with its functions, and the built-ins among them.
fn implementations(pipeline: &Pipeline) -> (Vec<String>, Vec<String>) {
    let (mut components, mut builtins) = (BTreeMap::<usize, BTreeSet<&str>>::new(), BTreeSet::new());
    let mut named = |of: FunctionRef| {
        components.entry(of.plugin).or_default().insert(&pipeline.functions.function(of).sql_name);
    };
    let mut nodes: Vec<&Node> = pipeline.queries.iter().map(|q| &q.plan).collect();
    while let Some(node) = nodes.pop() {
        match &node.operator {
            Operator::Calls { calls, .. } | Operator::Rows { calls, .. } => {
                calls.iter().for_each(|call| named(call.function));
            }
            Operator::Aggregate { aggregates, .. } | Operator::Sessions { aggregates, .. } => {
                for call in aggregates {
                    match &call.function {
                        AggregateFunction::Component(of) => named(*of),
                        AggregateFunction::Builtin(_, of) => {
                            builtins.insert(call.name.clone());
                            of.iter().flatten().for_each(|of| named(*of));
                        }
                    }
                }
            }
            _ => {}
        }
        nodes.extend(node.inputs());
    }
    let components = components.into_iter().map(|(plugin, functions)| {
        let plugin = &pipeline.functions.plugins[plugin];
        let file = Path::new(&plugin.file).file_name().unwrap_or_default().to_string_lossy();
        let digest = plugin.component.digest.get(..12).unwrap_or_default();
        let functions = functions.into_iter().collect::<Vec<_>>().join(", ");
        format!("{functions} in {file} (sha256 {digest})")
    });
    (components.collect(), builtins.into_iter().collect())
}
