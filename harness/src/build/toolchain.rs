//! Which Rust compiler makes WebAssembly on this machine: the active one where it has the target, else one that can
//! compile the standard library for it, else a sentence that says what to install.
//!
//! [`Found`] is what is there, [`choose`] decides and touches nothing, [`Toolchain::cargo`] is the choice as a command.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fmt};

/// The one target: no WASI, so nothing to import.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// The oldest compiler with the CPU [`super::BASELINE`] and edition 2024's lints in a shape that wit-bindgen wants.
const OLDEST: (u32, u32) = (1, 87);

/// What is installed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// In the order of preference: what the shell finds first, then the distribution's.
    pub compilers: Vec<Compiler>,
    /// Programs that link WebAssembly but belong to no compiler's sysroot, best first.
    pub linkers: Vec<PathBuf>,
}

/// One `rustc` with the `cargo` that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiler {
    pub rustc: PathBuf,
    pub cargo: PathBuf,
    pub sysroot: PathBuf,
    /// `(1, 95)`
    pub version: (u32, u32),
    /// The standard library compiled for [`TARGET`] is in the sysroot.
    pub has_target: bool,
    /// The standard library's sources, by the path that cargo hands to the compiler.
    pub std_sources: Option<PathBuf>,
    /// The sysroot's own linker for WebAssembly.
    pub linker: Option<PathBuf>,
}

/// How WebAssembly is made here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toolchain {
    pub rustc: PathBuf,
    pub cargo: PathBuf,
    pub std: Std,
}

/// Where the standard library for [`TARGET`] comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Std {
    /// `rustup target add` put it into the sysroot.
    Installed,
    /// Cargo compiles it from these sources. `-Zbuild-std` is for nightlies only, so `RUSTC_BOOTSTRAP=1` goes with it: the
    /// compiler stays the stable one, and so do the sources, which are its own.
    Compiled { sources: PathBuf, linker: PathBuf },
}

/// No toolchain here makes WebAssembly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoToolchain {
    /// What was looked at, and what it lacks; one line each.
    pub seen: Vec<String>,
}

impl fmt::Display for NoToolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "no Rust toolchain here compiles for {TARGET}")?;
        for line in &self.seen {
            writeln!(f, "  found {line}")?;
        }
        if self.seen.is_empty() {
            writeln!(f, "  found no rustc at all")?;
        }
        writeln!(f, "  with rustup:          rustup target add {TARGET}")?;
        write!(f, "  on Debian and Ubuntu: apt-get install --no-install-recommends rustc-web cargo-web rust-web-src")
    }
}

impl std::error::Error for NoToolchain {}

/// A compiler that has the target wins over one that must compile the standard library first; within either, the order found.
pub fn choose(found: &Found) -> Result<Toolchain, NoToolchain> {
    let able: Vec<&Compiler> = found.compilers.iter().filter(|c| c.version >= OLDEST).collect();
    if let Some(compiler) = able.iter().find(|c| c.has_target) {
        return Ok(compiler.with(Std::Installed));
    }
    for compiler in &able {
        // A linker from elsewhere will do: all of them are LLVM's, and Debian packs its compilers without one.
        let linker = compiler.linker.as_ref().or_else(|| found.linkers.first());
        if let (Some(sources), Some(linker)) = (&compiler.std_sources, linker) {
            return Ok(compiler.with(Std::Compiled { sources: sources.clone(), linker: linker.clone() }));
        }
    }
    Err(NoToolchain { seen: found.compilers.iter().map(|c| c.shortcoming(found)).collect() })
}

impl Compiler {
    fn with(&self, std: Std) -> Toolchain {
        Toolchain { rustc: self.rustc.clone(), cargo: self.cargo.clone(), std }
    }

    fn shortcoming(&self, found: &Found) -> String {
        let (major, minor) = self.version;
        let lacks = if self.version < OLDEST {
            format!("is older than {}.{}", OLDEST.0, OLDEST.1)
        } else if self.std_sources.is_none() {
            format!("has neither the target {TARGET} nor the standard library's sources")
        } else if self.linker.is_none() && found.linkers.is_empty() {
            "has the standard library's sources, but there is no linker (rust-lld or wasm-ld; Debian: lld-22)"
                .to_owned()
        } else {
            "would do".to_owned()
        };
        format!("{} {major}.{minor}, which {lacks}", self.rustc.display())
    }
}

