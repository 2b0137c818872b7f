//! What a query fills: its rows as they are now, and every change on the way.

use std::collections::HashMap;
use std::sync::Arc;

use streamfn_model::timestamp_format::TimestampFormat;
use streamfn_model::{Changes, Dialect, Field, Kind, Origin, Value, columns};

use super::error::ReplayError;
use super::keys::Keys;
use super::meters::{Kept, size};
use crate::sql::{Collection, Connector, Relation, Topic};

/// A filled relation.
#[derive(Debug, Clone)]
pub struct Table {
    pub relation: Relation,
    pub dialect: Dialect,
    connector: Connector,
    timestamp: Option<usize>,
    /// The phase whose records come in.
    phase: Arc<str>,
    timestamp_format: Option<TimestampFormat>,
    rows: Rows,
    /// Every change in its order.
    pub changes: Vec<Change>,
}

/// A row of a table and the record that made it what it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub values: Vec<Value>,
    pub time: i64,
    pub origin: Origin,
}

/// A change of a table. A deletion has the row that was there.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    pub kind: Kind,
    pub values: Vec<Value>,
    pub time: i64,
    pub origin: Origin,
    /// The phase of that record; empty where the input has none.
    pub phase: Arc<str>,
}

/// Rows in the order in which they came to be, each found by its bytes: of the key, or of the whole row without one.
#[derive(Debug, Clone, Default)]
struct Rows {
    slots: Vec<Option<Row>>,
    places: HashMap<Vec<u8>, Vec<usize>>,
    /// The place of a row whose `-U` has come and whose `+U` is next.
    vacated: Option<usize>,
}

impl Table {
    pub fn new(dialect: Dialect, topic: &Topic) -> Self {
        Table {
            relation: topic.relation.clone(),
            dialect,
            connector: topic.connector,
            timestamp: topic.timestamp,
            phase: "".into(),
            timestamp_format: topic.timestamp_format.clone(),
            rows: Rows::default(),
            changes: vec![],
        }
    }

    /// What is taken in from now on is this phase's.
    pub fn begin(&mut self, phase: &str) {
        self.phase = phase.into();
    }

    pub fn fields(&self) -> &[Field] {
        &self.relation.fields
    }

    /// The rows as they are now: a table's by the time their key came to be, a stream's as they came.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.slots.iter().flatten()
    }

    /// Takes changes in, and gives them on with the times their records have.
    pub fn take(&mut self, mut changes: Changes) -> Result<Changes, ReplayError> {
        let fields = &self.relation.fields;
        let is_keyed = self.is_keyed();
        let keys = match is_keyed {
            true => Keys::new(fields, &self.relation.key),
            false => Keys::new(fields, &(0..fields.len()).collect::<Vec<_>>()),
        };
        let keys = keys.of_batch(&changes.rows);
        for index in 0..changes.len() {
            let values = columns::read_row(&changes.rows, index);
            let (kind, origin) = (changes.kinds[index], changes.origins[index].clone());
            let mut fields = self.relation.fields.iter().zip(&values);
            if let Some((field, _)) = fields.find(|(field, value)| !field.nullable && value.is_null()) {
                let (table, column) = (self.relation.name.clone(), field.name.clone());
                return Err(ReplayError::NotNull { table, column, origin });
            }
            changes.times[index] = self.time(kind, &values, changes.times[index], &origin)?;
            let key = keys.bytes(index).to_vec();
            let row = Row { values: values.clone(), time: changes.times[index], origin: origin.clone() };
            self.rows.apply(kind, key, row, is_keyed);
            let (time, phase) = (changes.times[index], self.phase.clone());
            self.changes.push(Change { kind, values, time, origin, phase });
        }
        Ok(changes)
    }

    /// What its rows take.
    pub fn kept(&self) -> Kept {
        Kept::of(self.rows.places.len(), self.rows().map(|row| size(&row.values)))
    }

    /// The changes as a reader of the topic gets them back.
    pub fn as_read(&self, mut changes: Changes) -> Changes {
        for kind in &mut changes.kinds {
            *kind = match (self.connector, *kind) {
                (Connector::Upsert | Connector::Changelog, kind) if kind.retracts() => Kind::Delete,
                (Connector::Upsert | Connector::Changelog, _) => Kind::Insert,
                (_, kind) => kind,
            };
        }
        changes
    }

    /// Whether a row takes the place of the one of its key. Flink's tables that hear what rows were go by whole rows.
    fn is_keyed(&self) -> bool {
        let by_key =
            self.dialect == Dialect::Ksqldb || self.connector == Connector::Upsert || self.connector.is_only_written();
        by_key && self.relation.collection == Collection::Table && !self.relation.key.is_empty()
    }

    /// The time of the record that tells a change: its `timestamp` column's, if the topic has one. A tombstone has no
    /// columns, so it keeps the time of what triggered it.
    fn time(&self, kind: Kind, values: &[Value], time: i64, origin: &Origin) -> Result<i64, ReplayError> {
        match self.timestamp {
            Some(column) if kind != Kind::Delete => match &values[column] {
                Value::S64(time) => Ok(*time),
                Value::String(text) if let Some(format) = &self.timestamp_format => match format.parse(text) {
                    Some(time) => Ok(time),
                    None => Err(ReplayError::NotATime {
                        column: self.relation.fields[column].name.clone(),
                        format: format.to_string(),
                        found: text.clone(),
                        origin: origin.clone(),
                    }),
                },
                _ if kind == Kind::UpdateBefore => Ok(time),
                _ => Err(ReplayError::NullTime {
                    column: self.relation.fields[column].name.clone(),
                    origin: origin.clone(),
                }),
            },
            _ => Ok(time),
        }
    }
}

impl Rows {
    fn apply(&mut self, kind: Kind, key: Vec<u8>, row: Row, is_keyed: bool) {
        let places = self.places.entry(key).or_default();
        match kind {
            Kind::UpdateBefore | Kind::Delete => {
                let place = places.pop();
                if let Some(place) = place {
                    self.slots[place] = None;
                }
                // An updated row stays where it was, whatever its bytes are now.
                self.vacated = place.filter(|_| kind == Kind::UpdateBefore);
            }
            Kind::Insert | Kind::UpdateAfter => {
                if let (true, Some(place)) = (is_keyed, places.last()) {
                    self.slots[*place] = Some(row);
                    return;
                }
                let place = self.vacated.take().unwrap_or_else(|| {
                    self.slots.push(None);
                    self.slots.len() - 1
                });
                places.push(place);
                self.slots[place] = Some(row);
            }
        }
    }
}
