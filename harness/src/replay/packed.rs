//! Rows as bytes: what operators keep, each row once, however many of them keep it.
//!
//! Two rows have the same bytes exactly if all their values are the same, bit by bit. A column's bytes say where they end:
//! so a key is found in the row that has it, and nothing is kept twice.

use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use arrow::array::*;
use arrow::buffer::{Buffer, MutableBuffer};
use streamfn_model::columns::WrongType;
use streamfn_model::{Changes, Field, SqlType, Value, columns};

/// A row that is kept.
pub type PackedRow = Arc<[u8]>;

/// In front of a value that is there, where its type says how long it is. A BOOLEAN is nothing but this.
const ABSENT: u8 = 0;
const PRESENT: u8 = 1;
const TRUE: u8 = 2;

/// Columns that are packed one behind the other.
#[derive(Debug, Clone)]
pub struct Packing {
    types: Arc<[SqlType]>,
}

/// Rows of a batch.
pub struct PackedRows {
    bytes: Vec<u8>,
    /// Where each row ends.
    ends: Vec<usize>,
}

impl PackedRows {
    pub fn row(&self, row: usize) -> &[u8] {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.bytes[start..self.ends[row]]
    }
}

/// The rows of changes, to be kept: those that are kept already, or new ones.
pub fn packed(packing: &Packing, changes: &Changes) -> Rc<[PackedRow]> {
    match &changes.kept {
        Some(rows) => rows.clone(),
        None => {
            let rows = packing.pack(changes.rows.columns(), changes.len());
            (0..changes.len()).map(|row| rows.row(row).into()).collect()
        }
    }
}

impl Packing {
    pub fn new(fields: &[Field]) -> Self {
        Packing { types: fields.iter().map(|field| field.sql_type.clone()).collect() }
    }

    /// Of these columns alone, in this order.
    pub fn of_columns(fields: &[Field], columns: &[usize]) -> Self {
        Packing { types: columns.iter().map(|column| fields[*column].sql_type.clone()).collect() }
    }

    /// Packs every row of a batch of `rows`.
    pub fn pack(&self, columns: &[ArrayRef], rows: usize) -> PackedRows {
        let readers: Vec<Reader<'_>> =
            self.types.iter().zip(columns).map(|(sql_type, column)| Reader::new(sql_type, column)).collect();
        let (mut bytes, mut ends) = (Vec::with_capacity(rows * 16 * self.types.len()), Vec::with_capacity(rows));
        for row in 0..rows {
            readers.iter().for_each(|reader| reader.pack(row, &mut bytes));
            ends.push(bytes.len());
        }
        PackedRows { bytes, ends }
    }

    /// Packs the value of a column behind those before it.
    pub fn put(&self, column: usize, value: &Value, row: &mut Vec<u8>) -> Result<(), WrongType> {
        let of = &self.types[column];
        columns::check(of, value)?;
        pack_value(of, value, row);
        Ok(())
    }

    /// Packs a number, given as its little-endian bytes, behind those before it.
    pub fn put_number(number: &[u8], row: &mut Vec<u8>) {
        row.push(PRESENT);
        row.extend_from_slice(number);
    }

    /// Packs a row of values of these types.
    #[cfg(test)]
    pub fn pack_values(&self, values: &[Value]) -> PackedRow {
        let mut bytes = vec![];
        self.types.iter().zip(values).for_each(|(sql_type, value)| pack_value(sql_type, value, &mut bytes));
        bytes.into()
    }

    /// The columns of these rows; nulls where there is none.
    pub fn unpack<'a>(&self, rows: impl ExactSizeIterator<Item = Option<&'a [u8]>>) -> Vec<ArrayRef> {
        let count = rows.len();
        let mut builders: Vec<Builder<'_>> = self.types.iter().map(|sql_type| Builder::new(sql_type, count)).collect();
        for row in rows {
            match row {
                Some(mut bytes) => builders.iter_mut().for_each(|builder| builder.take(&mut bytes)),
                None => builders.iter_mut().for_each(|builder| builder.add(None)),
            }
        }
        builders.into_iter().map(Builder::finish).collect()
    }

    /// The values of a row.
    pub fn values(&self, mut row: &[u8]) -> Vec<Value> {
        self.types.iter().map(|sql_type| unpack_value(sql_type, take(sql_type, &mut row))).collect()
    }

    /// The bytes of one column of a row.
    pub fn column<'r>(&self, row: &'r [u8], column: usize) -> &'r [u8] {
        self.columns(row, column..column + 1)
    }

    /// The bytes of columns that stand side by side.
    pub fn columns<'r>(&self, row: &'r [u8], columns: Range<usize>) -> &'r [u8] {
        let mut start = row;
        for sql_type in &self.types[..columns.start] {
            take(sql_type, &mut start);
        }
        let mut rest = start;
        for sql_type in &self.types[columns] {
            take(sql_type, &mut rest);
        }
        &start[..start.len() - rest.len()]
    }

    pub fn is_null(&self, row: &[u8], column: usize) -> bool {
        self.column(row, column)[0] == ABSENT
    }

    /// Whether two rows have the same values in these columns.
    pub fn agree(&self, columns: &[usize], a: &[u8], b: &[u8]) -> bool {
        a == b || columns.iter().all(|column| self.column(a, *column) == self.column(b, *column))
    }
}

