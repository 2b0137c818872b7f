//! Avro object containers of records with `key`, `value`, `timestamp` and `partition`. A nullable column is a union with
//! null, a decimal is text, as it is read.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use apache_avro::types::Value as Avro;
use apache_avro::{Schema, Writer};
use serde_json::{Value as Json, json};
use streamfn_model::{Field, SqlType, Value};

use super::{Generated, Outgoing, RecordingError, Sink};
use crate::report;

self_cell::self_cell! {
    /// A container with the schema that it is written by.
    struct Container {
        owner: Schema,
        #[not_covariant]
        dependent: FileWriter,
    }
}

type FileWriter<'a> = Writer<'a, BufWriter<File>>;

/// A file for each topic.
pub struct Files {
    files: Vec<(Outgoing, PathBuf, Container)>,
}

impl Files {
    pub fn new(topics: &[Outgoing], files: Vec<(PathBuf, BufWriter<File>)>) -> Result<Files, RecordingError> {
        let open = |(topic, (path, file)): (&Outgoing, _)| {
            let schema = Schema::parse(schema(topic)).map_err(|error| refused(topic, &error))?;
            let container = Container::try_new(schema, |schema| Writer::new(schema, file));
            Ok((topic.clone(), path, container.map_err(|error| refused(topic, &error))?))
        };
        Ok(Files { files: topics.iter().zip(files).map(open).collect::<Result<_, RecordingError>>()? })
    }
}

impl Sink for Files {
    fn write(&mut self, record: Generated) -> Result<(), RecordingError> {
        let (topic, path, container) = &mut self.files[record.topic];
        let written = written(topic, record);
        // The schema is made from the same types: nothing is left to be checked.
        container.with_dependent_mut(|_, writer| writer.unvalidated_append_value(written)).map_err(failed(path))?;
        Ok(())
    }

