//! The entries that a keyed aggregate has in one group.

use std::collections::BTreeMap;

use itertools::Either;
use streamfn_model::Value;

use super::meters::{Kept, size};

/// As many stand in a row. A tree's first node takes the room of eleven, and most groups have one or two.
const FEW: usize = 8;

/// Entries in the order of their keys: what comes out must not tell in which order they came.
#[derive(Debug, Clone)]
pub enum Entries {
    Few(Vec<(Value, Value)>),
    Many(BTreeMap<Value, Value>),
}

impl Default for Entries {
    fn default() -> Entries {
        Entries::Few(vec![])
    }
}

impl Entries {
    pub fn len(&self) -> usize {
        match self {
            Entries::Few(entries) => entries.len(),
            Entries::Many(entries) => entries.len(),
        }
    }

    /// About what they take.
    pub fn bytes(&self) -> usize {
        let one = |(key, entry): (&Value, &Value)| size(std::slice::from_ref(key)) + size(std::slice::from_ref(entry));
        Kept::of(self.len(), self.iter().map(one)).bytes
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Value, &Value)> {
        match self {
            Entries::Few(entries) => Either::Left(entries.iter().map(|(key, entry)| (key, entry))),
            Entries::Many(entries) => Either::Right(entries.iter()),
        }
    }

    pub fn get(&self, key: &Value) -> Option<&Value> {
        match self {
            Entries::Few(entries) => place(entries, key).ok().map(|place| &entries[place].1),
            Entries::Many(entries) => entries.get(key),
        }
    }

    fn insert(&mut self, key: Value, entry: Value) {
        match self {
            Entries::Few(entries) => match place(entries, &key) {
                Ok(place) => entries[place].1 = entry,
                Err(place) if entries.len() < FEW => {
                    if entries.is_empty() {
                        // A vector that grows by itself begins with four.
                        entries.reserve_exact(1);
                    }
                    entries.insert(place, (key, entry));
                }
                Err(_) => {
                    let few = std::mem::take(entries).into_iter();
                    *self = Entries::Many(few.chain([(key, entry)]).collect());
                }
            },
            Entries::Many(entries) => drop(entries.insert(key, entry)),
        }
    }

    /// Makes this the key's entry; null is none.
    pub fn set(&mut self, key: Value, entry: Value) {
        match entry {
            Value::Null => self.remove(&key),
            entry => self.insert(key, entry),
        }
    }

    fn remove(&mut self, key: &Value) {
        match self {
            Entries::Few(entries) => {
                if let Ok(place) = place(entries, key) {
                    entries.remove(place);
                }
            }
            Entries::Many(entries) => drop(entries.remove(key)),
        }
    }
}

/// Where a key is, or where it would be.
fn place(entries: &[(Value, Value)], key: &Value) -> Result<usize, usize> {
    entries.binary_search_by(|(of, _)| of.cmp(key))
}

impl FromIterator<(Value, Value)> for Entries {
    fn from_iter<I: IntoIterator<Item = (Value, Value)>>(entries: I) -> Entries {
        let mut all = Entries::default();
        entries.into_iter().for_each(|(key, entry)| all.insert(key, entry));
        all
    }
}

impl PartialEq for Entries {
    fn eq(&self, other: &Entries) -> bool {
        self.iter().eq(other.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row and a tree are one to whoever looks, whichever way they came to be.
    #[test]
    fn many_entries_are_found_changed_and_gone_as_few_are() {
        let keys: Vec<i64> = (0..40).map(|n| n * 7 % 40).collect();
        let (mut entries, mut plain) = (Entries::default(), BTreeMap::new());
        let same = |entries: &Entries, plain: &BTreeMap<i64, i64>| {
            let wanted = plain.iter().map(|(key, entry)| (Value::S64(*key), Value::S64(*entry)));
            let wanted: Vec<_> = wanted.collect();
            assert_eq!(entries.len(), wanted.len());
            assert!(entries.iter().eq(wanted.iter().map(|(key, entry)| (key, entry))), "{entries:?}");
            assert_eq!(*entries, wanted.iter().cloned().rev().collect());
        };
        for round in [1, 2] {
            for key in &keys {
                entries.insert(Value::S64(*key), Value::S64(key * round));
                plain.insert(*key, key * round);
                same(&entries, &plain);
                assert_eq!(entries.get(&Value::S64(*key)), Some(&Value::S64(key * round)));
            }
        }
        for key in keys.iter().rev() {
            entries.remove(&Value::S64(*key));
            plain.remove(key);
            same(&entries, &plain);
            entries.remove(&Value::S64(*key));
            assert_eq!(entries.get(&Value::S64(*key)), None);
        }
    }
}
