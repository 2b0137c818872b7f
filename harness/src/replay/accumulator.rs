//! An aggregate of a query: which rows reach its parts, what they hold in one group, and what is made of their values.

use std::any::Any;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use datafusion_physical_expr::PhysicalExpr;
use smallvec::SmallVec;
use streamfn_model::builtins::{Rows, Wrapper};
use streamfn_model::{SqlType, Value};

use super::component::{self, Component};
use super::engine::Context;
use super::error::ReplayError;
use super::native::{Accumulated, Native};
use super::plugins::Instances;
use crate::contract::Function;
use crate::host::CallError;
use crate::sql::{AggregateCall, AggregateFunction};

/// An aggregate function with its arguments.
pub struct Aggregate {
    pub name: String,
    pub arguments: Vec<Arc<dyn PhysicalExpr>>,
    /// Rows for which this is not true are none to it.
    pub filter: Option<Arc<dyn PhysicalExpr>>,
    /// Equal values reach the parts once.
    distinct: bool,
    parts: Vec<Part>,
    rows: Rows,
    most: Option<usize>,
    wrapper: Wrapper,
    result: SqlType,
}

struct Part {
    implementation: Implementation,
    /// How many arguments it takes; one more than the call has is the number of the row's arrival.
    takes: usize,
}

enum Implementation {
    Component(Box<Component>),
    Native(Native),
}

/// What an aggregate holds in one group.
pub struct State {
    parts: SmallVec<[PartState; 1]>,
    held: Held,
}

impl State {
    /// About what it takes; of a native part only that there is one.
    pub fn bytes(&self) -> usize {
        let part = |part: &PartState| match part {
            PartState::Component(state) => state.bytes(),
            PartState::Native(_) => size_of::<PartState>(),
        };
        self.parts.iter().map(part).sum()
    }
}

enum PartState {
    Component(component::State),
    Native(Box<dyn Accumulated>),
}

impl State {
    /// Of parts that are components'.
    pub fn of_components(parts: impl IntoIterator<Item = component::State>) -> State {
        State { parts: parts.into_iter().map(PartState::Component).collect(), held: Held::default() }
    }

    /// What parts that are components' have.
    pub fn components(&mut self) -> impl Iterator<Item = &mut component::State> {
        self.parts.iter_mut().filter_map(|part| match part {
            PartState::Component(state) => Some(state),
            PartState::Native(_) => None,
        })
    }
}

/// The values that have reached the parts and are there, where an engine's rule asks for them.
#[derive(Default)]
struct Held {
    #[allow(
        clippy::box_collection,
        reason = "most groups have none, and an empty map takes six times the room of a box"
    )]
    counts: Option<Box<HashMap<Value, usize>>>,
    /// All of them, equal ones counted one by one.
    total: usize,
}

/// What a row does to a state, before anything is settled.
pub enum Pending {
    /// The row does not reach the parts.
    None,
    /// Nor does this one, since an equal value has reached them or stays there.
    Held,
    /// The engine's rule leaves it out, for there are this many values.
    Full(usize),
    /// For each part what it does; a native part sees the row when it is settled.
    Parts(Vec<component::Change>),
    /// Everything is new.
    Reset(State),
}

/// Why there is no value.
pub enum Failure<'a> {
    /// A function of a component, of the plugin at that place.
    Call(&'a Function, usize, CallError),
    /// One that a row was for, with the state before and what the component got of the row.
    Change { component: &'a Component, state: &'a component::State, arguments: Vec<Value>, error: CallError },
    /// A rule of the engine, or the native implementation.
    Rule(String),
}

/// A row to be added or taken back.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    pub arguments: &'a [Value],
    /// The number of the row's arrival, where it is added.
    pub arrival: i64,
    pub retract: bool,
}

impl Aggregate {
    pub fn new(context: &Context<'_>, call: &AggregateCall) -> Result<Self, ReplayError> {
        let of_component = |of| {
            let component = Component::new(&context.pipeline.functions, &context.instances, of)?;
            Ok::<_, ReplayError>(Part {
                takes: component.of.params.len(),
                implementation: Implementation::Component(Box::new(component)),
            })
        };
        let (parts, rows, most, wrapper) = match &call.function {
            AggregateFunction::Component(of) => (vec![of_component(*of)?], Rows::All, None, Wrapper::Value),
            AggregateFunction::Builtin(rule, Some(functions)) => {
                let parts = functions.iter().map(|of| of_component(*of)).collect::<Result<_, _>>()?;
                (parts, rule.rows, rule.most, rule.wrapper.clone())
            }
            AggregateFunction::Builtin(rule, None) => {
                let part = |part| Part {
                    implementation: Implementation::Native(Native::new(part)),
                    takes: part.arguments.len(),
                };
                (rule.parts.iter().map(part).collect(), rule.rows, rule.most, rule.wrapper.clone())
            }
        };
        let (name, arguments, result) = (call.name.clone(), call.arguments.clone(), call.result.clone());
        let (filter, distinct) = (call.filter.clone(), call.distinct);
        Ok(Aggregate { name, arguments, filter, distinct, parts, rows, most, wrapper, result })
    }

