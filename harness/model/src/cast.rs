//! CAST: what a value is under another type, by each engine's rules. Both make Java of it, so numbers go by Java's:
//! integers lose their high bits, a DOUBLE that is too large for an integer becomes the greatest one.
//!
//! - ksqlDB: `CastEvaluator` and `DecimalUtil.cast`
//!   (<https://docs.confluent.io/platform/current/ksqldb/developer-guide/ksqldb-reference/scalar-functions.html>).
//! - Flink: the classes of `org.apache.flink.table.planner.functions.casting`
//!   (<https://nightlies.apache.org/flink/flink-docs-release-2.3/docs/dev/table/types/#casting>).

use crate::decimal::{Decimal, Rounding};
use crate::{Dialect, SqlType, Value, java};

use SqlType::{BigInt, Boolean, Date, Double, Float, Int, SmallInt, String as Text, Timestamp, TimestampLtz, TinyInt};

/// A value that is not null, and the type it is taken to. The error says why this value has no answer: in ksqlDB that is
/// an exception, in Flink CAST fails the job and TRY_CAST gives null.
pub type Rule = fn(&Value, &SqlType) -> Result<Value, String>;

const MILLIS_A_DAY: i64 = 86_400_000;

/// The rule for two types. `None`: the engine has no such cast, or the harness does not know its rule.
pub fn cast(dialect: Dialect, from: &SqlType, to: &SqlType) -> Option<Rule> {
    if from == to {
        return Some(same);
    }
    let (ksqldb, flink) = (dialect == Dialect::Ksqldb, dialect == Dialect::Flink);
    Some(match (from, to) {
        (_, _) if is_integer(from) && is_number(to) => from_integer,
        (Float | Double, _) if is_number(to) && !matches!(to, SqlType::Decimal(..)) => from_float,
        (Double, SqlType::Decimal(..)) if ksqldb => digits_of_double,
        (Float | Double, SqlType::Decimal(..)) => text_of_double,
        (SqlType::Decimal(..), Double | Float) if ksqldb => decimal_to_double,
        (SqlType::Decimal(..), Double | Float) => flink_decimal_to_float,
        (SqlType::Decimal(..), _) if is_integer(to) => decimal_to_integer,
        (SqlType::Decimal(..), SqlType::Decimal(..)) => decimal_to_decimal,
        (_, Text) if is_number(from) => number_to_string,
        (Boolean, Text) if ksqldb => |value, _| Ok(boolean_text(value, ["false", "true"])),
        (Boolean, Text) => |value, _| Ok(boolean_text(value, ["FALSE", "TRUE"])),
        (Boolean, _) if flink && is_number(to) => |value, to| from_integer(&bit(value), to),
        (_, Boolean) if flink && is_integer(from) => |value, _| Ok(Value::Bool(integer(value) != 0)),
        (Text, Boolean) if flink => string_to_boolean,
        (Text, _) if ksqldb && is_integer(to) => java_string_to_integer,
        (Text, _) if is_integer(to) => flink_string_to_integer,
        (Text, Double) => string_to_double,
        (Text, SqlType::Decimal(..)) if ksqldb => string_to_decimal,
        (Date, Timestamp) if flink => date_to_timestamp,
        (Date, TimestampLtz) if ksqldb => date_to_timestamp,
        _ => return None,
    })
}

fn is_integer(of: &SqlType) -> bool {
    matches!(of, TinyInt | SmallInt | Int | BigInt)
}

fn is_number(of: &SqlType) -> bool {
    is_integer(of) || matches!(of, Float | Double | SqlType::Decimal(..))
}

fn same(value: &Value, _: &SqlType) -> Result<Value, String> {
    Ok(value.clone())
}

fn integer(value: &Value) -> i64 {
    match value {
        Value::S8(x) => i64::from(*x),
        Value::S16(x) => i64::from(*x),
        Value::S32(x) => i64::from(*x),
        Value::S64(x) => *x,
        _ => 0,
    }
}

fn float(value: &Value) -> f64 {
    match value {
        Value::F32(x) => f64::from(*x),
        Value::F64(x) => *x,
        _ => f64::NAN,
    }
}

