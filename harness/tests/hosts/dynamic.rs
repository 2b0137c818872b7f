//! Functions of a component, on a host that is told a call's arguments as values of its own.

use streamfn::contract::{Component, Function, Shape, WitFunction, WitType};

use crate::engine::{OfAggregate, OfKeyed, OfStateless, write_entries};
use crate::function::{Aggregate, Keyed, Outcome, Runs, Stateless, Stopped};
use crate::wire::Reader;

/// A host of which values go in and come out.
pub trait Caller: Send {
    type Value: Clone + Send;
    type Function: Copy + Send;
    fn call(&mut self, function: Self::Function, args: &[Self::Value]) -> Outcome<Self::Value>;
    fn read(ty: &WitType, from: &mut Reader) -> Self::Value;
    fn write(ty: &WitType, value: &Self::Value, out: &mut Vec<u8>);
    fn none() -> Self::Value;
    fn some(value: Self::Value) -> Self::Value;
    fn open(option: Self::Value) -> Option<Self::Value>;
    fn entries(entries: Vec<(Self::Value, Self::Value)>) -> Self::Value;
}

/// What the results of a function are, without the refusal, and what its columns are.
#[derive(Debug)]
pub struct Types {
    pub columns: Vec<WitType>,
    /// Of an aggregate; the entry of a keyed one.
    pub state: WitType,
    /// Of a keyed aggregate.
    pub key: WitType,
    /// Nothing where a keyed aggregate has no value but its entries.
    pub value: Option<WitType>,
}

impl Types {
    pub fn of(component: &Component, function: &Function) -> Types {
        let members = &component.interfaces[&function.interface];
        let result = |name: &str| members.get(name).and_then(|member| answer(member).cloned());
        let columns =
            |name: &str, before: usize| members[name].params[before..].iter().map(|(_, ty)| ty.clone()).collect();
        let inside = |ty: Option<WitType>| match ty {
            Some(WitType::Option(of)) => *of,
            other => panic!("wanted an option, found {other:?}"),
        };
        let none = WitType::Bool;
        match &function.shape {
            Shape::Aggregate { state, .. } => {
                Types { columns: columns("accumulate", 1), state: state.clone(), key: none, value: result("value") }
            }
            Shape::Keyed { entry, .. } => Types {
                columns: columns("accumulate", 1),
                state: entry.clone(),
                key: inside(result("key")),
                value: result("value"),
            },
            Shape::Scalar => {
                Types { columns: columns("eval", 0), state: none.clone(), key: none, value: result("eval") }
            }
            Shape::Table => {
                Types { columns: columns("rows", 0), state: none.clone(), key: none, value: result("rows") }
            }
            Shape::Generator { .. } => panic!("{}: a generator takes no rows", function.interface),
        }
    }
}

/// The result of a function, without its refusal.
fn answer(function: &WitFunction) -> Option<&WitType> {
    match &function.result {
        Some(WitType::Result { ok, err: Some(_) }) => ok.as_deref(),
        result => result.as_ref(),
    }
}

/// A function on such a host.
struct Dynamic<C: Caller> {
    caller: C,
    types: Types,
    create: Option<C::Function>,
    key: Option<C::Function>,
    accumulate: Option<C::Function>,
    retract: Option<C::Function>,
    merge: Option<C::Function>,
    /// Of a function without state, the function itself.
    value: Option<C::Function>,
}

/// `named` finds a function of the interface, which has it.
pub fn runs<C: Caller + 'static>(
    caller: C,
    component: &Component,
    function: &Function,
    mut named: impl FnMut(&mut C, &str) -> C::Function,
) -> Box<dyn Runs> {
    let mut caller = caller;
    let members = &component.interfaces[&function.interface];
    let mut member = |name: &str| members.contains_key(name).then(|| named(&mut caller, name));
    let (create, key, accumulate) = (member("create"), member("key"), member("accumulate"));
    let (retract, merge) = (member("retract"), member("merge"));
    let value = member("value").or_else(|| member("eval")).or_else(|| member("rows"));
    let dynamic =
        Dynamic { types: Types::of(component, function), create, key, accumulate, retract, merge, value, caller };
    match function.shape {
        Shape::Aggregate { .. } => Box::new(OfAggregate(dynamic)),
        Shape::Keyed { .. } => Box::new(OfKeyed(dynamic)),
        _ => Box::new(OfStateless(dynamic)),
    }
}

fn there<F>(function: Option<F>) -> Outcome<F> {
    function.ok_or_else(|| Stopped::Failed("the interface has no such function".to_owned()))
}

