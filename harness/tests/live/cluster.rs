//! A mock cluster with topics to fill.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseProducer, BaseRecord, DefaultProducerContext, Producer};

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

    /// As text.
    pub fn text(&self, topic: &str, partition: i32, time: i64, key: &str, value: &str) -> &Cluster {
        self.put(topic, partition, time, Some(key.as_bytes()), Some(value.as_bytes()))
    }
}
