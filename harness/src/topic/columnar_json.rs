//! A line of JSON straight into columns.
//!
//! A fast way beside the one through `jsonl` and `decode`, which is the reference. The parser is the same, and all but text is given
//! its type by the same function; what is not plain (a field twice, a wrong type, a broken line) is left to the reference, so
//! that what is told of a record is told in one place.

use std::cell::OnceCell;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;
use serde_json::value::RawValue;
use streamfn_model::{Dialect, SqlType, Value};

use super::decode;
use super::exact::Exact;
use super::growing::{Growing, Stamp};
use super::wire::Parts;
use crate::sql::{Format, Topic};

/// How the lines of a topic are read.
pub struct ColumnarJson<'a> {
    dialect: Dialect,
    key_format: Format,
    key: Names<'a>,
    value: Names<'a>,
}

/// The columns of an object by the names of their fields.
type Names<'a> = Vec<Named<'a>>;

struct Named<'a> {
    name: &'a str,
    /// As it was spelled where it was found first: ksqlDB finds a name in any case.
    spelled: OnceCell<Box<str>>,
    column: usize,
    /// A value has no parts.
    is_scalar: bool,
    exact: Exact,
}

impl<'a> ColumnarJson<'a> {
    /// `None` for a topic whose records are to be read the other way.
    pub fn new(dialect: Dialect, topic: &'a Topic) -> Option<Self> {
        if !decode::has_fields(topic) {
            return None;
        }
        let [key, value] = [decode::columns_of_key(topic), &decode::columns_of_value(topic)]
            .map(|columns| names(dialect, topic, columns));
        Some(ColumnarJson { dialect, key_format: topic.key_format, key: key?, value: value? })
    }

    /// Reads a line into the row that is not yet whole; `None` where it has to be read the other way.
    pub fn read(&self, line: &str, row: &mut Growing<'_>) -> Option<Stamp> {
        let mut parser = serde_json::Deserializer::from_str(line);
        let stamp = parser.deserialize_map(Envelope { of: self, row }).ok()?;
        parser.end().ok().map(|()| stamp)
    }
}

/// Out of a broker key and value are apart.
impl ColumnarJson<'_> {
    /// Reads a record whose value is JSON into the row that is not yet whole; `None` where it has to be read the other way.
    pub fn read_parts(&self, parts: &Parts<'_>, row: &mut Growing<'_>) -> Option<Stamp> {
        let dialect = self.dialect;
        if let (Some(key), true) = (parts.key, self.key_format != Format::None) {
            match (self.key_format, &self.key[..]) {
                (Format::Kafka, [of]) => row.text(of.column, std::str::from_utf8(key).ok()?)?,
                (Format::Json, _) => whole(key, Key(self.key_format, Object { dialect, names: &self.key, row }))?,
                _ => return None,
            }
        }
        if let Some(value) = parts.value {
            whole(value, Object { dialect, names: &self.value, row })?;
        }
        Some(Stamp {
            timestamp: parts.timestamp,
            partition: parts.partition,
            offset: Some(parts.offset),
            has_key: parts.key.is_some(),
            has_value: parts.value.is_some(),
        })
    }
}

/// Reads all of these bytes; `None` where they are no such JSON, or null.
fn whole<'de>(bytes: &'de [u8], seed: impl DeserializeSeed<'de, Value = bool>) -> Option<()> {
    let mut parser = serde_json::Deserializer::from_slice(bytes);
    let is_there = seed.deserialize(&mut parser).ok()?;
    parser.end().ok().filter(|()| is_there)
}

/// `None` where a field might be that of several columns.
fn names<'a>(dialect: Dialect, topic: &'a Topic, columns: &[usize]) -> Option<Names<'a>> {
    let named = |column: &usize| {
        let field = &topic.relation.fields[*column];
        use SqlType::*;
        let is_scalar = !matches!(field.sql_type, Decimal(..) | Array(_) | Map(..) | Multiset(_) | Row(_));
        let exact = Exact::of(&field.sql_type);
        Named { name: &field.name, spelled: OnceCell::new(), column: *column, is_scalar, exact }
    };
    let names: Names<'a> = columns.iter().map(named).collect();
    let is_alone = |(place, of): (usize, &Named<'_>)| {
        names[..place].iter().all(|other| !decode::is_same_name(dialect, other.name, of.name))
    };
    names.iter().enumerate().all(is_alone).then_some(names)
}

/// What is not read straight into columns.
fn other<E: Error>() -> E {
    E::custom("this is read the other way")
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Part {
    Key,
    Value,
    Timestamp,
    Partition,
    Offset,
    Headers,
    Topic,
}

/// A record: its key, its value, and what stands beside them.
struct Envelope<'r, 'g> {
    of: &'r ColumnarJson<'r>,
    row: &'r mut Growing<'g>,
}

impl<'de> Visitor<'de> for Envelope<'_, '_> {
    type Value = Stamp;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with key and value")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Stamp, M::Error> {
        let Envelope { of, row } = self;
        let dialect = of.dialect;
        let mut stamp = Stamp::default();
        let mut parts = [false; 7];
        while let Some(part) = map.next_key::<Part>()? {
            if std::mem::replace(&mut parts[part as usize], true) {
                return Err(other());
            }
            match part {
                Part::Key => {
                    let key = Key(of.key_format, Object { dialect, names: &of.key, row });
                    stamp.has_key = map.next_value_seed(key)?;
                }
                Part::Value => stamp.has_value = map.next_value_seed(Object { dialect, names: &of.value, row })?,
                Part::Timestamp => stamp.timestamp = map.next_value()?,
                Part::Partition => stamp.partition = map.next_value::<Option<_>>()?.unwrap_or_default(),
                Part::Offset => stamp.offset = map.next_value()?,
                Part::Headers | Part::Topic => {
                    map.next_value::<Passed>()?;
                }
            }
        }
        match parts[Part::Value as usize] && stamp.partition >= 0 {
            true => Ok(stamp),
            false => Err(other()),
        }
    }
}

