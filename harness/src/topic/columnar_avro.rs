//! A record of an Avro object container straight into columns: where it has nothing but primitives, or is an envelope around such
//! a key and value.
//!
//! A fast way beside the one through `avro` and `decode`, which is the reference; what is not plain is left to it.

use apache_avro::types::Value as Avro;
use serde_json::Value as Json;
use streamfn_model::{Dialect, SqlType};

use super::columnar::{Plain, nullable, plain_field, plain_fields};
use super::growing::{Growing, Stamp};
use super::{avro, decode};
use crate::sql::{Format, Topic};

/// How the records of one schema are read as a topic's.
pub struct ColumnarAvro {
    dialect: Dialect,
    parts: Vec<Part>,
    /// Whether they have keys apart from their values.
    has_key: bool,
}

/// What follows one another in a record.
enum Part {
    Field(Plain, To),
    /// A value's fields or a key's, with their columns; where it may be null, which of the two cases that is.
    Record {
        fields: Vec<(Plain, Option<usize>)>,
        null: Option<u8>,
        is_value: bool,
    },
}

/// Where a field of an envelope goes.
enum To {
    Key(usize),
    Timestamp,
    Partition,
    Offset,
    Nowhere,
}

/// A field's value.
enum Found<'b> {
    Null,
    Boolean(bool),
    Int(i32),
    Long(i64),
    Double(f64),
    Text(&'b str),
    Bytes(&'b [u8]),
}

impl ColumnarAvro {
    /// `None` for a schema, or a topic, whose records are to be read the other way.
    pub fn new(dialect: Dialect, topic: &Topic, schema: &str) -> Option<Self> {
        if !decode::has_fields(topic) {
            return None;
        }
        let schema: Json = serde_json::from_str(schema).ok()?;
        let key = decode::columns_of_key(topic);
        let record = |schema: &Json, columns: &[usize], is_value| {
            let (of, null) = nullable(schema);
            Some(Part::Record { fields: places(dialect, topic, plain_fields(of)?, columns)?, null, is_value })
        };
        let columns = decode::columns_of_value(topic);
        // Where there is no key, its columns are the value's of that name.
        let all = [key, &columns].concat();
        let Some(fields) = envelope(&schema) else {
            return Some(ColumnarAvro { dialect, parts: vec![record(&schema, &all, true)?], has_key: false });
        };
        let has_key = fields.iter().any(|field| field["name"] == "key");
        let part = |field: &Json| match (field["name"].as_str()?, plain_field(field)) {
            ("value", _) => record(&field["type"], if has_key { &columns } else { &all }, true),
            ("key", Some(of)) => match key {
                [column] => Some(Part::Field(of, To::Key(*column))),
                [] => Some(Part::Field(of, To::Nowhere)),
                _ => None,
            },
            ("key", None) if topic.key_format != Format::Kafka => record(&field["type"], key, false),
            ("timestamp", Some(of)) if is_integer(&of) => Some(Part::Field(of, To::Timestamp)),
            ("partition", Some(of)) if is_integer(&of) => Some(Part::Field(of, To::Partition)),
            ("offset", Some(of)) if is_integer(&of) => Some(Part::Field(of, To::Offset)),
            ("headers" | "topic", Some(of)) => Some(Part::Field(of, To::Nowhere)),
            _ => None,
        };
        Some(ColumnarAvro { dialect, parts: fields.iter().map(part).collect::<Option<_>>()?, has_key })
    }

    /// Reads the record that begins here into the row that is not yet whole, and says how long it is; `None` where it has to be
    /// read the other way.
    pub fn read(&self, datum: &[u8], row: &mut Growing<'_>) -> Option<(Stamp, usize)> {
        let mut stamp = Stamp { has_key: self.has_key, ..Stamp::default() };
        let rest = self.walk(datum, &mut stamp, |column, found| match found {
            Found::Text(text) if row.is_text(column) => row.text(column, text),
            found => row.push(column, decode::avro_value(self.dialect, row.sql_type(column), found.into()).ok()?),
        })?;
        Some((stamp, datum.len() - rest))
    }

    /// How long the record is that begins here, if it is of partition 0.
    pub fn of_first_partition(&self, datum: &[u8]) -> Option<usize> {
        let mut stamp = Stamp::default();
        let rest = self.walk(datum, &mut stamp, |_, _| Some(()))?;
        (stamp.partition == 0).then_some(datum.len() - rest)
    }

    /// Goes through a record, and says how many bytes are left after it.
    fn walk(
        &self,
        mut rest: &[u8],
        stamp: &mut Stamp,
        mut cell: impl FnMut(usize, Found<'_>) -> Option<()>,
    ) -> Option<usize> {
        for part in &self.parts {
            match part {
                Part::Field(of, to) => match (to, found(of, &mut rest)?) {
                    (To::Key(_), Found::Null) => return None,
                    (To::Key(column), found) => cell(*column, found)?,
                    (To::Timestamp, found) => stamp.timestamp = found.integer(),
                    (To::Offset, found) => stamp.offset = found.integer(),
                    (To::Partition, found) => {
                        let partition = i32::try_from(found.integer().unwrap_or_default()).ok();
                        stamp.partition = partition.filter(|partition| *partition >= 0)?;
                    }
                    (To::Nowhere, _) => {}
                },
                Part::Record { null: Some(null), is_value, fields } if is_null(*null, &mut rest)? => {
                    // Without its key, a record's columns are looked for in its value.
                    if !is_value && fields.iter().any(|(_, column)| column.is_some()) {
                        return None;
                    }
                }
                Part::Record { fields, is_value, .. } => {
                    stamp.has_value |= is_value;
                    for (of, column) in fields {
                        let found = found(of, &mut rest)?;
                        column.map_or(Some(()), |column| cell(column, found))?;
                    }
                }
            }
        }
        Some(rest.len())
    }
}

/// Fields with the columns that they are; `None` where one might be several.
fn places(
    dialect: Dialect,
    topic: &Topic,
    fields: Vec<Plain>,
    columns: &[usize],
) -> Option<Vec<(Plain, Option<usize>)>> {
    let mut fields: Vec<_> = fields.into_iter().map(|of| (of, None)).collect();
    for column in columns {
        let name = &topic.relation.fields[*column].name;
        if let Some((_, place)) = fields.iter_mut().find(|(of, _)| decode::is_same_name(dialect, &of.name, name))
            && place.replace(*column).is_some()
        {
            return None;
        }
    }
    Some(fields)
}

/// The fields of a schema whose records are more than a value.
fn envelope(schema: &Json) -> Option<&Vec<Json>> {
    schema["fields"].as_array().filter(|fields| fields.iter().any(|field| field["name"] == "value"))
}

/// Whether records of this schema may say their partition.
pub fn has_partition(schema: &str) -> bool {
    let schema = serde_json::from_str::<Json>(schema).unwrap_or_default();
    envelope(&schema).is_some_and(|fields| fields.iter().any(|field| field["name"] == "partition"))
}

/// Whether the case is null's; `None` for one that there isn't.
fn is_null(null: u8, rest: &mut &[u8]) -> Option<bool> {
    match avro::long(rest)? {
        case @ 0..=1 => Some(case == i64::from(null)),
        _ => None,
    }
}

/// The field that begins here.
fn found<'b>(of: &Plain, rest: &mut &'b [u8]) -> Option<Found<'b>> {
    if let Some(null) = of.null
        && is_null(null, rest)?
    {
        return Some(Found::Null);
    }
    let text = |rest: &mut &'b [u8]| avro::sized(rest).filter(|bytes| bytes.len() <= avro::MAX_ALLOCATION);
    Some(match of.of {
        SqlType::Boolean => {
            let (byte, left) = rest.split_first().filter(|(byte, _)| **byte <= 1)?;
            *rest = left;
            Found::Boolean(*byte == 1)
        }
        SqlType::Int => Found::Int(avro::long(rest)?.try_into().ok()?),
        SqlType::BigInt => Found::Long(avro::long(rest)?),
        SqlType::Double => {
            let (bytes, left) = rest.split_first_chunk()?;
            *rest = left;
            Found::Double(f64::from_le_bytes(*bytes))
        }
        SqlType::String => Found::Text(std::str::from_utf8(text(rest)?).ok()?),
        SqlType::Bytes => Found::Bytes(text(rest)?),
        _ => return None,
    })
}

fn is_integer(of: &Plain) -> bool {
    matches!(of.of, SqlType::Int | SqlType::BigInt)
}

impl Found<'_> {
    fn integer(&self) -> Option<i64> {
        match self {
            Found::Int(number) => Some(i64::from(*number)),
            Found::Long(number) => Some(*number),
            _ => None,
        }
    }
}

impl From<Found<'_>> for Avro {
    fn from(found: Found<'_>) -> Avro {
        match found {
            Found::Null => Avro::Null,
            Found::Boolean(value) => Avro::Boolean(value),
            Found::Int(number) => Avro::Int(number),
            Found::Long(number) => Avro::Long(number),
            Found::Double(number) => Avro::Double(number),
            Found::Text(text) => Avro::String(text.to_owned()),
            Found::Bytes(bytes) => Avro::Bytes(bytes.to_vec()),
        }
    }
}
