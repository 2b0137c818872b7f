//! What `+`, `/`, `<` and their like mean in each dialect: the type both sides are taken to, and the rule for each row.
//!
//! Both engines compile expressions to Java, so the rules are Java's: integers wrap around, doubles compare by IEEE 754
//! (`-0.0 = 0.0`, NaN equals nothing), division truncates. A null on either side gives null.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::*;
use arrow::compute::kernels::{arity, cmp, numeric};
use arrow::datatypes::*;
use arrow::error::ArrowError;

use crate::{Dialect, SqlType};

/// An operator of two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Operator {
    pub fn is_arithmetic(self) -> bool {
        use Operator::*;
        matches!(self, Add | Subtract | Multiply | Divide | Modulo)
    }
}

/// The type that both sides are taken to before the operator is applied, and the type of what it gives.
///
/// `None`: the dialect has no such operator, or the harness does not know its rule.
pub fn types(dialect: Dialect, operator: Operator, left: &SqlType, right: &SqlType) -> Option<(SqlType, SqlType)> {
    let common = common_type(left, right)?;
    if operator.is_arithmetic() {
        numeric_rank(&common)?;
        // Flink's remainder has the type of its right side; no rule for two types is written yet.
        if operator == Operator::Modulo && dialect == Dialect::Flink && left != right {
            return None;
        }
        return Some((common.clone(), common));
    }
    let equates = matches!(operator, Operator::Equal | Operator::NotEqual);
    let comparable = match &common {
        SqlType::TimestampLtz | SqlType::Timestamp => true,
        SqlType::Boolean => equates,
        // ksqlDB orders text by Java's UTF-16 units, Flink by the bytes of UTF-8, as Arrow does.
        SqlType::String => equates || dialect == Dialect::Flink,
        number => numeric_rank(number).is_some(),
    };
    comparable.then_some((common, SqlType::Boolean))
}

fn common_type(left: &SqlType, right: &SqlType) -> Option<SqlType> {
    if left == right {
        return Some(left.clone());
    }
    Some(if numeric_rank(left)? >= numeric_rank(right)? { left.clone() } else { right.clone() })
}

/// Java's binary numeric promotion, for the types that both engines promote alike: INT, then BIGINT, then DOUBLE.
fn numeric_rank(of: &SqlType) -> Option<u8> {
    match of {
        SqlType::Int => Some(0),
        SqlType::BigInt => Some(1),
        SqlType::Double => Some(2),
        _ => None,
    }
}

/// Applies the operator to two columns of the common type.
///
/// # Errors
/// Flink fails the job when an integer is divided by zero; ksqlDB logs it and gives null.
pub fn apply(
    dialect: Dialect,
    operator: Operator,
    left: &dyn Array,
    right: &dyn Array,
) -> Result<ArrayRef, ArrowError> {
    use Operator::*;
    match operator {
        Add => numeric::add_wrapping(&left, &right),
        Subtract => numeric::sub_wrapping(&left, &right),
        Multiply => numeric::mul_wrapping(&left, &right),
        Divide | Modulo => divide(dialect, operator, left, right),
        _ => Ok(Arc::new(compare(dialect, operator, left, right)?)),
    }
}

/// What a comparison gives where a side is null: null in Flink, as in standard SQL; false in ksqlDB, whose generated code
/// asks for null first (`SqlToJavaVisitor`), unless that null is what is left of an exception, `failed` for left or right.
pub fn compared_with_null(
    dialect: Dialect,
    result: &BooleanArray,
    sides: [&dyn Array; 2],
    failed: [bool; 2],
) -> BooleanArray {
    if dialect == Dialect::Flink {
        return result.clone();
    }
    let lost = |row| (0..2).any(|side| failed[side] && sides[side].is_null(row));
    let rows = result.iter().enumerate();
    rows.map(|(row, value)| value.or_else(|| (!lost(row)).then_some(false))).collect()
}

