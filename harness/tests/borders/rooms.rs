//! Who may import what.

use std::fs;
use std::path::Path;

use toml::Table;

use crate::{assert_none, files, root};

/// A crate that only some rooms may name.
struct Border {
    /// As Rust writes it.
    names: &'static [&'static str],
    /// Folders of the checkout.
    rooms: &'static [&'static str],
    rule: &'static str,
}

const BORDERS: [Border; 6] = [
    Border {
        names: &["wasmtime"],
        rooms: &["harness/src/host", "harness/tests", "harness/benches"],
        rule: "only the host knows the runtime",
    },
    Border {
        names: &["apache_avro", "arrow_avro", "rdkafka"],
        rooms: &["harness/src/topic", "harness/fuzz", "harness/tests", "harness/benches"],
        rule: "only topics know where records come from",
    },
    Border {
        names: &["wit_parser", "wit_component"],
        rooms: &["harness/src/contract", "harness/src/build", "harness/tests"],
        rule: "WIT is read by the contract and written by the build; a host goes by the component's own sections",
    },
    Border {
        names: &["wasmparser", "wasm_encoder"],
        rooms: &["harness/src/contract", "harness/src/build", "harness/src/host", "harness/tests", "harness/benches"],
        rule: "the others never see wasm's bytes",
    },
    Border {
        names: &["proptest"],
        rooms: &["harness/src/laws", "harness/tests", "harness/benches", "plugins/logic"],
        rule: "rows are made up to try laws, and nowhere else",
    },
    Border {
        names: &["streamfn_logic"],
        rooms: &["plugins", "harness/src/bench", "harness/tests", "harness/benches"],
        rule: "the harness calls components, or measures what they cost beside their logic; its own built-ins follow the \
               engines, so that each can check the other",
    },
];

/// What a pure room may not even name: files, network, clock, environment, threads, other programs.
const IMPURE: [&str; 9] = [
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "SystemTime::now",
    "Instant::now",
    "std::io",
    "std::sync::mpsc",
];

/// Crates that do IO or run wasm, by how their names begin.
const OUTSIDE_CRATES: [&str; 14] = [
    "wasm",
    "wit-",
    "streamfn",
    "tokio",
    "async",
    "reqwest",
    "hyper",
    "ureq",
    "rdkafka",
    "apache-avro",
    "arrow-avro",
    "cargo",
    "tempfile",
    "notify",
];

#[test]
fn only_the_rooms_that_may_name_a_crate_do() {
    let root = root();
    let mut findings = Vec::new();
    for file in files(&root.join("harness"), &[".rs"]).iter().chain(&files(&root.join("plugins"), &[".rs"])) {
        let place = file.strip_prefix(&root).unwrap();
        if !place.starts_with("harness/templates") {
            findings.extend(crossings(place, &fs::read_to_string(file).unwrap()));
        }
    }
    assert_none(&findings);
}

fn crossings(place: &Path, source: &str) -> Vec<String> {
    let mut found = Vec::new();
    for border in BORDERS.iter().filter(|border| !border.rooms.iter().any(|room| place.starts_with(room))) {
        for (number, line) in code_lines(source) {
            for name in border.names.iter().filter(|name| names(line, name)) {
                let (place, rooms) = (place.display(), border.rooms.join(", "));
                found.push(format!("{place}:{number}: `{name}` is for {rooms} alone: {}", border.rule));
            }
        }
    }
    found
}

/// Lines without what follows `//`, numbered from 1.
fn code_lines(source: &str) -> impl Iterator<Item = (usize, &str)> {
    source.lines().enumerate().map(|(i, line)| (i + 1, line.split("//").next().unwrap_or("")))
}

/// Whether a line has the crate's name as a path: `name::…`, `use name`, `extern crate name`.
fn names(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + name.len()..]);
        let whole = |c: Option<char>| !c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let path =
            after.starts_with("::") || before.trim_end().ends_with("use") || before.trim_end().ends_with("crate");
        whole(before.chars().next_back()) && whole(after.chars().next()) && path
    })
}

#[test]
fn the_pure_rooms_know_no_clock_files_network_or_threads() {
    let root = root();
    let mut findings = Vec::new();
    for room in ["plugins/logic/src", "harness/model/src"] {
        for file in files(&root.join(room), &[".rs"]) {
            let place = file.strip_prefix(&root).unwrap();
            findings.extend(impurities(place, &fs::read_to_string(&file).unwrap()));
        }
    }
    assert_none(&findings);
}

