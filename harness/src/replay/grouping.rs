//! What GROUP BY says: the groups' keys, a state for each aggregate, what a row does to them, and the row that they make.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray};
use datafusion_physical_expr::PhysicalExpr;
use streamfn_model::window::Bounds;
use streamfn_model::{Changes, Field, Origin, Value, columns};

use super::accumulator::{Aggregate, Failure, Pending, State, Step};
use super::component::Component;
use super::engine::Context;
use super::entries::Entries;
use super::error::ReplayError;
use super::keys::{BatchKeys, Keys};
use super::loops::{Loops, States};
use super::packed::{PackedRow, Packing};
use super::stateless::{Refused, evaluate, refused};
use crate::sql::AggregateCall;

/// The reason why ksqlDB leaves a row out.
pub const NULL_KEY: &str = "rows have a null GROUP BY key";

pub struct Grouping {
    by: Vec<Arc<dyn PhysicalExpr>>,
    pub aggregates: Vec<Aggregate>,
    keys: Keys,
    /// Of the key, a session's bounds, and the aggregates' values.
    pub packing: Packing,
    pub fields: Vec<Field>,
    /// Once they are worth it; none where a function has none.
    loops: OnceCell<Option<Loops>>,
}

pub struct Group {
    pub states: States,
    /// The row that was told last.
    pub result: Option<PackedRow>,
    /// Rows added less rows taken back.
    pub rows: u64,
    /// Rows left aside when they came and not taken back since, by their arguments: of equal rows it is all one which was.
    #[allow(
        clippy::box_collection,
        reason = "most groups have none, and an empty map takes six times the room of a box"
    )]
    pub left_aside: Option<Box<HashMap<Arguments, u64>>>,
    pub time: i64,
}

/// What every aggregate gets of a batch.
pub struct Inputs {
    pub arguments: Vec<Vec<ArrayRef>>,
    /// Which rows are any to it; `None` where all are.
    pub filters: Vec<Option<BooleanArray>>,
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

/// A group's key: that of a row, and of a session its bounds.
#[derive(Clone, Copy)]
pub struct Key<'a> {
    pub keys: &'a BatchKeys,
    pub row: usize,
    pub bounds: Option<Bounds>,
}

impl Key<'_> {
    fn bounds(&self) -> impl Iterator<Item = Value> {
        self.bounds.into_iter().flat_map(|Bounds { start, end }| [Value::S64(start), Value::S64(end)])
    }

    pub fn values(&self) -> Vec<Value> {
        self.keys.values(self.row).into_iter().chain(self.bounds()).collect()
    }
}

impl Group {
    /// About what it takes.
    pub fn bytes(&self) -> usize {
        let states = match &self.states {
            States::Values(states) => states.iter().map(State::bytes).sum(),
            States::Flat { bytes, entries } => bytes.len() + entries.iter().map(Entries::bytes).sum::<usize>(),
        };
        states + self.result.as_ref().map_or(0, |row| row.len())
    }

    pub fn has_left_aside(&self) -> bool {
        self.left_aside.as_ref().is_some_and(|rows| !rows.is_empty())
    }

    /// Whether a row that goes had been left aside; it is no longer.
    fn was_left_aside(&mut self, arguments: &Arguments) -> bool {
        let Some(rows) = &mut self.left_aside else { return false };
        match rows.get_mut(arguments) {
            None => false,
            Some(1) => rows.remove(arguments).is_some(),
            Some(count) => {
                *count -= 1;
                true
            }
        }
    }
}

impl Grouping {
    pub fn new(
        context: &Context<'_>,
        by: &[Arc<dyn PhysicalExpr>],
        aggregates: &[AggregateCall],
        fields: &[Field],
    ) -> Result<Self, ReplayError> {
        Ok(Grouping {
            by: by.to_vec(),
            aggregates: aggregates.iter().map(|call| Aggregate::new(context, call)).collect::<Result<_, _>>()?,
            keys: Keys::new(fields, &(0..by.len()).collect::<Vec<_>>()),
            packing: Packing::new(fields),
            fields: fields.to_vec(),
            loops: OnceCell::new(),
        })
    }

    /// The keys of a batch's rows.
    pub fn keys(&self, changes: &Changes) -> Result<BatchKeys, ReplayError> {
        Ok(self.keys.of_columns(group_columns(&self.by, changes)?, changes.len()))
    }

    pub fn new_group(&self, context: &Context<'_>, origin: &Origin, key: Key<'_>) -> Result<Group, ReplayError> {
        let create =
            |aggregate: &Aggregate| aggregate.create(&context.instances).map_err(|e| ends(context, origin, key, e));
        let states = match self.loops.get() {
            Some(Some(loops)) => loops.new_states(),
            _ => States::Values(self.aggregates.iter().map(create).collect::<Result<_, _>>()?),
        };
        Ok(Group { states, result: None, rows: 0, left_aside: None, time: i64::MIN })
    }

    /// The loops of all its functions, from the first time on that they are asked for.
    pub fn loops(&self, context: &Context<'_>) -> Option<&Loops> {
        let new = || Loops::new(&self.aggregates, &context.instances);
        self.loops.get_or_init(new).as_ref()
    }

    /// Whether nothing has to be compiled for loops.
    pub fn has_compiled_loops(&self, context: &Context<'_>) -> bool {
        let mut components = self.aggregates.iter().filter_map(Aggregate::components).flatten();
        components.all(|(component, _)| context.instances.has_batches(component.plugin))
    }

