//! A topic's records, one after another or many at once: columns, time and place of each, and what there is to say of all.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use streamfn_model::{Dialect, SqlType, Value, columns};

use super::columnar::Columnar;
use super::growing::{Growing, MOST, Stamp};
use super::registry::Schemas;
use super::wire::{self, Parts, Wire};
use super::{Columns, Record, Written, decode};
use crate::report::quoted;
use crate::sql::{Format, Metadata, Topic};

pub struct Decoder<'a> {
    dialect: Dialect,
    topic: &'a Topic,
    /// The columns that some record had a field for.
    seen: Vec<bool>,
    untimed: usize,
    has_values: bool,
    values: BySchema,
    keys: BySchema,
}

/// By a schema's id; `None` where what it wrote is read one by one.
type BySchema = HashMap<u32, Option<Columnar>>;

impl<'a> Decoder<'a> {
    pub fn new(dialect: Dialect, topic: &'a Topic) -> Self {
        let seen = vec![false; topic.relation.fields.len()];
        Decoder { dialect, topic, seen, untimed: 0, has_values: false, values: HashMap::new(), keys: HashMap::new() }
    }

    /// How many records from the first on are written with one schema, so that [`Decoder::batch`] may read them at once.
    pub fn run(&self, records: &[Parts<'_>]) -> usize {
        let id = |parts: &Parts<'_>| match self.topic.value_format {
            Format::Avro => wire::framed(parts.value?).ok().map(|(id, _)| id),
            _ => None,
        };
        let Some(first) = records.first().and_then(id) else { return 0 };
        records.iter().take(MOST).take_while(|parts| id(parts) == Some(first)).count()
    }

