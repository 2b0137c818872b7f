//! Why a cluster could not be read or written.

use rdkafka::error::KafkaError;

use crate::topic::registry::RegistryError;

#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    #[error("broker {servers}: wanted {wanted}, found {error}{reason}")]
    Client { servers: String, wanted: String, error: Box<KafkaError>, reason: String },
    #[error("broker {servers} has no topic {topic}{hint}; make it, or see whether this is the cluster you mean")]
    NoTopic { servers: String, topic: String, hint: String },
    #[error(
        "topic {topic}, partition {partition}: no record for {seconds} s at offset {position} of {end}{reason}; is the broker \
         there?"
    )]
    Stalled { topic: String, partition: i32, position: i64, end: i64, seconds: u64, reason: String },
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error("topic {topic} is written in Avro under a schema registry; name that with --schema-registry URL")]
    NoRegistry { topic: String },
    #[error("stopped by a signal")]
    Interrupted,
}
