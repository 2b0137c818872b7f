//! Why a replay ended, and which rows it left aside.

use streamfn_model::{Origin, Value};

use super::component::State;
use crate::contract::Function;
use crate::dead_letter::LettersError;
use crate::host::{CallError, LoadError};
use crate::report::quoted;
use crate::topic::broker::BrokerError;
use crate::topic::{BrokenRecord, Original, TopicError};

#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error(transparent)]
    Topic(#[from] TopicError),
    #[error("no file for topic {topic}, which the SQL reads; give one with --topic {topic}=FILE")]
    MissingTopic { topic: String },
    #[error("unknown topic {topic}{hint}")]
    UnknownTopic { topic: String, hint: String },
    #[error("{file}: {error}")]
    Load { file: String, error: Box<LoadError> },
    #[error(transparent)]
    Broker(#[from] BrokerError),
    #[error(transparent)]
    Letters(#[from] LettersError),
    #[error(transparent)]
    Broken(Box<BrokenRecord>),
    #[error(transparent)]
    Call(Box<CallFailure>),
    /// An expression had no value for this row.
    #[error("{clause}: {reason} ({origin})")]
    Expression { clause: &'static str, reason: String, origin: Origin },
    /// A table's row was taken back that was never there.
    #[error("{function}: the row to be taken back was never added ({origin})")]
    Retraction { function: String, origin: Origin },
    /// A value did not have its column's type.
    #[error("{0}")]
    Type(#[from] streamfn_model::columns::WrongType),
    #[error("column {column} of {table} is NOT NULL and would be null ({origin})")]
    NotNull { table: String, column: String, origin: Origin },
    #[error("column {column} gives the record its time (property timestamp) and is null ({origin})")]
    NullTime { column: String, origin: Origin },
    #[error(
        "a null value of stream {stream} comes to an aggregate in windows, which ends the query in ksqlDB ({origin})"
    )]
    NullInWindow { stream: String, origin: Origin },
    #[error("column {column} gives the record its time as {format}, found {} ({origin})", quoted(.found))]
    NotATime { column: String, format: String, found: String, origin: Origin },
}

/// A call of a component function that gave no value.
#[derive(Debug, Clone, thiserror::Error)]
#[error("function {function} of {file} (sha256 {digest}) at {origin}, key {}: {}", quoted(.key), quoted(&.error.to_string()), digest = &.digest[..12.min(.digest.len())])]
pub struct CallFailure {
    pub function: String,
    pub file: String,
    pub digest: String,
    pub origin: Origin,
    /// The row's key, as text.
    pub key: String,
    pub error: CallError,
}

/// A record or row that was left aside, and why.
#[derive(Debug, Clone)]
pub enum DeadLetter {
    /// A call of a component function gave no value for it.
    Call {
        failure: CallFailure,
        call: Box<FailedCall>,
        /// The record under way; `None` where the row comes of another one.
        record: Option<Box<Original>>,
    },
    /// Its bytes are no row of the topic.
    Broken { topic: String, broken: BrokenRecord },
}

impl DeadLetter {
    pub fn topic(&self) -> &str {
        match self {
            DeadLetter::Call { failure, .. } => &failure.origin.topic,
            DeadLetter::Broken { topic, .. } => topic,
        }
    }
}

/// All that a call depends on.
#[derive(Debug, Clone)]
pub struct FailedCall {
    pub of: Function,
    /// The place of its plugin.
    pub plugin: usize,
    /// As the component gets them.
    pub arguments: Vec<Value>,
    /// What an aggregate's group held before.
    pub state: Option<State>,
}

/// Where rows and records go that are left aside.
pub trait DeadLetters {
    /// A replay begins, maybe once more: what an attempt before it put here comes again.
    fn begin(&self) -> Result<(), LettersError>;

    fn put(&self, letter: DeadLetter) -> Result<(), LettersError>;
}
