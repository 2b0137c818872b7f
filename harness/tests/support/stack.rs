//! A real broker, or three, and a schema registry for a test: `harness/streamfn-stack`, stopped when it is dropped, or when
//! the test's process ends without that.

#![allow(dead_code, reason = "each test uses a part of this")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

pub struct Stack {
    directory: PathBuf,
    /// `HOST:PORT`, with commas between.
    pub bootstrap_servers: String,
    /// None without a registry.
    pub schema_registry: Option<String>,
    /// With `--tls`: the same brokers over TLS, and the file of the certificate to trust.
    pub tls: Option<(String, PathBuf)>,
}

/// One broker, with TLS, and the registry, for all tests that leave them as they are: each with topics of its own.
///
/// Compacts what is to be compacted without delay, and looks for transactions that took too long.
pub fn shared() -> &'static Stack {
    static SHARED: OnceLock<Stack> = OnceLock::new();
    let options = ["log.cleaner.backoff.ms=100", "transaction.abort.timed.out.transaction.cleanup.interval.ms=300"];
    let options: Vec<&str> = options.iter().flat_map(|option| ["--broker-config", option]).collect();
    // Nothing drops it: the script's guard stops it when the test's process ends.
    SHARED.get_or_init(|| Stack::start_with(&[&["--tls"], &options[..]].concat()))
}

impl Stack {
    /// One broker and the registry.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// With options of the script: `&["--brokers", "3", "--no-registry", "--broker-config", "log.cleaner.backoff.ms=100"]`.
    pub fn start_with(options: &[&str]) -> Self {
        let parent = std::process::id().to_string();
        let settings = script(&[&["start", "--parent-pid", &parent], options].concat());
        let setting = |name: &str| {
            let prefix = format!("export {name}=");
            settings.lines().find_map(|line| line.strip_prefix(&prefix)).map(str::to_owned)
        };
        let wanted = |name| setting(name).unwrap_or_else(|| panic!("no {name} in what the stack says: {settings}"));
        Self {
            directory: wanted("STREAMFN_STACK").into(),
            bootstrap_servers: wanted("STREAMFN_BOOTSTRAP_SERVERS"),
            schema_registry: setting("STREAMFN_SCHEMA_REGISTRY_URL"),
            tls: setting("STREAMFN_TLS_BOOTSTRAP_SERVERS").map(|servers| (servers, wanted("STREAMFN_TLS_CA").into())),
        }
    }

    /// The file that broker `number`, counted from 1, writes its log to.
    pub fn broker_log(&self, number: usize) -> PathBuf {
        self.directory.join(format!("broker-{number}/log"))
    }

    /// As a crash does it: no shutdown.
    pub fn kill_brokers(&self, numbers: &[usize]) {
        self.brokers("kill-broker", numbers);
    }

    /// Starts killed brokers again, with their ports and data, and waits until each answers.
    pub fn start_brokers(&self, numbers: &[usize]) {
        self.brokers("start-broker", numbers);
    }

    /// A paused broker keeps its connections and answers nothing.
    pub fn pause_brokers(&self, numbers: &[usize]) {
        self.brokers("pause-broker", numbers);
    }

    pub fn resume_brokers(&self, numbers: &[usize]) {
        self.brokers("resume-broker", numbers);
    }

    pub fn stop_registry(&self) {
        self.command("stop-registry", &[]);
    }

    /// Starts a stopped registry again, with its port and schemas.
    pub fn start_registry(&self) {
        self.command("start-registry", &[]);
    }

    /// Runs one of Kafka's own tools, a class such as `org.apache.kafka.tools.TopicCommand`, and gives what it printed.
    pub fn tool(&self, class: &str, args: &[&str]) -> String {
        script(&[&["run", class, "--bootstrap-server", &self.bootstrap_servers], args].concat())
    }

    fn brokers(&self, command: &str, numbers: &[usize]) {
        let numbers: Vec<String> = numbers.iter().map(usize::to_string).collect();
        self.command(command, &numbers.iter().map(String::as_str).collect::<Vec<_>>());
    }

    fn command(&self, command: &str, args: &[&str]) -> String {
        let directory = self.directory.to_str().expect("the script printed it");
        script(&[&[command, "--dir", directory], args].concat())
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // No assertion: a panic while another unwinds would abort, and then the script's guard stops the stack.
        let stopped = at_script().arg("stop").arg("--dir").arg(&self.directory).status();
        if !stopped.as_ref().is_ok_and(|status| status.success()) {
            eprintln!("{} was not stopped: {stopped:?}", self.directory.display());
        }
    }
}

fn at_script() -> Command {
    let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("streamfn-stack"));
    command.stdin(Stdio::null());
    command
}

/// Runs the script, which must succeed, and gives what it printed.
fn script(args: &[&str]) -> String {
    let output = at_script().args(args).output().unwrap_or_else(|error| panic!("streamfn-stack: {error}"));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "streamfn-stack {}: {told}", args.join(" "));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
