//! Records into a topic as they come: those that were left aside, with more headers.

use rdkafka::error::KafkaError;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use super::context::Context;
use super::{BrokerError, Cluster, queue};
use crate::topic::{Original, Raw};

pub struct Sender<'a> {
    cluster: &'a Cluster,
    topic: String,
    producer: BaseProducer<Context>,
}

impl<'a> Sender<'a> {
    /// The topic has to be there: one that a broker makes by itself has whatever it likes.
    pub fn open(cluster: &'a Cluster, topic: &str) -> Result<Self, BrokerError> {
        let sender = Sender { cluster, topic: topic.to_owned(), producer: cluster.sender()? };
        let metadata = cluster.patiently(|| sender.producer.client().fetch_metadata(None, cluster.timeout));
        let metadata = metadata.map_err(|error| sender.failed("what topics there are", error))?;
        match metadata.topics().iter().any(|found| found.name() == topic) {
            true => Ok(sender),
            false => Err(BrokerError::no_topic(&cluster.servers, topic, &metadata)),
        }
    }

    /// A record as it was, with more headers after its own.
    pub fn send(&mut self, original: Option<&Original>, more: &[(String, String)]) -> Result<(), BrokerError> {
        let none = Raw::default();
        let raw = match original {
            Some(Original::Bytes(raw)) => raw,
            _ => &none,
        };
        let own = raw.headers.iter().map(|(name, value)| (name.as_str(), value.as_deref()));
        let more = more.iter().map(|(name, value)| (name.as_str(), Some(value.as_bytes())));
        let headers =
            own.chain(more).fold(OwnedHeaders::new(), |headers, (key, value)| headers.insert(Header { key, value }));
        let mut record: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(&self.topic).headers(headers);
        (record.key, record.payload, record.timestamp) = (raw.key.as_deref(), raw.value.as_deref(), raw.timestamp);
        let sent = queue::send(&self.producer, record, self.cluster.timeout);
        sent.map_err(|error| self.failed(&self.wanted(), error))
    }

    /// Waits until all that was sent is acknowledged.
    pub fn finish(&mut self) -> Result<(), BrokerError> {
        let flushed = queue::flush(&self.producer, self.cluster.timeout);
        flushed.map_err(|error| self.failed(&self.wanted(), error))
    }

    fn wanted(&self) -> String {
        format!("to write dead letters to topic {}", self.topic)
    }

    fn failed(&self, wanted: &str, error: KafkaError) -> BrokerError {
        let (servers, reason) = (self.cluster.servers.clone(), self.producer.context().reason());
        BrokerError::Client { servers, wanted: wanted.to_owned(), error: Box::new(error), reason }
    }
}
