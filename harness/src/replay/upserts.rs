//! Flink's upserts: where a query reads them they become changes, and before a table they are made of changes.

use std::collections::HashMap;

use streamfn_model::materialize::Rows;
use streamfn_model::{Changes, Field, Kind, table};

use super::changelog::Told;
use super::engine::Context;
use super::error::ReplayError;
use super::index::{Entry, Index, RowKey};
use super::meters::Kept;
use super::packed::{PackedRow, packed};
use super::query::Running;

/// Upserts by a key as changes of a table.
pub struct Normalize {
    compared: Vec<usize>,
    fields: Vec<Field>,
    rows: Index<PackedRow>,
}

impl Normalize {
    pub fn new(key: &[usize], compared: &[usize], fields: &[Field]) -> Self {
        Normalize { compared: compared.to_vec(), fields: fields.to_vec(), rows: Index::new(fields, key) }
    }
}

impl Running for Normalize {
    fn push(&mut self, changes: Changes, _: &mut Context<'_>) -> Result<Changes, ReplayError> {
        let packing = self.rows.packing().clone();
        let mut told = Told::of(&changes.records);
        for (place, row) in packed(&packing, &changes).iter().enumerate() {
            let key = self.rows.key(row);
            let after = (!changes.kinds[place].retracts()).then(|| row.clone());
            let transition = match self.rows.entry(&key) {
                Entry::Occupied(mut entry) => {
                    let before = entry.get().clone();
                    let unchanged = after.as_ref().is_some_and(|after| packing.agree(&self.compared, &before, after));
                    // What is not told is not kept either: the row that was told is the one to be taken back.
                    match &after {
                        Some(_) if unchanged => {}
                        Some(after) => entry.get_mut().clone_from(after),
                        None => drop(entry.remove()),
                    }
                    table::upsert(Some(before), after, unchanged)
                }
                Entry::Vacant(entry) => {
                    if let Some(after) = &after {
                        entry.insert(after.clone());
                    }
                    table::upsert(None, after, false)
                }
            };
            told.say_all(transition, changes.times[place], changes.places[place]);
        }
        Ok(told.changes_of(changes, &packing, &self.fields))
    }

    fn kept(&self) -> Kept {
        Kept::of(self.rows.len(), self.rows.iter().map(|row| row.len()))
    }
}

/// Of the rows that are one to a table's key the one that came last.
pub struct Materialize {
    key: RowKey,
    row_key: Option<Vec<usize>>,
    fields: Vec<Field>,
    rows: HashMap<Vec<u8>, Rows<PackedRow>>,
}

impl Materialize {
    pub fn new(key: &[usize], row_key: Option<&[usize]>, fields: &[Field]) -> Self {
        Materialize {
            key: RowKey::new(fields, key),
            row_key: row_key.map(<[usize]>::to_vec),
            fields: fields.to_vec(),
            rows: HashMap::new(),
        }
    }
}

impl Running for Materialize {
    fn push(&mut self, changes: Changes, _: &mut Context<'_>) -> Result<Changes, ReplayError> {
        let (packing, row_key) = (self.key.packing(), self.row_key.as_deref());
        // Whether two rows are states of one row of the query.
        let same = |a: &PackedRow, b: &PackedRow| row_key.map_or(a == b, |key| packing.agree(key, a, b));
        let mut told = Told::of(&changes.records);
        for (place, row) in packed(packing, &changes).iter().enumerate() {
            let key = self.key.of(row);
            let rows = self.rows.entry(key.to_vec()).or_default();
            let said = match changes.kinds[place] {
                Kind::Insert | Kind::UpdateAfter => {
                    let state = row_key.map(|_| |other: &PackedRow| same(other, row));
                    Some(rows.add(row.clone(), state))
                }
                Kind::UpdateBefore | Kind::Delete => rows.remove(|other| same(other, row)),
            };
            if rows.is_empty() {
                self.rows.remove(&*key);
            }
            if let Some((kind, row)) = said {
                told.say(kind, row, changes.times[place], changes.places[place]);
            }
        }
        Ok(told.changes_of(changes, packing, &self.fields))
    }

    fn kept(&self) -> Kept {
        let bytes = |(key, rows): (&Vec<u8>, &Rows<PackedRow>)| {
            key.capacity() + rows.iter().map(|row| row.len()).sum::<usize>()
        };
        Kept::of(self.rows.len(), self.rows.iter().map(bytes))
    }
}
