//! Runs a program of `plugins/jvm` in a JVM of its own.

#![allow(dead_code, reason = "each test uses a part of this")]

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What Maven built.
pub fn target() -> PathBuf {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/jvm");
    assert!(target.join("streamfn-pack").is_dir(), "{} is not there: run `make` first", target.display());
    target
}

/// Runs a class of the packer's tests and gives what it printed.
pub fn run(class: &str, args: &[impl AsRef<OsStr>]) -> String {
    let pack = target().join("streamfn-pack");
    let path = format!("{}:{}", pack.join("test-classes").display(), pack.join("streamfn-pack.jar").display());
    let output = Command::new("java").args(["-cp", &path, class]).args(args).output();
    let output = output.unwrap_or_else(|error| panic!("java, which this test needs: {error}"));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{class}: {told}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
