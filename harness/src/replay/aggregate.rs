//! GROUP BY: a state for each group and aggregate; each row changes its group's states and tells the group's result.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::ArrayRef;
use datafusion_common::DataFusionError;
use datafusion_expr::Accumulator;
use datafusion_physical_expr::PhysicalExpr;
use indexmap::IndexMap;
use streamfn_model::fit::fit;
use streamfn_model::{Changes, Dialect, Field, Origin, SqlType, Value, columns, table};

use super::engine::{Context, Port, Running, Told};
use super::error::ReplayError;
use super::keys::Keys;
use super::native::Native;
use super::plugins::{Instances, Member};
use super::stateless::{evaluate, refused};
use crate::contract::{Function, Shape};
use crate::host::CallError;
use crate::sql::{AggregateCall, AggregateFunction};

pub struct Aggregation {
    group: Vec<Arc<dyn PhysicalExpr>>,
    aggregates: Vec<Aggregate>,
    fields: Vec<Field>,
    keys: Keys,
    groups: HashMap<Vec<u8>, Group>,
}

struct Group {
    states: Vec<State>,
    /// The row that was told last.
    result: Option<Vec<Value>>,
    /// Rows added less rows taken back.
    rows: u64,
    /// Rows left aside when they came, and not taken back since.
    left_aside: u64,
    time: i64,
}

/// An aggregate's state in one group. The host has it, the component only sees it.
enum State {
    Value(Value),
    /// A keyed aggregate's entries, in the order in which their keys came.
    Entries(IndexMap<Value, Value>),
    Native(Box<dyn Accumulator>),
}

struct Aggregate {
    name: String,
    arguments: Vec<Arc<dyn PhysicalExpr>>,
    function: Implementation,
    only_where_not_null: bool,
    instead_of_null: Option<Value>,
    result: SqlType,
}

enum Implementation {
    Plain {
        of: Box<Function>,
        plugin: usize,
        create: Member,
        accumulate: Member,
        retract: Option<Member>,
        value: Member,
    },
    Keyed {
        of: Box<Function>,
        plugin: usize,
        key: Member,
        accumulate: Member,
        retract: Option<Member>,
        value: Option<Member>,
    },
    Native(Native),
}

/// What a row does to a component's state, before anything is settled.
enum Pending {
    Unchanged,
    Value(Value),
    Entry(Value, Option<Value>),
}

/// A row of the batch, to be added or taken back.
#[derive(Clone, Copy)]
struct Step {
    row: usize,
    retract: bool,
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
        Ok(Aggregation { group: group.to_vec(), aggregates, fields: fields.to_vec(), keys, groups: HashMap::new() })
    }

    fn new_group(&self, context: &Context<'_>, origin: &Origin, key: &[Value]) -> Result<Group, ReplayError> {
        let states = self.aggregates.iter().map(|a| a.create(context, origin, key)).collect::<Result<_, _>>()?;
        Ok(Group { states, result: None, rows: 0, left_aside: 0, time: i64::MIN })
    }

    /// Lets the rows of one transition change their group, and says whether any did. A row that one function refuses is in none
    /// of them, and is refused again when it goes. A refusal only when it goes ends the run under every policy: the row was
    /// added, and would stay for good.
    fn change(
        &self,
        group: &mut Group,
        key: &[Value],
        steps: &[Step],
        arguments: &[Vec<ArrayRef>],
        changes: &Changes,
        context: &mut Context<'_>,
    ) -> Result<bool, ReplayError> {
        let mut changed = false;
        'steps: for step in steps {
            let origin = &changes.origins[step.row];
            let mut pending = vec![];
            for ((aggregate, state), columns) in self.aggregates.iter().zip(&group.states).zip(arguments) {
                let values: Vec<Value> = columns.iter().map(|c| columns::read(c, step.row)).collect();
                match aggregate.pending(&context.instances, state, &values, step.retract) {
                    Ok(change) => pending.push(change),
                    Err(error) => {
                        let (of, plugin) = aggregate.component();
                        if step.retract && group.left_aside == 0 {
                            let failure = context.instances.failure(of, plugin, origin, key, error);
                            return Err(ReplayError::Call(Box::new(failure)));
                        }
                        refused(context, of, plugin, (origin, key), &values, error, !step.retract)?;
                        match step.retract {
                            true => group.left_aside -= 1,
                            false => group.left_aside += 1,
                        }
                        continue 'steps;
                    }
                }
            }
            if step.retract && group.rows == 0 {
                let function = self.aggregates.first().map_or("GROUP BY", |a| &a.name).to_owned();
                return Err(ReplayError::Retraction { function, origin: origin.clone() });
            }
            for ((aggregate, state), (pending, columns)) in
                self.aggregates.iter().zip(&mut group.states).zip(pending.into_iter().zip(arguments))
            {
                aggregate
                    .settle(state, pending, columns, *step)
                    .map_err(|e| native_failure(&aggregate.name, e, origin))?;
            }
            group.rows = if step.retract { group.rows - 1 } else { group.rows + 1 };
            changed = true;
        }
        Ok(changed)
    }

    fn result(
        &self,
        group: &mut Group,
        key: Vec<Value>,
        origin: &Origin,
        context: &Context<'_>,
    ) -> Result<Vec<Value>, ReplayError> {
        let mut row = key.clone();
        for (aggregate, state) in self.aggregates.iter().zip(&mut group.states) {
            row.push(aggregate.value(context, state, origin, &key)?);
        }
        Ok(row)
    }
}

