//! A change of a table as the record that its engine writes: key and value in bytes, and the schemas to register for them.
//!
//! `part` is a key or a value, `window` what the key of a windowed table ends with. `avro`, `json`, `delimited` and `kafka` write
//! columns in one format each, `debezium` a row with what became of it. All are pure: nothing here knows a broker or a
//! registry.

mod avro;
mod debezium;
mod delimited;
mod json;
mod kafka;
mod part;
#[cfg(test)]
mod tests;
mod window;

use streamfn_model::{Dialect, Field, Kind, SqlType, Value};

use crate::sql::{Collection, Connector, Format, Pipeline, Topic};
use part::{Columns, Part};
use window::WindowKey;

/// Writes the changes of one table.
#[derive(Debug, Clone)]
pub struct Encoder {
    table: String,
    dialect: Dialect,
    writes: Writes,
    key: Part,
    window: Option<WindowKey>,
    value: Part,
}

/// A record without its topic and partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    pub key: Option<Vec<u8>>,
    /// `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Milliseconds since the epoch. Flink leaves it to the producer's clock
    /// (`DynamicKafkaRecordSerializationSchema.serialize`), ksqlDB writes the row's time.
    pub timestamp: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    #[error("{table} can't be written to its topic: {reason}")]
    Topic { table: String, reason: String },
    #[error("{table} is written row by row and takes none back, found {kind}")]
    TakenBack { table: String, kind: Kind },
    #[error("{table}: wanted the registry's id for the schema of the {part}, found none; register the schema first")]
    Unregistered { table: String, part: &'static str },
    #[error("{table}, {part}: {reason}")]
    Value { table: String, part: &'static str, reason: String },
}

/// What becomes of a change in the topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Writes {
    /// A record for each row that is added; nothing else may happen.
    Rows,
    /// The row as it is now under its key, and a tombstone where it is gone.
    Upserts,
    /// A record for each change, with its kind.
    Changes,
}

impl Encoder {
    pub fn new(pipeline: &Pipeline, topic: &Topic) -> Result<Encoder, EncodeError> {
        let table = &topic.relation.name;
        let refused = |reason| EncodeError::Topic { table: table.clone(), reason };
        let dialect = pipeline.dialect;
        let writes = writes(dialect, topic).map_err(refused)?;
        let (keys, values) = columns(dialect, topic);
        let key_format = if keys.fields.is_empty() { Format::None } else { topic.key_format };
        Ok(Encoder {
            table: table.clone(),
            dialect,
            writes,
            key: Part::new(dialect, key_format, keys, &avro::key_name(dialect, table))
                .map_err(|reason| refused(format!("key: {reason}")))?,
            window: WindowKey::of(pipeline, &topic.relation).map_err(refused)?,
            value: Part::new(dialect, topic.value_format, values, &avro::value_name(dialect))
                .map_err(|reason| refused(format!("value: {reason}")))?,
        })
    }

    /// The Avro schema for the subject `TOPIC-key`, as the engine registers it.
    pub fn key_schema(&self) -> Option<&str> {
        self.key.registered()
    }

    /// The Avro schema for the subject `TOPIC-value`, as the engine registers it.
    pub fn value_schema(&self) -> Option<&str> {
        self.value.registered()
    }

    /// The record that tells a change; `None` where the next change does. `ids` are those that the registry gave the schemas
    /// of key and value.
    pub fn encode(
        &self,
        kind: Kind,
        row: &[Value],
        time: i64,
        ids: (Option<u32>, Option<u32>),
    ) -> Result<Option<Encoded>, EncodeError> {
        if self.writes == Writes::Upserts && kind == Kind::UpdateBefore {
            return Ok(None);
        }
        let value = match self.writes {
            Writes::Rows if kind != Kind::Insert => {
                return Err(EncodeError::TakenBack { table: self.table.clone(), kind });
            }
            Writes::Upserts if kind == Kind::Delete => None,
            Writes::Rows | Writes::Upserts => {
                self.value.bytes(self.dialect, row, ids.1).map_err(self.error("value"))?
            }
            Writes::Changes => {
                Some(debezium::bytes(self.dialect, kind, &self.value, row).map_err(|r| self.error("value")(r.into()))?)
            }
        };
        let mut key = self.key.bytes(self.dialect, row, ids.0).map_err(self.error("key"))?;
        if let (Some(window), Some(key)) = (self.window, &mut key) {
            window.write(row, key).map_err(|r| self.error("key")(r.into()))?;
        }
        Ok(Some(Encoded { key, value, timestamp: (self.dialect == Dialect::Ksqldb).then_some(time) }))
    }

