//! DELIMITED: the columns of a key or value as one line of text, as ksqlDB's `KsqlDelimitedDeserializer` reads it.

use std::cell::RefCell;

use csv::StringRecord;
use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use streamfn_model::{Field, SqlType, Value};

use super::decode::{decimal, java_double};

/// The columns of a line. Nothing between two delimiters is null, for text as well.
pub fn columns(text: &str, delimiter: char, fields: &[&Field]) -> Result<Vec<Value>, String> {
    let delimiter =
        u8::try_from(delimiter).map_err(|_| format!("wanted a delimiter of one byte, found {delimiter}"))?;
    let line = line(text, delimiter)?.ok_or_else(|| "wanted DELIMITED text, found none".to_owned())?;
    if line.len() != fields.len() {
        return Err(format!("wanted {} columns of DELIMITED text, found {}", fields.len(), line.len()));
    }
    let column = |(field, text): (&&Field, &str)| {
        let value = if text.is_empty() { Some(Value::Null) } else { value(&field.sql_type, text) };
        value.ok_or_else(|| format!("column {}: wanted {}, found {text}", field.name, field.sql_type))
    };
    fields.iter().zip(&line).map(column).collect()
}

thread_local! {
    /// Of the last delimiter: to make one takes longer than to read a line.
    static READER: RefCell<Option<(u8, Reader)>> = const { RefCell::new(None) };
}

/// What stands between the delimiters of the first line that isn't empty.
fn line(text: &str, delimiter: u8) -> Result<Option<StringRecord>, String> {
    let most = text.bytes().filter(|byte| *byte == delimiter).count() + 1;
    let (mut found, mut ends) = (vec![0; text.len()], vec![0; most]);
    let count = READER.with_borrow_mut(|kept| {
        let (_, reader) = match kept {
            Some(kept) if kept.0 == delimiter => kept,
            _ => kept.insert((delimiter, ReaderBuilder::new().delimiter(delimiter).build())),
        };
        reader.reset();
        let (result, _, bytes, count) = reader.read_record(text.as_bytes(), &mut found, &mut ends);
        match result {
            ReadRecordResult::Record => Some(count),
            // No more is to come.
            _ => match reader.read_record(&[], &mut found[bytes..], &mut ends[count..]) {
                (ReadRecordResult::Record, _, _, more) => Some(count + more),
                _ => None,
            },
        }
    });
    let fields = [0].iter().chain(&ends).zip(&ends).map(|(from, to)| &found[*from..*to]);
    let line = count.map(|count| StringRecord::from_byte_record(fields.take(count).collect()));
    line.transpose().map_err(|error| format!("broken DELIMITED text: {error}"))
}

fn value(of: &SqlType, text: &str) -> Option<Value> {
    // Java's parsers take a plus sign as Rust's do, and no blanks.
    Some(match of {
        SqlType::Boolean => Value::Bool(text.eq_ignore_ascii_case("true")),
        SqlType::Int => Value::S32(text.parse().ok()?),
        SqlType::BigInt => Value::S64(text.parse().ok()?),
        SqlType::Double => Value::F64(java_double(text)?).canonical(),
        SqlType::Decimal(precision, scale) => decimal(text, *precision, *scale)?,
        SqlType::String => Value::from(text),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, delimiter: char, types: &[SqlType]) -> Result<Vec<Value>, String> {
        let fields: Vec<Field> = types.iter().map(|of| Field::new("X", of.clone())).collect();
        columns(text, delimiter, &fields.iter().collect::<Vec<_>>())
    }

    #[test]
    fn a_line_has_the_columns_in_their_order_and_nothing_is_null() {
        use SqlType::*;
        let types = [BigInt, Double, String, Boolean, Decimal(4, 2)];
        let found = read("7,1.5,\"a, \"\"b\"\"\",TRUE,2.50\r\n", ',', &types);
        let decimal = Value::Decimal { unscaled: 250, scale: 2 };
        assert_eq!(found, Ok(vec![Value::S64(7), Value::F64(1.5), "a, \"b\"".into(), Value::Bool(true), decimal]));
        assert_eq!(read(",,,yes,", ',', &types).map(|row| row[3].clone()), Ok(Value::Bool(false)));
        assert_eq!(read("\t", '\t', &[Int, String]), Ok(vec![Value::Null, Value::Null]));
    }

    #[test]
    fn a_line_of_other_columns_is_told() {
        assert_eq!(read("1,2", ',', &[SqlType::Int]), Err("wanted 1 columns of DELIMITED text, found 2".to_owned()));
        assert_eq!(read("x", ',', &[SqlType::Int]), Err("column X: wanted INT, found x".to_owned()));
        assert_eq!(read("", ',', &[SqlType::Int]), Err("wanted DELIMITED text, found none".to_owned()));
    }
}
