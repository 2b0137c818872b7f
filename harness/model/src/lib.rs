//! What an engine does with a changelog, as pure functions of values: no wasm, no files, no clock.
//!
//! [`value`] and [`types`] are what a SQL column holds and what SQL calls it; every other room speaks in them.

pub mod types;
pub mod value;

pub use types::{Field, SqlType};
pub use value::Value;
