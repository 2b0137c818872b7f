//! The types of the contract that WIT has no word for, as glue takes them: a component that uses these needs no
//! conversion.

pub use crate::decimal::Decimal;

/// Milliseconds since 1970-01-01T00:00:00, of no zone.
pub type Timestamp = i64;
/// Milliseconds since the epoch.
pub type TimestampLtz = i64;
/// Days since 1970-01-01.
pub type Date = i32;
/// Milliseconds since midnight.
pub type Time = i32;
/// How often an element occurs in a multiset.
pub type Multiplicity = i32;
/// Each element with the number of times it occurs.
pub type MultisetOfString = Vec<(String, i32)>;
