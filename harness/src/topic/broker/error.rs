//! Why a cluster could not be read or written.

use rdkafka::error::KafkaError;
use rdkafka::metadata::Metadata;

use crate::sql::hint;
use crate::topic::registry::RegistryError;

#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    #[error("broker {servers}: wanted {wanted}, found {error}{reason}")]
    Client { servers: String, wanted: String, error: Box<KafkaError>, reason: String },
    #[error("{property}: {reason}; see librdkafka's CONFIGURATION.md for what there is")]
    Property { property: String, reason: String },
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
    #[error("broker {servers}: wanted {wanted}, and the client itself gave no answer in time")]
    Unanswered { servers: String, wanted: String },
    #[error("topic {topic} is written in Avro by the schema of the SQL's columns, which make none: {reason}")]
    NoSchema { topic: String, reason: String },
    #[error(
        "another run with the transactional id {id} has begun since, or a transaction of this one took longer than \
         transaction.timeout.ms: this one may write nothing more; the same command goes on with what is not written"
    )]
    Fenced { id: String },
    #[error("librdkafka made no member of group {id}")]
    NoGroup { id: String },
    #[error("stopped by a signal")]
    Interrupted,
}

impl BrokerError {
    /// With the nearest of the topics that are there.
    pub(super) fn no_topic(servers: &str, topic: &str, metadata: &Metadata) -> BrokerError {
        let known = metadata.topics().iter().map(|found| found.name()).filter(|name| !name.starts_with("__"));
        BrokerError::NoTopic { servers: servers.to_owned(), topic: topic.to_owned(), hint: hint(topic, known) }
    }

    /// Whether a new client may go on where the last commit ended.
    pub fn is_over_with_a_new_client(&self) -> bool {
        match self {
            BrokerError::Client { error, .. } => match error.as_ref() {
                KafkaError::Transaction(error) => error.txn_requires_abort() || error.is_fatal(),
                KafkaError::MessageProduction(_) | KafkaError::MessageConsumptionFatal(_) => true,
                _ => false,
            },
            BrokerError::Unanswered { .. } => true,
            _ => false,
        }
    }
}
