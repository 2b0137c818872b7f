//! What can be typed: the command line, and nothing of what it does.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand, ValueEnum};
use streamfn_model::Dialect;

use crate::generate::Speed;
use crate::metrics::LogFormat;
use crate::new::Kind;
use crate::pack::{Engine, PREFIX};
use crate::replay::OnError;
use crate::report::Format;
use crate::sql::Builtins;
use crate::topic::recording::Container;

/// Stream functions as WebAssembly components, tried on real topics through the SQL that will be deployed.
#[derive(Debug, Parser)]
#[command(name = "streamfn", version, max_term_width = 120)]
pub struct Arguments {
    /// How log lines are written to standard error.
    #[arg(long, value_enum, default_value_t, global = true)]
    pub log: LogFormat,
    /// Which log lines are written, as `info` or `librdkafka=debug`.
    #[arg(long, value_name = "FILTER", env = "STREAMFN_LOG", default_value = "warn,librdkafka=error", global = true)]
    pub log_level: String,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Verify(Verify),
    Replay(Box<Replay>),
    Inspect(Inspect),
    Laws(Laws),
    Bench(Bench),
    Generate(Box<Generate>),
    Pack(Pack),
    Build(Build),
    New(New),
    #[command(subcommand)]
    Topics(Topics),
}

/// Look after the topics of a cluster.
#[derive(Debug, Subcommand)]
pub enum Topics {
    Create(CreateTopics),
}

/// Make the topics that a SQL file reads and writes.
///
/// A topic whose records replace those of the same key is compacted. One that is there stays as it is; what is not as the
/// SQL wants it is told.
///
/// Exit code: 0 all are as they should be, 1 one differs, 2 something could not be done.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  streamfn topics create --sql shop.sql --bootstrap-server localhost:9092
  streamfn topics create --sql shop.sql --dialect flink --partitions 6 --bootstrap-server localhost:9092")]
pub struct CreateTopics {
    /// The statements, as they are deployed.
    #[arg(long, value_name = "FILE")]
    pub sql: PathBuf,
    #[arg(long, value_enum, default_value_t)]
    pub dialect: DialectName,
    /// A component whose functions the SQL calls. May be repeated.
    #[arg(long = "plugin", value_name = "FILE.wasm")]
    pub plugins: Vec<PathBuf>,
    /// What names of component functions may begin with in the SQL, as they were packed.
    #[arg(long, default_value = PREFIX)]
    pub prefix: String,
    /// Partitions of topics of which the SQL does not say; the broker's own number without it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..))]
    pub partitions: Option<i32>,
    /// Replicas of topics of which the SQL does not say; the broker's own number without it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..))]
    pub replicas: Option<i32>,
    #[command(flatten)]
    pub cluster: ConnectArguments,
}

/// Replay cases and compare every result with what is documented.
///
/// A case is a directory with case.toml (SQL, plugins, origin of the expectation), topics/ and tables/ or changes/.
/// Built-in functions run in components and natively, and both must agree.
///
/// Exit code: 0 all equal, 1 something differs, 2 something could not be run.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  streamfn verify                          every case of harness/cases
  streamfn verify cases/my-function        one case
  streamfn verify --format json a b        two cases, one JSON object a line
  streamfn verify --explain User_50 cases/my-function     what led to a key of its tables")]
pub struct Verify {
    /// Directories of cases, or directories that have some below them.
    #[arg(value_name = "DIR", default_value = "harness/cases")]
    pub directories: Vec<PathBuf>,
    #[arg(long, value_enum, default_value_t)]
    pub format: ReportFormat,
    /// Show the history of a key in place of the comparison: each record that had a part in it, and what came out of every
    /// operator. A key is the value of a table's first key column, or COLUMN=VALUE,COLUMN=VALUE.
    #[arg(long, value_name = "KEY")]
    pub explain: Option<String>,
    /// The key of this table only; without it of all that no other query reads. May be repeated.
    #[arg(long = "table", value_name = "NAME", requires = "explain")]
    pub tables: Vec<String>,
    #[command(flatten)]
    pub cluster: ClusterArguments,
}

