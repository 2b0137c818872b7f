//! COALESCE, IFNULL, NULLIF and AS_VALUE.

use super::ScalarRule;
use crate::operators::common_type;
use crate::{Dialect, SqlType, Value};

/// All are given values of one type: ksqlDB's take no other (`Coalesce`, `IfNull`, `NullIf`), Flink's cast to the common one.
/// Every argument is evaluated, as each engine does before it calls a function.
pub(super) fn rule(dialect: Dialect, name: &str, arguments: &[SqlType]) -> Option<ScalarRule> {
    let (first, rest) = arguments.split_first()?;
    let common = match dialect {
        Dialect::Ksqldb => rest.iter().all(|of| of == first).then(|| first.clone())?,
        Dialect::Flink => rest.iter().try_fold(first.clone(), |common, of| common_type(&common, of))?,
    };
    let all = vec![common.clone(); arguments.len()];
    match (name, rest) {
        ("COALESCE", _) | ("IFNULL", [_]) => ScalarRule::of(&all, common, first_that_is_there),
        // Flink compares with `=`, to which -0.0 and 0.0 are equal; ksqlDB with `equals`, as here.
        ("NULLIF", [_]) if dialect == Dialect::Flink && matches!(common, SqlType::Float | SqlType::Double) => None,
        ("NULLIF", [_]) if *first == common => ScalarRule::of(&all, common, null_if_equal),
        ("AS_VALUE", []) => ScalarRule::of(&all, common, |values| Ok(values[0].clone())),
        _ => None,
    }
}

fn first_that_is_there(values: &[Value]) -> Result<Value, String> {
    Ok(values.iter().find(|value| !value.is_null()).cloned().unwrap_or(Value::Null))
}

fn null_if_equal(values: &[Value]) -> Result<Value, String> {
    Ok(if values[0] == values[1] { Value::Null } else { values[0].clone() })
}

#[cfg(test)]
mod tests {
    use super::super::tests::answer;
    use super::*;
    use Dialect::*;

    const TWO: [SqlType; 2] = [SqlType::String, SqlType::String];

    /// Observed on ksqlDB 8.3.1: `COALESCE(s,'-')` is `-` for a null, else `s`.
    #[test]
    fn coalesce_is_the_first_value_that_is_there() {
        assert_eq!(answer(Ksqldb, "COALESCE", &TWO, &[Value::Null, "-".into()]), Ok("-".into()));
        assert_eq!(answer(Ksqldb, "IFNULL", &TWO, &["p".into(), "-".into()]), Ok("p".into()));
        assert_eq!(answer(Flink, "COALESCE", &TWO, &[Value::Null, Value::Null]), Ok(Value::Null));
    }

    #[test]
    fn nullif_is_null_where_both_are_equal() {
        assert_eq!(answer(Ksqldb, "NULLIF", &TWO, &["a".into(), "a".into()]), Ok(Value::Null));
        assert_eq!(answer(Flink, "NULLIF", &TWO, &["a".into(), Value::Null]), Ok("a".into()));
    }

    #[test]
    fn only_flink_finds_a_common_type() {
        let types = [SqlType::Int, SqlType::BigInt];
        assert!(rule(Ksqldb, "COALESCE", &types).is_none());
        assert_eq!(rule(Flink, "COALESCE", &types).map(|rule| rule.result), Some(SqlType::BigInt));
    }
}
