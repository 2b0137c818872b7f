//! The harness beside a real Flink: every case in Flink's SQL, and random changelogs over a list of queries.
//!
//! Flink runs in a JVM of its own (`plugins/jvm/conformance`), with its own connectors and formats and topics in memory. It
//! answers three times: with its built-in functions, with components in their place, and with a failure that it recovers
//! from. Each has to be what the harness gives: the same sequence of changes, or where a query has several inputs the same
//! bag of changes in each phase and the same state after it.
//!
//! - `STREAMFN_RECORD=1` writes Flink's answer into the cases that say `record = true`.
//! - `STREAMFN_CHANGELOGS=N` tries N random changelogs a query, `STREAMFN_SEED=N` others.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cases;
mod changelogs;
#[path = "../support/command.rs"]
mod command;
mod exceptions;
mod flink;
mod packed;
mod queries;
mod question;
mod record;
mod told;
