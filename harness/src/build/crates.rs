//! What cargo knows about a plugin crate: its library, its WIT, and every crate its component is made from.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use cargo_metadata::{CrateType, DependencyKind, Metadata, MetadataCommand, Node, Package, PackageId, TargetKind};

use super::BuildError;
use super::toolchain::{TARGET, undisturbed};

/// A crate that becomes a component.
#[derive(Debug, Clone)]
pub struct Plugin {
    pub package: String,
    /// The library's name with `-` for `_`: the component's file name.
    pub library: String,
    pub directory: PathBuf,
    /// From `[package.metadata.streamfn] wit`, else `wit`; relative to `directory`, in the order they refer to each other.
    pub wit: Vec<PathBuf>,
    pub workspace_root: PathBuf,
    pub target_directory: PathBuf,
    /// Itself and its path dependencies, by name.
    pub local: Vec<LocalCrate>,
    /// `name version` of every other crate in it, sorted.
    pub others: BTreeSet<String>,
}

/// A crate whose sources are in the user's hands.
#[derive(Debug, Clone)]
pub struct LocalCrate {
    pub name: String,
    pub version: String,
    pub edition: String,
    pub directory: PathBuf,
}

/// The plugins that `dir` stands for: the crate in it, or, at a workspace's root, every member that says it is one.
pub fn plugins(dir: &Path) -> Result<Vec<Plugin>, BuildError> {
    let dir = dir.canonicalize().map_err(|source| BuildError::Io { path: dir.to_owned(), source })?;
    if !dir.join("Cargo.toml").is_file() {
        return Err(BuildError::NoCrate { dir });
    }
    let metadata = metadata(&dir)?;
    let root = metadata.workspace_root.as_std_path() == dir;
    let mut chosen: Vec<&Package> = metadata
        .workspace_packages()
        .into_iter()
        .filter(|package| directory(package) == dir || root)
        .filter(|package| is_plugin(package, directory(package) == dir))
        .collect();
    chosen.sort_by_key(|package| package.name.to_string());
    if chosen.is_empty() {
        return Err(BuildError::NoPlugin { dir });
    }
    chosen.into_iter().map(|package| plugin(&metadata, package)).collect()
}

fn metadata(dir: &Path) -> Result<Metadata, BuildError> {
    let mut command = MetadataCommand::new();
    // Not `$CARGO`: under `cargo test` that is the one which compiled us.
    command.cargo_path(super::cargo_program()).current_dir(dir);
    command.other_options(["--filter-platform".to_owned(), TARGET.to_owned()]);
    let mut command = command.cargo_command();
    undisturbed(&mut command);
    let output = command.output().map_err(|source| BuildError::Io { path: super::cargo_program(), source })?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(BuildError::Metadata { dir: dir.to_owned(), stderr });
    }
    MetadataCommand::parse(String::from_utf8_lossy(&output.stdout))
        .map_err(|e| BuildError::Metadata { dir: dir.to_owned(), stderr: e.to_string() })
}

/// A member says so in its manifest; a crate that was asked for by name may just as well be a `cdylib`.
fn is_plugin(package: &Package, by_name: bool) -> bool {
    !package.metadata["streamfn"].is_null() || (by_name && library(package).is_some_and(|(_, cdylib)| cdylib))
}

/// The library's name, and whether the crate itself wants it as a dynamic library.
fn library(package: &Package) -> Option<(String, bool)> {
    let library = package.targets.iter().find(|target| {
        let kinds = [TargetKind::Lib, TargetKind::RLib, TargetKind::CDyLib];
        target.kind.iter().any(|kind| kinds.contains(kind))
    })?;
    Some((library.name.replace('_', "-"), library.crate_types.contains(&CrateType::CDyLib)))
}

fn plugin(metadata: &Metadata, package: &Package) -> Result<Plugin, BuildError> {
    let directory = directory(package);
    let Some((library, _)) = library(package) else { return Err(BuildError::NoPlugin { dir: directory }) };
    let (local, others) = made_from(metadata, package);
    Ok(Plugin {
        package: package.name.to_string(),
        library,
        wit: wit_directories(package)?,
        directory,
        workspace_root: metadata.workspace_root.clone().into_std_path_buf(),
        target_directory: metadata.target_directory.clone().into_std_path_buf(),
        local,
        others,
    })
}

fn wit_directories(package: &Package) -> Result<Vec<PathBuf>, BuildError> {
    let wit = &package.metadata["streamfn"]["wit"];
    if wit.is_null() {
        return Ok(vec![PathBuf::from("wit")]);
    }
    let directories = wit.as_array().and_then(|list| list.iter().map(|dir| dir.as_str().map(PathBuf::from)).collect());
    directories.ok_or_else(|| BuildError::WitSetting {
        manifest: package.manifest_path.clone().into_std_path_buf(),
        found: wit.to_string(),
    })
}

/// Everything a component is compiled from, tests aside.
fn made_from(metadata: &Metadata, package: &Package) -> (Vec<LocalCrate>, BTreeSet<String>) {
    let nodes: HashMap<&PackageId, &Node> =
        metadata.resolve.iter().flat_map(|resolve| &resolve.nodes).map(|node| (&node.id, node)).collect();
    let packages: HashMap<&PackageId, &Package> = metadata.packages.iter().map(|p| (&p.id, p)).collect();
    let mut seen = BTreeSet::from([&package.id]);
    let mut queue = vec![&package.id];
    while let Some(id) = queue.pop() {
        for dependency in nodes.get(id).into_iter().flat_map(|node| &node.deps) {
            let only_for_tests = dependency.dep_kinds.iter().all(|kind| kind.kind == DependencyKind::Development);
            if !only_for_tests && seen.insert(&dependency.pkg) {
                queue.push(&dependency.pkg);
            }
        }
    }
    let mut local = Vec::new();
    let mut others = BTreeSet::new();
    for package in seen.into_iter().filter_map(|id| packages.get(id)) {
        match package.source {
            Some(_) => drop(others.insert(format!("{} {}", package.name, package.version))),
            None => local.push(LocalCrate {
                name: package.name.to_string(),
                version: package.version.to_string(),
                edition: package.edition.to_string(),
                directory: self::directory(package),
            }),
        }
    }
    local.sort_by(|a, b| a.name.cmp(&b.name));
    (local, others)
}

fn directory(package: &Package) -> PathBuf {
    let manifest = package.manifest_path.as_std_path();
    manifest.parent().unwrap_or(manifest).to_owned()
}
