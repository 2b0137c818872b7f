//! SQL's column types, as both dialects have them, and what Arrow calls each.

use std::fmt;

/// A SQL type. Nullability belongs to the column, not to the type; inside ARRAY, MAP and ROW everything is nullable.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SqlType {
    Boolean,
    TinyInt,
    SmallInt,
    Int,
    BigInt,
    Float,
    Double,
    /// `precision`, `scale`
    Decimal(u8, u8),
    String,
    Bytes,
    /// Days since 1970-01-01.
    Date,
    /// Milliseconds since midnight.
    Time,
    /// A local date and time without a zone, as milliseconds since 1970-01-01T00:00: Flink's TIMESTAMP(3).
    Timestamp,
    /// An instant, as milliseconds since the epoch: ksqlDB's TIMESTAMP, Flink's TIMESTAMP_LTZ(3).
    TimestampLtz,
    Array(Box<SqlType>),
    Map(Box<SqlType>, Box<SqlType>),
    /// Each element with the number of times it occurs.
    Multiset(Box<SqlType>),
    /// ksqlDB's STRUCT, Flink's ROW.
    Row(Vec<Field>),
}

/// A named column or a field of a ROW.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Field {
    pub name: String,
    pub sql_type: SqlType,
    pub nullable: bool,
}

impl Field {
    pub fn new(name: impl Into<String>, sql_type: SqlType) -> Self {
        Field { name: name.into(), sql_type, nullable: true }
    }
}

/// The type as Flink writes it; [`SqlType::ksqldb`] has the other spelling.
impl fmt::Display for SqlType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SqlType::Boolean => f.write_str("BOOLEAN"),
            SqlType::TinyInt => f.write_str("TINYINT"),
            SqlType::SmallInt => f.write_str("SMALLINT"),
            SqlType::Int => f.write_str("INT"),
            SqlType::BigInt => f.write_str("BIGINT"),
            SqlType::Float => f.write_str("FLOAT"),
            SqlType::Double => f.write_str("DOUBLE"),
            SqlType::Decimal(precision, scale) => write!(f, "DECIMAL({precision}, {scale})"),
            SqlType::String => f.write_str("STRING"),
            SqlType::Bytes => f.write_str("BYTES"),
            SqlType::Date => f.write_str("DATE"),
            SqlType::Time => f.write_str("TIME"),
            SqlType::Timestamp => f.write_str("TIMESTAMP(3)"),
            SqlType::TimestampLtz => f.write_str("TIMESTAMP_LTZ(3)"),
            SqlType::Array(element) => write!(f, "ARRAY<{element}>"),
            SqlType::Map(key, value) => write!(f, "MAP<{key}, {value}>"),
            SqlType::Multiset(element) => write!(f, "MULTISET<{element}>"),
            SqlType::Row(fields) => {
                f.write_str("ROW<")?;
                for (i, field) in fields.iter().enumerate() {
                    write!(f, "{}{} {}", if i == 0 { "" } else { ", " }, field.name, field.sql_type)?;
                }
                f.write_str(">")
            }
        }
    }
}

impl SqlType {
    /// The type as ksqlDB writes it, or the reason why ksqlDB has no such type.
    pub fn ksqldb(&self) -> Result<String, String> {
        Ok(match self {
            SqlType::Boolean | SqlType::Int | SqlType::BigInt | SqlType::Double => self.to_string(),
            SqlType::String | SqlType::Bytes | SqlType::Date | SqlType::Time | SqlType::Decimal(..) => self.to_string(),
            SqlType::TimestampLtz => "TIMESTAMP".to_owned(),
            SqlType::Array(element) => format!("ARRAY<{}>", element.ksqldb()?),
            SqlType::Map(key, value) => format!("MAP<{}, {}>", key.ksqldb()?, value.ksqldb()?),
            SqlType::Multiset(element) => format!("MAP<{}, INT>", element.ksqldb()?),
            SqlType::Row(fields) => {
                let fields: Result<Vec<_>, String> =
                    fields.iter().map(|f| Ok(format!("{} {}", f.name, f.sql_type.ksqldb()?))).collect();
                format!("STRUCT<{}>", fields?.join(", "))
            }
            SqlType::TinyInt | SqlType::SmallInt | SqlType::Float => {
                return Err(format!("ksqlDB has no {self}"));
            }
            SqlType::Timestamp => {
                return Err("ksqlDB has no TIMESTAMP without a time zone".to_owned());
            }
        })
    }
}
