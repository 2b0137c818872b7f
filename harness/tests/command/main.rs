//! The command as a user meets it: what it answers to somebody else's component, to faults inside one, and to bad input.
//!
//! Every test runs the real program. Components are those of `make`, never built here, or a few lines of WAT.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bench;
mod cases;
mod collections;
#[path = "../support/command.rs"]
mod command;
#[path = "../support/component.rs"]
mod component;
mod dead_letters;
#[path = "../support/demos.rs"]
mod demos;
mod differences;
mod disk;
mod elsewhere;
mod explain;
mod faults;
mod flink;
mod flink_queries;
mod generate;
mod input;
#[path = "../support/jvm.rs"]
mod jvm;
mod ksqldb;
mod ksqldb_queries;
mod names;
mod pack;
mod phases;
mod round_trip;
mod statements;
mod terminal;
