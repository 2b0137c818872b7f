//! Finds and reads plugin files: those a user names, and the standard ones that compute built-ins.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use streamfn_model::Dialect;

use crate::contract::{self, Component, ContractError};
use crate::host::Limits;
use crate::pack::{self, PREFIX};
use crate::replay::{Code, Plugins, ReplayError};
use crate::sql::{Builtins, Functions, Pipeline, Plugin, SqlError, SqlErrorKind};

/// The file names of the plugins that compute built-ins.
pub const STANDARD: [&str; 2] = ["aggregate.wasm", "collect.wasm"];

/// The directory of plugins to use before those beside the command.
pub const PLUGINS_VARIABLE: &str = "STREAMFN_PLUGINS";

#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    #[error("{file}: {error}")]
    Contract { file: String, error: Box<ContractError> },
    #[error("{file}: wanted a plugin, could not read it: {error}")]
    Unreadable { file: String, error: std::io::Error },
}

/// Plugin files that were read in this process: what several libraries have in common is read and compiled once.
#[derive(Debug, Default)]
pub struct Shelf(RefCell<BTreeMap<PathBuf, Read>>);

type Read = (Arc<Component>, Arc<Code>);

impl Shelf {
    fn take(&self, path: &Path) -> Result<Read, LibraryError> {
        if let Some(read) = self.0.borrow().get(path) {
            return Ok(read.clone());
        }
        let file = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|error| LibraryError::Unreadable { file: file.clone(), error })?;
        let component =
            contract::read(&bytes).map_err(|error| LibraryError::Contract { file, error: Box::new(error) })?;
        let read = (Arc::new(component), Arc::new(Code::new(bytes, cache())));
        self.0.borrow_mut().insert(path.to_owned(), read.clone());
        Ok(read)
    }
}

/// Plugin files, read and understood, not yet compiled.
#[derive(Debug, Clone, Default)]
pub struct Library {
    plugins: Vec<Plugin>,
    code: Vec<Arc<Code>>,
    /// Files that are not there, with the reason.
    missing: Vec<String>,
    /// Those among them that somebody asked for.
    asked_for: Vec<String>,
    prefix: String,
}

impl Library {
    /// Reads the standard plugins that are there, and the files. A file that is not there is remembered: which
    /// function it would have held is told when SQL is planned.
    pub fn open(files: &[PathBuf]) -> Result<Library, LibraryError> {
        Library::of(&Shelf::default(), files)
    }

    /// The same, with files that were read before taken from the shelf.
    pub fn of(shelf: &Shelf, files: &[PathBuf]) -> Result<Library, LibraryError> {
        let mut library = Library { prefix: PREFIX.to_ascii_uppercase(), ..Library::default() };
        for name in STANDARD {
            match find(name) {
                Ok(file) => library.add(shelf, &file, true)?,
                Err(looked) => library.missing.push(looked),
            }
        }
        for file in files {
            if file.exists() {
                library.add(shelf, file, false)?;
            } else {
                let reason = format!("plugin {} is not there; make it with `streamfn build`", file.display());
                library.missing.push(reason.clone());
                library.asked_for.push(reason);
            }
        }
        Ok(library)
    }

    /// With another prefix of names than [`PREFIX`], as the plugins were packed.
    pub fn with_prefix(mut self, prefix: &str) -> Library {
        self.prefix = prefix.to_ascii_uppercase();
        self
    }

    fn add(&mut self, shelf: &Shelf, path: &Path, standard: bool) -> Result<(), LibraryError> {
        let (file, (component, code)) = (path.display().to_string(), shelf.take(path)?);
        // The standard plugin may be named too, and any file twice.
        if self.plugins.iter().any(|p| p.component.digest == component.digest) {
            return Ok(());
        }
        self.plugins.push(Plugin { file, component, standard });
        self.code.push(code);
        Ok(())
    }

    /// Plans SQL over these plugins.
    pub fn plan(&self, dialect: Dialect, builtins: Builtins, sql: &str) -> Result<Pipeline, SqlError> {
        let (plugins, missing, prefix) = (self.plugins.clone(), self.missing.clone(), self.prefix.clone());
        let classes = plugins.iter().flat_map(|plugin| pack::classes(&plugin.component)).collect();
        let aliases = BTreeMap::new();
        let functions = Functions { dialect, builtins, plugins, missing, prefix, classes, aliases };
        let pipeline = Pipeline::plan(functions, sql)?;
        // Nothing calls it, and still its absence is a mistake of whoever named it.
        match self.asked_for.first() {
            Some(reason) => Err(SqlError::new(SqlErrorKind::MissingPlugin, reason, None)),
            None => Ok(pipeline),
        }
    }

    /// Makes the plugins ready to be called, once for all pipelines that are planned over them.
    pub fn compile(&self, limits: Limits) -> Result<Plugins, ReplayError> {
        Plugins::compile(&self.plugins, &self.code, limits)
    }
}

/// Where compiled components are kept: below `STREAMFN_CACHE`, else below `XDG_CACHE_HOME` or `~/.cache`; nowhere without any.
fn cache() -> Option<PathBuf> {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = named("STREAMFN_CACHE")
        .or_else(|| named("XDG_CACHE_HOME").map(|cache| cache.join("streamfn")))
        .or_else(|| named("HOME").map(|home| home.join(".cache/streamfn")))?;
    Some(cache.join("compiled"))
}

/// What `make` put beside the plugins: in `STREAMFN_PLUGINS`, else beside the command, else in the `target/plugins` of
/// this directory. Without it the sentence says where it was looked for.
pub fn find(name: &str) -> Result<PathBuf, String> {
    let mut directories: Vec<PathBuf> = std::env::var_os(PLUGINS_VARIABLE).map(PathBuf::from).into_iter().collect();
    if let Some(beside) = std::env::current_exe().ok().as_deref().and_then(Path::parent) {
        directories.push(beside.join("plugins"));
        directories.push(beside.join("../plugins"));
    }
    directories.push(PathBuf::from("target/plugins"));
    let files: Vec<PathBuf> = directories.iter().map(|d| d.join(name)).collect();
    files.iter().find(|file| file.is_file()).cloned().ok_or_else(|| {
        let looked: Vec<String> = directories.iter().map(|d| d.display().to_string()).collect();
        format!(
            "{name} is in none of {}: `make` in streamfn's own checkout makes it, and {PLUGINS_VARIABLE} may name the \
             directory that has it",
            looked.join(", ")
        )
    })
}
