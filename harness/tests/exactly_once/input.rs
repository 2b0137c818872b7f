//! Records that follow from a seed, what their results have to be, and a run that computes them.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{Offset, TopicPartitionList};

use crate::command::{Answer, Desk};
use crate::stack::Stack;

/// Numbers that follow from a seed (SplitMix64, by its published definition).
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}

pub const KEYS: u64 = 20;
pub const PARTITIONS: i32 = 3;

/// Of each key the values it gets, in their order; a key's are all in one partition.
pub type Values = BTreeMap<String, Vec<i64>>;

/// Puts so many records into topic `t`, some of them by transactions that were undone, which are no records to anybody.
pub fn fill(stack: &Stack, topic: &str, count: u64, seed: u64) -> Values {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &stack.bootstrap_servers).set("transactional.id", format!("fill-{topic}"));
    let producer: BaseProducer = config.create().unwrap();
    let time = Duration::from_secs(30);
    producer.init_transactions(time).unwrap();
    let mut random = Random(seed);
    let mut values = Values::new();
    // Of today: a broker closes a segment whose records are older than a week than the end of their transaction, and
    // compacts what is closed; here each result of a table is looked for, not only the last of its key.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let now = u64::try_from(now.as_millis()).unwrap();
    let mut done = 0;
    while done < count {
        producer.begin_transaction().unwrap();
        let is_kept = random.below(4) > 0;
        for _ in 0..100 {
            let (key, value) = (random.below(KEYS), random.below(1000));
            let name = format!("k{key}");
            let text = format!("{{\"N\":{value}}}");
            let record = BaseRecord::to(topic)
                .partition(i32::try_from(key).unwrap() % PARTITIONS)
                .key(&name)
                .payload(&text)
                .timestamp(i64::try_from(now + done * 10 + random.below(500)).unwrap());
            producer.send(record).map_err(|(error, _)| error).unwrap();
            if is_kept {
                values.entry(name).or_default().push(i64::try_from(value).unwrap());
                done += 1;
            }
        }
        match is_kept {
            true => producer.commit_transaction(time).unwrap(),
            false => {
                producer.flush(time).unwrap();
                producer.abort_transaction(time).unwrap();
            }
        }
    }
    values
}

