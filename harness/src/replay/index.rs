//! What is kept of a table, found by the key that its rows have in them.

use std::borrow::Cow;
use std::hash::BuildHasher;

use hashbrown::DefaultHashBuilder;
use hashbrown::hash_table::{Entry, HashTable};
use streamfn_model::Field;

use super::packed::{PackedRow, Packing};

/// Something with a row.
pub trait Held {
    fn row(&self) -> &[u8];
}

impl Held for PackedRow {
    fn row(&self) -> &[u8] {
        self
    }
}

/// For each key one thing, that has a row with it. A key is given as its columns, packed one behind the other.
#[derive(Debug, Clone)]
pub struct Index<T> {
    key: Key,
    held: HashTable<T>,
    hashes: DefaultHashBuilder,
}

/// Where a row has its key.
#[derive(Debug, Clone)]
struct Key {
    packing: Packing,
    columns: Vec<usize>,
}

impl Key {
    fn of<'r>(&self, row: &'r [u8]) -> Cow<'r, [u8]> {
        match self.columns[..] {
            [column] => Cow::Borrowed(self.packing.column(row, column)),
            _ => {
                Cow::Owned(self.columns.iter().flat_map(|column| self.packing.column(row, *column)).copied().collect())
            }
        }
    }

    fn is(&self, mut key: &[u8], row: &[u8]) -> bool {
        self.columns.iter().all(|column| match key.strip_prefix(self.packing.column(row, *column)) {
            Some(rest) => {
                key = rest;
                true
            }
            None => false,
        })
    }
}

impl<T: Held> Index<T> {
    /// Of rows with these fields, by these columns of them.
    pub fn new(fields: &[Field], key: &[usize]) -> Self {
        let key = Key { packing: Packing::new(fields), columns: key.to_vec() };
        Index { key, held: HashTable::new(), hashes: DefaultHashBuilder::default() }
    }

    pub fn packing(&self) -> &Packing {
        &self.key.packing
    }

    /// The key in a row.
    pub fn key<'r>(&self, row: &'r [u8]) -> Cow<'r, [u8]> {
        self.key.of(row)
    }

    pub fn len(&self) -> usize {
        self.held.len()
    }

    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.held.iter()
    }

    pub fn get(&self, key: &[u8]) -> Option<&T> {
        self.held.find(self.hashes.hash_one(key), |held| self.key.is(key, held.row()))
    }

    pub fn get_mut(&mut self, key: &[u8]) -> Option<&mut T> {
        self.held.find_mut(self.hashes.hash_one(key), |held| self.key.is(key, held.row()))
    }

    /// Takes the place of what is there.
    pub fn insert(&mut self, key: &[u8], new: T) -> Option<T> {
        match self.entry(key) {
            Entry::Occupied(mut entry) => Some(std::mem::replace(entry.get_mut(), new)),
            Entry::Vacant(entry) => {
                entry.insert(new);
                None
            }
        }
    }

    pub fn remove(&mut self, key: &[u8]) -> Option<T> {
        match self.entry(key) {
            Entry::Occupied(entry) => Some(entry.remove().0),
            Entry::Vacant(_) => None,
        }
    }

    pub fn entry(&mut self, key: &[u8]) -> Entry<'_, T> {
        let Index { key: of, held, hashes } = self;
        held.entry(hashes.hash_one(key), |held| of.is(key, held.row()), |held| hashes.hash_one(&*of.of(held.row())))
    }
}

#[cfg(test)]
mod tests {
    use streamfn_model::{SqlType, Value};

    use super::*;

    #[test]
    fn rows_are_found_by_columns_in_any_order_also_when_there_are_many() {
        let fields = ["a", "b", "c"].map(|name| Field::new(name, SqlType::String));
        let row = |n: i32, c: &str| [Value::Null, n.to_string().as_str().into(), c.into()];
        let mut index: Index<PackedRow> = Index::new(&fields, &[2, 1]);
        let packing = index.packing().clone();
        let keys = Packing::of_columns(&fields, &[2, 1]);
        let key = |n: i32, c: &str| keys.pack_values(&[c.into(), n.to_string().as_str().into()]);
        for n in 0..1000 {
            assert_eq!(index.insert(&key(n, "x"), packing.pack_values(&row(n, "x"))), None);
        }
        for n in 0..1000 {
            assert_eq!(index.get(&key(n, "x")).map(|row| packing.values(row)), Some(row(n, "x").to_vec()));
        }
        assert!(index.get(&key(1, "y")).is_none());
        assert!(index.remove(&key(7, "x")).is_some() && index.remove(&key(7, "x")).is_none());
        assert_eq!(index.len(), 999);
    }
}
