//! Topics of a cluster through the real command: librdkafka's mock brokers, and a registry that answers as it is told.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod broken;
mod cluster;
#[path = "../support/command.rs"]
mod command;
mod dead_letters;
mod follow;
mod metrics;
mod reading;
mod registry;
mod writing;
mod written;
