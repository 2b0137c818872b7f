//! KAFKA, and Flink's `raw`: one primitive in the bytes it has, the highest first (Kafka's `Serdes`,
//! `RawFormatSerializationSchema`).

use streamfn_model::{Dialect, Field, SqlType, Value};

use super::part::Columns;
use super::{in_column, mismatch};

/// ksqlDB's `KafkaSerdeFactory` has fewer types than Flink's `raw`.
pub fn check(dialect: Dialect, columns: &Columns) -> Result<(), String> {
    use SqlType::*;
    if columns.fields.len() > 1 {
        return Err(format!("wanted one column, found {}: its format holds no more", columns.fields.len()));
    }
    for field in &columns.fields {
        let is_held = match dialect {
            Dialect::Ksqldb => matches!(field.sql_type, Int | BigInt | Double | String | Bytes),
            Dialect::Flink => {
                matches!(field.sql_type, Boolean | TinyInt | SmallInt | Int | BigInt | Float | Double | String | Bytes)
            }
        };
        if !is_held {
            return Err(in_column(field)(format!("its format holds no {}", field.sql_type)));
        }
    }
    Ok(())
}

pub fn bytes(field: &Field, value: &Value) -> Result<Vec<u8>, String> {
    Ok(match (&field.sql_type, value) {
        (SqlType::Boolean, Value::Bool(value)) => vec![u8::from(*value)],
        (SqlType::TinyInt, Value::S8(number)) => number.to_be_bytes().to_vec(),
        (SqlType::SmallInt, Value::S16(number)) => number.to_be_bytes().to_vec(),
        (SqlType::Int, Value::S32(number)) => number.to_be_bytes().to_vec(),
        (SqlType::BigInt, Value::S64(number)) => number.to_be_bytes().to_vec(),
        (SqlType::Float, Value::F32(number)) => number.to_be_bytes().to_vec(),
        (SqlType::Double, Value::F64(number)) => number.to_be_bytes().to_vec(),
        (SqlType::String, Value::String(text)) => text.clone().into_bytes(),
        (SqlType::Bytes, Value::Bytes(bytes)) => bytes.clone(),
        (of, other) => return Err(in_column(field)(mismatch(of, other))),
    })
}