impl Found {
    /// Looks at this machine, as seen from `dir`: rustup reads a `rust-toolchain.toml` there.
    pub fn look(dir: &Path) -> Found {
        let on_path = (PathBuf::from("rustc"), PathBuf::from("cargo"));
        let distribution = (PathBuf::from("/usr/bin/rustc"), PathBuf::from("/usr/bin/cargo"));
        let mut compilers: Vec<Compiler> = Vec::new();
        let mut linkers = Vec::new();
        for (rustc, cargo) in [on_path, distribution] {
            let Some(compiler) = Compiler::look(dir, rustc, cargo) else { continue };
            linkers.extend(compiler.linker.clone());
            if compilers.iter().all(|c| c.sysroot != compiler.sysroot) {
                compilers.push(compiler);
            }
        }
        linkers.extend(linkers_on_path());
        Found { compilers, linkers }
    }
}

impl Compiler {
    fn look(dir: &Path, rustc: PathBuf, cargo: PathBuf) -> Option<Compiler> {
        let sysroot = PathBuf::from(answer(dir, &rustc, &["--print", "sysroot"])?);
        let version = parse_version(&answer(dir, &rustc, &["--version"])?)?;
        answer(dir, &cargo, &["--version"])?;
        let rustlib = sysroot.join("lib/rustlib");
        Some(Compiler {
            has_target: rustlib.join(TARGET).join("lib").is_dir(),
            std_sources: Some(rustlib.join("src/rust/library")).filter(|sources| sources.is_dir()),
            linker: host_directories(&rustlib).map(|host| host.join("bin/rust-lld")).find(|lld| lld.is_file()),
            rustc,
            cargo,
            sysroot,
            version,
        })
    }
}

/// `lib/rustlib/x86_64-unknown-linux-gnu` and its like, in order of their names.
fn host_directories(rustlib: &Path) -> impl Iterator<Item = PathBuf> {
    let mut hosts: Vec<PathBuf> = std::fs::read_dir(rustlib)
        .map(|entries| entries.filter_map(Result::ok).map(|entry| entry.path()).collect())
        .unwrap_or_default();
    hosts.sort();
    hosts.into_iter()
}

/// LLVM's linker as distributions name it. Newest first: an old one does not read a newer compiler's object files.
fn linkers_on_path() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut found: Vec<(u32, PathBuf)> = Vec::new();
    for dir in env::split_paths(&path) {
        for entry in std::fs::read_dir(&dir).into_iter().flatten().filter_map(Result::ok) {
            if let Some(version) = entry.file_name().to_str().and_then(linker_version)
                && !found.iter().any(|(_, linker)| *linker == entry.path())
            {
                found.push((version, entry.path()));
            }
        }
    }
    found.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    found.into_iter().map(|(_, linker)| linker).collect()
}

/// `rust-lld` comes first, then `wasm-ld-19`, then `wasm-ld-14`, then a `wasm-ld` of unknown age.
fn linker_version(file_name: &str) -> Option<u32> {
    match file_name {
        "rust-lld" => Some(u32::MAX),
        "wasm-ld" => Some(0),
        versioned => versioned.strip_prefix("wasm-ld-")?.parse().ok(),
    }
}

fn answer(dir: &Path, program: &Path, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(dir);
    undisturbed(&mut command);
    let output = command.output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// `rustc 1.95.0 (59807616e 2026-04-14)` is `(1, 95)`.
fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split_whitespace().nth(1)?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

impl Toolchain {
    /// `cargo` of this toolchain in `dir`, without what a surrounding cargo left in the environment.
    pub fn cargo(&self, dir: &Path) -> Command {
        let mut command = Command::new(&self.cargo);
        command.current_dir(dir);
        undisturbed(&mut command);
        command.env("RUSTC", &self.rustc);
        if let Std::Compiled { linker, .. } = &self.std {
            command.env("RUSTC_BOOTSTRAP", "1").env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        }
        command
    }

    /// The arguments that `cargo rustc` needs beside the target.
    pub fn cargo_arguments(&self) -> &'static [&'static str] {
        match self.std {
            Std::Installed => &[],
            Std::Compiled { .. } => &["-Zbuild-std=std,panic_abort"],
        }
    }

    /// Where the standard library's sources are on this machine, if its panics would name that place.
    pub fn std_sources(&self) -> Option<&Path> {
        match &self.std {
            Std::Installed => None,
            Std::Compiled { sources, .. } => Some(sources),
        }
    }
}

