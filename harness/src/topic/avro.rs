//! Avro object containers: records with `value` (and `key`, `timestamp`, `partition`, `headers`), or the values alone.

use std::collections::HashMap;
use std::iter;

use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value;
use apache_avro::{Reader, Schema};

use super::{Datum, Failure, Place, Written, decimals};

/// The longest run of bytes, text or elements one record may claim: lengths come from the file, and a broken one would
/// otherwise be allocated before it is read.
pub const MAX_ALLOCATION: usize = 64 << 20;

/// What the header and each block of a container end with.
pub const MARKER: usize = 16;

pub fn is_container(bytes: &[u8]) -> bool {
    bytes.starts_with(b"Obj\x01")
}

pub fn limit_allocations() {
    apache_avro::util::max_allocation_bytes(MAX_ALLOCATION);
}

pub fn broken_container(error: &apache_avro::Error) -> Failure {
    (None, format!("broken Avro object container: {}", cause(error)))
}

self_cell::self_cell! {
    /// What values were written with: a schema and those it names, made ready to be read by once.
    pub struct Writer {
        owner: Parsed,
        #[not_covariant]
        dependent: GenericDatumReader,
    }
}

/// A schema's texts and what they say: first the schemas it names, itself last.
struct Parsed {
    texts: Vec<String>,
    schemas: Vec<Schema>,
}

impl Writer {
    /// The last text is the schema itself; it names those before it.
    pub fn parse(texts: &[String]) -> Result<Writer, String> {
        let (schema, named) = texts.split_last().ok_or_else(|| "wanted a schema, found none".to_owned())?;
        let (schema, mut all) = Schema::parse_str_with_list(schema, named).map_err(|error| cause(&error))?;
        all.push(schema);
        Writer::try_new(Parsed { texts: texts.to_vec(), schemas: all }, |Parsed { schemas: all, .. }| {
            let (schema, named) = all.split_last().expect("one was pushed");
            let reader = GenericDatumReader::builder(schema);
            match named.is_empty() {
                true => reader.build(),
                false => reader.writer_schemata(all.iter().collect()).and_then(|reader| reader.build()),
            }
        })
        .map_err(|error| cause(&error))
    }

    pub fn texts(&self) -> &[String] {
        &self.borrow_owner().texts
    }

    /// One value, and nothing after it.
    pub fn read(&self, bytes: &[u8]) -> Result<Value, String> {
        limit_allocations();
        let mut rest = bytes;
        let value = self.with_dependent(|Parsed { schemas, .. }, reader| {
            reader.read_value(&mut rest).map(|value| decimals::placed(schemas, value))
        });
        let value = value.map_err(|error| format!("broken Avro: {}", cause(&error)))?;
        match rest.len() {
            0 => Ok(unwrap(value)),
            left => Err(format!("broken Avro: {left} bytes are left after the value")),
        }
    }
}

pub fn records(bytes: &[u8]) -> Result<Vec<Written>, Failure> {
    limit_allocations();
    let reader = Reader::new(bytes).map_err(|error| broken_container(&error))?;
    whole_blocks(bytes, reader.writer_schema())?;
    let schema = [reader.writer_schema().clone()];
    reader
        .enumerate()
        .map(|(index, value)| {
            let place = Place::Record(index + 1);
            let value = value.map_err(|e| (Some(place), format!("broken Avro: {}", cause(&e))))?;
            record(place, decimals::placed(&schema, value)).map_err(|message| (Some(place), message))
        })
        .collect()
}

/// Refuses a block whose bytes hold more than the records it counts: the reader would pass over the rest in silence.
///
/// Looks into uncompressed blocks only; what is broken in another way is the reader's to tell.
fn whole_blocks(bytes: &[u8], schema: &Schema) -> Result<(), Failure> {
    let Ok(reader) = GenericDatumReader::builder(schema).build() else { return Ok(()) };
    let mut records = 0;
    for (count, block) in uncompressed_blocks(bytes) {
        let mut rest = block;
        // A record takes a byte at least: a count beyond that is the reader's to tell, not to be believed here.
        for _ in 0..usize::try_from(count).unwrap_or_default().min(block.len() + 1) {
            if reader.read_value(&mut rest).is_err() {
                return Ok(());
            }
            records += 1;
        }
        if !rest.is_empty() {
            let message = format!("broken Avro: {} bytes of the block are left after its last record", rest.len());
            return Err((Some(Place::Record(records)), message));
        }
    }
    Ok(())
}

