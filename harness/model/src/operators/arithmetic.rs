//! `+ - * / %` on numbers, and text put together.

use std::sync::Arc;

use arrow::array::*;
use arrow::compute::kernels::{arity, numeric};
use arrow::datatypes::*;
use arrow::error::ArrowError;

use super::{Operator, Types, numeric_rank};
use crate::decimal::{DIGITS, Decimal, Rounding};
use crate::{Dialect, SqlType, columns};

pub(super) fn types(dialect: Dialect, operator: Operator, left: &SqlType, right: &SqlType) -> Option<Types> {
    use SqlType::*;
    if (left, right) == (&String, &String) {
        let joins = dialect == Dialect::Ksqldb && operator == Operator::Add;
        return joins.then_some(Types { left: String, right: String, result: String });
    }
    let of = |common: SqlType| Types { left: common.clone(), right: common.clone(), result: common };
    match (left, right) {
        (Decimal(..), Float | Double) | (Float | Double, Decimal(..)) => Some(of(Double)),
        (Decimal(..), _) | (_, Decimal(..)) => {
            let ((p, s), (q, t)) = (as_decimal(left)?, as_decimal(right)?);
            let (precision, scale) = decimal_result(dialect, operator, (p, s), (q, t))?;
            Some(Types { left: Decimal(p, s), right: Decimal(q, t), result: Decimal(precision, scale) })
        }
        // Calcite's type hangs on which comes first.
        (Float, Double) | (Double, Float) => None,
        _ => {
            let (a, b) = (numeric_rank(left)?, numeric_rank(right)?);
            let common = if a >= b { left } else { right };
            // Calcite gives the remainder the type of the right side (`SqlStdOperatorTable.MOD`, ARG1).
            let result = match (dialect, operator) {
                (Dialect::Flink, Operator::Modulo) => right,
                _ => common,
            };
            // A FLOAT's remainder of integers has no rule here.
            let whole = |of: &SqlType| !matches!(of, Float | Double);
            let fits = result == common || (whole(common) && whole(result));
            fits.then(|| Types { left: common.clone(), right: common.clone(), result: result.clone() })
        }
    }
}

/// The DECIMAL that holds every number of the type: INT is DECIMAL(10, 0) and BIGINT DECIMAL(19, 0) in both engines
/// (ksqlDB's `SqlTypes.INT_UPCAST_TO_DECIMAL`, Calcite's `RelDataTypeFactory.decimalOf`).
pub(super) fn as_decimal(of: &SqlType) -> Option<(u8, u8)> {
    match of {
        SqlType::TinyInt => Some((3, 0)),
        SqlType::SmallInt => Some((5, 0)),
        SqlType::Int => Some((10, 0)),
        SqlType::BigInt => Some((19, 0)),
        SqlType::Decimal(precision, scale) => Some((*precision, *scale)),
        _ => None,
    }
}

/// SQL Server's table, which both engines have (ksqlDB's `SqlDecimal`, Flink's `LogicalTypeMerging`). Beyond 38 digits
/// Flink gives up places behind the point, but never the first six; ksqlDB goes on, where no column here can follow.
fn decimal_result(dialect: Dialect, operator: Operator, (p, s): (u8, u8), (q, t): (u8, u8)) -> Option<(u8, u8)> {
    let (precision, scale) = match operator {
        Operator::Add | Operator::Subtract => (s.max(t) + (p - s).max(q - t) + 1, s.max(t)),
        Operator::Multiply => (p + q + 1, s + t),
        Operator::Divide => {
            let scale = 6.max(s + q + 1);
            (p - s + t + scale, scale)
        }
        // ksqlDB's ends in an exception for some quotients (`BigDecimal.remainder` with a precision).
        _ if dialect == Dialect::Ksqldb => return None,
        _ => ((p - s).min(q - t) + s.max(t), s.max(t)),
    };
    match dialect {
        _ if precision <= DIGITS => Some((precision, scale)),
        Dialect::Ksqldb => None,
        Dialect::Flink => {
            let whole = precision - scale;
            let least = scale.min(6);
            Some((DIGITS, least.max(DIGITS.saturating_sub(whole))))
        }
    }
}

