//! Makes the steps of a block with a function, as an engine would: what a host has no part in.
//!
//! States stay here, and of a keyed aggregate the map of its entries. `plugins/jvm/pack`'s Sequences is the same on the JVM.

use crate::function::{Aggregate, Keyed, Runs, Stateless, step};
use crate::results::Results;
use crate::wire::{Reader, write_count};

pub struct OfAggregate<A>(pub A);

impl<A: Aggregate + Send> Runs for OfAggregate<A> {
    fn run(&mut self, block: &[u8], results: &mut Results) {
        let function = &mut self.0;
        let mut from = Reader(block);
        let (mut new, mut parts): (Option<A::State>, [Option<A::State>; 3]) = (None, [None, None, None]);
        let (mut refused, mut one, mut other) = (false, Vec::new(), Vec::new());
        while !from.0.is_empty() {
            let at = block.len() - from.0.len();
            let step = from.byte();
            match step {
                step::END => {
                    refused = false;
                    results.sequence += 1;
                }
                step::CREATE => {
                    results.mark("create", at);
                    let created = function.create();
                    results.gave(&created, |state, out| function.write(state, out));
                    new = created.ok();
                    parts = [new.clone(), new.clone(), new.clone()];
                }
                step::NEW => parts = [new.clone(), new.clone(), new.clone()],
                step::ACCUMULATE | step::RETRACT => {
                    let part = usize::from(from.byte());
                    let row = function.row(&mut from);
                    let Some(state) = &mut parts[part] else { continue };
                    let outcome = if step == step::ACCUMULATE {
                        results.mark("accumulate", at);
                        function.accumulate(state, row)
                    } else {
                        results.mark("retract", at);
                        function.retract(state, row)
                    };
                    refused |= !results.gave(&outcome, |(), out| function.write(state, out));
                }
                step::MERGE => {
                    let [Some(a), Some(b), _] = &mut parts else { continue };
                    results.mark("merge", at);
                    let outcome = function.merge(a, b);
                    refused |= !results.gave(&outcome, |(), out| function.write(a, out));
                }
                step::VALUE => {
                    let part = usize::from(from.byte());
                    let Some(state) = &parts[part] else { continue };
                    results.mark("value", at);
                    results.written(|out| function.value(state, out));
                }
                step::IS_NEW | step::MERGE_NEW => {
                    let new_is_older = step == step::MERGE_NEW && from.byte() == 1;
                    let ([Some(state), ..], Some(new)) = (&mut parts, &new) else { continue };
                    one.clear();
                    other.clear();
                    function.write(state, &mut one);
                    if step == step::IS_NEW {
                        function.write(new, &mut other);
                        results.mark("law retract", at);
                    } else {
                        results.mark("merge", at);
                        let mut merged = if new_is_older { new.clone() } else { state.clone() };
                        let outcome = function.merge(&mut merged, if new_is_older { state } else { new });
                        refused |= !results.gave(&outcome, |(), out| function.write(&merged, out));
                        function.write(&merged, &mut other);
                        results.mark("law merge-new", at);
                    }
                    results.law(refused, one == other);
                }
                step::IS_WHOLE => {
                    let [Some(merged), _, Some(whole)] = &parts else { continue };
                    one.clear();
                    other.clear();
                    function.write(merged, &mut one);
                    function.write(whole, &mut other);
                    results.mark("law merge", at);
                    results.law(refused, one == other);
                }
                other => panic!("an aggregate has no step {other}"),
            }
        }
    }
}

pub struct OfKeyed<K>(pub K);

/// A group's entries in the order in which they came, which is the same on every host.
struct Entries<K: Keyed> {
    keys: Vec<Vec<u8>>,
    entries: Vec<(K::Key, K::Entry)>,
}

impl<K: Keyed> Entries<K> {
    fn place(&self, key: &[u8]) -> Option<usize> {
        self.keys.iter().position(|known| known == key)
    }

    fn put(&mut self, place: Option<usize>, key: (Vec<u8>, K::Key), entry: Option<K::Entry>) {
        match (place, entry) {
            (Some(place), Some(entry)) => self.entries[place].1 = entry,
            (Some(place), None) => {
                self.keys.remove(place);
                self.entries.remove(place);
            }
            (None, Some(entry)) => {
                self.keys.push(key.0);
                self.entries.push((key.1, entry));
            }
            (None, None) => {}
        }
    }
}

