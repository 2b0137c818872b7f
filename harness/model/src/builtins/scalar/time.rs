//! Functions of instants.

use super::{Compute, ScalarRule};
use crate::{Dialect, SqlType, Value};

use SqlType::{BigInt, Int, TimestampLtz};

/// - ksqlDB: FROM_UNIXTIME takes milliseconds and UNIX_TIMESTAMP gives them (`FromUnixTime`, `UnixTimestamp`).
/// - Flink: FROM_UNIXTIME takes seconds and gives a string, so it is not this function; TO_TIMESTAMP_LTZ(n, 3) is.
pub(super) fn rule(dialect: Dialect, name: &str, arguments: &[SqlType]) -> Option<ScalarRule> {
    let reinterpreted = |arguments: &[SqlType], result, literals| {
        Some(ScalarRule { arguments: arguments.to_vec(), result, compute: Compute::Reinterpret, literals })
    };
    match (dialect, name, arguments) {
        (Dialect::Ksqldb, "FROM_UNIXTIME", [BigInt | Int]) => reinterpreted(&[BigInt], TimestampLtz, vec![]),
        (Dialect::Ksqldb, "UNIX_TIMESTAMP", [TimestampLtz]) => reinterpreted(&[TimestampLtz], BigInt, vec![]),
        (Dialect::Flink, "TO_TIMESTAMP_LTZ", [BigInt | Int, Int]) => {
            reinterpreted(&[BigInt, Int], TimestampLtz, vec![(1, vec![Value::S32(3)])])
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_unixtime_of_milliseconds_is_ksqldbs_alone() {
        assert!(super::super::scalar(Dialect::Ksqldb, "FROM_UNIXTIME", &[BigInt]).is_some());
        assert!(super::super::scalar(Dialect::Flink, "FROM_UNIXTIME", &[BigInt]).is_none());
    }
}