/// A desk with SQL whose results go to topics that end in `name`, which are there.
pub fn desk(stack: &Stack, input: &str, name: &str) -> Desk {
    let desk = Desk::new();
    desk.file(
        "s.sql",
        format!(
            "CREATE STREAM s (k STRING KEY, n BIGINT) WITH (KAFKA_TOPIC = '{input}', VALUE_FORMAT = 'JSON', PARTITIONS = {PARTITIONS});
             CREATE TABLE sums WITH (KAFKA_TOPIC = 'sums-{name}', VALUE_FORMAT = 'AVRO') AS
               SELECT k, SUM(n) AS total, COUNT(*) AS rows_so_far FROM s GROUP BY k EMIT CHANGES;
             CREATE STREAM odd WITH (KAFKA_TOPIC = 'odd-{name}', VALUE_FORMAT = 'JSON') AS
               SELECT k, n FROM s WHERE n % 2 = 1 EMIT CHANGES;"
        ),
    );
    let answer = desk.run(&["topics", "create", "--sql", "s.sql", "--bootstrap-server", &stack.bootstrap_servers]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    desk
}

/// The run, not started.
pub fn run(stack: &Stack, desk: &Desk, more: &[&str]) -> Command {
    let registry = stack.schema_registry.as_deref().unwrap();
    let known = ["replay", "--sql", "s.sql", "--write", "--bootstrap-server", &stack.bootstrap_servers];
    let patience = ["--timeout-s", "30"];
    let patience = if more.contains(&patience[0]) { &[][..] } else { &patience[..] };
    let mut command = desk.command(&[&known[..], &["--schema-registry", registry], patience, more].concat());
    command.stdin(Stdio::null());
    command
}

pub fn start(mut command: Command) -> Child {
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Runs to the end.
pub fn finish(stack: &Stack, desk: &Desk, more: &[&str]) -> Answer {
    let answer = Answer::of(run(stack, desk, more));
    assert_eq!(answer.code, Some(0), "{answer:?}");
    answer
}

/// What a reader of committed records finds under each key, in the order of the offsets; no key has a tombstone.
pub fn committed(stack: &Stack, topic: &str) -> BTreeMap<String, Vec<Vec<u8>>> {
    let values =
        |(key, values): (String, Vec<Option<Vec<u8>>>)| (key, values.into_iter().map(Option::unwrap).collect());
    committed_of(stack, topic).into_iter().map(values).collect()
}

/// The same, where a key may have tombstones.
pub fn committed_of(stack: &Stack, topic: &str) -> BTreeMap<String, Vec<Option<Vec<u8>>>> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &stack.bootstrap_servers).set("group.id", "reader");
    config.set("isolation.level", "read_committed").set("enable.partition.eof", "true");
    config.set("enable.auto.commit", "false");
    let consumer: BaseConsumer = config.create().unwrap();
    let mut partitions = TopicPartitionList::new();
    for partition in 0..PARTITIONS {
        partitions.add_partition_offset(topic, partition, Offset::Beginning).unwrap();
    }
    consumer.assign(&partitions).unwrap();
    let (mut found, mut ends) = (BTreeMap::<String, Vec<Option<Vec<u8>>>>::new(), 0);
    while ends < PARTITIONS {
        match consumer.poll(Duration::from_secs(30)).expect("an end of each partition") {
            Ok(message) => {
                let key = String::from_utf8(message.key().unwrap().to_vec()).unwrap();
                found.entry(key).or_default().push(message.payload().map(<[u8]>::to_vec));
            }
            Err(KafkaError::PartitionEOF(_)) => ends += 1,
            Err(error) => panic!("{error}"),
        }
    }
    found
}

/// Compares what is committed with the running sums and the odd values.
pub fn assert_every_result_once(stack: &Stack, name: &str, values: &Values) {
    let sums = committed(stack, &format!("sums-{name}"));
    let odd = committed(stack, &format!("odd-{name}"));
    assert_eq!(sums.keys().collect::<Vec<_>>(), values.keys().collect::<Vec<_>>());
    for (key, values) in values {
        let mut total = 0;
        let expected: Vec<(i64, i64)> = values
            .iter()
            .zip(1..)
            .map(|(value, count)| {
                total += value;
                (total, count)
            })
            .collect();
        let found: Vec<(i64, i64)> = sums[key].iter().map(|bytes| total_and_count(bytes)).collect();
        assert_eq!(found, expected, "sums-{name}, key {key}");
        let expected: Vec<String> =
            values.iter().filter(|value| **value % 2 == 1).map(|value| format!("{{\"N\":{value}}}")).collect();
        let found: Vec<String> =
            odd.get(key).into_iter().flatten().map(|bytes| String::from_utf8(bytes.clone()).unwrap()).collect();
        assert_eq!(found, expected, "odd-{name}, key {key}");
    }
}

/// Two nullable longs as Avro writes them: after the magic byte and the schema's id each has the position of its type in
/// the union, then a zigzag number.
fn total_and_count(bytes: &[u8]) -> (i64, i64) {
    assert_eq!(bytes[0], 0);
    let mut rest = &bytes[5..];
    let mut nullable = || {
        assert_eq!(rest[0], 2, "{bytes:?}");
        rest = &rest[1..];
        let (mut number, mut shift) = (0_u64, 0);
        loop {
            let byte = rest[0];
            rest = &rest[1..];
            number |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                return (number >> 1).cast_signed() ^ -((number & 1).cast_signed());
            }
        }
    };
    let found = (nullable(), nullable());
    assert!(rest.is_empty(), "{bytes:?}");
    found
}
