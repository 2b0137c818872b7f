//! What a letter tells of, done again: its record decoded, its call made, with nothing but the letter, SQL and components.

use serde_json::{Map, Value as Json, json};

use super::{Call, Letter, Record, Schema, VERSION, call, write};
use crate::host::Limits;
use crate::library::Library;
use crate::replay::{Answer, CallAgain, Plugins, ReplayError, call_again};
use crate::report::{cell, json_row, named, quoted};
use crate::sql::{FunctionRef, Pipeline, hint};
use crate::topic;
use crate::topic::registry::Known;

/// What a letter was, and what it is now.
#[derive(Debug)]
pub struct Reproduced {
    /// Topic, partition and offset, and the function.
    pub subject: String,
    pub outcome: Outcome,
    /// What is not as it was when the letter was written.
    pub notes: Vec<String>,
    head: Map<String, Json>,
}

#[derive(Debug)]
pub enum Outcome {
    Fails {
        reason: String,
        /// The letter's, where it is another one.
        before: Option<String>,
    },
    Works {
        text: String,
        json: Map<String, Json>,
    },
}

#[derive(Debug, thiserror::Error)]
pub enum ReproduceError {
    #[error("letter {number}: wanted a dead letter, found {reason}")]
    NoLetter { number: usize, reason: String },
    #[error(
        "letter {number}: wanted version {VERSION} of dead letters, found {found}; read it with the streamfn that wrote it"
    )]
    Version { number: usize, found: String },
    #[error("wanted dead letters, found nothing")]
    Nothing,
    #[error("{place}: the SQL has no topic {topic} to read{hint}")]
    NoTopic { place: String, topic: String, hint: String },
    #[error("{place}: the letter has no record")]
    NoRecord { place: String },
    #[error(
        "{place}: wanted a record of a topic or of JSON Lines, found one of the Avro container {file}, whose types are not in \
         the letter; replay that file"
    )]
    InContainer { place: String, file: String },
    #[error("{place}: no component here has {function} ({interface}); name the file with --plugin")]
    NoFunction { place: String, function: String, interface: String },
    #[error("{place}: {function} of {file} takes no such call: {reason}")]
    OtherFunction { place: String, function: String, file: String, reason: String },
    #[error(transparent)]
    Replay(#[from] ReplayError),
}

/// The letters in a text: one, or one after another.
pub fn letters(text: &str) -> Result<Vec<Letter>, ReproduceError> {
    let values = serde_json::Deserializer::from_str(text).into_iter::<Json>();
    let letter = |(index, value): (usize, serde_json::Result<Json>)| {
        let number = index + 1;
        let fail = |reason: String| ReproduceError::NoLetter { number, reason: quoted(&reason) };
        let value = value.map_err(|error| fail(format!("broken JSON: {error}")))?;
        match value.get("version") {
            Some(version) if *version == VERSION => {}
            found => {
                let found = found.map_or_else(|| "none".to_owned(), |found| quoted(&found.to_string()));
                return Err(ReproduceError::Version { number, found });
            }
        }
        serde_json::from_value(value).map_err(|error| fail(error.to_string()))
    };
    let letters: Vec<Letter> = values.enumerate().map(letter).collect::<Result<_, _>>()?;
    if letters.is_empty() { Err(ReproduceError::Nothing) } else { Ok(letters) }
}

/// What letters are tried with.
pub struct Laboratory<'a> {
    pub pipeline: &'a Pipeline,
    pub sql: &'a str,
    pub library: &'a Library,
    /// The limits to be used for those of a letter.
    pub limits: &'a dyn Fn(Limits) -> Limits,
    pub most_entries: Option<u32>,
}

