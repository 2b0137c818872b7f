//! A function with a state, whichever of the two shapes it has: so that each law is written once.
//!
//! An aggregate's state is a value, a keyed aggregate's the entries of its keys. What a call means (nulls that keep it
//! from being made, an entry that is `none`) is the contract's rule, as in `replay`.

use indexmap::IndexMap;
use streamfn_model::Value;

use super::law::{Broken, Fault};
use super::literal::{row, typed};
use super::rows::{Columns, Row};
use crate::contract::{Component, Function, Shape, WitType};
use crate::host::{CallError, FunctionId, Instance, LoadError, Program};

/// A function and how to call it.
pub struct Subject<'a> {
    pub function: &'a Function,
    pub columns: Columns,
    /// Whether any of its calls can refuse a row.
    pub can_refuse: bool,
    program: &'a Program,
    members: Members,
    types: Types,
    /// Every call in an instance of its own: what an instance keeps is then no other law's trouble.
    pub isolated: bool,
}

struct Members {
    create: Option<FunctionId>,
    key: Option<FunctionId>,
    accumulate: FunctionId,
    retract: Option<FunctionId>,
    merge: Option<FunctionId>,
    value: Option<FunctionId>,
}

/// What the state consists of.
enum Types {
    Value(WitType),
    Entries { key: WitType, entry: WitType },
}

/// A state: that of one group.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    Value(Value),
    /// In the order in which the keys came; equality is of the entries, in whatever order.
    Entries(IndexMap<Value, Value>),
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    Done,
    /// It did not reach the state: a null where the parameter is NOT NULL, or no key.
    Skipped,
    Refused(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Accumulate,
    Retract,
}

/// What a group shows: a value, or why there is none.
pub type Shown = Result<State, String>;

impl<'a> Subject<'a> {
    /// `None` for a function that has no state.
    pub fn new(component: &Component, program: &'a Program, function: &'a Function) -> Result<Option<Self>, LoadError> {
        let member = |name: &str| program.function(&function.interface, name);
        let optional = |has: bool, name: &str| has.then(|| member(name)).transpose();
        let interface = &component.interfaces[&function.interface];
        let (members, types) = match &function.shape {
            Shape::Aggregate { state, retract, merge } => {
                let members = Members {
                    create: Some(member("create")?),
                    key: None,
                    accumulate: member("accumulate")?,
                    retract: optional(*retract, "retract")?,
                    merge: optional(*merge, "merge")?,
                    value: Some(member("value")?),
                };
                (members, Types::Value(state.clone()))
            }
            Shape::Keyed { entry, retract, merge, value, .. } => {
                let members = Members {
                    create: None,
                    key: Some(member("key")?),
                    accumulate: member("accumulate")?,
                    retract: optional(*retract, "retract")?,
                    merge: optional(*merge, "merge")?,
                    value: optional(*value, "value")?,
                };
                let key = interface.get("key").and_then(|key| key.result.clone()).unwrap_or(WitType::Bool);
                (members, Types::Entries { key: opened(key), entry: entry.clone() })
            }
            Shape::Scalar | Shape::Table | Shape::Generator { .. } => return Ok(None),
        };
        let refusable =
            |name: &str| matches!(interface.get(name), Some(f) if matches!(f.result, Some(WitType::Result { .. })));
        Ok(Some(Subject {
            function,
            columns: Columns::of(component, function),
            can_refuse: ["key", "accumulate", "retract"].into_iter().any(refusable),
            program,
            members,
            types,
            isolated: false,
        }))
    }

    pub fn retracts(&self) -> bool {
        self.members.retract.is_some()
    }

    pub fn merges(&self) -> bool {
        self.members.merge.is_some()
    }

    pub fn is_keyed(&self) -> bool {
        self.members.key.is_some()
    }

    /// Whether what is shown is made by the function, not the entries themselves.
    pub fn has_value(&self) -> bool {
        self.members.value.is_some()
    }

    /// Calls from here on, in an instance that has seen none.
    pub fn session(&self) -> Session<'_> {
        Session { subject: self, instance: self.program.instance(), isolated: self.isolated }
    }

    /// Calls each in a fresh instance.
    pub fn sessions(&self) -> Session<'_> {
        Session { isolated: true, ..self.session() }
    }

    pub fn show_row(&self, values: &[Value]) -> String {
        row(&self.function.params, values)
    }

    pub fn show(&self, state: &State) -> String {
        match (state, &self.types) {
            (State::Value(value), Types::Value(ty)) => typed(ty, value),
            (State::Entries(entries), Types::Entries { key, entry }) => {
                let mut shown: Vec<_> =
                    entries.iter().map(|(k, v)| format!("{}: {}", typed(key, k), typed(entry, v))).collect();
                // Equal maps are to look equal.
                shown.sort();
                match shown.is_empty() {
                    true => "no entries".to_owned(),
                    false => format!("{{ {} }}", shown.join(", ")),
                }
            }
            (State::Value(value), _) => crate::report::cell(&self.function.result, value),
            (State::Entries(_), _) => "entries".to_owned(),
        }
    }

    /// What a group shows, as SQL would have it.
    pub fn show_value(&self, shown: &Shown) -> String {
        match shown {
            Ok(State::Value(value)) => crate::report::cell(&self.function.result, value),
            Ok(entries) => self.show(entries),
            Err(reason) => format!("refused: {reason}"),
        }
    }
}

