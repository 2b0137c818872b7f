//! What a query fills: its rows as they are now, and every change on the way.

use std::sync::Arc;

use smallvec::{SmallVec, smallvec};
use streamfn_model::timestamp_format::TimestampFormat;
use streamfn_model::{Changes, Dialect, Field, Kind, Origin, Value, columns};

use super::error::ReplayError;
use super::index::{Entry, Held, Index};
use super::meters::Kept;
use super::packed::{PackedRow, Packing, packed};
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
    keeps: Keeps,
    packing: Packing,
    is_keyed: bool,
    rows: Rows,
    changes: Vec<KeptChange>,
}

/// What is kept of what comes to a table.
#[derive(Debug, Clone, Copy)]
pub struct Keeps {
    /// The rows as they are now.
    pub rows: bool,
    /// Every change in its order.
    pub changes: bool,
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

#[derive(Debug, Clone)]
struct KeptChange {
    kind: Kind,
    row: PackedRow,
    time: i64,
    origin: Origin,
    phase: Arc<str>,
}

/// Rows in the order in which they came to be.
#[derive(Debug, Clone)]
struct Rows {
    slots: Vec<Option<KeptRow>>,
    /// Where rows are found by their bytes: of the key, or of the whole row without one. Rows are noted here once somebody looks
    /// for one: for those that are only added nobody does.
    places: Index<Places>,
    /// How many slots are noted.
    noted: usize,
    /// The place of a row whose `-U` has come and whose `+U` is next.
    vacated: Option<usize>,
}

#[derive(Debug, Clone)]
struct KeptRow {
    row: PackedRow,
    time: i64,
    origin: Origin,
}

/// The slots of rows that are the same by their bytes, of which this is one.
#[derive(Debug, Clone)]
struct Places {
    row: PackedRow,
    slots: SmallVec<[usize; 1]>,
}

impl Held for Places {
    fn row(&self) -> &[u8] {
        &self.row
    }
}

impl Table {
    pub fn new(dialect: Dialect, topic: &Topic, keeps: Keeps) -> Self {
        let relation = &topic.relation;
        // A row takes the place of the one of its key. Flink's tables that hear what rows were go by whole rows.
        let by_key =
            dialect == Dialect::Ksqldb || topic.connector == Connector::Upsert || topic.connector.is_only_written();
        let is_keyed = by_key && relation.collection == Collection::Table && !relation.key.is_empty();
        let key = if is_keyed { relation.key.clone() } else { (0..relation.fields.len()).collect() };
        let places = Index::new(&relation.fields, &key);
        Table {
            dialect,
            connector: topic.connector,
            timestamp: topic.timestamp,
            phase: "".into(),
            timestamp_format: topic.timestamp_format.clone(),
            keeps,
            packing: places.packing().clone(),
            is_keyed,
            rows: Rows { slots: vec![], places, noted: 0, vacated: None },
            changes: vec![],
            relation: relation.clone(),
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
    pub fn rows(&self) -> impl Iterator<Item = Row> {
        self.rows.slots.iter().flatten().map(|KeptRow { row, time, origin }| Row {
            values: self.packing.values(row),
            time: *time,
            origin: origin.clone(),
        })
    }

    /// Every change in its order.
    pub fn changes(&self) -> impl Iterator<Item = Change> {
        self.changes.iter().map(|KeptChange { kind, row, time, origin, phase }| Change {
            kind: *kind,
            values: self.packing.values(row),
            time: *time,
            origin: origin.clone(),
            phase: phase.clone(),
        })
    }

    pub fn forget_changes(&mut self) {
        self.changes.clear();
    }

    /// Takes changes in, and gives them on with the times their records have.
    pub fn take(&mut self, mut changes: Changes) -> Result<Changes, ReplayError> {
        self.has_no_null(&changes)?;
        if let Some(column) = self.timestamp {
            for place in 0..changes.len() {
                let value = columns::read(changes.rows.column(column), place);
                changes.times[place] =
                    self.time(changes.kinds[place], column, value, changes.times[place], changes.origin(place))?;
            }
        }
        if !self.keeps.rows && !self.keeps.changes {
            return Ok(changes);
        }
        let rows = packed(&self.packing, &changes);
        if self.keeps.rows {
            for (place, row) in rows.iter().enumerate() {
                let (time, origin) = (changes.times[place], changes.origin(place).clone());
                let (key, new) = (self.rows.places.key(row), KeptRow { row: row.clone(), time, origin });
                self.rows.apply(changes.kinds[place], &key, new, self.is_keyed);
            }
        }
        if self.keeps.changes {
            self.changes.extend(rows.iter().enumerate().map(|(place, row)| KeptChange {
                kind: changes.kinds[place],
                row: row.clone(),
                time: changes.times[place],
                origin: changes.origin(place).clone(),
                phase: self.phase.clone(),
            }));
        }
        Ok(Changes { kept: Some(rows), ..changes })
    }

    fn has_no_null(&self, changes: &Changes) -> Result<(), ReplayError> {
        let is_null = |row: usize, column: usize| match &changes.kept {
            Some(rows) => self.packing.is_null(&rows[row], column),
            None => changes.rows.column(column).is_null(row),
        };
        let first_null = |(column, field): (usize, &Field)| {
            let first = (0..changes.len()).find(|row| !field.nullable && is_null(*row, column))?;
            Some((first, field.name.clone()))
        };
        match self.relation.fields.iter().enumerate().filter_map(first_null).min_by_key(|(row, _)| *row) {
            Some((row, column)) => {
                let (table, origin) = (self.relation.name.clone(), changes.origin(row).clone());
                Err(ReplayError::NotNull { table, column, origin })
            }
            None => Ok(()),
        }
    }

    /// What its rows take.
    pub fn kept(&self) -> Kept {
        let rows = || self.rows.slots.iter().flatten();
        Kept::of(rows().count(), rows().map(|row| size_of::<KeptRow>() + row.row.len()))
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

    /// The time of the record that tells a change: its `timestamp` column's, if the topic has one. A tombstone has no
    /// columns, so it keeps the time of what triggered it.
    fn time(&self, kind: Kind, column: usize, value: Value, time: i64, origin: &Origin) -> Result<i64, ReplayError> {
        let name = || self.relation.fields[column].name.clone();
        match (kind, value) {
            (Kind::Delete, _) => Ok(time),
            (_, Value::S64(time)) => Ok(time),
            (_, Value::String(text)) if let Some(format) = &self.timestamp_format => {
                format.parse(&text).ok_or_else(|| {
                    let (format, origin) = (format.to_string(), origin.clone());
                    ReplayError::NotATime { column: name(), format, found: text, origin }
                })
            }
            (Kind::UpdateBefore, _) => Ok(time),
            _ => Err(ReplayError::NullTime { column: name(), origin: origin.clone() }),
        }
    }
}

impl Rows {
    fn apply(&mut self, kind: Kind, key: &[u8], row: KeptRow, is_keyed: bool) {
        if is_keyed || kind.retracts() {
            self.note();
        }
        if kind.retracts() {
            let Entry::Occupied(mut entry) = self.places.entry(key) else { return };
            let place = entry.get_mut().slots.pop();
            if entry.get().slots.is_empty() {
                entry.remove();
            }
            if let Some(place) = place {
                self.slots[place] = None;
            }
            // An updated row stays where it was, whatever its bytes are now.
            self.vacated = place.filter(|_| kind == Kind::UpdateBefore);
            return;
        }
        if is_keyed && let Some(places) = self.places.get(key) {
            self.slots[*places.slots.last().expect("a key without slots is not kept")] = Some(row);
            return;
        }
        match self.vacated.take() {
            Some(place) => {
                add(&mut self.places, key, &row.row, place);
                self.slots[place] = Some(row);
            }
            None => self.slots.push(Some(row)),
        }
    }

    /// Notes the rows that were added and not looked for until now.
    fn note(&mut self) {
        for (place, row) in self.slots.iter().enumerate().skip(self.noted) {
            if let Some(KeptRow { row, .. }) = row {
                let key = self.places.key(row).into_owned();
                add(&mut self.places, &key, row, place);
            }
        }
        self.noted = self.slots.len();
    }
}

fn add(places: &mut Index<Places>, key: &[u8], row: &PackedRow, place: usize) {
    match places.entry(key) {
        Entry::Occupied(mut entry) => entry.get_mut().slots.push(place),
        Entry::Vacant(entry) => {
            entry.insert(Places { row: row.clone(), slots: smallvec![place] });
        }
    }
}
