//! What an engine does with a changelog, as pure functions of values: no wasm, no files, no clock.
//!
//! [`value`], [`types`] and [`columns`] are what a SQL column holds; [`change`] is a changelog. On these stand the rules:
//! [`operators`], [`mod@cast`] and [`builtins`] say what an expression means in each dialect, over [`decimal`] numbers and
//! [`java`]'s texts, [`fit`] what a component's value is as a column's; [`table`], [`regular_join`] and [`materialize`] what
//! each engine emits when a table changes, [`window`] which window a record falls into.

pub mod builtins;
pub mod cast;
pub mod change;
pub mod columns;
pub mod decimal;
pub mod fit;
pub mod java;
pub mod like;
pub mod materialize;
pub mod operators;
pub mod regular_join;
pub mod table;
pub mod timestamp_format;
pub mod types;
pub mod value;
pub mod window;

use std::fmt;

pub use change::{Changes, Kind, LazyBatch, Origin, Transition};
pub use types::{Field, SqlType};
pub use value::Value;

/// Whose SQL it is, and with it whose rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    Ksqldb,
    Flink,
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Dialect::Ksqldb => "ksqlDB",
            Dialect::Flink => "Flink",
        })
    }
}
