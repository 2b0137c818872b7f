//! A batch's turns through the loops of an aggregation's functions: what they come to is what their calls come to.
//!
//! For the loops the states of the groups are bytes, and stay so until a call has to see one.

mod keyed;
mod plain;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int64Array, UInt32Array};
use arrow::compute::take;
use hashbrown::DefaultHashBuilder;
use streamfn_model::{Dialect, Value, columns};

use super::accumulator::{Aggregate, Failure};
use super::aggregate::{Batch, Groups, Turn};
use super::component::Loop;
use super::engine::Context;
use super::entries::Entries;
use super::error::ReplayError;
use super::grouping::{Grouping, ends};
use super::loops::{Looped, Loops, Pace, States};
use super::packed::{PackedRow, Packing};
use crate::host::{CallError, row};
use keyed::Keyed;
use plain::Plain;

/// Takes turns from the first on, and gives each one's row after it; none for a group that is gone. Where it takes none, the
/// first has to be called by itself.
pub fn fold(
    pace: &mut Pace,
    grouping: &Grouping,
    groups: &mut Groups,
    turns: &[Turn],
    batch: &Batch<'_>,
    context: &Context<'_>,
) -> Result<Vec<Option<PackedRow>>, ReplayError> {
    let turns = &turns[..pace.of(turns.len(), context.options.fold_after)];
    if turns.is_empty() {
        return Ok(vec![]);
    }
    let Some(loops) = grouping.loops(context) else {
        pace.never();
        return Ok(vec![]);
    };
    let steps = Steps::of(turns, groups, context.pipeline.dialect);
    let flatten = |group: &usize| loops.flatten(&mut groups[*group].states);
    if steps.touched.iter().try_for_each(flatten).is_err() {
        // What is wrong is told by the calls.
        return Ok(vec![]);
    }
    let places = steps.places(batch.changes.len());
    let parts = |of: usize| {
        let aggregate = &grouping.aggregates[of];
        let input = Input { aggregate, of, steps: &steps, places: places.as_ref(), batch };
        let components = aggregate.components().into_iter().flatten();
        let part = |(looped, (component, _))| {
            let &Looped { ref over, ref keys, at } = looped;
            let given = Given::new(&input, over);
            match keys {
                Some(keys) => Part::Keyed(Keyed::new(component, keys, over, at, given)),
                None => Part::Plain(Plain::new(over, at, given, &steps, loops, groups)),
            }
        };
        loops.of[of].iter().zip(components).map(part).collect()
    };
    let mut parts: Vec<Vec<Part<'_>>> = (0..loops.of.len()).map(parts).collect();
    let Ok(taken) = steps.run(&mut parts, groups, context) else {
        pace.never();
        return Ok(vec![]);
    };
    pace.took(taken, turns.len());
    let (mut rows, mut bytes) = (Vec::with_capacity(taken), vec![]);
    for (place, turn) in turns[..taken].iter().enumerate() {
        let group = &mut groups[turn.group];
        if loops.keyed > 0 {
            steps.settle_entries(place, &mut parts, group.states.entries_mut());
        }
        if steps.gone[place] {
            rows.push(None);
            continue;
        }
        let (key, step) = (batch.key(turn), steps.of_turn(place).end - 1);
        rows.push(Some(grouping.row(key, &mut bytes, |of, column, row| {
            if let [Part::Plain(part)] = &parts[of][..]
                && let Some(number) = part.number(step)
            {
                Packing::put_number(number, row);
                return Ok(());
            }
            let fail = |failure| ends(context, batch.changes.origin(key.row), key, failure);
            let values = parts[of].iter().map(|part| part.value(step, &group.states, context));
            let values = values.collect::<Result<Vec<_>, _>>();
            let value = grouping.aggregates[of].made_of(&values.map_err(fail)?).map_err(fail)?;
            Ok(grouping.packing.put(column, &value, row)?)
        })?));
    }
    steps.settle(&parts, loops, taken, groups);
    Ok(rows)
}

/// What turns do, step by step: one takes back the old row, one adds the new one.
#[derive(Default)]
struct Steps {
    /// The groups that take part.
    touched: Vec<usize>,
    /// Of each step: its row, its group among those touched, what it does, the number of its arrival.
    rows: Vec<u32>,
    groups: Vec<u32>,
    kinds: Vec<u8>,
    arrivals: Vec<i64>,
    /// After each turn: how many steps there were, whether its group is gone, and its rows.
    ends: Vec<usize>,
    gone: Vec<bool>,
    left: Vec<u64>,
}

impl Steps {
    /// Turns up to the first that only its own calls can tell about.
    fn of(turns: &[Turn], groups: &Groups, dialect: Dialect) -> Steps {
        let mut steps = Steps::default();
        let mut known: HashMap<usize, u32, DefaultHashBuilder> = HashMap::default();
        // Of each group touched: its rows, and whether its state is to be made new.
        let mut counts: Vec<(u64, bool)> = vec![];
        for turn in turns {
            let group = &groups[turn.group];
            let local = *known.entry(turn.group).or_insert_with(|| {
                steps.touched.push(turn.group);
                counts.push((group.rows, false));
                counts.len() as u32 - 1
            });
            let (rows, anew) = &mut counts[local as usize];
            if group.has_left_aside() || (turn.before.is_some() && *rows == 0) {
                break;
            }
            for place in turn.places() {
                let kind = if place.retract { row::RETRACT } else { row::ACCUMULATE };
                steps.kinds.push(if std::mem::take(anew) { kind | row::ANEW } else { kind });
                steps.rows.push(place.row as u32);
                steps.groups.push(local);
                steps.arrivals.push(place.arrival);
                *rows = if place.retract { *rows - 1 } else { *rows + 1 };
            }
            *anew = dialect == Dialect::Flink && *rows == 0;
            steps.ends.push(steps.rows.len());
            steps.gone.push(*anew);
            steps.left.push(*rows);
        }
        steps
    }

