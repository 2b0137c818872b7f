//! The harness: the SQL that will be deployed, over recorded topics, with functions that are WebAssembly components.
//!
//! Read in this order: [`contract`] finds the SQL functions in a component, [`host`] calls them, [`sql`] turns statements
//! into operators, [`topic`] reads records, [`replay`] puts the four together, [`verify`] compares the outcome with what
//! was documented, [`dead_letter`] keeps what has none, [`laws`] tries a function by itself, [`generate`] makes up records.

pub mod args;
pub mod bench;
pub mod build;
pub mod contract;
pub mod dead_letter;
pub mod explain;
pub mod generate;
pub mod host;
pub mod input;
pub mod inspect;
pub mod laws;
pub mod library;
pub mod live;
pub mod memory;
pub mod metrics;
pub mod new;
pub mod output;
pub mod pack;
pub mod replay;
pub mod report;
pub mod sql;
pub mod stop;
pub mod topic;
pub mod topics;
pub mod verify;
pub mod write;