fn impurities(place: &Path, source: &str) -> Vec<String> {
    let found = code_lines(source).flat_map(|(number, line)| {
        let named = IMPURE.iter().filter(move |path| line.contains(**path));
        named.map(move |path| format!("{}:{number}: `{path}` in a room of pure functions", place.display()))
    });
    found.collect()
}

#[test]
fn logic_depends_on_nobody() {
    let (file, manifest) = manifest("plugins/logic");
    let names = dependencies(&manifest);
    assert!(
        names.is_empty(),
        "{file}: depends on {names:?}; logic knows nobody, so that it is tested and compiled alone"
    );
}

#[test]
fn glue_depends_on_logic_and_wit_bindgen_alone() {
    let root = root();
    for file in files(&root.join("plugins"), &["Cargo.toml"]) {
        let place = file.strip_prefix(&root).unwrap().parent().unwrap().to_str().unwrap().to_owned();
        let (file, manifest) = manifest(&place);
        for name in dependencies(&manifest).iter().filter(|_| place != "plugins/logic") {
            let glue = ["streamfn-logic", "wit-bindgen"].contains(&name.as_str());
            assert!(glue, "{file}: depends on {name}; glue translates between WIT types and logic, and knows no third");
        }
    }
}

#[test]
fn the_model_depends_on_no_plugin_no_host_and_nothing_that_does_io() {
    let (file, manifest) = manifest("harness/model");
    for name in dependencies(&manifest) {
        let outside = OUTSIDE_CRATES.iter().any(|start| name.starts_with(start));
        assert!(!outside, "{file}: depends on {name}; the model is pure functions of values");
    }
}

/// A crate's Cargo.toml, and its path for a message.
fn manifest(place: &str) -> (String, Table) {
    let text = fs::read_to_string(root().join(place).join("Cargo.toml")).unwrap();
    (format!("{place}/Cargo.toml"), text.parse().unwrap())
}

/// The names of everything that is compiled into a crate; dependencies of its tests are not.
fn dependencies(manifest: &Table) -> Vec<String> {
    let tables = |table: &Table| -> Vec<String> {
        let kinds = ["dependencies", "build-dependencies"].iter().filter_map(|kind| table.get(*kind)?.as_table());
        kinds.flat_map(|dependencies| dependencies.keys().cloned()).collect()
    };
    let mut names = tables(manifest);
    let targets = manifest.get("target").and_then(toml::Value::as_table);
    names.extend(targets.into_iter().flat_map(Table::values).filter_map(toml::Value::as_table).flat_map(tables));
    names
}

#[test]
fn the_contract_names_no_package_but_its_own() {
    let root = root();
    for file in files(&root.join("wit"), &[".wit"]) {
        for (number, line) in code_lines(&fs::read_to_string(&file).unwrap()) {
            let mut words = line.split_whitespace();
            let foreign = matches!(words.next(), Some("use" | "import" | "include" | "export" | "package"))
                && words.next().is_some_and(|name| name.contains(':') && !name.starts_with("streamfn:"));
            assert!(!foreign, "{}:{number}: `{}`; the contract knows nobody", file.display(), line.trim());
        }
    }
}

#[test]
fn the_root_has_no_folder_that_the_map_does_not_name() {
    const MAP: [&str; 5] = ["wit", "plugins", "sql", "harness", "target"];
    for entry in fs::read_dir(root()).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        let known = MAP.contains(&name.as_str()) || name.starts_with('.') || !entry.path().is_dir();
        assert!(known, "{name}/: no further folder at the root; what is it for, and which room is that?");
    }
}

#[test]
fn a_crossing_is_found_and_prose_is_none() {
    let found = |source: &str| crossings(Path::new("harness/src/sql/plan.rs"), source);
    let crossing = found("//! Knows no wasmtime.\nuse wasmtime::Engine;\n");
    assert_eq!(crossing.len(), 1, "{crossing:?}");
    assert!(crossing[0].starts_with("harness/src/sql/plan.rs:2: `wasmtime` is for harness/src/host"), "{crossing:?}");
    assert_eq!(found("    let writer = apache_avro::Writer::new();").len(), 1);
    assert_eq!(found("let host = \"wasmtime\"; my_wasmtime::run(); wasmtime_like::run();"), Vec::<String>::new());
    assert_eq!(crossings(Path::new("harness/src/host/mod.rs"), "use wasmtime::Engine;"), Vec::<String>::new());
    assert_eq!(impurities(Path::new("a.rs"), "use std::fs::File; // std::env\n").len(), 1);
}
