//! Records that are decoded once more, out of their topic.

use streamfn_model::Dialect;

use super::decoder::Decoder;
use super::registry::Schemas;
use super::wire::{Wire, WireError};
use super::{Datum, Original, Raw, Record, Written};
use crate::sql::Topic;

/// The record, or why it is none: what a replay would say of it.
pub fn again(
    dialect: Dialect,
    topic: &Topic,
    (partition, offset): (i32, i64),
    original: &Original,
    schemas: &dyn Schemas,
) -> Result<Record, String> {
    let written = match original {
        Original::Bytes(raw) => {
            let written = Wire::new(dialect, topic)?.written(Some(schemas), &raw.parts());
            written.map_err(|error| match error {
                WireError::Record(reason) => reason,
                WireError::Registry(error) => error.to_string(),
            })?
        }
        Original::Written(record) => Written {
            place: record.place,
            key: record.key.clone().map(Datum::Json),
            value: record.value.clone().map(Datum::Json),
            timestamp: record.timestamp,
            partition,
            offset: Some(offset),
        },
    };
    Decoder::new(dialect, topic).record(&written, offset)
}

/// Records at once, as a broker's are where they are of one plain schema; `None` where they have to be read one by one.
pub fn together(dialect: Dialect, topic: &Topic, records: &[Raw], schemas: &dyn Schemas) -> Option<Vec<Record>> {
    let wire = Wire::new(dialect, topic).ok()?;
    let parts: Vec<_> = records.iter().map(Raw::parts).collect();
    let mut decoder = Decoder::new(dialect, topic);
    (decoder.run(&parts) == parts.len()).then(|| decoder.batch(&wire, Some(schemas), &parts)).flatten()
}
