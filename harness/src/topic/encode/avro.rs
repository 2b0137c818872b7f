//! Avro, framed for a schema registry or not: the schema as the engine registers it, and rows as it writes them.
//!
//! Flink derives schemas by `AvroSchemaConverter`, the same for its formats avro and avro-confluent, of which the latter has no
//! option for the mapping of timestamps. ksqlDB goes by Kafka Connect: `AvroSchemas` gives names, `AvroData` (without
//! `connect.meta.data`) makes Avro of it.
//! Datums are not written by apache-avro: its maps have no order, and bytes would differ from run to run.

use serde_json::{Value as Json, json};
use streamfn_model::{Dialect, Field, SqlType, Value};

use super::part::Columns;
use super::{entries, in_column, mismatch};
use crate::topic::wire::MAGIC;

const KSQLDB: &str = "io.confluent.ksql.avro_schemas";

/// The full name of the outermost record of a value.
pub fn value_name(dialect: Dialect) -> String {
    match dialect {
        Dialect::Flink => "org.apache.flink.avro.generated.record".to_owned(),
        Dialect::Ksqldb => format!("{KSQLDB}.KsqlDataSourceSchema"),
    }
}

/// The full name of the outermost record of a key. In ksqlDB it is the table's, as camel case: `AvroFormat.getKeySchemaName`.
pub fn key_name(dialect: Dialect, table: &str) -> String {
    let camel = |word: &str| {
        let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
        first.to_ascii_uppercase() + &rest.to_ascii_lowercase()
    };
    match dialect {
        Dialect::Flink => value_name(dialect),
        Dialect::Ksqldb => format!("{KSQLDB}.{}Key", table.split('_').map(camel).collect::<String>()),
    }
}

/// The schema of these columns, its fields in the order in which the engine writes them.
pub fn schema(dialect: Dialect, columns: &Columns, name: &str) -> Result<String, String> {
    let schemas = Schemas { dialect };
    let place = Place { name: name.to_owned(), is_within: false };
    let schema = match columns.fields.as_slice() {
        [field] if columns.is_bare => schemas.of(&field.sql_type, &place).map_err(in_column(field))?,
        fields => schemas.record(fields, &place)?,
    };
    let text = schema.to_string();
    match apache_avro::Schema::parse_str(&text) {
        Ok(_) => Ok(text),
        Err(error) => Err(format!("its columns make no Avro schema: {error}")),
    }
}

/// Where in the schema something stands.
struct Place {
    /// The full name that a record has there.
    name: String,
    /// Whether a record is around it, whose namespace it has.
    is_within: bool,
}

impl Place {
    fn inside(&self, word: &str) -> Place {
        Place { name: format!("{}_{word}", self.name), is_within: self.is_within }
    }
}

struct Schemas {
    dialect: Dialect,
}

impl Schemas {
    fn record(&self, fields: &[Field], place: &Place) -> Result<Json, String> {
        let within = Place { name: place.name.clone(), is_within: true };
        let fields = fields.iter().map(|field| self.field(field, &within)).collect::<Result<Vec<_>, _>>()?;
        Ok(self.named(place, fields))
    }

    fn field(&self, field: &Field, place: &Place) -> Result<Json, String> {
        let of = self.of(&field.sql_type, &place.inside(&field.name)).map_err(in_column(field))?;
        Ok(match self.dialect {
            Dialect::Flink if !field.nullable => json!({"name": field.name, "type": of}),
            Dialect::Flink => json!({"name": field.name, "type": ["null", of], "default": null}),
            // `AvroSchemas.avroCompatibleFieldName`
            Dialect::Ksqldb => json!({"name": field.name.replace('.', "_"), "type": ["null", of], "default": null}),
        })
    }

    fn named(&self, place: &Place, fields: Vec<Json>) -> Json {
        let (namespace, name) = place.name.rsplit_once('.').unwrap_or(("", &place.name));
        match place.is_within {
            true => json!({"type": "record", "name": name, "fields": fields}),
            false => json!({"type": "record", "name": name, "namespace": namespace, "fields": fields}),
        }
    }

