//! Which versions of `streamfn:types` this host reads. The rule is argued in `wit/README.md`.
//!
//! A component is readable if its version is compatible with ours by semver's caret rule and not newer than ours: a
//! newer one may use a type that we would take for a bare number.

use wit_parser::Resolve;

use super::ContractError;

/// The version of `wit/types/types.wit`: major, minor, patch.
pub const OURS: (u64, u64, u64) = (0, 1, 1);

pub fn check(resolve: &Resolve) -> Result<(), ContractError> {
    for (_, package) in resolve.packages.iter().filter(|(_, p)| super::wit::is_types_package(&p.name)) {
        let (found, advice) = match &package.name.version {
            None => ("without a version".to_owned(), Some("write `package streamfn:types@…` as in wit/types")),
            Some(v) => (v.to_string(), advice((v.major, v.minor, v.patch), v.pre.is_empty())),
        };
        if let Some(advice) = advice {
            let (major, minor, patch) = OURS;
            return Err(ContractError::Version { found, ours: format!("{major}.{minor}.{patch}"), advice });
        }
    }
    Ok(())
}

/// What to do about a version that cannot be read.
fn advice(found: (u64, u64, u64), released: bool) -> Option<&'static str> {
    if !released {
        return Some("a pre-release is nobody's contract: build the component against a released version");
    }
    let generation = |(major, minor, patch): (u64, u64, u64)| match (major, minor) {
        (0, 0) => (0, 0, patch),
        (0, minor) => (0, minor, 0),
        (major, _) => (major, 0, 0),
    };
    if found > OURS {
        Some("update streamfn, or build the component against this version's wit/")
    } else if generation(found) != generation(OURS) {
        Some("build the component against this version's wit/, or use the streamfn it was made for")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_version_is_that_of_the_wit() {
        let wit = include_str!("../../../wit/types/types.wit");
        let (major, minor, patch) = OURS;
        assert!(wit.contains(&format!("package streamfn:types@{major}.{minor}.{patch};")));
    }

    #[test]
    fn only_compatible_versions_up_to_ours_are_read() {
        assert_eq!(advice(OURS, true), None);
        for other in [(0, 0, 9), (0, 1, 2), (0, 2, 0), (1, 0, 0)] {
            assert!(advice(other, true).is_some(), "{other:?}");
        }
        assert!(advice(OURS, false).is_some());
    }
}
