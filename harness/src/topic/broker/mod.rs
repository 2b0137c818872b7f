//! A Kafka cluster: how it is reached, and what its topics hold. Only this folder knows librdkafka.

mod admin;
mod context;
mod error;
mod queue;
mod range;
mod reader;
mod sender;
mod settings;
mod sink;
mod writer;

use super::encode::Encoder;
use super::registry::Registry;
pub use admin::{Made, Wanted, create};
pub use error::BrokerError;
pub use range::{From, Range, ranges};
pub use reader::Reader;
pub use sender::Sender;
pub use settings::{Cluster, SettingsError};
pub use sink::{SinkError, Topics};
pub use writer::{Noted, Output, Writer};

/// The registry's ids of a topic's schemas, which are registered under the usual subjects where there are any.
pub fn register(
    registry: Option<&Registry>,
    encoder: &Encoder,
    topic: &str,
) -> Result<(Option<u32>, Option<u32>), BrokerError> {
    let id = |part: &str, schema: Option<&str>| match (schema, registry) {
        (None, _) => Ok(None),
        (Some(_), None) => Err(BrokerError::NoRegistry { topic: topic.to_owned() }),
        (Some(schema), Some(registry)) => Ok(Some(registry.register(&format!("{topic}-{part}"), schema)?)),
    };
    Ok((id("key", encoder.key_schema())?, id("value", encoder.value_schema())?))
}
