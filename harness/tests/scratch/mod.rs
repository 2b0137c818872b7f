//! A directory for crates that a test makes: each its own, what is compiled shared, so that the standard library and
//! wit-bindgen are compiled once for all tests, and the next time not at all.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// A new directory below cargo's target directory, removed when dropped.
pub fn directory() -> TempDir {
    let shared = Path::new(env!("CARGO_TARGET_TMPDIR")).join("crates");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    fs::create_dir_all(shared.join(".cargo")).unwrap();
    // Cargo reads it for every crate below. An environment variable would do too, but it is the whole process's.
    let config = format!("[build]\ntarget-dir = {:?}\n", target.to_str().unwrap());
    let file = shared.join(".cargo/config.toml");
    if fs::read_to_string(&file).ok().as_deref() != Some(config.as_str()) {
        let new = tempfile::NamedTempFile::new_in(&shared).unwrap();
        fs::write(new.path(), config).unwrap();
        new.persist(file).unwrap();
    }
    tempfile::tempdir_in(shared).unwrap()
}

/// The crate's own tests, compiled natively.
pub fn passes_its_own_tests(dir: &Path) {
    let mut cargo = Command::new("cargo");
    cargo.args(["test", "--release", "--target-dir"]).arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("native"));
    let output = cargo.current_dir(dir).output().unwrap();
    let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    assert!(output.status.success(), "{}: {err}\n{out}", dir.display());
    assert!(out.lines().any(|line| line.starts_with("test ") && line.ends_with("... ok")), "no test ran in {out}");
}
