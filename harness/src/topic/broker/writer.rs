//! Results into topics, each exactly once for whoever reads what is committed.
//!
//! A transaction has some results and, as the offsets of a consumer group, how far the replay came: both are there or
//! neither is. The group's name is the producer's `transactional.id`, and of one id only the producer that began last can
//! commit: an older one is fenced.

use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerGroupMetadata};
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};

use super::context::Context;
use super::{BrokerError, Cluster, Range, queue};

/// What a record of a result holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output<'a> {
    pub topic: &'a str,
    pub key: Option<&'a [u8]>,
    /// `None` is a tombstone.
    pub value: Option<&'a [u8]>,
    /// Milliseconds since the epoch; without it the producer's clock counts.
    pub time: Option<i64>,
}

/// How far the reading of a partition came, with what else is to be known of the replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    pub topic: String,
    pub partition: i32,
    /// The next that is to be read.
    pub offset: i64,
    /// Kafka keeps up to 4096 bytes of it by default (`offset.metadata.max.bytes`).
    pub note: String,
}

pub struct Writer<'a> {
    cluster: &'a Cluster,
    id: String,
    /// Shared with the threads that wait for it.
    producer: Arc<BaseProducer<Context>>,
    group: Arc<ConsumerGroupMetadata>,
    consumer: BaseConsumer<Context>,
    is_open: bool,
}

impl<'a> Writer<'a> {
    /// Makes a producer for this id. Any other with it is fenced, and what it had not committed is undone.
    pub fn open(cluster: &'a Cluster, id: &str) -> Result<Self, BrokerError> {
        let producer = Arc::new(cluster.producer(id)?);
        let consumer = cluster.member(id)?;
        let group = consumer.group_metadata().ok_or_else(|| BrokerError::NoGroup { id: id.to_owned() })?;
        let (id, group) = (id.to_owned(), Arc::new(group));
        let writer = Writer { cluster, id, producer, group, consumer, is_open: false };
        writer.done("to be the only producer", |producer, timeout| producer.init_transactions(timeout))?;
        Ok(writer)
    }

    /// The note of the last commit of this id, by partition; of partitions that were never part of one there is none.
    pub fn committed(&self, partitions: &[Range]) -> Result<Vec<Option<String>>, BrokerError> {
        let mut asked = TopicPartitionList::new();
        for range in partitions {
            asked.add_partition(&range.topic, range.partition);
        }
        let timeout = self.cluster.timeout;
        let found = self.cluster.patiently(|| self.consumer.committed_offsets(asked.clone(), timeout));
        let found = found.map_err(|error| self.failed("how far it came the last time", error))?;
        let note = |range: &Range| {
            let element = found.find_partition(&range.topic, range.partition)?;
            matches!(element.offset(), Offset::Offset(_)).then(|| element.metadata().to_owned())
        };
        Ok(partitions.iter().map(note).collect())
    }

    /// Puts a result into the transaction, which begins with the first.
    pub fn send(&mut self, output: &Output<'_>) -> Result<(), BrokerError> {
        self.begin()?;
        let mut record: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(output.topic);
        (record.key, record.payload, record.timestamp) = (output.key, output.value, output.time);
        let sent = queue::send(&self.producer, record, self.cluster.timeout);
        sent.map_err(|error| self.failed(&format!("to write to topic {}", output.topic), error))
    }

    /// Makes what was sent since the last commit visible, and with it how far the replay came.
    pub fn commit(&mut self, notes: &[Noted]) -> Result<(), BrokerError> {
        self.begin()?;
        let mut offsets = TopicPartitionList::new();
        for noted in notes {
            let mut offset = offsets.add_partition(&noted.topic, noted.partition);
            offset.set_metadata(&noted.note);
            let set = offset.set_offset(Offset::Offset(noted.offset));
            set.map_err(|error| self.failed("to note how far it came", error))?;
        }
        fault::point("before-offsets");
        let group = self.group.clone();
        self.done("to note how far it came", move |producer, timeout| {
            fault::hang("offsets");
            producer.send_offsets_to_transaction(&offsets, &group, timeout)
        })?;
        fault::point("before-commit");
        self.done("to commit", |producer, timeout| producer.commit_transaction(timeout))?;
        fault::point("after-commit");
        self.is_open = false;
        Ok(())
    }

