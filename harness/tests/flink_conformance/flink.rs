//! A real Flink that answers questions: one JVM for all of them.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{LazyLock, Mutex};

use serde_json::{Value, json};

use crate::question::Question;
use crate::told::{Change, Sink};

/// What Flink made of a question.
pub enum Answer {
    Told(Told),
    /// The SQL was refused, in Flink's words.
    Refused(String),
    /// A job ended.
    Failed(String),
}

pub struct Told {
    pub version: String,
    pub sinks: Vec<Sink>,
    /// How often a job failed because it had to, and recovered.
    pub failures: u64,
}

impl Answer {
    pub fn told(self) -> Result<Told, String> {
        match self {
            Answer::Told(told) => Ok(told),
            Answer::Refused(why) => Err(format!("Flink refuses it: {why}")),
            Answer::Failed(why) => Err(format!("Flink's job fails: {why}")),
        }
    }
}

/// Asks Flink to run the SQL as it stands; with `failing`, over failures, and with its state in RocksDB.
pub fn ask(question: &Question, sql: &str, failing: bool) -> Answer {
    static FLINK: LazyLock<Mutex<Flink>> = LazyLock::new(|| Mutex::new(Flink::start()));
    let settings = if failing { json!({"state.backend.type": "rocksdb"}) } else { json!({}) };
    let request = json!({"sql": sql, "phases": question.fed(), "settings": settings, "failing": failing});
    FLINK.lock().unwrap().answer(&request)
}

struct Flink {
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    _jvm: Child,
}

impl Flink {
    /// It ends with its standard input, so with this process.
    fn start() -> Flink {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
        let jvm = root.join("target/jvm");
        let classes = std::fs::read_to_string(jvm.join("flink-class-path"))
            .unwrap_or_else(|error| panic!("{}: {error}; run `make` first", jvm.join("flink-class-path").display()));
        // Flink tells of every job at length; the benches have the configuration that makes it silent.
        let class_path = format!("{}:{}", jvm.join("streamfn-bench/classes").display(), classes.trim());
        let temporary = jvm.join("flink-conformance");
        std::fs::create_dir_all(&temporary).unwrap();
        let mut child = Command::new("java")
            .arg(format!("@{}", root.join("plugins/jvm/flink.options").display()))
            .args(["-Xmx2g", &format!("-Djava.io.tmpdir={}", temporary.display()), "-cp", &class_path])
            .arg("streamfn.conformance.cases.CaseRunner")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("java, which this test needs: {error}"));
        let (requests, answers) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Flink { requests, answers, _jvm: child }
    }

    fn answer(&mut self, request: &Value) -> Answer {
        writeln!(self.requests, "{request}").and_then(|()| self.requests.flush()).expect("Flink takes a question");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("Flink answers");
        let answer: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: Flink says {line:?}"));
        let text = |name: &str| answer[name].as_str().map(str::to_owned);
        if let Some(refused) = text("refused") {
            return Answer::Refused(refused);
        }
        if let Some(failed) = text("failed") {
            return Answer::Failed(failed);
        }
        let sinks = answer["sinks"].as_array().unwrap().iter().map(sink).collect();
        Answer::Told(Told { version: text("version").unwrap(), sinks, failures: answer["failures"].as_u64().unwrap() })
    }
}

fn sink(sink: &Value) -> Sink {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let change =
        |change: &Value| Change { phase: text(&change["phase"]), op: text(&change["op"]), row: change["row"].clone() };
    Sink {
        name: text(&sink["sink"]),
        key: vec![],
        columns: sink["columns"]
            .as_array()
            .unwrap()
            .iter()
            .map(|column| (text(&column["name"]), text(&column["type"])))
            .collect(),
        changes: sink["changes"].as_array().unwrap().iter().map(change).collect(),
    }
}