/// Fields that are columns, or null; whether it is an object.
struct Object<'r, 'g> {
    dialect: Dialect,
    names: &'r [Named<'r>],
    row: &'r mut Growing<'g>,
}

impl<'de> DeserializeSeed<'de> for Object<'_, '_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Object<'_, '_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or null")
    }

    fn visit_unit<E: Error>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<bool, M::Error> {
        let Object { dialect, names, row } = self;
        let mut expected = 0;
        while let Some(found) = map.next_key_seed(Name { dialect, names, expected })? {
            match found {
                Some(place) => {
                    map.next_value_seed(Cell { dialect, of: &names[place], row })?;
                    expected = place + 1;
                }
                // Not passed over: the reference looks into it too, and may find it broken.
                None => {
                    map.next_value::<Passed>()?;
                }
            }
        }
        Ok(true)
    }
}

/// The place of a field among the columns, which mostly stand in the same order.
struct Name<'r> {
    dialect: Dialect,
    names: &'r [Named<'r>],
    expected: usize,
}

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Option<usize>, E> {
        let is_it = |place: &usize| {
            let of = &self.names[*place];
            of.spelled.get().is_some_and(|spelled| **spelled == *name)
                || decode::is_same_name(self.dialect, name, of.name) && {
                    of.spelled.get_or_init(|| name.into());
                    true
                }
        };
        Ok((self.expected..self.names.len()).find(is_it).or_else(|| (0..self.expected).find(is_it)))
    }
}

/// A key: its object, or the value of its one column. Whether there is one.
struct Key<'r, 'g>(Format, Object<'r, 'g>);

impl<'de> DeserializeSeed<'de> for Key<'_, '_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        match self {
            Key(_, Object { names: [], .. }) => Passed::deserialize(deserializer).map(|key| !key.is_null),
            Key(Format::Kafka, Object { dialect, names: [of], row }) => {
                Cell { dialect, of, row }.deserialize(deserializer).map(|()| true)
            }
            _ => deserializer.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for Key<'_, '_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_unit<E: Error>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<bool, E> {
        match self.1.names {
            [of] => self.1.row.text(of.column, key).map(|()| true).ok_or_else(other),
            _ => Err(other()),
        }
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<bool, M::Error> {
        self.1.visit_map(map)
    }
}

/// A column's value.
struct Cell<'r, 'g> {
    dialect: Dialect,
    of: &'r Named<'r>,
    row: &'r mut Growing<'g>,
}

impl<'de> DeserializeSeed<'de> for Cell<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let Named { column, exact, is_scalar, .. } = self.of;
        if *is_scalar {
            return deserializer.deserialize_any(self);
        }
        let found = match exact {
            Exact::Nowhere => Json::deserialize(deserializer)?,
            exact => exact.parse(<&RawValue>::deserialize(deserializer)?.get()).map_err(D::Error::custom)?,
        };
        let value = decode::json(self.dialect, self.row.sql_type(*column), found);
        self.row.push(*column, value.map_err(|_| other())?).ok_or_else(other)
    }
}

impl Cell<'_, '_> {
    /// What is no text, or for another column than one of text.
    fn scalar<E: Error>(self, found: Json) -> Result<(), E> {
        let column = self.of.column;
        let value = decode::json(self.dialect, self.row.sql_type(column), found);
        self.row.push(column, value.map_err(|_| other())?).ok_or_else(other)
    }
}

impl<'de> Visitor<'de> for Cell<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text, a number, true, false or null")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.row.push(self.of.column, Value::Null).ok_or_else(other)
    }

    fn visit_bool<E: Error>(self, found: bool) -> Result<(), E> {
        self.scalar(found.into())
    }

    fn visit_i64<E: Error>(self, found: i64) -> Result<(), E> {
        self.scalar(found.into())
    }

    fn visit_u64<E: Error>(self, found: u64) -> Result<(), E> {
        self.scalar(found.into())
    }

    fn visit_f64<E: Error>(self, found: f64) -> Result<(), E> {
        self.scalar(found.into())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        match self.row.is_text(self.of.column) {
            // It is taken as it is.
            true => self.row.text(self.of.column, text).ok_or_else(other),
            false => self.scalar(text.into()),
        }
    }
}

/// A value that nobody wants, looked through for what would make it none, as the reference does, but not kept.
struct Passed {
    is_null: bool,
}

impl<'de> Deserialize<'de> for Passed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Passed, D::Error> {
        struct Passing;

        const SOMETHING: Passed = Passed { is_null: false };

        impl<'de> Visitor<'de> for Passing {
            type Value = Passed;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_unit<E>(self) -> Result<Passed, E> {
                Ok(Passed { is_null: true })
            }

            fn visit_bool<E>(self, _: bool) -> Result<Passed, E> {
                Ok(SOMETHING)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Passed, E> {
                Ok(SOMETHING)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Passed, E> {
                Ok(SOMETHING)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Passed, E> {
                Ok(SOMETHING)
            }

            fn visit_str<E>(self, _: &str) -> Result<Passed, E> {
                Ok(SOMETHING)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Passed, A::Error> {
                while elements.next_element::<Passed>()?.is_some() {}
                Ok(SOMETHING)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Passed, A::Error> {
                while fields.next_entry::<Passed, Passed>()?.is_some() {}
                Ok(SOMETHING)
            }
        }

        deserializer.deserialize_any(Passing)
    }
}