    fn of(&self, of: &SqlType, place: &Place) -> Result<Json, String> {
        let logical = |of: &str, logical: &str| json!({"type": of, "logicalType": logical});
        Ok(match (of, self.dialect) {
            (SqlType::Boolean, _) => json!("boolean"),
            (SqlType::Int, _) | (SqlType::TinyInt | SqlType::SmallInt, Dialect::Flink) => json!("int"),
            (SqlType::BigInt, _) => json!("long"),
            (SqlType::Float, Dialect::Flink) => json!("float"),
            (SqlType::Double, _) => json!("double"),
            (SqlType::String, _) => json!("string"),
            (SqlType::Bytes, _) => json!("bytes"),
            (SqlType::Decimal(precision, scale), Dialect::Flink) => {
                json!({"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale})
            }
            (SqlType::Decimal(precision, scale), Dialect::Ksqldb) => {
                json!({"type": "bytes", "scale": scale, "precision": precision, "logicalType": "decimal"})
            }
            (SqlType::Date, _) => logical("int", "date"),
            (SqlType::Time, _) => logical("int", "time-millis"),
            (SqlType::Timestamp, Dialect::Flink) | (SqlType::TimestampLtz, Dialect::Ksqldb) => {
                logical("long", "timestamp-millis")
            }
            (SqlType::Array(element), _) => json!({"type": "array", "items": ["null", self.of(element, place)?]}),
            (SqlType::Map(key, value), _) => self.map(of, key, value, place)?,
            (SqlType::Multiset(element), _) => self.map(of, element, &SqlType::Int, place)?,
            (SqlType::Row(fields), _) => self.record(fields, place)?,
            (SqlType::TimestampLtz, Dialect::Flink) => {
                return Err("Flink's Avro holds no TIMESTAMP_LTZ; write TIMESTAMP(3) or BIGINT".to_owned());
            }
            (other, Dialect::Ksqldb) => return Err(other.ksqldb().err().unwrap_or_default()),
        })
    }

    /// To Connect the keys of ksqlDB's maps may be null, so that it makes entries of them: Avro's own maps have no such keys.
    fn map(&self, of: &SqlType, key: &SqlType, value: &SqlType, place: &Place) -> Result<Json, String> {
        if *key != SqlType::String {
            return Err(format!("its format holds no {of}, only maps with keys of type STRING"));
        }
        match self.dialect {
            Dialect::Flink => Ok(json!({"type": "map", "values": ["null", self.of(value, place)?]})),
            Dialect::Ksqldb => {
                let within = Place { is_within: true, ..place.inside("MapValue") };
                let field = |name, of| json!({"name": name, "type": ["null", of], "default": null});
                let fields = vec![field("key", json!("string")), field("value", self.of(value, &within)?)];
                let mut entry = self.named(place, fields);
                entry["connect.internal.type"] = json!("MapEntry");
                Ok(json!({"type": "array", "items": entry}))
            }
        }
    }
}

/// A row under the schema of that id.
pub fn framed(dialect: Dialect, is_bare: bool, values: &[(&Field, &Value)], id: u32) -> Result<Vec<u8>, String> {
    let plain = plain(dialect, is_bare, values)?;
    Ok([&[MAGIC][..], &id.to_be_bytes(), &plain].concat())
}

/// A row alone.
pub fn plain(dialect: Dialect, is_bare: bool, values: &[(&Field, &Value)]) -> Result<Vec<u8>, String> {
    let mut datum = Datum { dialect, bytes: vec![] };
    match values {
        [(field, value)] if is_bare => datum.value(&field.sql_type, value).map_err(in_column(field))?,
        values => datum.record(values.iter().copied())?,
    }
    Ok(datum.bytes)
}

/// Avro's binary encoding (<https://avro.apache.org/docs/1.12.0/specification/#binary-encoding>).
struct Datum {
    dialect: Dialect,
    bytes: Vec<u8>,
}

impl Datum {
    fn record<'a>(&mut self, mut values: impl Iterator<Item = (&'a Field, &'a Value)>) -> Result<(), String> {
        values.try_for_each(|(field, value)| {
            let written = match self.dialect {
                Dialect::Flink if !field.nullable => self.value(&field.sql_type, value),
                Dialect::Flink | Dialect::Ksqldb => self.nullable(&field.sql_type, value),
            };
            written.map_err(in_column(field))
        })
    }

    /// A union of null and the type.
    fn nullable(&mut self, of: &SqlType, value: &Value) -> Result<(), String> {
        self.long(i64::from(!value.is_null()));
        match value {
            Value::Null => Ok(()),
            value => self.value(of, value),
        }
    }

    fn value(&mut self, of: &SqlType, value: &Value) -> Result<(), String> {
        match (of, value) {
            (SqlType::Boolean, Value::Bool(value)) => self.bytes.push(u8::from(*value)),
            (SqlType::TinyInt, Value::S8(number)) => self.long(i64::from(*number)),
            (SqlType::SmallInt, Value::S16(number)) => self.long(i64::from(*number)),
            (SqlType::Int | SqlType::Date | SqlType::Time, Value::S32(number)) => self.long(i64::from(*number)),
            (SqlType::BigInt | SqlType::Timestamp | SqlType::TimestampLtz, Value::S64(number)) => self.long(*number),
            (SqlType::Float, Value::F32(number)) => self.bytes.extend(number.to_le_bytes()),
            (SqlType::Double, Value::F64(number)) => self.bytes.extend(number.to_le_bytes()),
            (SqlType::String, Value::String(text)) => self.sized(text.as_bytes()),
            (SqlType::Bytes, Value::Bytes(bytes)) => self.sized(bytes),
            (SqlType::Decimal(_, scale), Value::Decimal { unscaled, scale: found }) if scale == found => {
                self.sized(&shortest(*unscaled));
            }
            (SqlType::Array(element), Value::List(values)) => {
                self.block(values, |datum, value| datum.nullable(element, value))?;
            }
            (SqlType::Map(_, value), Value::List(values)) => self.map(of, value, values)?,
            (SqlType::Multiset(_), Value::List(values)) => self.map(of, &SqlType::Int, values)?,
            (SqlType::Row(fields), Value::Record(values)) if fields.len() == values.len() => {
                self.record(fields.iter().zip(values))?;
            }
            (of, other) => return Err(mismatch(of, other)),
        }
        Ok(())
    }

    fn map(&mut self, of: &SqlType, value_type: &SqlType, values: &[Value]) -> Result<(), String> {
        let dialect = self.dialect;
        self.block(&entries(of, values)?, |datum, (key, value)| {
            match dialect {
                Dialect::Flink => datum.value(&SqlType::String, key)?,
                Dialect::Ksqldb => datum.nullable(&SqlType::String, key)?,
            }
            datum.nullable(value_type, value)
        })
    }

    /// The items of an array or map: one block, and one of none at the end.
    fn block<T>(&mut self, items: &[T], write: impl Fn(&mut Datum, &T) -> Result<(), String>) -> Result<(), String> {
        if !items.is_empty() {
            self.long(items.len() as i64);
            items.iter().try_for_each(|item| write(self, item))?;
        }
        self.long(0);
        Ok(())
    }

    fn sized(&mut self, bytes: &[u8]) {
        self.long(bytes.len() as i64);
        self.bytes.extend(bytes);
    }

    /// Zigzag, seven bits a byte, the lowest first.
    fn long(&mut self, number: i64) {
        let mut rest = ((number << 1) ^ (number >> 63)) as u64;
        while rest > 0x7f {
            self.bytes.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        self.bytes.push(rest as u8);
    }
}

/// `BigInteger.toByteArray`: two's complement, the highest byte first, without those that only repeat the sign.
fn shortest(number: i128) -> Vec<u8> {
    let sign_bits = if number < 0 { number.leading_ones() } else { number.leading_zeros() };
    let repeated = (sign_bits.saturating_sub(1) / 8) as usize;
    number.to_be_bytes()[repeated.min(15)..].to_vec()
}
