//! Generated records into topics, in the formats that the SQL declares for them.

use std::time::Duration;

use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use streamfn_model::{Field, Kind, Value};

use super::context::Context;
use super::{BrokerError, Cluster, Wanted, create, queue};
use crate::sql::{Collection, Connector, Format, Pipeline, Reading, Relation, Topic};
use crate::topic::encode::{EncodeError, Encoder};
use crate::topic::recording::{Generated, Outgoing, RecordingError, Sink};
use crate::topic::registry::{Registry, RegistryError};

#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    #[error(transparent)]
    Broker(#[from] BrokerError),
    #[error(transparent)]
    Encode(#[from] EncodeError),
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

/// Topics of a cluster. Those that are not there are made: compacted where the SQL has a table over them.
pub struct Topics<'a> {
    cluster: &'a Cluster,
    producer: BaseProducer<Context>,
    topics: Vec<Writing>,
}

struct Writing {
    name: String,
    encoder: Encoder,
    ids: (Option<u32>, Option<u32>),
    /// Where each column of the relation is in what is generated; a key that is no column is apart.
    columns: Vec<Option<usize>>,
}

impl<'a> Topics<'a> {
    pub fn open(
        cluster: &'a Cluster,
        registry: Option<&Registry>,
        pipeline: &Pipeline,
        outgoing: &[Outgoing],
    ) -> Result<Self, SinkError> {
        let declared: Vec<Topic> = outgoing.iter().map(|outgoing| declared(pipeline, outgoing)).collect();
        let wanted: Vec<Wanted> = declared.iter().map(|topic| crate::topics::wanted_of(topic, None, None)).collect();
        create(cluster, &wanted)?;
        let topics = declared.iter().zip(outgoing).map(|(topic, outgoing)| {
            let encoder = Encoder::new(pipeline, topic)?;
            let ids = super::register(registry, &encoder, &topic.topic)?;
            let place = |field: &Field| outgoing.columns.iter().position(|c| is_same(&c.name, &field.name));
            let columns = topic.relation.fields.iter().map(place).collect();
            Ok(Writing { name: topic.topic.clone(), encoder, ids, columns })
        });
        let topics = topics.collect::<Result<_, SinkError>>()?;
        Ok(Topics { cluster, producer: cluster.sender()?, topics })
    }

    fn failed(&self, topic: &str, reason: impl ToString) -> RecordingError {
        self.producer.poll(Duration::ZERO);
        let reason = format!("{}{}", reason.to_string(), self.producer.context().reason());
        RecordingError::Record { topic: topic.to_owned(), reason }
    }
}

impl Sink for Topics<'_> {
    fn write(&mut self, record: Generated) -> Result<(), RecordingError> {
        let writing = &self.topics[record.topic];
        let (kind, values) = match record.value {
            Value::Record(values) => (Kind::Insert, values.as_slice()),
            _ => (Kind::Delete, [].as_slice()),
        };
        // A column that is not among the generated ones is the key; of a tombstone there is nothing else.
        let value = |column: &Option<usize>| match column.and_then(|column| values.get(column)) {
            Some(value) => value.clone(),
            None => record.key.clone(),
        };
        let row: Vec<Value> = writing.columns.iter().map(value).collect();
        let encoded = writing.encoder.encode(kind, &row, record.timestamp, writing.ids);
        let Some(encoded) = encoded.map_err(|error| self.failed(&writing.name, error))? else { return Ok(()) };
        let mut base: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(&writing.name).timestamp(record.timestamp);
        (base.key, base.payload) = (encoded.key.as_deref(), encoded.value.as_deref());
        let sent = queue::send(&self.producer, base, self.cluster.timeout);
        sent.map_err(|error| self.failed(&writing.name, error))
    }

    fn flush(&mut self) -> Result<(), RecordingError> {
        let flushed = queue::flush(&self.producer, self.cluster.timeout);
        let all = self.topics.iter().map(|topic| topic.name.as_str()).collect::<Vec<_>>().join(", ");
        flushed.map_err(|error| self.failed(&all, error))
    }

    fn finish(mut self: Box<Self>) -> Result<(), RecordingError> {
        self.flush()
    }
}

/// The topic as the SQL declares it. One that it does not know has text as its key, and JSON.
fn declared(pipeline: &Pipeline, outgoing: &Outgoing) -> Topic {
    if let Some(topic) = pipeline.topics.iter().find(|topic| topic.is_source && topic.topic == outgoing.topic) {
        return topic.clone();
    }
    let key = Field { name: "key".to_owned(), sql_type: outgoing.key.clone(), nullable: false };
    let relation = Relation {
        name: outgoing.topic.clone(),
        collection: Collection::Stream,
        fields: std::iter::once(key).chain(outgoing.columns.iter().cloned()).collect(),
        key: vec![0],
        reading: Reading::Changes,
    };
    Topic {
        topic: outgoing.topic.clone(),
        key_format: Format::Kafka,
        value_format: Format::Json,
        timestamp: None,
        timestamp_format: None,
        wraps_single_value: true,
        partitions: None,
        replicas: None,
        is_source: true,
        connector: Connector::Any,
        metadata: vec![],
        relation,
    }
}

/// A name is the same but for case and underscores, as `generate --sql` has it.
fn is_same(a: &str, b: &str) -> bool {
    let letters = |name: &str| name.replace('_', "").to_lowercase();
    letters(a) == letters(b)
}
