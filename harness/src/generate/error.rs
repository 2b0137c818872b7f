//! Why nothing is generated, or no more.

use crate::contract::ContractError;
use crate::host::{CallError, LoadError};
use crate::topic::recording::RecordingError;

#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    #[error("{name} is no generator")]
    NotAGenerator { name: String },
    #[error("there is no generator {name} in {files}{hint}")]
    Unknown { name: String, files: String, hint: String },
    #[error(
        "{generator}: wanted each case to hold a topic's record, `record {{ key: K, timestamp: timestamp-ltz, value: V }}` \
         with a record or an option of one as V; found `{case}` with {found}"
    )]
    NoRecord { generator: String, case: String, found: String },
    #[error("{generator}: {reason}")]
    Refused { generator: String, reason: String },
    #[error("{file}: {generator}: `{function}`: {error}")]
    Call { file: String, generator: String, function: &'static str, error: CallError },
    #[error("{file}: {error}")]
    Load { file: String, error: Box<LoadError> },
    #[error("no topic of the SQL is generated: it reads {declared}, and there is {generated}")]
    NoTopic { generated: String, declared: String },
    #[error("topic {topic}: the SQL's column {column} is not generated; there is {columns}")]
    NoColumn { topic: String, column: String, columns: String },
    #[error("wanted a row with key, timestamp and value, found {0}")]
    Row(String),
    #[error("wanted the settings as a YAML mapping, found {0}")]
    NoSettings(String),
    #[error(transparent)]
    Recording(#[from] RecordingError),
    #[error("{file}: wanted a component: {error}")]
    Unreadable { file: String, error: std::io::Error },
    #[error("{file}: {error}")]
    Contract { file: String, error: Box<ContractError> },
    #[error(transparent)]
    Output(#[from] std::io::Error),
}