/// How long the packed value of a type is behind its first byte; `None` where the bytes say it.
fn width(sql_type: &SqlType) -> Option<usize> {
    Some(match sql_type {
        SqlType::Boolean => 0,
        SqlType::TinyInt => 1,
        SqlType::SmallInt => 2,
        SqlType::Int | SqlType::Float | SqlType::Date | SqlType::Time => 4,
        SqlType::BigInt | SqlType::Double | SqlType::Timestamp | SqlType::TimestampLtz => 8,
        SqlType::Decimal(..) => 16,
        SqlType::String
        | SqlType::Bytes
        | SqlType::Array(_)
        | SqlType::Map(..)
        | SqlType::Multiset(_)
        | SqlType::Row(_) => return None,
    })
}

/// Takes a value from the front: its bytes, without what says how long they are; `None` for a null.
fn take<'r>(sql_type: &SqlType, rest: &mut &'r [u8]) -> Option<&'r [u8]> {
    let is_null = rest[0] == ABSENT;
    let (before, length) = match width(sql_type) {
        Some(0) => (0, 1),
        Some(width) => (1, if is_null { 0 } else { width }),
        None => {
            let (length, size) = length(rest);
            (size, length.saturating_sub(1))
        }
    };
    let (taken, left) = rest[before..].split_at(length);
    *rest = left;
    (!is_null).then_some(taken)
}

/// A number in front of the bytes, seven bits a byte, and how many bytes it takes.
fn length(bytes: &[u8]) -> (usize, usize) {
    let (mut number, mut size) = (0, 0);
    loop {
        let byte = bytes[size];
        number |= usize::from(byte & 0x7f) << (7 * size);
        size += 1;
        if byte & 0x80 == 0 {
            return (number, size);
        }
    }
}

fn put_length(mut number: usize, bytes: &mut Vec<u8>) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Bytes whose type does not say how long they are.
fn put_sized(value: &[u8], bytes: &mut Vec<u8>) {
    put_length(value.len() + 1, bytes);
    bytes.extend_from_slice(value);
}

fn pack_value(sql_type: &SqlType, value: &Value, bytes: &mut Vec<u8>) {
    let mut fixed = |value: &[u8]| {
        bytes.push(PRESENT);
        bytes.extend_from_slice(value);
    };
    match value {
        Value::Null => bytes.push(ABSENT),
        Value::Bool(value) => bytes.push(if *value { TRUE } else { PRESENT }),
        Value::S8(value) => fixed(&value.to_le_bytes()),
        Value::S16(value) => fixed(&value.to_le_bytes()),
        Value::S32(value) => fixed(&value.to_le_bytes()),
        Value::S64(value) => fixed(&value.to_le_bytes()),
        Value::F32(value) => fixed(&value.to_le_bytes()),
        Value::F64(value) => fixed(&value.to_le_bytes()),
        Value::Decimal { unscaled, .. } => fixed(&unscaled.to_le_bytes()),
        Value::String(text) => put_sized(text.as_bytes(), bytes),
        Value::Bytes(value) => put_sized(value, bytes),
        Value::List(elements) => {
            let mut inner = vec![];
            put_length(elements.len(), &mut inner);
            let of = element(sql_type);
            elements.iter().for_each(|element| pack_value(&of, element, &mut inner));
            put_sized(&inner, bytes);
        }
        Value::Record(values) => {
            let mut inner = vec![];
            let types = fields(sql_type);
            types.iter().zip(values).for_each(|(sql_type, value)| pack_value(sql_type, value, &mut inner));
            put_sized(&inner, bytes);
        }
        other => unreachable!("no column has a value such as {other:?}"),
    }
}

