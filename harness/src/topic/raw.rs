//! A record before anything is made of it.

use super::wire::Parts;

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

impl Raw {
    pub fn parts(&self) -> Parts<'_> {
        Parts {
            partition: self.partition,
            offset: self.offset,
            timestamp: self.timestamp,
            key: self.key.as_deref(),
            value: self.value.as_deref(),
        }
    }
}
