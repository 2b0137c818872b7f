//! What is read of a topic: from where it begins, or from an offset or time, to where it ends now.

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::metadata::Metadata;
use rdkafka::{Offset, TopicPartitionList};

use super::context::Context;
use super::{BrokerError, Cluster};

/// Where reading begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum From {
    #[default]
    Beginning,
    /// In every partition, or at its beginning if that is later.
    Offset(i64),
    /// The first record that is not older, in milliseconds since the epoch.
    Timestamp(i64),
}

/// What is read of a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    pub topic: String,
    pub partition: i32,
    pub begin: i64,
    /// The first offset that is not read: where the partition ended, under `read_committed` its last stable offset.
    pub end: i64,
}

/// Every partition of these topics, as it is now.
pub fn ranges(cluster: &Cluster, topics: &[&str], from: From) -> Result<Vec<Range>, BrokerError> {
    let asking = Asking { cluster, consumer: cluster.consumer()? };
    // Of all topics: asked for one that is not there, a broker says nothing of those that are.
    let metadata = cluster.patiently(|| asking.consumer.fetch_metadata(None, cluster.timeout));
    let metadata = metadata
        .map_err(|error| cluster.consumer_error(&asking.consumer, "what topics there are".to_owned())(error))?;
    let mut ranges = vec![];
    for topic in topics {
        ranges.extend(asking.ranges(&metadata, topic, from)?);
    }
    Ok(ranges)
}

struct Asking<'a> {
    cluster: &'a Cluster,
    consumer: BaseConsumer<Context>,
}

impl Asking<'_> {
    fn ranges(&self, metadata: &Metadata, topic: &str, from: From) -> Result<Vec<Range>, BrokerError> {
        let Some(found) = metadata.topics().iter().find(|found| found.name() == topic) else {
            return Err(BrokerError::no_topic(&self.cluster.servers, topic, metadata));
        };
        let mut ranges = vec![];
        for partition in found.partitions().iter().map(|partition| partition.id()) {
            let wanted = format!("where partition {partition} of topic {topic} begins and ends");
            let timeout = self.cluster.timeout;
            let watermarks = self.cluster.patiently(|| self.consumer.fetch_watermarks(topic, partition, timeout));
            let (low, end) = watermarks.map_err(|error| self.cluster.consumer_error(&self.consumer, wanted)(error))?;
            let begin = match from {
                From::Beginning => low,
                From::Offset(offset) => offset.clamp(low, end.max(low)),
                From::Timestamp(time) => self.offset_at(topic, partition, time, end)?,
            };
            ranges.push(Range { topic: topic.to_owned(), partition, begin, end });
        }
        ranges.sort_by_key(|range| range.partition);
        Ok(ranges)
    }

    /// The first record that is not older than `time`.
    fn offset_at(&self, topic: &str, partition: i32, time: i64, end: i64) -> Result<i64, BrokerError> {
        let wanted = format!("the first record of topic {topic}, partition {partition}, from {time} ms on");
        let mut times = TopicPartitionList::new();
        let added = times.add_partition_offset(topic, partition, Offset::Offset(time));
        let timeout = self.cluster.timeout;
        let ask = || self.consumer.offsets_for_times(times.clone(), timeout);
        let found = added.and_then(|()| self.cluster.patiently(ask));
        let found = found.map_err(|error| self.cluster.consumer_error(&self.consumer, wanted)(error))?;
        Ok(match found.elements().first().map(|element| element.offset()) {
            Some(Offset::Offset(offset)) => offset.min(end),
            // There is none so young.
            _ => end,
        })
    }
}
