//! The custom section `streamfn:source`: a digest of what a component was made from, so that nobody tests yesterday's bytes.

use std::path::{Path, PathBuf};
use std::{fs, io};

use sha2::{Digest, Sha256};
use wasmparser::{Parser, Payload};

use super::BuildError;
use super::crates::{self, LocalCrate, Plugin};

/// The section's name. It holds the digest in hex.
pub const SECTION: &str = "streamfn:source";

/// Why a component may not be taken for what its sources say. Each ends in the command that mends it.
#[derive(Debug, thiserror::Error)]
pub enum Stale {
    #[error("{} is not built yet\n  run: {command}", .wasm.display())]
    Missing { wasm: PathBuf, command: String },
    #[error("{} was made from other sources than those in {}\n  run: {command}", .wasm.display(), .dir.display())]
    Differs { wasm: PathBuf, dir: PathBuf, command: String },
    #[error("{} does not say what it was made from (no section `{SECTION}`)\n  run: {command}", .wasm.display())]
    Unstamped { wasm: PathBuf, command: String },
    #[error("{} cannot be read: {source}", .wasm.display())]
    Unreadable { wasm: PathBuf, source: io::Error },
    #[error(transparent)]
    Build(#[from] BuildError),
}

/// Whether `wasm` was made from the plugin crate in `dir` as it is now.
pub fn is_fresh(dir: &Path, wasm: &Path) -> Result<(), Stale> {
    let plugins = crates::plugins(dir)?;
    let [plugin] = plugins.as_slice() else {
        let names = plugins.iter().map(|plugin| plugin.library.clone()).collect();
        return Err(BuildError::SeveralPlugins { dir: dir.to_owned(), names }.into());
    };
    let (wasm, command) = (wasm.to_owned(), command(plugin));
    let bytes = match fs::read(&wasm) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Err(Stale::Missing { wasm, command }),
        Err(source) => return Err(Stale::Unreadable { wasm, source }),
    };
    match read(&bytes) {
        None => Err(Stale::Unstamped { wasm, command }),
        Some(stamp) if stamp == digest(plugin)? => Ok(()),
        Some(_) => Err(Stale::Differs { wasm, dir: plugin.directory.clone(), command }),
    }
}

/// What to type: the installed command, or, in the checkout that the command itself is made in, cargo's alias for it.
fn command(plugin: &Plugin) -> String {
    let ours = plugin.directory.ancestors().any(|above| above.join("harness/src/build/stamp.rs").is_file());
    format!("{} build {}", if ours { "cargo streamfn" } else { "streamfn" }, plugin.directory.display())
}

/// The digest in a component, if it has one.
pub fn read(component: &[u8]) -> Option<String> {
    section(component, SECTION).and_then(|data| String::from_utf8(data.to_vec()).ok())
}

/// A custom section of the component itself; those of the modules inside don't count.
pub fn section<'a>(component: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(component) {
        match payload.ok()? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CustomSection(section) if depth == 0 && section.name() == name => return Some(section.data()),
            _ => {}
        }
    }
    None
}

/// SHA-256 over the sources of the crate and of its path dependencies, and over the names and versions of all others. No
/// absolute path goes in: a checkout elsewhere has the same digest.
pub fn digest(plugin: &Plugin) -> Result<String, BuildError> {
    let mut hash = Sha256::new();
    for name in &plugin.others {
        line(&mut hash, name.as_bytes());
    }
    for local in &plugin.local {
        line(&mut hash, format!("{} {} {}", local.name, local.version, local.edition).as_bytes());
        hash_files(&mut hash, &local.directory, &sources(local)?)?;
    }
    for directory in &plugin.wit {
        line(&mut hash, directory.to_string_lossy().as_bytes());
        let directory = plugin.directory.join(directory);
        hash_files(&mut hash, &directory, &files(&directory)?)?;
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn sources(local: &LocalCrate) -> Result<Vec<PathBuf>, BuildError> {
    let mut found = files(&local.directory.join("src"))?;
    found.extend(["Cargo.toml", "build.rs"].map(|name| local.directory.join(name)).into_iter().filter(|f| f.is_file()));
    Ok(found)
}

/// Every file below `directory`, in the order of their paths.
fn files(directory: &Path) -> Result<Vec<PathBuf>, BuildError> {
    let failed = |source| BuildError::Io { path: directory.to_owned(), source };
    let mut found = Vec::new();
    if !directory.is_dir() {
        return Ok(found);
    }
    let mut entries: Vec<PathBuf> = fs::read_dir(directory)
        .map_err(failed)?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<_, _>>()
        .map_err(failed)?;
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            found.extend(files(&entry)?);
        } else {
            found.push(entry);
        }
    }
    Ok(found)
}

fn hash_files(hash: &mut Sha256, base: &Path, files: &[PathBuf]) -> Result<(), BuildError> {
    for file in files {
        let bytes = fs::read(file).map_err(|source| BuildError::Io { path: file.clone(), source })?;
        line(hash, file.strip_prefix(base).unwrap_or(file).to_string_lossy().as_bytes());
        line(hash, &bytes);
    }
    Ok(())
}

/// Each piece goes in behind its length: without it, `ab` + `c` would hash as `a` + `bc`.
fn line(hash: &mut Sha256, bytes: &[u8]) {
    hash.update((bytes.len() as u64).to_le_bytes());
    hash.update(bytes);
}
