//! `WITH (…)`: the topic behind a relation, its formats, and what gives a record its time.

use streamfn_model::timestamp_format::TimestampFormat;
use streamfn_model::{Dialect, Field, SqlType};

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
            timestamp_format: None,
            wraps_single_value: true,
            // ksqlDB gives a result as many partitions as what it reads first has.
            partitions: like.and_then(|like| like.partitions),
            replicas: like.and_then(|like| like.replicas),
            is_source: like.is_none(),
            connector: Connector::Any,
            metadata: vec![],
            relation,
        };
        let sets_key_format = |p: &Property| matches!(p.name.as_str(), "KEY_FORMAT" | "FORMAT");
        let inherits_key_format = like.is_some() && !properties.iter().any(sets_key_format);
        // A delimiter says how a format is written, so it comes after the format.
        let (delimiters, others): (Vec<_>, Vec<_>) =
            properties.into_iter().partition(|p| dialect == Dialect::Ksqldb && p.name.ends_with("_DELIMITER"));
        let mut single_value = None;
        for Property { name, value, at } in others.into_iter().chain(delimiters) {
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
                (Dialect::Ksqldb, "TIMESTAMP_FORMAT") => topic.timestamp_format = Some(timestamp_format(&value, at)?),
                (Dialect::Ksqldb, "KEY_DELIMITER") => set_delimiter(&mut topic.key_format, &name, &value, at)?,
                (Dialect::Ksqldb, "VALUE_DELIMITER") => set_delimiter(&mut topic.value_format, &name, &value, at)?,
                (Dialect::Ksqldb, "WRAP_SINGLE_VALUE") => {
                    topic.wraps_single_value = value.eq_ignore_ascii_case("true");
                    single_value = Some(at);
                }
                (Dialect::Ksqldb, "PARTITIONS") => topic.partitions = Some(count(&name, &value, at)?),
                (Dialect::Ksqldb, "REPLICAS") => topic.replicas = Some(count(&name, &value, at)?),
                (Dialect::Ksqldb, "KEY_SCHEMA_ID" | "VALUE_SCHEMA_ID") => {}
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
                    | "json.fail-on-missing-field"
                    | "value.json.fail-on-missing-field"
                    | "sink.buffer-flush.max-rows"
                    | "sink.buffer-flush.interval"
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
        if dialect == Dialect::Ksqldb {
            times(&topic)?;
            values(&topic, single_value)?;
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
const PROPERTIES: [&str; 13] = [
    "KAFKA_TOPIC",
    "KEY_FORMAT",
    "VALUE_FORMAT",
    "FORMAT",
    "TIMESTAMP",
    "TIMESTAMP_FORMAT",
    "KEY_DELIMITER",
    "VALUE_DELIMITER",
    "WRAP_SINGLE_VALUE",
    "PARTITIONS",
    "REPLICAS",
    "KEY_SCHEMA_ID",
    "VALUE_SCHEMA_ID",
];

fn format(dialect: Dialect, value: &str, at: Option<Position>) -> Result<Format, SqlError> {
    match value.to_uppercase().as_str() {
        "KAFKA" | "RAW" => Ok(Format::Kafka),
        "JSON" => Ok(Format::Json),
        "AVRO" if dialect == Dialect::Flink => Ok(Format::PlainAvro),
        "AVRO" | "AVRO-CONFLUENT" => Ok(Format::Avro),
        "DEBEZIUM-JSON" => Ok(Format::DebeziumJson),
        "NONE" => Ok(Format::None),
        "DELIMITED" => Ok(Format::Delimited(',')),
        _ => {
            let known = match dialect {
                Dialect::Ksqldb => "JSON, AVRO, DELIMITED, KAFKA and NONE",
                Dialect::Flink => "json, avro, avro-confluent, raw and debezium-json",
            };
            Err(SqlError::not_supported(format!("format {value}; there is {known}"), at))
        }
    }
}

fn timestamp_format(pattern: &str, at: Option<Position>) -> Result<TimestampFormat, SqlError> {
    TimestampFormat::new(pattern).map_err(|letters| {
        let clause = format!("{letters} in timestamp_format '{pattern}'; there is yyyy, MM, dd, HH, mm, ss, SSS, XXX");
        SqlError::not_supported(clause, at)
    })
}

/// Partitions or replicas of a topic.
fn count(name: &str, value: &str, at: Option<Position>) -> Result<i32, SqlError> {
    let number = value.parse::<i32>().ok().filter(|number| *number > 0);
    number.ok_or_else(|| SqlError::invalid(format!("{name} '{value}': wanted a number from 1"), at))
}

/// What stands between two columns: a character, SPACE or TAB.
fn set_delimiter(format: &mut Format, name: &str, value: &str, at: Option<Position>) -> Result<(), SqlError> {
    let delimiter = match (value.to_uppercase().as_str(), value.chars().next()) {
        ("SPACE", _) => ' ',
        ("TAB", _) => '\t',
        (_, Some(one)) if one.len_utf8() == value.len() && one.is_ascii() => one,
        _ => return Err(SqlError::invalid(format!("{name} '{value}': wanted a character, SPACE or TAB"), at)),
    };
    match format {
        Format::Delimited(of) => *of = delimiter,
        _ => return Err(SqlError::invalid(format!("{name} is for the format DELIMITED"), at)),
    }
    Ok(())
}

/// Whether text that gives a record its time says how it is to be read.
fn times(topic: &Topic) -> Result<(), SqlError> {
    let of = topic.timestamp.map(|column| &topic.relation.fields[column].sql_type);
    match (of, &topic.timestamp_format) {
        (Some(SqlType::String), None) => {
            Err(SqlError::invalid("timestamp property: a STRING wants timestamp_format as well", None))
        }
        (Some(SqlType::String), Some(_)) | (_, None) => Ok(()),
        (_, Some(_)) => Err(SqlError::invalid("timestamp_format wants a STRING column in property timestamp", None)),
    }
}

/// Whether the formats can hold the columns.
fn values(topic: &Topic, single_value: Option<Option<Position>>) -> Result<(), SqlError> {
    let relation = &topic.relation;
    let key_is_apart = topic.key_format != Format::None;
    let (keys, values): (Vec<&Field>, Vec<&Field>) = {
        let is_key = |column: &usize| key_is_apart && relation.key.contains(column);
        let (keys, values): (Vec<usize>, Vec<usize>) = (0..relation.fields.len()).partition(is_key);
        let fields = |columns: Vec<usize>| columns.into_iter().map(|column| &relation.fields[column]).collect();
        (fields(keys), fields(values))
    };
    for (format, fields) in [(topic.key_format, &keys), (topic.value_format, &values)] {
        if let Some(field) = fields.iter().find(|field| !holds(format, &field.sql_type)) {
            let of = field.sql_type.ksqldb().unwrap_or_else(|_| field.sql_type.to_string());
            let message = format!("column {}: its format holds no {of} in ksqlDB", field.name);
            return Err(SqlError::invalid(message, None));
        }
    }
    if topic.value_format == Format::Kafka && values.len() > 1 {
        let message = format!("{} has {} value columns, format KAFKA holds one", relation.name, values.len());
        return Err(SqlError::invalid(message, None));
    }
    if let (Some(at), false) = (single_value, values.len() == 1) {
        return Err(SqlError::invalid("WRAP_SINGLE_VALUE is for a value of one column", at));
    }
    Ok(())
}

/// Whether a format has values of a type: `KafkaSerdeFactory` and `KsqlDelimitedDeserializer` in ksqlDB have few.
fn holds(format: Format, of: &SqlType) -> bool {
    use SqlType::*;
    match format {
        Format::Kafka => matches!(of, Int | BigInt | Double | String | Bytes),
        Format::Delimited(_) => matches!(of, Boolean | Int | BigInt | Double | String | Decimal(..)),
        Format::Json | Format::Avro | Format::PlainAvro | Format::DebeziumJson | Format::None => true,
    }
}

/// The column of the `timestamp` property: text by its format, BIGINT milliseconds or a TIMESTAMP. Its name is upper-cased
/// like any other.
fn time_column(relation: &Relation, value: &str, at: Option<Position>) -> Result<usize, SqlError> {
    let name = value.trim_matches('`');
    let name = if name.len() < value.len() { name.to_owned() } else { name.to_uppercase() };
    let Some(index) = relation.fields.iter().position(|f| f.name == name) else {
        let hint = hint(&name, relation.fields.iter().map(|f| f.name.as_str()));
        return Err(SqlError::unknown(format!("timestamp property: unknown column {name}{hint}"), at));
    };
    match relation.fields[index].sql_type {
        SqlType::BigInt | SqlType::TimestampLtz | SqlType::String => Ok(index),
        ref other => {
            let message = format!("timestamp property: {name} is {other}; wanted BIGINT, TIMESTAMP or STRING");
            Err(SqlError::wrong_type(message, at))
        }
    }
}