pub(super) fn apply(
    dialect: Dialect,
    operator: Operator,
    left: &dyn Array,
    right: &dyn Array,
    result: &SqlType,
) -> Result<ArrayRef, ArrowError> {
    use Operator::*;
    match (left.data_type(), operator) {
        (DataType::Utf8, _) => Ok(joined(dialect, left, right)),
        (DataType::Decimal128(..), _) => decimals(dialect, operator, left, right, result),
        (_, Add) => numeric::add_wrapping(&left, &right),
        (_, Subtract) => numeric::sub_wrapping(&left, &right),
        (_, Multiply) => numeric::mul_wrapping(&left, &right),
        _ => {
            let quotient = divide(dialect, operator, left, right)?;
            // A remainder is no larger than the right side, so it loses nothing in its type.
            arrow::compute::cast(&quotient, &columns::data_type(result))
        }
    }
}

/// The number with the other sign; the least integer stays what it is.
pub fn negate(of: &dyn Array) -> Result<ArrayRef, ArrowError> {
    numeric::neg_wrapping(of)
}

/// Java's `null + "x"` is `nullx`; Flink's `||` with a null is null.
fn joined(dialect: Dialect, left: &dyn Array, right: &dyn Array) -> ArrayRef {
    let rows = left.as_string::<i32>().iter().zip(right.as_string::<i32>());
    let joined: StringArray = rows
        .map(|(a, b)| match dialect {
            Dialect::Ksqldb => Some(format!("{}{}", a.unwrap_or("null"), b.unwrap_or("null"))),
            Dialect::Flink => a.zip(b).map(|(a, b)| format!("{a}{b}")),
        })
        .collect();
    Arc::new(joined)
}

fn decimals(
    dialect: Dialect,
    operator: Operator,
    left: &dyn Array,
    right: &dyn Array,
    result: &SqlType,
) -> Result<ArrayRef, ArrowError> {
    let SqlType::Decimal(precision, scale) = *result else {
        return Err(ArrowError::InvalidArgumentError(format!("a DECIMAL gives no {result}")));
    };
    let number = |column: &dyn Array, unscaled: i128| match column.data_type() {
        DataType::Decimal128(_, scale) => Decimal::new(unscaled, scale.unsigned_abs()),
        _ => Decimal::new(unscaled, 0),
    };
    let rows = left.as_primitive::<Decimal128Type>().iter().zip(right.as_primitive::<Decimal128Type>().iter());
    let answer = |(a, b): (Option<i128>, Option<i128>)| {
        let Some((a, b)) = a.zip(b) else { return Ok(None) };
        let divides = matches!(operator, Operator::Divide | Operator::Modulo);
        if divides && b == 0 && dialect == Dialect::Flink {
            return Err(ArrowError::DivideByZero);
        }
        Ok(decimal(dialect, operator, (number(left, a), number(right, b)), (precision, scale)))
    };
    let answers: Decimal128Array = rows.map(answer).collect::<Result<_, _>>()?;
    Ok(Arc::new(answers.with_data_type(columns::data_type(result))))
}

/// Null where there is no room for the answer: so it is in Flink (`DecimalData.fromBigDecimal`), and in ksqlDB it is an
/// exception, as is an answer that would have to be rounded (`MathContext(precision, UNNECESSARY)`).
fn decimal(
    dialect: Dialect,
    operator: Operator,
    (a, b): (Decimal, Decimal),
    (precision, scale): (u8, u8),
) -> Option<i128> {
    let exact = match operator {
        Operator::Add => a.plus(b)?,
        Operator::Subtract => a.minus(b)?,
        Operator::Multiply => a.times(b)?,
        Operator::Modulo => a.remainder(b)?,
        _ if dialect == Dialect::Ksqldb => a.divide(b, scale, Rounding::Unnecessary)?,
        _ => a.divide_to_digits(b, DIGITS)?,
    };
    let rounding = if dialect == Dialect::Ksqldb { Rounding::Unnecessary } else { Rounding::HalfUp };
    exact.fit(precision, scale, rounding)
}

