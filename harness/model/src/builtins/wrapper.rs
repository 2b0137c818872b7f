//! What an engine makes of the values that component functions give for one of its own.

use arrow::datatypes::i256;

use super::distinct;
use crate::fit::fit;
use crate::{SqlType, Value};

/// An expression over the values of a rule's parts.
#[derive(Debug, Clone, PartialEq)]
pub enum Wrapper {
    /// The one value.
    Value,
    /// The one value, and this where it is null.
    InsteadOfNull(Value),
    /// The first over the second, a sum over a count, as DOUBLE; this where nothing was counted.
    Quotient { of_nothing: Value },
    /// The first over the second as integers: what is behind the point is cut off. Null where nothing was counted.
    WholeQuotient,
    /// The first over the second as Flink divides decimals: 38 digits, then the result's scale, both times half up.
    DecimalQuotient,
    /// ksqlDB's estimate of how many different texts a list has.
    CountDistinct,
    /// So many values of a multiset, from the greatest on.
    Greatest(usize),
}

impl Wrapper {
    /// The engine's answer, in the column's type.
    ///
    /// # Errors
    /// A decimal that the column has no room for.
    pub fn apply(&self, parts: &[Value], result: &SqlType) -> Result<Value, String> {
        let value = match (self, parts) {
            (Wrapper::InsteadOfNull(instead), [Value::Null]) => instead.clone(),
            (Wrapper::Value | Wrapper::InsteadOfNull(_), [value]) => value.clone(),
            (Wrapper::Quotient { of_nothing }, [_, Value::S64(0)]) => of_nothing.clone(),
            (Wrapper::Quotient { .. }, [sum, Value::S64(count)]) => match sum {
                Value::S32(sum) => Value::F64(f64::from(*sum) / *count as f64),
                Value::S64(sum) => Value::F64(*sum as f64 / *count as f64),
                _ => Value::Null,
            },
            (Wrapper::WholeQuotient, [Value::S64(sum), Value::S64(count)]) if *count != 0 => {
                Value::S64(sum.wrapping_div(*count))
            }
            (Wrapper::CountDistinct, [Value::List(texts)]) => {
                Value::S64(distinct::estimate(texts.iter().filter_map(text)))
            }
            (Wrapper::Greatest(most), [Value::List(entries)]) => greatest(entries, *most),
            (Wrapper::DecimalQuotient, [Value::Decimal { unscaled, scale }, Value::S64(count)]) => {
                decimal_quotient(*unscaled, *scale, *count, result)
            }
            _ => Value::Null,
        };
        fit(narrowed(value, result), result)
    }
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// Of entries of a value and how often it is there.
fn greatest(entries: &[Value], most: usize) -> Value {
    let mut counted: Vec<(&Value, usize)> = entries
        .iter()
        .filter_map(|entry| match entry {
            Value::Record(pair) => match pair.as_slice() {
                [value, Value::S32(count)] => Some((value, usize::try_from(*count).ok()?)),
                _ => None,
            },
            _ => None,
        })
        .collect();
    counted.sort_by(|(a, _), (b, _)| b.cmp(a));
    let values = counted.into_iter().flat_map(|(value, count)| std::iter::repeat_n(value, count.min(most)));
    Value::List(values.take(most).cloned().collect())
}

/// The value in the width of the column: an average of INTs was computed as BIGINT, one of FLOATs as DOUBLE.
fn narrowed(value: Value, result: &SqlType) -> Value {
    match (result, value) {
        (SqlType::TinyInt, Value::S64(wide)) => Value::S8(wide as i8),
        (SqlType::SmallInt, Value::S64(wide)) => Value::S16(wide as i16),
        (SqlType::Int, Value::S64(wide)) => Value::S32(wide as i32),
        (SqlType::Float, Value::F64(wide)) => Value::F32(wide as f32),
        (_, value) => value,
    }
}

/// The digits that Flink's division of decimals keeps.
const DIGITS: u32 = 38;

/// `sum / count` with 38 digits, then at the scale of the column; null where that has more digits than there are.
fn decimal_quotient(sum: i128, scale: u8, count: i64, result: &SqlType) -> Value {
    let SqlType::Decimal(_, wanted) = result else { return Value::Null };
    if count == 0 {
        return Value::Null;
    }
    let negative = (sum < 0) != (count < 0);
    let (sum, count) = (sum.unsigned_abs(), count.unsigned_abs());
    // Places are added until the whole part of the quotient has all 38 digits: 10^38 × 2^63 is far below 2^255.
    let (mut shifted, mut added) = (wide(sum), 0_u8);
    let enough = wide(u128::from(count)) * ten_to(DIGITS - 1);
    while sum != 0 && shifted < enough {
        shifted *= i256::from_i128(10);
        added += 1;
    }
    let exact = half_up(shifted, wide(u128::from(count)));
    let places = scale + added;
    let fitted = match places.checked_sub(*wanted) {
        Some(surplus) => half_up(exact, ten_to(u32::from(surplus))),
        None => exact * ten_to(u32::from(wanted - places)),
    };
    match fitted.to_i128() {
        Some(unscaled) if fitted < ten_to(DIGITS) => {
            Value::Decimal { unscaled: if negative { -unscaled } else { unscaled }, scale: *wanted }
        }
        _ => Value::Null,
    }
}

/// Of numbers that are not negative.
fn half_up(number: i256, by: i256) -> i256 {
    (number + by / i256::from_i128(2)) / by
}

fn wide(number: u128) -> i256 {
    i256::from_parts(number, 0)
}

fn ten_to(power: u32) -> i256 {
    (0..power).fold(i256::ONE, |ten, _| ten * i256::from_i128(10))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(unscaled: i128, scale: u8) -> Value {
        Value::Decimal { unscaled, scale }
    }

    /// Observed on ksqlDB 8.3.1: `TOPK(i,2)` of 3, 1, null and 7 is [3], [3, 1], [3, 1] and [7, 3].
    #[test]
    fn the_greatest_come_first_and_as_often_as_they_are_there() {
        let entry = |value, count| Value::Record(vec![Value::S32(value), Value::S32(count)]);
        let of = |entries: &[Value]| greatest(entries, 2);
        let list = |values: &[i32]| Value::List(values.iter().map(|v| Value::S32(*v)).collect());
        assert_eq!(of(&[entry(1, 1), entry(3, 1), entry(7, 1)]), list(&[7, 3]));
        assert_eq!(of(&[entry(1, 1), entry(3, 5)]), list(&[3, 3]));
        assert_eq!(of(&[entry(3, 1)]), list(&[3]));
    }

    #[test]
    fn a_quotient_of_integers_loses_what_is_behind_the_point() {
        let average = |sum, count| Wrapper::WholeQuotient.apply(&[Value::S64(sum), Value::S64(count)], &SqlType::Int);
        assert_eq!(average(7, 2), Ok(Value::S32(3)));
        assert_eq!(average(-7, 2), Ok(Value::S32(-3)));
        assert_eq!(Wrapper::WholeQuotient.apply(&[Value::Null, Value::S64(0)], &SqlType::Int), Ok(Value::Null));
    }

    #[test]
    fn nothing_has_the_quotient_that_the_engine_says() {
        let wrapper = Wrapper::Quotient { of_nothing: Value::F64(0.0) };
        assert_eq!(wrapper.apply(&[Value::Null, Value::S64(0)], &SqlType::Double), Ok(Value::F64(0.0)));
        assert_eq!(wrapper.apply(&[Value::S32(7), Value::S64(2)], &SqlType::Double), Ok(Value::F64(3.5)));
    }

    /// By hand: 2.00 / 3 = 0.666…67 (38 digits) = 0.666667; 1.00 / 8 = 0.125; -0.05 / 2 = -0.025; 0.0000010 / 2 = 0.0000005.
    #[test]
    fn decimals_are_divided_to_six_places_and_half_goes_up() {
        let average = |sum, count| {
            Wrapper::DecimalQuotient.apply(&[decimal(sum, 2), Value::S64(count)], &SqlType::Decimal(38, 6))
        };
        assert_eq!(average(200, 3), Ok(decimal(666_667, 6)));
        assert_eq!(average(100, 8), Ok(decimal(125_000, 6)));
        assert_eq!(average(-5, 2), Ok(decimal(-25_000, 6)));
        assert_eq!(average(0, 2), Ok(decimal(0, 6)));
        let finer = SqlType::Decimal(38, 7);
        let halves = Wrapper::DecimalQuotient.apply(&[decimal(1, 7), Value::S64(2)], &finer);
        assert_eq!(halves, Ok(decimal(1, 7)), "0.00000005 is nearer to neither, and goes up");
    }

    /// 10^38 - 1 at scale 2 has 36 digits before the point: at scale 6 there is no room for it.
    #[test]
    fn a_decimal_quotient_without_room_is_null_in_flink() {
        let most = 10_i128.pow(38) - 1;
        let parts = [decimal(most, 2), Value::S64(1)];
        assert_eq!(Wrapper::DecimalQuotient.apply(&parts, &SqlType::Decimal(38, 6)), Ok(Value::Null));
        assert_eq!(Wrapper::DecimalQuotient.apply(&parts, &SqlType::Decimal(38, 2)), Ok(decimal(most, 2)));
    }

    #[test]
    fn a_sum_that_the_column_has_no_room_for_is_an_error() {
        let error = Wrapper::Value.apply(&[decimal(1_000_000, 2)], &SqlType::Decimal(6, 2)).expect_err("7 digits");
        assert!(error.contains("DECIMAL(6, 2)"), "{error}");
    }
}
