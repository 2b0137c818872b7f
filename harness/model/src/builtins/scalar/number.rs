//! Functions of numbers.

use super::{ScalarRule, null_for_null};
use crate::{Dialect, SqlType, Value};

use SqlType::{BigInt, Decimal, Double, Float, Int};

/// ABS, FLOOR and CEIL keep the type (`Abs`, `Floor`, `Ceil`); ROUND gives a BIGINT and rounds halves up, -1.5 to -1, as
/// `Math.round` does (`Round`).
pub(super) fn rule(dialect: Dialect, name: &str, arguments: &[SqlType]) -> Option<ScalarRule> {
    let [of] = arguments else { return None };
    let ksqldb = dialect == Dialect::Ksqldb;
    match (name, of) {
        ("ABS", Int | BigInt | Double | Decimal(..)) => ScalarRule::of(arguments, of.clone(), null_for_null!(absolute)),
        ("ABS", Float) if !ksqldb => ScalarRule::of(arguments, Float, null_for_null!(absolute)),
        ("FLOOR" | "CEIL", Int | BigInt) => ScalarRule::of(arguments, of.clone(), |values| Ok(values[0].clone())),
        ("FLOOR", Double) => ScalarRule::of(arguments, Double, null_for_null!(|v| Value::F64(double(&v[0]).floor()))),
        ("CEIL", Double) => ScalarRule::of(arguments, Double, null_for_null!(|v| Value::F64(double(&v[0]).ceil()))),
        ("ROUND", Double) => ScalarRule::of(arguments, BigInt, null_for_null!(|v| Value::S64(rounded(double(&v[0]))))),
        _ => None,
    }
}

fn double(value: &Value) -> f64 {
    match value {
        Value::F64(number) => *number,
        _ => f64::NAN,
    }
}

/// The least integer has no counterpart and stays what it is.
fn absolute(values: &[Value]) -> Value {
    match &values[0] {
        Value::S32(number) => Value::S32(number.wrapping_abs()),
        Value::S64(number) => Value::S64(number.wrapping_abs()),
        Value::F32(number) => Value::F32(number.abs()),
        Value::F64(number) => Value::F64(number.abs()),
        Value::Decimal { unscaled, scale } => Value::Decimal { unscaled: unscaled.abs(), scale: *scale },
        _ => Value::Null,
    }
}

fn rounded(number: f64) -> i64 {
    let below = number.floor();
    (if number - below >= 0.5 { below + 1.0 } else { below }) as i64
}

#[cfg(test)]
mod tests {
    use super::super::tests::answer;
    use super::*;
    use Dialect::*;

    #[test]
    fn the_absolute_value_of_the_least_integer_is_itself() {
        let of = |value| answer(Ksqldb, "ABS", &[Int], &[value]);
        assert_eq!(of(Value::S32(-7)), Ok(Value::S32(7)));
        assert_eq!(of(Value::S32(i32::MIN)), Ok(Value::S32(i32::MIN)));
        assert_eq!(of(Value::Null), Ok(Value::Null));
    }

    /// Of ksqlDB's own comment on `Round`: 1.5 is 2, -1.5 is -1, -1.9 is -2.
    #[test]
    fn halves_are_rounded_up() {
        let of = |number| answer(Ksqldb, "ROUND", &[Double], &[Value::F64(number)]);
        let expected = [(1.5, 2), (-1.5, -1), (-1.9, -2), (0.499_999_999_999_999_94, 0), (f64::NAN, 0)];
        expected.iter().for_each(|(number, whole)| assert_eq!(of(*number), Ok(Value::S64(*whole)), "{number}"));
        assert_eq!(answer(Ksqldb, "FLOOR", &[Double], &[Value::F64(-1.5)]), Ok(Value::F64(-2.0)));
        assert_eq!(answer(Ksqldb, "CEIL", &[Double], &[Value::F64(-1.5)]), Ok(Value::F64(-1.0)));
    }
}