/// The value of bytes without their length.
fn unpack_value(sql_type: &SqlType, bytes: Option<&[u8]>) -> Value {
    let Some(mut bytes) = bytes else { return Value::Null };
    fn fixed<const N: usize>(bytes: &[u8]) -> [u8; N] {
        bytes.try_into().expect("a value is as long as its type says")
    }
    match sql_type {
        SqlType::Boolean => Value::Bool(bytes[0] == TRUE),
        SqlType::TinyInt => Value::S8(i8::from_le_bytes(fixed(bytes))),
        SqlType::SmallInt => Value::S16(i16::from_le_bytes(fixed(bytes))),
        SqlType::Int | SqlType::Date | SqlType::Time => Value::S32(i32::from_le_bytes(fixed(bytes))),
        SqlType::BigInt | SqlType::Timestamp | SqlType::TimestampLtz => Value::S64(i64::from_le_bytes(fixed(bytes))),
        SqlType::Float => Value::F32(f32::from_le_bytes(fixed(bytes))),
        SqlType::Double => Value::F64(f64::from_le_bytes(fixed(bytes))),
        SqlType::Decimal(_, scale) => Value::Decimal { unscaled: i128::from_le_bytes(fixed(bytes)), scale: *scale },
        SqlType::String => Value::String(text(bytes).to_owned()),
        SqlType::Bytes => Value::Bytes(bytes.to_vec()),
        SqlType::Array(_) | SqlType::Map(..) | SqlType::Multiset(_) => {
            let (count, size) = length(bytes);
            bytes = &bytes[size..];
            let of = element(sql_type);
            Value::List((0..count).map(|_| unpack_value(&of, take(&of, &mut bytes))).collect())
        }
        SqlType::Row(_) => {
            let types = fields(sql_type);
            Value::Record(types.iter().map(|of| unpack_value(of, take(of, &mut bytes))).collect())
        }
    }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("it was text when it was packed")
}

/// The type of a collection's elements: of a MAP or MULTISET its entries.
fn element(collection: &SqlType) -> SqlType {
    let entry = |key: &SqlType, value: &SqlType| {
        SqlType::Row(vec![Field::new("key", key.clone()), Field::new("value", value.clone())])
    };
    match collection {
        SqlType::Array(element) => element.as_ref().clone(),
        SqlType::Map(key, value) => entry(key, value),
        SqlType::Multiset(element) => entry(element, &SqlType::Int),
        other => unreachable!("{other} has no elements"),
    }
}

fn fields(row: &SqlType) -> Vec<SqlType> {
    match row {
        SqlType::Row(fields) => fields.iter().map(|field| field.sql_type.clone()).collect(),
        other => unreachable!("{other} has no fields"),
    }
}