impl<K: Keyed + Send> Runs for OfKeyed<K> {
    fn run(&mut self, block: &[u8], results: &mut Results) {
        let function = &mut self.0;
        let mut from = Reader(block);
        let new = || Entries::<K> { keys: Vec::new(), entries: Vec::new() };
        let (mut refused, mut parts) = (false, [new(), new(), new()]);
        while !from.0.is_empty() {
            let at = block.len() - from.0.len();
            let step = from.byte();
            match step {
                step::END => {
                    refused = false;
                    results.sequence += 1;
                }
                step::CREATE | step::NEW => parts = [new(), new(), new()],
                step::ACCUMULATE | step::RETRACT => {
                    let part = &mut parts[usize::from(from.byte())];
                    let row = function.row(&mut from);
                    results.mark("key", at);
                    let key = function.key(&row);
                    let answered = results.gave(&key, |key, out| {
                        out.push(u8::from(key.is_some()));
                        key.iter().for_each(|key| function.write_key(key, out));
                    });
                    refused |= !answered;
                    let Ok(Some(key)) = key else { continue };
                    let mut bytes = Vec::new();
                    function.write_key(&key, &mut bytes);
                    let place = part.place(&bytes);
                    let entry = place.map(|place| part.entries[place].1.clone());
                    let outcome = if step == step::ACCUMULATE {
                        results.mark("accumulate", at);
                        function.accumulate(entry, row)
                    } else {
                        results.mark("retract", at);
                        function.retract(entry, row)
                    };
                    refused |= !results.gave(&outcome, |entry, out| write_option(function, entry, out));
                    if let Ok(entry) = outcome {
                        part.put(place, (bytes, key), entry);
                    }
                }
                step::MERGE => {
                    let [whole, part, _] = &mut parts;
                    for (bytes, (key, entry)) in part.keys.iter().zip(&part.entries) {
                        let place = whole.place(bytes);
                        let Some(found) = place else {
                            whole.put(None, (bytes.clone(), key.clone()), Some(entry.clone()));
                            continue;
                        };
                        results.mark("merge", at);
                        let outcome = function.merge(whole.entries[found].1.clone(), entry.clone());
                        refused |= !results.gave(&outcome, |entry, out| write_option(function, entry, out));
                        if let Ok(entry) = outcome {
                            whole.put(place, (bytes.clone(), key.clone()), entry);
                        }
                    }
                }
                step::VALUE => {
                    let part = &parts[usize::from(from.byte())];
                    results.mark("value", at);
                    results.written(|out| function.value(&part.entries, out));
                }
                step::IS_NEW => {
                    results.mark("law retract", at);
                    results.law(refused, parts[0].entries.is_empty());
                }
                step::IS_WHOLE => {
                    let (mut merged, mut whole) = (Vec::new(), Vec::new());
                    write_entries(function, &parts[0].entries, &mut merged);
                    write_entries(function, &parts[2].entries, &mut whole);
                    results.mark("law merge", at);
                    results.law(refused, merged == whole);
                }
                other => panic!("a keyed aggregate has no step {other}"),
            }
        }
    }
}

fn write_option<K: Keyed>(function: &K, entry: &Option<K::Entry>, out: &mut Vec<u8>) {
    out.push(u8::from(entry.is_some()));
    entry.iter().for_each(|entry| function.write_entry(entry, out));
}

/// Entries as the value of a function that has none of its own.
pub fn write_entries<K: Keyed>(function: &K, entries: &[(K::Key, K::Entry)], out: &mut Vec<u8>) {
    write_count(entries.len(), out);
    for (key, entry) in entries {
        function.write_key(key, out);
        function.write_entry(entry, out);
    }
}

pub struct OfStateless<S>(pub S);

impl<S: Stateless + Send> Runs for OfStateless<S> {
    fn run(&mut self, block: &[u8], results: &mut Results) {
        let mut from = Reader(block);
        while !from.0.is_empty() {
            let at = block.len() - from.0.len();
            match from.byte() {
                step::CALL => {
                    results.mark("call", at);
                    results.written(|out| self.0.call(&mut from, out));
                }
                _ => results.sequence += 1,
            }
        }
    }
}
