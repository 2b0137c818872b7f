//! `streamfn new`: what it writes compiles, natively and for WebAssembly, and its tests pass.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod scratch;

use std::fs;
use std::path::Path;
use std::process::Command;

use streamfn::build::{build, is_fresh};
use streamfn::contract::Shape;
use streamfn::new::{Kind, NewError, create};

fn starts_a_crate_that_works(name: &str, kind: Kind, shape: impl Fn(&Shape) -> bool) {
    let parent = scratch::directory(name);
    let files = create(&parent, name, kind).unwrap();
    let root = parent.join(name);
    is_formatted(&root);
    scratch::passes_its_own_tests(&root);

    let built = build(&root, None).unwrap().remove(0);
    let [function] = built.component.functions.as_slice() else { panic!("{:?}", built.component) };
    assert_eq!(function.interface, format!("{name}:functions/{name}@0.1.0"));
    assert_eq!(function.sql_name, name.replace('-', "_").to_uppercase());
    assert!(shape(&function.shape), "{:?}", function.shape);
    assert!(function.docs.is_some() && !function.function_docs.is_empty(), "{function:?}");
    is_fresh(&root, &built.path).unwrap();

    a_case_is_whole(&root.join("cases").join(name), &built.path);
    assert!(files.iter().all(|file| file.is_file() && file.starts_with(&root)), "{files:?}");
}

fn is_formatted(root: &Path) {
    // The settings of a checkout around it do not count: these are rustfmt's own.
    let check = ["fmt", "--check", "--", "--config", "max_width=100,use_small_heuristics=Default"];
    let output = Command::new("cargo").args(check).current_dir(root).output().unwrap();
    let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    assert!(output.status.success(), "{out}{err}");
}

fn a_case_is_whole(case: &Path, component: &Path) {
    let settings: toml::Table = fs::read_to_string(case.join("case.toml")).unwrap().parse().unwrap();
    assert!(settings["origin"].as_str().unwrap().len() > "by hand: ".len());
    let plugin = case.join(settings["plugins"][0].as_str().unwrap());
    assert_eq!(plugin.canonicalize().unwrap(), component.canonicalize().unwrap());
    let sql = fs::read_to_string(case.join(settings["sql"].as_str().unwrap())).unwrap();

    let [topic, table] = ["topics", "tables"].map(|of| {
        let mut entries = fs::read_dir(case.join(of)).unwrap().map(|entry| entry.unwrap().path());
        let file = entries.next().unwrap();
        assert_eq!(entries.next(), None);
        file
    });
    for record in fs::read_to_string(&topic).unwrap().lines() {
        let record: serde_json::Value = serde_json::from_str(record).unwrap();
        assert!(record["key"].is_string() && record["value"].is_object() && record["timestamp"].is_u64(), "{record}");
    }
    let named = |file: &Path| file.file_stem().unwrap().to_str().unwrap().to_owned();
    assert!(sql.contains(&format!("kafka_topic='{}'", named(&topic))), "{sql}");
    assert!(sql.contains(&format!("{} AS", named(&table))), "{sql}");
}

#[test]
fn a_new_scalar_builds_and_its_tests_pass() {
    starts_a_crate_that_works("new-scalar", Kind::Scalar, |shape| matches!(shape, Shape::Scalar));
}

#[test]
fn a_new_aggregate_builds_and_its_tests_pass() {
    starts_a_crate_that_works("new-aggregate", Kind::Aggregate, |shape| {
        matches!(shape, Shape::Aggregate { retract: true, merge: true, .. })
    });
}

#[test]
fn a_new_keyed_aggregate_builds_and_its_tests_pass() {
    starts_a_crate_that_works("new-keyed", Kind::Keyed, |shape| {
        matches!(shape, Shape::Keyed { retract: true, merge: true, value: true, .. })
    });
}

#[test]
fn a_new_table_function_builds_and_its_tests_pass() {
    starts_a_crate_that_works("new-table", Kind::Table, |shape| matches!(shape, Shape::Table));
}

#[test]
fn a_directory_that_is_there_is_left_alone() {
    let parent = tempfile::tempdir().unwrap();
    fs::create_dir(parent.path().join("taken")).unwrap();
    let refused = create(parent.path(), "taken", Kind::Scalar).unwrap_err();
    assert!(matches!(refused, NewError::Exists { .. }), "{refused}");
    assert_eq!(fs::read_dir(parent.path().join("taken")).unwrap().count(), 0);
}

#[test]
fn a_new_crate_pins_the_wit_bindgen_that_this_workspace_uses() {
    let harness = Path::new(env!("CARGO_MANIFEST_DIR"));
    let lock = fs::read_to_string(harness.join("../Cargo.lock")).unwrap();
    for manifest in ["templates/common/Cargo.toml", "tests/elsewhere/Cargo.toml"] {
        let manifest = fs::read_to_string(harness.join(manifest)).unwrap();
        let (_, after) = manifest.split_once("wit-bindgen = { version = \"=").unwrap();
        let pinned = after.split('"').next().unwrap();
        assert!(
            lock.contains(&format!("name = \"wit-bindgen\"\nversion = \"{pinned}\"")),
            "{pinned} is not in Cargo.lock"
        );
    }
}
