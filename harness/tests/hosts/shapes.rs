//! Rust's own functions as a host's, by their shape: state is whatever struct they keep it in.

use crate::engine::{OfAggregate, OfKeyed, OfStateless, write_entries};
use crate::function::{Aggregate, Keyed, Outcome, Runs, Stateless, Stopped};
use crate::wire::Reader;
use crate::wired::Wire;

/// The state with a row more or less, or why not.
pub type Change<S, R> = fn(S, R) -> Result<S, String>;

/// The functions of an aggregate; what never refuses says so by `Ok`.
pub struct Functions<S, R, T> {
    pub create: fn() -> S,
    pub accumulate: Change<S, R>,
    pub retract: Option<Change<S, R>>,
    pub merge: fn(S, S) -> Result<S, String>,
    pub value: fn(S) -> Result<T, String>,
}

impl<S: Wire + 'static, R: Wire + 'static, T: Wire + 'static> Functions<S, R, T> {
    pub fn boxed(self) -> Box<dyn Runs> {
        Box::new(OfAggregate(self))
    }
}

fn refused<T>(outcome: Result<T, String>) -> Outcome<T> {
    outcome.map_err(Stopped::Refused)
}

impl<S: Wire, R: Wire, T: Wire> Aggregate for Functions<S, R, T> {
    type State = S;
    type Row = R;
    fn row(&mut self, from: &mut Reader) -> R {
        R::read(from)
    }
    fn create(&mut self) -> Outcome<S> {
        Ok((self.create)())
    }
    fn accumulate(&mut self, state: &mut S, row: R) -> Outcome<()> {
        *state = refused((self.accumulate)(state.clone(), row))?;
        Ok(())
    }
    fn retract(&mut self, state: &mut S, row: R) -> Outcome<()> {
        let Some(retract) = self.retract else { return Err(Stopped::Failed("there is no retract".to_owned())) };
        *state = refused(retract(state.clone(), row))?;
        Ok(())
    }
    fn merge(&mut self, a: &mut S, b: &S) -> Outcome<()> {
        *a = refused((self.merge)(a.clone(), b.clone()))?;
        Ok(())
    }
    fn value(&mut self, state: &S, out: &mut Vec<u8>) -> Outcome<()> {
        refused((self.value)(state.clone()))?.write(out);
        Ok(())
    }
    fn write(&self, state: &S, out: &mut Vec<u8>) {
        state.write(out);
    }
}

/// What the entries of a group are worth together, or why nothing.
pub type OfEntries<T, V, R> = fn(Vec<(T, V)>) -> Result<R, String>;

/// The functions of a keyed aggregate, whose values are their own keys.
pub struct Entries<T, V, R> {
    pub key: fn(T) -> T,
    pub accumulate: fn(Option<V>) -> Result<Option<V>, String>,
    pub retract: fn(Option<V>) -> Result<Option<V>, String>,
    pub merge: fn(V, V) -> Result<Option<V>, String>,
    pub value: Option<OfEntries<T, V, R>>,
}

impl<T: Wire + 'static, V: Wire + 'static, R: Wire + 'static> Entries<T, V, R> {
    pub fn boxed(self) -> Box<dyn Runs> {
        Box::new(OfKeyed(self))
    }
}

impl<T: Wire, V: Wire, R: Wire> Keyed for Entries<T, V, R> {
    type Key = T;
    type Entry = V;
    type Row = (T,);
    fn row(&mut self, from: &mut Reader) -> (T,) {
        Wire::read(from)
    }
    fn key(&mut self, (x,): &(T,)) -> Outcome<Option<T>> {
        Ok(Some((self.key)(x.clone())))
    }
    fn accumulate(&mut self, entry: Option<V>, _: (T,)) -> Outcome<Option<V>> {
        refused((self.accumulate)(entry))
    }
    fn retract(&mut self, entry: Option<V>, _: (T,)) -> Outcome<Option<V>> {
        refused((self.retract)(entry))
    }
    fn merge(&mut self, a: V, b: V) -> Outcome<Option<V>> {
        refused((self.merge)(a, b))
    }
    fn value(&mut self, entries: &[(T, V)], out: &mut Vec<u8>) -> Outcome<()> {
        match self.value {
            Some(value) => refused(value(entries.to_vec()))?.write(out),
            None => write_entries(self, entries, out),
        }
        Ok(())
    }
    fn write_key(&self, key: &T, out: &mut Vec<u8>) {
        key.write(out);
    }
    fn write_entry(&self, entry: &V, out: &mut Vec<u8>) {
        entry.write(out);
    }
}

struct Call<R, T>(fn(R) -> Result<T, String>);

pub fn stateless<R: Wire + 'static, T: Wire + 'static>(call: fn(R) -> Result<T, String>) -> Box<dyn Runs> {
    Box::new(OfStateless(Call(call)))
}

impl<R: Wire, T: Wire> Stateless for Call<R, T> {
    fn call(&mut self, from: &mut Reader, out: &mut Vec<u8>) -> Outcome<()> {
        refused((self.0)(R::read(from)))?.write(out);
        Ok(())
    }
}
