//! Topics from where they begin, or from an offset or time, to where they ended when the reading began.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rdkafka::consumer::base_consumer::PartitionQueue;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Headers, Message};
use rdkafka::metadata::Metadata;
use rdkafka::{Offset, TopicPartitionList};
use streamfn_model::Dialect;

use super::context::Context;
use super::{BrokerError, Cluster};
use crate::sql::{Format, Topic, hint};
use crate::topic::decoder::Decoder;
use crate::topic::registry::Registry;
use crate::topic::wire::{self, Parts, WireError};
use crate::topic::{Arrival, BrokenRecord, Partitions, Raw};

/// How long one look into a partition's queue waits.
const POLL: Duration = Duration::from_millis(100);

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

/// The partitions of the topics that the SQL reads.
pub struct Reader<'a> {
    cluster: &'a Cluster,
    registry: Option<&'a Registry>,
    consumer: Arc<BaseConsumer<Context>>,
    decoders: Vec<Decoder<'a>>,
    topics: Vec<&'a Topic>,
    partitions: Vec<Partition>,
    /// Whether records keep what they were.
    keeps_raw: bool,
    stop: Arc<AtomicBool>,
}

struct Partition {
    topic: usize,
    range: Range,
    position: i64,
    queue: PartitionQueue<Context>,
    is_done: bool,
}

impl<'a> Reader<'a> {
    /// Notes where each partition ends now and begins to read. Nothing is read on once `stop` is set.
    pub fn open(
        cluster: &'a Cluster,
        registry: Option<&'a Registry>,
        dialect: Dialect,
        topics: &[&'a Topic],
        from: From,
        stop: Arc<AtomicBool>,
    ) -> Result<Self, BrokerError> {
        if let Some(topic) = topics.iter().find(|topic| registry.is_none() && is_framed(topic)) {
            return Err(BrokerError::NoRegistry { topic: topic.topic.clone() });
        }
        let consumer: BaseConsumer<Context> = cluster.consumer()?;
        let mut reader = Reader {
            cluster,
            registry,
            consumer: Arc::new(consumer),
            decoders: topics.iter().map(|topic| Decoder::new(dialect, topic)).collect(),
            topics: topics.to_vec(),
            partitions: vec![],
            keeps_raw: false,
            stop,
        };
        // Of all topics: asked for one that is not there, a broker says nothing of those that are.
        let metadata = reader.consumer.fetch_metadata(None, cluster.timeout);
        let metadata = metadata.map_err(|error| reader.client_error("what topics there are")(error))?;
        for (index, topic) in topics.iter().enumerate() {
            for range in reader.ranges(&metadata, &topic.topic, from)? {
                reader.partitions.push(reader.partition(index, range)?);
            }
        }
        reader.start()?;
        Ok(reader)
    }

    /// Has every record keep its bytes.
    pub fn keeping_raw(mut self) -> Self {
        self.keeps_raw = true;
        self
    }

    pub fn ranges_read(&self) -> impl Iterator<Item = &Range> {
        self.partitions.iter().map(|partition| &partition.range)
    }

    /// What a user should know of the records so far.
    pub fn notes(&self) -> Vec<String> {
        self.decoders.iter().flat_map(|decoder| decoder.notes(&self.cluster.servers)).collect()
    }

    fn client_error(&self, wanted: impl Into<String>) -> impl FnOnce(KafkaError) -> BrokerError {
        let (servers, wanted) = (self.cluster.servers.clone(), wanted.into());
        // What the client has to say of it comes as an event.
        self.consumer.poll(POLL);
        let reason = self.consumer.context().reason();
        move |error| BrokerError::Client { servers, wanted, error: Box::new(error), reason }
    }

    /// A topic's partitions, each from its beginning to its end.
    fn ranges(&self, metadata: &Metadata, topic: &str, from: From) -> Result<Vec<Range>, BrokerError> {
        let Some(found) = metadata.topics().iter().find(|found| found.name() == topic) else {
            let known = metadata.topics().iter().map(|found| found.name()).filter(|name| !name.starts_with("__"));
            let hint = hint(topic, known);
            return Err(BrokerError::NoTopic { servers: self.cluster.servers.clone(), topic: topic.to_owned(), hint });
        };
        let mut ranges = vec![];
        for partition in found.partitions().iter().map(|partition| partition.id()) {
            let wanted = format!("where partition {partition} of topic {topic} begins and ends");
            let watermarks = self.consumer.fetch_watermarks(topic, partition, self.cluster.timeout);
            let (low, end) = watermarks.map_err(|error| self.client_error(wanted)(error))?;
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
        let wanted = || format!("the first record of topic {topic}, partition {partition}, from {time} ms on");
        let mut times = TopicPartitionList::new();
        let added = times.add_partition_offset(topic, partition, Offset::Offset(time));
        let found = added.and_then(|()| self.consumer.offsets_for_times(times, self.cluster.timeout));
        let found = found.map_err(|error| self.client_error(wanted())(error))?;
        Ok(match found.elements().first().map(|element| element.offset()) {
            Some(Offset::Offset(offset)) => offset.min(end),
            // There is none so young.
            _ => end,
        })
    }

    fn partition(&self, topic: usize, range: Range) -> Result<Partition, BrokerError> {
        // Before anything is assigned: a queue that is split later may miss what came first.
        let queue = self.consumer.split_partition_queue(&range.topic, range.partition).ok_or_else(|| {
            let wanted = format!("a queue for partition {} of topic {}", range.partition, range.topic);
            self.client_error(wanted)(KafkaError::Subscription("librdkafka gave none".to_owned()))
        })?;
        Ok(Partition { topic, position: range.begin, is_done: range.begin >= range.end, range, queue })
    }

    fn start(&self) -> Result<(), BrokerError> {
        let mut assigned = TopicPartitionList::new();
        for Partition { range, position, .. } in &self.partitions {
            let added = assigned.add_partition_offset(&range.topic, range.partition, Offset::Offset(*position));
            added.map_err(|error| self.client_error("to read a partition")(error))?;
        }
        self.consumer.assign(&assigned).map_err(|error| self.client_error("to read the topics")(error))
    }

    /// Waits for what comes next in a partition.
    fn wait(&mut self, index: usize) -> Result<Option<Arrival>, BrokerError> {
        let began = Instant::now();
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Err(BrokerError::Interrupted);
            }
            if let Some(arrival) = self.poll(index, POLL)? {
                return Ok(Some(arrival));
            }
            if self.partitions[index].is_done {
                return Ok(None);
            }
            // Serves the client's own events; records come by the queues.
            self.consumer.poll(Duration::ZERO);
            self.stalled(index, began)?;
        }
    }

