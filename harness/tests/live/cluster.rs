//! A mock cluster with topics to fill.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Header, Headers, Message, OwnedHeaders};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseProducer, BaseRecord, DefaultProducerContext, Producer};
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

/// A record that was written to a topic.
pub struct Record {
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub time: i64,
    pub headers: Vec<(String, String)>,
}

pub struct Cluster {
    mock: MockCluster<'static, DefaultProducerContext>,
    producer: BaseProducer,
}

impl Cluster {
    /// With these topics of so many partitions.
    pub fn new(topics: &[(&str, i32)]) -> Cluster {
        let mock = MockCluster::new(1).unwrap();
        topics.iter().for_each(|(topic, partitions)| mock.create_topic(topic, *partitions, 1).unwrap());
        let producer = ClientConfig::new().set("bootstrap.servers", mock.bootstrap_servers()).create().unwrap();
        Cluster { mock, producer }
    }

    pub fn servers(&self) -> String {
        self.mock.bootstrap_servers()
    }

    /// Puts a record at the end of a partition.
    pub fn put(&self, topic: &str, partition: i32, time: i64, key: Option<&[u8]>, value: Option<&[u8]>) -> &Cluster {
        let headers = OwnedHeaders::new().insert(Header { key: "trace", value: Some("7") });
        let mut record: BaseRecord<'_, [u8], [u8]> =
            BaseRecord::to(topic).partition(partition).timestamp(time).headers(headers);
        record.key = key;
        record.payload = value;
        self.producer.send(record).map_err(|(error, _)| error).unwrap();
        self.producer.flush(Duration::from_secs(10)).unwrap();
        self
    }

    /// The first records of a topic of one partition.
    pub fn read(&self, topic: &str, count: usize) -> Vec<Record> {
        let config = [("bootstrap.servers", self.servers().as_str()), ("group.id", "test")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()));
        let consumer: BaseConsumer = config.into_iter().collect::<ClientConfig>().create().unwrap();
        let mut assigned = TopicPartitionList::new();
        assigned.add_partition_offset(topic, 0, Offset::Beginning).unwrap();
        consumer.assign(&assigned).unwrap();
        let next = || {
            let message = consumer.poll(Duration::from_secs(10)).expect("a record within 10 s").unwrap();
            let headers = message.headers().into_iter().flat_map(Headers::iter);
            let text = |bytes: Option<&[u8]>| String::from_utf8(bytes.unwrap().to_vec()).unwrap();
            Record {
                key: message.key().map(<[u8]>::to_vec),
                value: message.payload().map(<[u8]>::to_vec),
                time: message.timestamp().to_millis().unwrap(),
                headers: headers.map(|header| (header.key.to_owned(), text(header.value))).collect(),
            }
        };
        (0..count).map(|_| next()).collect()
    }

    /// How many records a topic of one partition has.
    pub fn count(&self, topic: &str) -> i64 {
        let (low, high) = self.producer.client().fetch_watermarks(topic, 0, Duration::from_secs(10)).unwrap();
        high - low
    }

    /// Has the next requests of a kind fail, each with one of these errors.
    pub fn fail(&self, kind: RDKafkaApiKey, errors: &[RDKafkaRespErr]) {
        self.mock.request_errors(kind, errors);
    }

    /// As text.
    pub fn text(&self, topic: &str, partition: i32, time: i64, key: &str, value: &str) -> &Cluster {
        self.put(topic, partition, time, Some(key.as_bytes()), Some(value.as_bytes()))
    }
}
