//! The two demos from end to end: events into a real cluster, from there through the SQL, the results into their topics,
//! and these against tables that were computed from the same events without the project. `make live` shows it.

use std::collections::BTreeMap;
use std::process::Stdio;

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use serde_json::{Value as Json, json};

use crate::command::{Answer, Desk};
use crate::computed::{baskets, checked_out, hundredths, session_baskets, sorted};
use crate::input::committed_of;
use crate::stack::{self, Stack};

const SQL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../sql");
const SITE: &str = "users: 2000\nproducts: 200\nevents: 20000\npurchase_weight: 40\nuser_update_share: 0.02\n\
    user_delete_share: 0.01\nproduct_update_share: 0.01\nlate_share: 0.05\n";

struct Demo<'a> {
    stack: &'a Stack,
    desk: Desk,
    generator: &'a str,
    dialect: &'a str,
}

impl<'a> Demo<'a> {
    /// Makes the events up twice: into files, to compute from, and into the cluster's topics.
    fn new(stack: &'a Stack, generator: &'a str, dialect: &'a str, sql: &str, config: &str) -> Self {
        let desk = Desk::new();
        desk.file("s.sql", sql).file("c.yaml", config);
        let demo = Demo { stack, desk, generator, dialect };
        let events = ["generate", generator, "--config", "c.yaml", "--seed", "5", "--events", "30000"];
        let sql = ["--sql", "s.sql", "--dialect", dialect];
        demo.done(demo.desk.run(&[&events[..], &sql, &["--out", "t"]].concat()));
        demo.done(demo.desk.run(&[
            "topics",
            "create",
            "--sql",
            "s.sql",
            "--dialect",
            dialect,
            "--partitions",
            "3",
            "--bootstrap-server",
            &stack.bootstrap_servers,
        ]));
        let answer = demo.done(demo.desk.run(&[&events[..], &sql, &demo.cluster()].concat()));
        println!("{generator}: events in the topics: {}", answer.out.trim());
        demo
    }

    fn cluster(&self) -> [&str; 4] {
        let registry = self.stack.schema_registry.as_deref().unwrap();
        ["--bootstrap-server", &self.stack.bootstrap_servers, "--schema-registry", registry]
    }

    fn done(&self, answer: Answer) -> Answer {
        assert_eq!(answer.code, Some(0), "{}: {answer:?}", self.generator);
        answer
    }

    fn replay(&self) -> std::process::Command {
        let replay =
            ["replay", "--sql", "s.sql", "--dialect", self.dialect, "--write", "--transaction-results", "2000"];
        self.desk.command(&[&replay[..], &self.cluster()].concat())
    }

    /// Writes the results, with a death in the middle.
    fn write(&self) {
        let mut first = self.replay();
        first.env("STREAMFN_KILL_AT", "before-commit:3").stdout(Stdio::null()).stderr(Stdio::null());
        assert_eq!(first.status().unwrap().code(), None, "{}: it was to die", self.generator);
        println!("{}: killed in its third transaction", self.generator);
        let answer = self.done(Answer::of(self.replay()));
        assert!(answer.err.contains("by an earlier run"), "{}", answer.err);
        println!("{}: {}", self.generator, answer.err.trim());
    }

    fn generated(&self, topic: &str) -> Vec<Json> {
        self.desk.read(&format!("t/{topic}.jsonl")).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// What a topic of upserts comes to: the last value of each key.
    fn table(&self, topic: &str) -> BTreeMap<String, Vec<u8>> {
        let last = |(key, mut values): (String, Vec<Option<Vec<u8>>>)| Some((key, values.pop()??));
        committed_of(self.stack, topic).into_iter().filter_map(last).collect()
    }
}

/// A record framed for the registry, read by the schema that it has there.
fn framed(stack: &Stack, schemas: &mut BTreeMap<u32, Schema>, bytes: &[u8]) -> Json {
    let id = u32::from_be_bytes(bytes[1..5].try_into().unwrap());
    let schema = schemas.entry(id).or_insert_with(|| {
        let url = format!("{}/schemas/ids/{id}", stack.schema_registry.as_deref().unwrap());
        let text = ureq::get(url).call().unwrap().body_mut().read_to_string().unwrap();
        let answer: Json = serde_json::from_str(&text).unwrap();
        Schema::parse_str(answer["schema"].as_str().unwrap()).unwrap()
    });
    let reader = GenericDatumReader::builder(schema).build().unwrap();
    Json::try_from(reader.read_value(&mut &bytes[5..]).unwrap()).unwrap()
}

#[test]
fn smartshop_from_events_to_results() {
    let stack = stack::shared();
    let sql = std::fs::read_to_string(format!("{SQL}/ksqldb/smartshop.sql")).unwrap();
    let sql = sql.replace("VALUE_FORMAT = 'JSON'", "VALUE_FORMAT = 'AVRO'");
    let demo = Demo::new(stack, "smartshop", "ksqldb", &sql, "max_simultaneous_sessions: 50\n");
    demo.write();
    let baskets = baskets(demo.generated("smartshop-basket"));
    let wanted = checked_out(&baskets, &demo.generated("smartshop-checkout"));
    let mut schemas = BTreeMap::new();
    let found = sorted(demo.table("smartshop-checkout-qty-4").into_iter().map(|(key, value)| {
        let mut row = json!({ "SESSION_ID": key });
        let value = framed(stack, &mut schemas, &value);
        row.as_object_mut().unwrap().extend(value.as_object().unwrap().clone());
        row
    }));
    assert!(wanted.len() > 1000, "{}", wanted.len());
    assert_eq!(found, wanted);
    println!("smartshop: {} rows in smartshop-checkout-qty-4, as computed from the events by themselves", found.len());
}

#[test]
fn ecommerce_from_events_to_results() {
    let stack = stack::shared();
    let sql = std::fs::read_to_string(format!("{SQL}/flink/ecommerce.sql")).unwrap();
    let demo = Demo::new(stack, "ecommerce", "flink", &sql, SITE);
    demo.write();
    let wanted = session_baskets(|topic| demo.generated(topic));
    let found = sorted(demo.table("ecommerce.session-baskets").into_values().map(|value| {
        let mut row: Json = serde_json::from_slice(&value).unwrap();
        row["price"] = json!(hundredths(&row["price"]));
        row
    }));
    assert!(wanted.len() > 500, "{}", wanted.len());
    assert_eq!(found, wanted);
    println!("ecommerce: {} rows in ecommerce.session-baskets, as computed from the events by themselves", found.len());
}
