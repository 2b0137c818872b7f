//! How many instructions the hot paths take, which is the same on a busy machine: counted by valgrind's callgrind.
//!
//! `cargo bench --bench instructions` compares with `budget.toml`, which CI holds to within 5 %: more is slower, and less should be
//! the new budget. A budget is for one guest, by its digest, and for one compiler; `STREAMFN_RECORD=1` writes it anew. What
//! guests are compiled to is for the least processor of the architecture, since valgrind does not know all of this one. All of
//! it is on one core, where a replay does all in one thread: of others nothing is counted.

#[path = "../../tests/support/command.rs"]
mod command;
mod paths;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, ExitCode};

use serde::{Deserialize, Serialize};
use streamfn::memory;

/// As in the command.
#[global_allocator]
static ALLOCATOR: memory::Allocator = memory::Allocator;

/// Which part of a budget a count may be off.
const SLACK: f64 = 0.05;

#[derive(Debug, Deserialize, Serialize, Default)]
struct Budget {
    /// What compiled the host.
    compiler: String,
    path: BTreeMap<String, Counted>,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
struct Counted {
    instructions_per_row: f64,
    /// The digests of the guests.
    guests: Vec<String>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [path] if !path.starts_with("--") => {
            paths::run(path);
            ExitCode::SUCCESS
        }
        // `cargo test --benches` only wants to know that it starts.
        arguments if arguments.iter().any(|argument| argument == "--test") => ExitCode::SUCCESS,
        _ => compare(),
    }
}

fn compare() -> ExitCode {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/instructions/budget.toml");
    let version = Command::new("rustc").arg("--version").output().expect("rustc is there");
    let compiler = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    let this = std::env::current_exe().expect("it runs");
    let cache = tempfile::tempdir().expect("a directory");
    let mut found = Budget { compiler, path: BTreeMap::new() };
    for (name, rows, plugins) in paths::PATHS {
        // Compiled before it is counted.
        let compiled = alone(name, Command::new(&this), cache.path()).status().expect("it runs");
        assert!(compiled.success(), "{name}: {compiled}");
        let instructions_per_row = (count(name, &this, cache.path()) as f64 / rows as f64 * 10.0).round() / 10.0;
        println!("{name:44} {instructions_per_row:>10.1} instructions a row");
        let guests = plugins.iter().map(|plugin| digest(&command::plugin(plugin))).collect();
        found.path.insert(name.to_owned(), Counted { instructions_per_row, guests });
    }
    if std::env::var_os("STREAMFN_RECORD").is_some() {
        let head =
            "# Made by `STREAMFN_RECORD=1 cargo bench --bench instructions`; what it is for stands in main.rs.\n";
        std::fs::write(&file, head.to_owned() + &toml::to_string(&found).expect("a table")).expect("written");
        return ExitCode::SUCCESS;
    }
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    let budget: Budget = toml::from_str(&text).unwrap_or_default();
    let complaints: Vec<String> = complaints(&budget, &found);
    complaints.iter().for_each(|complaint| eprintln!("{complaint}"));
    match complaints.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

fn complaints(budget: &Budget, found: &Budget) -> Vec<String> {
    let record = "look at what changed, and record it with STREAMFN_RECORD=1 cargo bench --bench instructions";
    if budget.compiler != found.compiler {
        return vec![format!("the budget is for {}, this is {}: {record}", budget.compiler, found.compiler)];
    }
    let complaint = |(name, found): (&String, &Counted)| match budget.path.get(name) {
        None => Some(format!("{name}: there is no budget; {record}")),
        Some(budget) if budget.guests != found.guests => Some(format!(
            "{name}: the budget is for the guests {:?}, these are {:?}; {record}",
            budget.guests, found.guests
        )),
        Some(budget) => {
            let (wanted, found) = (budget.instructions_per_row, found.instructions_per_row);
            let part = found / wanted - 1.0;
            (part.abs() > SLACK).then(|| {
                format!(
                    "{name}: the budget is {wanted} instructions a row, found {found} ({:+.1} %); {record}",
                    part * 100.0
                )
            })
        }
    };
    found.path.iter().filter_map(complaint).collect()
}

/// This program, by itself or under another, with one path.
fn alone(path: &str, mut command: Command, cache: &Path) -> Command {
    command.arg(path).env("STREAMFN_CACHE", cache).env(streamfn::host::PROCESSOR, "baseline");
    command.env("STREAMFN_PLUGINS", command::standard_plugins());
    command
}

/// Instructions of the path's work.
fn count(path: &str, this: &Path, cache: &Path) -> u64 {
    let mut valgrind = Command::new("taskset");
    valgrind
        .args(["--cpu-list", "0", "valgrind"])
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=*paths::counted*"])
        .arg(this);
    let output = alone(path, valgrind, cache).output();
    let output = output.expect("taskset starts valgrind: on Debian, apt-get install util-linux valgrind");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{path}: {told}");
    let line = told.lines().find_map(|line| line.split_once("Collected :"));
    let line = line.unwrap_or_else(|| panic!("no count in what valgrind says: {told}"));
    line.1.trim().parse().expect("a number")
}

fn digest(file: &Path) -> String {
    let bytes = std::fs::read(file).expect("`make` has made it");
    streamfn::contract::read(&bytes).expect("a component").digest.chars().take(16).collect()
}
