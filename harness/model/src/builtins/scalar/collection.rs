//! Functions of arrays and maps.

use super::{ScalarRule, null_for_null};
use crate::{Dialect, SqlType, Value};

pub(super) fn rule(dialect: Dialect, name: &str, arguments: &[SqlType]) -> Option<ScalarRule> {
    match (dialect, name, arguments) {
        (_, "ARRAY_LENGTH", [SqlType::Array(_)]) | (_, "CARDINALITY", [SqlType::Array(_) | SqlType::Map(..)]) => {
            ScalarRule::of(arguments, SqlType::Int, null_for_null!(|v| size(&v[0])))
        }
        // `ArrayContains`: no array contains nothing, and null is an element like any other.
        (_, "ARRAY_CONTAINS", [SqlType::Array(element), of]) if **element == *of => {
            ScalarRule::of(arguments, SqlType::Boolean, |values| match &values[0] {
                Value::List(elements) => Ok(Value::Bool(elements.contains(&values[1]))),
                _ => Ok(Value::Bool(false)),
            })
        }
        _ => None,
    }
}

fn size(value: &Value) -> Value {
    match value {
        Value::List(elements) => Value::S32(i32::try_from(elements.len()).unwrap_or(i32::MAX)),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::answer;
    use super::*;
    use Dialect::*;

    #[test]
    fn no_array_has_no_length_and_contains_nothing() {
        let array = SqlType::Array(Box::new(SqlType::Int));
        let (types, list) = ([array.clone(), SqlType::Int], Value::List(vec![Value::Null, Value::S32(1)]));
        let length = |of| answer(Ksqldb, "ARRAY_LENGTH", std::slice::from_ref(&array), &[of]);
        assert_eq!((length(list.clone()), length(Value::Null)), (Ok(Value::S32(2)), Ok(Value::Null)));
        let contains = |of, element| answer(Ksqldb, "ARRAY_CONTAINS", &types, &[of, element]);
        assert_eq!(contains(list.clone(), Value::Null), Ok(Value::Bool(true)));
        assert_eq!(contains(list, Value::S32(2)), Ok(Value::Bool(false)));
        assert_eq!(contains(Value::Null, Value::Null), Ok(Value::Bool(false)));
    }
}