fn decimal(value: &Value) -> Decimal {
    match value {
        Value::Decimal { unscaled, scale } => Decimal::new(*unscaled, *scale),
        _ => Decimal::new(0, 0),
    }
}

fn bit(value: &Value) -> Value {
    Value::S32(i32::from(*value == Value::Bool(true)))
}

fn boolean_text(value: &Value, texts: [&str; 2]) -> Value {
    Value::from(texts[usize::from(*value == Value::Bool(true))])
}

/// The low bits that the type has.
fn narrowed(number: i64, to: &SqlType) -> Value {
    match to {
        TinyInt => Value::S8(number as i8),
        SmallInt => Value::S16(number as i16),
        Int => Value::S32(number as i32),
        _ => Value::S64(number),
    }
}

fn from_integer(value: &Value, to: &SqlType) -> Result<Value, String> {
    let number = integer(value);
    match to {
        Float => Ok(Value::F32(number as f32)),
        Double => Ok(Value::F64(number as f64)),
        SqlType::Decimal(..) => fit(Decimal::new(i128::from(number), 0), to),
        _ => Ok(narrowed(number, to)),
    }
}

/// `(byte) d` of Java goes by way of an INT, `(long) d` does not; both stop at the greatest number.
fn from_float(value: &Value, to: &SqlType) -> Result<Value, String> {
    let number = float(value);
    Ok(match to {
        Float => Value::F32(number as f32),
        Double => Value::F64(number),
        BigInt => Value::S64(number as i64),
        _ => narrowed(i64::from(number as i32), to),
    })
}

/// `new BigDecimal(double, new MathContext(precision))`: the binary number's own digits, half up.
fn digits_of_double(value: &Value, to: &SqlType) -> Result<Value, String> {
    let (number, SqlType::Decimal(precision, _)) = (float(value), to) else { return Ok(Value::Null) };
    let no_decimal = || format!("{} is no {to}", java::double_to_string(number));
    // No DOUBLE has more digits than these.
    let all = format!("{number:.800e}");
    let (mantissa, exponent) = all.split_once('e').ok_or_else(no_decimal)?;
    let exponent: i32 = exponent.parse().map_err(|_| no_decimal())?;
    if exponent < -2 * i32::from(*precision) {
        return fit(Decimal::new(0, 0), to);
    }
    // One digit more than are kept, the point and the sign.
    let kept = usize::from(*precision) + 2 + usize::from(mantissa.starts_with('-'));
    let cut = Decimal::parse(&mantissa[..kept]).ok_or_else(no_decimal)?;
    let rounded = cut.rescaled(precision - 1, Rounding::HalfUp).ok_or_else(no_decimal)?;
    let scaled = Decimal::parse(&format!("{rounded}e{exponent}")).ok_or_else(no_decimal)?;
    fit(scaled, to)
}

/// `BigDecimal.valueOf(double)`: the number as it is written.
fn text_of_double(value: &Value, to: &SqlType) -> Result<Value, String> {
    let text = java::double_to_string(float(value));
    fit(Decimal::parse(&text).ok_or_else(|| format!("{text} is no {to}"))?, to)
}

fn decimal_to_double(value: &Value, _: &SqlType) -> Result<Value, String> {
    Ok(Value::F64(decimal(value).to_f64()))
}

/// `DecimalDataUtils.doubleValue`: up to 18 digits are divided as a DOUBLE.
fn flink_decimal_to_float(value: &Value, to: &SqlType) -> Result<Value, String> {
    let number = match value {
        Value::Decimal { unscaled, scale } if *scale <= 18 && decimal(value).digits() <= 18 => {
            *unscaled as i64 as f64 / 10_i64.pow(u32::from(*scale)) as f64
        }
        _ => decimal(value).to_f64(),
    };
    Ok(if *to == Float { Value::F32(number as f32) } else { Value::F64(number) })
}

fn decimal_to_integer(value: &Value, to: &SqlType) -> Result<Value, String> {
    Ok(narrowed(decimal(value).to_i64(), to))
}

fn decimal_to_decimal(value: &Value, to: &SqlType) -> Result<Value, String> {
    fit(decimal(value), to)
}

