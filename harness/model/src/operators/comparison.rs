//! `=`, `<` and their like, and IS DISTINCT FROM.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::*;
use arrow::compute::kernels::cmp;
use arrow::datatypes::{Decimal128Type, Float32Type, Float64Type};
use arrow::error::ArrowError;

use super::{Operator, Types, common_type, numeric_rank};
use crate::decimal::Decimal;
use crate::{Dialect, SqlType, java};

/// The most digits that any DECIMAL keeps on its way through a DOUBLE and back.
const DIGITS_OF_A_DOUBLE: u8 = 15;

/// Decimals are compared as numbers, each with its own scale. Beside a DOUBLE ksqlDB compares the DOUBLE's text
/// (`SqlToJavaVisitor.visitDecimalComparisonExpression`), which is the order of the doubles as long as the DECIMAL is exact
/// among them; Flink compares doubles (`DecimalDataUtils.compare`).
pub(super) fn types(dialect: Dialect, operator: Operator, left: &SqlType, right: &SqlType) -> Option<Types> {
    use SqlType::*;
    let of = |left: SqlType, right: SqlType| Some(Types { left, right, result: Boolean });
    let is_exact = |of: &SqlType| !matches!(of, Decimal(precision, _) if *precision > DIGITS_OF_A_DOUBLE);
    match (left, right) {
        (Decimal(..), Decimal(..)) => of(left.clone(), right.clone()),
        (Decimal(..), Float | Double) | (Float | Double, Decimal(..)) => {
            (dialect == Dialect::Flink || (is_exact(left) && is_exact(right))).then_some(())?;
            of(Double, Double)
        }
        (Float, Double) | (Double, Float) => of(Double, Double),
        _ => {
            let common = common_type(left, right)?;
            let equates = !matches!(
                operator,
                Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual
            );
            let comparable = match &common {
                String | TimestampLtz | Timestamp | Date | Time => true,
                Boolean => equates,
                number => numeric_rank(number).is_some() || matches!(number, Decimal(..)),
            };
            comparable.then_some(())?;
            of(common.clone(), common)
        }
    }
}

/// What a comparison gives where a side is null: null in Flink, as in standard SQL; false in ksqlDB, whose generated code
/// asks for null first (`SqlToJavaVisitor`).
pub fn with_null(dialect: Dialect, result: &BooleanArray) -> BooleanArray {
    match dialect {
        Dialect::Flink => result.clone(),
        Dialect::Ksqldb => result.iter().map(|value| Some(value.unwrap_or(false))).collect(),
    }
}

pub(super) fn apply(
    dialect: Dialect,
    operator: Operator,
    left: &dyn Array,
    right: &dyn Array,
) -> Result<ArrayRef, ArrowError> {
    use Operator::*;
    if matches!(operator, Distinct | NotDistinct) {
        let differ = compare(dialect, NotEqual, left, right)?;
        let rows = differ.iter().enumerate();
        let distinct = rows.map(|(row, differ)| differ.unwrap_or(left.is_null(row) != right.is_null(row)));
        let wanted = operator == Distinct;
        let answers: BooleanArray = distinct.map(|distinct| Some(distinct == wanted)).collect();
        return Ok(Arc::new(answers));
    }
    Ok(Arc::new(with_null(dialect, &compare(dialect, operator, left, right)?)))
}

fn compare(
    dialect: Dialect,
    operator: Operator,
    left: &dyn Array,
    right: &dyn Array,
) -> Result<BooleanArray, ArrowError> {
    let holds = |order: Option<Ordering>| holds(dialect, operator, order);
    // Arrow orders floats totally, -0.0 before 0.0; both engines go by IEEE 754.
    if let (Some(a), Some(b)) = (left.as_primitive_opt::<Float64Type>(), right.as_primitive_opt::<Float64Type>()) {
        return Ok(a.iter().zip(b).map(|(a, b)| a.zip(b).map(|(a, b)| holds(a.partial_cmp(&b)))).collect());
    }
    if let (Some(a), Some(b)) = (left.as_primitive_opt::<Float32Type>(), right.as_primitive_opt::<Float32Type>()) {
        return Ok(a.iter().zip(b).map(|(a, b)| a.zip(b).map(|(a, b)| holds(a.partial_cmp(&b)))).collect());
    }
    if let (Some(a), Some(b)) = (left.as_primitive_opt::<Decimal128Type>(), right.as_primitive_opt::<Decimal128Type>())
    {
        let number = |of: i128, scale: i8| Decimal::new(of, scale.unsigned_abs());
        let order = |a, b| number(a, scale_of(left)).compare(number(b, scale_of(right)));
        return Ok(a.iter().zip(b).map(|(a, b)| a.zip(b).map(|(a, b)| holds(Some(order(a, b))))).collect());
    }
    // ksqlDB orders text by Java's UTF-16 units (`String.compareTo`), Flink by the bytes of UTF-8, as Arrow does.
    if let (Dialect::Ksqldb, Some(a), Some(b)) = (dialect, left.as_string_opt::<i32>(), right.as_string_opt::<i32>()) {
        let order = |a: &str, b: &str| java::utf16(a).cmp(&java::utf16(b));
        return Ok(a.iter().zip(b).map(|(a, b)| a.zip(b).map(|(a, b)| holds(Some(order(a, b))))).collect());
    }
    match operator {
        Operator::Equal => cmp::eq(&left, &right),
        Operator::NotEqual => cmp::neq(&left, &right),
        Operator::Less => cmp::lt(&left, &right),
        Operator::LessOrEqual => cmp::lt_eq(&left, &right),
        Operator::Greater => cmp::gt(&left, &right),
        _ => cmp::gt_eq(&left, &right),
    }
}

