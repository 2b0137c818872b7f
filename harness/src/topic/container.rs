//! The records of an Avro object container, a block at a time.
//!
//! Whoever can make something of a record's bytes takes them; the others of its block are then read by the reference, in `avro`,
//! as a container of that block alone. So it is with a block that is not whole, and all that comes after it.

use std::io::{self, Read, SeekFrom};
use std::str::FromStr;

use apache_avro::{Codec, Reader};

use super::avro::{self, MARKER};
use super::columnar_avro::{ColumnarAvro, has_partition};
use super::source::Source;
use super::{Failure, Place, Written};

pub struct Container {
    from: Box<dyn Source>,
    /// All before the first block.
    header: Vec<u8>,
    schema: String,
    codec: Codec,
    /// The records of the blocks before this one.
    before: usize,
    block: Block,
}

#[derive(Default)]
struct Block {
    /// As the file has it.
    written: Vec<u8>,
    records: Records,
    /// How many it has had.
    taken: usize,
}

enum Records {
    /// So many in these bytes, from here on.
    Bytes(usize, Vec<u8>, usize),
    Written(std::vec::IntoIter<Written>),
}

impl Default for Records {
    fn default() -> Self {
        Records::Written(vec![].into_iter())
    }
}

/// What a container has next.
pub enum Next<'c> {
    /// The bytes of a block, from the next record on, and whether that is its last.
    Datum(&'c [u8], bool),
    /// What only the reference can read.
    Other,
    End,
}

impl Container {
    pub fn open(mut from: Box<dyn Source>) -> Result<Self, Failure> {
        avro::limit_allocations();
        Reader::new(&mut from).map_err(|error| avro::broken_container(&error))?;
        // It has read the header, and nothing after it.
        let header = header(&mut from).map_err(|error| unreadable(&error))?;
        let metadata = avro::metadata(&mut &header[..]).unwrap_or_default();
        let text = |key: &str| metadata.get(key.as_bytes()).map(|text| String::from_utf8_lossy(text).into_owned());
        let codec = text("avro.codec").and_then(|codec| Codec::from_str(&codec).ok()).unwrap_or(Codec::Null);
        let schema = text("avro.schema").unwrap_or_default();
        Ok(Container { from, header, schema, codec, before: 0, block: Block::default() })
    }

    pub fn schema(&self) -> &str {
        &self.schema
    }

    pub fn next(&mut self) -> Result<Next<'_>, Failure> {
        while self.block.is_empty() {
            if !self.advance()? {
                return Ok(Next::End);
            }
        }
        Ok(match &self.block.records {
            Records::Bytes(left, bytes, at) => Next::Datum(&bytes[*at..], *left == 1),
            Records::Written(_) => Next::Other,
        })
    }

    /// The record was as long as this.
    pub fn pass(&mut self, length: usize) {
        if let Records::Bytes(left, _, at) = &mut self.block.records {
            (*left, *at) = (*left - 1, *at + length);
            self.block.taken += 1;
        }
    }

    /// The next record, as the reference reads it.
    pub fn written(&mut self) -> Result<Option<Written>, Failure> {
        if let Records::Bytes(..) = self.block.records {
            let mut all = self.by_reference(&self.block.written)?;
            self.block.records = Records::Written(all.split_off(self.block.taken.min(all.len())).into_iter());
        }
        let Records::Written(records) = &mut self.block.records else { return Ok(None) };
        self.block.taken += 1;
        Ok(records.next())
    }

    /// Whether every record is of partition 0, so far as can be said. It goes back to the first record.
    pub fn is_of_one_partition(&mut self, columnar: Option<&ColumnarAvro>) -> Result<bool, Failure> {
        if !has_partition(&self.schema) {
            return Ok(true);
        }
        let Some(columnar) = columnar else { return Ok(false) };
        let is_one = loop {
            let length = match self.next()? {
                Next::Datum(bytes, _) => columnar.of_first_partition(bytes),
                Next::Other => None,
                Next::End => break true,
            };
            match length {
                Some(length) => self.pass(length),
                None => break false,
            }
        };
        self.from.seek(SeekFrom::Start(self.header.len() as u64)).map_err(|error| unreadable(&error))?;
        (self.before, self.block) = (0, Block::default());
        Ok(is_one)
    }

    /// Goes to the next block; `false` at the end of the file.
    fn advance(&mut self) -> Result<bool, Failure> {
        self.before += self.block.taken;
        self.block = Block::default();
        let from = &mut self.from;
        let start = from.stream_position().map_err(|error| unreadable(&error))?;
        let mut written = vec![];
        let marker = &self.header[self.header.len() - MARKER..];
        let records = block(from, &mut written, marker, self.codec).map_err(|error| unreadable(&error))?;
        if let Some((count, bytes)) = records {
            self.block = Block { written, records: Records::Bytes(count, bytes, 0), taken: 0 };
            return Ok(true);
        }
        let mut rest = vec![];
        from.seek(SeekFrom::Start(start))
            .and_then(|_| from.read_to_end(&mut rest))
            .map_err(|error| unreadable(&error))?;
        self.block.records = Records::Written(self.by_reference(&rest)?.into_iter());
        Ok(!rest.is_empty())
    }

    /// The records of these blocks.
    fn by_reference(&self, blocks: &[u8]) -> Result<Vec<Written>, Failure> {
        let placed = |place| match place {
            Place::Record(record) => Place::Record(self.before + record),
            other => other,
        };
        match avro::records(&[&self.header, blocks].concat()) {
            Ok(records) => Ok(records.into_iter().map(|of| Written { place: placed(of.place), ..of }).collect()),
            Err((place, message)) => Err((place.map(placed), message)),
        }
    }
}

impl Block {
    fn is_empty(&self) -> bool {
        match &self.records {
            Records::Bytes(left, ..) => *left == 0,
            Records::Written(records) => records.as_slice().is_empty(),
        }
    }
}

fn header(from: &mut Box<dyn Source>) -> io::Result<Vec<u8>> {
    let mut header = vec![0; usize::try_from(from.stream_position()?).map_err(io::Error::other)?];
    from.rewind()?;
    from.read_exact(&mut header)?;
    Ok(header)
}

/// How many records a block has, and their bytes; `None` for what is not whole, and for a block of none.
fn block(
    from: &mut Box<dyn Source>,
    written: &mut Vec<u8>,
    marker: &[u8],
    codec: Codec,
) -> io::Result<Option<(usize, Vec<u8>)>> {
    let mut number = || -> io::Result<Option<usize>> {
        let start = written.len();
        while written.len() < start + 10 && from.by_ref().take(1).read_to_end(written)? == 1 {
            if written.last().is_some_and(|byte| byte & 0x80 == 0) {
                break;
            }
        }
        Ok(avro::long(&mut &written[start..]).and_then(|number| usize::try_from(number).ok()))
    };
    let (Some(count @ 1..), Some(size @ 0..=avro::MAX_ALLOCATION)) = (number()?, number()?) else { return Ok(None) };
    let start = written.len();
    let found = from.by_ref().take((size + MARKER) as u64).read_to_end(written)?;
    if found < size + MARKER || !written.ends_with(marker) {
        return Ok(None);
    }
    let mut bytes = written[start..start + size].to_vec();
    let is_whole = codec.decompress(&mut bytes).is_ok() && count <= bytes.len();
    Ok(is_whole.then_some((count, bytes)))
}

fn unreadable(error: &io::Error) -> Failure {
    (None, format!("wanted an Avro object container, could not read the file: {error}"))
}
