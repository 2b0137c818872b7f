//! Values to Arrow columns and back: the only place that knows which Arrow type stands for which SQL type.

use std::sync::Arc;

use arrow::array::*;
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::*;

use crate::{Field as SqlField, SqlType, Value};

/// The name of the count in the Arrow map that stands for a MULTISET; a MAP's is `value`.
const MULTIPLICITY: &str = "multiplicity";

/// The Arrow type of a SQL type.
pub fn data_type(sql_type: &SqlType) -> DataType {
    match sql_type {
        SqlType::Boolean => DataType::Boolean,
        SqlType::TinyInt => DataType::Int8,
        SqlType::SmallInt => DataType::Int16,
        SqlType::Int => DataType::Int32,
        SqlType::BigInt => DataType::Int64,
        SqlType::Float => DataType::Float32,
        SqlType::Double => DataType::Float64,
        // A scale above 127 is no SQL type: the grammar keeps it at most the precision, which is at most 38.
        SqlType::Decimal(precision, scale) => DataType::Decimal128(*precision, *scale as i8),
        SqlType::String => DataType::Utf8,
        SqlType::Bytes => DataType::Binary,
        SqlType::Date => DataType::Date32,
        SqlType::Time => DataType::Time32(TimeUnit::Millisecond),
        SqlType::Timestamp => DataType::Timestamp(TimeUnit::Millisecond, None),
        SqlType::TimestampLtz => DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
        SqlType::Array(element) => DataType::List(item(element)),
        SqlType::Map(key, value) => DataType::Map(entries(key, value, "value"), false),
        SqlType::Multiset(element) => DataType::Map(entries(element, &SqlType::Int, MULTIPLICITY), false),
        SqlType::Row(fields) => DataType::Struct(row_fields(fields)),
    }
}

/// The SQL type an Arrow type stands for; `None` where no SQL column has it.
pub fn sql_type(data_type: &DataType) -> Option<SqlType> {
    Some(match data_type {
        DataType::Boolean => SqlType::Boolean,
        DataType::Int8 => SqlType::TinyInt,
        DataType::Int16 => SqlType::SmallInt,
        DataType::Int32 => SqlType::Int,
        DataType::Int64 => SqlType::BigInt,
        DataType::Float32 => SqlType::Float,
        DataType::Float64 => SqlType::Double,
        DataType::Decimal128(precision, scale) => SqlType::Decimal(*precision, u8::try_from(*scale).ok()?),
        DataType::Utf8 => SqlType::String,
        DataType::Binary => SqlType::Bytes,
        DataType::Date32 => SqlType::Date,
        DataType::Time32(TimeUnit::Millisecond) => SqlType::Time,
        DataType::Timestamp(TimeUnit::Millisecond, None) => SqlType::Timestamp,
        DataType::Timestamp(TimeUnit::Millisecond, Some(_)) => SqlType::TimestampLtz,
        DataType::List(item) => SqlType::Array(Box::new(sql_type(item.data_type())?)),
        DataType::Map(entries, _) => {
            let DataType::Struct(fields) = entries.data_type() else { return None };
            let key = Box::new(sql_type(fields[0].data_type())?);
            match fields[1].name().as_str() {
                MULTIPLICITY => SqlType::Multiset(key),
                _ => SqlType::Map(key, Box::new(sql_type(fields[1].data_type())?)),
            }
        }
        DataType::Struct(fields) => SqlType::Row(
            fields
                .iter()
                .map(|f| Some(SqlField::new(f.name(), sql_type(f.data_type())?)))
                .collect::<Option<Vec<_>>>()?,
        ),
        _ => return None,
    })
}

/// The Arrow schema of a row of columns.
pub fn schema(fields: &[SqlField]) -> SchemaRef {
    Arc::new(Schema::new(row_fields(fields)))
}

fn row_fields(fields: &[SqlField]) -> Fields {
    // Nullable throughout: whether a column may hold a null is SQL's affair and is checked there.
    fields.iter().map(|f| Field::new(&f.name, data_type(&f.sql_type), true)).collect()
}

fn item(element: &SqlType) -> FieldRef {
    Arc::new(Field::new("item", data_type(element), true))
}

fn entries(key: &SqlType, value: &SqlType, value_name: &str) -> FieldRef {
    let fields = vec![Field::new("key", data_type(key), false), Field::new(value_name, data_type(value), true)];
    Arc::new(Field::new("entries", DataType::Struct(fields.into()), false))
}

