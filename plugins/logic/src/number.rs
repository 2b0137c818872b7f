//! What it means to add and to order: overflow, NaN and the two zeros are decided here, for every function.

use std::cmp::Ordering;

/// The one NaN that is ever stored or returned: Java's `Double.NaN`.
pub const NAN: f64 = f64::from_bits(0x7ff8_0000_0000_0000);

/// The value itself, but every NaN as one bit pattern, so that equal states have equal bytes on every host.
pub fn canonical(x: f64) -> f64 {
    if x.is_nan() { NAN } else { x }
}

/// A number that can be summed up. Integers wrap around, as they do in both engines; doubles round to nearest.
pub trait Addend: Copy + PartialEq + std::fmt::Debug {
    /// What a sum of nothing holds.
    const ZERO: Self;
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
}

impl Addend for i32 {
    const ZERO: Self = 0;
    fn plus(self, other: Self) -> Self {
        self.wrapping_add(other)
    }
    fn minus(self, other: Self) -> Self {
        self.wrapping_sub(other)
    }
}

impl Addend for i64 {
    const ZERO: Self = 0;
    fn plus(self, other: Self) -> Self {
        self.wrapping_add(other)
    }
    fn minus(self, other: Self) -> Self {
        self.wrapping_sub(other)
    }
}

impl Addend for f64 {
    const ZERO: Self = 0.0;
    fn plus(self, other: Self) -> Self {
        canonical(self + other)
    }
    fn minus(self, other: Self) -> Self {
        canonical(self - other)
    }
}

/// A value with a total order. For doubles it is Java's `Double.compare`: -0.0 before 0.0, NaN after infinity.
///
/// Comparing with `<`, as Flink's built-in does, is no total order: whether a NaN wins would depend on who came first,
/// and merging two parts would not give what the whole gives.
pub trait Ordered: Copy + std::fmt::Debug {
    fn order(self, other: Self) -> Ordering;
    /// The value as it may be stored.
    fn stored(self) -> Self;
}

impl Ordered for i32 {
    fn order(self, other: Self) -> Ordering {
        self.cmp(&other)
    }
    fn stored(self) -> Self {
        self
    }
}

impl Ordered for i64 {
    fn order(self, other: Self) -> Ordering {
        self.cmp(&other)
    }
    fn stored(self) -> Self {
        self
    }
}

impl Ordered for f64 {
    fn order(self, other: Self) -> Ordering {
        // IEEE's total order puts the canonical NaN, which is positive, after infinity.
        canonical(self).total_cmp(&canonical(other))
    }
    fn stored(self) -> Self {
        canonical(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_nan_becomes_javas_nan() {
        for bits in [0x7ff8_0000_0000_0000, 0xfff8_0000_0000_0000, 0x7ff0_0000_0000_0001, 0xffff_ffff_ffff_ffff] {
            assert_eq!(canonical(f64::from_bits(bits)).to_bits(), 0x7ff8_0000_0000_0000);
        }
        assert_eq!(canonical(-0.0).to_bits(), (-0.0_f64).to_bits());
    }

    #[test]
    fn doubles_are_ordered_as_java_orders_them() {
        let ascending = [f64::NEG_INFINITY, -1.0, -0.0, 0.0, 1.0, f64::INFINITY, f64::NAN];
        for (i, a) in ascending.iter().enumerate() {
            for (j, b) in ascending.iter().enumerate() {
                assert_eq!(a.order(*b), i.cmp(&j), "{a} against {b}");
            }
        }
        assert_eq!(f64::NAN.order(-f64::NAN), Ordering::Equal);
    }
}
