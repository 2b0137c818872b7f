//! GROUP BY: a state for each group and aggregate; each row changes its group's states and tells the group's result.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray};
use datafusion_physical_expr::PhysicalExpr;
use streamfn_model::{Changes, Dialect, Field, Origin, Value, columns, table};

use super::accumulator::{Aggregate, Failure, Pending, State, Step};
use super::changelog::Told;
use super::component::Component;
use super::engine::Context;
use super::error::ReplayError;
use super::keys::Keys;
use super::meters::{Kept, size};
use super::query::Running;
use super::stateless::{Refused, evaluate, refused};
use crate::sql::AggregateCall;

/// The reason why ksqlDB leaves a row out.
pub const NULL_KEY: &str = "rows have a null GROUP BY key";

pub struct Aggregation {
    group: Vec<Arc<dyn PhysicalExpr>>,
    aggregates: Vec<Aggregate>,
    fields: Vec<Field>,
    keys: Keys,
    groups: HashMap<Vec<u8>, Group>,
    /// Rows that were to be added so far.
    arrivals: i64,
}

pub struct Group {
    states: Vec<State>,
    /// The row that was told last.
    pub result: Option<Vec<Value>>,
    /// Rows added less rows taken back.
    rows: u64,
    /// Rows left aside when they came and not taken back since, by their arguments: of equal rows it is all one which was.
    left_aside: HashMap<Arguments, u64>,
    time: i64,
}

impl Group {
    /// About what it takes.
    pub fn bytes(&self) -> usize {
        self.states.iter().map(State::bytes).sum::<usize>() + self.result.as_ref().map_or(0, |row| size(row))
    }
}

/// What every aggregate gets of a batch.
pub struct Inputs {
    arguments: Vec<Vec<ArrayRef>>,
    /// Which rows are any to it; `None` where all are.
    filters: Vec<Option<BooleanArray>>,
}

/// The arguments of every aggregate in one row.
type Arguments = Vec<Vec<Value>>;

/// A row of the batch, to be added or taken back.
#[derive(Clone, Copy)]
pub struct Place {
    pub row: usize,
    pub arrival: i64,
    pub retract: bool,
}

impl Group {
    /// Whether a row that goes had been left aside; it is no longer.
    fn was_left_aside(&mut self, arguments: &Arguments) -> bool {
        match self.left_aside.get_mut(arguments) {
            None => false,
            Some(1) => self.left_aside.remove(arguments).is_some(),
            Some(count) => {
                *count -= 1;
                true
            }
        }
    }
}

impl Aggregation {
    pub fn new(
        context: &Context<'_>,
        group: &[Arc<dyn PhysicalExpr>],
        aggregates: &[AggregateCall],
        fields: &[Field],
    ) -> Result<Self, ReplayError> {
        let aggregates = aggregates.iter().map(|call| Aggregate::new(context, call)).collect::<Result<_, _>>()?;
        let keys = Keys::new(fields, &(0..group.len()).collect::<Vec<_>>());
        let (group, fields) = (group.to_vec(), fields.to_vec());
        Ok(Aggregation { group, aggregates, fields, keys, groups: HashMap::new(), arrivals: 0 })
    }

    pub fn group(&self) -> &[Arc<dyn PhysicalExpr>] {
        &self.group
    }

    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    pub fn new_group(&self, context: &Context<'_>, origin: &Origin, key: &[Value]) -> Result<Group, ReplayError> {
        let create =
            |aggregate: &Aggregate| aggregate.create(&context.instances).map_err(|e| ends(context, origin, key, e));
        let states = self.aggregates.iter().map(create).collect::<Result<_, _>>()?;
        Ok(Group { states, result: None, rows: 0, left_aside: HashMap::new(), time: i64::MIN })
    }