    /// What is in a partition's queue within this time.
    fn poll(&mut self, index: usize, time: Duration) -> Result<Option<Arrival>, BrokerError> {
        let partition = &mut self.partitions[index];
        match partition.queue.poll(time) {
            Some(Ok(message)) if message.offset() >= partition.range.end => {
                partition.is_done = true;
                Ok(None)
            }
            Some(Ok(message)) => {
                partition.position = message.offset() + 1;
                partition.is_done = partition.position >= partition.range.end;
                let topic = self.topics[partition.topic];
                let decoder = &mut self.decoders[partition.topic];
                arrival(topic, decoder, self.registry, &message, self.keeps_raw).map(Some)
            }
            // What was left up to the end is compacted away, or says where a transaction ended.
            Some(Err(KafkaError::PartitionEOF(_))) => {
                partition.is_done = partition.range.end != i64::MAX;
                Ok(None)
            }
            Some(Err(error)) => {
                let Range { topic, partition: number, .. } = &partition.range;
                let wanted =
                    format!("records of topic {topic}, partition {number}, from offset {}", partition.position);
                Err(self.client_error(wanted)(error))
            }
            None => Ok(None),
        }
    }

    /// Reads on from where each partition ended, without an end.
    pub fn follow(&mut self) -> Result<(), BrokerError> {
        for partition in &mut self.partitions {
            (partition.range.end, partition.is_done) = (i64::MAX, false);
        }
        self.start()
    }