/// Run recorded topics through SQL and show the result.
///
/// Topic files are JSON Lines, {"key":…,"value":…,"timestamp":…,"partition":…,"headers":…} with a null value for a
/// tombstone, or Avro object containers of such records (or of the values alone). In SQL a plugin's function is called
/// by its SQL name, as `streamfn inspect` shows it.
///
/// Exit code: 0 done, 1 a dead letter still fails, 2 could not be run.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  streamfn replay --sql shop.sql --topic orders=orders.jsonl
  streamfn replay --sql shop.sql --topic orders=orders.avro --changelog --format json
  streamfn replay --sql shop.sql --phases phases --changelog
  streamfn replay --sql shop.sql --topic orders=orders.jsonl --explain User_50
  streamfn replay --sql shop.sql --bootstrap-server localhost:9092 --schema-registry http://localhost:8081
  streamfn replay --sql shop.sql --topic orders=o.jsonl --plugin vat.wasm --on-error dead-letter --dead-letters letters/
  streamfn replay --sql shop.sql --plugin vat.wasm --dead-letter letters/orders-0-17.json")]
pub struct Replay {
    /// The statements, as they are deployed.
    #[arg(long, value_name = "FILE")]
    pub sql: PathBuf,
    #[arg(long, value_enum, default_value_t)]
    pub dialect: DialectName,
    /// A topic's records; once for each topic that the SQL reads.
    #[arg(long = "topic", value_name = "NAME=FILE", value_parser = name_and_file)]
    pub topics: Vec<(String, PathBuf)>,
    /// A directory with a folder for each phase, 1-setup, 2-corrections, …, of files TOPIC.jsonl or TOPIC.avro. Each phase's
    /// records come after everything before them is through; those of --topic come first.
    #[arg(long, value_name = "DIR")]
    pub phases: Option<PathBuf>,
    /// Only this table or stream; without it all that no other query reads. May be repeated.
    #[arg(long = "table", value_name = "NAME")]
    pub tables: Vec<String>,
    /// Every change in its order in place of the final rows.
    #[arg(long)]
    pub changelog: bool,
    /// Show the history of a key: each record that had a part in it, and what came out of every operator. A key is the value
    /// of a table's first key column, or COLUMN=VALUE,COLUMN=VALUE.
    #[arg(long, value_name = "KEY", conflicts_with = "changelog")]
    pub explain: Option<String>,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Write there and not to standard output.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// A component whose functions the SQL calls. May be repeated.
    #[arg(long = "plugin", value_name = "FILE.wasm")]
    pub plugins: Vec<PathBuf>,
    /// What names of component functions may begin with in the SQL, as they were packed.
    #[arg(long, default_value = PREFIX)]
    pub prefix: String,
    /// Who computes built-in aggregates such as SUM.
    #[arg(long, value_enum, default_value_t = Builtins::Component)]
    pub builtins: Builtins,
    /// What happens to a record that cannot be decoded, and to a row that a component function refuses, or traps on.
    #[arg(long, value_enum, default_value_t)]
    pub on_error: OnError,
    /// Where --on-error dead-letter puts what is left aside: a file with a JSON object a line, or a directory (one that is
    /// there, or DIR/) with a file for each. Nobody but its owner may read them. Standard error without it.
    #[arg(long, value_name = "PATH")]
    pub dead_letters: Option<PathBuf>,
    /// A topic of the cluster for what is left aside: records as they were, with headers that say what was wrong.
    #[arg(long, value_name = "NAME", requires = "bootstrap_server", conflicts_with = "dead_letters")]
    pub dead_letter_topic: Option<String>,
    /// Do again what the dead letters of this file (- is standard input) tell of, without any topic: decode the record, or
    /// make the call with the arguments and the state it had. Limits are the letters' where none are given.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["topics", "phases", "tables", "changelog", "explain", "follow",
        "bootstrap_server", "dead_letters", "dead_letter_topic", "output", "metrics"])]
    pub dead_letter: Option<PathBuf>,
    /// Most entries that a keyed aggregate has in one group: a row that would make one more is refused. As many as there
    /// are without it.
    #[arg(long, value_name = "N")]
    pub limit_entries: Option<u32>,
    /// Go on with what arrives, and show it until stopped: changes as JSON.
    #[arg(long, requires = "bootstrap_server", conflicts_with = "explain")]
    pub follow: bool,
    /// Write the results to the topics of the SQL as well, each exactly once for whoever reads what is committed: a run that
    /// was killed and starts again goes on with the next result. Of --table only these are written.
    #[arg(long, requires = "bootstrap_server", conflicts_with_all = ["follow", "explain", "changelog"])]
    pub write: bool,
    /// Who writes: of one id only the run that began last does. Follows from SQL, components and options without it.
    #[arg(long, value_name = "ID", requires = "write")]
    pub transactional_id: Option<String>,
    /// Results that are written in one transaction at most. Each second ends one too.
    #[arg(long, value_name = "N", requires = "write", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub transaction_results: u64,
    /// Serve Prometheus metrics at http://HOST:PORT/metrics while it runs.
    #[arg(long, value_name = "HOST:PORT")]
    pub metrics: Option<String>,
    #[command(flatten)]
    pub cluster: ClusterArguments,
    #[command(flatten)]
    pub limits: LimitArguments,
}

