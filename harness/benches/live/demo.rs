//! A demo's events, in a cluster's topics and in files, and what is done with them.

use std::collections::HashMap;
use std::hint::black_box;
use std::path::PathBuf;

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use arrow_avro::reader::{Decoder, ReaderBuilder};
use arrow_avro::schema::{AvroSchema, Fingerprint, FingerprintAlgorithm, SchemaStore};
use clap::Parser;
use streamfn::args::{Arguments, Command, DialectName};
use streamfn::host::Limits;
use streamfn::input::Input;
use streamfn::library::Library;
use streamfn::live::Live;
use streamfn::replay::{self, Keep, Options, Plugins};
use streamfn::sql::{Builtins, Pipeline};
use streamfn::topic::Phase;

use crate::command::{Answer, Desk, standard_plugins};
use crate::consumer;
use crate::stack::Stack;

pub struct Demo<'a> {
    pub name: &'static str,
    /// Of all topics that the SQL reads.
    pub records: u64,
    stack: &'a Stack,
    pipeline: Pipeline,
    plugins: Plugins,
    table: &'static str,
    topics: Vec<String>,
    files: Phase,
    schemas: HashMap<u32, String>,
    _desk: Desk,
}

pub fn smartshop(stack: &Stack, events: u64) -> Demo<'_> {
    let sql =
        include_str!("../../../sql/ksqldb/smartshop.sql").replace("VALUE_FORMAT = 'JSON'", "VALUE_FORMAT = 'AVRO'");
    let config = "max_simultaneous_sessions: 100\n";
    Demo::new(stack, "smartshop", DialectName::Ksqldb, &sql, config, events, "smartshop-checkout-qty-4")
}

pub fn ecommerce(stack: &Stack, events: u64) -> Demo<'_> {
    let users = (events / 4).max(1);
    let config = format!("users: {users}\nproducts: 10000\nevents: {events}\nsimultaneous_sessions: 1000\n");
    let sql = avro(include_str!("../../../sql/flink/ecommerce.sql"));
    Demo::new(stack, "ecommerce", DialectName::Flink, &sql, &config, 10 * events, "session_baskets")
}

/// The pipeline over Avro in place of JSON.
pub fn avro(sql: &str) -> String {
    sql.replace(
        "'value.format' = 'json'",
        "'value.format' = 'avro-confluent', 'value.avro-confluent.url' = 'http://registry'",
    )
    .replace("'format' = 'json'", "'format' = 'avro-confluent', 'avro-confluent.url' = 'http://registry'")
}

impl<'a> Demo<'a> {
    fn new(
        stack: &'a Stack,
        name: &'static str,
        dialect: DialectName,
        sql: &str,
        config: &str,
        events: u64,
        table: &'static str,
    ) -> Self {
        let desk = Desk::new();
        desk.file("s.sql", sql).file("c.yaml", config);
        let dialect_name = if dialect == DialectName::Flink { "flink" } else { "ksqldb" };
        let of_sql = ["--sql", "s.sql", "--dialect", dialect_name];
        let cluster = ["--bootstrap-server", stack.bootstrap_servers.as_str()];
        let registry = ["--schema-registry", stack.schema_registry.as_deref().expect("it was started with one")];
        let run = |arguments: Vec<&str>| {
            let answer = Answer::of(desk.command(&arguments));
            assert_eq!(answer.code, Some(0), "{arguments:?}: {answer:?}");
        };
        run([&["topics", "create"][..], &of_sql, &cluster, &["--partitions", "3"]].concat());
        let events = events.to_string();
        let generate = [&["generate", name, "--config", "c.yaml", "--events", &events][..], &of_sql].concat();
        run([&generate[..], &cluster, &registry].concat());
        run([&generate[..], &["--out", "t", "--format", "avro"]].concat());

        // SAFETY: nothing else runs yet.
        unsafe { std::env::set_var("STREAMFN_PLUGINS", standard_plugins()) };
        let library = Library::open(&[]).expect("the standard plugins");
        let pipeline = library.plan(dialect.into(), Builtins::Component, sql).expect("the demo's SQL");
        let plugins = library.compile(Limits::default()).expect("components");
        let topics: Vec<String> = replay::topics_read(&pipeline).iter().map(|topic| topic.topic.clone()).collect();
        let file = |topic: &String| (topic.clone(), desk.path(&format!("t/{topic}.avro")));
        let files = Phase::from(topics.iter().map(file).collect::<std::collections::BTreeMap<String, PathBuf>>());
        let mut demo = Demo {
            name,
            records: 0,
            stack,
            pipeline,
            plugins,
            table,
            topics,
            files,
            schemas: HashMap::new(),
            _desk: desk,
        };
        let mut ids = std::collections::BTreeSet::new();
        demo.records = demo.consume(|_, value| ids.extend(value.and_then(id)));
        demo.schemas = ids.into_iter().map(|id| (id, demo.schema(id))).collect();
        demo
    }