/// A row with a place before it for the state or entry.
struct Row<V>(Vec<V>);

impl<C: Caller> Dynamic<C> {
    fn columns(&self, from: &mut Reader) -> Row<C::Value> {
        let mut row = Vec::with_capacity(1 + self.types.columns.len());
        row.push(C::none());
        row.extend(self.types.columns.iter().map(|ty| C::read(ty, from)));
        Row(row)
    }

    /// The state as the function leaves it; after anything but an answer as it was.
    fn change(&mut self, function: Option<C::Function>, state: &mut C::Value, mut args: Vec<C::Value>) -> Outcome<()> {
        let function = there(function)?;
        std::mem::swap(state, &mut args[0]);
        match self.caller.call(function, &args) {
            Ok(changed) => *state = changed,
            Err(stopped) => {
                std::mem::swap(state, &mut args[0]);
                return Err(stopped);
            }
        }
        Ok(())
    }

    fn entry(
        &mut self,
        function: Option<C::Function>,
        entry: Option<C::Value>,
        Row(mut args): Row<C::Value>,
    ) -> Outcome<Option<C::Value>> {
        if let Some(entry) = entry {
            args[0] = C::some(entry);
        }
        self.caller.call(there(function)?, &args).map(C::open)
    }

    fn valued(&mut self, args: &[C::Value], out: &mut Vec<u8>) -> Outcome<()> {
        let value = self.caller.call(there(self.value)?, args)?;
        self.types.value.iter().for_each(|ty| C::write(ty, &value, out));
        Ok(())
    }
}

impl<C: Caller> Aggregate for Dynamic<C> {
    type State = C::Value;
    type Row = Row<C::Value>;
    fn row(&mut self, from: &mut Reader) -> Row<C::Value> {
        self.columns(from)
    }
    fn create(&mut self) -> Outcome<C::Value> {
        self.caller.call(there(self.create)?, &[])
    }
    fn accumulate(&mut self, state: &mut C::Value, Row(row): Row<C::Value>) -> Outcome<()> {
        self.change(self.accumulate, state, row)
    }
    fn retract(&mut self, state: &mut C::Value, Row(row): Row<C::Value>) -> Outcome<()> {
        self.change(self.retract, state, row)
    }
    fn merge(&mut self, a: &mut C::Value, b: &C::Value) -> Outcome<()> {
        self.change(self.merge, a, vec![C::none(), b.clone()])
    }
    fn value(&mut self, state: &C::Value, out: &mut Vec<u8>) -> Outcome<()> {
        self.valued(std::slice::from_ref(state), out)
    }
    fn write(&self, state: &C::Value, out: &mut Vec<u8>) {
        C::write(&self.types.state, state, out);
    }
}

impl<C: Caller> Keyed for Dynamic<C> {
    type Key = C::Value;
    type Entry = C::Value;
    type Row = Row<C::Value>;
    fn row(&mut self, from: &mut Reader) -> Row<C::Value> {
        self.columns(from)
    }
    fn key(&mut self, Row(row): &Row<C::Value>) -> Outcome<Option<C::Value>> {
        self.caller.call(there(self.key)?, &row[1..]).map(C::open)
    }
    fn accumulate(&mut self, entry: Option<C::Value>, row: Row<C::Value>) -> Outcome<Option<C::Value>> {
        self.entry(self.accumulate, entry, row)
    }
    fn retract(&mut self, entry: Option<C::Value>, row: Row<C::Value>) -> Outcome<Option<C::Value>> {
        self.entry(self.retract, entry, row)
    }
    fn merge(&mut self, a: C::Value, b: C::Value) -> Outcome<Option<C::Value>> {
        self.caller.call(there(self.merge)?, &[a, b]).map(C::open)
    }
    fn value(&mut self, entries: &[(C::Value, C::Value)], out: &mut Vec<u8>) -> Outcome<()> {
        if self.types.value.is_none() {
            write_entries(self, entries, out);
            return Ok(());
        }
        self.valued(&[C::entries(entries.to_vec())], out)
    }
    fn write_key(&self, key: &C::Value, out: &mut Vec<u8>) {
        C::write(&self.types.key, key, out);
    }
    fn write_entry(&self, entry: &C::Value, out: &mut Vec<u8>) {
        C::write(&self.types.state, entry, out);
    }
}

impl<C: Caller> Stateless for Dynamic<C> {
    fn call(&mut self, from: &mut Reader, out: &mut Vec<u8>) -> Outcome<()> {
        let Row(row) = self.columns(from);
        self.valued(&row[1..], out)
    }
}