/// A cluster whose topics are read in place of files: from where they begin to where they end now.
#[derive(Debug, Args)]
#[command(next_help_heading = "Live topics")]
pub struct ClusterArguments {
    #[command(flatten)]
    pub connect: ConnectArguments,
    /// Begin at this offset of every partition.
    #[arg(long, value_name = "N", requires = "bootstrap_server", conflicts_with = "from_timestamp")]
    pub from_offset: Option<i64>,
    /// Begin with the first record that is not older, in milliseconds since the epoch.
    #[arg(long, value_name = "MS", requires = "bootstrap_server")]
    pub from_timestamp: Option<i64>,
}

/// How a cluster and its schema registry are reached.
#[derive(Debug, Args)]
#[command(next_help_heading = "Live topics")]
pub struct ConnectArguments {
    /// The cluster of the SQL's topics.
    #[arg(long, value_name = "HOST:PORT,…")]
    pub bootstrap_server: Option<String>,
    /// A property of the Kafka client, by librdkafka's name. Goes over the file's. May be repeated.
    #[arg(short = 'X', value_name = "KEY=VALUE", value_parser = KeyAndValue, requires = "bootstrap_server")]
    pub properties: Vec<(String, String)>,
    /// A file of such properties, as Kafka's own commands take it. Passwords may also be in STREAMFN_SASL_PASSWORD,
    /// STREAMFN_SSL_KEY_PASSWORD and STREAMFN_SSL_KEYSTORE_PASSWORD.
    #[arg(long, value_name = "FILE", requires = "bootstrap_server")]
    pub command_config: Option<PathBuf>,
    /// The schema registry of what is written in Avro.
    #[arg(long, value_name = "URL", requires = "bootstrap_server")]
    pub schema_registry: Option<String>,
    /// Who asks the registry. The password may also be in STREAMFN_SR_PASSWORD.
    #[arg(long, value_name = "USER[:PASSWORD]", requires = "schema_registry")]
    pub sr_user: Option<String>,
    /// Certificates in PEM that the registry is trusted by, in place of the system's.
    #[arg(long, value_name = "FILE.pem", requires = "schema_registry")]
    pub sr_ca: Option<PathBuf>,
    /// Certificates in PEM that tell the registry who asks, the asker's own first.
    #[arg(long, value_name = "FILE.pem", requires = "schema_registry", requires = "sr_key")]
    pub sr_cert: Option<PathBuf>,
    /// The private key of that certificate, in PEM (PKCS#8, without a password).
    #[arg(long, value_name = "FILE.pem", requires = "sr_cert")]
    pub sr_key: Option<PathBuf>,
    /// End the run when a partition or the registry is silent for so long.
    #[arg(long, value_name = "S", requires = "bootstrap_server", default_value_t = 60)]
    pub timeout_s: u64,
}

