//! Flink's `debezium-json`: the row as it was or as it is, and which of the two (`DebeziumJsonSerializationSchema`). An update
//! is a deletion and an insertion.

use streamfn_model::{Dialect, Kind, Value};

use super::json;
use super::part::Part;

pub fn bytes(dialect: Dialect, kind: Kind, part: &Part, row: &[Value]) -> Result<Vec<u8>, String> {
    let row = json::bytes(dialect, false, &part.columns.pick(row)?)?;
    let (before, after) = match kind.retracts() {
        true => (r#"{"before":"#.as_bytes(), r#","after":null,"op":"d"}"#.as_bytes()),
        false => (r#"{"before":null,"after":"#.as_bytes(), r#","op":"c"}"#.as_bytes()),
    };
    Ok([before, &row, after].concat())
}