    /// Up to `most` of what has arrived and was not asked for yet, by time; waits a moment if there is nothing.
    pub fn arrived(&mut self, most: usize) -> Result<Vec<(usize, Arrival)>, BrokerError> {
        let mut arrived = vec![];
        for index in 0..self.partitions.len() {
            while arrived.len() < most
                && let Some(arrival) = self.poll(index, Duration::ZERO)?
            {
                arrived.push((self.partitions[index].topic, arrival));
            }
        }
        if arrived.is_empty() {
            self.consumer.poll(POLL);
        }
        // Within a partition nothing overtakes: the sort is stable, and a late record has the time of what it waited behind.
        let mut latest = vec![i64::MIN; self.partitions.len()];
        let places = self.places();
        arrived.sort_by_cached_key(|(topic, arrival)| {
            let place = (*topic, arrival.partition());
            let latest = &mut latest[places.iter().position(|other| *other == place).unwrap_or_default()];
            *latest = arrival.time().max(*latest);
            (*latest, place)
        });
        Ok(arrived)
    }

    fn stalled(&self, index: usize, began: Instant) -> Result<(), BrokerError> {
        let Partition { range, position, .. } = &self.partitions[index];
        match began.elapsed() < self.cluster.timeout {
            true => Ok(()),
            false => Err(BrokerError::Stalled {
                topic: range.topic.clone(),
                partition: range.partition,
                position: *position,
                end: range.end,
                seconds: self.cluster.timeout.as_secs(),
                reason: self.consumer.context().reason(),
            }),
        }
    }
}

impl Partitions for Reader<'_> {
    type Error = BrokerError;

    fn places(&self) -> Vec<(usize, i32)> {
        self.partitions.iter().map(|partition| (partition.topic, partition.range.partition)).collect()
    }

    fn next(&mut self, partition: usize) -> Option<Result<Arrival, BrokerError>> {
        match self.partitions[partition].is_done {
            true => None,
            false => self.wait(partition).transpose(),
        }
    }
}

/// Whether its records begin with the id of a schema.
fn is_framed(topic: &Topic) -> bool {
    [topic.key_format, topic.value_format].contains(&Format::Avro)
}

fn arrival(
    topic: &Topic,
    decoder: &mut Decoder<'_>,
    registry: Option<&Registry>,
    message: &BorrowedMessage<'_>,
    keeps_raw: bool,
) -> Result<Arrival, BrokerError> {
    let parts = Parts {
        partition: message.partition(),
        offset: message.offset(),
        timestamp: message.timestamp().to_millis().filter(|time| *time >= 0),
        key: message.key(),
        value: message.payload(),
    };
    let decoded = match wire::written(topic, registry, &parts) {
        Ok(written) => decoder.record(&written, parts.offset),
        Err(WireError::Record(reason)) => Err(reason),
        Err(WireError::Registry(error)) => return Err(error.into()),
    };
    Ok(match decoded {
        Ok(record) if keeps_raw => Arrival::Record(crate::topic::Record { raw: Some(raw(&parts, message)), ..record }),
        Ok(record) => Arrival::Record(record),
        Err(reason) => Arrival::Broken(BrokenRecord {
            partition: parts.partition,
            offset: parts.offset,
            time: parts.timestamp.unwrap_or_default(),
            place: format!("topic {}, partition {}, offset {}", topic.topic, parts.partition, parts.offset),
            reason,
            raw: Some(raw(&parts, message)),
        }),
    })
}

fn raw(parts: &Parts<'_>, message: &BorrowedMessage<'_>) -> Box<Raw> {
    let headers = message.headers().into_iter().flat_map(Headers::iter);
    Box::new(Raw {
        partition: parts.partition,
        offset: parts.offset,
        timestamp: parts.timestamp,
        key: parts.key.map(<[u8]>::to_vec),
        value: parts.value.map(<[u8]>::to_vec),
        headers: headers.map(|header| (header.key.to_owned(), header.value.map(<[u8]>::to_vec))).collect(),
    })
}
