//! A topic's records, one after another: columns, time and place of each, and what there is to say of all.

use streamfn_model::{Dialect, Value};

use super::{Record, Written, decode};
use crate::sql::{Metadata, Topic};

pub struct Decoder<'a> {
    dialect: Dialect,
    topic: &'a Topic,
    /// The columns that some record had a field for.
    seen: Vec<bool>,
    untimed: usize,
    has_values: bool,
}

impl<'a> Decoder<'a> {
    pub fn new(dialect: Dialect, topic: &'a Topic) -> Self {
        let seen = vec![false; topic.relation.fields.len()];
        Decoder { dialect, topic, seen, untimed: 0, has_values: false }
    }

    /// A record with its columns, or why it has none.
    pub fn record(&mut self, record: &Written, offset: i64) -> Result<Record, String> {
        let topic = self.topic;
        let mut row = decode::row(self.dialect, topic, record, &mut self.seen)?;
        self.untimed += usize::from(record.timestamp.is_none());
        self.has_values |= record.value.is_some();
        let time = decode::time(topic, record, &row)?;
        for (column, metadata) in &topic.metadata {
            self.seen[*column] = true;
            row[*column] = match metadata {
                Metadata::Topic => Value::String(topic.topic.clone()),
                Metadata::Partition => Value::S32(record.partition),
                Metadata::Offset => Value::S64(offset),
                Metadata::Timestamp => Value::S64(time),
            };
        }
        let is_tombstone = record.value.is_none();
        Ok(Record { partition: record.partition, offset, time, row, is_tombstone, raw: None })
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
