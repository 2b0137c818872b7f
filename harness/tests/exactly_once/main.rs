//! `replay --write` against a real broker and registry: whatever happens to the process, a reader of committed records sees
//! every result once.
//!
//! What brokers alone can show of reading is here too, where they are.
//!
//! The expectation is computed here, with nothing of the project: the running sums of each key.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../support/command.rs"]
mod command;
#[path = "../support/demos.rs"]
mod computed;
mod demos;
mod gone;
mod input;
mod kills;
mod others;
mod reading;
#[path = "../support/stack.rs"]
mod stack;
mod topics;
