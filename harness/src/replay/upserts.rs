//! Flink's upserts: where a query reads them they become changes, and before a table they are made of changes.

use std::collections::HashMap;

use streamfn_model::materialize::Rows;
use streamfn_model::{Changes, Field, Kind, Value, columns, table};

use super::engine::{Context, Port, Running, Told};
use super::error::ReplayError;
use super::keys::{Keys, agree};
use super::meters::{Kept, size};

/// Upserts by a key as changes of a table.
pub struct Normalize {
    keys: Keys,
    compared: Vec<usize>,
    fields: Vec<Field>,
    rows: HashMap<Vec<u8>, Vec<Value>>,
}

impl Normalize {
    pub fn new(key: &[usize], compared: &[usize], fields: &[Field]) -> Self {
        let (keys, fields) = (Keys::new(fields, key), fields.to_vec());
        Normalize { keys, compared: compared.to_vec(), fields, rows: HashMap::new() }
    }
}

impl Running for Normalize {
    fn push(&mut self, _: Port, changes: Changes, _: &mut Context<'_>) -> Result<Changes, ReplayError> {
        let keys = self.keys.of_batch(&changes.rows);
        let mut told = Told::default();
        for (row, kind) in changes.kinds.iter().enumerate() {
            let before = self.rows.remove(keys.bytes(row));
            let after = (!kind.retracts()).then(|| columns::read_row(&changes.rows, row));
            let both = before.as_ref().zip(after.as_ref());
            let unchanged = both.is_some_and(|(before, after)| agree(&self.compared, before, after));
            // What is not told is not kept either: the row that was told is the one to be taken back.
            let kept = if unchanged { before.clone() } else { after.clone() };
            let transition = table::upsert(before, after, unchanged);
            if let Some(kept) = kept {
                self.rows.insert(keys.bytes(row).to_vec(), kept);
            }
            told.say_all(transition, changes.times[row], &changes.origins[row]);
        }
        told.changes(&self.fields)
    }

    fn kept(&self) -> Kept {
        Kept::of(self.rows.len(), self.rows.iter().map(|(key, row)| key.capacity() + size(row)))
    }
}

/// Of the rows that are one to a table's key the one that came last.
pub struct Materialize {
    keys: Keys,
    row_key: Option<Vec<usize>>,
    fields: Vec<Field>,
    rows: HashMap<Vec<u8>, Rows<Vec<Value>>>,
}

impl Materialize {
    pub fn new(key: &[usize], row_key: Option<&[usize]>, fields: &[Field]) -> Self {
        let (keys, fields) = (Keys::new(fields, key), fields.to_vec());
        Materialize { keys, row_key: row_key.map(<[usize]>::to_vec), fields, rows: HashMap::new() }
    }

    /// Whether two rows are states of one row of the query.
    fn same(row_key: Option<&[usize]>, a: &[Value], b: &[Value]) -> bool {
        match row_key {
            Some(key) => agree(key, a, b),
            None => a == b,
        }
    }
}

impl Running for Materialize {
    fn push(&mut self, _: Port, changes: Changes, _: &mut Context<'_>) -> Result<Changes, ReplayError> {
        let keys = self.keys.of_batch(&changes.rows);
        let row_key = self.row_key.as_deref();
        let mut told = Told::default();
        for (place, kind) in changes.kinds.iter().enumerate() {
            let row = columns::read_row(&changes.rows, place);
            let rows = self.rows.entry(keys.bytes(place).to_vec()).or_default();
            let said = match kind {
                Kind::Insert | Kind::UpdateAfter => {
                    let same = row_key.map(|key| {
                        let row = row.clone();
                        move |other: &Vec<Value>| Self::same(Some(key), other, &row)
                    });
                    Some(rows.add(row, same))
                }
                Kind::UpdateBefore | Kind::Delete => rows.remove(|other| Self::same(row_key, other, &row)),
            };
            if rows.is_empty() {
                self.rows.remove(keys.bytes(place));
            }
            if let Some((kind, row)) = said {
                told.say(kind, row, changes.times[place], &changes.origins[place]);
            }
        }
        told.changes(&self.fields)
    }

    fn kept(&self) -> Kept {
        let bytes = |(key, rows): (&Vec<u8>, &Rows<Vec<Value>>)| {
            key.capacity() + rows.iter().map(|row| size(row)).sum::<usize>()
        };
        Kept::of(self.rows.len(), self.rows.iter().map(bytes))
    }
}
