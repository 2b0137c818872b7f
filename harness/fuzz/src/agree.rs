//! apache-avro, the reference, and arrow-avro, which is fast, over the same schemas and bytes: both give the same values, or
//! both refuse. Where they differ, `left_to_the_reference` and `tolerated` say so, and why.

use std::collections::HashMap;
use std::sync::Arc;

use apache_avro::types::Value;
use arbitrary::{Result as Made, Unstructured};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::*;
use arrow_avro::reader::{Decoder, ReaderBuilder};
use arrow_avro::schema::{AvroSchema, Fingerprint, FingerprintAlgorithm, SchemaStore};
use streamfn::topic::registry::{Known, Schemas};

use super::avro::{Plain, Schema};

pub fn run(data: &[u8]) {
    // Bytes that end too early make no input.
    let _ = tried(&mut Unstructured::new(data));
}

fn tried(u: &mut Unstructured<'_>) -> Made<()> {
    let schema = Schema::record(u)?;
    let text = schema.text();
    let Ok(reference) = Known(HashMap::from([(1, vec![text.clone()])])).schema(1) else { return Ok(()) };
    if left_to_the_reference(&schema) {
        return Ok(());
    }
    if let Err(reason) = decoder(&text, 1) {
        panic!("arrow-avro alone refuses the schema: {reason}\n{text}");
    }
    let mut batch = vec![];
    for _ in 0..u.int_in_range(1..=3)? {
        let datum = damaged(u, &schema)?;
        match (reference.read(&datum), fast(&text, &[&datum])) {
            (Ok(value), Ok(rows)) => {
                assert!(same_row(&value, &rows, 0), "{value:?}\n{rows:?}\n{datum:?}\n{text}");
                batch.push((datum, value));
            }
            (Err(_), Err(_)) => {}
            (reference, fast) => assert!(
                tolerated(&reference, &fast),
                "the reference: {reference:?}\narrow-avro: {fast:?}\n{datum:?}\n{text}"
            ),
        }
    }
    let datums: Vec<&[u8]> = batch.iter().map(|(datum, _)| datum.as_slice()).collect();
    if !datums.is_empty() {
        let rows =
            fast(&text, &datums).unwrap_or_else(|reason| panic!("{reason}: each alone is read\n{datums:?}\n{text}"));
        for (row, (_, value)) in batch.iter().enumerate() {
            assert!(same_row(value, &rows, row), "row {row}: {value:?}\n{rows:?}\n{datums:?}\n{text}");
        }
    }
    Ok(())
}

/// Schemas that arrow-avro has no room for: it loses count of what takes no bytes, and makes columns of `null` not nullable.
fn left_to_the_reference(schema: &Schema) -> bool {
    match schema {
        Schema::Plain(Plain::Null, _) | Schema::Fixed(0, _) => true,
        Schema::Record(fields) => fields.is_empty() || fields.iter().any(left_to_the_reference),
        Schema::Array(of) | Schema::Map(of) => left_to_the_reference(of),
        Schema::Union(cases) => {
            let null = |case: &Schema| matches!(case, Schema::Plain(Plain::Null, _));
            cases.iter().all(null) || cases.iter().any(|case| !null(case) && left_to_the_reference(case))
        }
        _ => false,
    }
}

/// Data that one of the two refuses, by what it says.
fn tolerated(reference: &Result<Value, String>, fast: &Result<RecordBatch, String>) -> bool {
    let says = |reason: &String, any: &[&str]| any.iter().any(|words| reason.contains(words));
    match (reference, fast) {
        // What arrow-avro takes and the reference refuses: whoever goes by it has to look at these bytes himself.
        (Err(reason), Ok(_)) => {
            let broken = [
                // Any byte but zero is true.
                "for bool",
                // In a union of null and another type, what is not the one is the other.
                "Union index",
                "Cannot convert i64 to usize",
                // No bytes at all are zero.
                "Decimal bytes cannot be zero length",
            ];
            says(reason, &broken)
        }
        // What arrow-avro refuses and the reference takes: it can be asked.
        (Ok(_), Err(reason)) => {
            let odd = [
                // The reference doesn't look at a block's size in bytes.
                "Block size cannot be negative",
                // Of ten bytes, the last of which has bits that a number has no room for.
                "bad varint",
                // A decimal of more digits than any column's. The reference gives its bytes.
                "cannot be represented in 16 bytes",
            ];
            says(reason, &odd)
        }
        _ => false,
    }
}