    /// Lets the rows of one transition change their group, and says whether any did. A row that one function refuses is in none
    /// of them, and goes as it came. A refusal when a row goes that was added ends the run under every policy: it would stay
    /// for good.
    pub fn change(
        &self,
        group: &mut Group,
        key: &[Value],
        places: &[Place],
        inputs: &Inputs,
        changes: &Changes,
        context: &mut Context<'_>,
    ) -> Result<bool, ReplayError> {
        let mut changed = false;
        for Place { row, arrival, retract } in places.iter().copied() {
            let origin = changes.origin(row);
            let values: Arguments =
                inputs.arguments.iter().map(|of| of.iter().map(|c| columns::read(c, row)).collect()).collect();
            if retract && group.was_left_aside(&values) {
                continue;
            }
            let step = |arguments| Step { arguments, arrival, retract };
            let (mut pending, mut left_aside) = (vec![], false);
            let states = self.aggregates.iter().zip(&group.states);
            for (((aggregate, state), values), filter) in states.zip(&values).zip(&inputs.filters) {
                if filter.as_ref().is_some_and(|filter| !columns::is_true(filter, row)) {
                    pending.push(Pending::None);
                    continue;
                }
                let limit = context.options.most_entries;
                match aggregate.pending(&context.instances, state, step(values), limit) {
                    Ok(Pending::Full(most)) => {
                        let reason =
                            format!("{}: values beyond the {most} that the engine keeps in a group", aggregate.name);
                        context.leave_out(reason);
                        pending.push(Pending::Full(most));
                    }
                    Ok(change) => pending.push(change),
                    Err(Failure::Change { component, state, arguments, error }) if !retract => {
                        let call =
                            Refused { of: &component.of, plugin: component.plugin, arguments, state: Some(state) };
                        refused(context, call, (origin, key), error, true)?;
                        left_aside = true;
                        break;
                    }
                    Err(failure) => return Err(ends(context, origin, key, failure)),
                }
            }
            if left_aside {
                *group.left_aside.entry(values).or_default() += 1;
                continue;
            }
            if retract && group.rows == 0 {
                let function = self.aggregates.first().map_or("GROUP BY", |a| &a.name).to_owned();
                return Err(ReplayError::Retraction { function, origin: origin.clone() });
            }
            let settled = self.aggregates.iter().zip(&mut group.states).zip(pending.into_iter().zip(&values));
            for ((aggregate, state), (pending, values)) in settled {
                aggregate.settle(state, pending, step(values)).map_err(|e| ends(context, origin, key, e))?;
            }
            group.rows = if retract { group.rows - 1 } else { group.rows + 1 };
            changed = true;
        }
        Ok(changed)
    }

    pub fn result(
        &self,
        group: &mut Group,
        key: &[Value],
        origin: &Origin,
        context: &Context<'_>,
    ) -> Result<Vec<Value>, ReplayError> {
        let mut row = key.to_vec();
        for (aggregate, state) in self.aggregates.iter().zip(&mut group.states) {
            row.push(aggregate.value(&context.instances, state).map_err(|e| ends(context, origin, key, e))?);
        }
        Ok(row)
    }

    /// Takes into a group what another one has, as later.
    pub fn merge(
        &self,
        into: &mut Group,
        other: &mut Group,
        key: &[Value],
        origin: &Origin,
        context: &Context<'_>,
    ) -> Result<(), ReplayError> {
        let states = into.states.iter_mut().zip(&mut other.states);
        for (aggregate, (into, other)) in self.aggregates.iter().zip(states) {
            let merged = aggregate.merge(&context.instances, into, other, context.options.most_entries);
            merged.map_err(|failure| ends(context, origin, key, failure))?;
        }
        into.rows += other.rows;
        Ok(())
    }

    /// What every aggregate gets of a batch.
    pub fn inputs(&self, changes: &Changes) -> Result<Inputs, ReplayError> {
        let arguments = |a: &Aggregate| a.arguments.iter().map(|e| evaluate(e.as_ref(), changes, "SELECT")).collect();
        let filter = |a: &Aggregate| {
            let rows = a.filter.as_ref().map(|filter| evaluate(filter.as_ref(), changes, "FILTER"));
            rows.transpose().map(|rows| rows.map(|rows| rows.as_boolean().clone()))
        };
        Ok(Inputs {
            arguments: self.aggregates.iter().map(arguments).collect::<Result<_, _>>()?,
            filters: self.aggregates.iter().map(filter).collect::<Result<_, _>>()?,
        })
    }