    /// These records of one schema; `None` where they have to be read one by one.
    pub fn batch(&mut self, wire: &Wire, schemas: Option<&dyn Schemas>, records: &[Parts<'_>]) -> Option<Vec<Record>> {
        let (topic, dialect) = (self.topic, self.dialect);
        let values: Vec<&[u8]> = records.iter().map(|parts| parts.value).collect::<Option<_>>()?;
        let mut all: Vec<Option<ArrayRef>> = vec![None; topic.relation.fields.len()];
        let mut seen = self.seen.clone();
        let of_value = decode::columns_of_value(topic);
        for (column, array) in framed(&mut self.values, (dialect, topic, &of_value), schemas, &values, &mut seen)? {
            all[column] = Some(array);
        }
        if topic.key_format != Format::None {
            for (column, array) in self.keys(wire, schemas, records, &mut seen)? {
                all[column] = Some(array);
            }
        }
        let times = self.times(records, &all)?;
        for (column, metadata) in &topic.metadata {
            seen[*column] = true;
            let value =
                |(parts, time): (&Parts<'_>, &i64)| of_place(topic, metadata, parts.partition, parts.offset, *time);
            let values: Vec<Value> = records.iter().zip(&times).map(value).collect();
            all[*column] = Some(columns::build(&topic.relation.fields[*column].sql_type, &values).ok()?);
        }
        let all: Vec<ArrayRef> = all.into_iter().collect::<Option<_>>()?;
        let batch = Arc::new(RecordBatch::try_new(columns::schema(&topic.relation.fields), all).ok()?);
        self.seen = seen;
        self.has_values = true;
        self.untimed += records.iter().filter(|parts| parts.timestamp.is_none()).count();
        let record = |(row, (parts, time)): (usize, (&Parts<'_>, i64))| Record {
            partition: parts.partition,
            offset: parts.offset,
            time,
            row: Columns::Of(batch.clone(), row),
            is_tombstone: false,
            raw: None,
        };
        Some(records.iter().zip(times).enumerate().map(record).collect())
    }

    /// The columns of the keys.
    fn keys(
        &mut self,
        wire: &Wire,
        schemas: Option<&dyn Schemas>,
        records: &[Parts<'_>],
        seen: &mut [bool],
    ) -> Option<Vec<(usize, ArrayRef)>> {
        let topic = self.topic;
        let together = match topic.key_format {
            Format::Kafka => text_keys(topic, records, seen),
            Format::Avro => {
                let keys = records.iter().map(|parts| parts.key).collect::<Option<Vec<_>>>();
                let of = (self.dialect, topic, &*topic.relation.key);
                keys.and_then(|keys| framed(&mut self.keys, of, schemas, &keys, seen))
            }
            _ => None,
        };
        together.or_else(|| self.keys_by_values(wire, schemas, records, seen))
    }

    /// The columns of the keys, each read by itself.
    fn keys_by_values(
        &self,
        wire: &Wire,
        schemas: Option<&dyn Schemas>,
        records: &[Parts<'_>],
        seen: &mut [bool],
    ) -> Option<Vec<(usize, ArrayRef)>> {
        let topic = self.topic;
        let mut rows = Vec::with_capacity(records.len());
        for parts in records {
            let key = Parts { value: None, ..*parts };
            let written = wire.written(schemas, &key).ok()?;
            let mut row = vec![Value::Null; topic.relation.fields.len()];
            decode::keys(self.dialect, topic, &written, &mut row, seen).ok()?;
            rows.push(row);
        }
        let column = |column: &usize| {
            let values = rows.iter().map(|row| &row[*column]);
            Some((*column, columns::build(&topic.relation.fields[*column].sql_type, values).ok()?))
        };
        topic.relation.key.iter().map(column).collect()
    }

    fn times(&self, records: &[Parts<'_>], all: &[Option<ArrayRef>]) -> Option<Vec<i64>> {
        let time = |(row, parts): (usize, &Parts<'_>)| match self.topic.timestamp {
            None => Some(parts.timestamp.unwrap_or_default()),
            Some(column) => decode::time_of(self.topic, column, &columns::read(all[column].as_ref()?, row)).ok(),
        };
        records.iter().enumerate().map(time).collect()
    }

    /// A record with its columns, or why it has none, as a sentence that may be shown.
    pub fn record(&mut self, record: &Written, offset: i64) -> Result<Record, String> {
        self.decoded(record, offset).map_err(|reason| quoted(&reason))
    }

    fn decoded(&mut self, record: &Written, offset: i64) -> Result<Record, String> {
        let topic = self.topic;
        let mut row = decode::row(self.dialect, topic, record, &mut self.seen)?;
        self.untimed += usize::from(record.timestamp.is_none());
        self.has_values |= record.value.is_some();
        let time = decode::time(topic, record, &row)?;
        for (column, metadata) in &topic.metadata {
            self.seen[*column] = true;
            row[*column] = of_place(topic, metadata, record.partition, offset, time);
        }
        let is_tombstone = record.value.is_none();
        Ok(Record { partition: record.partition, offset, time, row: row.into(), is_tombstone, raw: None })
    }

    /// The record whose columns are a row of these, still without them; `None` where it has to be read the other way.
    pub fn row(&mut self, row: &mut Growing<'_>, stamp: &Stamp, offset: i64) -> Option<Record> {
        let topic = self.topic;
        if stamp.has_value && !row.has_wanted() {
            return None;
        }
        let time = match topic.timestamp {
            Some(column) if stamp.has_value => row.time(column)?,
            _ => stamp.timestamp.unwrap_or_default(),
        };
        for (column, metadata) in &topic.metadata {
            row.push(*column, of_place(topic, metadata, stamp.partition, offset, time))?;
        }
        row.found().for_each(|column| self.seen[column] = true);
        if !stamp.has_key {
            decode::columns_of_key(topic).iter().for_each(|column| self.seen[*column] = true);
        }
        self.untimed += usize::from(stamp.timestamp.is_none());
        self.has_values |= stamp.has_value;
        let is_tombstone = !stamp.has_value;
        Some(Record { partition: stamp.partition, offset, time, row: vec![].into(), is_tombstone, raw: None })
    }

    /// What a user should know of the records so far, whose source has this name.
    pub fn notes(&self, source: &str) -> Vec<String> {
        let topic = &self.topic.topic;
        let fields = self.topic.relation.fields.iter().zip(&self.seen);
        let unseen = fields.filter(|(_, seen)| self.has_values && !**seen).map(|(field, _)| {
            let column = &field.name;
            format!("{source}: no record of topic {topic} has a field for column {column}; it is null everywhere")
        });
        let untimed = (self.untimed > 0 && self.topic.timestamp.is_none())
            .then(|| format!("{source}: {} records have no timestamp; they count as written at 0", self.untimed));
        unseen.chain(untimed).collect()
    }
}

/// The columns of what was written with one schema, all of them framed.
fn framed(
    known: &mut BySchema,
    (dialect, topic, columns): (Dialect, &Topic, &[usize]),
    schemas: Option<&dyn Schemas>,
    written: &[&[u8]],
    seen: &mut [bool],
) -> Option<Vec<(usize, ArrayRef)>> {
    let (id, _) = wire::framed(written.first()?).ok()?;
    let columnar = match known.entry(id) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(new) => {
            let schema = schemas?.schema(id).ok()?;
            // A schema that names others is not plain.
            let [text] = schema.texts() else { return new.insert(None).as_ref().and(None) };
            new.insert(Columnar::new(dialect, topic, columns, id, text))
        }
    };
    let columnar = columnar.as_mut()?;
    let decoded = columnar.decode(topic, written)?;
    columnar.found().for_each(|column| seen[column] = true);
    Some(decoded)
}

/// Keys that are the text of one column.
fn text_keys(topic: &Topic, records: &[Parts<'_>], seen: &mut [bool]) -> Option<Vec<(usize, ArrayRef)>> {
    let [column] = topic.relation.key[..] else { return None };
    if topic.relation.fields[column].sql_type != SqlType::String {
        return None;
    }
    let keys = records.iter().map(|parts| parts.key.map(str::from_utf8).transpose().ok());
    let keys: StringArray = keys.collect::<Option<Vec<_>>>()?.into();
    seen[column] = true;
    Some(vec![(column, Arc::new(keys))])
}

fn of_place(topic: &Topic, metadata: &Metadata, partition: i32, offset: i64, time: i64) -> Value {
    match metadata {
        Metadata::Topic => Value::String(topic.topic.clone()),
        Metadata::Partition => Value::S32(partition),
        Metadata::Offset => Value::S64(offset),
        Metadata::Timestamp => Value::S64(time),
    }
}

#[cfg(test)]
mod tests {
    use super::super::avro::Writer;
    use super::super::registry::RegistryError;
    use super::*;
    use crate::sql::{Functions, Pipeline};

    /// A value under 1, a key under 2.
    struct Known;

    impl Schemas for Known {
        fn schema(&self, id: u32) -> Result<Arc<Writer>, RegistryError> {
            let field = if id == 1 { r#"{"name": "a", "type": "int"}"# } else { r#"{"name": "k", "type": "string"}"# };
            let text = format!(r#"{{"type": "record", "name": "R", "fields": [{field}]}}"#);
            Writer::parse(&[text]).map(Arc::new).map_err(|reason| RegistryError::BadSchema { id, reason })
        }
    }

    #[test]
    fn records_that_are_read_together_are_what_each_is_by_itself_with_their_keys() {
        let text: [Option<&[u8]>; 3] = [Some(b"x"), None, Some("\u{e4}".as_bytes())];
        let framed: [Option<&[u8]>; 3] =
            [Some(b"\0\0\0\0\x02\x02x"), Some(b"\0\0\0\0\x02\0"), Some(b"\0\0\0\0\x02\x04yz")];
        let stream = "CREATE STREAM t (k STRING KEY, a INT) WITH (KAFKA_TOPIC = 't', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'AVRO');";
        let table = "CREATE TABLE t (k STRING, a INT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 't',
            'key.format' = 'avro-confluent', 'value.format' = 'avro-confluent');";
        for (dialect, sql, keys) in [(Dialect::Ksqldb, stream, text), (Dialect::Flink, table, framed)] {
            let pipeline = Pipeline::plan(Functions::native(dialect), sql).expect("SQL");
            let topic = &pipeline.topics[0];
            let wire = Wire::new(dialect, topic).expect("a format");
            let values: [&[u8]; 3] = [b"\0\0\0\0\x01\x02", b"\0\0\0\0\x01\x01", b"\0\0\0\0\x01\x08"];
            let parts =
                |((key, value), offset)| Parts { partition: 0, offset, timestamp: Some(3), key, value: Some(value) };
            let all: Vec<Parts<'_>> = keys.into_iter().zip(values).zip(7..).map(parts).collect();
            let mut together = Decoder::new(dialect, topic);
            assert_eq!(together.run(&all), 3);
            let found = together.batch(&wire, Some(&Known), &all).expect("plain");
            let mut alone = Decoder::new(dialect, topic);
            let record = |parts: &Parts<'_>| {
                let written = wire.written(Some(&Known), parts).expect("its schema is known");
                alone.record(&written, parts.offset).expect("a row")
            };
            let wanted: Vec<Record> = all.iter().map(record).collect();
            assert_eq!(found, wanted);
            assert_eq!(together.notes("t"), alone.notes("t"));
            let keys = together.keys(&wire, Some(&Known), &all, &mut [false; 2]).expect("keys");
            assert!(matches!(found[0].row, Columns::Of(..)) && keys.len() == 1);
        }
    }
}
