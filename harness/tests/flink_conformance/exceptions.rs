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

pub const EXCEPTIONS: &[Exception] =
    &[differs("keyed", Way::Builtins, "-D", UNIQUE_GROUPS), differs("keyed", Way::Components, "-D", UNIQUE_GROUPS)];

const UNIQUE_GROUPS: &str =
    "Flink leaves out an aggregation by a unique key (AggregateRemoveRule), so a tombstone of no row goes through";

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