/// Limits for every call of a component.
#[derive(Debug, Args)]
pub struct LimitArguments {
    /// Longest time of one call.
    #[arg(long, value_name = "MS")]
    pub limit_time_ms: Option<u64>,
    /// Most memory of a component.
    #[arg(long, value_name = "MIB")]
    pub limit_memory_mib: Option<usize>,
    /// Largest result of one call.
    #[arg(long, value_name = "MIB")]
    pub limit_result_mib: Option<usize>,
}

/// Show the SQL functions in a component.
///
/// Names, shapes, overloads and signatures for each engine, state, retract and merge, docs, imports, size and digest;
/// and what is refused, with the reason.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  streamfn inspect target/plugins/aggregate.wasm
  streamfn inspect --format json my.wasm | jq '.functions[].name'
  streamfn inspect --format markdown my.wasm > functions.md")]
pub struct Inspect {
    #[arg(value_name = "FILE.wasm")]
    pub file: PathBuf,
    #[arg(long, value_enum, default_value_t)]
    pub format: InspectFormat,
}

/// Try the laws of the contract on the functions of components.
///
/// Rows are made up from the types of the arguments, with nulls, the ends of each type and much that is equal: the same
/// ones for the same seed. Of a law that does not hold the smallest counter-example is shown.
///
/// Exit code: 0 all hold, 1 a law fails, 2 something could not be run.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  streamfn laws target/plugins/aggregate.wasm
  streamfn laws my.wasm --function WEIGHTED_MEAN --seed 7 --sequences 10000
  streamfn laws --format json my.wasm | jq 'select(.holds | not)'")]
pub struct Laws {
    #[arg(value_name = "FILE.wasm", required = true)]
    pub files: Vec<PathBuf>,
    /// Only the functions of this SQL name. May be repeated.
    #[arg(long = "function", value_name = "NAME")]
    pub functions: Vec<String>,
    /// What the rows follow from.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// What generators are created with; without it an empty text and {} are tried.
    #[arg(long, value_name = "TEXT")]
    pub config: Option<String>,
    /// How many sequences of rows each law is tried on.
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..))]
    pub sequences: u32,
    #[arg(long, value_enum, default_value_t)]
    pub format: ReportFormat,
    #[command(flatten)]
    pub limits: LimitArguments,
}

/// Measure what functions cost a row, by each way to call them and over numbers of rows a call.
///
/// Ways: `bridge` calls for each row; `batch` hands an Arrow batch to a loop in the component; `component` is wasmtime's own
/// component API, without limits; `native`, of our own plugins, is the same logic without WebAssembly. Each takes rows in the
/// form that it is used with, and begins a new group with each call. EMPTY does nothing.
///
/// What is told is the median of samples that were taken in turns, so that noise falls on all alike: compare ratios within a
/// run. Spread is the distance between the quartiles as a part of the median. A line through the medians says what a row and
/// what a call costs.
///
/// Exit code: 0 done, 2 could not be done.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  streamfn bench                                          the standard aggregates
  streamfn bench my.wasm --plot cost.svg
  streamfn bench target/plugins/aggregate.wasm --function SUM --rows 1024
  streamfn bench --format json my.wasm | jq 'select(.rows_per_call == 1024)'")]
pub struct Bench {
    /// The component; without one the standard aggregate.wasm.
    #[arg(value_name = "FILE.wasm")]
    pub file: Option<PathBuf>,
    /// Only the functions of this SQL name. May be repeated.
    #[arg(long = "function", value_name = "NAME")]
    pub functions: Vec<String>,
    /// Rows a call. May be repeated; 1, 8, 64, 1024 and 8192 if nobody says.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub rows: Vec<u32>,
    /// How many times are taken of each.
    #[arg(long, value_name = "N", default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..))]
    pub samples: u32,
    #[arg(long, value_enum, default_value_t)]
    pub format: ReportFormat,
    /// Draw it, too: nanoseconds a row over rows a call, a frame for each function.
    #[arg(long, value_name = "FILE.svg|FILE.png")]
    pub plot: Option<PathBuf>,
    #[command(flatten)]
    pub limits: LimitArguments,
}