/// What is written at the head of a container.
pub fn metadata<'a>(rest: &mut &'a [u8]) -> Option<HashMap<&'a [u8], &'a [u8]>> {
    *rest = rest.get(4..)?;
    let mut metadata = HashMap::new();
    loop {
        let entries = long(rest)?;
        if entries == 0 {
            return Some(metadata);
        }
        // A negative count is followed by the size of the entries.
        if entries < 0 {
            long(rest)?;
        }
        for _ in 0..entries.unsigned_abs() {
            metadata.insert(sized(rest)?, sized(rest)?);
        }
    }
}

/// The blocks of a container, each with the records it says it has, as far as they are whole; none if they are compressed.
fn uncompressed_blocks(bytes: &[u8]) -> Vec<(i64, &[u8])> {
    let mut rest = bytes;
    let is_compressed =
        |metadata: HashMap<&[u8], &[u8]>| metadata.get(&b"avro.codec"[..]).is_some_and(|codec| *codec != b"null");
    if metadata(&mut rest).is_none_or(is_compressed) || !behind_marker(&mut rest) {
        return vec![];
    }
    let block = || {
        let block = (long(&mut rest)?, sized(&mut rest)?);
        behind_marker(&mut rest).then_some(block)
    };
    iter::from_fn(block).collect()
}

fn behind_marker(rest: &mut &[u8]) -> bool {
    let behind = rest.get(MARKER..);
    *rest = behind.unwrap_or_default();
    behind.is_some()
}

pub(super) fn sized<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let size = usize::try_from(long(rest)?).ok()?;
    let (taken, left) = rest.split_at_checked(size)?;
    *rest = left;
    Some(taken)
}

/// A zigzag number of up to ten bytes.
pub(super) fn long(rest: &mut &[u8]) -> Option<i64> {
    let mut number: u64 = 0;
    for shift in (0..64).step_by(7) {
        let (byte, left) = rest.split_first()?;
        *rest = left;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some((number >> 1) as i64 ^ -((number & 1) as i64));
        }
    }
    None
}

fn record(place: Place, value: Value) -> Result<Written, String> {
    let Value::Record(fields) = value else {
        return Err(format!("wanted a record, found {value:?}"));
    };
    // A container of values alone: its records carry no key, which is then taken from the columns of the key's name.
    if !fields.iter().any(|(name, _)| name == "value") {
        let value = Some(Datum::Avro(Value::Record(fields)));
        return Ok(Written { place, key: None, value, timestamp: None, partition: 0, offset: None });
    }
    let mut written = Written { place, key: None, value: None, timestamp: None, partition: 0, offset: None };
    for (name, value) in fields {
        let value = unwrap(value);
        match name.as_str() {
            "key" => written.key = present(value),
            "value" => written.value = present(value),
            "timestamp" => written.timestamp = integer(&value, "timestamp")?,
            "partition" => {
                let partition = integer(&value, "partition")?.unwrap_or_default();
                written.partition = i32::try_from(partition)
                    .ok()
                    .filter(|p| *p >= 0)
                    .ok_or_else(|| format!("wanted partition as a number from 0, found {partition}"))?;
            }
            "offset" => written.offset = integer(&value, "offset")?,
            "headers" | "topic" => {}
            other => {
                return Err(format!("wanted the fields key, value, timestamp, partition and headers, found {other:?}"));
            }
        }
    }
    Ok(written)
}

/// The value inside a union.
pub fn unwrap(value: Value) -> Value {
    match value {
        Value::Union(_, inner) => unwrap(*inner),
        other => other,
    }
}

fn present(value: Value) -> Option<Datum> {
    (value != Value::Null).then_some(Datum::Avro(value))
}

fn integer(value: &Value, name: &str) -> Result<Option<i64>, String> {
    match value {
        Value::Null => Ok(None),
        Value::Int(n) => Ok(Some(i64::from(*n))),
        Value::Long(n) | Value::TimestampMillis(n) => Ok(Some(*n)),
        other => Err(format!("wanted {name} as an int or a long, found {other:?}")),
    }
}

/// The innermost reason.
pub(super) fn cause(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", cause(source)),
        None => error.to_string(),
    }
}
