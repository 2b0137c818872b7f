//! An aggregate in a component: its calls, and its state in one group. The host has the state, the component only sees it.

use streamfn_model::{SqlType, Value};

use super::accumulator::Failure;
use super::entries::Entries;
use super::error::ReplayError;
use super::meters::{Kept, size};
use super::plugins::{Instances, Member};
use crate::contract::{Function, Shape};
use crate::host::{CallError, FoldId, Number, Program, Sizes};
use crate::sql::{FunctionRef, Functions};

/// A component's aggregate, keyed or not.
pub struct Component {
    pub of: Function,
    pub plugin: usize,
    accumulate: Member,
    retract: Option<Member>,
    merge: Option<Member>,
    shape: Calls,
}

/// A function's loop over batches.
pub struct Loop {
    pub of: Function,
    pub plugin: usize,
    /// How many arguments it takes.
    pub takes: usize,
    program: Program,
    pub id: FoldId,
    pub sizes: Sizes,
    /// Where its state is in a group's.
    pub at: usize,
    /// How its value lies in memory, where that is a number that needs nothing but to be copied.
    pub number: Option<Number>,
    /// Whether its state has text.
    pub has_texts: bool,
}

/// The calls in which the two shapes differ.
enum Calls {
    Plain { create: Member, value: Member },
    Keyed { key: Member, value: Option<Member> },
}

/// What a group holds.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    Value(Value),
    /// A keyed aggregate's.
    Entries(Entries),
}

impl State {
    /// About what it takes.
    pub fn bytes(&self) -> usize {
        match self {
            State::Value(value) => size(std::slice::from_ref(value)),
            State::Entries(entries) => {
                let one = |(key, value): (&Value, &Value)| {
                    size(std::slice::from_ref(key)) + size(std::slice::from_ref(value))
                };
                Kept::of(entries.len(), entries.iter().map(one)).bytes
            }
        }
    }
}

/// What a row does to a state, before anything is settled.
pub enum Change {
    None,
    Value(Value),
    Entry(Value, Option<Value>),
}

/// Called where an entry is wanted that is not there, or less than there.
const NEVER_ADDED: &str = "the row to be taken back was never added";

impl Component {
    pub fn new(functions: &Functions, instances: &Instances<'_>, of: FunctionRef) -> Result<Self, ReplayError> {
        let function = functions.function(of).clone();
        let member = |name| instances.member(functions, of, name);
        let (retract, merge, shape) = match function.shape {
            Shape::Keyed { retract, merge, value, .. } => (
                retract,
                merge,
                Calls::Keyed { key: member("key")?, value: value.then(|| member("value")).transpose()? },
            ),
            Shape::Aggregate { retract, merge, .. } => {
                (retract, merge, Calls::Plain { create: member("create")?, value: member("value")? })
            }
            _ => unreachable!("the planner takes only aggregates for aggregates"),
        };
        let retract = retract.then(|| member("retract")).transpose()?;
        let merge = merge.then(|| member("merge")).transpose()?;
        let accumulate = member("accumulate")?;
        Ok(Component { accumulate, retract, merge, shape, plugin: of.plugin, of: function })
    }

    /// Not keyed.
    pub fn is_plain(&self) -> bool {
        matches!(self.shape, Calls::Plain { .. })
    }

    pub fn create(&self, instances: &Instances<'_>) -> Result<State, CallError> {
        match &self.shape {
            Calls::Plain { create, .. } => instances.call(*create, &[]).map(State::Value),
            Calls::Keyed { .. } => Ok(State::Entries(Entries::default())),
        }
    }

    /// What a row would do to the state. A group takes at most `most` entries.
    pub fn change(
        &self,
        instances: &Instances<'_>,
        state: &State,
        arguments: &[Value],
        retract: bool,
        most: Option<u32>,
    ) -> Result<Change, CallError> {
        if self.of.skips(arguments) {
            return Ok(Change::None);
        }
        let member = match (retract, self.retract) {
            (false, _) => self.accumulate,
            (true, Some(retract)) => retract,
            // The planner refuses such a function over changing input; this is told all the same.
            (true, None) => {
                return Err(CallError::Argument("wanted retract, which the function does not have".to_owned()));
            }
        };
        let with = |state: &Value| -> Vec<Value> { std::iter::once(state).chain(arguments).cloned().collect() };
        match (&self.shape, state) {
            (Calls::Plain { .. }, State::Value(state)) => instances.call(member, &with(state)).map(Change::Value),
            (Calls::Keyed { key, .. }, State::Entries(entries)) => {
                let key = instances.call(*key, arguments)?;
                if key.is_null() {
                    return Ok(Change::None);
                }
                let before = entries.get(&key);
                let after = instances.call(member, &with(before.unwrap_or(&Value::Null)))?;
                let after = (!after.is_null()).then_some(after);
                match (before, &after, most) {
                    // An entry that comes of taking back stands for less than nothing, which only a part may hold.
                    (None, Some(_), _) if retract => Err(CallError::Refused(NEVER_ADDED.to_owned())),
                    (None, Some(_), Some(most)) if entries.len() >= most as usize => Err(CallError::Refused(format!(
                        "wanted at most {most} entries in a group (--limit-entries), found one more"
                    ))),
                    _ => Ok(Change::Entry(key, after)),
                }
            }
            _ => Ok(Change::None),
        }
    }

