//! A directory for crates that a test makes: each its own, what is compiled shared, so that the standard library and
//! wit-bindgen are compiled once for all tests, and the next time not at all.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A new directory below cargo's target directory. It keeps its path from run to run, so that what cargo compiles for it is
/// replaced and does not pile up; each test names its own, each checkout has its own.
pub fn directory(name: &str) -> PathBuf {
    let shared = Path::new(env!("CARGO_TARGET_TMPDIR")).join("crates");
    let mut checkout = DefaultHasher::new();
    env!("CARGO_MANIFEST_DIR").hash(&mut checkout);
    let directory = shared.join(format!("{:016x}", checkout.finish())).join(name);
    share_target_directory(&shared);
    if directory.exists() {
        fs::remove_dir_all(&directory).unwrap();
    }
    fs::create_dir_all(&directory).unwrap();
    directory
}

/// Cargo's target directory, where this test was compiled.
pub fn target() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap()
}

/// Cargo reads this file for every crate below. An environment variable would do too, but it is the whole process's.
fn share_target_directory(shared: &Path) {
    let config = format!("[build]\ntarget-dir = {:?}\n", target().to_str().unwrap());
    let file = shared.join(".cargo/config.toml");
    if fs::read_to_string(&file).ok().as_deref() != Some(config.as_str()) {
        fs::create_dir_all(shared.join(".cargo")).unwrap();
        let new = tempfile::NamedTempFile::new_in(shared).unwrap();
        fs::write(new.path(), config).unwrap();
        new.persist(file).unwrap();
    }
}

/// The crate's own tests, compiled natively.
#[allow(dead_code, reason = "not every test that makes crates tests them")]
pub fn passes_its_own_tests(dir: &Path) {
    let mut cargo = Command::new("cargo");
    cargo.args(["test", "--release", "--target-dir"]).arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("native"));
    let output = cargo.current_dir(dir).output().unwrap();
    let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    assert!(output.status.success(), "{}: {err}\n{out}", dir.display());
    assert!(out.lines().any(|line| line.starts_with("test ") && line.ends_with("... ok")), "no test ran in {out}");
}
