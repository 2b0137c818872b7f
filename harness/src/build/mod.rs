//! `streamfn build`: a plugin crate becomes one component, whichever toolchain is at hand.
//!
//! [`toolchain`] finds a compiler, [`crates`] asks cargo what the crate is made of, [`component`] wraps the core module and
//! refuses imports, [`docs`] adds what the WIT says, [`stamp`] adds what it was made from. Knows WIT; runs no wasm.

pub mod component;
pub mod crates;
pub mod docs;
pub mod stamp;
pub mod toolchain;

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufReader, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, process};

use cargo_metadata::Message;
use wasm_encoder::{CustomSection, Encode, Section};

use self::component::NotAComponent;
use self::crates::{LocalCrate, Plugin};
use self::docs::UnreadableWit;
use self::toolchain::{Found, NoToolchain, TARGET, Toolchain};
use crate::contract::{self, Component, ContractError};
pub use stamp::{Stale, is_fresh};

/// The frozen instruction set every host has, by the compiler's name for it.
pub const BASELINE: &str = "lime1";

/// One component, made.
#[derive(Debug, Clone)]
pub struct Built {
    /// The crate.
    pub package: String,
    pub path: PathBuf,
    /// What is in it: its SQL functions, and the interfaces that are none, with the reason.
    pub component: Component,
}

/// Why nothing was built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error(transparent)]
    NoToolchain(#[from] NoToolchain),
    #[error("{} has no Cargo.toml; give the directory of a plugin crate or of a workspace, or start one: streamfn new NAME", .dir.display())]
    NoCrate { dir: PathBuf },
    #[error("{} has no plugin crate; a library becomes one by the lines\n  [package.metadata.streamfn]\n  wit = [\"wit\"]\nin its Cargo.toml", .dir.display())]
    NoPlugin { dir: PathBuf },
    #[error("{} stands for {} plugins ({}); name the directory of one", .dir.display(), .names.len(), .names.join(", "))]
    SeveralPlugins { dir: PathBuf, names: Vec<String> },
    #[error("{}: [package.metadata.streamfn] wit must be a list of directories, such as [\"wit\"]; it is {found}", .manifest.display())]
    WitSetting { manifest: PathBuf, found: String },
    #[error("cargo cannot read the crate in {}:\n{stderr}", .dir.display())]
    Metadata { dir: PathBuf, stderr: String },
    #[error("{package} does not compile for {TARGET} (see above)")]
    Compile { package: String },
    #[error("{package} is no stream function component: nothing defines {}; {hint}", .symbols.join(", "), hint = component::hint("env"))]
    Undefined { package: String, symbols: Vec<String> },
    #[error("cargo said that {package} is compiled, but named no .wasm file")]
    NoModule { package: String },
    #[error("{package} is no stream function component: {reason}")]
    NotAComponent { package: String, reason: NotAComponent },
    #[error("{package} is no stream function component: {reason}")]
    Contract { package: String, reason: ContractError },
    #[error("WIT of {package}: {reason}")]
    Wit { package: String, reason: UnreadableWit },
    #[error("{}: {source}", .path.display())]
    Io { path: PathBuf, source: io::Error },
}

/// Builds the plugin crate in `dir`, or every plugin of the workspace whose root it is. Each component goes to
/// `target/plugins/` of its workspace, or, if it is the only one, to `output`.
pub fn build(dir: &Path, output: Option<&Path>) -> Result<Vec<Built>, BuildError> {
    let plugins = crates::plugins(dir)?;
    if output.is_some() && plugins.len() > 1 {
        let names = plugins.iter().map(|plugin| plugin.library.clone()).collect();
        return Err(BuildError::SeveralPlugins { dir: dir.to_owned(), names });
    }
    plugins.iter().map(|plugin| build_one(plugin, output)).collect()
}

