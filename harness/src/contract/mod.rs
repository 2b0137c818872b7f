//! Which SQL functions a component holds: found by the shape of its interfaces, named by the contract's rules.
//!
//! Knows WIT and SQL types; knows no runtime.

pub mod types;

use std::collections::BTreeMap;

use streamfn_model::{Field, SqlType};

pub use types::{WitFunction, WitType};

/// What a component file holds, by its own word.
#[derive(Debug, Clone)]
pub struct Component {
    /// SHA-256 of the file, in hex.
    pub digest: String,
    pub size: usize,
    /// The SQL functions, in the order of their SQL names.
    pub functions: Vec<Function>,
    /// Exported interfaces that are no SQL function, and why.
    pub refused: Vec<Refusal>,
    /// Every exported interface by its full name (`package:name/interface@version`) with its functions: what a host calls.
    pub interfaces: BTreeMap<String, BTreeMap<String, WitFunction>>,
}

/// An exported interface that cannot be a SQL function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub interface: String,
    /// What was wanted and what was found, as a sentence.
    pub reason: String,
}

/// One SQL function (one overload of it).
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    /// `SUM` for `sum-of-int`.
    pub sql_name: String,
    /// Key into [`Component::interfaces`].
    pub interface: String,
    pub shape: Shape,
    /// SQL arguments. `nullable` is false for a WIT parameter that is not an `option`.
    pub params: Vec<Field>,
    /// The SQL result: for a table function one row of it.
    pub result: SqlType,
    pub result_nullable: bool,
    pub docs: Option<String>,
}

/// How the host calls a function; the WIT functions are those of DESIGN's contract (`eval`, `create`, `accumulate`, …).
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    Scalar,
    Aggregate {
        state: WitType,
        retract: bool,
        merge: bool,
    },
    Keyed {
        key: SqlType,
        entry: WitType,
        retract: bool,
        merge: bool,
        value: bool,
    },
    Table,
    /// Each case of the generated variant is a table.
    Generator {
        tables: Vec<Field>,
    },
}