    /// States as values, which calls go by.
    fn opened<'g>(&self, states: &'g mut States) -> Result<&'g mut Vec<State>, Failure<'_>> {
        if let Some(Some(loops)) = self.loops.get() {
            loops.open(states)?;
        }
        match states {
            States::Values(states) => Ok(states),
            States::Flat { .. } => unreachable!("states are flat only where there are loops"),
        }
    }

    /// Lets the rows of one transition change their group, and says whether any did. A row that one function refuses is in none
    /// of them, and goes as it came. A refusal when a row goes that was added ends the run under every policy: it would stay
    /// for good.
    pub fn change(
        &self,
        group: &mut Group,
        key: Key<'_>,
        places: impl IntoIterator<Item = Place>,
        inputs: &Inputs,
        changes: &Changes,
        context: &mut Context<'_>,
    ) -> Result<bool, ReplayError> {
        let mut changed = false;
        for Place { row, arrival, retract } in places {
            let origin = changes.origin(row);
            let values: Arguments =
                inputs.arguments.iter().map(|of| of.iter().map(|c| columns::read(c, row)).collect()).collect();
            if retract && group.was_left_aside(&values) {
                continue;
            }
            let step = |arguments| Step { arguments, arrival, retract };
            let (mut pending, mut left_aside) = (vec![], false);
            let states = self.opened(&mut group.states).map_err(|e| ends(context, origin, key, e))?;
            let states_of = self.aggregates.iter().zip(states.iter());
            for (((aggregate, state), values), filter) in states_of.zip(&values).zip(&inputs.filters) {
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
                        refused(context, call, (origin, &key.values()), error, true)?;
                        left_aside = true;
                        break;
                    }
                    Err(failure) => return Err(ends(context, origin, key, failure)),
                }
            }
            if left_aside {
                *group.left_aside.get_or_insert_default().entry(values).or_default() += 1;
                continue;
            }
            if retract && group.rows == 0 {
                let function = self.aggregates.first().map_or("GROUP BY", |a| &a.name).to_owned();
                return Err(ReplayError::Retraction { function, origin: origin.clone() });
            }
            let settled = self.aggregates.iter().zip(states).zip(pending.into_iter().zip(&values));
            for ((aggregate, state), (pending, values)) in settled {
                aggregate.settle(state, pending, step(values)).map_err(|e| ends(context, origin, key, e))?;
            }
            group.rows = if retract { group.rows - 1 } else { group.rows + 1 };
            changed = true;
        }
        Ok(changed)
    }

    /// The row that a group makes.
    pub fn result(
        &self,
        group: &mut Group,
        key: Key<'_>,
        origin: &Origin,
        context: &Context<'_>,
    ) -> Result<PackedRow, ReplayError> {
        let states = self.opened(&mut group.states).map_err(|e| ends(context, origin, key, e))?;
        self.row(key, &mut vec![], |of, column, row| {
            let value = self.aggregates[of].value(&context.instances, &mut states[of]);
            Ok(self.packing.put(column, &value.map_err(|e| ends(context, origin, key, e))?, row)?)
        })
    }

    /// A group's row: its key, and what `put` adds for each aggregate, by its position and that of its column. It is written in
    /// `row` first, which may be used for many.
    pub fn row(
        &self,
        key: Key<'_>,
        row: &mut Vec<u8>,
        mut put: impl FnMut(usize, usize, &mut Vec<u8>) -> Result<(), ReplayError>,
    ) -> Result<PackedRow, ReplayError> {
        row.clear();
        row.extend_from_slice(key.keys.bytes(key.row));
        let mut column = self.by.len();
        for bound in key.bounds() {
            self.packing.put(column, &bound, row)?;
            column += 1;
        }
        for of in 0..self.aggregates.len() {
            put(of, column + of, row)?;
        }
        Ok((&**row).into())
    }

    /// Takes into a group what another one has, as later.
    pub fn merge(
        &self,
        into: &mut Group,
        other: &mut Group,
        key: Key<'_>,
        origin: &Origin,
        context: &Context<'_>,
    ) -> Result<(), ReplayError> {
        let fail = |failure| ends(context, origin, key, failure);
        let states = self.opened(&mut into.states).map_err(fail)?.iter_mut();
        let states = states.zip(self.opened(&mut other.states).map_err(fail)?);
        for (aggregate, (into, other)) in self.aggregates.iter().zip(states) {
            let merged = aggregate.merge(&context.instances, into, other, context.options.most_entries);
            merged.map_err(fail)?;
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
}

/// What a batch is grouped by.
pub fn group_columns(by: &[Arc<dyn PhysicalExpr>], changes: &Changes) -> Result<Vec<ArrayRef>, ReplayError> {
    by.iter().map(|e| evaluate(e.as_ref(), changes, "GROUP BY")).collect()
}

/// The end of the run: a failure outside any one row's policy.
pub fn ends(context: &Context<'_>, origin: &Origin, key: Key<'_>, failure: Failure<'_>) -> ReplayError {
    let call = |of, plugin, error| {
        ReplayError::Call(Box::new(context.instances.failure(of, plugin, origin, &key.values(), error)))
    };
    match failure {
        Failure::Call(of, plugin, error) => call(of, plugin, error),
        Failure::Change { component: Component { of, plugin, .. }, error, .. } => call(of, *plugin, error),
        Failure::Rule(reason) => ReplayError::Expression { clause: "built-in", reason, origin: origin.clone() },
    }
}