/// A datum as it should be, cut, with another byte, or anything at all.
fn damaged(u: &mut Unstructured<'_>, schema: &Schema) -> Made<Vec<u8>> {
    let mut datum = vec![];
    match u.int_in_range(0..=5)? {
        0 => return Ok(u.arbitrary::<&[u8]>()?.to_vec()),
        1 => {
            schema.datum(u, &mut datum)?;
            datum.truncate(u.choose_index(datum.len() + 1)?);
        }
        2 => {
            schema.datum(u, &mut datum)?;
            if !datum.is_empty() {
                let at = u.choose_index(datum.len())?;
                datum[at] = u.arbitrary()?;
            }
        }
        3 => {
            schema.datum(u, &mut datum)?;
            datum.extend(u.arbitrary::<&[u8]>()?);
        }
        _ => schema.datum(u, &mut datum)?,
    }
    Ok(datum)
}

fn decoder(schema: &str, rows: usize) -> Result<Decoder, String> {
    let mut store = SchemaStore::new_with_type(FingerprintAlgorithm::Id);
    store.set(Fingerprint::Id(1), AvroSchema::new(schema.to_owned())).map_err(|error| error.to_string())?;
    let reader = ReaderBuilder::new().with_writer_schema_store(store).with_batch_size(rows);
    reader.build_decoder().map_err(|error| error.to_string())
}

/// A row for each datum, none of which leaves bytes behind: one that does so might be followed by what looks like another's head,
/// so the decoder takes no more rows than there are, and each datum is tried alone before it is with others.
fn fast(schema: &str, datums: &[&[u8]]) -> Result<RecordBatch, String> {
    let mut decoder = decoder(schema, datums.len())?;
    for datum in datums {
        let framed = [&[0, 0, 0, 0, 1], *datum].concat();
        let before = decoder.capacity();
        let read = decoder.decode(&framed).map_err(|error| error.to_string())?;
        if read != framed.len() || decoder.capacity() + 1 != before {
            return Err(format!("{read} of {} bytes read", framed.len()));
        }
    }
    let rows = decoder.flush().map_err(|error| error.to_string())?;
    rows.ok_or_else(|| "no row".to_owned())
}

fn same_row(value: &Value, rows: &RecordBatch, row: usize) -> bool {
    let Value::Record(fields) = value else { return false };
    same_fields(fields, rows.schema_ref().fields(), rows.columns(), row)
}

fn same_fields(values: &[(String, Value)], fields: &Fields, columns: &[ArrayRef], row: usize) -> bool {
    let same = |((name, value), (field, column)): (&(String, Value), (&Arc<Field>, &ArrayRef))| {
        name == field.name() && same(value, column, row)
    };
    values.len() == fields.len() && values.iter().zip(fields.iter().zip(columns)).all(same)
}

