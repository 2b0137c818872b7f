//! Literals: numbers by the dialect's types, text, TRUE and FALSE.

use std::sync::Arc;

use datafusion_common::ScalarValue;
use datafusion_expr::Expr;
use datafusion_physical_expr::expressions::Literal;
use streamfn_model::decimal::{DIGITS, Decimal};
use streamfn_model::{Dialect, SqlType, Value, columns};

use super::Typed;
use super::term::Term;
use crate::sql::error::SqlError;

/// Text, TRUE or FALSE.
pub(super) fn plain(value: &ScalarValue) -> Result<Term, SqlError> {
    let sql_type = match value {
        ScalarValue::Boolean(Some(_)) => SqlType::Boolean,
        ScalarValue::Utf8(Some(_)) => SqlType::String,
        other => return Err(SqlError::not_supported(format!("literal {other}"), None)),
    };
    Ok(Term::safe(Arc::new(Literal::new(value.clone())), sql_type))
}

/// A number is an INT or a BIGINT where it fits one, with a point a DECIMAL of its own digits, with an exponent a DOUBLE: in
/// ksqlDB (`AstBuilder`, `DecimalUtil.fromValue`) as in Flink (Calcite's `SqlNumericLiteral`).
pub(super) fn number(dialect: Dialect, digits: &Expr) -> Result<Term, SqlError> {
    let Expr::Literal(ScalarValue::Utf8(Some(digits)), _) = digits else {
        return Err(SqlError::not_supported(format!("literal {digits}"), None));
    };
    let too_long = || SqlError::not_supported(format!("the number {digits}, of more than {DIGITS} digits"), None);
    let (value, sql_type) = if digits.contains(['e', 'E']) {
        let number = digits.parse::<f64>().map_err(|_| SqlError::syntax(format!("{digits} is no number"), None))?;
        (ScalarValue::Float64(Some(number)), SqlType::Double)
    } else if let Ok(number) = digits.parse::<i32>() {
        (ScalarValue::Int32(Some(number)), SqlType::Int)
    } else if let Ok(number) = digits.parse::<i64>() {
        (ScalarValue::Int64(Some(number)), SqlType::BigInt)
    } else {
        let number = Decimal::parse(digits).ok_or_else(too_long)?;
        if !digits.contains('.') && dialect == Dialect::Ksqldb {
            return Err(SqlError::not_supported(format!("the number {digits}, which no BIGINT holds"), None));
        }
        let (precision, scale) = number.precision_and_scale();
        let unscaled = number.fit(DIGITS, scale, streamfn_model::decimal::Rounding::Unnecessary);
        let unscaled = unscaled.filter(|_| precision <= DIGITS).ok_or_else(too_long)?;
        let scalar = ScalarValue::Decimal128(Some(unscaled), precision, scale as i8);
        (scalar, SqlType::Decimal(precision, scale))
    };
    Ok(Term::safe(Arc::new(Literal::new(value)), sql_type))
}

/// The value of an expression that is the same for all rows.
pub fn constant(of: &Typed) -> Option<Value> {
    let literal = of.expr.downcast_ref::<Literal>()?;
    Some(columns::read(&literal.value().to_array().ok()?, 0))
}