    /// The rows of a transition: the old one is undone and the new one applied before the group speaks.
    fn places(&mut self, before: Option<usize>, after: Option<usize>) -> Vec<Place> {
        let undone = before.map(|row| Place { row, arrival: 0, retract: true });
        let applied = after.map(|row| {
            self.arrivals += 1;
            Place { row, arrival: self.arrivals, retract: false }
        });
        undone.into_iter().chain(applied).collect()
    }
}

/// What a batch is grouped by.
pub fn group_columns(group: &[Arc<dyn PhysicalExpr>], changes: &Changes) -> Result<Vec<ArrayRef>, ReplayError> {
    group.iter().map(|e| evaluate(e.as_ref(), changes, "GROUP BY")).collect()
}

/// The end of the run: a failure outside any one row's policy.
fn ends(context: &Context<'_>, origin: &Origin, key: &[Value], failure: Failure<'_>) -> ReplayError {
    match failure {
        Failure::Call(of, plugin, error) => {
            ReplayError::Call(Box::new(context.instances.failure(of, plugin, origin, key, error)))
        }
        Failure::Change { component: Component { of, plugin, .. }, error, .. } => {
            ReplayError::Call(Box::new(context.instances.failure(of, *plugin, origin, key, error)))
        }
        Failure::Rule(reason) => ReplayError::Expression { clause: "built-in", reason, origin: origin.clone() },
    }
}

impl Running for Aggregation {
    fn push(&mut self, changes: Changes, context: &mut Context<'_>) -> Result<Changes, ReplayError> {
        let dialect = context.pipeline.dialect;
        let group_columns = group_columns(&self.group, &changes)?;
        let inputs = self.inputs(&changes)?;
        let keys = self.keys.of_columns(group_columns.clone(), changes.len());
        let mut told = Told::of(&changes.records);
        // Flink's GroupAggFunction knows no updates, only rows that go and rows that come.
        let together = |before, after| dialect == Dialect::Ksqldb && keys.bytes(before) == keys.bytes(after);
        for transition in changes.transitions(together) {
            let places = self.places(transition.before, transition.after);
            let [Place { row: first, .. }, ..] = places[..] else { continue };
            let [.., Place { row: last, .. }] = places[..] else { continue };
            let key = keys.bytes(first);
            if dialect == Dialect::Ksqldb && keys.has_null(first) {
                // ksqlDB has no group for null; Flink has.
                context.leave_out(NULL_KEY.to_owned());
                continue;
            }
            let key_values: Vec<Value> = group_columns.iter().map(|c| columns::read(c, first)).collect();
            let origin = changes.origin(last);
            let mut group = match self.groups.remove(key) {
                Some(group) => group,
                None => self.new_group(context, origin, &key_values)?,
            };
            let changed = self.change(&mut group, &key_values, &places, &inputs, &changes, context)?;
            if !changed {
                // The row was left aside, and the group's result is as it was.
                self.groups.insert(key.to_vec(), group);
                continue;
            }
            group.time = table::later(changes.times[last], Some(group.time));
            let before = group.result.take();
            // Flink forgets a group without rows; ksqlDB keeps it with its empty result.
            let is_gone = dialect == Dialect::Flink && group.rows == 0;
            let after = match is_gone {
                true => None,
                false => Some(self.result(&mut group, &key_values, origin, context)?),
            };
            group.result.clone_from(&after);
            told.say_all(table::aggregate(dialect, before, after), group.time, changes.places[last]);
            if is_gone && !group.left_aside.is_empty() {
                let left_aside = std::mem::take(&mut group.left_aside);
                group = Group { left_aside, ..self.new_group(context, origin, &key_values)? };
            } else if is_gone {
                continue;
            }
            self.groups.insert(key.to_vec(), group);
        }
        told.changes(&self.fields)
    }

    fn kept(&self) -> Kept {
        Kept::of(self.groups.len(), self.groups.iter().map(|(key, group)| key.capacity() + group.bytes()))
    }
}