/// Half up; a number that the type has no room for has no answer.
fn fit(number: Decimal, to: &SqlType) -> Result<Value, String> {
    let SqlType::Decimal(precision, scale) = to else { return Ok(Value::Null) };
    match number.fit(*precision, *scale, Rounding::HalfUp) {
        Some(unscaled) => Ok(Value::Decimal { unscaled, scale: *scale }),
        None => Err(format!("{to} has no room for {number}")),
    }
}

fn number_to_string(value: &Value, _: &SqlType) -> Result<Value, String> {
    Ok(Value::String(match value {
        Value::F64(number) => java::double_to_string(*number),
        Value::F32(number) => java::float_to_string(*number),
        Value::Decimal { .. } => decimal(value).to_string(),
        other => integer(other).to_string(),
    }))
}

fn text(value: &Value) -> &str {
    match value {
        Value::String(text) => text,
        _ => "",
    }
}

fn unreadable(value: &Value, to: &SqlType) -> String {
    format!("'{}' is no {to}", text(value))
}

/// `BinaryStringDataUtil.toBoolean`
fn string_to_boolean(value: &Value, to: &SqlType) -> Result<Value, String> {
    match text(value).to_lowercase().as_str() {
        "t" | "true" | "y" | "yes" | "1" => Ok(Value::Bool(true)),
        "f" | "false" | "n" | "no" | "0" => Ok(Value::Bool(false)),
        _ => Err(unreadable(value, to)),
    }
}

/// `Integer.parseInt(text.trim())`
fn java_string_to_integer(value: &Value, to: &SqlType) -> Result<Value, String> {
    in_range(java::trim(text(value)).parse().ok(), to).ok_or_else(|| unreadable(value, to))
}

/// `BinaryStringDataUtil.toInt`: digits behind a point are allowed and left out, white space is not.
fn flink_string_to_integer(value: &Value, to: &SqlType) -> Result<Value, String> {
    let (whole, fraction) = text(value).split_once('.').unwrap_or((text(value), ""));
    let whole = match whole {
        // With a point alone there are no digits to add up.
        "" | "+" | "-" if text(value).len() > whole.len() => "0",
        whole => whole,
    };
    let is_number = fraction.bytes().all(|b| b.is_ascii_digit());
    in_range(whole.parse().ok().filter(|_| is_number), to).ok_or_else(|| unreadable(value, to))
}

fn in_range(number: Option<i64>, to: &SqlType) -> Option<Value> {
    let fitted = narrowed(number?, to);
    (Some(integer(&fitted)) == number).then_some(fitted)
}

fn string_to_double(value: &Value, to: &SqlType) -> Result<Value, String> {
    java::parse_double(text(value)).map(Value::F64).ok_or_else(|| unreadable(value, to))
}

fn string_to_decimal(value: &Value, to: &SqlType) -> Result<Value, String> {
    fit(Decimal::parse(java::trim(text(value))).ok_or_else(|| unreadable(value, to))?, to)
}

