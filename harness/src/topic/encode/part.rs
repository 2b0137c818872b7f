//! A record's key or value: some columns of the row in one format.

use streamfn_model::{Dialect, Field, Value};

use super::{avro, delimited, json, kafka};
use crate::sql::{Format, Relation};

/// The columns of a key or a value.
#[derive(Debug, Clone)]
pub struct Columns {
    pub fields: Vec<Field>,
    /// Where each is in the row.
    places: Vec<usize>,
    /// Whether it is one column, written without its name.
    pub is_bare: bool,
}

impl Columns {
    pub fn of(relation: &Relation, places: Vec<usize>, bares_single: bool) -> Columns {
        let fields = places.iter().map(|place| relation.fields[*place].clone()).collect();
        let is_bare = bares_single && places.len() == 1;
        Columns { fields, places, is_bare }
    }

    /// Each column with its value.
    pub fn pick<'a>(&'a self, row: &'a [Value]) -> Result<Vec<(&'a Field, &'a Value)>, String> {
        let pick = |(field, place): (&'a Field, &usize)| {
            let value = row.get(*place).ok_or_else(|| format!("the row has no column {}", field.name))?;
            Ok((field, value))
        };
        self.fields.iter().zip(&self.places).map(pick).collect()
    }
}

/// A key or a value, and how it is written.
#[derive(Debug, Clone)]
pub struct Part {
    format: Format,
    pub columns: Columns,
    /// Of Avro.
    schema: Option<String>,
}

/// Why a part cannot be written.
#[derive(Debug)]
pub enum Failure {
    Unregistered,
    Value(String),
}

impl From<String> for Failure {
    fn from(reason: String) -> Failure {
        Failure::Value(reason)
    }
}

impl Part {
    /// `name` is that of the outermost record in Avro.
    pub fn new(dialect: Dialect, format: Format, columns: Columns, name: &str) -> Result<Part, String> {
        let mut schema = None;
        match (format, dialect) {
            (Format::None, _) => {}
            (Format::Kafka, _) => kafka::check(dialect, &columns)?,
            (Format::Json, _) | (Format::DebeziumJson, Dialect::Flink) => json::check(dialect, &columns)?,
            (Format::Avro, _) | (Format::PlainAvro, Dialect::Flink) => {
                schema = Some(avro::schema(dialect, &columns, name)?);
            }
            (Format::Delimited(_), Dialect::Ksqldb) => delimited::check(dialect, &columns)?,
            (Format::PlainAvro, Dialect::Ksqldb) => return Err("ksqlDB has no Avro without a registry".to_owned()),
            (Format::DebeziumJson, Dialect::Ksqldb) => return Err("ksqlDB has no format debezium-json".to_owned()),
            (Format::Delimited(_), Dialect::Flink) => return Err("Flink has no format DELIMITED".to_owned()),
        }
        Ok(Part { format, columns, schema })
    }

    /// The schema that a registry is to know.
    pub fn registered(&self) -> Option<&str> {
        self.schema.as_deref().filter(|_| self.format == Format::Avro)
    }

    /// The schema that nothing in the bytes tells of.
    pub fn unregistered(&self) -> Option<&str> {
        self.schema.as_deref().filter(|_| self.format == Format::PlainAvro)
    }

    /// `None` is a null key, or a null value. `id` is that of the schema in the registry.
    pub fn bytes(&self, dialect: Dialect, row: &[Value], id: Option<u32>) -> Result<Option<Vec<u8>>, Failure> {
        let values = self.columns.pick(row)?;
        // A column without a name is nothing where it is null: `UnwrappedSerializer`, `RawFormatSerializationSchema`.
        if self.columns.is_bare && values.iter().all(|(_, value)| value.is_null()) {
            return Ok(None);
        }
        let is_bare = self.columns.is_bare;
        Ok(match self.format {
            Format::None => None,
            Format::Kafka => values.first().map(|(field, value)| kafka::bytes(field, value)).transpose()?,
            Format::Json | Format::DebeziumJson => Some(json::bytes(dialect, is_bare, &values)?),
            Format::Delimited(delimiter) => Some(delimited::bytes(delimiter, &values)?),
            Format::Avro => Some(avro::framed(dialect, is_bare, &values, id.ok_or(Failure::Unregistered)?)?),
            Format::PlainAvro => Some(avro::plain(dialect, is_bare, &values)?),
        })
    }
}
