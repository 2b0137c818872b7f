//! The loops of an aggregation's functions, the states of its groups as the loops have them, and how many rows go by loops.

use super::accumulator::{Aggregate, Failure, State};
use super::component::{self, Component, Loop};
use super::entries::Entries;
use super::plugins::Instances;
use crate::host::CallError;

/// Fewer rows than these are called one by one.
const FEW: usize = 8;

/// How many rows are tried at once: few where some were not taken, and none where it cannot be.
pub struct Pace {
    seen: usize,
    /// Whether the loops are there, though nobody has asked for them here.
    are_compiled: bool,
    most: usize,
}

impl Pace {
    pub fn new() -> Pace {
        Pace { seen: 0, are_compiled: false, most: usize::MAX }
    }

    /// A batch of so many rows has come.
    pub fn saw(&mut self, rows: usize, are_compiled: impl FnOnce() -> bool) {
        self.seen = self.seen.saturating_add(rows);
        self.are_compiled = self.are_compiled || are_compiled();
    }

    /// How many of so many rows to try. None before `after` have been seen, unless the loops are there already.
    pub fn of(&self, rows: usize, after: Option<usize>) -> usize {
        let tried = rows.min(self.most);
        let is_time = |after| self.are_compiled || self.seen >= after;
        if tried >= FEW && after.is_some_and(is_time) { tried } else { 0 }
    }

    pub fn took(&mut self, taken: usize, tried: usize) {
        self.most = if taken < tried { FEW } else { self.most.saturating_mul(2) };
    }

    pub fn never(&mut self) {
        self.most = 0;
    }
}

/// What the aggregates of a group hold.
pub enum States {
    /// For calls.
    Values(Vec<State>),
    /// For loops.
    Flat {
        /// What the loops of plain aggregates have, one behind the other, and behind them the texts of all.
        bytes: Box<[u8]>,
        /// Of keyed aggregates.
        entries: Box<[Entries]>,
    },
}

impl States {
    /// Those of keyed aggregates, if they are for loops.
    pub fn entries(&self) -> &[Entries] {
        match self {
            States::Flat { entries, .. } => entries,
            States::Values(_) => &[],
        }
    }

    pub fn entries_mut(&mut self) -> &mut [Entries] {
        match self {
            States::Flat { entries, .. } => entries,
            States::Values(_) => &mut [],
        }
    }
}

/// A part of an aggregate that goes by loops instead of calls.
pub struct Looped {
    /// Over its states, or its entries.
    pub over: Loop,
    /// That of its keys, if it is keyed.
    pub keys: Option<Box<Loop>>,
    /// Where its state begins in a group's bytes, or the place of its entries among a group's.
    pub at: usize,
}

/// The loops for every part of every aggregate.
pub struct Loops {
    pub of: Vec<Vec<Looped>>,
    /// Bytes of a group's states but for their texts.
    pub size: usize,
    /// How many of its parts are keyed.
    pub keyed: usize,
    /// Whether any state has text.
    pub has_texts: bool,
    /// The bytes of a group without rows.
    pub new: Box<[u8]>,
}

impl Loops {
    /// None where a part has no loop, and where a state cannot be made: that is told by the calls.
    pub fn new(aggregates: &[Aggregate], instances: &Instances<'_>) -> Option<Loops> {
        // Looked at first, for where there is none nothing need be compiled.
        if !aggregates.iter().all(Aggregate::may_loop) {
            return None;
        }
        let (mut size, mut keyed) = (0, 0);
        let of = aggregates.iter().map(|aggregate| {
            let part = |(component, takes): (&Component, usize)| {
                let Component { of, plugin, .. } = component;
                let mut over = Loop::new(instances, of, *plugin, takes)?;
                if component.is_keyed() {
                    let keys = Some(Box::new(Loop::of_keys(instances, of, *plugin, takes)?));
                    keyed += 1;
                    return Some(Looped { over, keys, at: keyed - 1 });
                }
                over.number.take_if(|_| !aggregate.gives_value_of(of));
                let at = size;
                size += over.sizes.state;
                Some(Looped { over, keys: None, at })
            };
            aggregate.components()?.into_iter().map(part).collect()
        });
        let of = of.collect::<Option<Vec<Vec<Looped>>>>()?;
        let has_texts = of.iter().flatten().any(|part| part.keys.is_none() && part.over.has_texts);
        let mut loops = Loops { of, size, keyed, has_texts, new: [].into() };
        let states: Result<Vec<State>, _> = aggregates.iter().map(|aggregate| aggregate.create(instances)).collect();
        loops.new = loops.bytes(&mut states.ok()?).ok()?;
        Some(loops)
    }

