//! The baseline: rdkafka's consumer over whole topics.

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};

/// Calls for every record of these topics, with the topic's place and the value, and counts them.
pub fn consume(servers: &str, topics: &[String], mut each: impl FnMut(usize, Option<&[u8]>)) -> u64 {
    let mut config = ClientConfig::new();
    // As the harness reads, so that the rest is the difference.
    let settings = [("group.id", "bench"), ("enable.auto.commit", "false"), ("enable.partition.eof", "true")];
    let queues =
        [("queued.min.messages", "20000"), ("queued.max.messages.kbytes", "16384"), ("fetch.queue.backoff.ms", "10")];
    for (name, value) in settings.into_iter().chain(queues) {
        config.set(name, value);
    }
    let consumer: BaseConsumer = config.set("bootstrap.servers", servers).create().expect("a consumer");
    let metadata = consumer.fetch_metadata(None, std::time::Duration::from_secs(10)).expect("the cluster answers");
    let mut assigned = TopicPartitionList::new();
    for topic in metadata.topics().iter().filter(|topic| topics.iter().any(|name| name == topic.name())) {
        for partition in topic.partitions() {
            assigned.add_partition_offset(topic.name(), partition.id(), Offset::Beginning).expect("a partition");
        }
    }
    let (mut left, mut records) = (assigned.count(), 0);
    consumer.assign(&assigned).expect("its partitions");
    while left > 0 {
        match consumer.poll(std::time::Duration::from_secs(10)).expect("a record or an end") {
            Ok(message) => {
                records += 1;
                let topic = topics.iter().position(|topic| topic == message.topic()).expect("it was asked for");
                each(topic, message.payload());
            }
            Err(KafkaError::PartitionEOF(_)) => left -= 1,
            Err(error) => panic!("{error}"),
        }
    }
    records
}
