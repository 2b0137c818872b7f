//! Files as topics: Avro object containers and JSON Lines.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::LazyLock;

use streamfn::sql::Pipeline;
use streamfn::topic::{Arrival, quotes};
use streamfn_model::{Dialect, Origin};

use super::assert_told;
use super::both_ways::both_ways;
use super::records::planned;

static PIPELINES: LazyLock<[Pipeline; 2]> = LazyLock::new(|| {
    let ksqldb = "CREATE STREAM s (id STRING KEY, i INT, st STRING, de DECIMAL(10, 2), ar ARRAY<BIGINT>)
        WITH (kafka_topic = 't', value_format = 'JSON', partitions = 1);";
    let flink =
        "CREATE TABLE s (id STRING, i INT, ts TIMESTAMP(3), ro ROW<a BYTES>, at BIGINT METADATA FROM 'offset' VIRTUAL)
        WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json');";
    [planned(Dialect::Ksqldb, ksqldb), planned(Dialect::Flink, flink)]
});

/// Of this process alone; in memory, where the system has files there.
static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
    let memory = PathBuf::from("/dev/shm");
    let directory = if memory.is_dir() { memory } else { std::env::temp_dir() };
    directory.join(format!("streamfn-fuzz-{}", std::process::id()))
});

/// What is no container is read as JSON Lines.
pub fn container(data: &[u8]) {
    file(&[b"Obj\x01", data].concat());
}

pub fn jsonl(data: &[u8]) {
    file(data);
}

/// Either the file is refused or each record is there, with an offset of its own partition's, and can be quoted; in both ways
/// of reading it.
fn file(data: &[u8]) {
    std::fs::write(&*FILE, data).unwrap();
    for pipeline in &*PIPELINES {
        let topic = &pipeline.topics[0];
        let files = [Some(FILE.as_path())];
        let arrivals = match both_ways(pipeline.dialect, topic, &files) {
            Ok(read) => read.arrivals.concat(),
            Err(error) => {
                assert_told(&error.to_string());
                continue;
            }
        };
        let mut wanted = HashSet::new();
        for arrival in &arrivals {
            if let Arrival::Broken(broken) = arrival {
                assert_told(&broken.to_string());
            }
            assert!(arrival.partition() >= 0);
            let (partition, offset) = (arrival.partition(), arrival.offset());
            wanted.insert(Origin { topic: topic.topic.as_str().into(), partition, offset });
        }
        let quoted = quotes(topic, &files, &wanted).unwrap();
        assert_eq!(quoted.len(), wanted.len());
    }
}
