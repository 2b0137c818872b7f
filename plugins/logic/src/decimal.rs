//! DECIMAL: exact, with 38 digits at most, whatever the scale. The result of an operation that would need more digits
//! is a sentence instead.

use crate::number::Addend;
use crate::order::Ordered;
use std::cmp::Ordering;

/// The number `unscaled × 10^-scale`, in the halves in which it crosses the boundary of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal {
    /// The upper 64 bits of the unscaled integer, with its sign.
    pub high: i64,
    /// The lower 64 bits.
    pub low: u64,
    /// Digits after the point.
    pub scale: u8,
}

/// More than this has 39 digits.
const GREATEST: u128 = 10_u128.pow(38) - 1;

impl Decimal {
    pub const fn new(unscaled: i128, scale: u8) -> Self {
        Self { high: (unscaled >> 64) as i64, low: unscaled as u64, scale }
    }

    pub const fn unscaled(self) -> i128 {
        ((self.high as i128) << 64) | self.low as i128
    }

    /// The unscaled integer that the same number has at a scale that is no smaller; none if it has more than 128 bits.
    fn unscaled_at(self, scale: u8) -> Option<i128> {
        match self.unscaled() {
            0 => Some(0),
            unscaled => 10_i128.checked_pow(u32::from(scale - self.scale))?.checked_mul(unscaled),
        }
    }

    /// Exact, at the larger scale of the two.
    fn combined(self, other: Self, sign: &str, step: fn(i128, i128) -> Option<i128>) -> Result<Self, String> {
        let scale = self.scale.max(other.scale);
        let exact = || step(self.unscaled_at(scale)?, other.unscaled_at(scale)?);
        match exact() {
            Some(unscaled) if unscaled.unsigned_abs() <= GREATEST => Ok(Self::new(unscaled, scale)),
            _ => Err(format!(
                "a DECIMAL has 38 digits at most, and {} {sign} {} has more",
                self.written(),
                other.written()
            )),
        }
    }

    /// The quotient at this number's scale, rounded to nearest; halves away from zero, as Java's HALF_UP.
    pub fn divided(self, rows: i64) -> Self {
        let (unscaled, rows) = (self.unscaled(), i128::from(rows));
        let (quotient, rest) = (unscaled / rows, unscaled % rows);
        let up = rest.unsigned_abs() >= rows.unsigned_abs() - rest.unsigned_abs();
        let away = if (unscaled < 0) == (rows < 0) { 1 } else { -1 };
        Self::new(if up { quotient + away } else { quotient }, self.scale)
    }

    /// As SQL writes it: `-0.05`.
    fn written(self) -> String {
        let mut left = self.unscaled().unsigned_abs();
        let mut reversed = Vec::new();
        let mut places = 0_u16;
        while left != 0 || places <= u16::from(self.scale) {
            if places == u16::from(self.scale) && places != 0 {
                reversed.push('.');
            }
            reversed.push(char::from(b'0' + (left % 10) as u8));
            left /= 10;
            places += 1;
        }
        if self.high < 0 {
            reversed.push('-');
        }
        reversed.iter().rev().collect()
    }
}

impl Addend for Decimal {
    const ZERO: Self = Self::new(0, 0);
    type Refusal = String;
    type Trace = ();

    fn plus(self, other: Self) -> Result<Self, String> {
        self.combined(other, "+", i128::checked_add)
    }

    fn minus(self, other: Self) -> Result<Self, String> {
        self.combined(other, "-", i128::checked_sub)
    }

    fn trace(self) {}

    /// Exact, but a zero forgets its scale.
    fn settled(self, (): ()) -> Self {
        if self.unscaled() == 0 { Self::ZERO } else { self }
    }
}

impl Ordered for Decimal {
    /// By the number: 1.0 is 1.00.
    fn order(&self, other: &Self) -> Ordering {
        let scale = self.scale.max(other.scale);
        match (self.unscaled_at(scale), other.unscaled_at(scale)) {
            (Some(a), Some(b)) => a.cmp(&b),
            // Only the one of the smaller scale is scaled up; if it outgrows 128 bits, its sign decides.
            (None, _) => self.unscaled().cmp(&0),
            (_, None) => 0.cmp(&other.unscaled()),
        }
    }

