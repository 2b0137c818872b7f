//! `WITH (…)`: the topic behind a relation, its formats, and what gives a record its time.

use streamfn_model::{Dialect, SqlType};

use super::{Connector, Format, Planner, Topic};
use crate::sql::ddl::Property;
use crate::sql::error::{Position, SqlError, hint, nearest};
use crate::sql::node::Relation;

impl Planner {
    /// `like` is the relation that a query reads first: ksqlDB writes its result in the same formats.
    pub(super) fn topic(
        &self,
        relation: Relation,
        properties: Vec<Property>,
        like: Option<&Topic>,
    ) -> Result<Topic, SqlError> {
        let dialect = self.pipeline.dialect;
        let mut topic = Topic {
            topic: relation.name.clone(),
            key_format: match (like, dialect) {
                (Some(like), _) => like.key_format,
                (None, Dialect::Ksqldb) => Format::Kafka,
                (None, Dialect::Flink) => Format::None,
            },
            value_format: like.map_or(Format::Json, |like| like.value_format),
            timestamp: None,
            is_source: like.is_none(),
            connector: Connector::Any,
            metadata: vec![],
            relation,
        };
        let sets_key_format = |p: &Property| matches!(p.name.as_str(), "KEY_FORMAT" | "FORMAT");
        let inherits_key_format = like.is_some() && !properties.iter().any(sets_key_format);
        for Property { name, value, at } in properties {
            match (dialect, name.as_str()) {
                (Dialect::Ksqldb, "KAFKA_TOPIC") | (Dialect::Flink, "topic") => topic.topic = value,
                (Dialect::Ksqldb, "KEY_FORMAT") | (Dialect::Flink, "key.format") => {
                    topic.key_format = format(dialect, &value, at)?;
                }
                (Dialect::Ksqldb, "VALUE_FORMAT") | (Dialect::Flink, "value.format" | "format") => {
                    topic.value_format = format(dialect, &value, at)?;
                }
                (Dialect::Ksqldb, "FORMAT") => {
                    topic.key_format = format(dialect, &value, at)?;
                    topic.value_format = topic.key_format;
                }
                (Dialect::Ksqldb, "TIMESTAMP") => topic.timestamp = Some(time_column(&topic.relation, &value, at)?),
                (Dialect::Ksqldb, "PARTITIONS" | "REPLICAS" | "KEY_SCHEMA_ID" | "VALUE_SCHEMA_ID") => {}
                (Dialect::Ksqldb, _) => {
                    let near = nearest(&name, PROPERTIES).map(|near| format!("; did you mean {near}?"));
                    return Err(SqlError::not_supported(format!("property {name}{}", near.unwrap_or_default()), at));
                }
                // These change what a row of the table is.
                (
                    Dialect::Flink,
                    "key.fields"
                    | "key.fields-prefix"
                    | "value.fields-include"
                    | "json.ignore-parse-errors"
                    | "value.json.ignore-parse-errors",
                ) => return Err(SqlError::not_supported(format!("option {name}"), at)),
                // Flink's connectors have options without number that don't.
                (Dialect::Flink, _) => {}
            }
        }
        // A format without keys is not handed on to a result that has one (`getSinkKeyFormat` in ksqlDB's `LogicalPlanner`).
        if inherits_key_format && topic.key_format == Format::None && !topic.relation.key.is_empty() {
            topic.key_format = Format::Kafka;
        }
        if dialect == Dialect::Ksqldb && topic.key_format == Format::None && !topic.relation.key.is_empty() {
            let message = format!("{} has a key, and key format NONE, which can hold none", topic.relation.name);
            return Err(SqlError::invalid(message, None));
        }
        // Any key format holds the bounds of a window beside the key.
        let bounds = if topic.relation.is_windowed() { 2 } else { 0 };
        if topic.key_format == Format::Kafka && topic.relation.key.len() - bounds > 1 {
            // ksqlDB turns a key of several columns into one that the KAFKA format cannot hold.
            let message =
                format!("{} has a key of several columns, which key format KAFKA cannot hold", topic.relation.name);
            return Err(SqlError::invalid(message, None));
        }
        Ok(topic)
    }
}

/// ksqlDB's properties that there are rules for.
const PROPERTIES: [&str; 9] = [
    "KAFKA_TOPIC",
    "KEY_FORMAT",
    "VALUE_FORMAT",
    "FORMAT",
    "TIMESTAMP",
    "PARTITIONS",
    "REPLICAS",
    "KEY_SCHEMA_ID",
    "VALUE_SCHEMA_ID",
];

fn format(dialect: Dialect, value: &str, at: Option<Position>) -> Result<Format, SqlError> {
    match value.to_uppercase().as_str() {
        "KAFKA" | "RAW" => Ok(Format::Kafka),
        "JSON" => Ok(Format::Json),
        "AVRO" | "AVRO-CONFLUENT" => Ok(Format::Avro),
        "DEBEZIUM-JSON" => Ok(Format::DebeziumJson),
        "NONE" => Ok(Format::None),
        _ => {
            let known = match dialect {
                Dialect::Ksqldb => "JSON, AVRO, KAFKA and NONE",
                Dialect::Flink => "json, avro-confluent, raw and debezium-json",
            };
            Err(SqlError::not_supported(format!("format {value}; there is {known}"), at))
        }
    }
}

/// The column of the `timestamp` property: BIGINT milliseconds or a TIMESTAMP. Its name is upper-cased like any other.
fn time_column(relation: &Relation, value: &str, at: Option<Position>) -> Result<usize, SqlError> {
    let name = value.trim_matches('`');
    let name = if name.len() < value.len() { name.to_owned() } else { name.to_uppercase() };
    let Some(index) = relation.fields.iter().position(|f| f.name == name) else {
        let hint = hint(&name, relation.fields.iter().map(|f| f.name.as_str()));
        return Err(SqlError::unknown(format!("timestamp property: unknown column {name}{hint}"), at));
    };
    match relation.fields[index].sql_type {
        SqlType::BigInt | SqlType::TimestampLtz => Ok(index),
        ref other => {
            let message = format!("timestamp property: {name} is {other}; wanted BIGINT or TIMESTAMP");
            Err(SqlError::wrong_type(message, at))
        }
    }
}
