//! The root's README.md is true: its commands are typed and its output compared, its own text followed to the letter.
//!
//! - `console` blocks are one session of a shell, from a copy of the checkout on. A line after `$ ` is typed, `> ` continues
//!   it, the lines below are what it prints. `…` stands for anything within a line, alone on a line for any lines. A command
//!   succeeds, unless the next one is `echo $?`.
//! - A block that names a path after its language is what that file holds from then on.
//! - `sh` blocks set a machine up; they are compared with what .ci/run and the Makefile do.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod scratch;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use streamfn::build::{is_fresh, toolchain};
use streamfn::{contract, inspect};
use streamfn_model::{Dialect, SqlType, builtins};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).unwrap()
}

/// A fenced block: where it starts, what stands after its fence, its lines.
struct Block<'a> {
    line: usize,
    info: &'a str,
    lines: Vec<&'a str>,
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut open = false;
    for (i, line) in text.lines().enumerate() {
        match (line.strip_prefix("```"), open) {
            (Some(info), false) => {
                blocks.push(Block { line: i + 1, info, lines: Vec::new() });
                open = true;
            }
            (Some(_), true) => open = false,
            (None, true) => blocks.last_mut().unwrap().lines.push(line),
            (None, false) => {}
        }
    }
    assert!(!open, "a block is never closed");
    blocks
}

/// What a session does next.
enum Step<'a> {
    Type { line: usize, command: String, output: Vec<&'a str> },
    Write { path: &'a str, text: String },
}

fn steps(text: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    for block in blocks(text) {
        match block.info.split_once(' ') {
            Some((_, path)) => steps.push(Step::Write { path, text: block.lines.join("\n") }),
            None if block.info == "console" => steps.extend(typed(&block)),
            None => {}
        }
    }
    steps
}

fn typed<'a>(block: &Block<'a>) -> Vec<Step<'a>> {
    let mut steps: Vec<Step<'a>> = Vec::new();
    for (i, text) in block.lines.iter().enumerate() {
        let line = block.line + 1 + i;
        match (text.strip_prefix("$ "), text.strip_prefix("> "), steps.last_mut()) {
            (Some(command), ..) => steps.push(Step::Type { line, command: command.to_owned(), output: Vec::new() }),
            (None, Some(more), Some(Step::Type { command, output, .. })) if output.is_empty() => {
                *command += &format!("\n{more}");
            }
            (None, _, Some(Step::Type { output, .. })) => output.push(text),
            _ => panic!("README.md:{line}: wanted a command, `$ …`, found {text}"),
        }
    }
    steps
}

/// Before the exit code of each command: nothing that a command prints.
const MARK: char = '\u{1}';