    /// The smaller scale first.
    fn among_equals(&self, other: &Self) -> Ordering {
        self.scale.cmp(&other.scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::{End, Greatest, Least, ascending};
    use proptest::prelude::*;

    fn any_decimal() -> impl Strategy<Value = Decimal> {
        (-(10_i128.pow(38) - 1)..10_i128.pow(38), 0_u32..38, 0_u8..6)
            .prop_map(|(unscaled, digits, scale)| Decimal::new(unscaled / 10_i128.pow(digits), scale))
    }

    #[test]
    fn sums_have_the_larger_scale_and_are_exact() {
        assert_eq!(Decimal::new(15, 1).plus(Decimal::new(25, 2)), Ok(Decimal::new(175, 2)));
        assert_eq!(Decimal::new(15, 1).minus(Decimal::new(150, 2)), Ok(Decimal::new(0, 2)));
        assert_eq!(Decimal::new(0, 0).plus(Decimal::new(1, 200)), Ok(Decimal::new(1, 200)));
    }

    #[test]
    fn the_39th_digit_is_refused_and_said() {
        let greatest = Decimal::new(10_i128.pow(38) - 1, 2);
        assert_eq!(greatest.plus(Decimal::new(-1, 2)), Ok(Decimal::new(10_i128.pow(38) - 2, 2)));
        assert_eq!(
            greatest.plus(Decimal::new(1, 2)),
            Err("a DECIMAL has 38 digits at most, and 999999999999999999999999999999999999.99 + 0.01 has more"
                .to_owned())
        );
        assert!(Decimal::new(1, 0).plus(Decimal::new(1, 255)).is_err());
    }

    #[test]
    fn a_decimal_is_written_as_in_sql() {
        let texts = [
            (0, 0, "0"),
            (0, 2, "0.00"),
            (-5, 2, "-0.05"),
            (1234, 2, "12.34"),
            (-70, 0, "-70"),
            (i128::MIN, 0, "-170141183460469231731687303715884105728"),
        ];
        for (unscaled, scale, text) in texts {
            assert_eq!(Decimal::new(unscaled, scale).written(), text);
        }
        assert_eq!(Decimal::new(1, 255).written().len(), 257);
    }

    #[test]
    fn a_quotient_is_rounded_half_away_from_zero() {
        for (unscaled, rows, quotient) in
            [(5, 2, 3), (-5, 2, -3), (5, -2, -3), (4, 3, 1), (5, 3, 2), (6, 3, 2), (0, 7, 0)]
        {
            assert_eq!(Decimal::new(unscaled, 1).divided(rows), Decimal::new(quotient, 1), "{unscaled} / {rows}");
        }
    }

    #[test]
    fn numbers_of_two_scales_are_compared_as_numbers() {
        let values = [
            Decimal::new(-(10_i128.pow(38) - 1), 0),
            Decimal::new(-1, 3),
            Decimal::new(0, 0),
            Decimal::new(0, 1),
            Decimal::new(1, 255),
            Decimal::new(99, 2),
            Decimal::new(1, 0),
            Decimal::new(10, 1),
            Decimal::new(10_i128.pow(38) - 1, 0),
        ];
        for (i, a) in values.iter().enumerate() {
            for (j, b) in values.iter().enumerate() {
                assert_eq!(ascending(a, b), i.cmp(&j), "{a:?} against {b:?}");
            }
        }
    }

    #[test]
    fn of_equal_numbers_min_and_max_keep_the_smaller_scale() {
        let (plain, long) = (Decimal::new(1, 0), Decimal::new(100, 2));
        assert_eq!((Least::is_nearer(&plain, &long), Least::is_nearer(&long, &plain)), (true, false));
        assert_eq!((Greatest::is_nearer(&plain, &long), Greatest::is_nearer(&long, &plain)), (true, false));
    }

    proptest! {
        #[test]
        fn the_halves_are_the_whole(unscaled: i128, scale: u8) {
            prop_assert_eq!(Decimal::new(unscaled, scale).unscaled(), unscaled);
        }

        #[test]
        fn what_was_added_can_be_taken_out(a in any_decimal(), b in any_decimal()) {
            if let Ok(sum) = a.plus(b) {
                prop_assert_eq!(sum.minus(b).map(|x| x.order(&a)), Ok(Ordering::Equal));
                prop_assert_eq!(b.plus(a), Ok(sum));
            }
        }

        #[test]
        fn the_order_is_that_of_the_difference(a in any_decimal(), b in any_decimal()) {
            if let Ok(difference) = a.minus(b) {
                prop_assert_eq!(a.order(&b), difference.unscaled().cmp(&0));
            }
            prop_assert_eq!(a.order(&b), b.order(&a).reverse());
        }
    }
}