fn date_to_timestamp(value: &Value, _: &SqlType) -> Result<Value, String> {
    Ok(Value::S64(integer(value) * MILLIS_A_DAY))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Dialect::*;

    fn of(dialect: Dialect, value: impl Into<Value>, from: SqlType, to: SqlType) -> Result<Value, String> {
        let rule = cast(dialect, &from, &to).unwrap_or_else(|| panic!("{dialect}: {from} to {to}"));
        rule(&value.into(), &to)
    }

    fn dec(unscaled: i128, scale: u8) -> Value {
        Value::Decimal { unscaled, scale }
    }

    /// Observed on ksqlDB 8.3.1: 1e21 is 2147483647, -2.7 is -2 and 0.1 is 0; as text `1.0E21`, `-2.7`, `100.0`.
    #[test]
    fn a_double_stops_at_the_greatest_integer_and_is_cut_off() {
        for dialect in [Ksqldb, Flink] {
            let to_int = |number| of(dialect, Value::F64(number), Double, Int);
            assert_eq!(to_int(1e21), Ok(Value::S32(i32::MAX)));
            assert_eq!(to_int(-2.7), Ok(Value::S32(-2)));
            assert_eq!(to_int(f64::NAN), Ok(Value::S32(0)));
            assert_eq!(of(dialect, Value::F64(1e21), Double, Text), Ok("1.0E21".into()));
        }
        assert_eq!(of(Flink, Value::F64(300.0), Double, TinyInt), Ok(Value::S8(44)));
    }

    /// 2^32 + 5 has 5 in its low 32 bits; -1.99 is -1 before the point.
    #[test]
    fn integers_lose_their_high_bits() {
        assert_eq!(of(Ksqldb, Value::S64(4_294_967_301), BigInt, Int), Ok(Value::S32(5)));
        assert_eq!(of(Flink, dec(-199, 2), SqlType::Decimal(6, 2), Int), Ok(Value::S32(-1)));
    }

    /// 0.1 is 0.1000000000000000055511151231257827… in binary, which `BigDecimal(double)` keeps and `valueOf` does not.
    #[test]
    fn a_double_becomes_a_decimal_by_its_binary_digits_in_ksqldb_and_by_its_text_in_flink() {
        let to = SqlType::Decimal(25, 24);
        let exactly = dec(100_000_000_000_000_005_551_115, 24);
        assert_eq!(of(Ksqldb, Value::F64(0.1), Double, to.clone()), Ok(exactly));
        assert_eq!(of(Flink, Value::F64(0.1), Double, to), Ok(dec(10_i128.pow(23), 24)));
        assert_eq!(of(Ksqldb, Value::F64(-2.5), Double, SqlType::Decimal(4, 0)), Ok(dec(-3, 0)));
        assert_eq!(of(Ksqldb, Value::F64(1e-9), Double, SqlType::Decimal(4, 2)), Ok(dec(0, 2)));
        assert!(of(Ksqldb, Value::F64(1234.5), Double, SqlType::Decimal(4, 2)).is_err());
        assert!(of(Ksqldb, Value::F64(f64::NAN), Double, SqlType::Decimal(4, 2)).is_err());
    }

    #[test]
    fn text_that_is_no_number_has_no_answer() {
        assert_eq!(of(Ksqldb, " 12 ", Text, Int), Ok(Value::S32(12)));
        assert!(of(Ksqldb, "12.5", Text, Int).is_err());
        assert!(of(Ksqldb, "2147483648", Text, Int).is_err());
        assert_eq!(of(Flink, "12.5", Text, Int), Ok(Value::S32(12)));
        assert!(of(Flink, " 12", Text, Int).is_err() && of(Flink, "128", Text, TinyInt).is_err());
        assert_eq!(of(Ksqldb, " 1.005 ", Text, SqlType::Decimal(4, 2)), Ok(dec(101, 2)));
        assert!(of(Ksqldb, "x", Text, Double).is_err());
    }

    #[test]
    fn booleans_are_written_in_capitals_by_flink_alone() {
        assert_eq!(of(Ksqldb, Value::Bool(true), Boolean, Text), Ok("true".into()));
        assert_eq!(of(Flink, Value::Bool(false), Boolean, Text), Ok("FALSE".into()));
        assert_eq!(of(Flink, "Yes", Text, Boolean), Ok(Value::Bool(true)));
        assert_eq!(of(Flink, Value::Bool(true), Boolean, BigInt), Ok(Value::S64(1)));
        assert!(cast(Ksqldb, &Boolean, &Int).is_none());
    }

    #[test]
    fn decimals_are_rounded_half_up_and_written_plainly() {
        let from = SqlType::Decimal(6, 2);
        assert_eq!(of(Ksqldb, dec(1250, 2), from.clone(), Text), Ok("12.50".into()));
        assert_eq!(of(Flink, dec(-125, 2), from.clone(), SqlType::Decimal(4, 1)), Ok(dec(-13, 1)));
        assert_eq!(of(Ksqldb, dec(99999, 2), from.clone(), Double), Ok(Value::F64(999.99)));
        assert_eq!(of(Flink, dec(99999, 2), from, Double), Ok(Value::F64(999.99)));
        assert!(of(Ksqldb, Value::S32(1000), Int, SqlType::Decimal(4, 2)).is_err());
    }

    #[test]
    fn a_date_is_the_midnight_that_it_begins_with() {
        assert_eq!(of(Flink, Value::S32(-1), Date, Timestamp), Ok(Value::S64(-86_400_000)));
        assert!(cast(Flink, &TimestampLtz, &Text).is_none(), "it hangs on the session's time zone");
    }
}
