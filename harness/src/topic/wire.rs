//! The bytes of a record to what is written in them, by the formats of its topic.

use streamfn_model::Dialect;

use super::avro::Writer;
use super::exact::Exact;
use super::registry::{RegistryError, Schemas};
use super::{Datum, Place, Written, decode, encode};
use crate::report::quoted;
use crate::sql::{Format, Topic};

/// A record as a broker hands it over.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a> {
    pub partition: i32,
    pub offset: i64,
    pub timestamp: Option<i64>,
    pub key: Option<&'a [u8]>,
    pub value: Option<&'a [u8]>,
}

/// Why bytes are nothing of their format.
#[derive(Debug)]
pub enum WireError {
    /// The record's own fault, as a sentence that may be shown.
    Record(String),
    /// Nothing is known of the record, since the registry could not be asked.
    Registry(RegistryError),
}

/// In front of the schema's id, in what the serialisers of a schema registry write.
pub const MAGIC: u8 = 0;

/// How keys or values are read.
struct Reader {
    format: Format,
    /// The schema of Avro that nothing in the bytes tells of.
    writer: Option<Writer>,
    exact: Exact,
}

/// A topic's formats, ready to be read by.
pub struct Wire {
    key: Reader,
    value: Reader,
}

impl Wire {
    pub fn new(dialect: Dialect, topic: &Topic) -> Result<Self, String> {
        let (key, value) = encode::unregistered(dialect, topic)?;
        let reader = |format, schema: Option<String>, exact| {
            let writer = schema.map(|text| Writer::parse(&[text])).transpose()?;
            Ok::<_, String>(Reader { format, writer, exact })
        };
        Ok(Wire {
            key: reader(topic.key_format, key, Exact::key(topic))?,
            value: reader(topic.value_format, value, Exact::value(topic))?,
        })
    }

    /// What is written in a record.
    pub fn written(&self, schemas: Option<&dyn Schemas>, parts: &Parts<'_>) -> Result<Written, WireError> {
        let read = |reader: &Reader, bytes: Option<&[u8]>, part| match bytes {
            Some(bytes) => datum(reader, schemas, bytes).map_err(|error| match error {
                WireError::Record(reason) => WireError::Record(quoted(&format!("{part}: {reason}"))),
                registry => registry,
            }),
            None => Ok(None),
        };
        Ok(Written {
            place: Place::Offset(parts.offset),
            key: read(&self.key, parts.key, "key")?,
            value: read(&self.value, parts.value, "value")?,
            timestamp: parts.timestamp,
            partition: parts.partition,
            offset: Some(parts.offset),
        })
    }
}

/// `None` where the format holds nothing, or says that there is nothing.
fn datum(reader: &Reader, schemas: Option<&dyn Schemas>, bytes: &[u8]) -> Result<Option<Datum>, WireError> {
    let record = |reason: String| WireError::Record(reason);
    Ok(Some(match reader.format {
        Format::None => return Ok(None),
        Format::Kafka => Datum::Kafka(bytes.to_vec()),
        Format::Json | Format::DebeziumJson => {
            let text = std::str::from_utf8(bytes).map_err(|error| record(decode::not_utf8("JSON", &error)))?;
            Datum::Json(reader.exact.parse(text).map_err(|error| record(format!("broken JSON: {error}")))?)
        }
        Format::Delimited(_) => {
            let text = std::str::from_utf8(bytes);
            Datum::Json(text.map_err(|error| record(decode::not_utf8("DELIMITED text", &error)))?.into())
        }
        Format::PlainAvro => {
            let writer = reader
                .writer
                .as_ref()
                .ok_or_else(|| record("wanted the schema of its columns, there is none".to_owned()))?;
            Datum::Avro(
                writer.read(bytes).map_err(|reason| record(format!("{reason} (the schema of the SQL's columns)")))?,
            )
        }
        Format::Avro => {
            let (id, bytes) = framed(bytes).map_err(record)?;
            let schemas = schemas.ok_or_else(|| record("wanted a schema registry, there is none".to_owned()))?;
            let schema = schemas.schema(id).map_err(|error| match error.is_about_the_record() {
                true => record(error.to_string()),
                false => WireError::Registry(error),
            })?;
            Datum::Avro(schema.read(bytes).map_err(|reason| record(format!("{reason} (schema id {id})")))?)
        }
    }))
}

/// The schema's id and the bytes after it.
pub fn framed(bytes: &[u8]) -> Result<(u32, &[u8]), String> {
    match bytes {
        [MAGIC, a, b, c, d, rest @ ..] => Ok((u32::from_be_bytes([*a, *b, *c, *d]), rest)),
        [MAGIC, ..] | [] => {
            Err(format!("wanted a zero byte and a schema id of 4 bytes, found {} bytes altogether", bytes.len()))
        }
        [other, ..] => Err(format!(
            "wanted a zero byte before the schema id, found {other:#04x}: is this written by a schema registry's serialiser?"
        )),
    }
}