    fn schema(&self, id: u32) -> String {
        let url = format!("{}/schemas/ids/{id}", self.stack.schema_registry.as_deref().unwrap_or_default());
        let text = ureq::get(url).call().expect("a schema").body_mut().read_to_string().expect("text");
        let answer: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        answer["schema"].as_str().expect("a schema").to_owned()
    }

    pub fn consume(&self, each: impl FnMut(usize, Option<&[u8]>)) -> u64 {
        consumer::consume(&self.stack.bootstrap_servers, &self.topics, each)
    }

    /// Reads all records and makes values, or batches of 1,024, of what is in them.
    pub fn consume_and_decode(&self, decoder: &str) -> u64 {
        match decoder {
            "apache-avro" => {
                let schema = |(id, text): (&u32, &String)| (*id, Schema::parse_str(text).expect("a schema"));
                let schemas: HashMap<u32, Schema> = self.schemas.iter().map(schema).collect();
                let mut readers = HashMap::new();
                for (id, schema) in &schemas {
                    readers.insert(*id, GenericDatumReader::builder(schema).build().expect("a reader of the schema"));
                }
                self.consume(|_, value| {
                    let Some((id, bytes)) = value.and_then(|bytes| Some((id(bytes)?, &bytes[5..]))) else { return };
                    black_box(readers[&id].read_value(&mut &*bytes).expect("a value of the schema"));
                })
            }
            _ => {
                let mut decoders: HashMap<u32, Decoder> =
                    self.schemas.iter().map(|(id, text)| (*id, arrow_decoder(*id, text))).collect();
                self.consume(|_, value| {
                    let Some((id, bytes)) = value.and_then(|bytes| Some((id(bytes)?, bytes))) else { return };
                    let decoder = decoders.get_mut(&id).expect("every schema was asked for");
                    assert_eq!(decoder.decode(bytes).expect("a value of the schema"), bytes.len());
                    if decoder.batch_is_full() {
                        black_box(decoder.flush().expect("a batch"));
                    }
                })
            }
        }
    }

    fn options<'o>(&self, tables: &'o [&'o str]) -> Options<'o> {
        Options { rows: Keep::Of(tables), changes: Keep::Of(&[]), ..Options::default() }
    }

    fn replay(&self, input: Input<'_>) {
        let tables = [self.table];
        let outcome = input.replay(&self.pipeline, &self.plugins, self.options(&tables)).expect("a replay");
        assert!(outcome.tables.iter().any(|table| table.rows().next().is_some()));
    }

    pub fn replay_files(&self) {
        self.replay(Input::Files(std::slice::from_ref(&self.files)));
    }

    pub fn replay_topics(&self) {
        let registry = self.stack.schema_registry.as_deref().unwrap_or_default();
        let typed = ["streamfn", "replay", "--sql", "s.sql", "--bootstrap-server", &self.stack.bootstrap_servers];
        let arguments = Arguments::parse_from(typed.into_iter().chain(["--schema-registry", registry]));
        let Command::Replay(arguments) = arguments.command else { unreachable!("it was typed") };
        let live = Live::new(&arguments.cluster, |_| None).expect("a cluster").expect("it was named");
        self.replay(Input::Live(&live));
    }
}

/// The schema's id in front of a framed value.
fn id(bytes: &[u8]) -> Option<u32> {
    match bytes {
        [0, a, b, c, d, ..] => Some(u32::from_be_bytes([*a, *b, *c, *d])),
        _ => None,
    }
}

fn arrow_decoder(id: u32, schema: &str) -> Decoder {
    let mut store = SchemaStore::new_with_type(FingerprintAlgorithm::Id);
    store.set(Fingerprint::Id(id), AvroSchema::new(schema.to_owned())).expect("a schema");
    ReaderBuilder::new().with_batch_size(1024).with_writer_schema_store(store).build_decoder().expect("a decoder")
}
