//! What a run tells of itself while it runs: Prometheus metrics over HTTP, and log lines.
//!
//! | metric | labels | what it counts |
//! |---|---|---|
//! | `streamfn_records_total` | topic | records taken in |
//! | `streamfn_bytes_total` | topic | their keys and values, where they come from a cluster |
//! | `streamfn_lag_records` | topic, partition | records that were there and not yet taken in, each second |
//! | `streamfn_changes_total` | table, op | changes that came out |
//! | `streamfn_calls_total` | function, call | calls of component functions |
//! | `streamfn_call_errors_total` | function, call | those that gave no value |
//! | `streamfn_call_seconds` | function, call | how long they took, a histogram |
//! | `streamfn_dead_letters_total` | topic | records and rows that were left aside |
//! | `streamfn_state_rows` | operator | rows and groups that an operator keeps, each second |
//! | `streamfn_state_bytes` | operator | about what these take, by a sample of them |

use std::net::{SocketAddr, ToSocketAddrs};

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder};

pub const RECORDS: &str = "streamfn_records_total";
pub const BYTES: &str = "streamfn_bytes_total";
pub const LAG: &str = "streamfn_lag_records";
pub const CHANGES: &str = "streamfn_changes_total";
pub const CALLS: &str = "streamfn_calls_total";
pub const CALL_ERRORS: &str = "streamfn_call_errors_total";
pub const CALL_SECONDS: &str = "streamfn_call_seconds";
pub const DEAD_LETTERS: &str = "streamfn_dead_letters_total";
pub const STATE_ROWS: &str = "streamfn_state_rows";
pub const STATE_BYTES: &str = "streamfn_state_bytes";

/// From a quarter of a microsecond, which a small call takes, to a second, each four times the one before.
const SECONDS: [f64; 12] =
    [2.5e-7, 1e-6, 4e-6, 1.6e-5, 6.4e-5, 2.56e-4, 1.024e-3, 4.096e-3, 1.6384e-2, 6.5536e-2, 0.262_144, 1.048_576];

#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    #[error("--metrics {address}: wanted HOST:PORT: {reason}")]
    Address { address: String, reason: String },
    #[error("--metrics {address}: {error}")]
    Serve { address: SocketAddr, error: Box<BuildError> },
}

/// Serves metrics at `http://ADDRESS/metrics` until the process ends. To be called once.
pub fn serve(address: &str) -> Result<(), MetricsError> {
    let wrong = |reason: String| MetricsError::Address { address: address.to_owned(), reason };
    let mut addresses = address.to_socket_addrs().map_err(|error| wrong(error.to_string()))?;
    let address = addresses.next().ok_or_else(|| wrong("no such host".to_owned()))?;
    let serve = |error| MetricsError::Serve { address, error: Box::new(error) };
    let builder = PrometheusBuilder::new().with_http_listener(address);
    let builder = builder.set_buckets_for_metric(Matcher::Full(CALL_SECONDS.to_owned()), &SECONDS).map_err(serve)?;
    builder.install().map_err(serve)?;
    metrics::describe_counter!(RECORDS, "Records taken in");
    metrics::describe_counter!(BYTES, "Bytes of their keys and values");
    metrics::describe_gauge!(LAG, "Records that are there and not yet taken in");
    metrics::describe_counter!(CHANGES, "Changes that came out");
    metrics::describe_counter!(CALLS, "Calls of component functions");
    metrics::describe_counter!(CALL_ERRORS, "Calls of component functions without a value");
    metrics::describe_histogram!(CALL_SECONDS, "Time of calls of component functions, in seconds");
    metrics::describe_counter!(DEAD_LETTERS, "Records and rows that were left aside");
    metrics::describe_gauge!(STATE_ROWS, "Rows and groups that an operator keeps");
    metrics::describe_gauge!(STATE_BYTES, "About the bytes of these");
    Ok(())
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum LogFormat {
    #[default]
    Text,
    /// One object a line.
    Json,
}

/// Writes log lines to standard error: warnings, or what `filter` asks for (as `info` or `librdkafka=debug`).
pub fn log(format: LogFormat, filter: &str) -> Result<(), String> {
    let filter = tracing_subscriber::EnvFilter::try_new(filter).map_err(|error| error.to_string())?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => lines.with_ansi(false).try_init(),
        LogFormat::Json => lines.json().try_init(),
    }
    .map_err(|error| error.to_string())
}