/// `K` of `option<K>` or of `result<option<K>, string>`.
fn opened(ty: WitType) -> WitType {
    match ty {
        WitType::Result { ok: Some(ok), .. } => opened(*ok),
        WitType::Option(some) => *some,
        ty => ty,
    }
}

/// Calls of a function, one after the other.
pub struct Session<'a> {
    subject: &'a Subject<'a>,
    instance: Instance,
    isolated: bool,
}

impl Session<'_> {
    fn call(&mut self, name: &str, function: FunctionId, args: &[Value]) -> Result<Result<Value, String>, Broken> {
        if self.isolated {
            self.instance = self.subject.program.instance();
        }
        match self.instance.call(function, args) {
            Ok(value) => Ok(Ok(value)),
            Err(CallError::Refused(reason)) => Ok(Err(reason)),
            Err(error) => Err(Broken::Call(Fault { call: name.to_owned(), error })),
        }
    }

    /// The state of a group that has no rows.
    pub fn new_state(&mut self) -> Result<State, Broken> {
        match self.subject.members.create {
            None => Ok(State::Entries(IndexMap::new())),
            Some(create) => match self.call("create", create, &[])? {
                Ok(state) => Ok(State::Value(state)),
                Err(reason) => {
                    Err(Broken::Call(Fault { call: "create".to_owned(), error: CallError::Refused(reason) }))
                }
            },
        }
    }

    /// A row into the state or out of it. A row that is not done leaves the state as it was.
    pub fn step(&mut self, state: &mut State, row: &Row, direction: Direction) -> Result<Step, Broken> {
        let (name, member) = match (direction, self.subject.members.retract) {
            (Direction::Retract, Some(retract)) => ("retract", retract),
            _ => ("accumulate", self.subject.members.accumulate),
        };
        if self.subject.function.skips(row) {
            return Ok(Step::Skipped);
        }
        let with = |first: &Value| std::iter::once(first).chain(row).cloned().collect::<Vec<_>>();
        match state {
            State::Value(value) => match self.call(name, member, &with(value))? {
                Ok(next) => *value = next,
                Err(reason) => return Ok(Step::Refused(reason)),
            },
            State::Entries(entries) => {
                let Some(key) = self.subject.members.key else { return Ok(Step::Skipped) };
                let key = match self.call("key", key, row)? {
                    Ok(Value::Null) => return Ok(Step::Skipped),
                    Ok(key) => key,
                    Err(reason) => return Ok(Step::Refused(reason)),
                };
                let entry = entries.get(&key).unwrap_or(&Value::Null);
                match self.call(name, member, &with(entry))? {
                    Ok(Value::Null) => drop(entries.swap_remove(&key)),
                    Ok(entry) => drop(entries.insert(key, entry)),
                    Err(reason) => return Ok(Step::Refused(reason)),
                }
            }
        }
        Ok(Step::Done)
    }

    /// The state of a group with these rows, and the rows that are in it.
    pub fn accumulated<'r>(
        &mut self,
        rows: impl IntoIterator<Item = &'r Row>,
    ) -> Result<(State, Vec<&'r Row>), Broken> {
        let (mut state, mut taken) = (self.new_state()?, Vec::new());
        for row in rows {
            if self.step(&mut state, row, Direction::Accumulate)? == Step::Done {
                taken.push(row);
            }
        }
        Ok((state, taken))
    }

    /// Two parts of one group as one; or why they are not.
    pub fn merged(&mut self, a: &State, b: &State) -> Result<Result<State, String>, Broken> {
        let Some(merge) = self.subject.members.merge else { return Ok(Err("there is no merge".to_owned())) };
        match (a, b) {
            (State::Entries(a), State::Entries(b)) => {
                let mut all = a.clone();
                for (key, theirs) in b {
                    match a.get(key) {
                        None => drop(all.insert(key.clone(), theirs.clone())),
                        Some(ours) => match self.call("merge", merge, &[ours.clone(), theirs.clone()])? {
                            Ok(Value::Null) => drop(all.swap_remove(key)),
                            Ok(entry) => drop(all.insert(key.clone(), entry)),
                            Err(reason) => return Ok(Err(reason)),
                        },
                    }
                }
                Ok(Ok(State::Entries(all)))
            }
            (State::Value(a), State::Value(b)) => {
                Ok(self.call("merge", merge, &[a.clone(), b.clone()])?.map(State::Value))
            }
            _ => Ok(Err("a value and entries are no two parts".to_owned())),
        }
    }

    /// What the group shows.
    pub fn shown(&mut self, state: &State) -> Result<Shown, Broken> {
        let Some(value) = self.subject.members.value else { return Ok(Ok(state.clone())) };
        let argument = match state {
            State::Value(state) => state.clone(),
            State::Entries(entries) => {
                let pair = |(k, v): (&Value, &Value)| Value::Record(vec![k.clone(), v.clone()]);
                Value::List(entries.iter().map(pair).collect())
            }
        };
        Ok(self.call("value", value, &[argument])?.map(State::Value))
    }
}