/// A value of one column did not have the column's type. This is a defect of the caller, told instead of a panic.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("a column of type {wanted} was given {found:?}")]
pub struct WrongType {
    pub wanted: String,
    pub found: Value,
}

/// Makes a column of values.
pub fn build<'a>(sql_type: &SqlType, values: impl IntoIterator<Item = &'a Value>) -> Result<ArrayRef, WrongType> {
    column(sql_type, &values.into_iter().collect::<Vec<_>>())
}

/// Takes a slice, not an iterator: the type of an iterator would grow with every level of nesting.
fn column(sql_type: &SqlType, values: &[&Value]) -> Result<ArrayRef, WrongType> {
    let values = values.iter().copied();
    macro_rules! primitive {
        ($array:ty, $case:ident) => {{
            let column: Result<$array, WrongType> = values
                .map(|v| match v {
                    Value::Null => Ok(None),
                    Value::$case(x) => Ok(Some(x.clone())),
                    other => Err(wrong(sql_type, other)),
                })
                .collect();
            Arc::new(column?) as ArrayRef
        }};
    }
    Ok(match sql_type {
        SqlType::Boolean => primitive!(BooleanArray, Bool),
        SqlType::TinyInt => primitive!(Int8Array, S8),
        SqlType::SmallInt => primitive!(Int16Array, S16),
        SqlType::Int => primitive!(Int32Array, S32),
        SqlType::BigInt => primitive!(Int64Array, S64),
        SqlType::Float => primitive!(Float32Array, F32),
        SqlType::Double => primitive!(Float64Array, F64),
        SqlType::String => primitive!(StringArray, String),
        SqlType::Bytes => primitive!(BinaryArray, Bytes),
        SqlType::Date => primitive!(Date32Array, S32),
        SqlType::Time => primitive!(Time32MillisecondArray, S32),
        SqlType::Timestamp => primitive!(TimestampMillisecondArray, S64),
        SqlType::TimestampLtz => {
            let column: Result<TimestampMillisecondArray, WrongType> = values
                .map(|v| match v {
                    Value::Null => Ok(None),
                    Value::S64(x) => Ok(Some(*x)),
                    other => Err(wrong(sql_type, other)),
                })
                .collect();
            Arc::new(column?.with_timezone("UTC"))
        }
        SqlType::Decimal(_, scale) => {
            let column: Result<Decimal128Array, WrongType> = values
                .map(|v| match v {
                    Value::Null => Ok(None),
                    Value::Decimal { unscaled, scale: s } if s == scale => Ok(Some(*unscaled)),
                    other => Err(wrong(sql_type, other)),
                })
                .collect();
            Arc::new(column?.with_data_type(data_type(sql_type)))
        }
        SqlType::Array(element) => {
            let (offsets, nulls, elements) = lists(sql_type, values)?;
            let elements = column(element, &elements)?;
            Arc::new(ListArray::new(item(element), offsets, elements, nulls))
        }
        SqlType::Map(key, value) => maps(sql_type, key, value, "value", values)?,
        SqlType::Multiset(element) => maps(sql_type, element, &SqlType::Int, MULTIPLICITY, values)?,
        SqlType::Row(fields) => {
            let rows: Vec<Option<&[Value]>> = values
                .map(|v| match v {
                    Value::Null => Ok(None),
                    Value::Record(row) if row.len() == fields.len() => Ok(Some(row.as_slice())),
                    other => Err(wrong(sql_type, other)),
                })
                .collect::<Result<_, _>>()?;
            let nulls = NullBuffer::from_iter(rows.iter().map(Option::is_some));
            let columns = fields
                .iter()
                .enumerate()
                .map(|(i, f)| build(&f.sql_type, rows.iter().map(|row| row.map_or(&Value::Null, |row| &row[i]))))
                .collect::<Result<Vec<_>, _>>()?;
            match columns.is_empty() {
                true => Arc::new(StructArray::new_empty_fields(rows.len(), Some(nulls))),
                false => Arc::new(StructArray::new(row_fields(fields), columns, Some(nulls))),
            }
        }
    })
}

type Lists<'a> = (OffsetBuffer<i32>, Option<NullBuffer>, Vec<&'a Value>);

