//! The scalar built-ins, which the harness computes natively in both modes: one file for each kind, one rule for each
//! function.

mod collection;
mod null;
mod number;
mod text;
mod time;

use crate::{Dialect, SqlType, Value};

/// What a scalar built-in means for one dialect and one list of argument types.
#[derive(Debug, Clone)]
pub struct ScalarRule {
    /// What the engine casts the arguments to.
    pub arguments: Vec<SqlType>,
    pub result: SqlType,
    pub compute: Compute,
    /// Arguments that have to be one of these values.
    pub literals: Vec<(usize, Vec<Value>)>,
}

/// How the answer is computed.
#[derive(Debug, Clone, Copy)]
pub enum Compute {
    /// Of one row's arguments. The error is an exception of ksqlDB's, and fails Flink's job.
    Row(fn(&[Value]) -> Result<Value, String>),
    /// The first argument's bits under another type: BIGINT milliseconds as a TIMESTAMP and back. ksqlDB throws on a null, which its
    /// `long` cannot hold.
    Reinterpret,
}

impl ScalarRule {
    /// A function of arguments that it takes as they are.
    fn of(arguments: &[SqlType], result: SqlType, row: fn(&[Value]) -> Result<Value, String>) -> Option<ScalarRule> {
        let (arguments, compute) = (arguments.to_vec(), Compute::Row(row));
        Some(ScalarRule { arguments, result, compute, literals: vec![] })
    }
}

/// The scalar built-ins that the harness knows, by dialect.
pub fn scalar_names(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Ksqldb => &[
            "ABS",
            "ARRAY_CONTAINS",
            "ARRAY_LENGTH",
            "AS_VALUE",
            "CEIL",
            "COALESCE",
            "CONCAT",
            "FLOOR",
            "FROM_UNIXTIME",
            "IFNULL",
            "LCASE",
            "LEN",
            "NULLIF",
            "ROUND",
            "SUBSTRING",
            "TRIM",
            "UCASE",
            "UNIX_TIMESTAMP",
        ],
        Dialect::Flink => &[
            "ABS",
            "CARDINALITY",
            "CHARACTER_LENGTH",
            "CHAR_LENGTH",
            "COALESCE",
            "CONCAT",
            "IFNULL",
            "LOWER",
            "NULLIF",
            "SUBSTRING",
            "TO_TIMESTAMP_LTZ",
            "TRIM",
            "UPPER",
        ],
    }
}

/// The rule of a scalar built-in. `None`: no such built-in, or not with these types.
///
/// - ksqlDB: <https://docs.confluent.io/platform/current/ksqldb/developer-guide/ksqldb-reference/scalar-functions.html>, and
///   the classes below `io.confluent.ksql.function.udf`, which the rules name.
/// - Flink: <https://nightlies.apache.org/flink/flink-docs-release-2.3/docs/dev/table/functions/systemfunctions/>.
pub fn scalar(dialect: Dialect, name: &str, arguments: &[SqlType]) -> Option<ScalarRule> {
    if !scalar_names(dialect).contains(&name) {
        return None;
    }
    null::rule(dialect, name, arguments)
        .or_else(|| text::rule(dialect, name, arguments))
        .or_else(|| number::rule(dialect, name, arguments))
        .or_else(|| collection::rule(dialect, name, arguments))
        .or_else(|| time::rule(dialect, name, arguments))
}

/// The signatures a scalar built-in is known for, for an error that names them.
pub fn scalar_signatures(dialect: Dialect, name: &str) -> Vec<String> {
    let arguments: &[&str] = match name {
        "ABS" | "FLOOR" | "CEIL" | "ROUND" => &["number"],
        "ARRAY_CONTAINS" => &["ARRAY, element"],
        "ARRAY_LENGTH" => &["ARRAY"],
        "CARDINALITY" => &["ARRAY", "MAP"],
        "AS_VALUE" => &["x"],
        "COALESCE" => &["x, …"],
        "IFNULL" | "NULLIF" => &["x, y"],
        "CONCAT" => &["STRING, STRING, …"],
        "SUBSTRING" => &["STRING, INT", "STRING, INT, INT"],
        "FROM_UNIXTIME" => &["BIGINT"],
        "UNIX_TIMESTAMP" => &["TIMESTAMP"],
        "TO_TIMESTAMP_LTZ" => &["BIGINT, 3"],
        _ => &["STRING"],
    };
    let known = scalar_names(dialect).contains(&name);
    arguments.iter().filter(|_| known).map(|arguments| format!("{name}({arguments})")).collect()
}

/// A rule for values of which none is null, as one that gives null for a null.
macro_rules! null_for_null {
    ($rule:expr) => {
        |values: &[crate::Value]| -> Result<crate::Value, String> {
            let rule: fn(&[crate::Value]) -> crate::Value = $rule;
            Ok(if values.iter().any(crate::Value::is_null) { crate::Value::Null } else { rule(values) })
        }
    };
}
use null_for_null;

#[cfg(test)]
mod tests {
    use super::*;

    /// The answer of a function, for the tests of each kind.
    pub(super) fn answer(dialect: Dialect, name: &str, types: &[SqlType], values: &[Value]) -> Result<Value, String> {
        let rule = scalar(dialect, name, types).unwrap_or_else(|| panic!("{dialect}: {name}({types:?})"));
        match rule.compute {
            Compute::Row(row) => row(values),
            Compute::Reinterpret => Ok(values[0].clone()),
        }
    }

    #[test]
    fn an_error_can_name_the_signatures_that_exist() {
        for dialect in [Dialect::Ksqldb, Dialect::Flink] {
            for name in scalar_names(dialect) {
                assert!(!scalar_signatures(dialect, name).is_empty(), "{dialect}: {name}");
            }
        }
        assert_eq!(scalar_signatures(Dialect::Flink, "FROM_UNIXTIME"), Vec::<String>::new());
    }
}