fn script(steps: &[Step<'_>]) -> String {
    let mut script = "exec 2>&1\n".to_owned();
    for step in steps {
        match step {
            Step::Type { command, .. } => {
                // The code stays what `$?` is.
                let after = format!("code=$?; printf '\\n{MARK}%s\\n' $code; (exit $code)");
                writeln!(script, "{command}\n{after}").unwrap();
            }
            Step::Write { path, text } => {
                writeln!(script, "mkdir -p \"$(dirname '{path}')\"; cat > '{path}' <<'README'\n{text}\nREADME")
                    .unwrap();
            }
        }
    }
    script
}

/// A checkout after `make`, as far as the README needs it.
fn checkout() -> PathBuf {
    let copy = scratch::directory("readme").join("streamfn");
    for folder in ["harness/cases", "harness/stack", "sql"] {
        copy_all(&root().join(folder), &copy.join(folder));
    }
    let plugins = ["aggregate", "collect", "enrich", "generate"]
        .map(|name| (plugin(name), format!("target/plugins/{name}.wasm")));
    let others = [
        (PathBuf::from(env!("CARGO_BIN_EXE_streamfn")), "target/release/streamfn"),
        (built().join("streamfn-pack.jar"), "target/plugins/streamfn-pack.jar"),
        (root().join("plugins/jvm/flink.options"), "plugins/jvm/flink.options"),
        (root().join("harness/streamfn-stack"), "harness/streamfn-stack"),
    ];
    for (from, to) in plugins.into_iter().chain(others.map(|(from, to)| (from, to.to_owned()))) {
        let to = copy.join(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(&from, &to).unwrap_or_else(|error| panic!("{}: {error}; run `make` first", from.display()));
    }
    std::os::unix::fs::symlink(root().join("target/jvm"), copy.join("target/jvm")).unwrap();
    copy
}

fn built() -> PathBuf {
    std::env::var_os("STREAMFN_PLUGINS").map_or_else(|| root().join("target/plugins"), PathBuf::from)
}

/// A plugin's component, made from its sources as they are now.
fn plugin(name: &str) -> PathBuf {
    let wasm = built().join(name).with_extension("wasm");
    is_fresh(&root().join("plugins").join(name), &wasm).unwrap();
    wasm
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        match entry.path().is_dir() {
            true => copy_all(&entry.path(), &to.join(entry.file_name())),
            false => drop(fs::copy(entry.path(), to.join(entry.file_name())).unwrap()),
        }
    }
}

#[test]
fn every_command_prints_what_the_readme_says() {
    let text = readme();
    let steps = steps(&text);
    let mut bash = Command::new("bash");
    bash.args(["-c", &script(&steps)]).current_dir(checkout());
    // As a user who has just typed `make`.
    toolchain::undisturbed(&mut bash);
    bash.env_remove("STREAMFN_PLUGINS").env_remove("CARGO_TARGET_DIR").env("CARGO_TERM_COLOR", "never");
    let output = String::from_utf8(bash.output().unwrap().stdout).unwrap();
    let mut rest = output.as_str();
    let mut wrong = String::new();
    let commands: Vec<_> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Type { line, command, output } => Some((*line, command.as_str(), output)),
            Step::Write { .. } => None,
        })
        .collect();
    for (i, (line, command, expected)) in commands.iter().enumerate() {
        let Some((printed, after)) = rest.split_once(MARK) else {
            panic!("README.md:{line}: {command} ended the shell")
        };
        let (code, after) = after.split_once('\n').unwrap();
        rest = after;
        let may_fail = commands.get(i + 1).is_some_and(|(_, next, _)| *next == "echo $?");
        if (code != "0" && !may_fail) || !prints(expected, &lines(printed)) {
            writeln!(wrong, "README.md:{line}: $ {command}\nexit code {code}, printed:\n{}", printed.trim_end())
                .unwrap();
        }
    }
    assert!(commands.len() > 15, "only {} commands: is the README still read?", commands.len());
    assert!(wrong.is_empty(), "{wrong}");
}

fn lines(printed: &str) -> Vec<&str> {
    printed.trim_end().lines().map(str::trim_end).collect()
}

fn prints(expected: &[&str], found: &[&str]) -> bool {
    match (expected, found) {
        ([], found) => found.is_empty(),
        (["…", expected @ ..], found) => (0..=found.len()).any(|skipped| prints(expected, &found[skipped..])),
        ([wanted, expected @ ..], [line, found @ ..]) => is_like(wanted, line) && prints(expected, found),
        (_, []) => false,
    }
}

fn is_like(wanted: &str, line: &str) -> bool {
    match wanted.split_once('…') {
        None => wanted == line,
        Some((start, end)) => line.strip_prefix(start).is_some_and(|rest| {
            (0..=rest.len()).any(|skipped| rest.is_char_boundary(skipped) && is_like(end, &rest[skipped..]))
        }),
    }
}