fn lists<'a>(sql_type: &SqlType, values: impl Iterator<Item = &'a Value>) -> Result<Lists<'a>, WrongType> {
    let (mut lengths, mut valid, mut elements) = (vec![], vec![], vec![]);
    for value in values {
        let list: &[Value] = match value {
            Value::Null => &[],
            Value::List(list) => list,
            other => return Err(wrong(sql_type, other)),
        };
        lengths.push(list.len());
        valid.push(!value.is_null());
        elements.extend(list);
    }
    Ok((OffsetBuffer::from_lengths(lengths), Some(NullBuffer::from(valid)), elements))
}

fn maps<'a>(
    sql_type: &SqlType,
    key: &SqlType,
    value: &SqlType,
    value_name: &str,
    values: impl Iterator<Item = &'a Value>,
) -> Result<ArrayRef, WrongType> {
    let (offsets, nulls, pairs) = lists(sql_type, values)?;
    let pairs = pairs
        .into_iter()
        .map(|pair| match pair {
            Value::Record(pair) if pair.len() == 2 && !pair[0].is_null() => Ok((&pair[0], &pair[1])),
            other => Err(wrong(sql_type, other)),
        })
        .collect::<Result<Vec<_>, _>>()?;
    let entries = entries(key, value, value_name);
    let DataType::Struct(fields) = entries.data_type().clone() else { unreachable!("entries() makes a struct") };
    let columns = vec![build(key, pairs.iter().map(|p| p.0))?, build(value, pairs.iter().map(|p| p.1))?];
    Ok(Arc::new(MapArray::new(entries, offsets, StructArray::new(fields, columns, None), nulls, false)))
}

fn wrong(wanted: &SqlType, found: &Value) -> WrongType {
    WrongType { wanted: wanted.to_string(), found: found.clone() }
}

/// Whether a column of this type can hold the value.
pub fn check(sql_type: &SqlType, value: &Value) -> Result<(), WrongType> {
    let all = |of: &SqlType, values: &[Value]| values.iter().try_for_each(|value| check(of, value));
    let entry = |key: &SqlType, of: &SqlType, entry: &Value| match entry {
        Value::Record(pair) if pair.len() == 2 && !pair[0].is_null() => {
            check(key, &pair[0]).and_then(|()| check(of, &pair[1]))
        }
        other => Err(wrong(sql_type, other)),
    };
    match (sql_type, value) {
        (_, Value::Null)
        | (SqlType::Boolean, Value::Bool(_))
        | (SqlType::TinyInt, Value::S8(_))
        | (SqlType::SmallInt, Value::S16(_))
        | (SqlType::Int | SqlType::Date | SqlType::Time, Value::S32(_))
        | (SqlType::BigInt | SqlType::Timestamp | SqlType::TimestampLtz, Value::S64(_))
        | (SqlType::Float, Value::F32(_))
        | (SqlType::Double, Value::F64(_))
        | (SqlType::String, Value::String(_))
        | (SqlType::Bytes, Value::Bytes(_)) => Ok(()),
        (SqlType::Decimal(_, scale), Value::Decimal { scale: found, .. }) if scale == found => Ok(()),
        (SqlType::Array(element), Value::List(values)) => all(element, values),
        (SqlType::Map(key, of), Value::List(entries)) => entries.iter().try_for_each(|pair| entry(key, of, pair)),
        (SqlType::Multiset(of), Value::List(entries)) => {
            entries.iter().try_for_each(|pair| entry(of, &SqlType::Int, pair))
        }
        (SqlType::Row(fields), Value::Record(values)) if fields.len() == values.len() => {
            fields.iter().zip(values).try_for_each(|(field, value)| check(&field.sql_type, value))
        }
        (_, found) => Err(wrong(sql_type, found)),
    }
}

/// Makes a batch of rows.
pub fn batch(fields: &[SqlField], rows: &[Vec<Value>]) -> Result<RecordBatch, WrongType> {
    let columns = fields
        .iter()
        .enumerate()
        .map(|(i, f)| build(&f.sql_type, rows.iter().map(|row| &row[i])))
        .collect::<Result<Vec<_>, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    Ok(RecordBatch::try_new_with_options(schema(fields), columns, &options)
        .expect("the columns were built from the fields of this very schema"))
}

