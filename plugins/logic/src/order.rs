//! What it means to come before: one total order for each type, and the one form in which a value is stored.

use crate::number::{canonical, canonical_single};
use std::cmp::Ordering;

/// A value that is compared and kept.
///
/// Doubles go by Java's `Double.compare`: -0.0 before 0.0, NaN after infinity. Comparing with `<`, as Flink's built-in
/// does, is no total order: whether a NaN wins would depend on who came first, and merging two parts would not give
/// what the whole gives.
pub trait Ordered: Clone + PartialEq + std::fmt::Debug {
    fn order(&self, other: &Self) -> Ordering;

    /// Tells apart values that [`Ordered::order`] calls equal; the plainer one comes first.
    fn among_equals(&self, _other: &Self) -> Ordering {
        Ordering::Equal
    }

    /// The value as it may be stored: equal values have equal bytes on every host.
    fn stored(self) -> Self {
        self
    }
}

/// The order of every list that is given back sorted: no two different stored values are equal in it.
pub fn ascending<T: Ordered>(a: &T, b: &T) -> Ordering {
    a.order(b).then_with(|| a.among_equals(b))
}

/// The end of an order that a function looks for.
pub trait End {
    /// Whether `x` is the one to keep of the two.
    fn is_nearer<T: Ordered>(x: &T, best: &T) -> bool;
}

/// That of MIN and EARLIEST.
pub enum Least {}

impl End for Least {
    fn is_nearer<T: Ordered>(x: &T, best: &T) -> bool {
        ascending(x, best).is_lt()
    }
}

/// That of MAX and LATEST.
pub enum Greatest {}

impl End for Greatest {
    /// Of equal ones the plainer, as in MIN.
    fn is_nearer<T: Ordered>(x: &T, best: &T) -> bool {
        x.order(best).then_with(|| best.among_equals(x)).is_gt()
    }
}

/// Types whose own order is the one of SQL. Strings are in it: Rust compares their UTF-8 bytes, which is the order of
/// their code points.
macro_rules! by_their_own_order {
    ($($t:ty),*) => {$(
        impl Ordered for $t {
            fn order(&self, other: &Self) -> Ordering {
                self.cmp(other)
            }
        }
    )*};
}

by_their_own_order! { bool, i8, i16, i32, i64, String }

/// IEEE's total order puts the canonical NaN, which is positive, after infinity.
macro_rules! as_java_orders {
    ($($t:ty: $canonical:path),*) => {$(
        impl Ordered for $t {
            fn order(&self, other: &Self) -> Ordering {
                $canonical(*self).total_cmp(&$canonical(*other))
            }
            fn stored(self) -> Self {
                $canonical(self)
            }
        }
    )*};
}

as_java_orders! { f32: canonical_single, f64: canonical }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_are_ordered_as_java_orders_them() {
        let values = [f64::NEG_INFINITY, -1.0, -0.0, 0.0, 1.0, f64::INFINITY, f64::NAN];
        for (i, a) in values.iter().enumerate() {
            for (j, b) in values.iter().enumerate() {
                assert_eq!(a.order(b), i.cmp(&j), "{a} against {b}");
                assert_eq!((*a as f32).order(&(*b as f32)), i.cmp(&j), "{a} against {b}, of single precision");
            }
        }
        assert_eq!(f64::NAN.order(&-f64::NAN), Ordering::Equal);
    }

    /// U+FF5E comes before U+1F600, whose first UTF-16 unit is 0xD83D: Java's `String.compareTo` says otherwise.
    #[test]
    fn strings_are_ordered_by_code_point() {
        assert_eq!("\u{ff5e}".to_owned().order(&"\u{1f600}".to_owned()), Ordering::Less);
        assert_eq!("ab".to_owned().order(&"abc".to_owned()), Ordering::Less);
    }
}
