//! Records of partitions, each from one offset to another, and then what arrives.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use metrics::{Counter, counter};
use rdkafka::consumer::base_consumer::PartitionQueue;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Headers, Message};
use rdkafka::{Offset, TopicPartitionList};
use streamfn_model::Dialect;

use super::context::Context;
use super::{BrokerError, Cluster, Range};
use crate::metrics::BYTES;
use crate::sql::{Format, Topic};
use crate::topic::decoder::Decoder;
use crate::topic::json_rows::JsonRows;
use crate::topic::registry::Schemas;
use crate::topic::wire::{Parts, Wire, WireError};
use crate::topic::{Arrival, BrokenRecord, Original, Partitions, Quote, Raw, Record, quote};

/// How long one look into a partition's queue waits.
const POLL: Duration = Duration::from_millis(100);

/// The most records that are taken out of a queue at once.
const MOST: usize = 512;

/// The partitions of the topics that the SQL reads.
pub struct Reader<'a> {
    cluster: &'a Cluster,
    registry: Option<&'a dyn Schemas>,
    consumer: Arc<BaseConsumer<Context>>,
    decoders: Vec<Decoder<'a>>,
    wires: Vec<Wire>,
    /// Of topics of JSON.
    json: Vec<Option<JsonRows<'a>>>,
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
    /// What was taken out of the queue and not asked for yet.
    ready: VecDeque<Result<Arrival, BrokerError>>,
    /// Whether nothing is to come out of the queue any more.
    is_done: bool,
    /// The bytes of its topic so far; costs next to nothing where nobody asked.
    bytes: Counter,
}

impl Partition {
    fn is_over(&self) -> bool {
        self.is_done && self.ready.is_empty()
    }
}