    fn flush(&mut self) -> Result<(), RecordingError> {
        for (_, path, container) in &mut self.files {
            container.with_dependent_mut(|_, writer| {
                writer.flush().map_err(failed(path))?;
                writer.get_mut().flush().map_err(|error| RecordingError::File { file: path.clone(), error })
            })?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), RecordingError> {
        self.flush()
    }
}

fn failed(path: &Path) -> impl Fn(apache_avro::Error) -> RecordingError {
    let failed = |error: apache_avro::Error| io::Error::other(super::super::avro::cause(&error));
    move |error| RecordingError::File { file: path.to_owned(), error: failed(error) }
}

fn refused(topic: &Outgoing, error: &apache_avro::Error) -> RecordingError {
    RecordingError::Record { topic: topic.topic.clone(), reason: super::super::avro::cause(error) }
}

fn schema(topic: &Outgoing) -> Json {
    let name: String = topic.topic.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let key = match &topic.key_field {
        Some(field) => {
            json!({ "type": "record", "name": format!("{name}_key"), "fields": [{ "name": field, "type": of(&name, &topic.key) }] })
        }
        None => of(&name, &topic.key),
    };
    json!({ "type": "record", "name": format!("{name}_record"), "fields": [
        { "name": "key", "type": key },
        { "name": "value", "type": ["null", row(&name, &topic.columns)] },
        { "name": "timestamp", "type": "long" },
        { "name": "partition", "type": "int" },
    ] })
}

/// A record; those inside have its name before theirs, for a name stands for one schema.
fn row(name: &str, fields: &[Field]) -> Json {
    let fields: Vec<Json> = fields
        .iter()
        .map(|field| {
            let of = of(&format!("{name}_{}", field.name), &field.sql_type);
            json!({ "name": field.name, "type": if field.nullable { json!(["null", of]) } else { of } })
        })
        .collect();
    json!({ "type": "record", "name": name, "fields": fields })
}

fn of(name: &str, sql_type: &SqlType) -> Json {
    let logical = |physical: &str, logical: &str| json!({ "type": physical, "logicalType": logical });
    match sql_type {
        SqlType::Boolean => json!("boolean"),
        SqlType::TinyInt | SqlType::SmallInt | SqlType::Int => json!("int"),
        SqlType::BigInt => json!("long"),
        SqlType::Float => json!("float"),
        SqlType::Double => json!("double"),
        SqlType::String | SqlType::Decimal(..) => json!("string"),
        SqlType::Bytes => json!("bytes"),
        SqlType::Date => logical("int", "date"),
        SqlType::Time => logical("int", "time-millis"),
        SqlType::Timestamp => logical("long", "local-timestamp-millis"),
        SqlType::TimestampLtz => logical("long", "timestamp-millis"),
        SqlType::Array(element) => json!({ "type": "array", "items": ["null", of(name, element)] }),
        SqlType::Map(_, value) => json!({ "type": "map", "values": ["null", of(name, value)] }),
        SqlType::Multiset(_) => json!({ "type": "map", "values": "int" }),
        SqlType::Row(fields) => row(name, fields),
    }
}

fn written(topic: &Outgoing, record: Generated) -> Avro {
    let key = value(&topic.key, record.key);
    let key = match &topic.key_field {
        Some(field) => Avro::Record(vec![(field.clone(), key)]),
        None => key,
    };
    let fields = match record.value {
        Value::Record(values) => Avro::Union(1, Box::new(Avro::Record(members(&topic.columns, values)))),
        _ => Avro::Union(0, Box::new(Avro::Null)),
    };
    Avro::Record(vec![
        ("key".to_owned(), key),
        ("value".to_owned(), fields),
        ("timestamp".to_owned(), Avro::Long(record.timestamp)),
        ("partition".to_owned(), Avro::Int(record.partition)),
    ])
}

fn members(fields: &[Field], values: &[Value]) -> Vec<(String, Avro)> {
    let member = |(field, found): (&Field, &Value)| {
        let found = if field.nullable { nullable(&field.sql_type, found) } else { value(&field.sql_type, found) };
        (field.name.clone(), found)
    };
    fields.iter().zip(values).map(member).collect()
}

fn nullable(of: &SqlType, found: &Value) -> Avro {
    match found {
        Value::Null => Avro::Union(0, Box::new(Avro::Null)),
        found => Avro::Union(1, Box::new(value(of, found))),
    }
}

fn value(of: &SqlType, found: &Value) -> Avro {
    match (of, found) {
        (_, Value::Bool(v)) => Avro::Boolean(*v),
        (_, Value::S8(v)) => Avro::Int(i32::from(*v)),
        (_, Value::S16(v)) => Avro::Int(i32::from(*v)),
        (SqlType::Date, Value::S32(v)) => Avro::Date(*v),
        (SqlType::Time, Value::S32(v)) => Avro::TimeMillis(*v),
        (_, Value::S32(v)) => Avro::Int(*v),
        (SqlType::Timestamp, Value::S64(v)) => Avro::LocalTimestampMillis(*v),
        (SqlType::TimestampLtz, Value::S64(v)) => Avro::TimestampMillis(*v),
        (_, Value::S64(v)) => Avro::Long(*v),
        (_, Value::F32(v)) => Avro::Float(*v),
        (_, Value::F64(v)) => Avro::Double(*v),
        (_, Value::String(v)) => Avro::String(v.clone()),
        (_, Value::Bytes(v)) => Avro::Bytes(v.clone()),
        (SqlType::Array(of), Value::List(values)) => Avro::Array(values.iter().map(|v| nullable(of, v)).collect()),
        (SqlType::Map(_, of), Value::List(pairs)) => Avro::Map(entries(pairs, |v| nullable(of, v))),
        (SqlType::Multiset(_), Value::List(pairs)) => Avro::Map(entries(pairs, |v| value(&SqlType::Int, v))),
        (SqlType::Row(fields), Value::Record(values)) => Avro::Record(members(fields, values)),
        (_, other) => Avro::String(report::plain(other)),
    }
}

fn entries(pairs: &[Value], of: impl Fn(&Value) -> Avro) -> std::collections::HashMap<String, Avro> {
    let entry = |pair: &Value| match pair {
        Value::Record(pair) if pair.len() == 2 => Some((report::plain(&pair[0]), of(&pair[1]))),
        _ => None,
    };
    pairs.iter().filter_map(entry).collect()
}