impl Running for Aggregation {
    fn push(&mut self, _: Port, changes: Changes, context: &mut Context<'_>) -> Result<Changes, ReplayError> {
        let dialect = context.pipeline.dialect;
        let columns = |of: &[Arc<dyn PhysicalExpr>], clause| {
            of.iter().map(|e| evaluate(e.as_ref(), &changes, clause)).collect::<Result<Vec<_>, _>>()
        };
        let group_columns = columns(&self.group, "GROUP BY")?;
        let arguments =
            self.aggregates.iter().map(|a| columns(&a.arguments, "SELECT")).collect::<Result<Vec<_>, _>>()?;
        let keys = self.keys.of_columns(group_columns.clone());
        let mut told = Told::default();
        for places in changes.transitions(|before, after| keys.bytes(before) == keys.bytes(after)) {
            // The old row is undone and the new one applied before the group speaks.
            let undone = places.before.map(|row| Step { row, retract: true });
            let applied = places.after.map(|row| Step { row, retract: false });
            let steps: Vec<Step> = undone.into_iter().chain(applied).collect();
            let [Step { row: first, .. }, ..] = steps[..] else { continue };
            let [.., Step { row: last, .. }] = steps[..] else { continue };
            let key = keys.bytes(first);
            if dialect == Dialect::Ksqldb && keys.has_null(first) {
                // ksqlDB has no group for null; Flink has.
                context.leave_out("rows have a null GROUP BY key".to_owned());
                continue;
            }
            let key_values: Vec<Value> = group_columns.iter().map(|c| columns::read(c, first)).collect();
            let origin = &changes.origins[last];
            let mut group = match self.groups.remove(key) {
                Some(group) => group,
                None => self.new_group(context, origin, &key_values)?,
            };
            let changed = self.change(&mut group, &key_values, &steps, &arguments, &changes, context)?;
            if !changed {
                // The row was left aside, and the group's result is as it was.
                self.groups.insert(key.to_vec(), group);
                continue;
            }
            group.time = table::later(changes.times[last], Some(group.time));
            let before = group.result.take();
            // Flink forgets a group without rows; ksqlDB keeps it with its empty result.
            let is_gone = dialect == Dialect::Flink && group.rows == 0 && !self.group.is_empty();
            let after = match is_gone {
                true => None,
                false => Some(self.result(&mut group, key_values, origin, context)?),
            };
            group.result.clone_from(&after);
            told.say_all(table::aggregate(dialect, before, after), group.time, origin);
            if !is_gone {
                self.groups.insert(key.to_vec(), group);
            }
        }
        told.changes(&self.fields)
    }
}

impl Aggregate {
    fn new(context: &Context<'_>, call: &AggregateCall) -> Result<Self, ReplayError> {
        let functions = &context.pipeline.functions;
        let (component, rule) = match &call.function {
            AggregateFunction::Component(component) => (Some(*component), None),
            AggregateFunction::Builtin(rule, implementation) => (*implementation, Some(rule)),
        };
        let member = |of, name| context.instances.member(functions, of, name);
        let function = match (component, rule) {
            (Some(of), _) => {
                let function = Box::new(functions.function(of).clone());
                let accumulate = member(of, "accumulate")?;
                let retracts = |has: bool| has.then(|| member(of, "retract")).transpose();
                match function.shape {
                    Shape::Keyed { retract, value, .. } => Implementation::Keyed {
                        key: member(of, "key")?,
                        accumulate,
                        retract: retracts(retract)?,
                        value: value.then(|| member(of, "value")).transpose()?,
                        of: function,
                        plugin: of.plugin,
                    },
                    Shape::Aggregate { retract, .. } => Implementation::Plain {
                        create: member(of, "create")?,
                        accumulate,
                        retract: retracts(retract)?,
                        value: member(of, "value")?,
                        of: function,
                        plugin: of.plugin,
                    },
                    _ => unreachable!("the planner takes only aggregates for aggregates"),
                }
            }
            (None, Some(rule)) => Implementation::Native(Native::new(rule, call.argument_types.first())),
            (None, None) => unreachable!("a call is a component's or has a rule"),
        };
        Ok(Aggregate {
            name: call.name.clone(),
            arguments: call.arguments.clone(),
            function,
            only_where_not_null: rule.is_some_and(|rule| rule.only_where_not_null),
            instead_of_null: rule.and_then(|rule| rule.instead_of_null.clone()),
            result: call.result.clone(),
        })
    }

    fn component(&self) -> (&Function, usize) {
        match &self.function {
            Implementation::Plain { of, plugin, .. } | Implementation::Keyed { of, plugin, .. } => (of, *plugin),
            Implementation::Native(_) => unreachable!("only component calls fail on a row"),
        }
    }

