//! Which SQL functions a component holds: found by the shape of its interfaces, named by the contract's rules.
//!
//! Knows WIT and SQL types; knows no runtime.

pub mod types;