    /// Undoes what was sent since the last commit.
    pub fn abort(&mut self) -> Result<(), BrokerError> {
        if !self.is_open {
            return Ok(());
        }
        self.is_open = false;
        self.done("to undo what was not committed", |producer, timeout| producer.abort_transaction(timeout))
    }

    fn begin(&mut self) -> Result<(), BrokerError> {
        if !self.is_open {
            self.producer.begin_transaction().map_err(|error| self.failed("to begin a transaction", error))?;
            self.is_open = true;
            fault::point("after-begin");
        }
        Ok(())
    }

    /// Does it again where the client says that this may help.
    ///
    /// Each try on a thread, for a call may not come back: whatever its timeout, librdkafka 2.12.1 forgets to answer if a
    /// broker is taken out of the cluster while it is asked (`rd_kafka_txn_handle_TxnOffsetCommit` returns at `__DESTROY`). The
    /// thread is then left with its client.
    fn done(
        &self,
        wanted: &str,
        call: impl Fn(&BaseProducer<Context>, Duration) -> Result<(), KafkaError> + Send + Sync + 'static,
    ) -> Result<(), BrokerError> {
        let (began, timeout, call) = (Instant::now(), self.cluster.timeout, Arc::new(call));
        loop {
            let (producer, call) = (self.producer.clone(), call.clone());
            let (sender, answer) = mpsc::channel();
            std::thread::spawn(move || {
                let _ = sender.send(call(&producer, timeout));
            });
            match answer.recv_timeout(timeout + Duration::from_secs(1)) {
                Ok(Err(KafkaError::Transaction(error))) if error.is_retriable() && began.elapsed() < timeout => {}
                Ok(answered) => return answered.map_err(|error| self.failed(wanted, error)),
                Err(_) => {
                    let servers = self.cluster.servers.clone();
                    return Err(BrokerError::Unanswered { servers, wanted: wanted.to_owned() });
                }
            }
        }
    }

    fn failed(&self, wanted: &str, error: KafkaError) -> BrokerError {
        self.producer.poll(Duration::from_millis(100));
        if is_fenced(&error) || is_fenced_by(self.producer.client().fatal_error()) {
            return BrokerError::Fenced { id: self.id.clone() };
        }
        let (servers, reason) = (self.cluster.servers.clone(), self.producer.context().reason());
        BrokerError::Client { servers, wanted: wanted.to_owned(), error: Box::new(error), reason }
    }
}

fn is_fenced(error: &KafkaError) -> bool {
    let code = match error {
        KafkaError::Transaction(error) => Some(error.code()),
        other => other.rdkafka_error_code(),
    };
    is_fenced_by(code.map(|code| (code, String::new())))
}

fn is_fenced_by(error: Option<(RDKafkaErrorCode, String)>) -> bool {
    use RDKafkaErrorCode::{Fenced, InvalidProducerEpoch, ProducerFenced};
    error.is_some_and(|(code, _)| matches!(code, Fenced | ProducerFenced | InvalidProducerEpoch))
}

/// Where a test may have the process die, or a call never come back.
pub mod fault {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// `NAME` or `NAME:N` in the environment: the N-th time that the run comes to the point of this name.
    struct Fault {
        variable: &'static str,
        wanted: OnceLock<Option<(String, u32)>>,
        count: AtomicU32,
    }

    static KILL: Fault = Fault::new("STREAMFN_KILL_AT");
    static HANG: Fault = Fault::new("STREAMFN_HANG_AT");

    /// The process kills itself.
    pub fn point(name: &str) {
        if KILL.is_now(name) {
            // As `kill -9` does: nothing is flushed, nothing is dropped.
            let _ = signal_hook::low_level::raise(signal_hook::consts::SIGKILL);
        }
    }

    /// The thread goes no further.
    pub fn hang(name: &str) {
        if HANG.is_now(name) {
            loop {
                std::thread::park();
            }
        }
    }

    impl Fault {
        const fn new(variable: &'static str) -> Fault {
            Fault { variable, wanted: OnceLock::new(), count: AtomicU32::new(0) }
        }

        fn is_now(&self, name: &str) -> bool {
            let wanted = self.wanted.get_or_init(|| {
                let text = std::env::var(self.variable).ok()?;
                let (name, count) = text.split_once(':').unwrap_or((&text, "1"));
                Some((name.to_owned(), count.parse().ok()?))
            });
            wanted.as_ref().is_some_and(|(wanted, count)| {
                wanted == name && self.count.fetch_add(1, Ordering::Relaxed) + 1 == *count
            })
        }
    }
}
