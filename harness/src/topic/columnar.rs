//! Framed Avro straight into columns, a batch of values or keys at a time: where a schema's fields are what their columns are.
//!
//! A fast way beside the one through `avro` and `decode`, which is the reference. All that is not plain is left to those: other
//! schemas, and every batch in which something is wrong, so that what is told of a broken record is told in one place.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, new_null_array};
use arrow::datatypes::Float64Type;
use arrow_avro::reader::{Decoder, ReaderBuilder};
use arrow_avro::schema::{AvroSchema, Fingerprint, FingerprintAlgorithm, SchemaStore};
use serde_json::Value as Json;
use std::sync::Arc;
use streamfn_model::{Dialect, SqlType, columns};

use super::growing::MOST;
use super::{avro, decode};
use crate::sql::Topic;

/// A zero byte and the schema's id.
const FRAME: usize = 5;

/// A field of a record that has nothing but primitives.
pub struct Plain {
    pub name: String,
    pub of: SqlType,
    /// Which of the two cases null is, where it may be null.
    pub null: Option<u8>,
}

/// Values that were written with one schema, as a topic's columns.
pub struct Columnar {
    writer: String,
    id: u32,
    decoder: Decoder,
    fields: Vec<Plain>,
    /// For each column its place among the schema's fields; `None` where it has no such field.
    places: Vec<(usize, Option<usize>)>,
}

impl Columnar {
    /// For these columns of a topic, its value's or its key's; `None` for a schema that is to be read the other way.
    pub fn new(dialect: Dialect, topic: &Topic, columns: &[usize], id: u32, writer: &str) -> Option<Columnar> {
        if !topic.wraps_single_value {
            return None;
        }
        let fields = plain_fields(&serde_json::from_str(writer).ok()?)?;
        let place = |column: usize| {
            let field = &topic.relation.fields[column];
            let place = fields.iter().position(|of| decode::is_same_name(dialect, &of.name, &field.name));
            match place {
                Some(place) => (fields[place].of == field.sql_type).then_some((column, Some(place))),
                None => field.nullable.then_some((column, None)),
            }
        };
        let places = columns.iter().copied().map(place).collect::<Option<_>>()?;
        Some(Columnar { decoder: decoder(id, writer)?, fields, writer: writer.to_owned(), id, places })
    }

    /// The columns that have a field, whatever is in it.
    pub fn found(&self) -> impl Iterator<Item = usize> {
        self.places.iter().filter_map(|(column, place)| place.map(|_| *column))
    }

    /// The columns of these framed values, of which there are at most [`MOST`]; `None` where something is wrong in one of them.
    pub fn decode(&mut self, topic: &Topic, values: &[&[u8]]) -> Option<Vec<(usize, ArrayRef)>> {
        let decoded = self.batch(values);
        if decoded.is_none() {
            // What it has taken of them would come with the next.
            self.decoder = decoder(self.id, &self.writer)?;
        }
        let decoded = decoded?;
        let column = |(column, place): &(usize, Option<usize>)| {
            let field = &topic.relation.fields[*column];
            let data_type = columns::data_type(&field.sql_type);
            let Some(place) = place else { return Some((*column, new_null_array(&data_type, values.len()))) };
            let array = decoded.column(*place);
            let fits = *array.data_type() == data_type && (field.nullable || array.null_count() == 0);
            fits.then(|| (*column, one_nan(array)))
        };
        self.places.iter().map(column).collect()
    }

    fn batch(&mut self, values: &[&[u8]]) -> Option<RecordBatch> {
        for value in values {
            is_sound(&self.fields, value.get(FRAME..)?)?;
            // A record that is cut waits for the rest of it, and what comes after one would be the next.
            if self.decoder.decode(value).ok()? != value.len() {
                return None;
            }
        }
        self.decoder.flush().ok()?.filter(|batch| batch.num_rows() == values.len())
    }
}

fn decoder(id: u32, writer: &str) -> Option<Decoder> {
    let mut store = SchemaStore::new_with_type(FingerprintAlgorithm::Id);
    store.set(Fingerprint::Id(id), AvroSchema::new(writer.to_owned())).ok()?;
    ReaderBuilder::new().with_batch_size(MOST).with_writer_schema_store(store).build_decoder().ok()
}