    /// The states of a group without rows.
    pub fn new_states(&self) -> States {
        States::Flat {
            bytes: self.new.clone(),
            entries: std::iter::repeat_with(Entries::default).take(self.keyed).collect(),
        }
    }

    /// Makes states flat.
    pub fn flatten(&self, states: &mut States) -> Result<(), CallError> {
        if let States::Values(values) = states {
            let bytes = self.bytes(values)?;
            let entries = values.iter_mut().flat_map(State::components).filter_map(|state| match state {
                component::State::Entries(entries) => Some(std::mem::take(entries)),
                component::State::Value(_) => None,
            });
            *states = States::Flat { bytes, entries: entries.collect() };
        }
        Ok(())
    }

    fn bytes(&self, states: &mut [State]) -> Result<Box<[u8]>, CallError> {
        let (mut bytes, mut texts) = (vec![], vec![]);
        for (parts, state) in self.of.iter().zip(states) {
            for (part, state) in parts.iter().zip(state.components()) {
                if let component::State::Value(value) = state {
                    part.over.write_state(value, &mut bytes, &mut texts)?;
                }
            }
        }
        bytes.extend(texts);
        Ok(bytes.into())
    }

    /// Makes states values.
    pub fn open(&self, states: &mut States) -> Result<(), Failure<'_>> {
        if let States::Flat { bytes, entries } = states {
            let (bytes, texts) = bytes.split_at(self.size);
            let mut part = |Looped { over, keys, at }: &'_ Looped| match keys {
                Some(_) => Ok(component::State::Entries(std::mem::take(&mut entries[*at]))),
                None => over.state(&bytes[*at..], texts).map(component::State::Value),
            };
            let mut values = vec![];
            for parts in &self.of {
                let states = parts.iter().map(|of| part(of).map_err(|error| of.over.failed(error)));
                values.push(State::of_components(states.collect::<Result<Vec<_>, _>>()?));
            }
            *states = States::Values(values);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_called_one_by_one_until_so_many_have_come_or_the_loops_are_there() {
        let mut pace = Pace::new();
        for batch in 1..=9 {
            pace.saw(1_024, || false);
            let rows_left = (1..=1_024).rev();
            assert!(rows_left.into_iter().all(|rows| pace.of(rows, Some(10_000)) == 0), "batch {batch}");
        }
        pace.saw(1_024, || false);
        assert_eq!(pace.of(1_024, Some(10_000)), 1_024);
        let mut pace = Pace::new();
        pace.saw(1_024, || true);
        assert_eq!([Some(10_000), None].map(|after| pace.of(1_024, after)), [1_024, 0]);
    }

    #[test]
    fn few_are_tried_where_some_were_not_taken_then_more_and_more() {
        let mut pace = Pace::new();
        pace.took(5, 100);
        let of = |pace: &Pace, rows| pace.of(rows, Some(0));
        assert_eq!([7, 8, 100].map(|rows| of(&pace, rows)), [0, 8, 8]);
        pace.took(8, 8);
        assert_eq!(of(&pace, 100), 16);
        pace.never();
        assert_eq!(of(&pace, 100), 0);
    }
}
