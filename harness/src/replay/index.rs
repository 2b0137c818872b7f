//! What is kept of a table, found by the key that its rows have in them.

use std::borrow::Cow;
use std::hash::BuildHasher;

use hashbrown::DefaultHashBuilder;
use hashbrown::hash_table::{self, HashTable};
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
    key: RowKey,
    held: HashTable<Hashed<T>>,
    hashes: DefaultHashBuilder,
}

/// With the hash of its key: a table that grows would else read every row, and most of them are in no cache.
#[derive(Debug, Clone)]
struct Hashed<T> {
    hash: u64,
    held: T,
}

impl<T: Held> Hashed<T> {
    fn is(&self, hash: u64, of: &RowKey, key: &[u8]) -> bool {
        self.hash == hash && of.is(key, self.held.row())
    }
}

/// What is there for a key, or room for it.
pub enum Entry<'a, T> {
    Occupied(Occupied<'a, T>),
    Vacant(Vacant<'a, T>),
}

pub struct Occupied<'a, T>(hash_table::OccupiedEntry<'a, Hashed<T>>);

impl<T> Occupied<'_, T> {
    pub fn get(&self) -> &T {
        &self.0.get().held
    }

    pub fn get_mut(&mut self) -> &mut T {
        &mut self.0.get_mut().held
    }

    pub fn remove(self) -> T {
        self.0.remove().0.held
    }
}

pub struct Vacant<'a, T> {
    hash: u64,
    entry: hash_table::VacantEntry<'a, Hashed<T>>,
}

impl<T> Vacant<'_, T> {
    pub fn insert(self, held: T) {
        self.entry.insert(Hashed { hash: self.hash, held });
    }
}

/// Where a row has its key.
#[derive(Debug, Clone)]
pub struct RowKey {
    packing: Packing,
    columns: Vec<usize>,
}

impl RowKey {
    /// Of rows with these fields, these columns of them.
    pub fn new(fields: &[Field], columns: &[usize]) -> Self {
        RowKey { packing: Packing::new(fields), columns: columns.to_vec() }
    }

    pub fn packing(&self) -> &Packing {
        &self.packing
    }

    /// The key's columns, packed one behind the other.
    pub fn of<'r>(&self, row: &'r [u8]) -> Cow<'r, [u8]> {
        let side_by_side = self.columns.is_sorted_by(|a, b| a + 1 == *b);
        match self.columns[..] {
            [] => Cow::Borrowed(&[]),
            [first, ..] if side_by_side => Cow::Borrowed(self.packing.columns(row, first..first + self.columns.len())),
            _ => {
                Cow::Owned(self.columns.iter().flat_map(|column| self.packing.column(row, *column)).copied().collect())
            }
        }
    }

    /// Whether any of them is null.
    pub fn has_null(&self, row: &[u8]) -> bool {
        self.columns.iter().any(|column| self.packing.is_null(row, *column))
    }

    fn is(&self, mut key: &[u8], row: &[u8]) -> bool {
        // A key's bytes say where they end.
        if self.columns.iter().zip(0..).all(|(column, place)| *column == place) {
            return row.starts_with(key);
        }
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
        Index { key: RowKey::new(fields, key), held: HashTable::new(), hashes: DefaultHashBuilder::default() }
    }

    pub fn packing(&self) -> &Packing {
        self.key.packing()
    }

    /// The key in a row.
    pub fn key<'r>(&self, row: &'r [u8]) -> Cow<'r, [u8]> {
        self.key.of(row)
    }

    /// Whether a row has no key, for a part of it is null.
    pub fn has_null_key(&self, row: &[u8]) -> bool {
        self.key.has_null(row)
    }

    pub fn len(&self) -> usize {
        self.held.len()
    }

    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.held.iter().map(|hashed| &hashed.held)
    }

    pub fn get(&self, key: &[u8]) -> Option<&T> {
        let hash = self.hashes.hash_one(key);
        let found = self.held.find(hash, |held| held.is(hash, &self.key, key));
        found.map(|hashed| &hashed.held)
    }

    pub fn get_mut(&mut self, key: &[u8]) -> Option<&mut T> {
        let hash = self.hashes.hash_one(key);
        let found = self.held.find_mut(hash, |held| held.is(hash, &self.key, key));
        found.map(|hashed| &mut hashed.held)
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
            Entry::Occupied(entry) => Some(entry.remove()),
            Entry::Vacant(_) => None,
        }
    }

    pub fn entry(&mut self, key: &[u8]) -> Entry<'_, T> {
        let Index { key: of, held, hashes } = self;
        let hash = hashes.hash_one(key);
        match held.entry(hash, |held| held.is(hash, of, key), |held| held.hash) {
            hash_table::Entry::Occupied(entry) => Entry::Occupied(Occupied(entry)),
            hash_table::Entry::Vacant(entry) => Entry::Vacant(Vacant { hash, entry }),
        }
    }
}

#[cfg(test)]
mod tests {
    use streamfn_model::{SqlType, Value};

    use super::*;

    #[test]
    fn a_key_is_the_bytes_of_its_columns_wherever_they_stand_in_the_row() {
        let fields = [SqlType::String, SqlType::Int, SqlType::String].map(|of| Field::new("x", of));
        let values = ["ab".into(), Value::Null, "".into()];
        let row = Packing::new(&fields).pack_values(&values);
        for (columns, has_null) in [
            (&[][..], false),
            (&[0], false),
            (&[1], true),
            (&[0, 1], true),
            (&[1, 2], true),
            (&[2, 0], false),
            (&[0, 1, 2], true),
        ] {
            let of = |values: &[Value]| {
                let values: Vec<Value> = columns.iter().map(|column: &usize| values[*column].clone()).collect();
                Packing::of_columns(&fields, columns).pack_values(&values)
            };
            let key = RowKey::new(&fields, columns);
            assert_eq!(&*key.of(&row), &*of(&values), "{columns:?}");
            assert!(key.is(&of(&values), &row), "{columns:?}");
            assert_eq!(key.has_null(&row), has_null, "{columns:?}");
            let others = [["abc".into(), Value::Null, "".into()], ["ab".into(), Value::S32(1), "c".into()]];
            let differ = others.iter().filter(|other| columns.iter().any(|column| other[*column] != values[*column]));
            assert!(differ.into_iter().all(|other| !key.is(&of(other), &row)), "{columns:?}");
        }
    }

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
