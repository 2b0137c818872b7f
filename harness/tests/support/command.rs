//! The real command, run in a directory of the test's own: what was typed, what it answered.

#![allow(dead_code, reason = "each test uses a part of this")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use streamfn::build::is_fresh;
use tempfile::TempDir;

/// A directory with the files of one test. The command runs in it.
pub struct Desk(TempDir);

impl Desk {
    pub fn new() -> Desk {
        Desk(tempfile::tempdir().expect("a directory for the test"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Puts a file there, and the directories it is in.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> &Desk {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("it is below the desk")).expect("a directory");
        fs::write(path, content).expect("a file");
        self
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The command, ready to run here, with the components of this checkout.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_streamfn"));
        command.args(arguments).current_dir(self.0.path()).env("STREAMFN_PLUGINS", standard_plugins());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Answer {
        Answer::of(self.command(arguments))
    }

    /// `streamfn replay` of `replay.sql` over `t.jsonl`, the file of topic `t`.
    pub fn replay(&self, sql: &str, records: &str, more: &[&str]) -> Answer {
        self.file("replay.sql", sql).file("t.jsonl", records);
        self.run(&[&["replay", "--sql", "replay.sql", "--topic", "t=t.jsonl", "--format", "json"], more].concat())
    }
}

/// What the command answered.
#[derive(Debug)]
pub struct Answer {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Answer {
    pub fn of(mut command: Command) -> Answer {
        let Output { status, stdout, stderr } = command.output().expect("the command starts");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        Answer { code: status.code(), out: text(stdout), err: text(stderr) }
    }

    /// Exit code 2, nothing on standard output, and an error that has all these words.
    #[track_caller]
    pub fn refused(&self, words: &[&str]) {
        assert_eq!(self.code, Some(2), "{self:?}");
        assert_eq!(self.out, "", "{self:?}");
        assert!(self.err.contains("error: "), "{self:?}");
        self.says(words);
    }

    #[track_caller]
    pub fn says(&self, words: &[&str]) {
        for word in words {
            assert!(self.err.contains(word), "wanted {word:?} in:\n{}", self.err);
        }
    }

    /// Exit code 0 and what is on standard output.
    #[track_caller]
    pub fn done(&self) -> &str {
        assert_eq!(self.code, Some(0), "{self:?}");
        &self.out
    }

    /// The rows of `--format json` as `{"COLUMN":value,…}`.
    #[track_caller]
    pub fn rows(&self) -> Vec<String> {
        self.json().iter().map(|line| line["row"].to_string()).collect()
    }

    /// The changes of `--changelog --format json` as `op {"COLUMN":value,…}`.
    #[track_caller]
    pub fn changes(&self) -> Vec<String> {
        let change = |line: &serde_json::Value| format!("{} {}", line["op"].as_str().expect("an op"), line["row"]);
        self.json().iter().map(change).collect()
    }

    #[track_caller]
    fn json(&self) -> Vec<serde_json::Value> {
        self.done().lines().map(|line| serde_json::from_str(line).expect("JSON Lines")).collect()
    }
}

/// The directory with this repository's plugins, made from their sources as they are now.
pub fn standard_plugins() -> &'static Path {
    static FRESH: OnceLock<PathBuf> = OnceLock::new();
    FRESH.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let named = std::env::var_os("STREAMFN_PLUGINS").map(PathBuf::from);
        let directory = named.unwrap_or_else(|| root.join("target/plugins"));
        for name in PLUGINS {
            fresh(&root.join("plugins").join(name), &directory.join(name).with_extension("wasm"));
        }
        directory
    })
}

/// One of this repository's plugins.
pub fn plugin(name: &str) -> PathBuf {
    standard_plugins().join(name).with_extension("wasm")
}

pub const PLUGINS: [&str; 4] = ["aggregate", "collect", "enrich", "generate"];

/// Those with functions that an engine calls.
pub const ENGINE_PLUGINS: [&str; 3] = ["aggregate", "collect", "enrich"];

/// The plugin of `harness/tests/elsewhere`, made from its sources as they are now.
pub fn elsewhere() -> &'static Path {
    static FRESH: OnceLock<PathBuf> = OnceLock::new();
    FRESH.get_or_init(|| {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/elsewhere");
        let wasm = directory.join("target/plugins/acme-pricing.wasm");
        fresh(&directory, &wasm);
        wasm
    })
}

/// Fails with the command to run where a component is missing, or made from other sources.
fn fresh(directory: &Path, wasm: &Path) {
    if let Err(stale) = is_fresh(directory, wasm) {
        panic!("{stale}");
    }
}
