//! What made-up bytes are tried on: a function for each decoder, by the name of its target.
//!
//! Each takes any bytes, and panics only if something is wrong with the decoder. libFuzzer calls them from `fuzz_targets`;
//! `harness/tests/fuzzed.rs` calls them with `seeds`, made by hand, and with `finds`, on which something once went wrong.
//!
//! `records` has the formats of records, `files` those of files, `registry` and `schemas` what a registry answers, `agree` two decoders of Avro
//! beside each other, by schemas of `avro`; `texts` what somebody wrote, `component` what somebody compiled.

#![allow(clippy::unwrap_used, reason = "a find that cannot be told has failed")]

pub mod agree;
mod avro;
#[path = "../../tests/support/both_ways.rs"]
mod both_ways;
pub mod component;
pub mod files;
pub mod records;
pub mod registry;
pub mod schemas;
pub mod texts;

pub type Target = fn(&[u8]);

/// Each target is `fuzz_targets/NAME.rs`.
pub const TARGETS: [(&str, Target); 14] = [
    ("agree", agree::run),
    ("avro", records::avro),
    ("component", component::run),
    ("container", files::container),
    ("dead_letter", texts::dead_letter),
    ("delimited", records::delimited),
    ("json", records::json),
    ("jsonl", files::jsonl),
    ("kafka", records::kafka),
    ("registry", registry::run),
    ("schema", schemas::run),
    ("settings", texts::settings),
    ("sql", texts::sql),
    ("timestamp", texts::timestamp),
];

/// What a user is told about bytes of somebody else's: short, and nothing in it that a terminal would obey.
fn assert_told(reason: &str) {
    // `report::quoted` takes 500 characters, each of which may become an escape of six.
    const MOST: usize = 4000;
    assert!(reason.chars().count() <= MOST, "a reason of {} characters: {reason:.200?}…", reason.chars().count());
    assert!(!reason.chars().any(|c| c.is_control()), "control characters in a reason: {reason:?}");
}