impl Laboratory<'_> {
    /// Does again what the letter tells of.
    pub fn reproduce(&self, letter: &Letter) -> Result<Reproduced, ReproduceError> {
        let mut head = Map::from_iter([
            ("topic".to_owned(), json!(letter.topic)),
            ("partition".to_owned(), json!(letter.partition)),
            ("offset".to_owned(), json!(letter.offset)),
        ]);
        let mut notes = vec![];
        if letter.sql_sha256 != write::digest(self.sql) {
            notes.push("the SQL is not the letter's".to_owned());
        }
        let place = letter.place();
        let Some(call) = &letter.call else {
            let outcome = self.decode(letter)?;
            return Ok(Reproduced { subject: place, outcome, notes, head });
        };
        head.insert("function".to_owned(), json!(call.function));
        let of = self.function(call).ok_or_else(|| ReproduceError::NoFunction {
            place: place.clone(),
            function: quoted(&call.function),
            interface: quoted(&call.interface),
        })?;
        let plugin = &self.pipeline.functions.plugins[of.plugin];
        if plugin.component.digest != call.sha256 {
            let [now, then] = [&plugin.component.digest, &call.sha256].map(|digest| short(digest));
            notes.push(format!("{} (sha256 {now}) is not the letter's component (sha256 {then})", plugin.file));
        }
        let subject = format!("{place}, key {}: {}", quoted(&call.key), quoted(&call.function));
        Ok(Reproduced { subject, outcome: self.call(letter, call, of)?, notes, head })
    }

    fn decode(&self, letter: &Letter) -> Result<Outcome, ReproduceError> {
        let place = letter.place();
        let topics = || self.pipeline.topics.iter().filter(|topic| topic.is_source);
        let topic = topics().find(|topic| topic.topic == letter.topic).ok_or_else(|| ReproduceError::NoTopic {
            place: place.clone(),
            topic: quoted(&letter.topic),
            hint: hint(&letter.topic, topics().map(|topic| topic.topic.as_str())),
        })?;
        if let Some(Record::File { file, record: Some(_), .. }) = &letter.record {
            return Err(ReproduceError::InContainer { place, file: quoted(file) });
        }
        let original = letter.original().ok_or(ReproduceError::NoRecord { place })?;
        let at = (letter.partition, letter.offset);
        let decoded = topic::again(self.pipeline.dialect, topic, at, &original, &schemas(letter));
        let fields = &topic.relation.fields;
        Ok(match decoded {
            Err(reason) => fails(letter, reason),
            Ok(record) if record.is_tombstone => Outcome::Works {
                text: format!("is a tombstone of {}", named(fields, &record.row.into_values())),
                json: Map::from_iter([("row".to_owned(), Json::Null)]),
            },
            Ok(record) => {
                let row = record.row.into_values();
                Outcome::Works {
                    text: format!("decodes to {}", named(fields, &row)),
                    json: Map::from_iter([("row".to_owned(), Json::Object(json_row(fields, &row)))]),
                }
            }
        })
    }

    /// The function of the letter: of that very component if it is here, else of one that calls it the same.
    fn function(&self, call: &Call) -> Option<FunctionRef> {
        // A component's version goes on, its functions stay.
        let name = |interface: &str| interface.split('@').next().unwrap_or_default().to_owned();
        let wanted = name(&call.interface);
        let plugins = self.pipeline.functions.plugins.iter().enumerate();
        let found = plugins.filter_map(|(plugin, found)| {
            let function = found.component.functions.iter().position(|function| name(&function.interface) == wanted)?;
            Some((found.component.digest != call.sha256, FunctionRef { plugin, function }))
        });
        found.min_by_key(|(is_another, _)| *is_another).map(|(_, of)| of)
    }

    fn call(&self, letter: &Letter, call: &Call, of: FunctionRef) -> Result<Outcome, ReproduceError> {
        let functions = &self.pipeline.functions;
        let (plugin, function) = (&functions.plugins[of.plugin], functions.function(of));
        let other = |reason: String| ReproduceError::OtherFunction {
            place: letter.place(),
            function: quoted(&call.function),
            file: plugin.file.clone(),
            reason,
        };
        let arguments = call.arguments(&plugin.component, function).map_err(other)?;
        let state = call.state(&plugin.component, function).map_err(other)?;
        let plugins: Plugins = self.library.compile((self.limits)(call.limits.limits()))?;
        let most_entries = self.most_entries.or(call.limits.entries);
        let again = CallAgain { of, arguments: &arguments, state, most_entries };
        Ok(match call_again(functions, &plugins, again)? {
            Err(error) => fails(letter, error.to_string()),
            Ok(Answer::Value(of, value)) => Outcome::Works {
                text: format!("gives {}", cell(&of, &value)),
                json: Map::from_iter([("value".to_owned(), crate::report::json(&of, &value))]),
            },
            Ok(Answer::State { state, result, value }) => {
                let state = call::state_to_json(&plugin.component, function, &state);
                Outcome::Works {
                    text: format!("gives {}, its state is {}", cell(&result, &value), quoted(&state.to_string())),
                    json: Map::from_iter([
                        ("value".to_owned(), crate::report::json(&result, &value)),
                        ("state".to_owned(), state),
                    ]),
                }
            }
        })
    }
}

impl Reproduced {
    pub fn still_fails(&self) -> bool {
        matches!(self.outcome, Outcome::Fails { .. })
    }

    pub fn text(&self) -> String {
        let subject = &self.subject;
        match &self.outcome {
            Outcome::Fails { reason, before: None } => format!("{subject} still fails: {reason}"),
            Outcome::Fails { reason, before: Some(before) } => {
                format!("{subject} fails in another way: {reason}; it was: {before}")
            }
            Outcome::Works { text, .. } => format!("{subject} {text}"),
        }
    }

    pub fn json(&self) -> Json {
        let mut json = self.head.clone();
        json.insert("fails".to_owned(), json!(self.still_fails()));
        match &self.outcome {
            Outcome::Fails { reason, before } => {
                json.insert("reason".to_owned(), json!(reason));
                json.extend(before.as_ref().map(|before| ("before".to_owned(), json!(before))));
            }
            Outcome::Works { json: more, .. } => json.extend(more.clone()),
        }
        Json::Object(json)
    }
}

fn fails(letter: &Letter, reason: String) -> Outcome {
    let reason = quoted(&reason);
    let before = (reason != letter.reason).then(|| quoted(&letter.reason));
    Outcome::Fails { reason, before }
}

fn short(digest: &str) -> String {
    quoted(digest).chars().take(12).collect()
}

/// The schemas that the letter brings along.
fn schemas(letter: &Letter) -> Known {
    let Some(Record::Topic { key_schema, value_schema, .. }) = &letter.record else { return Known::default() };
    let known = [key_schema, value_schema].into_iter().flatten().filter(|schema| !schema.texts.is_empty());
    Known(known.map(|Schema { id, texts }| (*id, texts.clone())).collect())
}