/// The value in one row of a column.
pub fn read(column: &dyn Array, row: usize) -> Value {
    if column.is_null(row) {
        return Value::Null;
    }
    match column.data_type() {
        DataType::Boolean => Value::Bool(column.as_boolean().value(row)),
        DataType::Int8 => Value::S8(column.as_primitive::<Int8Type>().value(row)),
        DataType::Int16 => Value::S16(column.as_primitive::<Int16Type>().value(row)),
        DataType::Int32 => Value::S32(column.as_primitive::<Int32Type>().value(row)),
        DataType::Int64 => Value::S64(column.as_primitive::<Int64Type>().value(row)),
        DataType::Float32 => Value::F32(column.as_primitive::<Float32Type>().value(row)),
        DataType::Float64 => Value::F64(column.as_primitive::<Float64Type>().value(row)),
        DataType::Decimal128(_, scale) => {
            Value::Decimal { unscaled: column.as_primitive::<Decimal128Type>().value(row), scale: *scale as u8 }
        }
        DataType::Utf8 => Value::String(column.as_string::<i32>().value(row).to_owned()),
        DataType::Binary => Value::Bytes(column.as_binary::<i32>().value(row).to_owned()),
        DataType::Date32 => Value::S32(column.as_primitive::<Date32Type>().value(row)),
        DataType::Time32(_) => Value::S32(column.as_primitive::<Time32MillisecondType>().value(row)),
        DataType::Timestamp(..) => Value::S64(column.as_primitive::<TimestampMillisecondType>().value(row)),
        DataType::List(_) => Value::List(read_all(&column.as_list::<i32>().value(row))),
        DataType::Map(..) => Value::List(read_all(&column.as_map().value(row))),
        DataType::Struct(_) => Value::Record(column.as_struct().columns().iter().map(|c| read(c, row)).collect()),
        other => unreachable!("no SQL type is an Arrow {other}"),
    }
}

/// Whether a condition is true of a row: null is not.
pub fn is_true(conditions: &BooleanArray, row: usize) -> bool {
    conditions.is_valid(row) && conditions.value(row)
}

/// All values of a row of a batch.
pub fn read_row(batch: &RecordBatch, row: usize) -> Vec<Value> {
    batch.columns().iter().map(|column| read(column, row)).collect()
}

fn read_all(column: &dyn Array) -> Vec<Value> {
    (0..column.len()).map(|row| read(column, row)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sql_type_goes_into_arrow_and_back_with_its_nulls() {
        let row = |name: &str| SqlField::new(name, SqlType::Multiset(Box::new(SqlType::String)));
        let pair = |k: Value, v: Value| Value::Record(vec![k, v]);
        let cases = vec![
            (SqlType::Boolean, Value::Bool(true)),
            (SqlType::TinyInt, Value::S8(-1)),
            (SqlType::SmallInt, Value::S16(-2)),
            (SqlType::Int, Value::S32(i32::MIN)),
            (SqlType::BigInt, Value::S64(i64::MAX)),
            (SqlType::Float, Value::F32(-0.0)),
            (SqlType::Double, Value::F64(f64::NAN)),
            (SqlType::Decimal(38, 3), Value::Decimal { unscaled: -5, scale: 3 }),
            (SqlType::String, "ä".into()),
            (SqlType::Bytes, Value::Bytes(vec![0, 255])),
            (SqlType::Date, Value::S32(-1)),
            (SqlType::Time, Value::S32(86_399_999)),
            (SqlType::Timestamp, Value::S64(-1)),
            (SqlType::TimestampLtz, Value::S64(1_702_763_578_406)),
            (SqlType::Array(Box::new(SqlType::Int)), Value::List(vec![Value::Null, Value::S32(1)])),
            (
                SqlType::Map(Box::new(SqlType::String), Box::new(SqlType::Double)),
                Value::List(vec![pair("a".into(), Value::Null)]),
            ),
            (
                SqlType::Row(vec![row("x"), row("y")]),
                Value::Record(vec![Value::List(vec![pair("p".into(), Value::S32(2))]), Value::Null]),
            ),
        ];
        for (sql, value) in cases {
            let values = [value.clone(), Value::Null, value];
            let column = build(&sql, &values).unwrap_or_else(|e| panic!("{sql}: {e}"));
            assert_eq!(column.data_type(), &data_type(&sql));
            assert_eq!(sql_type(column.data_type()), Some(sql.clone()));
            assert_eq!(read_all(&column), values, "{sql}");
        }
    }

    #[test]
    fn a_value_of_another_type_is_told_and_not_stored() {
        let error = build(&SqlType::Int, &[Value::S64(1)]).expect_err("a BIGINT is no INT");
        assert_eq!(error.to_string(), "a column of type INT was given S64(1)");
    }
}
