//! A keyed aggregate's steps: one loop gives the rows their keys, another one makes of these keys' entries what they are then, and
//! the two are what the entries of the groups become.

use std::collections::HashMap;

use hashbrown::DefaultHashBuilder;
use streamfn_model::Value;

use super::{Given, Groups, Loop, Steps};
use crate::host::{CallError, Room, Rows, row};
use crate::replay::accumulator::Failure;
use crate::replay::component::{Component, takes_entry};
use crate::replay::engine::Context;
use crate::replay::entries::Entries;

pub(super) struct Keyed<'a> {
    component: &'a Component,
    keys: &'a Loop,
    entries: &'a Loop,
    /// The place of its entries among a group's.
    pub(super) at: usize,
    given: Given,
    /// Of each step that was taken its key, if it has one, and what that key's entry is then.
    changes: Vec<Option<(Value, Value)>>,
}

/// An entry that steps are about.
struct Entry {
    /// How often its group had been made new when a step was about it last.
    times_new: u32,
    is_there: bool,
}

impl<'a> Keyed<'a> {
    pub(super) fn new(
        component: &'a Component,
        keys: &'a Loop,
        entries: &'a Loop,
        at: usize,
        given: Given,
    ) -> Keyed<'a> {
        Keyed { component, keys, entries, at, given, changes: vec![] }
    }

    /// Runs this many steps, and says how many were taken.
    pub(super) fn run(
        &mut self,
        count: usize,
        steps: &Steps,
        groups: &Groups,
        context: &Context<'_>,
    ) -> Result<usize, CallError> {
        self.changes.clear();
        let keys = self.keys_of_rows(count, context)?;
        let before = |group: usize| &groups[steps.touched[group]].states.entries()[self.at];

        let (mut found, mut all) = (HashMap::<_, u32, DefaultHashBuilder>::default(), vec![]);
        let (mut kinds, mut entries) = (vec![row::NOTHING; keys.len()], vec![0; keys.len()]);
        let (mut new, mut states, mut texts) = (vec![], vec![], vec![]);
        self.entries.write_state(&Value::Null, &mut new, &mut texts)?;
        let mut times_new = vec![0; steps.touched.len()];
        for (step, key) in keys.iter().enumerate() {
            let group = steps.groups[step] as usize;
            times_new[group] += u32::from(self.is_new(step));
            if key.is_null() {
                continue;
            }
            let entry = *found.entry((group, key)).or_insert(all.len() as u32);
            if entry as usize == all.len() {
                let state = before(group).get(key);
                self.entries.write_state(state.unwrap_or(&Value::Null), &mut states, &mut texts)?;
                all.push(Entry { times_new: 0, is_there: state.is_some() });
            }
            let is_old = std::mem::replace(&mut all[entry as usize].times_new, times_new[group]) < times_new[group];
            kinds[step] = self.given.kinds[step] & !row::ANEW | if is_old { row::ANEW } else { 0 };
            entries[step] = entry;
        }
        if all.is_empty() {
            self.changes.resize(keys.len(), None);
            return Ok(keys.len());
        }

        let size = self.entries.sizes.value;
        let mut values = vec![0; keys.len() * size];
        let rows = Rows { kinds: &kinds, groups: &entries, arguments: &self.given.first(keys.len()) };
        let room = Room { new: &new, states: &mut states, values: &mut values, texts: &mut texts };
        let taken = context.instances.fold(self.entries, &rows, room)?;

        let mut held: Vec<usize> = (0..steps.touched.len()).map(|group| before(group).len()).collect();
        for (step, key) in keys.into_iter().enumerate().take(taken) {
            let held = &mut held[steps.groups[step] as usize];
            if self.is_new(step) {
                *held = 0;
            }
            if key.is_null() {
                self.changes.push(None);
                continue;
            }
            let Ok(after) = self.entries.value(&values[step * size..], &texts) else { return Ok(step) };
            let (entry, kind) = (&mut all[entries[step] as usize], kinds[step]);
            let was_there = entry.is_there && kind & row::ANEW == 0;
            entry.is_there = !after.is_null();
            match (was_there, entry.is_there) {
                (false, true) => {
                    if takes_entry(*held, kind & row::RETRACT != 0, context.options.most_entries).is_err() {
                        return Ok(step);
                    }
                    *held += 1;
                }
                (true, false) => *held -= 1,
                _ => {}
            }
            self.changes.push(Some((key, after)));
        }
        Ok(taken)
    }

    /// Whether a step's group is made new before it.
    fn is_new(&self, step: usize) -> bool {
        self.given.kinds[step] & row::ANEW != 0
    }

    /// Of the first rows, as many as are taken, each one's key; null where it has none.
    fn keys_of_rows(&self, count: usize, context: &Context<'_>) -> Result<Vec<Value>, CallError> {
        let of_row = |kind: &u8| match kind & !row::ANEW {
            row::NOTHING => row::NOTHING,
            _ => row::ACCUMULATE,
        };
        let kinds: Vec<u8> = self.given.kinds[..count].iter().map(of_row).collect();
        let keys = context.instances.values(self.keys, &kinds, &self.given.first(count))?;
        Ok(keys.into_iter().map_while(Result::ok).collect())
    }

    /// Does to a group's entries what a step does.
    pub(super) fn settle(&mut self, step: usize, entries: &mut Entries) {
        if let Some((key, after)) = self.changes[step].take() {
            entries.set(key, after);
        }
    }

    pub(super) fn value(&self, entries: &Entries, context: &Context<'_>) -> Result<Value, Failure<'_>> {
        let Component { of, plugin, .. } = self.component;
        self.component.value_of(&context.instances, entries).map_err(|error| Failure::Call(of, *plugin, error))
    }
}
