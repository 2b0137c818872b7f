//! What `+`, `/`, `<`, AND and their like mean in each dialect: the types both sides are taken to, and the rule for each row.
//!
//! Both engines compile expressions to Java, so the rules are Java's: integers wrap around, doubles compare by IEEE 754
//! (`-0.0 = 0.0`, NaN equals nothing), division truncates. A null on either side gives null, or in ksqlDB an exception.

mod arithmetic;
mod comparison;
mod logic;

use arrow::array::{Array, ArrayRef};
use arrow::error::ArrowError;

pub use arithmetic::negate;
pub use comparison::with_null as compared_with_null;
pub use logic::Logic;

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
    /// `IS DISTINCT FROM`: null is a value like any other.
    Distinct,
    NotDistinct,
    /// `||` of Flink.
    Concat,
}

impl Operator {
    pub fn is_arithmetic(self) -> bool {
        use Operator::*;
        matches!(self, Add | Subtract | Multiply | Divide | Modulo)
    }
}

/// What the sides of an operator are cast to before it is applied, and the type of what it gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Types {
    pub left: SqlType,
    pub right: SqlType,
    pub result: SqlType,
}

/// The types of an operator.
///
/// `None`: the dialect has no such operator, or the harness does not know its rule.
pub fn types(dialect: Dialect, operator: Operator, left: &SqlType, right: &SqlType) -> Option<Types> {
    match operator {
        Operator::Concat => {
            let text = || SqlType::String;
            let both = (left, right) == (&SqlType::String, &SqlType::String) && dialect == Dialect::Flink;
            both.then(|| Types { left: text(), right: text(), result: text() })
        }
        _ if operator.is_arithmetic() => arithmetic::types(dialect, operator, left, right),
        _ => comparison::types(dialect, operator, left, right),
    }
}

/// Applies the operator to two columns of the types that [`types`] gives.
///
/// # Errors
/// Flink fails the job when an integer or a DECIMAL is divided by zero; ksqlDB logs it and gives null.
pub fn apply(
    dialect: Dialect,
    operator: Operator,
    left: &dyn Array,
    right: &dyn Array,
    result: &SqlType,
) -> Result<ArrayRef, ArrowError> {
    match operator {
        _ if operator.is_arithmetic() || operator == Operator::Concat => {
            arithmetic::apply(dialect, operator, left, right, result)
        }
        _ => comparison::apply(dialect, operator, left, right),
    }
}

/// The type that values of both types have in a CASE, an ARRAY or a comparison.
///
/// ksqlDB wants one type in all places but ARRAY, MAP and IN, where numbers are widened (`CoercionUtil`). Flink takes
/// Calcite's least restrictive type (`SqlTypeFactoryImpl.leastRestrictiveSqlType`); of FLOAT and DOUBLE that hangs on their
/// order, and has no rule here.
pub fn common_type(left: &SqlType, right: &SqlType) -> Option<SqlType> {
    use SqlType::{Decimal, Double, Float};
    match (left, right) {
        _ if left == right => Some(left.clone()),
        (Float, Double) | (Double, Float) => None,
        (Decimal(..), Float | Double) | (Float | Double, Decimal(..)) => Some(Double),
        (Decimal(..), _) | (_, Decimal(..)) => {
            let ((p, s), (q, t)) = (arithmetic::as_decimal(left)?, arithmetic::as_decimal(right)?);
            let scale = s.max(t);
            let precision = (p - s).max(q - t) + scale;
            (precision <= crate::decimal::DIGITS).then_some(Decimal(precision, scale))
        }
        _ => match numeric_rank(left)? >= numeric_rank(right)? {
            true => Some(left.clone()),
            false => Some(right.clone()),
        },
    }
}

/// The place of the binary numbers among each other.
fn numeric_rank(of: &SqlType) -> Option<u8> {
    match of {
        SqlType::TinyInt => Some(0),
        SqlType::SmallInt => Some(1),
        SqlType::Int => Some(2),
        SqlType::BigInt => Some(3),
        SqlType::Float => Some(4),
        SqlType::Double => Some(5),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Dialect::*;
    use SqlType::*;

    #[test]
    fn numbers_have_a_common_type() {
        assert_eq!(common_type(&Int, &BigInt), Some(BigInt));
        assert_eq!(common_type(&BigInt, &Float), Some(Float));
        assert_eq!(common_type(&Decimal(6, 2), &Double), Some(Double));
        assert_eq!(common_type(&Decimal(6, 2), &Int), Some(Decimal(12, 2)));
        assert_eq!(common_type(&Float, &Double), None);
        assert_eq!(common_type(&Int, &String), None);
        assert_eq!(common_type(&Decimal(38, 0), &Decimal(2, 1)), None);
    }

    #[test]
    fn text_is_joined_by_two_bars_in_flink_and_by_plus_in_ksqldb() {
        let text = Types { left: String, right: String, result: String };
        assert_eq!(types(Flink, Operator::Concat, &String, &String), Some(text.clone()));
        assert_eq!(types(Ksqldb, Operator::Add, &String, &String), Some(text));
        assert_eq!(types(Ksqldb, Operator::Concat, &String, &String), None);
        assert_eq!(types(Flink, Operator::Add, &String, &String), None);
    }
}