    /// The rows of the steps in a batch of so many; `None` where they are all of it as they stand.
    fn places(&self, rows: usize) -> Option<UInt32Array> {
        let is_all = self.rows.len() == rows && self.rows.iter().zip(0..).all(|(row, all)| *row == all);
        (!is_all).then(|| UInt32Array::from(self.rows.clone()))
    }

    /// The steps of a turn.
    fn of_turn(&self, turn: usize) -> Range<usize> {
        let first = turn.checked_sub(1).map_or(0, |before| self.ends[before]);
        first..self.ends[turn]
    }

    /// Runs as many turns as all parts take: a row that one refuses is in none of them.
    fn run(&self, parts: &mut [Vec<Part<'_>>], groups: &Groups, context: &Context<'_>) -> Result<usize, CallError> {
        let mut turns = self.ends.len();
        'fewer: while turns > 0 {
            let steps = self.ends[turns - 1];
            for part in parts.iter_mut().flatten() {
                let taken = match part {
                    Part::Plain(part) => part.run(steps, self, context)?,
                    Part::Keyed(part) => part.run(steps, self, groups, context)?,
                };
                if taken < steps {
                    turns = self.ends.partition_point(|end| *end <= taken);
                    continue 'fewer;
                }
            }
            return Ok(turns);
        }
        Ok(0)
    }

    /// Gives a group's keyed parts what a turn has made of their entries.
    fn settle_entries(&self, turn: usize, parts: &mut [Vec<Part<'_>>], entries: &mut [Entries]) {
        for part in parts.iter_mut().flatten() {
            if let Part::Keyed(part) = part {
                self.of_turn(turn).for_each(|step| part.settle(step, &mut entries[part.at]));
            }
        }
        if self.gone[turn] {
            entries.fill_with(Entries::default);
        }
    }

    /// Gives the groups what these turns have made of their other parts.
    fn settle(&self, parts: &[Vec<Part<'_>>], loops: &Loops, turns: usize, groups: &mut Groups) {
        let mut last: Vec<Option<usize>> = vec![None; self.touched.len()];
        for turn in 0..turns {
            last[self.groups[self.ends[turn] - 1] as usize] = Some(turn);
        }
        for (local, turn) in last.into_iter().enumerate() {
            let Some(turn) = turn else { continue };
            let group = &mut groups[self.touched[local]];
            group.rows = self.left[turn];
            let States::Flat { bytes, .. } = &mut group.states else { continue };
            if self.gone[turn] {
                bytes.clone_from(&loops.new);
                continue;
            }
            let mut texts = vec![];
            for part in parts.iter().flatten() {
                if let Part::Plain(part) = part {
                    part.settle(local, bytes, &mut texts);
                }
            }
            if loops.has_texts {
                *bytes = [&bytes[..loops.size], &texts].concat().into();
            }
        }
    }
}

/// What goes by a loop, with its rows.
enum Part<'a> {
    Plain(Plain<'a>),
    Keyed(Keyed<'a>),
}

impl Part<'_> {
    /// The value that a group has after a step.
    fn value(&self, step: usize, states: &States, context: &Context<'_>) -> Result<Value, Failure<'_>> {
        match self {
            Part::Plain(part) => part.value(step),
            Part::Keyed(part) => part.value(&states.entries()[part.at], context),
        }
    }
}

/// What the parts of one aggregate have in common.
struct Input<'a> {
    /// Its position.
    of: usize,
    aggregate: &'a Aggregate,
    steps: &'a Steps,
    places: Option<&'a UInt32Array>,
    batch: &'a Batch<'a>,
}

/// The rows of a part: of each step its arguments, and what it does.
struct Given {
    arguments: Vec<ArrayRef>,
    kinds: Vec<u8>,
}

impl Given {
    fn new(&Input { of, aggregate, steps, places, batch }: &Input<'_>, looped: &Loop) -> Given {
        let (given, filter) = (&batch.inputs.arguments[of], &batch.inputs.filters[of]);
        let of_steps = |column: &ArrayRef| match places {
            None => column.clone(),
            Some(places) => take(column, places, None).expect("the places are rows of the batch"),
        };
        let mut arguments: Vec<ArrayRef> = given.iter().take(looped.takes).map(of_steps).collect();
        if arguments.len() < looped.takes {
            arguments.push(Arc::new(Int64Array::from(steps.arrivals.clone())));
        }
        let mut skipping = looped.skipping(&arguments);
        let first = given.first().filter(|column| aggregate.skips_null() && column.null_count() > 0);
        skipping.extend(first.map(of_steps));
        let filter = filter.as_ref();
        let is_any = |step: usize| {
            skipping.iter().all(|column| column.is_valid(step))
                && filter.is_none_or(|filter| columns::is_true(filter, steps.rows[step] as usize))
        };
        let kind = |(step, kind): (usize, &u8)| if is_any(step) { *kind } else { row::NOTHING | (*kind & row::ANEW) };
        let kinds = steps.kinds.iter().enumerate().map(kind).collect();
        Given { arguments, kinds }
    }

    /// The arguments of the first steps.
    fn first(&self, steps: usize) -> Vec<ArrayRef> {
        self.arguments.iter().map(|column| column.slice(0, steps)).collect()
    }
}
