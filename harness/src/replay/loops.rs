//! The loops of an aggregation's functions, the states of its groups as the loops have them, and how many rows go by loops.

use super::accumulator::{Aggregate, Failure, State};
use super::component::Loop;
use super::plugins::Instances;
use crate::host::CallError;

/// Fewer rows than these are called one by one.
const FEW: usize = 8;

/// How many rows are tried at once: few where some were not taken, and none where it cannot be.
pub struct Pace {
    seen: usize,
    most: usize,
}

impl Pace {
    pub fn new() -> Pace {
        Pace { seen: 0, most: usize::MAX }
    }

    /// A batch of so many rows has come.
    pub fn saw(&mut self, rows: usize) {
        self.seen = self.seen.saturating_add(rows);
    }

    /// How many of so many rows to try. None before `after` have been seen, for loops have to be compiled.
    pub fn of(&self, rows: usize, after: usize) -> usize {
        let tried = rows.min(self.most);
        if tried < FEW || self.seen < after { 0 } else { tried }
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
    /// For loops: of every part what its loop has, one behind the other, and behind them the texts of all.
    Flat(Box<[u8]>),
}

/// A loop for every part of every aggregate.
pub struct Loops {
    pub of: Vec<Vec<Loop>>,
    /// The bytes of all states of a group, but for their texts.
    pub size: usize,
    /// The states of a group without rows.
    pub new: Box<[u8]>,
}

impl Loops {
    /// None where a part has no loop, and where a state cannot be made: that is told by the calls.
    pub fn new(aggregates: &[Aggregate], instances: &Instances<'_>) -> Option<Loops> {
        // Looked at first, for where there is none nothing need be compiled.
        if !aggregates.iter().all(Aggregate::may_loop) {
            return None;
        }
        let mut at = 0;
        let of = aggregates.iter().map(|aggregate| {
            let mut parts = aggregate.loops(instances)?;
            for part in &mut parts {
                part.at = at;
                at += part.sizes.state;
                part.number.take_if(|_| !aggregate.gives_value_of(&part.of));
            }
            Some(parts)
        });
        let of = of.collect::<Option<Vec<_>>>()?;
        let states: Result<Vec<State>, _> = aggregates.iter().map(|aggregate| aggregate.create(instances)).collect();
        let new = flat(&of, &states.ok()?).ok()?;
        Some(Loops { of, size: at, new })
    }

    /// Makes states flat.
    pub fn flatten(&self, states: &mut States) -> Result<(), CallError> {
        if let States::Values(values) = states {
            *states = States::Flat(flat(&self.of, values)?);
        }
        Ok(())
    }

    pub fn parts(&self) -> impl Iterator<Item = &Loop> {
        self.of.iter().flatten()
    }

    /// Makes states values.
    pub fn open(&self, states: &mut States) -> Result<(), Failure<'_>> {
        if let States::Flat(bytes) = states {
            let (bytes, texts) = bytes.split_at(self.size);
            let mut values = vec![];
            for parts in &self.of {
                let value = |part: &'_ Loop| part.state(part.own(bytes), texts);
                let value = parts.iter().map(|part| value(part).map_err(|error| part.failed(error)));
                values.push(State::of_values(value.collect::<Result<_, _>>()?));
            }
            *states = States::Values(values);
        }
        Ok(())
    }
}

fn flat(of: &[Vec<Loop>], states: &[State]) -> Result<Box<[u8]>, CallError> {
    let (mut bytes, mut texts) = (vec![], vec![]);
    for (parts, state) in of.iter().zip(states) {
        for (part, value) in parts.iter().zip(state.values()) {
            part.write_state(value, &mut bytes, &mut texts)?;
        }
    }
    bytes.extend(texts);
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_called_one_by_one_until_so_many_have_come_however_often_they_are_asked_for() {
        let mut pace = Pace::new();
        for batch in 1..=9 {
            pace.saw(1_024);
            let rows_left = (1..=1_024).rev();
            assert!(rows_left.into_iter().all(|rows| pace.of(rows, 10_000) == 0), "batch {batch}");
        }
        pace.saw(1_024);
        assert_eq!(pace.of(1_024, 10_000), 1_024);
    }

    #[test]
    fn few_are_tried_where_some_were_not_taken_then_more_and_more() {
        let mut pace = Pace::new();
        pace.took(5, 100);
        assert_eq!([pace.of(7, 0), pace.of(8, 0), pace.of(100, 0)], [0, 8, 8]);
        pace.took(8, 8);
        assert_eq!(pace.of(100, 0), 16);
        pace.never();
        assert_eq!(pace.of(100, 0), 0);
    }
}