    fn error(&self, part: &'static str) -> impl Fn(part::Failure) -> EncodeError {
        let table = self.table.clone();
        move |failure| match failure {
            part::Failure::Unregistered => EncodeError::Unregistered { table: table.clone(), part },
            part::Failure::Value(reason) => EncodeError::Value { table: table.clone(), part, reason },
        }
    }
}

/// The schemas of a topic's keys and values where they are Avro and nothing in the bytes says which, for whoever reads them.
pub fn unregistered(dialect: Dialect, topic: &Topic) -> Result<(Option<String>, Option<String>), String> {
    let (keys, values) = columns(dialect, topic);
    let schema = |format, columns: Columns, name: &str| match format {
        Format::PlainAvro => {
            Part::new(dialect, format, columns, name).map(|part| part.unregistered().map(str::to_owned))
        }
        _ => Ok(None),
    };
    let key = schema(topic.key_format, keys, &avro::key_name(dialect, &topic.relation.name));
    let value = schema(topic.value_format, values, &avro::value_name(dialect));
    Ok((key.map_err(|reason| format!("key: {reason}"))?, value.map_err(|reason| format!("value: {reason}"))?))
}

fn writes(dialect: Dialect, topic: &Topic) -> Result<Writes, String> {
    match (dialect, topic.connector) {
        (Dialect::Ksqldb, _) => Ok(match topic.relation.collection {
            Collection::Stream => Writes::Rows,
            Collection::Table => Writes::Upserts,
        }),
        (_, Connector::Upsert) => Ok(Writes::Upserts),
        // `KafkaConnectorOptionsUtil.createKeyFormatProjection`
        (_, Connector::Append | Connector::Changelog) if topic.key_format != Format::None => {
            Err("connector kafka writes a key of the option key.fields, for which there is no rule".to_owned())
        }
        (_, Connector::Append) => Ok(Writes::Rows),
        (_, Connector::Changelog) => Ok(Writes::Changes),
        (_, Connector::Files | Connector::Print | Connector::Blackhole | Connector::Any) => {
            Err("its connector writes no topic; wanted kafka or upsert-kafka".to_owned())
        }
    }
}

/// The columns of key and value. ksqlDB has each column once, Flink the key's in the value too (`value.fields-include`).
fn columns(dialect: Dialect, topic: &Topic) -> (Columns, Columns) {
    let relation = &topic.relation;
    let keys = match topic.key_format {
        Format::None => vec![],
        _ => relation.key.clone(),
    };
    let is_metadata = |column: &usize| topic.metadata.iter().any(|(metadata, _)| metadata == column);
    let is_value = |column: &usize| dialect == Dialect::Flink || !keys.contains(column);
    let values = (0..relation.fields.len()).filter(|column| is_value(column) && !is_metadata(column)).collect();
    let keys = keys.into_iter().filter(|column| !window::is_bound(relation, *column)).collect();
    // ksqlDB writes a key of one column without its name (`SerdeFeaturesFactory.buildKeyFeatures`), Flink with it.
    let bares_key = is_bare(topic.key_format, dialect == Dialect::Ksqldb);
    let bares_value = is_bare(topic.value_format, !topic.wraps_single_value);
    (Columns::of(relation, keys, bares_key), Columns::of(relation, values, bares_value))
}

/// Whether a format writes one column without its name.
fn is_bare(format: Format, is_asked: bool) -> bool {
    match format {
        Format::Kafka => true,
        Format::Json | Format::Avro | Format::PlainAvro => is_asked,
        Format::DebeziumJson | Format::Delimited(_) | Format::None => false,
    }
}

/// The entries of a MAP, or a MULTISET's elements with their counts, by key: whatever the order in which they came, the bytes
/// are the same. Engines write them in the order of their hash tables.
fn entries(of: &SqlType, values: &[Value]) -> Result<Vec<(Value, Value)>, String> {
    let entry = |value: &Value| match value {
        Value::Record(pair) if let [key, value] = pair.as_slice() => Ok((key.clone(), value.clone())),
        other => Err(mismatch(of, other)),
    };
    let mut entries: Vec<(Value, Value)> = values.iter().map(entry).collect::<Result<_, _>>()?;
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(entries)
}

fn mismatch(of: &SqlType, found: &Value) -> String {
    format!("wanted {of}, found {found:?}")
}

fn in_column(field: &Field) -> impl Fn(String) -> String + '_ {
    |reason| format!("column {}: {reason}", field.name)
}