/// A column whose values are packed.
enum Reader<'a> {
    Bool(&'a BooleanArray),
    /// The values one behind the other.
    Fixed(ArrayData, usize),
    Text(&'a StringArray),
    Bytes(&'a BinaryArray),
    Other(&'a SqlType, &'a dyn Array),
}

impl<'a> Reader<'a> {
    fn new(sql_type: &'a SqlType, column: &'a ArrayRef) -> Self {
        match (sql_type, width(sql_type)) {
            (SqlType::Boolean, _) => Reader::Bool(column.as_boolean()),
            (_, Some(width)) => Reader::Fixed(column.to_data(), width),
            (SqlType::String, _) => Reader::Text(column.as_string()),
            (SqlType::Bytes, _) => Reader::Bytes(column.as_binary()),
            _ => Reader::Other(sql_type, column),
        }
    }

    fn pack(&self, row: usize, bytes: &mut Vec<u8>) {
        match self {
            Reader::Bool(column) if column.is_null(row) => bytes.push(ABSENT),
            Reader::Bool(column) => bytes.push(if column.value(row) { TRUE } else { PRESENT }),
            Reader::Fixed(column, _) if column.is_null(row) => bytes.push(ABSENT),
            Reader::Fixed(column, width) => {
                let start = (column.offset() + row) * width;
                bytes.push(PRESENT);
                bytes.extend_from_slice(&column.buffers()[0].as_slice()[start..start + width]);
            }
            Reader::Text(column) if column.is_null(row) => bytes.push(ABSENT),
            Reader::Text(column) => put_sized(column.value(row).as_bytes(), bytes),
            Reader::Bytes(column) if column.is_null(row) => bytes.push(ABSENT),
            Reader::Bytes(column) => put_sized(column.value(row), bytes),
            Reader::Other(sql_type, column) => pack_value(sql_type, &columns::read(*column, row), bytes),
        }
    }
}

/// A column that is made of packed values.
enum Builder<'a> {
    Bool(BooleanBuilder),
    Fixed {
        sql_type: &'a SqlType,
        width: usize,
        bytes: MutableBuffer,
        nulls: NullBufferBuilder,
    },
    /// Whether it is text is looked at once for all.
    Text(BinaryBuilder),
    Bytes(BinaryBuilder),
    Other(&'a SqlType, Vec<Value>),
}

impl<'a> Builder<'a> {
    fn new(sql_type: &'a SqlType, rows: usize) -> Self {
        match (sql_type, width(sql_type)) {
            (SqlType::Boolean, _) => Builder::Bool(BooleanBuilder::with_capacity(rows)),
            (_, Some(width)) => {
                let (bytes, nulls) = (MutableBuffer::with_capacity(rows * width), NullBufferBuilder::new(rows));
                Builder::Fixed { sql_type, width, bytes, nulls }
            }
            (SqlType::String, _) => Builder::Text(BinaryBuilder::with_capacity(rows, rows * 16)),
            (SqlType::Bytes, _) => Builder::Bytes(BinaryBuilder::with_capacity(rows, rows * 16)),
            _ => Builder::Other(sql_type, Vec::with_capacity(rows)),
        }
    }

    /// Takes a value from the front of a row.
    fn take(&mut self, rest: &mut &[u8]) {
        match self {
            Builder::Bool(_) => self.add(take(&SqlType::Boolean, rest)),
            // With a width that the compiler knows it is a load and a store.
            Builder::Fixed { width: 8, bytes, nulls, .. } => take_fixed::<8>(rest, bytes, nulls),
            Builder::Fixed { width: 4, bytes, nulls, .. } => take_fixed::<4>(rest, bytes, nulls),
            Builder::Text(column) | Builder::Bytes(column) => column.append_option(take(&SqlType::Bytes, rest)),
            Builder::Fixed { sql_type, .. } | Builder::Other(sql_type, _) => {
                let sql_type: &'a SqlType = sql_type;
                self.add(take(sql_type, rest));
            }
        }
    }

    fn add(&mut self, value: Option<&[u8]>) {
        match self {
            Builder::Bool(column) => column.append_option(value.map(|bytes| bytes[0] == TRUE)),
            Builder::Fixed { width, bytes, nulls, .. } => match value {
                Some(value) => {
                    bytes.extend_from_slice(value);
                    nulls.append_non_null();
                }
                None => {
                    bytes.extend_zeros(*width);
                    nulls.append_null();
                }
            },
            Builder::Text(column) | Builder::Bytes(column) => column.append_option(value),
            Builder::Other(sql_type, values) => values.push(unpack_value(sql_type, value)),
        }
    }

    fn finish(self) -> ArrayRef {
        match self {
            Builder::Bool(mut column) => Arc::new(column.finish()),
            Builder::Fixed { sql_type, width, bytes, mut nulls } => {
                let rows = bytes.len() / width;
                let data = ArrayData::builder(columns::data_type(sql_type)).len(rows);
                let data = data.add_buffer(Buffer::from(bytes)).nulls(nulls.finish());
                make_array(data.build().expect("there are as many values as rows, each as wide as its type"))
            }
            Builder::Text(mut column) => {
                Arc::new(StringArray::try_from_binary(column.finish()).expect("it was text when it was packed"))
            }
            Builder::Bytes(mut column) => Arc::new(column.finish()),
            Builder::Other(sql_type, values) => {
                columns::build(sql_type, &values).expect("the values were packed as values of this type")
            }
        }
    }
}

fn take_fixed<const WIDTH: usize>(rest: &mut &[u8], bytes: &mut MutableBuffer, nulls: &mut NullBufferBuilder) {
    let (is_null, left) = (rest[0] == ABSENT, &rest[1..]);
    *rest = if is_null {
        bytes.extend_zeros(WIDTH);
        nulls.append_null();
        left
    } else {
        let (value, left) = left.split_first_chunk::<WIDTH>().expect("a value is as long as its type says");
        bytes.extend_from_slice(value);
        nulls.append_non_null();
        left
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cases() -> Vec<(SqlType, [Value; 2])> {
        let pair = |key: Value, value: Value| Value::Record(vec![key, value]);
        let string = || Box::new(SqlType::String);
        let nested = SqlType::Row(vec![Field::new("b", SqlType::Boolean), Field::new("s", SqlType::String)]);
        vec![
            (SqlType::Boolean, [Value::Bool(true), Value::Bool(false)]),
            (SqlType::TinyInt, [Value::S8(0), Value::S8(-1)]),
            (SqlType::SmallInt, [Value::S16(i16::MIN), Value::S16(1)]),
            (SqlType::Int, [Value::S32(i32::MIN), Value::S32(0)]),
            (SqlType::BigInt, [Value::S64(i64::MAX), Value::S64(0)]),
            (SqlType::Float, [Value::F32(-0.0), Value::F32(0.0)]),
            (SqlType::Double, [Value::F64(f64::NAN), Value::F64(-0.0)]),
            (
                SqlType::Decimal(38, 3),
                [Value::Decimal { unscaled: -5, scale: 3 }, Value::Decimal { unscaled: 0, scale: 3 }],
            ),
            (SqlType::String, ["".into(), "ä".repeat(100).as_str().into()]),
            (SqlType::Bytes, [Value::Bytes(vec![]), Value::Bytes(vec![0, 255])]),
            (SqlType::Date, [Value::S32(-1), Value::S32(0)]),
            (SqlType::TimestampLtz, [Value::S64(0), Value::S64(-1)]),
            (
                SqlType::Array(Box::new(SqlType::Int)),
                [Value::List(vec![]), Value::List(vec![Value::Null, Value::S32(1)])],
            ),
            (
                SqlType::Map(string(), Box::new(SqlType::Double)),
                [Value::List(vec![pair("a".into(), Value::Null)]), Value::List(vec![])],
            ),
            (
                SqlType::Multiset(string()),
                [
                    Value::List(vec![pair("a".into(), Value::S32(2))]),
                    Value::List(vec![pair("a".into(), Value::S32(1))]),
                ],
            ),
            (
                nested,
                [Value::Record(vec![Value::Null, "".into()]), Value::Record(vec![Value::Bool(false), Value::Null])],
            ),
        ]
    }

    #[test]
    fn rows_of_every_type_are_packed_and_unpacked_as_values_and_as_columns() {
        let fields: Vec<Field> = cases().into_iter().map(|(of, _)| Field::new("x", of)).collect();
        let rows: Vec<Vec<Value>> = vec![
            cases().into_iter().map(|(_, [value, _])| value).collect(),
            vec![Value::Null; fields.len()],
            cases().into_iter().map(|(_, [_, value])| value).collect(),
        ];
        let packing = Packing::new(&fields);
        let batch = columns::batch(&fields, &rows).expect("values of their types");
        // A slice, so that no column begins where its buffer does.
        let batch = batch.slice(1, 2);
        let packed = packing.pack(batch.columns(), 2);
        for (place, row) in rows[1..].iter().enumerate() {
            assert_eq!(packed.row(place), &*packing.pack_values(row));
            assert_eq!(&packing.values(packed.row(place)), row);
            for (column, field) in fields.iter().enumerate() {
                let alone = Packing::of_columns(std::slice::from_ref(field), &[0]).pack_values(&row[column..=column]);
                assert_eq!(packing.column(packed.row(place), column), &*alone, "{}", field.sql_type);
            }
        }
        let kept: Vec<PackedRow> = rows.iter().map(|row| packing.pack_values(row)).collect();
        let columns = packing.unpack([Some(&*kept[0]), None, Some(&*kept[2])].into_iter());
        let found: Vec<Vec<Value>> =
            (0..3).map(|row| columns.iter().map(|column| columns::read(column, row)).collect()).collect();
        assert_eq!(found, rows);
        for (column, field) in columns.iter().zip(&fields) {
            assert_eq!(column.data_type(), &columns::data_type(&field.sql_type));
        }
    }

    #[test]
    fn bytes_are_the_same_only_where_values_are() {
        for (of, [a, b]) in cases() {
            let packing = Packing::new(&[Field::new("x", of.clone())]);
            let packed = [a, b, Value::Null].map(|value| packing.pack_values(&[value]));
            assert!(packed[0] != packed[1] && packed[1] != packed[2] && packed[0] != packed[2], "{of}");
        }
    }
}
