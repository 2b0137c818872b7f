//! A batch's turns through the loops of an aggregation's functions: what they come to is what their calls come to.
//!
//! For the loops the states of the groups are bytes, and stay so until a call has to see one.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int64Array, UInt32Array};
use arrow::compute::take;
use hashbrown::DefaultHashBuilder;
use streamfn_model::{Dialect, Value, columns};

use super::accumulator::{Aggregate, Failure};
use super::aggregate::{Batch, Groups, Turn};
use super::component::Loop;
use super::engine::Context;
use super::error::ReplayError;
use super::grouping::{Grouping, ends};
use super::loops::{Loops, Pace, States};
use super::packed::{PackedRow, Packing};
use crate::host::{CallError, Room, Rows, row};

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
        let input = Input { aggregate: &grouping.aggregates[of], of, steps: &steps, places: places.as_ref(), batch };
        let part = |looped| Part::new(&input, looped, loops, groups);
        loops.of[of].iter().map(part).collect()
    };
    let mut parts: Vec<Vec<Part<'_>>> = (0..loops.of.len()).map(parts).collect();
    let Ok(taken) = steps.run(&mut parts, context) else {
        pace.never();
        return Ok(vec![]);
    };
    pace.took(taken, turns.len());
    let mut rows = Vec::with_capacity(taken);
    for (place, turn) in turns[..taken].iter().enumerate() {
        if steps.gone[place] {
            rows.push(None);
            continue;
        }
        let (key, step) = (batch.key(turn), steps.ends[place] - 1);
        rows.push(Some(grouping.row(key, |of, column, row| {
            if let [part] = &parts[of][..]
                && let Some(number) = part.number(step)
            {
                Packing::put_number(number, row);
                return Ok(());
            }
            let fail = |failure| ends(context, batch.changes.origin(key.row), key, failure);
            let values = parts[of].iter().map(|part| part.value(step)).collect::<Result<Vec<_>, _>>();
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

    /// Runs as many turns as all parts take: a row that one refuses is in none of them.
    fn run(&self, parts: &mut [Vec<Part<'_>>], context: &Context<'_>) -> Result<usize, CallError> {
        let mut turns = self.ends.len();
        'fewer: while turns > 0 {
            let steps = self.ends[turns - 1];
            for part in parts.iter_mut().flatten() {
                let taken = part.run(steps, &self.groups, context)?;
                if taken < steps {
                    turns = self.ends.partition_point(|end| *end <= taken);
                    continue 'fewer;
                }
            }
            return Ok(turns);
        }
        Ok(0)
    }

    /// Gives the groups what these turns have made of them.
    fn settle(&self, parts: &[Vec<Part<'_>>], loops: &Loops, turns: usize, groups: &mut Groups) {
        let mut last: Vec<Option<usize>> = vec![None; self.touched.len()];
        for turn in 0..turns {
            last[self.groups[self.ends[turn] - 1] as usize] = Some(turn);
        }
        for (local, turn) in last.into_iter().enumerate() {
            let Some(turn) = turn else { continue };
            let group = &mut groups[self.touched[local]];
            group.rows = self.left[turn];
            let States::Flat(states) = &mut group.states else { continue };
            if self.gone[turn] {
                states.clone_from(&loops.new);
                continue;
            }
            let mut texts = vec![];
            for part in parts.iter().flatten() {
                let (state, own) = (part.state(local), part.looped.at);
                let own = &mut states[own..own + state.len()];
                own.copy_from_slice(state);
                part.looped.gather_texts(own, &part.texts, &mut texts);
            }
            if loops.parts().any(|part| part.has_texts) {
                *states = [&states[..loops.size], &texts].concat().into();
            }
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

/// One loop's rows and states.
struct Part<'a> {
    looped: &'a Loop,
    arguments: Vec<ArrayRef>,
    kinds: Vec<u8>,
    /// The state of a group that has no rows yet.
    new: Vec<u8>,
    before: Vec<u8>,
    states: Vec<u8>,
    values: Vec<u8>,
    /// Those of all these; so many of them are those of before.
    texts: Vec<u8>,
    texts_before: usize,
}

impl<'a> Part<'a> {
    fn new(
        &Input { of, aggregate, steps, places, batch }: &Input<'_>,
        looped: &'a Loop,
        loops: &Loops,
        groups: &Groups,
    ) -> Part<'a> {
        let (given, filter) = (&batch.inputs.arguments[of], &batch.inputs.filters[of]);
        let of_steps = |column: &ArrayRef| match places {
            None => column.clone(),
            Some(places) => take(column, places, None).expect("the places are rows of the batch"),
        };
        let mut arguments: Vec<ArrayRef> = given.iter().take(looped.takes).map(of_steps).collect();
        if arguments.len() < looped.takes {
            arguments.push(Arc::new(Int64Array::from(steps.arrivals.clone())));
        }
        let skipping: Vec<ArrayRef> = arguments
            .iter()
            .zip(looped.skips_nulls())
            .filter(|(_, skips)| *skips)
            .map(|(column, _)| column.clone())
            .chain(given.first().filter(|_| aggregate.skips_null()).map(of_steps))
            .filter(|column| column.null_count() > 0)
            .collect();
        let filter = filter.as_ref();
        let is_any = |step: usize| {
            skipping.iter().all(|column| column.is_valid(step))
                && filter.is_none_or(|filter| columns::is_true(filter, steps.rows[step] as usize))
        };
        let kind = |(step, kind): (usize, &u8)| if is_any(step) { *kind } else { row::NOTHING | (*kind & row::ANEW) };
        let kinds = steps.kinds.iter().enumerate().map(kind).collect();
        let mut texts = vec![];
        let mut take = |states: &[u8], before: &mut Vec<u8>| {
            let start = before.len();
            before.extend_from_slice(looped.own(states));
            looped.gather_texts(&mut before[start..], &states[loops.size..], &mut texts);
        };
        let (mut new, mut before) = (vec![], Vec::with_capacity(looped.sizes.state * steps.touched.len()));
        take(&loops.new, &mut new);
        for group in &steps.touched {
            if let States::Flat(states) = &groups[*group].states {
                take(states, &mut before);
            }
        }
        let texts_before = texts.len();
        Part { looped, arguments, kinds, new, states: before.clone(), before, values: vec![], texts, texts_before }
    }

    /// Runs this many steps, and says how many were taken.
    fn run(&mut self, steps: usize, groups: &[u32], context: &Context<'_>) -> Result<usize, CallError> {
        self.states.copy_from_slice(&self.before);
        self.texts.truncate(self.texts_before);
        self.values.resize(steps * self.looped.sizes.value, 0);
        let arguments: Vec<ArrayRef> = self.arguments.iter().map(|column| column.slice(0, steps)).collect();
        let rows = Rows { kinds: &self.kinds[..steps], groups: &groups[..steps], arguments: &arguments };
        let Part { new, states, values, texts, .. } = self;
        context.instances.fold(self.looped, &rows, Room { new, states, values, texts })
    }

    /// The group's value after a step.
    fn value(&self, step: usize) -> Result<Value, Failure<'_>> {
        let bytes = &self.values[step * self.looped.sizes.value..];
        self.looped.value(bytes, &self.texts).map_err(|error| self.looped.failed(error))
    }

    /// That value if it is a number, as its column has it.
    fn number(&self, step: usize) -> Option<&[u8]> {
        self.looped.number?.of(&self.values[step * self.looped.sizes.value..])
    }

    fn state(&self, group: usize) -> &[u8] {
        &self.states[group * self.looped.sizes.state..][..self.looped.sizes.state]
    }
}
