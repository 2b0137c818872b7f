//! Records of the e-commerce demo's events as rows, by the format that they are written in: straight into columns, and by way of
//! values, which is the reference.
//!
//! `cargo bench --bench decode`. `STREAMFN_BENCH_EVENTS` (100,000) is how many events there are.

#[path = "../../tests/support/asked.rs"]
mod asked;
#[path = "../../tests/support/command.rs"]
mod command;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use asked::asked;
use command::Desk;
use criterion::{BenchmarkGroup, Criterion, Throughput, measurement::WallTime};
use streamfn::memory;
use streamfn::sql::{Functions, Pipeline, Topic};
use streamfn::topic::encode::Encoder;
use streamfn::topic::registry::{Known, RegistryError, Schemas, Writer};
use streamfn::topic::{Arrival, Feed, Merge, Original, Raw, Reading, Record, again, read, together};
use streamfn_model::{Dialect, Kind};

/// As in the command.
#[global_allocator]
static ALLOCATOR: memory::Allocator = memory::Allocator;

/// As many as a replay has in a batch.
const BATCH: usize = 1024;

/// The only topic of a statement over the events' columns.
struct Events {
    dialect: Dialect,
    pipeline: Pipeline,
}

impl Events {
    fn new(dialect: Dialect, create: &str, with: &str) -> Self {
        let columns = "eventTime BIGINT, eventType STRING, productId STRING, categoryId STRING, categoryCode STRING, brand STRING,
            price DOUBLE, userid STRING, userSession STRING";
        let sql = format!("CREATE {create} events ({columns}) WITH ({with});");
        Events { dialect, pipeline: Pipeline::plan(Functions::native(dialect), &sql).expect("SQL") }
    }

    fn topic(&self) -> &Topic {
        &self.pipeline.topics[0]
    }

    fn bench_file(&self, group: &mut BenchmarkGroup<'_, WallTime>, name: &str, file: &Path) {
        let files = [Some(file)];
        let lazily = || {
            let mut reading = [Reading::new(self.dialect, self.topic(), &files, false).expect("a topic")];
            std::thread::scope(|scope| {
                let feed = Feed::new(scope, &mut reading, 0).expect("a topic");
                Merge::new(feed).filter(|next| matches!(next, Ok((_, Arrival::Record(_))))).count()
            })
        };
        let by_values = || read(self.dialect, self.topic(), &files, false).expect("a topic").arrivals[0].len();
        assert_eq!(lazily(), by_values());
        group.bench_function(format!("{name} into columns"), |bencher| bencher.iter(lazily));
        group.bench_function(format!("{name} by values"), |bencher| bencher.iter(by_values));
    }

    /// What its format makes of these rows.
    fn written(&self, rows: &[Record]) -> Vec<Raw> {
        let encoder = Encoder::new(&self.pipeline, self.topic()).expect("a format");
        let raw = |(offset, record): (i64, &Record)| {
            let row = record.row.clone().into_values();
            let written = encoder.encode(Kind::Insert, &row, record.time, (None, Some(1)));
            let written = written.expect("it was read").expect("an insert is a record");
            Raw { offset, timestamp: Some(record.time), key: written.key, value: written.value, ..Raw::default() }
        };
        (0..).zip(rows).map(raw).collect()
    }
}

/// A registry that was asked for its one schema before.
struct Asked(Arc<Writer>);

impl Schemas for Asked {
    fn schema(&self, _: u32) -> Result<Arc<Writer>, RegistryError> {
        Ok(self.0.clone())
    }
}

fn bench(criterion: &mut Criterion) {
    let desk = Desk::new();
    desk.file("c.yaml", format!("events: {}\n", asked("STREAMFN_BENCH_EVENTS", 100_000_u64)));
    for format in ["jsonl", "avro"] {
        let typed = ["generate", "ecommerce", "--config", "c.yaml", "--out", format, "--format", format];
        assert_eq!(desk.run(&typed).code, Some(0));
    }
    let [lines, container] = ["jsonl", "avro"].map(|of| desk.path(&format!("{of}/ecommerce.events.{of}")));
    let json = Events::new(Dialect::Flink, "TABLE", "'connector' = 'kafka', 'topic' = 'events', 'format' = 'json'");
    let rows = read(Dialect::Flink, json.topic(), &[Some(&lines)], false).expect("it was generated").arrivals.concat();
    let record = |arrival| match arrival {
        Arrival::Record(record) => record,
        Arrival::Broken(broken) => panic!("{broken}"),
    };
    let rows: Vec<Record> = rows.into_iter().map(record).collect();

    let mut group = criterion.benchmark_group("decode");
    group.sample_size(10).throughput(Throughput::Elements(rows.len() as u64));
    json.bench_file(&mut group, "JSON Lines", &lines);
    json.bench_file(&mut group, "Avro container", &container);

    let url = "'avro-confluent.url' = 'http://registry'";
    let with = format!("'connector' = 'kafka', 'topic' = 'events', 'format' = 'avro-confluent', {url}");
    let avro = Events::new(Dialect::Flink, "TABLE", &with);
    let encoder = Encoder::new(&avro.pipeline, avro.topic()).expect("a format");
    let schema = encoder.value_schema().expect("Avro has one").to_owned();
    let schemas = Asked(Known(HashMap::from([(1, vec![schema])])).schema(1).expect("a schema"));
    let framed = avro.written(&rows);
    let batch = |records: &[Raw]| together(avro.dialect, avro.topic(), records, &schemas).expect("it is plain").len();
    group.bench_function("framed Avro into columns", |bencher| {
        bencher.iter(|| framed.chunks(BATCH).map(batch).sum::<usize>())
    });
    let originals: Vec<Original> = framed.iter().cloned().map(Original::Bytes).collect();
    let one = |original: &Original| again(avro.dialect, avro.topic(), (0, 0), original, &schemas).is_ok();
    group.bench_function("framed Avro by values", |bencher| {
        bencher.iter(|| originals.iter().filter(|original| one(original)).count())
    });

    let with = "kafka_topic = 'events', value_format = 'DELIMITED', partitions = 1";
    let delimited = Events::new(Dialect::Ksqldb, "STREAM", with);
    let text = |raw: &Raw| String::from_utf8(raw.value.clone().unwrap_or_default()).expect("text");
    let line = |raw: &Raw| serde_json::json!({"value": text(raw), "timestamp": raw.timestamp}).to_string() + "\n";
    desk.file("delimited.jsonl", delimited.written(&rows).iter().map(line).collect::<String>());
    let files = [Some(desk.path("delimited.jsonl"))];
    let files = files.each_ref().map(Option::as_deref);
    let read = || read(delimited.dialect, delimited.topic(), &files, false).expect("a topic").arrivals[0].len();
    group.bench_function("DELIMITED by values", |bencher| bencher.iter(read));
    group.finish();
}

fn main() {
    // `cargo test --benches` only wants to know that it starts.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    memory::keep();
    let mut criterion = Criterion::default().configure_from_args();
    bench(&mut criterion);
    criterion.final_summary();
}
