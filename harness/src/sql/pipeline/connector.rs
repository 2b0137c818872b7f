//! What Flink's connectors can read and write: rows that are added, upserts, or a whole changelog.

use std::collections::BTreeMap;

use streamfn_model::SqlType;

use crate::sql::ddl::Property;
use crate::sql::error::{Position, SqlError, nearest};

/// The changes that a table's connector takes and gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connector {
    /// `kafka` with a format of plain rows: insertions alone.
    Append,
    /// `filesystem`: insertions alone, and no topic.
    Files,
    /// `upsert-kafka`: a row replaces the one of its key, a null value deletes it.
    Upsert,
    /// `kafka` with a format that has a kind for each record, as `debezium-json`: an update is written as a deletion and an
    /// insertion
    /// (<https://nightlies.apache.org/flink/flink-docs-release-2.3/docs/connectors/table/formats/debezium/>).
    Changelog,
    /// `print`: whatever comes, and nothing to read.
    Print,
    /// `blackhole`: whatever comes but rows as they were, and nothing to read.
    Blackhole,
    /// ksqlDB's topics: what is written is read.
    Any,
}

impl Connector {
    /// Whether a query fills it and none reads it.
    pub fn is_only_written(self) -> bool {
        matches!(self, Connector::Print | Connector::Blackhole)
    }

    /// Whether what it reads and writes is in a topic.
    pub fn has_topic(self) -> bool {
        !self.is_only_written() && self != Connector::Files
    }
}

/// What Kafka's connector knows of a record beside its key and value
/// (<https://nightlies.apache.org/flink/flink-docs-release-2.3/docs/connectors/table/kafka/#available-metadata>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metadata {
    Topic,
    Partition,
    Offset,
    Timestamp,
}

impl Metadata {
    pub fn named(name: &str) -> Option<Metadata> {
        Some(match name {
            "topic" => Metadata::Topic,
            "partition" => Metadata::Partition,
            "offset" => Metadata::Offset,
            "timestamp" => Metadata::Timestamp,
            _ => return None,
        })
    }

    /// The type that the column has to be declared with; Flink casts to others, for which there is no rule here.
    pub fn sql_type(self) -> SqlType {
        match self {
            Metadata::Topic => SqlType::String,
            Metadata::Partition => SqlType::Int,
            Metadata::Offset => SqlType::BigInt,
            Metadata::Timestamp => SqlType::TimestampLtz,
        }
    }
}

const CONNECTORS: [&str; 5] = ["kafka", "upsert-kafka", "filesystem", "print", "blackhole"];

/// Formats whose records say what became of a row.
const CHANGELOG_FORMATS: [&str; 6] =
    ["debezium-json", "debezium-avro-confluent", "canal-json", "maxwell-json", "ogg-json", "protobuf-debezium"];

/// The connector of `WITH (…)`, as its options make it, refused where the options contradict each other in Flink.
pub fn connector(
    table: &str,
    properties: &[Property],
    has_key: bool,
    at: Option<Position>,
) -> Result<Connector, SqlError> {
    let given: BTreeMap<&str, &Property> = properties.iter().map(|p| (p.name.as_str(), p)).collect();
    let Some(connector) = given.get("connector") else {
        let message = format!("{table} has no connector: wanted 'connector' = '…' in WITH (…)");
        return Err(SqlError::invalid(message, at));
    };
    let format = given.get("value.format").or_else(|| given.get("format"));
    let changelog = format.is_some_and(|format| CHANGELOG_FORMATS.contains(&format.value.as_str()));
    let missing = |option: &str| {
        SqlError::invalid(format!("{table}: connector {} wants the option {option}", connector.value), connector.at)
    };
    match connector.value.as_str() {
        "kafka" if changelog => Ok(Connector::Changelog),
        "kafka" => {
            let format = format.ok_or_else(|| missing("format"))?;
            match has_key {
                // `KafkaConnectorOptionsUtil.validatePKConstraints`
                true => Err(SqlError::invalid(
                    format!(
                        "{table}: connector kafka takes no PRIMARY KEY with format {}, since nothing replaces a row of the \
                         same key there; leave the key out, or take upsert-kafka",
                        format.value
                    ),
                    connector.at,
                )),
                false => Ok(Connector::Append),
            }
        }
        "upsert-kafka" => {
            if !has_key {
                let message = format!("{table}: connector upsert-kafka wants PRIMARY KEY (…) NOT ENFORCED");
                return Err(SqlError::invalid(message, connector.at));
            }
            given.get("key.format").ok_or_else(|| missing("key.format"))?;
            let value = given.get("value.format").ok_or_else(|| missing("value.format"))?;
            match changelog {
                true => {
                    let message = format!("{table}: connector upsert-kafka takes no format {}", value.value);
                    Err(SqlError::invalid(message, value.at))
                }
                false => Ok(Connector::Upsert),
            }
        }
        "filesystem" => Ok(Connector::Files),
        "print" => Ok(Connector::Print),
        "blackhole" => Ok(Connector::Blackhole),
        other => {
            let near = nearest(other, CONNECTORS).map(|near| format!("; did you mean {near}?"));
            let near = near.unwrap_or_else(|| format!("; there is {}", CONNECTORS.join(", ")));
            Err(SqlError::not_supported(format!("connector {other}{near}"), connector.at))
        }
    }
}
