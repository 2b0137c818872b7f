//! What it means to add: overflow and NaN are decided here, for every function.

use std::convert::Infallible;
use std::fmt::Debug;

/// The one NaN that is ever stored or returned: Java's `Double.NaN`.
pub const NAN: f64 = f64::from_bits(0x7ff8_0000_0000_0000);

/// The same of single precision: Java's `Float.NaN`.
pub const NAN_SINGLE: f32 = f32::from_bits(0x7fc0_0000);

/// The value itself, but every NaN as one bit pattern, so that equal states have equal bytes on every host.
pub fn canonical(x: f64) -> f64 {
    if x.is_nan() { NAN } else { x }
}

/// [`canonical`] for single precision.
pub fn canonical_single(x: f32) -> f32 {
    if x.is_nan() { NAN_SINGLE } else { x }
}

/// A number that can be summed up. Integers wrap around, as they do in both engines; binary fractions round to nearest;
/// decimals are exact or refused.
pub trait Addend: Copy + PartialEq + Debug {
    /// What a sum of nothing holds.
    const ZERO: Self;
    /// What is said where there is no sum.
    type Refusal: Debug;
    fn plus(self, other: Self) -> Result<Self, Self::Refusal>;
    fn minus(self, other: Self) -> Result<Self, Self::Refusal>;
    /// What this sum still says when as many values have left it as came in: all of it if it is exact, because a part
    /// of a group may owe to one value and have another; nothing if it could be a rounding error or a NaN.
    fn of_no_rows(self) -> Self;
}

macro_rules! wraps_around {
    ($($t:ty),*) => {$(
        impl Addend for $t {
            const ZERO: Self = 0;
            type Refusal = Infallible;
            fn plus(self, other: Self) -> Result<Self, Infallible> {
                Ok(self.wrapping_add(other))
            }
            fn minus(self, other: Self) -> Result<Self, Infallible> {
                Ok(self.wrapping_sub(other))
            }
            fn of_no_rows(self) -> Self {
                self
            }
        }
    )*};
}

wraps_around! { i8, i16, i32, i64, i128 }

macro_rules! rounds {
    ($($t:ty: $canonical:path),*) => {$(
        impl Addend for $t {
            const ZERO: Self = 0.0;
            type Refusal = Infallible;
            fn plus(self, other: Self) -> Result<Self, Infallible> {
                Ok($canonical(self + other))
            }
            fn minus(self, other: Self) -> Result<Self, Infallible> {
                Ok($canonical(self - other))
            }
            fn of_no_rows(self) -> Self {
                Self::ZERO
            }
        }
    )*};
}

rounds! { f32: canonical_single, f64: canonical }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_nan_becomes_javas_nan() {
        for bits in [0x7ff8_0000_0000_0000, 0xfff8_0000_0000_0000, 0x7ff0_0000_0000_0001, 0xffff_ffff_ffff_ffff] {
            assert_eq!(canonical(f64::from_bits(bits)).to_bits(), 0x7ff8_0000_0000_0000);
        }
        for bits in [0x7fc0_0000, 0xffc0_0000, 0x7f80_0001, 0xffff_ffff] {
            assert_eq!(canonical_single(f32::from_bits(bits)).to_bits(), 0x7fc0_0000);
        }
        assert_eq!(canonical(-0.0).to_bits(), (-0.0_f64).to_bits());
    }
}
