//! Numbers of DECIMAL columns as JSON has them written: the parser's own are doubles, which hold 15 digits.
//!
//! Both engines read such a number digit by digit (Jackson's `USE_BIG_DECIMAL_FOR_FLOATS`, which Flink's
//! `JsonRowDataDeserializationSchema` and ksqlDB's `KsqlJsonDeserializer` set). Here it is put back as text.

use std::collections::HashMap;

use serde_json::Value as Json;
use serde_json::value::RawValue;
use streamfn_model::{Field, SqlType};

use super::decode;
use crate::sql::{Format, Topic};

/// Where in a value there are numbers of DECIMAL columns.
#[derive(Debug, Clone, PartialEq)]
pub enum Exact {
    Nowhere,
    /// It is one.
    Here,
    /// In each element of an array, in each value of a map.
    Elements(Box<Exact>),
    /// In these fields.
    Fields(Vec<(String, Exact)>),
}

impl Exact {
    pub fn of(sql_type: &SqlType) -> Self {
        match sql_type {
            SqlType::Decimal(..) => Exact::Here,
            SqlType::Array(of) | SqlType::Map(_, of) => match Exact::of(of) {
                Exact::Nowhere => Exact::Nowhere,
                of => Exact::Elements(Box::new(of)),
            },
            SqlType::Row(fields) => Exact::fields(fields.iter()),
            _ => Exact::Nowhere,
        }
    }

    fn fields<'a>(fields: impl Iterator<Item = &'a Field>) -> Self {
        named(fields.map(|field| (field.name.clone(), Exact::of(&field.sql_type))))
    }

    /// In a record's key.
    pub fn key(topic: &Topic) -> Self {
        part(topic, topic.key_format == Format::Kafka, decode::columns_of_key(topic))
    }

    /// In a record's value.
    pub fn value(topic: &Topic) -> Self {
        part(topic, decode::is_bare(topic), &decode::columns_of_value(topic))
    }

    /// In a line of a file.
    pub fn line(topic: &Topic) -> Self {
        named([("key".to_owned(), Exact::key(topic)), ("value".to_owned(), Exact::value(topic))].into_iter())
    }

    /// What is written in a text, these numbers as text.
    pub fn parse(&self, text: &str) -> serde_json::Result<Json> {
        let mut value = serde_json::from_str(text)?;
        self.restore(&mut value, text)?;
        Ok(value)
    }

    fn restore(&self, value: &mut Json, text: &str) -> serde_json::Result<()> {
        match (self, value) {
            // A whole number is exact.
            (Exact::Here, value) if value.is_f64() => *value = text.trim_ascii().into(),
            (Exact::Elements(of), Json::Array(values)) => {
                let texts: Vec<&RawValue> = serde_json::from_str(text)?;
                values.iter_mut().zip(texts).try_for_each(|(value, text)| of.restore(value, text.get()))?;
            }
            (Exact::Elements(_) | Exact::Fields(_), Json::Object(values)) => {
                let texts: HashMap<String, &RawValue> = serde_json::from_str(text)?;
                for (name, value) in values {
                    if let (Some(of), Some(text)) = (self.at(name), texts.get(name)) {
                        of.restore(value, text.get())?;
                    }
                }
            }
            // The one column of a key or value that is written without its name.
            (Exact::Fields(fields), value) if let [(_, of)] = &fields[..] => of.restore(value, text)?,
            _ => {}
        }
        Ok(())
    }

    /// That of an object's field, whose name may have another case: whoever looks for it knows.
    fn at(&self, name: &str) -> Option<&Exact> {
        match self {
            Exact::Elements(of) => Some(of),
            Exact::Fields(fields) => {
                let same = fields.iter().find(|(field, _)| field == name);
                let found = same.or_else(|| fields.iter().find(|(field, _)| field.eq_ignore_ascii_case(name)));
                found.map(|(_, of)| of)
            }
            Exact::Nowhere | Exact::Here => None,
        }
    }
}

/// In these fields, if in any.
fn named(fields: impl Iterator<Item = (String, Exact)>) -> Exact {
    let fields: Vec<_> = fields.collect();
    match fields.iter().all(|(_, of)| *of == Exact::Nowhere) {
        true => Exact::Nowhere,
        false => Exact::Fields(fields),
    }
}

/// Columns by their names, or one that is written as it is.
fn part(topic: &Topic, is_bare: bool, columns: &[usize]) -> Exact {
    let fields = &topic.relation.fields;
    match columns {
        [column] if is_bare => Exact::of(&fields[*column].sql_type),
        _ => Exact::fields(columns.iter().map(|column| &fields[*column])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::{Functions, Pipeline};
    use serde_json::json;
    use streamfn_model::Dialect;

    const SQL: &str = "CREATE STREAM t (k STRING KEY, a DECIMAL(30, 10), b DOUBLE, c ARRAY<DECIMAL(38, 0)>,
            d STRUCT<x MAP<STRING, DECIMAL(20, 18)>, y DOUBLE>) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');
        CREATE STREAM bare (v DECIMAL(30, 10)) WITH (KAFKA_TOPIC = 'u', VALUE_FORMAT = 'JSON', WRAP_SINGLE_VALUE = false);
        CREATE TABLE keyed (k DECIMAL(30, 10) PRIMARY KEY, v DOUBLE) WITH (KAFKA_TOPIC = 'w', FORMAT = 'JSON');";

    fn topics() -> Vec<Topic> {
        Pipeline::plan(Functions::native(Dialect::Ksqldb), SQL).expect("SQL").topics
    }

    #[test]
    fn numbers_of_decimals_stay_as_they_are_written_wherever_they_stand_and_no_others_do() {
        let long = "12345678901234567890.1234567890";
        let value = format!(
            r#"{{"A": {long} , "b":0.10000000000000001, "c":[1, {long}, null, "x"],"D":{{"X":{{"k":0.100000000000000001}},"y":1.50}}}}"#
        );
        let wanted = json!({"A": long, "b": 0.1, "c": [1, long, null, "x"], "D": {"X": {"k": "0.100000000000000001"}, "y": 1.5}});
        let topic = &topics()[0];
        assert_eq!(Exact::value(topic).parse(&value).expect("JSON"), wanted);
        let line = format!(r#"{{"key": 1.50, "value": {value}, "timestamp": 1}}"#);
        let wanted = json!({"key": 1.5, "value": wanted, "timestamp": 1});
        assert_eq!(Exact::line(topic).parse(&line).expect("JSON"), wanted);
    }

    #[test]
    fn one_without_a_name_stays_too() {
        let [_, bare, keyed] = &topics()[..] else { panic!("three topics") };
        let long = "12345678901234567890.1234567890";
        for exact in [Exact::value(bare), Exact::key(keyed)] {
            assert_eq!(exact.parse(&format!(" {long}\n")).expect("JSON"), json!(long));
        }
        assert_eq!(Exact::key(keyed).parse(&format!(r#"{{"k":{long}}}"#)).expect("JSON"), json!({ "k": long }));
        assert_eq!(Exact::value(keyed), Exact::Nowhere);
    }

    #[test]
    fn of_a_field_that_is_there_twice_the_last_counts() {
        let exact = Exact::value(&topics()[0]);
        assert_eq!(exact.parse(r#"{"A":1.10,"A":1.20}"#).expect("JSON"), json!({"A": "1.20"}));
        assert!(exact.parse(r#"{"A":1.1"#).is_err());
    }
}
