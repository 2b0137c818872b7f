//! DECIMAL numbers with room for the product and the quotient of any two, and Java's roundings.

use std::cmp::Ordering;
use std::fmt;

use arrow::datatypes::i256;

/// The most digits that a DECIMAL has in either engine's columns here.
pub const DIGITS: u8 = 38;

/// `unscaled × 10^-scale`
#[derive(Debug, Clone, Copy)]
pub struct Decimal {
    unscaled: i256,
    scale: u8,
}

/// What becomes of digits behind the last place: Java's `RoundingMode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    HalfUp,
    Down,
    /// There must be none.
    Unnecessary,
}

impl Decimal {
    pub fn new(unscaled: i128, scale: u8) -> Decimal {
        Decimal { unscaled: i256::from_i128(unscaled), scale }
    }

    /// As `new BigDecimal(String)` reads it; `None` for what that refuses, and for numbers beyond 76 digits.
    pub fn parse(text: &str) -> Option<Decimal> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (sign, digits) = match mantissa.strip_prefix('-') {
            Some(digits) => ("-", digits),
            None => ("", mantissa.strip_prefix('+').unwrap_or(mantissa)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all = format!("{whole}{fraction}");
        if all.is_empty() || !all.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let unscaled = i256::from_string(&format!("{sign}{all}"))?;
        let scale = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
        match u8::try_from(scale) {
            Ok(scale) => Some(Decimal { unscaled, scale }),
            Err(_) if scale < 0 => {
                let zeros = ten_to(u32::try_from(-scale).ok()?)?;
                Some(Decimal { unscaled: unscaled.checked_mul(zeros)?, scale: 0 })
            }
            // As many places as there is room for: the digits behind them are of no column.
            Err(_) => Decimal { unscaled, scale: u8::MAX }.shifted(u32::try_from(scale).ok()? - u32::from(u8::MAX)),
        }
    }

    /// The number divided by a power of ten and cut off at its places.
    fn shifted(self, power: u32) -> Option<Decimal> {
        let unscaled = ten_to(power).map_or(i256::ZERO, |power| self.unscaled / power);
        Some(Decimal { unscaled, ..self })
    }

    /// The least precision and the scale that hold it. A zero takes one digit before the point (ksqlDB's `DecimalUtil.fromValue`).
    pub fn precision_and_scale(self) -> (u8, u8) {
        match self.unscaled == i256::ZERO {
            true => (self.scale.saturating_add(1), self.scale),
            false => (self.digits().max(self.scale), self.scale),
        }
    }

    /// How many digits the unscaled number has.
    pub fn digits(self) -> u8 {
        let text = self.unscaled.to_string();
        u8::try_from(text.trim_start_matches('-').len()).unwrap_or(u8::MAX)
    }

    /// The same number with so many places; `None` where it has too many digits for that, or must not be rounded.
    pub fn rescaled(self, scale: u8, rounding: Rounding) -> Option<Decimal> {
        let unscaled = match scale.checked_sub(self.scale) {
            Some(more) => self.unscaled.checked_mul(ten_to(u32::from(more))?)?,
            None => match (ten_to(u32::from(self.scale - scale)), rounding) {
                (Some(power), _) => divided(self.unscaled, power, rounding)?,
                // No number here has so many digits that any would be left.
                (None, Rounding::Unnecessary) if self.unscaled != i256::ZERO => return None,
                (None, _) => i256::ZERO,
            },
        };
        Some(Decimal { unscaled, scale })
    }

    /// The unscaled number in a column of this precision and scale, if there is room for it.
    pub fn fit(self, precision: u8, scale: u8, rounding: Rounding) -> Option<i128> {
        let fitted = self.rescaled(scale, rounding)?;
        (fitted.digits() <= precision).then(|| fitted.unscaled.to_i128())?
    }

    pub fn plus(self, other: Decimal) -> Option<Decimal> {
        let (a, b, scale) = self.aligned(other)?;
        Some(Decimal { unscaled: a.checked_add(b)?, scale })
    }

    pub fn minus(self, other: Decimal) -> Option<Decimal> {
        self.plus(other.negated())
    }

    pub fn times(self, other: Decimal) -> Option<Decimal> {
        Some(Decimal {
            unscaled: self.unscaled.checked_mul(other.unscaled)?,
            scale: self.scale.checked_add(other.scale)?,
        })
    }

    /// The quotient with so many places; `None` for a division by zero too.
    pub fn divide(self, by: Decimal, scale: u8, rounding: Rounding) -> Option<Decimal> {
        let places = i32::from(scale) + i32::from(by.scale) - i32::from(self.scale);
        let shift = ten_to(places.unsigned_abs())?;
        let (dividend, divisor) = match places >= 0 {
            true => (self.unscaled.checked_mul(shift)?, by.unscaled),
            false => (self.unscaled, by.unscaled.checked_mul(shift)?),
        };
        Some(Decimal { unscaled: divided(dividend, divisor, rounding)?, scale })
    }

    /// The quotient with so many digits, half up: `divide(by, new MathContext(digits, HALF_UP))`.
    pub fn divide_to_digits(self, by: Decimal, digits: u8) -> Option<Decimal> {
        let (a, b) = (i32::from(self.digits()), i32::from(by.digits()));
        let scale = i32::from(digits) - (a - b) + i32::from(self.scale) - i32::from(by.scale);
        let at = |scale: i32| self.divide(by, u8::try_from(scale).ok()?, Rounding::HalfUp);
        // The quotient of numbers of a and b digits has a - b digits before its point, or one more.
        at(scale).filter(|q| q.digits() <= digits).or_else(|| at(scale - 1))
    }

    /// What is left of a division whose quotient is cut off at the point; it has the sign of the dividend.
    pub fn remainder(self, by: Decimal) -> Option<Decimal> {
        let (a, b, scale) = self.aligned(by)?;
        Some(Decimal { unscaled: a.checked_rem(b)?, scale })
    }

    pub fn negated(self) -> Decimal {
        Decimal { unscaled: self.unscaled.wrapping_neg(), ..self }
    }

    pub fn is_negative(self) -> bool {
        self.unscaled.is_negative()
    }

    /// What is before the point, its lowest 64 bits: `BigDecimal.longValue`.
    pub fn to_i64(self) -> i64 {
        match self.rescaled(0, Rounding::Down) {
            Some(whole) => whole.unscaled.as_i128() as i64,
            None => 0,
        }
    }

    /// The nearest DOUBLE.
    pub fn to_f64(self) -> f64 {
        self.to_string().parse().unwrap_or(f64::NAN)
    }

    /// By value: 1.0 and 1.00 are equal.
    pub fn compare(self, other: Decimal) -> Ordering {
        match self.aligned(other) {
            Some((a, b, _)) => a.cmp(&b),
            // Too far apart to have one scale.
            None => self.to_f64().total_cmp(&other.to_f64()),
        }
    }

    fn aligned(self, other: Decimal) -> Option<(i256, i256, u8)> {
        let scale = self.scale.max(other.scale);
        let at = |number: Decimal| Some(number.rescaled(scale, Rounding::Unnecessary)?.unscaled);
        Some((at(self)?, at(other)?, scale))
    }
}

/// As `BigDecimal.toPlainString` writes it.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.unscaled.to_string();
        let (sign, digits) = match text.strip_prefix('-') {
            Some(digits) => ("-", digits),
            None => ("", text.as_str()),
        };
        let scale = usize::from(self.scale);
        let digits = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        match fraction.is_empty() {
            true => write!(f, "{sign}{whole}"),
            false => write!(f, "{sign}{whole}.{fraction}"),
        }
    }
}