fn build_one(plugin: &Plugin, output: Option<&Path>) -> Result<Built, BuildError> {
    let package = || plugin.package.clone();
    // Before the compiler reads them: a file that is saved meanwhile makes the component stale, never falsely fresh.
    let stamp = stamp::digest(plugin)?;
    let toolchain = toolchain::choose(&Found::look(&plugin.directory))?;
    let module = compile(plugin, &toolchain)?;
    let mut component =
        component::component(&module).map_err(|reason| BuildError::NotAComponent { package: package(), reason })?;
    let read =
        |bytes: &[u8]| contract::read(bytes).map_err(|reason| BuildError::Contract { package: package(), reason });
    let wit: Vec<PathBuf> = plugin.wit.iter().map(|dir| plugin.directory.join(dir)).collect();
    let docs = docs::docs(read(&component)?.interfaces.keys(), &wit)
        .map_err(|reason| BuildError::Wit { package: package(), reason })?;
    let docs = serde_json::to_vec(&docs).expect("strings and maps of strings are always JSON");
    append(&mut component, contract::docs::SECTION, &docs);
    append(&mut component, stamp::SECTION, stamp.as_bytes());

    let path = output.map_or_else(|| default_output(plugin), Path::to_owned);
    write(&path, &component)?;
    Ok(Built { package: package(), path, component: read(&component)? })
}

fn default_output(plugin: &Plugin) -> PathBuf {
    plugin.workspace_root.join("target/plugins").join(&plugin.library).with_extension("wasm")
}

/// One cargo run for each crate: features are unified over what is built together, so the bytes would depend on company.
fn compile(plugin: &Plugin, toolchain: &Toolchain) -> Result<Vec<u8>, BuildError> {
    let failed = |source| BuildError::Io { path: toolchain.cargo.clone(), source };
    let _turn = turn(plugin, toolchain)?;
    let mut child = cargo_rustc(plugin, toolchain).stdout(Stdio::piped()).spawn().map_err(failed)?;
    let stdout = child.stdout.take().expect("it was piped in the line above");
    let mut module = None;
    let mut undefined = Vec::new();
    for message in Message::parse_stream(BufReader::new(stdout)) {
        match message.map_err(failed)? {
            Message::CompilerArtifact(artifact)
                if artifact.manifest_path.as_std_path().parent() == Some(&plugin.directory) =>
            {
                module = artifact.filenames.into_iter().find(|file| file.extension() == Some("wasm")).or(module);
            }
            Message::CompilerMessage(message) => match undefined_symbols(&message.message.to_string()) {
                symbols if symbols.is_empty() => eprint!("{}", message.message),
                symbols => undefined.extend(symbols),
            },
            _ => {}
        }
    }
    let package = plugin.package.clone();
    if !child.wait().map_err(failed)?.success() {
        let named = BuildError::Undefined { package: package.clone(), symbols: undefined.clone() };
        return Err(if undefined.is_empty() { BuildError::Compile { package } } else { named });
    }
    let module = module.ok_or(BuildError::NoModule { package })?;
    fs::read(&module).map_err(|source| BuildError::Io { path: module.into(), source })
}

/// The linker's complaint is a page of arguments around the one word that matters.
fn undefined_symbols(message: &str) -> Vec<String> {
    let symbols = message.lines().filter_map(|line| Some(line.split_once("undefined symbol: ")?.1.trim().to_owned()));
    let mut symbols: Vec<String> = symbols.map(|symbol| format!("`{symbol}`")).collect();
    symbols.sort();
    symbols.dedup();
    symbols
}

/// Keeps other builds in this target directory waiting until the returned file is closed, and has cargo forget what it
/// compiled of these crates for another checkout. Cargo would take that for its own: it names what it compiles by a crate's
/// place in its workspace, not by the workspace's place, and goes by times alone.
fn turn(plugin: &Plugin, toolchain: &Toolchain) -> Result<File, BuildError> {
    let owners = plugin.target_directory.join("wasm/owners");
    let failed = |source| BuildError::Io { path: owners.clone(), source };
    fs::create_dir_all(&owners).map_err(failed)?;
    let lock = File::create(owners.join(".lock")).map_err(failed)?;
    lock.lock().map_err(failed)?;
    let owner = |local: &LocalCrate| owners.join(&local.name);
    let place = |local: &LocalCrate| local.directory.as_os_str().as_encoded_bytes().to_vec();
    let taken: Vec<&LocalCrate> =
        plugin.local.iter().filter(|local| fs::read(owner(local)).ok() != Some(place(local))).collect();
    if !taken.is_empty() {
        let mut clean = toolchain.cargo(&plugin.directory);
        clean.args(["clean", "--quiet", "--release", "--target", TARGET]);
        clean.arg("--target-dir").arg(plugin.target_directory.join("wasm"));
        clean.args(taken.iter().flat_map(|local| ["--package", local.name.as_str()]));
        if !clean.status().map_err(failed)?.success() {
            return Err(BuildError::Compile { package: plugin.package.clone() });
        }
    }
    for local in taken {
        fs::write(owner(local), place(local)).map_err(failed)?;
    }
    Ok(lock)
}