/// Takes out of a command's environment whatever cargo, rustup or clippy set for *our* process: run by `cargo test`, a build
/// must be the same as run by hand. Flags and profiles of the user's go too, since they'd change a component's bytes.
pub fn undisturbed(command: &mut Command) {
    let under_cargo = env::var_os("CARGO").is_some();
    for (name, _) in env::vars_os() {
        if disturbs(&name, under_cargo) {
            command.env_remove(name);
        }
    }
    // Cargo would read a relative one from the directory it runs in, the user meant the one they are in.
    if let Some(target) = env::var_os("CARGO_TARGET_DIR").filter(|t| !t.is_empty())
        && let Ok(target) = std::path::absolute(target)
    {
        command.env("CARGO_TARGET_DIR", target);
    }
}

fn disturbs(name: &OsStr, under_cargo: bool) -> bool {
    const KEPT: [&str; 3] = ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR", "CARGO_BUILD_JOBS"];
    const NAMES: [&str; 9] = [
        "CARGO",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_INCREMENTAL",
        "CARGO_MAKEFLAGS",
        "CARGO_PRIMARY_PACKAGE",
        "MAKEFLAGS",
        "MFLAGS",
        "RUSTC",
        "RUSTFLAGS",
    ];
    const PREFIXES: [&str; 12] = [
        "CARGO_BIN_",
        "CARGO_BUILD_",
        "CARGO_CFG_",
        "CARGO_CRATE_",
        "CARGO_FEATURE_",
        "CARGO_MANIFEST_",
        "CARGO_PKG_",
        "CARGO_PROFILE_",
        "CARGO_TARGET_",
        "CARGO_UNSTABLE_",
        "RUSTC_",
        "RUSTDOC",
    ];
    let Some(name) = name.to_str() else { return false };
    if KEPT.contains(&name) {
        return false;
    }
    // A shell's own choice of toolchain is the user's; under cargo it is only the one that compiled us. The library path
    // then leads to that one's libraries.
    let by_rustup = under_cargo && ["RUSTUP_TOOLCHAIN", "LD_LIBRARY_PATH"].contains(&name);
    by_rustup || NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Where cargo keeps the sources it downloaded.
pub fn cargo_home() -> Option<PathBuf> {
    let set = env::var_os("CARGO_HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    set.or_else(|| env::home_dir().map(|home| home.join(".cargo")))
}

/// `--remap-path-prefix` for each place, as `CARGO_ENCODED_RUSTFLAGS` wants its flags: between unit separators.
pub fn encoded_flags(baseline: &str, remapped: &[(PathBuf, String)]) -> OsString {
    let mut flags = OsString::from(format!("-Ctarget-cpu={baseline}"));
    for (from, to) in remapped {
        flags.push("\u{1f}--remap-path-prefix=");
        flags.push(from);
        flags.push(format!("={to}"));
    }
    flags
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rustup() -> Compiler {
        Compiler {
            rustc: "rustc".into(),
            cargo: "cargo".into(),
            sysroot: "/rustup".into(),
            version: (1, 95),
            has_target: false,
            std_sources: None,
            linker: Some("/rustup/rust-lld".into()),
        }
    }

    fn distribution() -> Compiler {
        Compiler {
            rustc: "/usr/bin/rustc".into(),
            cargo: "/usr/bin/cargo".into(),
            sysroot: "/usr".into(),
            version: (1, 96),
            has_target: false,
            std_sources: Some("/usr/src/rustc/library".into()),
            linker: None,
        }
    }

    fn choice(compilers: &[Compiler], linkers: &[&str]) -> Result<Toolchain, NoToolchain> {
        choose(&Found { compilers: compilers.to_vec(), linkers: linkers.iter().map(PathBuf::from).collect() })
    }

    #[test]
    fn an_installed_target_wins_over_compiling_the_standard_library() {
        let active = Compiler { has_target: true, std_sources: Some("/rustup/library".into()), ..rustup() };
        let chosen = choice(&[active, distribution()], &[]).expect("it has the target");
        assert_eq!((chosen.rustc, chosen.std), ("rustc".into(), Std::Installed));

        let chosen =
            choice(&[rustup(), Compiler { has_target: true, ..distribution() }], &[]).expect("the second has it");
        assert_eq!((chosen.rustc, chosen.std), ("/usr/bin/rustc".into(), Std::Installed));
    }

    #[test]
    fn the_distributions_compiler_borrows_the_linker_of_rustup() {
        let chosen = choice(&[rustup(), distribution()], &["/rustup/rust-lld"]).expect("sources and a linker");
        let std = Std::Compiled { sources: "/usr/src/rustc/library".into(), linker: "/rustup/rust-lld".into() };
        assert_eq!(chosen, Toolchain { rustc: "/usr/bin/rustc".into(), cargo: "/usr/bin/cargo".into(), std });
    }

    #[test]
    fn the_active_compiler_with_sources_is_taken_before_the_distributions() {
        let active = Compiler { std_sources: Some("/rustup/library".into()), ..rustup() };
        let chosen = choice(&[active, distribution()], &["/usr/bin/wasm-ld"]).expect("sources and its own linker");
        let std = Std::Compiled { sources: "/rustup/library".into(), linker: "/rustup/rust-lld".into() };
        assert_eq!(chosen, Toolchain { rustc: "rustc".into(), cargo: "cargo".into(), std });
    }

    #[test]
    fn what_is_missing_is_said_with_both_ways_to_install_it() {
        let message = |compilers: &[Compiler]| choice(compilers, &[]).expect_err("nothing can do it").to_string();
        let no_target = message(&[rustup()]);
        assert!(no_target.contains("rustc 1.95, which has neither the target"), "{no_target}");
        assert!(no_target.contains("rustup target add wasm32-unknown-unknown"), "{no_target}");
        assert!(
            no_target.contains("apt-get install --no-install-recommends rustc-web cargo-web rust-web-src"),
            "{no_target}"
        );
        let no_linker = message(&[distribution()]);
        assert!(no_linker.contains("there is no linker"), "{no_linker}");
        let old = message(&[Compiler { version: (1, 63), has_target: true, ..distribution() }]);
        assert!(old.contains("older than 1.87"), "{old}");
        assert!(message(&[]).contains("no rustc at all"));
    }

    #[test]
    fn the_newest_linker_of_the_distribution_is_preferred() {
        let order = ["rust-lld", "wasm-ld-19", "wasm-ld-14", "wasm-ld"].map(linker_version);
        assert!(order.is_sorted_by(|a, b| a > b), "{order:?}");
        assert_eq!([linker_version("lld"), linker_version("wasm-ld-19.bak")], [None, None]);
    }

    #[test]
    fn what_cargo_left_in_the_environment_is_taken_out() {
        let out = |name: &str| disturbs(OsStr::new(name), true);
        for name in ["CARGO", "RUSTC", "RUSTC_WORKSPACE_WRAPPER", "CARGO_MANIFEST_DIR", "RUSTFLAGS", "RUSTUP_TOOLCHAIN"]
        {
            assert!(out(name), "{name}");
        }
        for name in ["CARGO_HOME", "CARGO_TARGET_DIR", "CARGO_NET_OFFLINE", "CARGO_TERM_COLOR", "HOME", "PATH"] {
            assert!(!out(name), "{name}");
        }
        assert!(!disturbs(OsStr::new("RUSTUP_TOOLCHAIN"), false), "typed into a shell, it is a choice");
    }

    #[test]
    fn versions_are_read_as_both_toolchains_print_them() {
        assert_eq!(parse_version("rustc 1.95.0 (59807616e 2026-04-14)"), Some((1, 95)));
        assert_eq!(
            parse_version("rustc 1.96.0-nightly (ac68faa20 2026-05-25) (built from a source tarball)"),
            Some((1, 96))
        );
        assert_eq!(parse_version("rustc"), None);
    }
}