fn same(value: &Value, column: &dyn Array, row: usize) -> bool {
    if let (Value::Union(case, value), DataType::Union(..)) = (value, column.data_type()) {
        let union = column.as_union();
        return union.type_id(row) == *case as i8 && same(value, &union.value(row), 0);
    }
    let value = match value {
        Value::Union(_, value) => value,
        value => value,
    };
    let is_null = column.logical_nulls().is_some_and(|nulls| nulls.is_null(row));
    if is_null || *value == Value::Null {
        return is_null && *value == Value::Null;
    }
    match (value, column.data_type()) {
        (Value::Boolean(value), DataType::Boolean) => column.as_boolean().value(row) == *value,
        (Value::Int(value), DataType::Int32) => column.as_primitive::<Int32Type>().value(row) == *value,
        (Value::Date(value), DataType::Date32) => column.as_primitive::<Date32Type>().value(row) == *value,
        (Value::TimeMillis(value), DataType::Time32(TimeUnit::Millisecond)) => {
            column.as_primitive::<Time32MillisecondType>().value(row) == *value
        }
        (Value::Long(value), DataType::Int64) => column.as_primitive::<Int64Type>().value(row) == *value,
        (Value::TimeMicros(value), DataType::Time64(TimeUnit::Microsecond)) => {
            column.as_primitive::<Time64MicrosecondType>().value(row) == *value
        }
        (Value::TimestampMillis(value), DataType::Timestamp(TimeUnit::Millisecond, Some(_)))
        | (Value::LocalTimestampMillis(value), DataType::Timestamp(TimeUnit::Millisecond, None)) => {
            column.as_primitive::<TimestampMillisecondType>().value(row) == *value
        }
        (Value::TimestampMicros(value), DataType::Timestamp(TimeUnit::Microsecond, Some(_)))
        | (Value::LocalTimestampMicros(value), DataType::Timestamp(TimeUnit::Microsecond, None)) => {
            column.as_primitive::<TimestampMicrosecondType>().value(row) == *value
        }
        (Value::TimestampNanos(value), DataType::Timestamp(TimeUnit::Nanosecond, _)) => {
            column.as_primitive::<TimestampNanosecondType>().value(row) == *value
        }
        (Value::Float(value), DataType::Float32) => {
            column.as_primitive::<Float32Type>().value(row).to_bits() == value.to_bits()
        }
        (Value::Double(value), DataType::Float64) => {
            column.as_primitive::<Float64Type>().value(row).to_bits() == value.to_bits()
        }
        (Value::Bytes(value), DataType::Binary) => column.as_binary::<i32>().value(row) == value,
        (Value::String(value), DataType::Utf8) => column.as_string::<i32>().value(row) == value,
        (Value::Fixed(_, value), DataType::FixedSizeBinary(_)) => column.as_fixed_size_binary().value(row) == value,
        (Value::Uuid(value), DataType::FixedSizeBinary(_)) => {
            column.as_fixed_size_binary().value(row) == value.as_bytes()
        }
        (Value::Enum(index, symbol), DataType::Dictionary(..)) => {
            let symbols = column.as_dictionary::<Int32Type>();
            symbols.keys().value(row) == *index as i32
                && symbols.values().as_string::<i32>().value(*index as usize) == symbol
        }
        (Value::BigDecimal(value), DataType::Decimal128(_, scale)) => {
            let (digits, places) = value.as_bigint_and_scale();
            places == i64::from(*scale)
                && column.as_primitive::<Decimal128Type>().value(row).to_string() == digits.to_string()
        }
        (Value::BigDecimal(value), DataType::Decimal256(_, scale)) => {
            let (digits, places) = value.as_bigint_and_scale();
            places == i64::from(*scale)
                && column.as_primitive::<Decimal256Type>().value(row).to_string() == digits.to_string()
        }
        // Of more digits than SQL's types have, which are refused afterwards.
        (Value::Decimal(_), DataType::Decimal256(..)) => true,
        (Value::Duration(value), DataType::Interval(IntervalUnit::MonthDayNano)) => {
            let found = column.as_primitive::<IntervalMonthDayNanoType>().value(row);
            let [months, days, millis] = [value.months().into(), value.days().into(), u32::from(value.millis())];
            (found.months as u32, found.days as u32, found.nanoseconds) == (months, days, i64::from(millis) * 1_000_000)
        }
        (Value::Array(values), DataType::List(_)) => {
            let found = column.as_list::<i32>().value(row);
            values.len() == found.len() && values.iter().enumerate().all(|(row, value)| same(value, &found, row))
        }
        (Value::Map(values), DataType::Map(..)) => {
            let found = column.as_map().value(row);
            let (keys, items) = (found.column(0).as_string::<i32>(), found.column(1));
            // Of a key that is there twice, arrow-avro has both entries, the reference the last.
            let last: HashMap<&str, usize> = (0..found.len()).map(|row| (keys.value(row), row)).collect();
            let same = |(key, row): (&&str, &usize)| values.get(*key).is_some_and(|value| same(value, items, *row));
            values.len() == last.len() && last.iter().all(same)
        }
        (Value::Record(values), DataType::Struct(fields)) => {
            same_fields(values, fields, column.as_struct().columns(), row)
        }
        _ => false,
    }
}