/// Make up the events of a demo, or of any generator in a component.
///
/// What is made follows from the settings, the seed and the split alone. A generator without an end goes on until
/// --events, --duration, Ctrl-C or SIGTERM; then what is open is closed and everything written. A file for each topic,
/// with the records as `streamfn replay` reads them.
///
/// Exit code: 0 done, 2 could not be done.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  streamfn generate smartshop --events 10000 --out topics
  streamfn generate smartshop --config shop.yaml --duration 1h --out topics --format avro
  streamfn generate smartshop --speed 1 --verbose --dry-run     as it would happen, shown and not written
  streamfn generate ecommerce --sql ecommerce.sql --dialect flink --out topics
  streamfn generate my-generator --plugin my.wasm --seed 7 --events 100 --out topics")]
pub struct Generate {
    /// The generator's name: smartshop, ecommerce, or one of a --plugin.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Its settings in YAML, or a file with a section of its name. What they are `streamfn inspect` says.
    #[arg(long, value_name = "FILE.yaml")]
    pub config: Option<PathBuf>,
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Call columns as this SQL does, which is to read them; a name is the same but for case and underscores. Without it
    /// they are in snake_case.
    #[arg(long, value_name = "FILE.sql")]
    pub sql: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t)]
    pub dialect: DialectName,
    /// Only one of several parts, counted from 0, whose records are of a partition of their own.
    #[arg(long, value_name = "PART/PARTS", value_parser = split, default_value = "0/1")]
    pub split: (u32, u32),
    /// At most so many records, and those that close what is open.
    #[arg(long, value_name = "N")]
    pub events: Option<u64>,
    /// So much of the events' time: 90s, 10m, 1h.
    #[arg(long, value_name = "T", value_parser = duration)]
    pub duration: Option<Duration>,
    /// At most so many events a second. Without it or --speed as many as can be.
    #[arg(long, value_name = "N", value_parser = positive, conflicts_with = "speed")]
    pub rate: Option<f64>,
    /// When their times come, which pass X times as fast as the clock.
    #[arg(long, value_name = "X", value_parser = positive)]
    pub speed: Option<f64>,
    /// A component that has the generator, or functions of the SQL. May be repeated.
    #[arg(long = "plugin", value_name = "FILE.wasm")]
    pub plugins: Vec<PathBuf>,
    /// A line for each event on standard error.
    #[arg(long)]
    pub verbose: bool,
    #[command(flatten)]
    pub to: GenerateTo,
    /// Where it goes with --bootstrap-server: the topics that --sql declares, in its formats.
    #[command(flatten)]
    pub cluster: ConnectArguments,
    #[command(flatten)]
    pub limits: LimitArguments,
}

impl Generate {
    pub fn pace(&self) -> Speed {
        match (self.rate, self.speed) {
            (Some(rate), _) => Speed::Rate(rate),
            (_, Some(speed)) => Speed::EventTime(speed),
            (None, None) => Speed::Unpaced,
        }
    }
}

/// Where generated records go.
#[derive(Debug, Args)]
pub struct GenerateTo {
    /// Write TOPIC.jsonl or TOPIC.avro there, in place of what they held.
    #[arg(long, value_name = "DIR", required_unless_present_any = ["dry_run", "bootstrap_server"], conflicts_with_all = ["dry_run", "bootstrap_server"])]
    pub out: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t, requires = "out")]
    pub format: Container,
    /// Write nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// Make a component a jar that an engine loads.