impl<'a> Reader<'a> {
    /// Begins to read these ranges of the topics. Nothing is read on once `stop` is set.
    pub fn open(
        cluster: &'a Cluster,
        registry: Option<&'a dyn Schemas>,
        dialect: Dialect,
        topics: &[&'a Topic],
        ranges: &[Range],
        stop: Arc<AtomicBool>,
    ) -> Result<Self, BrokerError> {
        if let Some(topic) = topics.iter().find(|topic| registry.is_none() && is_framed(topic)) {
            return Err(BrokerError::NoRegistry { topic: topic.topic.clone() });
        }
        let mut reader = Reader {
            cluster,
            registry,
            consumer: Arc::new(cluster.consumer()?),
            decoders: topics.iter().map(|topic| Decoder::new(dialect, topic)).collect(),
            wires: topics.iter().map(|topic| wire(dialect, topic)).collect::<Result<_, _>>()?,
            json: topics.iter().map(|topic| JsonRows::new(dialect, topic)).collect(),
            topics: topics.to_vec(),
            partitions: vec![],
            keeps_raw: false,
            stop,
        };
        for (index, topic) in topics.iter().enumerate() {
            for range in ranges.iter().filter(|range| range.topic == topic.topic) {
                reader.partitions.push(reader.partition(index, range.clone())?);
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

    /// What a user should know of the records so far.
    pub fn notes(&self) -> Vec<String> {
        self.decoders.iter().flat_map(|decoder| decoder.notes(&self.cluster.servers)).collect()
    }

    fn client_error(&self, wanted: impl Into<String>) -> impl FnOnce(KafkaError) -> BrokerError {
        self.cluster.consumer_error(&self.consumer, wanted.into())
    }

    fn partition(&self, topic: usize, range: Range) -> Result<Partition, BrokerError> {
        // Before anything is assigned: a queue that is split later may miss what came first.
        let queue = self.consumer.split_partition_queue(&range.topic, range.partition).ok_or_else(|| {
            let wanted = format!("a queue for partition {} of topic {}", range.partition, range.topic);
            self.client_error(wanted)(KafkaError::Subscription("librdkafka gave none".to_owned()))
        })?;
        let bytes = counter!(BYTES, "topic" => range.topic.clone());
        let (position, is_done) = (range.begin, range.begin >= range.end);
        Ok(Partition { topic, position, is_done, bytes, range, queue, ready: VecDeque::new() })
    }

    /// Reads what is not done yet.
    fn start(&self) -> Result<(), BrokerError> {
        let assigned = self.list(self.partitions.iter().filter(|partition| !partition.is_done))?;
        let started = self.consumer.assign(&assigned).and_then(|()| self.consumer.resume(&assigned));
        started.map_err(|error| self.client_error("to read the topics")(error))
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
            if self.partitions[index].is_over() {
                return Ok(None);
            }
            // Serves the client's own events; records come by the queues.
            self.consumer.poll(Duration::ZERO);
            self.stalled(index, began)?;
        }
    }

    /// What comes next in a partition, if it is there within this time.
    fn poll(&mut self, index: usize, time: Duration) -> Result<Option<Arrival>, BrokerError> {
        if self.partitions[index].ready.is_empty() {
            self.take(index, time)?;
        }
        self.partitions[index].ready.pop_front().transpose()
    }

    /// Takes what is in a partition's queue, and waits this long for the first.
    fn take(&mut self, index: usize, time: Duration) -> Result<(), BrokerError> {
        let partition = &mut self.partitions[index];
        let (mut messages, mut wait, mut failed) = (vec![], time, None);
        while messages.len() < MOST && !partition.is_done {
            match partition.queue.poll(std::mem::take(&mut wait)) {
                Some(Ok(message)) if message.offset() >= partition.range.end => partition.is_done = true,
                Some(Ok(message)) => {
                    partition.position = message.offset() + 1;
                    partition.bytes.increment((message.key_len() + message.payload_len()) as u64);
                    partition.is_done = partition.position >= partition.range.end;
                    messages.push(message);
                }
                // What was left up to the end is compacted away, or says where a transaction ended.
                Some(Err(KafkaError::PartitionEOF(_))) => {
                    partition.is_done = partition.range.end != i64::MAX;
                    break;
                }
                Some(Err(error)) => {
                    failed = Some(error);
                    break;
                }
                None => break,
            }
        }
        let topic = self.topics[partition.topic];
        let (wire, decoder) = (&self.wires[partition.topic], &mut self.decoders[partition.topic]);
        let json = self.json[partition.topic].as_mut();
        partition.ready.extend(arrivals(topic, (wire, decoder, json), self.registry, &messages, self.keeps_raw));
        if let Some(error) = failed {
            let Range { topic, partition: number, .. } = &self.partitions[index].range;
            let wanted = format!(
                "records of topic {topic}, partition {number}, from offset {}",
                self.partitions[index].position
            );
            let error = self.client_error(wanted)(error);
            self.partitions[index].ready.push_back(Err(error));
        }
        if self.partitions[index].is_done {
            self.leave(index)?;
        }
        Ok(())
    }

    /// Asks the broker for no more of a partition. An answer about nothing but partitions at their end comes after
    /// `fetch.wait.max.ms`, and until then nobody is asked about those that have more.
    fn leave(&self, index: usize) -> Result<(), BrokerError> {
        let paused = self.consumer.pause(&self.list([&self.partitions[index]])?);
        paused.map_err(|error| self.client_error("to leave a partition that is read")(error))
    }

    /// Partitions with where they stand.
    fn list<'p>(&self, partitions: impl IntoIterator<Item = &'p Partition>) -> Result<TopicPartitionList, BrokerError> {
        let mut list = TopicPartitionList::new();
        for Partition { range, position, .. } in partitions {
            let added = list.add_partition_offset(&range.topic, range.partition, Offset::Offset(*position));
            added.map_err(|error| self.client_error("to read a partition")(error))?;
        }
        Ok(list)
    }

    /// Reads on from where each partition ended, without an end.
    pub fn follow(&mut self) -> Result<(), BrokerError> {
        for partition in &mut self.partitions {
            (partition.range.end, partition.is_done) = (i64::MAX, false);
        }
        self.start()
    }

    /// The record at the begin of the first partition, as it was written; none where it is gone.
    pub fn quote(&mut self) -> Result<Option<Quote>, BrokerError> {
        self.keeps_raw = true;
        if self.partitions.is_empty() {
            return Ok(None);
        }
        let topic = self.topics[self.partitions[0].topic];
        let raw = match self.wait(0)? {
            Some(Arrival::Record(record)) => record.raw,
            Some(Arrival::Broken(broken)) => broken.raw,
            None => None,
        };
        let Some(Original::Bytes(raw)) = raw.as_deref() else { return Ok(None) };
        let place = place(topic, raw.partition, raw.offset);
        let text = match self.wires[self.partitions[0].topic].written(self.registry, &raw.parts()) {
            Ok(written) => quote::text(written),
            Err(WireError::Record(reason)) => reason,
            Err(WireError::Registry(error)) => return Err(error.into()),
        };
        Ok(Some(Quote { place, text }))
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
        match self.partitions[partition].is_over() {
            true => None,
            false => self.wait(partition).transpose(),
        }
    }
}

/// Whether its records begin with the id of a schema.
fn is_framed(topic: &Topic) -> bool {
    [topic.key_format, topic.value_format].contains(&Format::Avro)
}

fn wire(dialect: Dialect, topic: &Topic) -> Result<Wire, BrokerError> {
    Wire::new(dialect, topic).map_err(|reason| BrokerError::NoSchema { topic: topic.topic.clone(), reason })
}

/// What arrives with messages of one partition, until the registry fails.
fn arrivals<'a>(
    topic: &Topic,
    (wire, decoder, json): (&Wire, &mut Decoder<'a>, Option<&mut JsonRows<'a>>),
    registry: Option<&dyn Schemas>,
    messages: &[BorrowedMessage<'_>],
    keeps_raw: bool,
) -> Vec<Result<Arrival, BrokerError>> {
    let parts: Vec<Parts<'_>> = messages.iter().map(parts).collect();
    let (mut arrivals, mut next) = (Vec::with_capacity(messages.len()), 0);
    let mut rows = json.filter(|_| !keeps_raw).map(|json| json.records(decoder, &parts)).unwrap_or_default();
    while next < messages.len() {
        if let Some(record) = rows.get_mut(next).and_then(Option::take) {
            arrivals.push(Ok(Arrival::Record(record)));
            next += 1;
            continue;
        }
        let run = if keeps_raw { 0 } else { decoder.run(&parts[next..]) };
        let batch = (run > 0).then(|| decoder.batch(wire, registry, &parts[next..next + run])).flatten();
        if let Some(records) = batch {
            arrivals.extend(records.into_iter().map(|record| Ok(Arrival::Record(record))));
            next += run;
            continue;
        }
        for _ in 0..run.max(1) {
            let arrival = arrival(topic, wire, decoder, registry, &parts[next], &messages[next], keeps_raw);
            let is_over = arrival.is_err();
            arrivals.push(arrival);
            if is_over {
                return arrivals;
            }
            next += 1;
        }
    }
    arrivals
}

fn parts<'m>(message: &'m BorrowedMessage<'_>) -> Parts<'m> {
    Parts {
        partition: message.partition(),
        offset: message.offset(),
        timestamp: message.timestamp().to_millis().filter(|time| *time >= 0),
        key: message.key(),
        value: message.payload(),
    }
}

fn arrival(
    topic: &Topic,
    wire: &Wire,
    decoder: &mut Decoder<'_>,
    registry: Option<&dyn Schemas>,
    parts: &Parts<'_>,
    message: &BorrowedMessage<'_>,
    keeps_raw: bool,
) -> Result<Arrival, BrokerError> {
    let decoded = match wire.written(registry, parts) {
        Ok(written) => decoder.record(&written, parts.offset),
        Err(WireError::Record(reason)) => Err(reason),
        Err(WireError::Registry(error)) => return Err(error.into()),
    };
    Ok(match decoded {
        Ok(record) if keeps_raw => Arrival::Record(Record { raw: Some(raw(parts, message)), ..record }),
        Ok(record) => Arrival::Record(record),
        Err(reason) => Arrival::Broken(BrokenRecord {
            partition: parts.partition,
            offset: parts.offset,
            time: parts.timestamp.unwrap_or_default(),
            place: place(topic, parts.partition, parts.offset),
            reason,
            raw: Some(raw(parts, message)),
        }),
    })
}

fn place(topic: &Topic, partition: i32, offset: i64) -> String {
    format!("topic {}, partition {partition}, offset {offset}", topic.topic)
}

fn raw(parts: &Parts<'_>, message: &BorrowedMessage<'_>) -> Box<Original> {
    let headers = message.headers().into_iter().flat_map(Headers::iter);
    Box::new(Original::Bytes(Raw {
        partition: parts.partition,
        offset: parts.offset,
        timestamp: parts.timestamp,
        key: parts.key.map(<[u8]>::to_vec),
        value: parts.value.map(<[u8]>::to_vec),
        headers: headers.map(|header| (header.key.to_owned(), header.value.map(<[u8]>::to_vec))).collect(),
    }))
}
