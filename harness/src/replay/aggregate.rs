//! GROUP BY: each row changes its group's states and tells the group's row.

use hashbrown::DefaultHashBuilder;
use indexmap::IndexMap;
use streamfn_model::{Changes, Dialect, table};

use super::changelog::Told;
use super::engine::Context;
use super::error::ReplayError;
use super::folding::fold;
use super::grouping::{Group, Grouping, Inputs, Key, NULL_KEY, Place};
use super::keys::BatchKeys;
use super::loops::Pace;
use super::meters::Kept;
use super::packed::PackedRow;
use super::query::Running;

/// Groups by their keys.
pub type Groups = IndexMap<Box<[u8]>, Group, DefaultHashBuilder>;

pub struct Aggregation {
    grouping: Grouping,
    groups: Groups,
    pace: Pace,
    /// Rows that were to be added so far.
    arrivals: i64,
}

/// The rows of a transition: the old one is undone and the new one applied before the group speaks.
pub struct Turn {
    /// Its position.
    pub group: usize,
    pub before: Option<Place>,
    pub after: Option<Place>,
}

impl Turn {
    pub fn places(&self) -> impl Iterator<Item = Place> {
        self.before.into_iter().chain(self.after)
    }

    /// The row that it ends with.
    fn last(&self) -> usize {
        self.after.or(self.before).map_or(0, |place| place.row)
    }
}

/// What a batch is to an aggregation.
pub struct Batch<'a> {
    pub changes: &'a Changes,
    pub keys: &'a BatchKeys,
    pub inputs: &'a Inputs,
}

impl Batch<'_> {
    pub fn key(&self, turn: &Turn) -> Key<'_> {
        Key { keys: self.keys, row: turn.last(), bounds: None }
    }
}

impl Aggregation {
    pub fn new(grouping: Grouping) -> Self {
        Aggregation { grouping, groups: Groups::default(), pace: Pace::new(), arrivals: 0 }
    }

    /// The turns of a batch, each with its group, which is there from now on.
    fn turns(&mut self, batch: &Batch<'_>, context: &mut Context<'_>) -> Result<Vec<Turn>, ReplayError> {
        let (Batch { changes, keys, .. }, dialect) = (batch, context.pipeline.dialect);
        // Flink's GroupAggFunction knows no updates, only rows that go and rows that come.
        let together = |before, after| dialect == Dialect::Ksqldb && keys.bytes(before) == keys.bytes(after);
        let mut turns = Vec::with_capacity(changes.len());
        for transition in changes.transitions(together) {
            let Some(row) = transition.before.or(transition.after) else { continue };
            let before = transition.before.map(|row| Place { row, arrival: 0, retract: true });
            let after = transition.after.map(|row| {
                self.arrivals += 1;
                Place { row, arrival: self.arrivals, retract: false }
            });
            if dialect == Dialect::Ksqldb && keys.has_null(row) {
                // ksqlDB has no group for null; Flink has.
                context.leave_out(NULL_KEY.to_owned());
                continue;
            }
            let key = keys.bytes(row);
            let group = match self.groups.get_index_of(key) {
                Some(group) => group,
                None => {
                    let of = Key { keys, row, bounds: None };
                    let new = self.grouping.new_group(context, changes.origin(row), of)?;
                    self.groups.insert_full(key.into(), new).0
                }
            };
            turns.push(Turn { group, before, after });
        }
        Ok(turns)
    }

    /// A turn by calls of its own.
    fn turn(
        &mut self,
        turn: &Turn,
        batch: &Batch<'_>,
        told: &mut Told<PackedRow>,
        context: &mut Context<'_>,
    ) -> Result<(), ReplayError> {
        let (group, key) = (&mut self.groups[turn.group], batch.key(turn));
        let origin = batch.changes.origin(turn.last());
        if !self.grouping.change(group, key, turn.places(), batch.inputs, batch.changes, context)? {
            // The row was left aside, and the group's result is as it was.
            return Ok(());
        }
        // Flink forgets a group without rows; ksqlDB keeps it with its empty result.
        let is_gone = context.pipeline.dialect == Dialect::Flink && group.rows == 0;
        let after = match is_gone {
            true => None,
            false => Some(self.grouping.result(group, key, origin, context)?),
        };
        speak(group, after, turn, batch, told, context);
        if is_gone {
            group.states = self.grouping.new_group(context, origin, key)?.states;
        }
        Ok(())
    }
}

/// Tells what a group's row has become.
fn speak(
    group: &mut Group,
    after: Option<PackedRow>,
    turn: &Turn,
    Batch { changes, .. }: &Batch<'_>,
    told: &mut Told<PackedRow>,
    context: &Context<'_>,
) {
    let last = turn.last();
    group.time = table::later(changes.times[last], Some(group.time));
    let before = std::mem::replace(&mut group.result, after.clone());
    let transition = table::aggregate(context.pipeline.dialect, before, after);
    told.say_all(transition, group.time, changes.places[last]);
    if group.result.is_none() {
        // Whoever comes next is the first again.
        group.time = i64::MIN;
    }
}

impl Running for Aggregation {
    fn push(&mut self, changes: Changes, context: &mut Context<'_>) -> Result<Changes, ReplayError> {
        let (keys, inputs) = (self.grouping.keys(&changes)?, self.grouping.inputs(&changes)?);
        let batch = Batch { changes: &changes, keys: &keys, inputs: &inputs };
        let turns = self.turns(&batch, context)?;
        self.pace.saw(turns.len(), || self.grouping.has_compiled_loops(context));
        let mut told = Told::of(&changes.records);
        let mut next = 0;
        while next < turns.len() {
            let folded = fold(&mut self.pace, &self.grouping, &mut self.groups, &turns[next..], &batch, context)?;
            if folded.is_empty() {
                self.turn(&turns[next], &batch, &mut told, context)?;
                next += 1;
            }
            for after in folded {
                let turn = &turns[next];
                speak(&mut self.groups[turn.group], after, turn, &batch, &mut told, context);
                next += 1;
            }
        }
        if context.pipeline.dialect == Dialect::Flink {
            // Found before any goes: then the others stand elsewhere.
            let is_gone = |turn: &&Turn| {
                let group = &self.groups[turn.group];
                group.rows == 0 && !group.has_left_aside()
            };
            let gone: Vec<&[u8]> = turns.iter().filter(is_gone).map(|turn| keys.bytes(turn.last())).collect();
            for key in gone {
                self.groups.swap_remove(key);
            }
        }
        Ok(told.kept(&self.grouping.packing, &self.grouping.fields))
    }

    fn kept(&self) -> Kept {
        Kept::of(self.groups.len(), self.groups.iter().map(|(key, group)| key.len() + group.bytes()))
    }
}