fn divide(dialect: Dialect, operator: Operator, left: &dyn Array, right: &dyn Array) -> Result<ArrayRef, ArrowError> {
    macro_rules! integers {
        ($type:ty) => {
            integers::<$type>(dialect, left, right, |a, b| match operator {
                Operator::Divide => a.wrapping_div(b),
                _ => a.wrapping_rem(b),
            })
        };
    }
    macro_rules! floats {
        ($type:ty) => {{
            let (left, right) = (left.as_primitive::<$type>(), right.as_primitive::<$type>());
            let result: PrimitiveArray<$type> = arity::binary(left, right, |a, b| match operator {
                Operator::Divide => a / b,
                _ => a % b,
            })?;
            Ok(Arc::new(result))
        }};
    }
    match left.data_type() {
        DataType::Int8 => integers!(Int8Type),
        DataType::Int16 => integers!(Int16Type),
        DataType::Int32 => integers!(Int32Type),
        DataType::Int64 => integers!(Int64Type),
        DataType::Float32 => floats!(Float32Type),
        _ => floats!(Float64Type),
    }
}

fn integers<T: ArrowPrimitiveType>(
    dialect: Dialect,
    left: &dyn Array,
    right: &dyn Array,
    quotient: impl Fn(T::Native, T::Native) -> T::Native,
) -> Result<ArrayRef, ArrowError>
where
    T::Native: Default + PartialEq,
{
    let zero = T::Native::default();
    let rows = left.as_primitive::<T>().iter().zip(right.as_primitive::<T>().iter());
    let result: PrimitiveArray<T> = rows
        .map(|(a, b)| match (a, b) {
            (Some(_), Some(b)) if b == zero => match dialect {
                Dialect::Ksqldb => Ok(None),
                Dialect::Flink => Err(ArrowError::DivideByZero),
            },
            (a, b) => Ok(a.zip(b).map(|(a, b)| quotient(a, b))),
        })
        .collect::<Result<_, _>>()?;
    Ok(Arc::new(result))
}

#[cfg(test)]
mod tests {
    use super::super::apply;
    use super::*;
    use Dialect::*;
    use Operator::*;

    fn ints(values: &[Option<i32>]) -> Int32Array {
        values.iter().copied().collect()
    }

    fn result(dialect: Dialect, operator: Operator, left: &SqlType, right: &SqlType) -> Option<SqlType> {
        types(dialect, operator, left, right).map(|types| types.result)
    }

    #[test]
    fn the_wider_number_wins() {
        use SqlType::*;
        assert_eq!(result(Ksqldb, Multiply, &Int, &Double), Some(Double));
        assert_eq!(result(Ksqldb, Add, &BigInt, &Int), Some(BigInt));
        assert_eq!(result(Flink, Add, &TinyInt, &SmallInt), Some(SmallInt));
        assert_eq!(result(Flink, Multiply, &BigInt, &Float), Some(Float));
        assert_eq!(result(Ksqldb, Add, &String, &Int), None);
        assert_eq!(result(Flink, Add, &Float, &Double), None);
    }

    #[test]
    fn the_remainder_of_two_integers_has_the_type_of_the_right_one_in_flink() {
        use SqlType::*;
        assert_eq!(result(Flink, Modulo, &BigInt, &Int), Some(Int));
        assert_eq!(result(Ksqldb, Modulo, &BigInt, &Int), Some(BigInt));
        assert_eq!(result(Flink, Modulo, &Double, &Int), None);
    }

    /// The first two were observed on ksqlDB 8.3.1: `i*m` is 37.50 and `m/j` has 13 places, of INT and DECIMAL(6,2).
    #[test]
    fn decimals_have_sql_servers_precision_and_scale() {
        use SqlType::{BigInt, Decimal, Double, Int};
        let m = Decimal(6, 2);
        assert_eq!(result(Ksqldb, Multiply, &Int, &m), Some(Decimal(17, 2)));
        assert_eq!(result(Ksqldb, Divide, &m, &Int), Some(Decimal(17, 13)));
        assert_eq!(result(Flink, Add, &m, &Decimal(4, 3)), Some(Decimal(8, 3)));
        assert_eq!(result(Flink, Modulo, &m, &Int), Some(Decimal(6, 2)));
        assert_eq!(result(Flink, Multiply, &m, &Double), Some(Double));
        // (38, 10) * (19, 0) is (58, 10): the whole part has 48 digits, so six places are left.
        assert_eq!(result(Flink, Multiply, &Decimal(38, 10), &BigInt), Some(Decimal(38, 6)));
        assert_eq!(result(Ksqldb, Multiply, &Decimal(38, 10), &BigInt), None);
    }

