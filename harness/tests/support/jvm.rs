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

/// Runs a class of the packer's tests, with options of the JVM, and gives what it printed.
pub fn run(options: &[&str], class: &str, args: &[impl AsRef<OsStr>]) -> String {
    let output = command(options, class).args(args).output();
    let output = output.unwrap_or_else(|error| panic!("java, which this test needs: {error}"));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{class}: {told}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A class of the packer's tests, ready to be run.
pub fn command(options: &[&str], class: &str) -> Command {
    let pack = target().join("streamfn-pack");
    let plugins = std::env::var_os("STREAMFN_PLUGINS").map(PathBuf::from);
    let plugins = plugins.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/plugins"));
    let packer = plugins.join("streamfn-pack.jar");
    assert!(packer.is_file(), "{} is not there: run `make` first", packer.display());
    let path = format!("{}:{}", pack.join("test-classes").display(), packer.display());
    let mut command = Command::new("java");
    command.args(options).args(["-cp", &path, class]);
    command
}