fn scale_of(column: &dyn Array) -> i8 {
    match column.data_type() {
        arrow::datatypes::DataType::Decimal128(_, scale) => *scale,
        _ => 0,
    }
}

/// Whether the sides of this order compare so; NaN has none.
fn holds(dialect: Dialect, operator: Operator, order: Option<Ordering>) -> bool {
    match (operator, order) {
        // ksqlDB writes it as `<` or `>`, so that NaN differs from nothing either.
        (Operator::NotEqual, None) => dialect == Dialect::Flink,
        (_, None) => false,
        (Operator::Equal, Some(order)) => order.is_eq(),
        (Operator::NotEqual, Some(order)) => order.is_ne(),
        (Operator::Less, Some(order)) => order.is_lt(),
        (Operator::LessOrEqual, Some(order)) => order.is_le(),
        (Operator::Greater, Some(order)) => order.is_gt(),
        (_, Some(order)) => order.is_ge(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Dialect::*;
    use Operator::*;

    fn answers(dialect: Dialect, operator: Operator, left: &dyn Array, right: &dyn Array) -> BooleanArray {
        let answers = super::super::apply(dialect, operator, left, right, &SqlType::Boolean);
        answers.expect("comparable").as_boolean().clone()
    }

    #[test]
    fn types_that_do_not_compare_have_no_rule() {
        let comparable = |dialect, a: SqlType, b: SqlType| types(dialect, Less, &a, &b).is_some();
        assert!(comparable(Ksqldb, SqlType::String, SqlType::String));
        assert!(comparable(Flink, SqlType::Date, SqlType::Date));
        assert!(!comparable(Ksqldb, SqlType::Int, SqlType::String));
        assert!(!comparable(Flink, SqlType::Boolean, SqlType::Boolean));
        assert!(!comparable(Ksqldb, SqlType::Double, SqlType::Decimal(16, 2)));
        assert!(comparable(Flink, SqlType::Double, SqlType::Decimal(16, 2)));
    }

    #[test]
    fn a_comparison_with_null_is_false_in_ksqldb() {
        let (left, right) = (Int32Array::from(vec![None, Some(1)]), Int32Array::from(vec![1, 1]));
        assert_eq!(answers(Ksqldb, Equal, &left, &right), BooleanArray::from(vec![false, true]));
        assert_eq!(answers(Flink, Equal, &left, &right), BooleanArray::from(vec![None, Some(true)]));
    }

    #[test]
    fn null_is_distinct_from_all_but_null() {
        let left = Int32Array::from(vec![None, None, Some(1), Some(1)]);
        let right = Int32Array::from(vec![None, Some(1), Some(1), Some(2)]);
        let distinct = [false, true, false, true];
        for dialect in [Ksqldb, Flink] {
            assert_eq!(answers(dialect, Distinct, &left, &right), BooleanArray::from(distinct.to_vec()));
            let same: Vec<bool> = distinct.iter().map(|d| !d).collect();
            assert_eq!(answers(dialect, NotDistinct, &left, &right), BooleanArray::from(same));
        }
    }

    #[test]
    fn doubles_compare_as_in_java() {
        let left = Float64Array::from(vec![-0.0, f64::NAN]);
        let right = Float64Array::from(vec![0.0, f64::NAN]);
        assert_eq!(answers(Flink, Equal, &left, &right), BooleanArray::from(vec![true, false]));
        assert!(answers(Flink, NotEqual, &left, &right).value(1));
        assert!(!answers(Ksqldb, NotEqual, &left, &right).value(1));
    }

    #[test]
    fn decimals_of_two_scales_are_compared_as_numbers() {
        let decimals =
            |values: Vec<i128>, scale| Decimal128Array::from(values).with_precision_and_scale(10, scale).expect("fits");
        let (left, right) = (decimals(vec![150, 149], 2), decimals(vec![15, 15], 1));
        assert_eq!(answers(Flink, Equal, &left, &right), BooleanArray::from(vec![true, false]));
        assert_eq!(answers(Ksqldb, Less, &left, &right), BooleanArray::from(vec![false, true]));
    }

    /// U+1F9FA is two units from U+D83E on in UTF-16, before U+FF5E; in UTF-8 it comes after it.
    #[test]
    fn text_is_ordered_by_utf_16_in_ksqldb_and_by_utf_8_in_flink() {
        let (left, right) = (StringArray::from(vec!["\u{1f9fa}"]), StringArray::from(vec!["\u{ff5e}"]));
        assert!(answers(Ksqldb, Less, &left, &right).value(0));
        assert!(!answers(Flink, Less, &left, &right).value(0));
    }
}
