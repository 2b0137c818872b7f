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
    #[error("another run with the transactional id {id} has begun since: this one may write nothing more")]
    Fenced { id: String },
    #[error("librdkafka made no member of group {id}")]
    NoGroup { id: String },
    #[error("stopped by a signal")]
    Interrupted,
}

impl BrokerError {
    /// Whether a new client may go on where the last commit ended.
    pub fn is_over_with_a_new_client(&self) -> bool {
        match self {
            BrokerError::Client { error, .. } => match error.as_ref() {
                KafkaError::Transaction(error) => error.txn_requires_abort() || error.is_fatal(),
                KafkaError::MessageProduction(_) | KafkaError::MessageConsumptionFatal(_) => true,
                _ => false,
            },
            _ => false,
        }
    }
}