    pub fn create(&self, instances: &Instances<'_>) -> Result<State, Failure<'_>> {
        let parts = self.parts.iter().map(|part| match &part.implementation {
            Implementation::Component(component) => {
                component.create(instances).map(PartState::Component).map_err(|error| failed(component, error))
            }
            Implementation::Native(native) => native.create().map(PartState::Native).map_err(Failure::Rule),
        });
        Ok(State { parts: parts.collect::<Result<_, _>>()?, held: Held::default() })
    }

    /// Whether its parts may have loops, and no rule looks at each row before they do.
    pub fn may_loop(&self) -> bool {
        let may = |part: &Part| matches!(part.implementation, Implementation::Component(_));
        let is_plain = !self.distinct && self.most.is_none() && matches!(self.rows, Rows::All | Rows::NotNull);
        is_plain && self.parts.iter().all(may)
    }

    /// Its parts, if they are all components', each with how many arguments it takes.
    pub fn components(&self) -> Option<Vec<(&Component, usize)>> {
        let components = self.parts.iter().map(|part| match &part.implementation {
            Implementation::Component(component) => Some((&**component, part.takes)),
            Implementation::Native(_) => None,
        });
        components.collect()
    }

    /// Whether its value is that of this function, which is its only part, as it is; of a null it may be another.
    pub fn gives_value_of(&self, function: &Function) -> bool {
        let is_plain = matches!(self.wrapper, Wrapper::Value | Wrapper::InsteadOfNull(_));
        is_plain && self.parts.len() == 1 && self.result == function.result
    }

    /// Whether a row whose first argument is null does not reach the parts.
    pub fn skips_null(&self) -> bool {
        self.rows == Rows::NotNull
    }

    /// What a row would do to the state. A group of a keyed aggregate takes at most `limit` entries.
    pub fn pending<'a>(
        &'a self,
        instances: &Instances<'_>,
        state: &'a State,
        step: Step<'_>,
        limit: Option<u32>,
    ) -> Result<Pending, Failure<'a>> {
        let is_null = step.arguments.first().is_some_and(Value::is_null);
        let arguments = self.seen(step.arguments);
        let step = Step { arguments: &arguments, ..step };
        let value = arguments.first();
        match (self.rows, value) {
            (Rows::NotNull, _) if is_null => return Ok(Pending::None),
            (Rows::NullAs(_, reason), Some(text)) if is_null && (step.retract || state.held.has(text)) => {
                return Err(Failure::Rule(format!("{} of a null: {reason}", self.name)));
            }
            (Rows::NullResets, _) if is_null => return self.create(instances).map(Pending::Reset),
            (Rows::Distinct, Some(value)) if state.held.has(value) => return Ok(Pending::None),
            (_, Some(value)) if self.distinct => match (step.retract, state.held.count(value)) {
                (false, 0) | (true, 1) => {}
                (true, 0) => return Err(self.rule("a value goes that was never added")),
                _ => return Ok(Pending::Held),
            },
            _ => {}
        }
        if let (Some(most), Some(value)) = (self.most, value) {
            let full = match self.result {
                // One entry for all that are equal.
                SqlType::Map(..) => state.held.different() >= most && !state.held.has(value),
                _ => state.held.total >= most,
            };
            match step.retract {
                // A list left it out when it came; a map of counts has an entry to count down, or the query ends.
                true if !state.held.has(value) && matches!(self.result, SqlType::Map(..)) => {
                    return Err(self.rule(&format!(
                        "a value goes that was dropped beyond the {most} of a group, and ends ksqlDB's query"
                    )));
                }
                true if !state.held.has(value) => return Ok(Pending::None),
                false if full => return Ok(Pending::Full(most)),
                _ => {}
            }
        }
        let parts =
            self.parts.iter().zip(&state.parts).map(|(part, state)| match (&part.implementation, state) {
                (Implementation::Component(component), PartState::Component(state)) => {
                    let arguments = part.arguments(step);
                    component
                        .change(instances, state, &arguments, step.retract, limit)
                        .map_err(|error| Failure::Change { component, state, arguments, error })
                }
                _ => Ok(component::Change::None),
            });
        Ok(Pending::Parts(parts.collect::<Result<_, _>>()?))
    }

    /// The arguments as the parts have them.
    fn seen<'v>(&self, arguments: &'v [Value]) -> Cow<'v, [Value]> {
        match (self.rows, arguments) {
            (Rows::NullAs(text, _), [Value::Null]) => Cow::Owned(vec![Value::from(text)]),
            _ => Cow::Borrowed(arguments),
        }
    }

    pub fn settle(&self, state: &mut State, pending: Pending, step: Step<'_>) -> Result<(), Failure<'_>> {
        let arguments = self.seen(step.arguments);
        let step = Step { arguments: &arguments, ..step };
        let changes = match pending {
            Pending::Parts(changes) => Some(changes),
            Pending::Held => None,
            Pending::Reset(new) => {
                *state = new;
                return Ok(());
            }
            Pending::None | Pending::Full(_) => return Ok(()),
        };
        let holds = self.most.is_some() || self.rows == Rows::Distinct || self.distinct;
        if let (true, Some(value)) = (holds, step.arguments.first()) {
            state.held.change(value, step.retract);
        }
        let Some(changes) = changes else { return Ok(()) };
        for ((part, state), change) in self.parts.iter().zip(&mut state.parts).zip(changes) {
            match (&part.implementation, state) {
                (Implementation::Component(component), PartState::Component(state)) => component.settle(state, change),
                (Implementation::Native(native), PartState::Native(state)) => {
                    let arguments = part.arguments(step);
                    if !native.skips(&arguments) {
                        // Where rows are counted there is no value to look at.
                        let value = arguments.first().unwrap_or(&Value::S64(1));
                        state.change(value, step.retract).map_err(|e| self.rule(&e))?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Takes into a state what another one has, as later. A group of a keyed aggregate takes at most `limit` entries.
    pub fn merge(
        &self,
        instances: &Instances<'_>,
        into: &mut State,
        other: &mut State,
        limit: Option<u32>,
    ) -> Result<(), Failure<'_>> {
        into.held.add(&other.held);
        if let Some(most) = self.most.filter(|most| into.held.total > *most) {
            return Err(self.rule(&format!("two sessions become one with more than {most} values, which has no rule")));
        }
        for ((part, into), other) in self.parts.iter().zip(&mut into.parts).zip(&mut other.parts) {
            match (&part.implementation, into, other) {
                (Implementation::Component(component), PartState::Component(into), PartState::Component(other)) => {
                    component.merge(instances, into, other, limit).map_err(|error| failed(component, error))?;
                }
                (_, PartState::Native(into), PartState::Native(other)) => {
                    let other: &mut dyn Any = other.as_mut();
                    into.merge(other).map_err(|reason| self.rule(&reason))?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    pub fn value(&self, instances: &Instances<'_>, state: &mut State) -> Result<Value, Failure<'_>> {
        let values = self.parts.iter().zip(&mut state.parts).map(|(part, state)| match (&part.implementation, state) {
            (Implementation::Component(component), PartState::Component(state)) => {
                component.value(instances, state).map_err(|error| failed(component, error))
            }
            (_, PartState::Native(state)) => state.value().map_err(|e| self.rule(&e)),
            _ => Ok(Value::Null),
        });
        self.made_of(&values.collect::<Result<Vec<_>, _>>()?)
    }

    /// What is made of the parts' values.
    pub fn made_of(&self, values: &[Value]) -> Result<Value, Failure<'_>> {
        self.wrapper.apply(values, &self.result).map_err(|reason| match &self.parts[..] {
            [Part { implementation: Implementation::Component(component), .. }] => {
                failed(component, CallError::Refused(reason))
            }
            _ => self.rule(&reason),
        })
    }

    fn rule(&self, reason: &str) -> Failure<'_> {
        Failure::Rule(format!("{}: {reason}", self.name))
    }
}

fn failed(component: &Component, error: CallError) -> Failure<'_> {
    Failure::Call(&component.of, component.plugin, error)
}

impl Part {
    fn arguments(&self, step: Step<'_>) -> Vec<Value> {
        let arrival = Value::S64(step.arrival);
        step.arguments.iter().chain([&arrival]).take(self.takes).cloned().collect()
    }
}

impl Held {
    fn has(&self, value: &Value) -> bool {
        self.count(value) > 0
    }

    fn count(&self, value: &Value) -> usize {
        self.counts.as_ref().and_then(|counts| counts.get(value).copied()).unwrap_or_default()
    }

    fn different(&self) -> usize {
        self.counts.as_ref().map_or(0, |counts| counts.len())
    }

    fn add(&mut self, other: &Held) {
        self.total += other.total;
        for (value, count) in other.counts.iter().flat_map(|counts| counts.iter()) {
            *self.counts.get_or_insert_default().entry(value.clone()).or_default() += count;
        }
    }

    fn change(&mut self, value: &Value, retract: bool) {
        let counts = self.counts.get_or_insert_default();
        match (retract, counts.get(value).copied().unwrap_or_default()) {
            (false, count) => {
                self.total += 1;
                counts.insert(value.clone(), count + 1);
            }
            (true, 0) => {}
            (true, 1) => {
                self.total -= 1;
                counts.remove(value);
            }
            (true, count) => {
                self.total -= 1;
                counts.insert(value.clone(), count - 1);
            }
        }
    }
}
