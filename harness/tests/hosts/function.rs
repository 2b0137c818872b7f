//! What a function is on any host: one of three traits, by its shape. And the steps of a sequence, which `engine` makes
//! with it.

use crate::results::Results;
use crate::wire::Reader;

/// What a sequence is made of, as the generator writes it. An aggregate has two parts, `0` and `1`, and `2` is what is never
/// cut in parts.
pub mod step {
    /// Of the sequence.
    pub const END: u8 = 0;
    /// All parts are new, and what a new one is is asked.
    pub const CREATE: u8 = 1;
    /// Part and row follow.
    pub const ACCUMULATE: u8 = 2;
    pub const RETRACT: u8 = 3;
    /// Part 1 into part 0, which is the older.
    pub const MERGE: u8 = 4;
    /// Of the part that follows.
    pub const VALUE: u8 = 5;
    /// The law `retract`: part 0 is new again.
    pub const IS_NEW: u8 = 6;
    /// The law `merge-new`: merging with a new state changes nothing in part 0; 1 follows if the new one is the older.
    pub const MERGE_NEW: u8 = 7;
    /// A row follows, for a function without state.
    pub const CALL: u8 = 8;
    /// All parts are new again: as the last one that was created, for it is the same every time.
    pub const NEW: u8 = 9;
    /// The law `merge`: part 0, which was cut and merged, is what was never cut.
    pub const IS_WHOLE: u8 = 10;
}

/// Why a call gave no answer.
#[derive(Debug)]
pub enum Stopped {
    Refused(String),
    Failed(String),
}

pub type Outcome<T> = Result<T, Stopped>;

/// A state changes only if its call gives an answer.
pub trait Aggregate {
    type State: Clone;
    type Row;
    fn row(&mut self, from: &mut Reader) -> Self::Row;
    fn create(&mut self) -> Outcome<Self::State>;
    fn accumulate(&mut self, state: &mut Self::State, row: Self::Row) -> Outcome<()>;
    fn retract(&mut self, state: &mut Self::State, row: Self::Row) -> Outcome<()>;
    fn merge(&mut self, a: &mut Self::State, b: &Self::State) -> Outcome<()>;
    fn value(&mut self, state: &Self::State, out: &mut Vec<u8>) -> Outcome<()>;
    fn write(&self, state: &Self::State, out: &mut Vec<u8>);
}

/// An entry changes only if its call gives an answer.
pub trait Keyed {
    type Key: Clone;
    type Entry: Clone;
    type Row;
    fn row(&mut self, from: &mut Reader) -> Self::Row;
    fn key(&mut self, row: &Self::Row) -> Outcome<Option<Self::Key>>;
    fn accumulate(&mut self, entry: Option<Self::Entry>, row: Self::Row) -> Outcome<Option<Self::Entry>>;
    fn retract(&mut self, entry: Option<Self::Entry>, row: Self::Row) -> Outcome<Option<Self::Entry>>;
    fn merge(&mut self, a: Self::Entry, b: Self::Entry) -> Outcome<Option<Self::Entry>>;
    /// Of all entries; if the function has none, the entries are the value.
    fn value(&mut self, entries: &[(Self::Key, Self::Entry)], out: &mut Vec<u8>) -> Outcome<()>;
    fn write_key(&self, key: &Self::Key, out: &mut Vec<u8>);
    fn write_entry(&self, entry: &Self::Entry, out: &mut Vec<u8>);
}

/// A scalar or table function: reads its row and writes its answer.
pub trait Stateless {
    fn call(&mut self, from: &mut Reader, out: &mut Vec<u8>) -> Outcome<()>;
}

/// A function on a host, ready for blocks of sequences.
pub trait Runs: Send {
    fn run(&mut self, block: &[u8], results: &mut Results);
}
