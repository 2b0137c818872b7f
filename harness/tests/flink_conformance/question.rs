//! SQL and its input in phases: asked of the harness and of Flink.

use std::fs;

use serde_json::{Value, json};
use streamfn::host::Limits;
use streamfn::library::Library;
use streamfn::replay::{self, Options};
use streamfn::sql::Builtins;
use streamfn::topic::{self, Phase, Record};
use streamfn_model::Dialect;

use crate::flink::{self, Told};
use crate::packed;
use crate::told::{Compared, Sink, difference};

pub struct Question {
    pub sql: String,
    pub phases: Vec<Phase>,
    pub compared: Compared,
}

/// How Flink is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Builtins,
    /// Built-in names replaced by those of packed components.
    Components,
    /// Over a failure of every source, with the state in RocksDB.
    Failing,
}

impl Question {
    /// How the harness and Flink differ, and Flink with its built-ins and Flink in another way; nothing if they don't.
    pub fn differences(&self) -> Vec<(Way, String)> {
        let mut told = match flink::ask(self, &packed::registered(&self.sql), false).told() {
            Ok(told) => told,
            Err(why) => return vec![(Way::Builtins, why)],
        };
        let harness = match self.replayed() {
            Ok(sinks) => {
                for sink in &mut told.sinks {
                    let same = sinks.iter().find(|same| same.name == sink.name);
                    sink.key = same.map(|same| same.key.clone()).unwrap_or_default();
                }
                difference(&told.sinks, &sinks, self.compared)
            }
            Err(why) => Some(format!("the harness refuses it: {why}")),
        };
        let mut differences: Vec<_> = harness.map(|said| (Way::Builtins, said)).into_iter().collect();
        differences.extend(self.failing(&told).map(|said| (Way::Failing, said)));
        differences.extend(self.components(&told).map(|said| (Way::Components, said)));
        differences
    }

    /// What the harness gives.
    pub fn replayed(&self) -> Result<Vec<Sink>, String> {
        let library = Library::open(&packed::wasm()).map_err(|error| error.to_string())?;
        let pipeline =
            library.plan(Dialect::Flink, Builtins::Component, &self.sql).map_err(|error| error.to_string())?;
        let plugins = packed::compiled(&library, Limits::default());
        let outcome = replay::replay(&pipeline, plugins, &self.phases, Options::default());
        Ok(outcome.map_err(|error| error.to_string())?.tables.iter().map(Sink::from).collect())
    }

    fn failing(&self, told: &Told) -> Option<String> {
        let again = match flink::ask(self, &packed::registered(&self.sql), true).told() {
            Ok(again) => again,
            Err(why) => return Some(why),
        };
        // A source fails at a record after another one's checkpoint.
        if self.records().iter().any(|records| records.len() > 1) && again.failures == 0 {
            return Some("wanted a failure, found none".to_owned());
        }
        self.between(told, &again)
    }

    fn components(&self, told: &Told) -> Option<String> {
        let sql = packed::in_components(&self.sql)?;
        match flink::ask(self, &sql, false).told() {
            Ok(components) => self.between(told, &components),
            Err(why) => Some(why),
        }
    }

    /// Where two of Flink's answers differ. Only the harness says keys.
    fn between(&self, told: &Told, other: &Told) -> Option<String> {
        difference(&told.sinks, &other.sinks, self.compared)
    }

    /// The records of each topic, by its place in the SQL, with their phases.
    fn records(&self) -> Vec<Vec<(usize, Value)>> {
        let mut names: Vec<&String> = self.phases.iter().flat_map(|phase| phase.files.keys()).collect();
        names.sort_by_key(|name| self.sql.find(&format!("'{name}'")));
        names.dedup();
        let of_phase = |name: &String, number: usize| -> Vec<(usize, Value)> {
            let file = self.phases[number].files.get(name);
            let text = file.map(|file| fs::read_to_string(file).unwrap()).unwrap_or_default();
            let lines = text.lines().filter(|line| !line.trim().is_empty());
            lines.map(|line| (number, with_topic(serde_json::from_str(line).unwrap(), name))).collect()
        };
        let of_topic = |name: &&String| (0..self.phases.len()).flat_map(|number| of_phase(name, number)).collect();
        names.iter().map(of_topic).collect()
    }

    pub fn count(&self) -> usize {
        self.records().iter().map(Vec::len).sum()
    }

    /// The phases as Flink is fed: records of all topics in the harness' own order.
    pub fn fed(&self) -> Vec<Value> {
        let topics = self.records();
        let phase = |(number, phase): (usize, &Phase)| {
            let of_phase: Vec<Vec<&Value>> = topics
                .iter()
                .map(|records| records.iter().filter(|(of, _)| *of == number).map(|(_, record)| record).collect())
                .collect();
            // Each record stands for its place in the file.
            let place = |(offset, record): (usize, &&Value)| Record {
                partition: record["partition"].as_i64().unwrap_or(0).try_into().unwrap(),
                offset: offset.try_into().unwrap(),
                time: record["timestamp"].as_i64().unwrap_or(0),
                row: vec![].into(),
                is_tombstone: false,
                raw: None,
            };
            let place = |numbered| topic::Arrival::Record(place(numbered));
            let places = of_phase.iter().map(|records| records.iter().enumerate().map(place).collect()).collect();
            let record = |(topic, arrival): (usize, topic::Arrival)| match arrival {
                topic::Arrival::Record(record) => of_phase[topic][usize::try_from(record.offset).unwrap()],
                topic::Arrival::Broken(broken) => panic!("{broken}"),
            };
            let records: Vec<&Value> = topic::merge(places).map(record).collect();
            json!({"name": phase.name, "records": records})
        };
        self.phases.iter().enumerate().map(phase).collect()
    }
}

fn with_topic(mut record: Value, topic: &str) -> Value {
    record["topic"] = json!(topic);
    record
}