    pub fn settle(&self, state: &mut State, change: Change) {
        match (state, change) {
            (State::Value(state), Change::Value(value)) => *state = value,
            (State::Entries(entries), Change::Entry(key, Some(entry))) => entries.insert(key, entry),
            (State::Entries(entries), Change::Entry(key, None)) => entries.remove(&key),
            _ => {}
        }
    }

    /// Takes into a state what another one has, as later. A group takes at most `most` entries.
    pub fn merge(
        &self,
        instances: &Instances<'_>,
        into: &mut State,
        other: &State,
        most: Option<u32>,
    ) -> Result<(), CallError> {
        let Some(merge) = self.merge else {
            // The planner refuses such a function over sessions; this is told all the same.
            return Err(CallError::Argument("wanted merge, which the function does not have".to_owned()));
        };
        match (into, other) {
            (State::Value(into), State::Value(other)) => {
                *into = instances.call(merge, &[into.clone(), other.clone()])?;
            }
            (State::Entries(into), State::Entries(other)) => {
                for (key, entry) in other.iter() {
                    let merged = match into.get(key) {
                        Some(before) => instances.call(merge, &[before.clone(), entry.clone()])?,
                        None => entry.clone(),
                    };
                    match merged.is_null() {
                        true => into.remove(key),
                        false => into.insert(key.clone(), merged),
                    }
                }
                if let Some(most) = most.filter(|most| into.len() > *most as usize) {
                    return Err(CallError::Refused(format!(
                        "wanted at most {most} entries in a group (--limit-entries), found {} of two sessions",
                        into.len()
                    )));
                }
            }
            _ => {}
        }
        Ok(())
    }

    pub fn value(&self, instances: &Instances<'_>, state: &State) -> Result<Value, CallError> {
        let (value, all) = match (&self.shape, state) {
            (Calls::Plain { value, .. }, State::Value(state)) => {
                return instances.call(*value, std::slice::from_ref(state));
            }
            (Calls::Keyed { value, .. }, State::Entries(entries)) => (value, entries),
            _ => return Ok(Value::Null),
        };
        let pair = |(k, v): (&Value, &Value)| Value::Record(vec![k.clone(), v.clone()]);
        let entries = Value::List(all.iter().map(pair).collect());
        match value {
            Some(value) => instances.call(*value, &[entries]),
            None if matches!(self.of.result, SqlType::Multiset(_)) && !all.iter().all(|(_, count)| is_there(count)) => {
                Err(CallError::Refused(NEVER_ADDED.to_owned()))
            }
            None => Ok(entries),
        }
    }
}

impl Loop {
    /// That of a function whose rows come with this many arguments; none where it has no loop, or one without values.
    pub fn new(instances: &Instances<'_>, of: &Function, plugin: usize, takes: usize) -> Option<Loop> {
        let program = instances.with_batches(plugin)?;
        let id = program.fold(&of.interface)?;
        let (sizes, number, has_texts) = (program.sizes(id), program.number(id), program.has_texts(id));
        (sizes.value > 0).then(|| Loop { of: of.clone(), plugin, takes, program, id, sizes, at: 0, number, has_texts })
    }

    /// Of each argument whether a row in which it is null is none.
    pub fn skips_nulls(&self) -> impl Iterator<Item = bool> {
        self.of.params.iter().map(|param| !param.nullable)
    }

    /// Its state in a group's.
    pub fn own<'s>(&self, states: &'s [u8]) -> &'s [u8] {
        &states[self.at..][..self.sizes.state]
    }

    pub fn write_state(&self, state: &Value, out: &mut Vec<u8>, texts: &mut Vec<u8>) -> Result<(), CallError> {
        self.program.write_state(self.id, state, out, texts)
    }

    /// Copies the texts of a state to the end of others.
    pub fn gather_texts(&self, state: &mut [u8], from: &[u8], into: &mut Vec<u8>) {
        self.program.gather_texts(self.id, state, from, into);
    }

    /// The state at the beginning of these bytes.
    pub fn state(&self, bytes: &[u8], texts: &[u8]) -> Result<Value, CallError> {
        self.program.read_state(self.id, bytes, texts)
    }

    /// The value at the beginning of these bytes.
    pub fn value(&self, bytes: &[u8], texts: &[u8]) -> Result<Value, CallError> {
        self.program.read_value(self.id, bytes, texts)
    }

    pub fn failed(&self, error: CallError) -> Failure<'_> {
        Failure::Call(&self.of, self.plugin, error)
    }
}

/// Whether an element with this multiplicity is in the multiset.
fn is_there(multiplicity: &Value) -> bool {
    matches!(multiplicity, Value::S32(1..))
}