/// AND and OR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Logic {
    And,
    Or,
}

impl Logic {
    /// Whether the right side is evaluated at all: neither engine does where the left side decides. In ksqlDB a left side
    /// that is null is a Java exception, and ends the expression.
    pub fn asks_right(self, dialect: Dialect, left: Option<bool>) -> bool {
        match left {
            None => dialect == Dialect::Flink,
            Some(left) => left == (self == Logic::And),
        }
    }

    /// The answer: three-valued logic in Flink, Java's in ksqlDB. `right` counts only where it is asked for.
    pub fn answer(self, dialect: Dialect, left: Option<bool>, right: Option<bool>) -> Option<bool> {
        if !self.asks_right(dialect, left) {
            return left;
        }
        let decides = self == Logic::Or;
        match (left, right) {
            (None, Some(right)) if right == decides => Some(right),
            (None, _) => None,
            (Some(_), right) => right,
        }
    }
}

fn divide(dialect: Dialect, operator: Operator, left: &dyn Array, right: &dyn Array) -> Result<ArrayRef, ArrowError> {
    match left.data_type() {
        DataType::Int32 => integers::<Int32Type>(dialect, left, right, |a, b| match operator {
            Operator::Divide => a.wrapping_div(b),
            _ => a.wrapping_rem(b),
        }),
        DataType::Int64 => integers::<Int64Type>(dialect, left, right, |a, b| match operator {
            Operator::Divide => a.wrapping_div(b),
            _ => a.wrapping_rem(b),
        }),
        _ => {
            let (left, right) = (left.as_primitive::<Float64Type>(), right.as_primitive::<Float64Type>());
            let result: Float64Array = arity::binary(left, right, |a, b| match operator {
                Operator::Divide => a / b,
                _ => a % b,
            })?;
            Ok(Arc::new(result))
        }
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

fn compare(
    dialect: Dialect,
    operator: Operator,
    left: &dyn Array,
    right: &dyn Array,
) -> Result<BooleanArray, ArrowError> {
    use Operator::*;
    if let (Some(left), Some(right)) = (left.as_primitive_opt::<Float64Type>(), right.as_primitive_opt::<Float64Type>())
    {
        // Arrow orders doubles totally, -0.0 before 0.0; both engines go by IEEE 754.
        let rows = left.iter().zip(right.iter());
        return Ok(rows
            .map(|(a, b)| {
                a.zip(b).map(|(a, b)| match operator {
                    Equal => a == b,
                    // ksqlDB writes it as `<` or `>`, so that NaN differs from nothing either.
                    NotEqual if dialect == Dialect::Ksqldb => a.partial_cmp(&b).is_some_and(Ordering::is_ne),
                    NotEqual => a != b,
                    Less => a < b,
                    LessOrEqual => a <= b,
                    Greater => a > b,
                    _ => a >= b,
                })
            })
            .collect());
    }
    match operator {
        Equal => cmp::eq(&left, &right),
        NotEqual => cmp::neq(&left, &right),
        Less => cmp::lt(&left, &right),
        LessOrEqual => cmp::lt_eq(&left, &right),
        Greater => cmp::gt(&left, &right),
        _ => cmp::gt_eq(&left, &right),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Dialect::*;
    use Operator::*;

    fn ints(values: &[Option<i32>]) -> Int32Array {
        values.iter().copied().collect()
    }

    #[test]
    fn the_wider_type_of_int_bigint_double_wins() {
        use SqlType::*;
        assert_eq!(types(Ksqldb, Multiply, &Int, &Double), Some((Double, Double)));
        assert_eq!(types(Ksqldb, Add, &BigInt, &Int), Some((BigInt, BigInt)));
        assert_eq!(types(Ksqldb, Less, &Int, &BigInt), Some((BigInt, Boolean)));
        assert_eq!(types(Ksqldb, Add, &String, &Int), None);
        assert_eq!(types(Ksqldb, Add, &String, &String), None);
    }

    #[test]
    fn text_has_an_order_where_the_engine_orders_it_by_its_bytes() {
        use SqlType::String;
        assert_eq!(types(Ksqldb, Less, &String, &String), None);
        assert_eq!(types(Flink, Less, &String, &String), Some((String, SqlType::Boolean)));
        assert_eq!(types(Ksqldb, Equal, &String, &String), Some((String, SqlType::Boolean)));
    }

    /// Observed on ksqlDB 8.3.1: 3/2 = 1, 1/0 is null, 7/-2 = -3, a null side gives null.
    #[test]
    fn integer_division_truncates_and_by_zero_is_null_in_ksqldb() {
        let left = ints(&[Some(3), Some(1), None, Some(7), Some(i32::MIN)]);
        let right = ints(&[Some(2), Some(0), Some(3), Some(-2), Some(-1)]);
        let result = apply(Ksqldb, Divide, &left, &right).expect("ksqlDB gives null");
        assert_eq!(result.as_primitive::<Int32Type>(), &ints(&[Some(1), None, None, Some(-3), Some(i32::MIN)]));
    }

    #[test]
    fn integer_division_by_zero_fails_in_flink() {
        assert!(apply(Flink, Divide, &ints(&[Some(1)]), &ints(&[Some(0)])).is_err());
        assert!(apply(Flink, Modulo, &ints(&[Some(1)]), &ints(&[None])).is_ok());
    }

    /// Observed on ksqlDB 8.3.1: 1 + 9223372036854775807 = -9223372036854775808.
    #[test]
    fn integers_wrap_around() {
        let (left, right) = (Int64Array::from(vec![1]), Int64Array::from(vec![i64::MAX]));
        let result = apply(Ksqldb, Add, &left, &right).expect("no overflow in Java");
        assert_eq!(result.as_primitive::<Int64Type>().value(0), i64::MIN);
    }

    #[test]
    fn a_comparison_with_null_is_false_in_ksqldb_unless_the_null_was_an_exception() {
        let (left, right) = (ints(&[None, Some(1)]), ints(&[Some(1), Some(1)]));
        let result = BooleanArray::from(vec![None, Some(true)]);
        let given = |dialect, failed| compared_with_null(dialect, &result, [&left, &right], failed);
        assert_eq!(given(Ksqldb, [false; 2]), BooleanArray::from(vec![false, true]));
        assert_eq!(given(Ksqldb, [true, false]), result);
        assert_eq!(given(Flink, [false; 2]), result);
    }

    #[test]
    fn and_and_or_are_three_valued_in_flink_and_javas_in_ksqldb() {
        use Logic::*;
        let answers = |logic: Logic, dialect| {
            let all = [Some(false), Some(true), None];
            all.map(|left| all.map(|right| logic.answer(dialect, left, right)))
        };
        let (f, t, n) = (Some(false), Some(true), None);
        assert_eq!(answers(And, Flink), [[f, f, f], [f, t, n], [f, n, n]]);
        assert_eq!(answers(Or, Flink), [[f, t, n], [t, t, t], [n, t, n]]);
        assert_eq!(answers(And, Ksqldb), [[f, f, f], [f, t, n], [n, n, n]]);
        assert_eq!(answers(Or, Ksqldb), [[f, t, n], [t, t, t], [n, n, n]]);
    }

    #[test]
    fn doubles_compare_as_in_java() {
        let left = Float64Array::from(vec![-0.0, f64::NAN]);
        let right = Float64Array::from(vec![0.0, f64::NAN]);
        let result = apply(Flink, Equal, &left, &right).expect("comparable");
        assert_eq!(result.as_boolean(), &BooleanArray::from(vec![true, false]));
        let differs = |dialect| apply(dialect, NotEqual, &left, &right).expect("comparable").as_boolean().value(1);
        assert_eq!((differs(Flink), differs(Ksqldb)), (true, false));
    }
}
