//! A Kafka cluster: how it is reached, and what its topics hold. Only this folder knows librdkafka.

mod admin;
mod context;
mod error;
mod range;
mod reader;
mod sender;
mod settings;
mod writer;

pub use admin::{Made, Wanted, create};
pub use error::BrokerError;
pub use range::{From, Range, ranges};
pub use reader::Reader;
pub use sender::Sender;
pub use settings::{Cluster, SettingsError};
pub use writer::{Noted, Output, Writer};