    /// A call outside any one row's policy: `create` and `value` see no row, so their failure ends the run.
    fn call(
        &self,
        context: &Context<'_>,
        member: Member,
        arguments: &[Value],
        origin: &Origin,
        key: &[Value],
    ) -> Result<Value, ReplayError> {
        context.instances.call(member, arguments).map_err(|error| {
            let (of, plugin) = self.component();
            ReplayError::Call(Box::new(context.instances.failure(of, plugin, origin, key, error)))
        })
    }

    fn create(&self, context: &Context<'_>, origin: &Origin, key: &[Value]) -> Result<State, ReplayError> {
        Ok(match &self.function {
            Implementation::Plain { create, .. } => State::Value(self.call(context, *create, &[], origin, key)?),
            Implementation::Keyed { .. } => State::Entries(IndexMap::new()),
            Implementation::Native(native) => {
                State::Native(native.create().map_err(|e| native_failure(&self.name, e, origin))?)
            }
        })
    }

    /// What a row would do to the state.
    fn pending(
        &self,
        instances: &Instances<'_>,
        state: &State,
        arguments: &[Value],
        retract: bool,
    ) -> Result<Pending, CallError> {
        let arguments = match self.only_where_not_null {
            true if arguments.iter().any(Value::is_null) => return Ok(Pending::Unchanged),
            true => &[],
            false => arguments,
        };
        match (&self.function, state) {
            (Implementation::Plain { of, accumulate, retract: undo, .. }, State::Value(state)) => {
                if of.skips(arguments) {
                    return Ok(Pending::Unchanged);
                }
                let member = direction(*accumulate, *undo, retract)?;
                let all: Vec<Value> = std::iter::once(state).chain(arguments).cloned().collect();
                Ok(Pending::Value(instances.call(member, &all)?))
            }
            (Implementation::Keyed { of, key, accumulate, retract: undo, .. }, State::Entries(entries)) => {
                if of.skips(arguments) {
                    return Ok(Pending::Unchanged);
                }
                let key = instances.call(*key, arguments)?;
                if key.is_null() {
                    return Ok(Pending::Unchanged);
                }
                let member = direction(*accumulate, *undo, retract)?;
                let entry = entries.get(&key).unwrap_or(&Value::Null);
                let all: Vec<Value> = std::iter::once(entry).chain(arguments).cloned().collect();
                let entry = instances.call(member, &all)?;
                Ok(Pending::Entry(key, (!entry.is_null()).then_some(entry)))
            }
            _ => Ok(Pending::Unchanged),
        }
    }

    fn settle(
        &self,
        state: &mut State,
        pending: Pending,
        arguments: &[ArrayRef],
        step: Step,
    ) -> Result<(), DataFusionError> {
        match (state, pending) {
            (State::Value(state), Pending::Value(value)) => *state = value,
            (State::Entries(entries), Pending::Entry(key, Some(entry))) => drop(entries.insert(key, entry)),
            (State::Entries(entries), Pending::Entry(key, None)) => drop(entries.shift_remove(&key)),
            (State::Native(state), _) => {
                if let Implementation::Native(native) = &self.function {
                    native.apply(state.as_mut(), arguments, step.row, step.retract)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn value(
        &self,
        context: &Context<'_>,
        state: &mut State,
        origin: &Origin,
        key: &[Value],
    ) -> Result<Value, ReplayError> {
        let value = match (&self.function, state) {
            (Implementation::Plain { value, .. }, State::Value(state)) => {
                self.call(context, *value, std::slice::from_ref(state), origin, key)?
            }
            (Implementation::Keyed { value, .. }, State::Entries(entries)) => {
                let pair = |(k, v): (&Value, &Value)| Value::Record(vec![k.clone(), v.clone()]);
                let entries = Value::List(entries.iter().map(pair).collect());
                match value {
                    Some(value) => self.call(context, *value, &[entries], origin, key)?,
                    None => entries,
                }
            }
            (Implementation::Native(native), State::Native(state)) => {
                native.value(state.as_mut()).map_err(|e| native_failure(&self.name, e, origin))?
            }
            _ => Value::Null,
        };
        match (&self.instead_of_null, value) {
            (Some(instead), Value::Null) => Ok(instead.clone()),
            (_, value) => fit(value, &self.result).map_err(|reason| {
                let (of, plugin) = self.component();
                let error = CallError::Refused(reason);
                ReplayError::Call(Box::new(context.instances.failure(of, plugin, origin, key, error)))
            }),
        }
    }
}

fn direction(accumulate: Member, undo: Option<Member>, retract: bool) -> Result<Member, CallError> {
    match (retract, undo) {
        (false, _) => Ok(accumulate),
        (true, Some(undo)) => Ok(undo),
        // The planner refuses such a function over changing input; this is told all the same.
        (true, None) => Err(CallError::Argument("wanted retract, which the function does not have".to_owned())),
    }
}

fn native_failure(clause: &str, error: DataFusionError, origin: &Origin) -> ReplayError {
    let reason = format!("{clause}: {}", error.strip_backtrace());
    ReplayError::Expression { clause: "native built-in", reason, origin: origin.clone() }
}