/// NaNs are one before anybody reads their bits.
fn one_nan(array: &ArrayRef) -> ArrayRef {
    match array.as_primitive_opt::<Float64Type>() {
        Some(doubles) if doubles.values().iter().any(|x| x.is_nan()) => {
            Arc::new(doubles.unary::<_, Float64Type>(|x| if x.is_nan() { f64::NAN } else { x }))
        }
        _ => array.clone(),
    }
}

/// `None` for a datum that arrow-avro would take for another: to it any byte but zero is true, and in a union with null
/// everything that is not the first case is the second.
fn is_sound(fields: &[Plain], mut rest: &[u8]) -> Option<()> {
    let rest = &mut rest;
    for field in fields {
        if let Some(null) = field.null {
            let case = byte(rest)?;
            match case {
                // 0 and 1, as Avro writes numbers.
                0 | 2 if case / 2 == null => continue,
                0 | 2 => {}
                _ => return None,
            }
        }
        match field.of {
            SqlType::Boolean => {
                if byte(rest)? > 1 {
                    return None;
                }
            }
            SqlType::Int | SqlType::BigInt => {
                avro::long(rest)?;
            }
            SqlType::Double => *rest = rest.get(size_of::<f64>()..)?,
            _ => {
                avro::sized(rest)?;
            }
        }
    }
    Some(())
}

fn byte(rest: &mut &[u8]) -> Option<u8> {
    let (byte, left) = rest.split_first()?;
    *rest = left;
    Some(*byte)
}

/// The fields of a record, if it has nothing but primitives that may be null.
pub fn plain_fields(schema: &Json) -> Option<Vec<Plain>> {
    if schema["type"] != "record" {
        return None;
    }
    schema["fields"].as_array()?.iter().map(plain_field).collect()
}

pub fn plain_field(field: &Json) -> Option<Plain> {
    let (of, null) = nullable(&field["type"]);
    Some(Plain { name: field["name"].as_str()?.to_owned(), of: plain(of)?, null })
}

/// A schema, and which of the two cases null is, where it may be null.
pub fn nullable(schema: &Json) -> (&Json, Option<u8>) {
    match schema.as_array().map(Vec::as_slice) {
        Some([null, of]) if null == "null" => (of, Some(0)),
        Some([of, null]) if null == "null" => (of, Some(1)),
        _ => (schema, None),
    }
}

fn plain(schema: &Json) -> Option<SqlType> {
    let (name, logical) = match schema {
        Json::Object(object) => (object.get("type")?.as_str()?, object.get("logicalType").and_then(Json::as_str)),
        other => (other.as_str()?, None),
    };
    Some(match (name, logical) {
        ("boolean", None) => SqlType::Boolean,
        ("int", None) => SqlType::Int,
        ("long", None) => SqlType::BigInt,
        ("double", None) => SqlType::Double,
        ("string", None) => SqlType::String,
        ("bytes", None) => SqlType::Bytes,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_arrow_avro_would_take_for_something_else_is_left_to_the_reference() {
        let schema = r#"{"type": "record", "name": "R", "fields": [{"name": "a", "type": "boolean"},
            {"name": "b", "type": ["null", "string"]}, {"name": "c", "type": ["long", "null"]}]}"#;
        let fields = plain_fields(&serde_json::from_str(schema).expect("JSON")).expect("plain");
        let sound = |datum: &[u8]| is_sound(&fields, datum).is_some();
        assert!(sound(&[1, 2, 2, b'x', 0, 7]));
        assert!(sound(&[0, 0, 2]));
        assert!(!sound(&[2, 0, 2]), "a boolean is 0 or 1");
        assert!(!sound(&[1, 4, 2, b'x', 2]) && !sound(&[1, 1, 2, b'x', 2]), "the union has no such case");
        assert!(!sound(&[1, 0, 4]) && !sound(&[1, 2, 4, b'x', 2]), "it is cut");
    }
}