    /// Observed on ksqlDB 8.3.1: 12.50/2 = 6.2500000000000, 999.99/0 and 0.01/3 are null. By hand: 0.01/3 is 0.0033333333333.
    #[test]
    fn a_quotient_of_decimals_is_exact_in_ksqldb_and_rounded_in_flink() {
        let of = |values: Vec<i128>, precision, scale| {
            Decimal128Array::from(values).with_precision_and_scale(precision, scale).expect("fits")
        };
        let (m, j) = (of(vec![1250, 99_999, 1], 6, 2), of(vec![2, 0, 3], 10, 0));
        let to = SqlType::Decimal(17, 13);
        let answers = apply(Ksqldb, Divide, &m, &j, &to).expect("ksqlDB gives null");
        let expected: Decimal128Array = [Some(62_500_000_000_000), None, None].into_iter().collect();
        assert_eq!(answers.as_primitive::<Decimal128Type>(), &expected.with_data_type(columns::data_type(&to)));
        assert!(apply(Flink, Divide, &m, &j, &to).is_err());
        let thirds = apply(Flink, Divide, &m.slice(2, 1), &j.slice(2, 1), &to).expect("no zero");
        assert_eq!(thirds.as_primitive::<Decimal128Type>().value(0), 33_333_333_333);
    }

    /// Observed on ksqlDB 8.3.1: 3/2 = 1, 1/0 is null, 7/-2 = -3, a null side gives null.
    #[test]
    fn integer_division_truncates_and_by_zero_is_null_in_ksqldb() {
        let left = ints(&[Some(3), Some(1), None, Some(7), Some(i32::MIN)]);
        let right = ints(&[Some(2), Some(0), Some(3), Some(-2), Some(-1)]);
        let result = apply(Ksqldb, Divide, &left, &right, &SqlType::Int).expect("ksqlDB gives null");
        assert_eq!(result.as_primitive::<Int32Type>(), &ints(&[Some(1), None, None, Some(-3), Some(i32::MIN)]));
    }

    #[test]
    fn integer_division_by_zero_fails_in_flink() {
        assert!(apply(Flink, Divide, &ints(&[Some(1)]), &ints(&[Some(0)]), &SqlType::Int).is_err());
        assert!(apply(Flink, Modulo, &ints(&[Some(1)]), &ints(&[None]), &SqlType::Int).is_ok());
    }

    /// Observed on ksqlDB 8.3.1: 1 + 9223372036854775807 = -9223372036854775808.
    #[test]
    fn integers_wrap_around() {
        let (left, right) = (Int64Array::from(vec![1]), Int64Array::from(vec![i64::MAX]));
        let result = apply(Ksqldb, Add, &left, &right, &SqlType::BigInt).expect("no overflow in Java");
        assert_eq!(result.as_primitive::<Int64Type>().value(0), i64::MIN);
    }

    /// Observed on ksqlDB 8.3.1: `s+'x'` is `px`, and `nullx` for a null.
    #[test]
    fn a_null_is_a_word_in_ksqldbs_text() {
        let (left, right) = (StringArray::from(vec![Some("p"), None]), StringArray::from(vec!["x", "x"]));
        let joined = |dialect, operator| apply(dialect, operator, &left, &right, &SqlType::String).expect("text");
        assert_eq!(joined(Ksqldb, Add).as_string::<i32>(), &StringArray::from(vec!["px", "nullx"]));
        assert_eq!(joined(Flink, Concat).as_string::<i32>(), &StringArray::from(vec![Some("px"), None]));
    }
}