fn divided(dividend: i256, divisor: i256, rounding: Rounding) -> Option<i256> {
    let quotient = dividend.checked_div(divisor)?;
    let rest = dividend.checked_rem(divisor)?;
    if rest == i256::ZERO || rounding == Rounding::Down {
        return Some(quotient);
    }
    if rounding == Rounding::Unnecessary {
        return None;
    }
    // Half of the divisor or more: compared from below, where there is room.
    let (rest, divisor_size) = (rest.wrapping_abs(), divisor.wrapping_abs());
    let away = if dividend.is_negative() == divisor.is_negative() { i256::ONE } else { i256::MINUS_ONE };
    Some(if rest >= divisor_size.wrapping_sub(rest) { quotient.checked_add(away)? } else { quotient })
}

fn ten_to(power: u32) -> Option<i256> {
    i256::from_i128(10).checked_pow(power)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asked of Flink 2.3.0: CAST(1e-90 AS DECIMAL(5, 2)) is 0.00.
    #[test]
    fn what_is_far_behind_the_point_is_rounded_away() {
        for text in ["1e-90", "-1E-300", "1e-60"] {
            let small = Decimal::parse(text).expect(text);
            assert_eq!(small.fit(5, 2, Rounding::HalfUp), Some(0), "{text}");
        }
        assert_eq!(Decimal::parse("1e-90").and_then(|small| small.fit(5, 2, Rounding::Unnecessary)), None);
    }

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn text_is_read_as_by_java_and_written_plainly() {
        let read = |text: &str| Decimal::parse(text).map(|d| d.to_string());
        let same = ["0", "-0.05", "12.50", "99999999999999999999999999999999999999"];
        same.iter().for_each(|text| assert_eq!(read(text).as_deref(), Some(*text)));
        assert_eq!(read("+1.5e-3").as_deref(), Some("0.0015"));
        assert_eq!(read("1.5E3").as_deref(), Some("1500"));
        assert_eq!(read(".5").as_deref(), Some("0.5"));
        ["", "-", ".", "1.2.3", "1e", "a", " 1"].iter().for_each(|text| assert_eq!(read(text), None, "{text}"));
    }

    /// By hand: 2.5 to no places is 3 half up and 2 cut off; -2.5 is -3 and -2.
    #[test]
    fn halves_go_away_from_zero() {
        let rounded = |text, rounding| decimal(text).rescaled(0, rounding).map(|d| d.to_string());
        assert_eq!(rounded("2.5", Rounding::HalfUp).as_deref(), Some("3"));
        assert_eq!(rounded("-2.5", Rounding::HalfUp).as_deref(), Some("-3"));
        assert_eq!(rounded("2.49", Rounding::HalfUp).as_deref(), Some("2"));
        assert_eq!(rounded("-2.5", Rounding::Down).as_deref(), Some("-2"));
        assert_eq!(rounded("2.5", Rounding::Unnecessary), None);
        assert_eq!(rounded("2.0", Rounding::Unnecessary).as_deref(), Some("2"));
    }

    /// By hand: 12.50 / 2 = 6.25; 1 / 3 has no end; 38 digits of 2 / 3 are 0.66…67.
    #[test]
    fn quotients_are_exact_or_have_so_many_digits() {
        let exact = |a, b| decimal(a).divide(decimal(b), 13, Rounding::Unnecessary).map(|d| d.to_string());
        assert_eq!(exact("12.50", "2").as_deref(), Some("6.2500000000000"));
        assert_eq!(exact("0.01", "3"), None);
        assert_eq!(exact("1", "0"), None);
        let two_thirds = decimal("2").divide_to_digits(decimal("3"), 38).expect("38 digits");
        assert_eq!(two_thirds.to_string(), format!("0.{}7", "6".repeat(37)));
        let thousands = decimal("9000.5").divide_to_digits(decimal("9"), 6).expect("6 digits");
        assert_eq!(thousands.to_string(), "1000.06");
    }

    #[test]
    fn the_product_of_the_greatest_numbers_has_room() {
        let most = decimal(&"9".repeat(38));
        assert_eq!(most.times(most).map(Decimal::digits), Some(76));
        assert_eq!(decimal("-7.5").remainder(decimal("2")).map(|d| d.to_string()).as_deref(), Some("-1.5"));
    }

    #[test]
    fn a_number_fits_where_it_has_no_more_digits_than_the_column() {
        assert_eq!(decimal("12.345").fit(4, 2, Rounding::HalfUp), Some(1235));
        assert_eq!(decimal("123.45").fit(4, 2, Rounding::HalfUp), None);
        assert_eq!(decimal("99.995").fit(4, 2, Rounding::HalfUp), None);
    }

    #[test]
    fn numbers_are_compared_by_value() {
        assert_eq!(decimal("1.0").compare(decimal("1.00")), Ordering::Equal);
        assert_eq!(decimal("-1.01").compare(decimal("-1")), Ordering::Less);
    }
}
