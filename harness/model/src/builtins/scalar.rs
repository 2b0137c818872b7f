//! The scalar built-ins, which the harness computes natively in both modes.

use crate::{Dialect, SqlType};

/// What a scalar built-in does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    /// The argument's bits under another type: BIGINT milliseconds as a TIMESTAMP and back.
    Reinterpret,
}

/// The scalar built-ins that the harness knows, by dialect.
pub fn scalar_names(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Ksqldb => &["FROM_UNIXTIME", "UNIX_TIMESTAMP"],
        Dialect::Flink => &["TO_TIMESTAMP_LTZ"],
    }
}

/// The rule of a scalar built-in and the type it gives.
///
/// - ksqlDB: FROM_UNIXTIME takes milliseconds and UNIX_TIMESTAMP gives them
///   (<https://docs.confluent.io/platform/current/ksqldb/developer-guide/ksqldb-reference/scalar-functions.html>).
/// - Flink: FROM_UNIXTIME takes seconds and gives a string, so it is not this function; TO_TIMESTAMP_LTZ(n, 3) is
///   (<https://nightlies.apache.org/flink/flink-docs-release-2.3/docs/dev/table/functions/systemfunctions/#temporal-functions>).
///   Its precision is checked where the literal is known.
pub fn scalar(dialect: Dialect, name: &str, arguments: &[SqlType]) -> Option<(Scalar, SqlType)> {
    match (dialect, name, arguments) {
        (Dialect::Ksqldb, "FROM_UNIXTIME", [SqlType::BigInt]) => Some((Scalar::Reinterpret, SqlType::TimestampLtz)),
        (Dialect::Ksqldb, "UNIX_TIMESTAMP", [SqlType::TimestampLtz]) => Some((Scalar::Reinterpret, SqlType::BigInt)),
        (Dialect::Flink, "TO_TIMESTAMP_LTZ", [SqlType::BigInt, SqlType::Int]) => {
            Some((Scalar::Reinterpret, SqlType::TimestampLtz))
        }
        _ => None,
    }
}

/// The signatures a scalar built-in is known for.
pub fn scalar_signatures(name: &str) -> Vec<String> {
    match name {
        "FROM_UNIXTIME" => vec!["FROM_UNIXTIME(BIGINT)".to_owned()],
        "UNIX_TIMESTAMP" => vec!["UNIX_TIMESTAMP(TIMESTAMP)".to_owned()],
        "TO_TIMESTAMP_LTZ" => vec!["TO_TIMESTAMP_LTZ(BIGINT, 3)".to_owned()],
        _ => vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_unixtime_of_milliseconds_is_ksqldbs_alone() {
        assert!(scalar(Dialect::Ksqldb, "FROM_UNIXTIME", &[SqlType::BigInt]).is_some());
        assert!(scalar(Dialect::Flink, "FROM_UNIXTIME", &[SqlType::BigInt]).is_none());
    }
}
