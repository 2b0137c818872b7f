//! The rooms' borders, read from manifests and sources: who may know what, which paths a README may name, what a case has.
//!
//! A check returns its findings, each as `file:line: what is wrong; the rule`, so that a test of the check itself can
//! give it something bad.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cases;
mod jvm;
mod readmes;
mod rooms;

use std::fs;
use std::path::{Path, PathBuf};

/// The checkout.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every file below `directory` whose name ends in one of `ends`; nothing that was built. In the order of their paths.
fn files(directory: &Path, ends: &[&str]) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let mut entries: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let built = |path: &Path| path.ends_with("target") || path.ends_with(".git");
    let mut found = Vec::new();
    for path in entries {
        if path.is_dir() && !built(&path) {
            found.extend(files(&path, ends));
        } else if ends.iter().any(|end| path.to_str().is_some_and(|path| path.ends_with(end))) {
            found.push(path);
        }
    }
    found
}

fn assert_none(findings: &[String]) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}
