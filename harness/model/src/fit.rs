//! A component's value as the value of a SQL column.

use crate::{SqlType, Value};

/// The value with its decimals at the column's scale.
///
/// # Errors
/// A decimal that would lose digits, or has more than the precision: the contract makes that a refused row.
pub fn fit(value: Value, of: &SqlType) -> Result<Value, String> {
    let all = |values: Vec<Value>, of: &SqlType| values.into_iter().map(|v| fit(v, of)).collect::<Result<Vec<_>, _>>();
    let entries = |pairs: Vec<Value>, key: &SqlType, value: &SqlType| {
        let pair = |pair| match pair {
            Value::Record(pair) => side_by_side(pair, &[key, value]),
            other => Ok(other),
        };
        pairs.into_iter().map(pair).collect::<Result<Vec<_>, _>>()
    };
    Ok(match (of, value) {
        (SqlType::Decimal(precision, scale), Value::Decimal { unscaled, scale: from }) => {
            let fitted = rescale(unscaled, from, *scale).filter(|n| digits(*n) <= u32::from(*precision));
            let Some(unscaled) = fitted else {
                return Err(format!("{unscaled}e-{from} does not fit {of}"));
            };
            Value::Decimal { unscaled, scale: *scale }
        }
        (SqlType::Array(element), Value::List(values)) => Value::List(all(values, element)?),
        (SqlType::Map(key, value), Value::List(pairs)) => Value::List(entries(pairs, key, value)?),
        (SqlType::Multiset(element), Value::List(pairs)) => Value::List(entries(pairs, element, &SqlType::Int)?),
        (SqlType::Row(fields), Value::Record(values)) => {
            side_by_side(values, &fields.iter().map(|f| &f.sql_type).collect::<Vec<_>>())?
        }
        (_, value) => value,
    })
}

fn side_by_side(values: Vec<Value>, types: &[&SqlType]) -> Result<Value, String> {
    let fitted = values.into_iter().zip(types).map(|(value, of)| fit(value, of));
    Ok(Value::Record(fitted.collect::<Result<_, _>>()?))
}

/// The same number at another scale, if it is one.
fn rescale(unscaled: i128, from: u8, to: u8) -> Option<i128> {
    let power = 10_i128.checked_pow(u32::from(from.abs_diff(to)))?;
    match to >= from {
        true => unscaled.checked_mul(power),
        false => (unscaled % power == 0).then_some(unscaled / power),
    }
}

fn digits(number: i128) -> u32 {
    number.unsigned_abs().checked_ilog10().map_or(1, |n| n + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Field;

    fn decimal(unscaled: i128, scale: u8) -> Value {
        Value::Decimal { unscaled, scale }
    }

    #[test]
    fn a_decimal_takes_the_scale_of_its_column_wherever_it_stands() {
        let of = SqlType::Decimal(38, 3);
        assert_eq!(fit(decimal(125, 2), &of), Ok(decimal(1250, 3)));
        assert_eq!(fit(decimal(12500, 4), &of), Ok(decimal(1250, 3)));
        let row = SqlType::Row(vec![Field::new("a", SqlType::Array(Box::new(of)))]);
        let value = |decimal| Value::Record(vec![Value::List(vec![Value::Null, decimal])]);
        assert_eq!(fit(value(decimal(1, 0)), &row), Ok(value(decimal(1000, 3))));
    }

    #[test]
    fn a_decimal_that_would_lose_digits_is_refused() {
        assert!(fit(decimal(1, 4), &SqlType::Decimal(38, 3)).is_err());
        assert!(fit(decimal(i128::MAX, 0), &SqlType::Decimal(38, 3)).is_err());
        assert!(fit(decimal(1000, 0), &SqlType::Decimal(3, 0)).is_err());
    }
}