/// `--crate-type` is said here, so that the crate may stay an ordinary library: as a native `cdylib` it would not link, since
/// WIT names are no names to a native linker.
fn cargo_rustc(plugin: &Plugin, toolchain: &Toolchain) -> Command {
    let mut command = toolchain.cargo(&plugin.directory);
    command.args(["rustc", "--release", "--lib", "--crate-type", "cdylib", "--target", TARGET]);
    let format = if io::stderr().is_terminal() { "json-diagnostic-rendered-ansi" } else { "json" };
    command.args(["--message-format", format]);
    command.arg("--package").arg(&plugin.package);
    command.arg("--target-dir").arg(plugin.target_directory.join("wasm"));
    command.args(toolchain.cargo_arguments());
    // How it is optimised is the command's affair; what it computes (`overflow-checks`) stays the crate's.
    // Function names stay (a fifth of a small component, a few KiB): they make a trap readable and cost nothing per call.
    for (setting, value) in [
        ("OPT_LEVEL", "3"),
        ("PANIC", "abort"),
        ("LTO", "fat"),
        ("CODEGEN_UNITS", "1"),
        ("STRIP", "debuginfo"),
        ("DEBUG", "false"),
        ("INCREMENTAL", "false"),
    ] {
        command.env(format!("CARGO_PROFILE_RELEASE_{setting}"), value);
    }
    command.env("CARGO_ENCODED_RUSTFLAGS", toolchain::encoded_flags(BASELINE, &remapped(plugin, toolchain)));
    command
}

/// Places that panic messages would name. Crates inside the workspace are not among them: cargo hands their sources over
/// relative to its root, and one more flag would compile the standard library once more for each workspace.
fn remapped(plugin: &Plugin, toolchain: &Toolchain) -> Vec<(PathBuf, String)> {
    let mut places = vec![(plugin.target_directory.clone(), "target".to_owned())];
    places.extend(toolchain::cargo_home().map(|home| (home, "cargo".to_owned())));
    if let Some(sources) = toolchain.std_sources() {
        places.push((sources.to_owned(), "library".to_owned()));
    }
    let outside = plugin.local.iter().filter(|local| !local.directory.starts_with(&plugin.workspace_root));
    places.extend(outside.map(|local| (local.directory.clone(), local.name.clone())));
    places
}

/// Appends a custom section to a whole component: sections just follow each other.
fn append(component: &mut Vec<u8>, name: &str, data: &[u8]) {
    let section = CustomSection { name: name.into(), data: Cow::Borrowed(data) };
    component.push(Section::id(&section));
    section.encode(component);
}

/// All or nothing: a reader finds the old component or the new one, never half of it.
fn write(path: &Path, bytes: &[u8]) -> Result<(), BuildError> {
    let failed = |source| BuildError::Io { path: path.to_owned(), source };
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).map_err(failed)?;
    }
    let unfinished = path.with_extension(format!("{}.unfinished", process::id()));
    fs::write(&unfinished, bytes).map_err(failed)?;
    fs::rename(&unfinished, path).map_err(|source| {
        drop(fs::remove_file(&unfinished));
        failed(source)
    })
}

/// The cargo that answers questions about a crate. Which one it is makes no difference to the answers.
fn cargo_program() -> PathBuf {
    let on_path = Command::new("cargo").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    PathBuf::from(if on_path.is_ok_and(|status| status.success()) { "cargo" } else { "/usr/bin/cargo" })
}
