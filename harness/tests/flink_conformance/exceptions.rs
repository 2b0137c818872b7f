//! Differences that are known. Each has its reason, and has to be there: one that is not is outdated, and fails.

use crate::question::Way;

pub struct Exception {
    /// The case, or the query of [`crate::queries`].
    pub of: &'static str,
    pub way: Way,
    /// In what is told of the difference.
    pub told: &'static str,
    pub reason: &'static str,
}

pub const EXCEPTIONS: &[Exception] = &[
    differs("flink-basket-sums", Way::Builtins, "found  -U", "blackhole asks for no -U, and the harness does not know"),
    differs(
        "flink-collect",
        Way::Builtins,
        "'print' can only be used as a sink",
        "one of its queries reads what another prints",
    ),
    differs("having", Way::Builtins, "found", "Flink's HAVING leaves the kinds as they are"),
    differs("upserts", Way::Builtins, "connector upsert-kafka", NOT_YET),
    differs("sum-of-upserts", Way::Builtins, "connector upsert-kafka", NOT_YET),
    differs("sum-of-changes", Way::Builtins, "format debezium-json", NOT_YET),
    differs("filter-of-changes", Way::Builtins, "format debezium-json", NOT_YET),
    differs("having-of-changes", Way::Builtins, "format debezium-json", NOT_YET),
    differs("distinct", Way::Builtins, "SELECT DISTINCT", NOT_YET),
    differs("join", Way::Builtins, "connector upsert-kafka", NOT_YET),
    differs("left-join", Way::Builtins, "connector upsert-kafka", NOT_YET),
    differs("join-rows", Way::Builtins, "connector upsert-kafka", NOT_YET),
    differs("sum-of-join", Way::Builtins, "connector upsert-kafka", NOT_YET),
];

const NOT_YET: &str = "the harness refuses it as not supported";

const fn differs(of: &'static str, way: Way, told: &'static str, reason: &'static str) -> Exception {
    Exception { of, way, told, reason }
}

/// What is left without the known differences; those that occurred are marked.
pub fn unknown(of: &str, differences: Vec<(Way, String)>, occurred: &mut [bool]) -> Vec<String> {
    let mut left = vec![];
    for (way, told) in differences {
        let known = |e: &Exception| e.of == of && e.way == way && told.contains(e.told);
        match EXCEPTIONS.iter().position(known) {
            Some(place) => occurred[place] = true,
            None => left.push(format!("{of} ({way:?}): {told}")),
        }
    }
    left
}

/// The exceptions of these that did not occur.
pub fn outdated(names: &[&str], occurred: &[bool]) -> Vec<String> {
    let all = EXCEPTIONS.iter().zip(occurred).filter(|(e, occurred)| names.contains(&e.of) && !**occurred);
    all.map(|(e, _)| format!("{} ({:?}): the exception is outdated: {}", e.of, e.way, e.reason)).collect()
}
