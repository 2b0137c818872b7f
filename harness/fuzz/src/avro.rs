//! Schemas of Avro made of random bytes, and data under them.

use arbitrary::{Result, Unstructured};
use serde_json::{Value as Json, json};

/// How deep types are inside each other.
const DEEPEST: usize = 3;

#[derive(Debug, Clone)]
pub enum Schema {
    /// A primitive, or a number or text with a logical type.
    Plain(Plain, Option<&'static str>),
    /// Precision and scale; of a fixed size, or of as many bytes as each value takes.
    Decimal(usize, usize, Option<usize>),
    /// With so many symbols.
    Enum(usize),
    Fixed(usize, Option<&'static str>),
    Array(Box<Schema>),
    Map(Box<Schema>),
    Record(Vec<Schema>),
    Union(Vec<Schema>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plain {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
}

use Plain::*;

const PLAIN: [(Plain, Option<&str>); 18] = [
    (Null, None),
    (Boolean, None),
    (Int, None),
    (Long, None),
    (Float, None),
    (Double, None),
    (Bytes, None),
    (String, None),
    (Int, Some("date")),
    (Int, Some("time-millis")),
    (Long, Some("time-micros")),
    (Long, Some("timestamp-millis")),
    (Long, Some("timestamp-micros")),
    (Long, Some("timestamp-nanos")),
    (Long, Some("local-timestamp-millis")),
    (Long, Some("local-timestamp-micros")),
    (String, Some("uuid")),
    (Int, Some("nobody's")),
];

impl Schema {
    /// A record of up to six fields.
    pub fn record(u: &mut Unstructured<'_>) -> Result<Schema> {
        Schema::fields(u, 0)
    }

    fn fields(u: &mut Unstructured<'_>, depth: usize) -> Result<Schema> {
        let fields = (0..u.int_in_range(0..=6)?).map(|_| Schema::any(u, depth + 1));
        Ok(Schema::Record(fields.collect::<Result<_>>()?))
    }

    fn any(u: &mut Unstructured<'_>, depth: usize) -> Result<Schema> {
        let most = if depth < DEEPEST { 9 } else { 5 };
        Ok(match u.int_in_range(0..=most)? {
            0 | 1 => {
                let (of, logical) = *u.choose(&PLAIN)?;
                Schema::Plain(of, logical)
            }
            2 => {
                let size = if u.arbitrary()? { Some(u.int_in_range(1..=20)?) } else { None };
                let most = size.map_or(40, |size| ((8 * size - 1) as f64 * 2_f64.log10()) as usize);
                let precision = u.int_in_range(1..=most)?;
                Schema::Decimal(precision, u.int_in_range(0..=precision)?, size)
            }
            3 => Schema::Enum(u.int_in_range(1..=3)?),
            4 => match u.int_in_range(0..=2)? {
                0 => Schema::Fixed(12, Some("duration")),
                1 => Schema::Fixed(16, Some("uuid")),
                _ => Schema::Fixed(u.int_in_range(0..=5)?, None),
            },
            // Most columns of topics are nullable.
            5 | 6 => {
                let null = Schema::Plain(Null, None);
                let of = if depth < DEEPEST { Schema::any(u, depth + 1)? } else { Schema::Plain(Int, None) };
                Schema::Union(if u.arbitrary()? { vec![null, of] } else { vec![of, null] })
            }
            7 => Schema::Array(Box::new(Schema::any(u, depth + 1)?)),
            8 => Schema::Map(Box::new(Schema::any(u, depth + 1)?)),
            _ if u.arbitrary()? => Schema::fields(u, depth)?,
            _ => {
                let cases = (0..u.int_in_range(1..=4)?).map(|_| Schema::any(u, depth + 1));
                Schema::Union(cases.collect::<Result<_>>()?)
            }
        })
    }

    pub fn text(&self) -> std::string::String {
        self.json(&mut 0).to_string()
    }

    fn json(&self, names: &mut usize) -> Json {
        let mut name = || {
            *names += 1;
            format!("N{names}")
        };
        match self {
            Schema::Plain(of, None) => json!(of.word()),
            Schema::Plain(of, Some(logical)) => json!({"type": of.word(), "logicalType": logical}),
            Schema::Decimal(precision, scale, None) => {
                json!({"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale})
            }
            Schema::Decimal(precision, scale, Some(size)) => json!({"type": "fixed", "name": name(), "size": size,
                "logicalType": "decimal", "precision": precision, "scale": scale}),
            Schema::Enum(symbols) => {
                let symbols: Vec<_> = (0..*symbols).map(|symbol| format!("S{symbol}")).collect();
                json!({"type": "enum", "name": name(), "symbols": symbols})
            }
            Schema::Fixed(size, None) => json!({"type": "fixed", "name": name(), "size": size}),
            Schema::Fixed(size, Some(logical)) => {
                json!({"type": "fixed", "name": name(), "size": size, "logicalType": logical})
            }
            Schema::Array(items) => json!({"type": "array", "items": items.json(names)}),
            Schema::Map(values) => json!({"type": "map", "values": values.json(names)}),
            Schema::Record(fields) => {
                let name = name();
                let fields = fields.iter().enumerate();
                let fields: Vec<_> =
                    fields.map(|(index, of)| json!({"name": format!("f{index}"), "type": of.json(names)})).collect();
                json!({"type": "record", "name": name, "fields": fields})
            }
            Schema::Union(cases) => cases.iter().map(|case| case.json(names)).collect(),
        }
    }

    /// One value under the schema.
    pub fn datum(&self, u: &mut Unstructured<'_>, bytes: &mut Vec<u8>) -> Result<()> {
        match self {
            Schema::Plain(of, logical) => match of {
                Null => {}
                Boolean => bytes.push(u.arbitrary::<bool>()?.into()),
                Int => long(bytes, i64::from(u.arbitrary::<i32>()?)),
                Long => long(bytes, u.arbitrary()?),
                Float => bytes.extend(u.arbitrary::<[u8; 4]>()?),
                Double => bytes.extend(u.arbitrary::<[u8; 8]>()?),
                Bytes => sized(bytes, u.arbitrary()?),
                String if *logical == Some("uuid") => {
                    let digits = format!("{:032x}", u.arbitrary::<u128>()?);
                    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
                    sized(bytes, parts.join("-").as_bytes());
                }
                String => sized(bytes, u.arbitrary::<&str>()?.as_bytes()),
            },
            Schema::Decimal(precision, _, size) => {
                // Of no more digits than it says, which neither decoder counts.
                let most = 10_i128.pow((*precision).min(38) as u32) - 1;
                let number = u.arbitrary::<i128>()? % most.saturating_add(1);
                let size = size
                    .unwrap_or_else(|| (0..16).rev().find(|at| holds(number, *at)).map_or(1, |at| 16 - at as usize));
                let number = (0..size).rev().map(|at| (number >> (8 * at).min(127)) as u8).collect::<Vec<_>>();
                match self {
                    Schema::Decimal(_, _, None) => sized(bytes, &number),
                    _ => bytes.extend(number),
                }
            }
            Schema::Enum(symbols) => long(bytes, u.int_in_range(0..=*symbols as i64 - 1)?),
            Schema::Fixed(size, _) => bytes.extend(u.bytes(*size)?),
            Schema::Array(items) => block(u, bytes, |u, bytes, _| items.datum(u, bytes))?,
            Schema::Map(values) => block(u, bytes, |u, bytes, index| {
                sized(bytes, format!("k{index}").as_bytes());
                values.datum(u, bytes)
            })?,
            Schema::Record(fields) => fields.iter().try_for_each(|field| field.datum(u, bytes))?,
            Schema::Union(cases) => {
                let case = u.int_in_range(0..=cases.len() - 1)?;
                long(bytes, case as i64);
                cases[case].datum(u, bytes)?;
            }
        }
        Ok(())
    }
}

impl Plain {
    fn word(self) -> &'static str {
        match self {
            Null => "null",
            Boolean => "boolean",
            Int => "int",
            Long => "long",
            Float => "float",
            Double => "double",
            Bytes => "bytes",
            String => "string",
        }
    }
}

/// Whether a number has room in its bytes from this one on.
fn holds(number: i128, from: u32) -> bool {
    let shift = 8 * from;
    (number << shift) >> shift == number
}

/// In one block, in one that tells its size, or in several.
fn block(
    u: &mut Unstructured<'_>,
    bytes: &mut Vec<u8>,
    write: impl Fn(&mut Unstructured<'_>, &mut Vec<u8>, usize) -> Result<()>,
) -> Result<()> {
    let mut written = 0;
    for _ in 0..u.int_in_range(0..=2)? {
        let count = u.int_in_range(1..=3)?;
        let mut items = vec![];
        for _ in 0..count {
            write(u, &mut items, written)?;
            written += 1;
        }
        if u.arbitrary()? {
            long(bytes, -(count as i64));
            long(bytes, items.len() as i64);
        } else {
            long(bytes, count as i64);
        }
        bytes.extend(items);
    }
    long(bytes, 0);
    Ok(())
}

fn sized(into: &mut Vec<u8>, bytes: &[u8]) {
    long(into, bytes.len() as i64);
    into.extend(bytes);
}

/// Zigzag, seven bits a byte, the lowest first.
fn long(bytes: &mut Vec<u8>, number: i64) {
    let mut rest = ((number << 1) ^ (number >> 63)) as u64;
    while rest > 0x7f {
        bytes.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
}
