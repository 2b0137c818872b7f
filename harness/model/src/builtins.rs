//! The engines' own function names: which component function and which wrapper gives each engine's answer.
//!
//! A component function has one meaning; the engines differ among themselves. A rule here closes the gap, with the page
//! that states it.

use crate::{Dialect, SqlType, Value};

/// The algebra of a built-in aggregate: what the native implementation goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algebra {
    Sum,
    Count,
    Min,
    Max,
}

/// What a built-in aggregate means for one dialect and one list of argument types.
#[derive(Debug, Clone, PartialEq)]
pub struct AggregateRule {
    pub algebra: Algebra,
    /// Arguments of the component function of the same name, after the casts the engine makes.
    pub arguments: Vec<SqlType>,
    /// Rows whose argument is null don't reach the function. Set where the function itself takes no argument to skip.
    pub only_where_not_null: bool,
    pub result: SqlType,
    /// What the engine gives where the function gives null.
    pub instead_of_null: Option<Value>,
    /// Why the engine refuses it over a table, whose rows are taken back when they change.
    pub refused_over_tables: Option<&'static str>,
    /// The engine's page.
    pub link: &'static str,
}

const KSQLDB: &str =
    "https://docs.confluent.io/platform/current/ksqldb/developer-guide/ksqldb-reference/aggregate-functions.html";
const FLINK: &str = "https://nightlies.apache.org/flink/flink-docs-release-2.3/docs/dev/table/functions/systemfunctions/#aggregate-functions";

const NO_UNDO: &str = "ksqlDB's MIN and MAX cannot undo a row, and a table's rows are undone when they change";

/// The built-in aggregates that the harness knows, by dialect.
pub fn aggregate_names(_dialect: Dialect) -> &'static [&'static str] {
    &["COUNT", "MAX", "MIN", "SUM"]
}

/// The rule of a built-in aggregate. `COUNT(*)` comes with no arguments. `None`: no such built-in, or not with these types.
pub fn aggregate(dialect: Dialect, name: &str, arguments: &[SqlType]) -> Option<AggregateRule> {
    let link = if dialect == Dialect::Ksqldb { KSQLDB } else { FLINK };
    let rule = |algebra, arguments: &[SqlType], result| AggregateRule {
        algebra,
        arguments: arguments.to_vec(),
        only_where_not_null: false,
        result,
        instead_of_null: None,
        refused_over_tables: None,
        link,
    };
    match (name, arguments) {
        ("COUNT", []) => Some(rule(Algebra::Count, &[], SqlType::BigInt)),
        ("COUNT", [SqlType::Int | SqlType::BigInt | SqlType::Double]) => {
            Some(rule(Algebra::Count, arguments, SqlType::BigInt))
        }
        ("COUNT", [_]) => {
            Some(AggregateRule { only_where_not_null: true, ..rule(Algebra::Count, &[], SqlType::BigInt) })
        }
        ("SUM", [of @ (SqlType::Int | SqlType::BigInt | SqlType::Double)]) => {
            // A sum of nothing but nulls: 0 in ksqlDB, whose aggregates start there; null in Flink, as in standard SQL.
            let zero = match of {
                SqlType::Int => Value::S32(0),
                SqlType::BigInt => Value::S64(0),
                _ => Value::F64(0.0),
            };
            let instead_of_null = (dialect == Dialect::Ksqldb).then_some(zero);
            Some(AggregateRule { instead_of_null, ..rule(Algebra::Sum, arguments, of.clone()) })
        }
        ("MIN" | "MAX", [of]) if is_ordered(of) => {
            let algebra = if name == "MIN" { Algebra::Min } else { Algebra::Max };
            let refused_over_tables = (dialect == Dialect::Ksqldb).then_some(NO_UNDO);
            Some(AggregateRule { refused_over_tables, ..rule(algebra, arguments, of.clone()) })
        }
        _ => None,
    }
}

fn is_ordered(of: &SqlType) -> bool {
    matches!(of, SqlType::Int | SqlType::BigInt | SqlType::Double | SqlType::TimestampLtz)
}

/// The argument types a built-in aggregate is known for, for an error that names them.
pub fn aggregate_signatures(dialect: Dialect, name: &str) -> Vec<String> {
    let candidates = [
        vec![],
        vec![SqlType::Int],
        vec![SqlType::BigInt],
        vec![SqlType::Double],
        vec![SqlType::String],
        vec![SqlType::TimestampLtz],
    ];
    candidates
        .iter()
        .filter(|arguments| aggregate(dialect, name, arguments).is_some())
        .map(|arguments| match arguments.first() {
            None => format!("{name}(*)"),
            Some(of) => format!("{name}({})", spelled(dialect, of)),
        })
        .collect()
}

/// A scalar built-in, which the harness computes natively in both modes.
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

/// A type as the dialect writes it; Flink's spelling where ksqlDB has none.
pub fn spelled(dialect: Dialect, of: &SqlType) -> String {
    match dialect {
        Dialect::Ksqldb => of.ksqldb().unwrap_or_else(|_| of.to_string()),
        Dialect::Flink => of.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Dialect::*;

    #[test]
    fn a_sum_of_nothing_but_nulls_is_zero_in_ksqldb_and_null_in_flink() {
        let sum = |dialect| aggregate(dialect, "SUM", &[SqlType::Int]).expect("both have it").instead_of_null;
        assert_eq!(sum(Ksqldb), Some(Value::S32(0)));
        assert_eq!(sum(Flink), None);
    }

    #[test]
    fn a_sum_has_the_type_of_what_it_adds_in_both_engines() {
        for dialect in [Ksqldb, Flink] {
            for of in [SqlType::Int, SqlType::BigInt, SqlType::Double] {
                let rule = aggregate(dialect, "SUM", std::slice::from_ref(&of)).expect("both have it");
                assert_eq!(rule.result, of);
            }
        }
    }

    #[test]
    fn count_of_a_column_without_its_own_overload_counts_rows_where_it_is_not_null() {
        let rule = aggregate(Ksqldb, "COUNT", &[SqlType::String]).expect("counts anything");
        assert!(rule.only_where_not_null && rule.arguments.is_empty());
    }

    #[test]
    fn min_and_max_are_refused_over_ksqldb_tables_only() {
        let refused = |dialect| aggregate(dialect, "MAX", &[SqlType::Int]).expect("both have it").refused_over_tables;
        assert!(refused(Ksqldb).is_some() && refused(Flink).is_none());
    }

    #[test]
    fn from_unixtime_of_milliseconds_is_ksqldbs_alone() {
        assert!(scalar(Ksqldb, "FROM_UNIXTIME", &[SqlType::BigInt]).is_some());
        assert!(scalar(Flink, "FROM_UNIXTIME", &[SqlType::BigInt]).is_none());
    }

    #[test]
    fn an_error_can_name_the_signatures_that_exist() {
        assert_eq!(aggregate_signatures(Ksqldb, "SUM"), ["SUM(INT)", "SUM(BIGINT)", "SUM(DOUBLE)"]);
        assert_eq!(aggregate_signatures(Ksqldb, "MAX").last().map(String::as_str), Some("MAX(TIMESTAMP)"));
    }
}
