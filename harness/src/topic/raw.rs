//! A record before anything is made of it.

/// The bytes of a record and all that its broker says of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Raw {
    pub partition: i32,
    pub offset: i64,
    /// Milliseconds since the epoch.
    pub timestamp: Option<i64>,
    pub key: Option<Vec<u8>>,
    /// `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    pub headers: Vec<(String, Option<Vec<u8>>)>,
}
