//! `streamfn new`: what it writes compiles, natively and for WebAssembly, and its tests and its case pass.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod scratch;

use std::fs;
use std::path::Path;
use std::process::Command;

use streamfn::build::is_fresh;
use streamfn::contract::{self, Shape};
use streamfn::new::{Kind, NewError, create};

fn starts_a_crate_that_works(name: &str, kind: &str, shape: impl Fn(&Shape) -> bool) {
    let parent = scratch::directory(name);
    let said = streamfn(&parent, &["new", name, "--kind", kind]);
    let root = parent.join(name);
    let (files, next) = said.split_once("\n\nNext:\n").unwrap();
    for file in files.lines() {
        assert!(parent.join(file).is_file() && parent.join(file).starts_with(&root), "{said}");
    }
    let next: Vec<&str> = next.lines().map(str::trim).collect();
    let [laws, verify] = [format!("laws target/plugins/{name}.wasm"), format!("verify cases/{name}")];
    let commands = [format!("streamfn {laws}"), format!("streamfn {verify}")];
    assert_eq!(next, [&format!("cd {name}"), "cargo test", "streamfn build", &commands[0], &commands[1]]);

    is_formatted(&root);
    scratch::passes_its_own_tests(&root);
    streamfn(&root, &["build"]);
    let built = root.join("target/plugins").join(name).with_extension("wasm");
    let component = contract::read(&fs::read(&built).unwrap()).unwrap();
    let [function] = component.functions.as_slice() else { panic!("{component:?}") };
    assert_eq!(function.interface, format!("{name}:functions/{name}@0.1.0"));
    assert_eq!(function.sql_name, name.replace('-', "_").to_uppercase());
    assert!(shape(&function.shape), "{:?}", function.shape);
    assert!(function.docs.is_some() && !function.function_docs.is_empty(), "{function:?}");
    is_fresh(&root, &built).unwrap();

    a_case_is_whole(&root.join("cases").join(name), &built);
    let tried = streamfn(&root, &laws.split(' ').collect::<Vec<_>>());
    assert!(tried.contains("  holds           fresh-instance ") && !tried.contains("not checked"), "{tried}");
    let verdict = streamfn(&root, &verify.split(' ').collect::<Vec<_>>());
    assert!(verdict.ends_with("\n1 equal, 0 different, 0 could not be run\n"), "{verdict}");
    assert!(verdict.contains(&format!("computed by {} in {name}.wasm", function.sql_name)), "{verdict}");
}

/// What the command prints in a directory, with nothing set that leads it to a checkout.
fn streamfn(directory: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_streamfn"));
    let output = command.args(arguments).current_dir(directory).env_remove("STREAMFN_PLUGINS").output().unwrap();
    let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    assert!(output.status.success(), "streamfn {}: {out}{err}", arguments.join(" "));
    out.into_owned()
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
    starts_a_crate_that_works("new-scalar", "scalar", |shape| matches!(shape, Shape::Scalar));
}

#[test]
fn a_new_aggregate_builds_and_its_tests_pass() {
    starts_a_crate_that_works("new-aggregate", "aggregate", |shape| {
        matches!(shape, Shape::Aggregate { retract: true, merge: true, .. })
    });
}

#[test]
fn a_new_keyed_aggregate_builds_and_its_tests_pass() {
    starts_a_crate_that_works("new-keyed", "keyed", |shape| {
        matches!(shape, Shape::Keyed { retract: true, merge: true, value: true, .. })
    });
}

#[test]
fn a_new_table_function_builds_and_its_tests_pass() {
    starts_a_crate_that_works("new-table", "table", |shape| matches!(shape, Shape::Table));
}

#[test]
fn outside_of_any_checkout_it_works_too_and_says_what_to_build_first() {
    let parent = tempfile::tempdir().unwrap();
    streamfn(parent.path(), &["new", "far-away"]);
    let root = parent.path().join("far-away");
    let verify = |expected: i32| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_streamfn"));
        let output = command.arg("verify").arg("cases").current_dir(&root).env_remove("STREAMFN_PLUGINS").output();
        let output = output.unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(expected), "{said}");
        said
    };
    let said = verify(2);
    assert!(said.contains("target/plugins/far-away.wasm is not there; make it with `streamfn build`"), "{said}");
    // Only what was compiled for others is shared, by the environment of this one command.
    let mut build = Command::new(env!("CARGO_BIN_EXE_streamfn"));
    build.arg("build").current_dir(&root).env("CARGO_TARGET_DIR", scratch::target());
    assert!(build.status().unwrap().success());
    assert_eq!(verify(0), "");
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
