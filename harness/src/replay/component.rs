//! An aggregate in a component: its calls, and its state in one group. The host has the state, the component only sees it.

use arrow::array::{Array, ArrayRef};
use streamfn_model::{SqlType, Value};

use super::accumulator::Failure;
use super::entries::Entries;
use super::error::ReplayError;
use super::meters::size;
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
            State::Entries(entries) => entries.bytes(),
        }
    }
}

/// What a row does to a state, before anything is settled.
pub enum Change {
    None,
    Value(Value),
    /// Of this key, null where there is none any more.
    Entry(Value, Value),
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

    pub fn is_keyed(&self) -> bool {
        matches!(self.shape, Calls::Keyed { .. })
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
                if before.is_none() && !after.is_null() {
                    takes_entry(entries.len(), retract, most).map_err(CallError::Refused)?;
                }
                Ok(Change::Entry(key, after))
            }
            _ => Ok(Change::None),
        }
    }

    pub fn settle(&self, state: &mut State, change: Change) {
        match (state, change) {
            (State::Value(state), Change::Value(value)) => *state = value,
            (State::Entries(entries), Change::Entry(key, entry)) => entries.set(key, entry),
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
                    into.set(key.clone(), merged);
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
        match (&self.shape, state) {
            (Calls::Plain { value, .. }, State::Value(state)) => instances.call(*value, std::slice::from_ref(state)),
            (Calls::Keyed { .. }, State::Entries(entries)) => self.value_of(instances, entries),
            _ => Ok(Value::Null),
        }
    }

    /// The value of a keyed aggregate's entries.
    pub fn value_of(&self, instances: &Instances<'_>, all: &Entries) -> Result<Value, CallError> {
        let pair = |(k, v): (&Value, &Value)| Value::Record(vec![k.clone(), v.clone()]);
        let entries = Value::List(all.iter().map(pair).collect());
        match &self.shape {
            Calls::Keyed { value: Some(value), .. } => instances.call(*value, &[entries]),
            _ if matches!(self.of.result, SqlType::Multiset(_)) && !all.iter().all(|(_, count)| is_there(count)) => {
                Err(CallError::Refused(NEVER_ADDED.to_owned()))
            }
            _ => Ok(entries),
        }
    }
}

impl Loop {
    /// That of a function whose rows come with this many arguments; none where it has no loop.
    pub fn new(instances: &Instances<'_>, of: &Function, plugin: usize, takes: usize) -> Option<Loop> {
        Loop::found(instances, of, plugin, takes, Program::fold)
    }

    /// That which gives each row its key, of a keyed aggregate.
    pub fn of_keys(instances: &Instances<'_>, of: &Function, plugin: usize, takes: usize) -> Option<Loop> {
        Loop::found(instances, of, plugin, takes, Program::fold_of_keys)
    }

    fn found(
        instances: &Instances<'_>,
        of: &Function,
        plugin: usize,
        takes: usize,
        find: fn(&Program, &str) -> Option<FoldId>,
    ) -> Option<Loop> {
        let program = instances.with_batches(plugin)?;
        let id = find(&program, &of.interface)?;
        let (sizes, number, has_texts) = (program.sizes(id), program.number(id), program.has_texts(id));
        Some(Loop { of: of.clone(), plugin, takes, program, id, sizes, number, has_texts })
    }

    /// Those of the arguments that are null somewhere, where the function has no row.
    pub fn skipping(&self, arguments: &[ArrayRef]) -> Vec<ArrayRef> {
        let all = arguments.iter().zip(&self.of.params);
        all.filter(|(column, of)| !of.nullable && column.null_count() > 0).map(|(column, _)| column.clone()).collect()
    }

    pub fn write_state(&self, state: &Value, out: &mut Vec<u8>, texts: &mut Vec<u8>) -> Result<(), CallError> {
        self.program.write_state(self.id, state, out, texts)
    }

    /// Copies the texts of a state to the end of others.
    pub fn gather_texts(&self, state: &mut [u8], from: &[u8], into: &mut Vec<u8>) {
        if self.has_texts {
            self.program.gather_texts(self.id, state, from, into);
        }
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

/// Whether a group of so many entries may have one that it does not have; the reason if not.
pub fn takes_entry(entries: usize, retract: bool, most: Option<u32>) -> Result<(), String> {
    match most {
        // What comes of taking back stands for less than nothing, which only a part may hold.
        _ if retract => Err(NEVER_ADDED.to_owned()),
        Some(most) if entries >= most as usize => {
            Err(format!("wanted at most {most} entries in a group (--limit-entries), found one more"))
        }
        _ => Ok(()),
    }
}

/// Whether an element with this multiplicity is in the multiset.
fn is_there(multiplicity: &Value) -> bool {
    matches!(multiplicity, Value::S32(1..))
}
