//! Every decoder over bytes that were made up: seeds, and those on which something once went wrong. `harness/fuzz` makes more.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../fuzz/src/lib.rs"]
mod targets;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use targets::TARGETS;

fn room() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// The files of a directory in the order of their names; none where it is not.
fn files(directory: PathBuf) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).map(|entries| entries.map(|entry| entry.unwrap().path()));
    let mut files: Vec<PathBuf> = entries.into_iter().flatten().collect();
    files.sort();
    files
}

#[test]
fn seeds_and_finds_are_read_or_refused() {
    for (name, target) in TARGETS {
        let seeds = files(room().join("seeds").join(name));
        assert!(!seeds.is_empty(), "{name} has no seeds");
        for file in seeds.into_iter().chain(files(room().join("finds").join(name))) {
            // Shown if the next line fails.
            println!("{}", file.display());
            target(&fs::read(&file).unwrap());
        }
    }
}

#[test]
fn every_target_is_tried() {
    let stem = |path: &PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let written: Vec<String> = files(room().join("fuzz_targets")).iter().map(stem).collect();
    assert_eq!(written, TARGETS.map(|(name, _)| name));
    let known = BTreeSet::from_iter(&written);
    for kept in files(room().join("seeds")).iter().chain(&files(room().join("finds"))) {
        assert!(known.contains(&stem(kept)), "{}: there is no target of that name", kept.display());
    }
}
