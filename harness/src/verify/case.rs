//! A case: a directory with SQL, topics, what must come out, and where that is known from.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;
use streamfn_model::Dialect;

use super::expectation::{Expectation, Tolerance};
use crate::topic::{self, Phase, TopicError};

/// `case.toml`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    /// Relative to the case's directory.
    sql: PathBuf,
    #[serde(default)]
    dialect: CaseDialect,
    #[serde(default)]
    plugins: Vec<PathBuf>,
    /// What names of component functions may begin with in the SQL, if not with `wasm_`.
    prefix: Option<String>,
    /// Where the expectation is known from: a page, a computation by hand, an engine and its version.
    origin: String,
    #[serde(default)]
    tolerance: Tolerance,
    /// How changes are compared.
    #[serde(default)]
    order: Order,
    /// Whether the expectation is what Flink itself has answered, written down by a test.
    #[serde(default)]
    record: bool,
    /// Topics whose files are not `topics/TOPIC.jsonl` or `.avro`.
    #[serde(default)]
    topics: BTreeMap<String, PathBuf>,
}

/// Whether changes have to come in the order of the expectation.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    #[default]
    Sequence,
    /// Those of a phase in any order: an engine that keeps a join's rows in a hash map sends them again in its order.
    Bags,
    /// What each phase makes of the rows, not what it passes through: an aggregate over such a join passes through others each
    /// time.
    Net,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum CaseDialect {
    #[default]
    Ksqldb,
    Flink,
}

/// A case, read.
#[derive(Debug)]
pub struct Case {
    pub name: String,
    pub sql_file: PathBuf,
    pub sql: String,
    pub dialect: Dialect,
    pub plugins: Vec<PathBuf>,
    pub prefix: Option<String>,
    pub origin: String,
    pub order: Order,
    /// Whether the expectation is Flink's own answer.
    pub record: bool,
    /// What is fed: first `topics/`, then the folders of `phases/`.
    pub phases: Vec<Phase>,
    /// Expected final tables by name.
    pub tables: BTreeMap<String, Expectation>,
    /// Expected changes by table.
    pub changes: BTreeMap<String, Expectation>,
}

#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    #[error("{file}: wanted {wanted}, could not read it: {error}", file = .file.display())]
    Unreadable { file: PathBuf, wanted: &'static str, error: std::io::Error },
    #[error("{file}: {message}", file = .file.display())]
    Manifest { file: PathBuf, message: String },
    #[error("{file}:{line}: {message}", file = .file.display())]
    Expectation { file: PathBuf, line: usize, message: String },
    #[error(transparent)]
    Topic(#[from] TopicError),
    #[error("{directory}: {message}", directory = .directory.display())]
    Incomplete { directory: PathBuf, message: &'static str },
}

impl Case {
    pub fn read(directory: &Path) -> Result<Case, CaseError> {
        let case = Case::read_as_it_is(directory)?;
        if case.tables.is_empty() && case.changes.is_empty() {
            let message =
                "no expectation: put the expected table into tables/NAME.txt, or its changes into changes/NAME.txt";
            return Err(CaseError::Incomplete { directory: directory.to_owned(), message });
        }
        Ok(case)
    }

    /// The case, also without any expectation: one that is still to be recorded.
    pub fn read_as_it_is(directory: &Path) -> Result<Case, CaseError> {
        let file = directory.join("case.toml");
        let text = read(&file, "a case")?;
        let manifest: Manifest = toml::from_str(&text).map_err(|error| CaseError::Manifest {
            file: file.clone(),
            message: error.to_string().trim().to_owned(),
        })?;
        if manifest.origin.trim().is_empty() {
            let message = "origin is empty: say where the expectation is known from".to_owned();
            return Err(CaseError::Manifest { file, message });
        }
        let sql_file = join(directory, &manifest.sql);
        let folder = |name| Some(directory.join(name)).filter(|folder| folder.exists());
        let mut topics = folder("topics").map(|folder| topic::files(&folder)).transpose()?.unwrap_or_default();
        topics.extend(manifest.topics.iter().map(|(name, file)| (name.clone(), join(directory, file))));
        let later = folder("phases").map(|folder| Phase::read(&folder)).transpose()?.unwrap_or_default();
        let mut phases = vec![Phase::from(topics)];
        phases.retain(|phase| later.is_empty() || !phase.files.is_empty());
        phases.extend(later);
        let expectations = |folder: &str| -> Result<BTreeMap<String, Expectation>, CaseError> {
            let files = files(&directory.join(folder))?.into_iter();
            files.map(|(name, file)| Ok((name, Expectation::read(&file, manifest.tolerance)?))).collect()
        };
        let (tables, changes) = (expectations("tables")?, expectations("changes")?);
        let name = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
        Ok(Case {
            name: name.file_name().unwrap_or(directory.as_os_str()).to_string_lossy().into_owned(),
            sql: read(&sql_file, "the case's SQL")?,
            sql_file,
            dialect: match manifest.dialect {
                CaseDialect::Ksqldb => Dialect::Ksqldb,
                CaseDialect::Flink => Dialect::Flink,
            },
            plugins: manifest.plugins.iter().map(|plugin| join(directory, plugin)).collect(),
            prefix: manifest.prefix,
            origin: manifest.origin,
            order: manifest.order,
            record: manifest.record,
            phases,
            tables,
            changes,
        })
    }
}

/// A path of the manifest, without the `..` that it climbs by: it is shown to people.
fn join(directory: &Path, file: &Path) -> PathBuf {
    let mut joined = directory.to_owned();
    for component in file.components() {
        match (component, joined.components().next_back()) {
            (Component::ParentDir, Some(Component::Normal(_))) => drop(joined.pop()),
            _ => joined.push(component),
        }
    }
    // Through a link `..` leads elsewhere.
    let plain = directory.join(file);
    match (plain.canonicalize(), joined.canonicalize()) {
        (Ok(real), Ok(other)) if real != other => plain,
        _ => joined,
    }
}

pub fn read(file: &Path, wanted: &'static str) -> Result<String, CaseError> {
    std::fs::read_to_string(file).map_err(|error| CaseError::Unreadable { file: file.to_owned(), wanted, error })
}

/// The expectations in a folder, by name. No folder is an empty one.
fn files(folder: &Path) -> Result<Vec<(String, PathBuf)>, CaseError> {
    if !folder.exists() {
        return Ok(vec![]);
    }
    let unreadable = |error| CaseError::Unreadable { file: folder.to_owned(), wanted: "a folder", error };
    let mut files = vec![];
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if let (true, Some(stem)) = (path.extension().is_some_and(|e| e == "txt"), path.file_stem()) {
            files.push((stem.to_string_lossy().into_owned(), path.clone()));
        }
    }
    files.sort();
    Ok(files)
}
