//! A Kafka cluster: how it is reached, and what its topics hold. Only this folder knows librdkafka.

mod context;
mod error;
mod reader;
mod settings;

pub use error::BrokerError;
pub use reader::{From, Range, Reader};
pub use settings::{Cluster, SettingsError};