#[test]
fn setting_up_is_what_the_makefile_and_ci_do() {
    let file = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let (makefile, ci, text) = (file("Makefile"), file(".ci/run"), readme());
    let commands: Vec<&str> = blocks(&text).into_iter().filter(|b| b.info == "sh").flat_map(|b| b.lines).collect();
    assert!(commands.contains(&"make") && commands.contains(&"make test"), "{commands:?}");
    // Of `make live` all is in `make test`: it shows one test.
    assert!(text.contains("`make live`") && makefile.contains("\nlive: build\n"), "make live");
    for command in commands {
        let words: Vec<&str> = command.split_whitespace().collect();
        match words.as_slice() {
            ["make", targets @ ..] => {
                let target = targets.first().unwrap_or(&"all");
                assert!(makefile.lines().any(|line| line.starts_with(&format!("{target}:"))), "make {target}");
                assert!(ci.lines().any(|line| line == command), ".ci/run does not call `{command}`");
            }
            ["rustup", "target", "add", target] => assert_eq!(*target, toolchain::TARGET),
            ["apt-get", "install", packages @ ..] => {
                for package in packages.iter().filter(|word| !word.starts_with("--")) {
                    assert!(ci.contains(package), ".ci/run does not install {package}");
                }
            }
            _ => panic!("`{command}` is not tried by anything"),
        }
    }
}

#[test]
fn the_built_ins_of_the_tables_are_those_of_the_model() {
    let mut named = BTreeSet::new();
    for (column, dialect) in [(2, Dialect::Ksqldb), (3, Dialect::Flink)] {
        let scalars =
            builtins::scalar_names(dialect).iter().flat_map(|name| builtins::scalar_signatures(dialect, name));
        assert_eq!(listed("Scalars", column), scalars.collect());
        for name in builtins::aggregate_names(dialect) {
            let types = builtins::aggregate_overloads(dialect, name).into_iter().map(|of| match of.as_slice() {
                [] => "*".to_owned(),
                [SqlType::Decimal(..)] => "DECIMAL".to_owned(),
                of => of.iter().map(|of| builtins::spelled(dialect, of)).collect::<Vec<_>>().join(", "),
            });
            assert_eq!(listed(&format!("`{name}`"), column), types.collect(), "{dialect}: {name}");
            named.insert(*name);
        }
    }
    let text = readme();
    let rows = text.lines().skip_while(|line| !line.starts_with("| Aggregate |")).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|')).map(|line| line.split('`').nth(1).unwrap());
    assert!(rows.eq(named), "the table has others");
}

/// The reference between a plugin's comment and the next one.
#[test]
fn the_reference_of_functions_is_what_inspect_says() {
    let mut text = readme();
    for name in ["aggregate", "collect", "enrich"] {
        let reference = inspect::markdown(&contract::read(&fs::read(plugin(name)).unwrap()).unwrap());
        let start = text.find(&format!("<!-- {name}.wasm -->\n")).unwrap();
        let from = start + text[start..].find('\n').unwrap() + 1;
        let to = from + text[from..].find("<!--").unwrap();
        text.replace_range(from..to, &format!("\n{reference}\n"));
    }
    // The one switch.
    if std::env::var_os("STREAMFN_WRITE_README").is_some() {
        fs::write(root().join("README.md"), &text).unwrap();
    }
    assert!(
        text == readme(),
        "README.md has others: run this test with STREAMFN_WRITE_README=1, then read the difference"
    );
}

/// The code in a cell of a table.
fn listed(row: &str, column: usize) -> BTreeSet<String> {
    let text = readme();
    let row =
        text.lines().find(|line| line.starts_with(&format!("| {row} |"))).unwrap_or_else(|| panic!("no row {row}"));
    row.split('|').nth(column).unwrap().split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn output_is_compared_line_by_line_but_for_what_is_left_out() {
    let found = ["a.wasm: 12 bytes, VAT", "x", "y", "end"];
    assert!(prints(&["a.wasm: … bytes, VAT", "…", "end"], &found));
    assert!(prints(&["…", "x", "y", "end", "…"], &found));
    assert!(!prints(&["a.wasm: … bytes, VAT", "x", "end"], &found));
    assert!(!prints(&["a.wasm: … bytes", "…"], &found));
    assert!(prints(&[], &lines("\n\n")) && !prints(&[], &["more"]));
}