///
/// The component's code becomes JVM bytecode, with one class for each SQL function: no native library, nothing to
/// install beside it. Prints the statements that bring the functions into the engine. Needs a Java runtime, 17 or newer.
///
/// Exit code: 0 done, 2 could not be packed.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  streamfn pack --engine flink target/plugins/aggregate.wasm -o aggregate-flink.jar
  streamfn pack --engine ksqldb my.wasm -o my-ksqldb.jar --prefix my_ --limit-time-ms 100")]
pub struct Pack {
    #[arg(value_name = "FILE.wasm")]
    pub file: PathBuf,
    #[arg(long, value_enum)]
    pub engine: Engine,
    #[arg(short, long, value_name = "FILE.jar")]
    pub output: PathBuf,
    /// What names in SQL begin with: all of them in ksqlDB, in Flink those that are built-in functions.
    #[arg(long, default_value = PREFIX)]
    pub prefix: String,
    /// Most entries that a keyed aggregate has in one group: a row that would make one more is refused. As many as there
    /// are without it.
    #[arg(long, value_name = "N")]
    pub limit_entries: Option<u32>,
    #[command(flatten)]
    pub limits: LimitArguments,
}

/// Build plugin crates into components.
///
/// Finds a toolchain for WebAssembly, compiles, makes a component that imports nothing but types, adds the docs of its
/// WIT and puts it at target/plugins/NAME.wasm.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  streamfn build                           the crate here, or every plugin of this workspace
  streamfn build my-function --output my.wasm")]
pub struct Build {
    #[arg(value_name = "DIR", default_value = ".")]
    pub directory: PathBuf,
    #[arg(long, value_name = "FILE.wasm")]
    pub output: Option<PathBuf>,
}

/// Start a plugin crate: it builds, has a test, and a case that `streamfn verify` passes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  streamfn new net-price
  streamfn new basket-size --kind aggregate")]
pub struct New {
    /// The function's name in kebab-case; SQL calls it in SNAKE_CASE.
    pub name: String,
    #[arg(long, value_enum, default_value_t)]
    pub kind: Kind,
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ReportFormat {
    #[default]
    Table,
    Json,
}

/// How a component is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum InspectFormat {
    #[default]
    Table,
    Json,
    /// The reference of its functions.
    Markdown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum DialectName {
    #[default]
    Ksqldb,
    Flink,
}

impl From<DialectName> for Dialect {
    fn from(name: DialectName) -> Dialect {
        match name {
            DialectName::Ksqldb => Dialect::Ksqldb,
            DialectName::Flink => Dialect::Flink,
        }
    }
}

fn name_and_file(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => Ok((name.to_owned(), file.into())),
        _ => Err("wanted NAME=FILE".to_owned()),
    }
}

/// `KEY=VALUE`. What is no such thing is not shown: it may be a password.
#[derive(Debug, Clone)]
struct KeyAndValue;

impl TypedValueParser for KeyAndValue {
    type Value = (String, String);

    fn parse_ref(&self, _: &clap::Command, _: Option<&clap::Arg>, text: &OsStr) -> Result<Self::Value, clap::Error> {
        match text.to_str().and_then(|text| text.split_once('=')) {
            Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
            _ => Err(clap::Error::raw(ErrorKind::ValueValidation, "-X: wanted KEY=VALUE, found no = after a key\n")),
        }
    }
}

fn split(text: &str) -> Result<(u32, u32), String> {
    let numbers = text.split_once('/').and_then(|(part, parts)| Some((part.parse().ok()?, parts.parse().ok()?)));
    match numbers {
        Some((part, parts)) if part < parts && i32::try_from(parts).is_ok() => Ok((part, parts)),
        _ => Err("wanted PART/PARTS with a part below their number, such as 0/4".to_owned()),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    const UNITS: [(&str, u64); 5] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let ms = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, ms)| ms);
    let ms = number.parse::<u64>().ok().zip(ms).and_then(|(number, ms)| number.checked_mul(*ms));
    ms.map(Duration::from_millis).ok_or_else(|| "wanted a number and ms, s, m, h or d, such as 10m".to_owned())
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number > 0.0 => Ok(number),
        _ => Err("wanted a number above 0".to_owned()),
    }
}
