//! An Arrow column as a loop reads it: numbers as they are, bits as bitmaps, text behind its offsets.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::buffer::{BooleanBuffer, Buffer};
use arrow::datatypes::DataType;

use super::moves::{has_column, is_option, scalar};
use crate::host::error::CallError;
use crate::host::plan::{Kind, Type};

pub(super) struct Column {
    values: Buffer,
    /// Which are there, if they may be absent.
    valid: Option<Buffer>,
    text: Buffer,
    /// Where in the text's array this part of it begins.
    first: usize,
    scale: Option<u8>,
}

/// The columns of arguments, of each one or those of its fields, in the order in which `moves` looks for them.
pub(super) fn columns<'a>(arguments: impl Iterator<Item = (&'a Type, &'a ArrayRef)>) -> Result<Vec<Column>, CallError> {
    let mut all = vec![];
    for (ty, array) in arguments {
        add(ty, array, &mut all)?;
    }
    Ok(all)
}

fn add(ty: &Type, array: &ArrayRef, all: &mut Vec<Column>) -> Result<(), CallError> {
    if has_column(ty) {
        all.push(Column::of(ty, array)?);
    }
    let Kind::Record(fields) = &scalar(ty).kind else { return Ok(()) };
    let wanted = fields.fields.len();
    let found = array.as_struct_opt().filter(|found| found.num_columns() == wanted);
    let found = found.ok_or_else(|| other(format!("a record of {wanted} fields"), array))?;
    for ((_, ty), array) in fields.fields.iter().zip(found.columns()) {
        let is_missing = |row| array.is_null(row) && found.is_valid(row);
        if !is_option(ty) && array.null_count() > 0 && (0..array.len()).any(is_missing) {
            return Err(other("a field without nulls".to_owned(), array));
        }
        add(ty, array, all)?;
    }
    Ok(())
}

fn other(wanted: String, found: &ArrayRef) -> CallError {
    CallError::Argument(format!("wanted a column of {wanted}, found {}", found.data_type()))
}

impl Column {
    fn of(ty: &Type, array: &ArrayRef) -> Result<Column, CallError> {
        let (scalar, data) = (scalar(ty), array.to_data());
        let (offset, len) = (data.offset(), data.len());
        let numbers = |width: usize| data.buffers()[0].slice_with_length(offset * width, len * width);
        let (mut text, mut first, mut scale) = (Buffer::default(), 0, None);
        let values = match (&scalar.kind, array.data_type()) {
            (Kind::Bool, DataType::Boolean) => array.as_boolean().values().sliced(),
            (Kind::S8, DataType::Int8) => numbers(1),
            (Kind::S16, DataType::Int16) => numbers(2),
            (Kind::S32, DataType::Int32 | DataType::Date32 | DataType::Time32(_)) => numbers(4),
            (Kind::S64, DataType::Int64 | DataType::Timestamp(..)) => numbers(8),
            (Kind::F32, DataType::Float32) => numbers(4),
            (Kind::F64, DataType::Float64) => numbers(8),
            (Kind::Decimal, DataType::Decimal128(_, of)) => {
                scale = Some(*of as u8);
                numbers(16)
            }
            (Kind::String, DataType::Utf8) | (Kind::Bytes, DataType::Binary) => {
                let offsets = data.buffers()[0].slice_with_length(offset * 4, (len + 1) * 4);
                let ends: &[i32] = offsets.typed_data();
                let end = ends[len] as usize;
                first = ends[0] as usize;
                text = data.buffers()[1].slice_with_length(first, end - first);
                offsets
            }
            // Only whether it is there.
            (Kind::Record(_), DataType::Struct(_)) => Buffer::default(),
            (kind, _) => return Err(other(kind.name().to_owned(), array)),
        };
        let valid = (!std::ptr::eq(scalar, ty)).then(|| match array.nulls() {
            Some(nulls) => nulls.inner().sliced(),
            None => BooleanBuffer::new_set(len).into_inner(),
        });
        Ok(Column { values, valid, text, first, scale })
    }

    /// What it has to be written: values, validity, text.
    pub(super) fn parts(&self) -> [&[u8]; 3] {
        [&self.values, self.valid.as_deref().unwrap_or_default(), &self.text]
    }

    /// What the loop gets beside the places of values and validity: the scale, or where the text would begin whose first part is
    /// at `place`.
    pub(super) fn extra(&self, place: usize) -> u32 {
        self.scale.map_or((place as u32).wrapping_sub(self.first as u32), u32::from)
    }
}
