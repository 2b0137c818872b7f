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
    /// What a sum keeps of its values beside itself: nothing if it is exact.
    type Trace: Trace;
    fn plus(self, other: Self) -> Result<Self, Self::Refusal>;
    fn minus(self, other: Self) -> Result<Self, Self::Refusal>;
    fn trace(self) -> Self::Trace;
    /// The sum of values that leave this trace: nothing of a rounding error or a NaN where they are none.
    fn settled(self, trace: Self::Trace) -> Self;
}

/// Tells whether anything is left of what was added. The number of rows does not: a part of a group may owe one value and
/// have another.
pub trait Trace: Copy + PartialEq + Debug {
    const NONE: Self;
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
}

/// An exact sum of nothing is zero by itself.
impl Trace for () {
    const NONE: Self = ();
    fn plus(self, (): Self) {}
    fn minus(self, (): Self) {}
}

/// The sum of a hash of each value: of different values it is zero once in 2^64 times.
impl Trace for i64 {
    const NONE: Self = 0;
    fn plus(self, other: Self) -> Self {
        self.wrapping_add(other)
    }
    fn minus(self, other: Self) -> Self {
        self.wrapping_sub(other)
    }
}

/// SplitMix64's mixing of 64 bits (<https://prng.di.unimi.it/splitmix64.c>), of nothing but bits.
fn hash(bits: u64) -> i64 {
    let mut mixed = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)) as i64
}

macro_rules! wraps_around {
    ($($t:ty),*) => {$(
        impl Addend for $t {
            const ZERO: Self = 0;
            type Refusal = Infallible;
            type Trace = ();
            fn plus(self, other: Self) -> Result<Self, Infallible> {
                Ok(self.wrapping_add(other))
            }
            fn minus(self, other: Self) -> Result<Self, Infallible> {
                Ok(self.wrapping_sub(other))
            }
            fn trace(self) {}
            fn settled(self, (): ()) -> Self {
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
            type Trace = i64;
            fn plus(self, other: Self) -> Result<Self, Infallible> {
                Ok($canonical(self + other))
            }
            fn minus(self, other: Self) -> Result<Self, Infallible> {
                Ok($canonical(self - other))
            }
            fn trace(self) -> i64 {
                // The two zeros are one addend, and so are all NaNs.
                hash($canonical(self + Self::ZERO).to_bits().into())
            }
            fn settled(self, trace: i64) -> Self {
                if trace == Trace::NONE { Self::ZERO } else { self }
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
