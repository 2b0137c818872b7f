//! How an engine writes types and names, and which it has none for.

use std::fmt;

use streamfn_model::{Field, SqlType};

use crate::host::portable::Leaf;

/// What loads the jar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Engine {
    Flink,
    Ksqldb,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Engine::Flink => "Flink",
            Engine::Ksqldb => "ksqlDB",
        })
    }
}

impl Engine {
    /// The type of an argument or a result in the engine's words, with every field's name quoted. Only there the scale of a
    /// DECIMAL is known: it is that of the call.
    pub(super) fn column(self, sql_type: &SqlType) -> Result<String, String> {
        match (self, sql_type) {
            (Engine::Flink, SqlType::Decimal(..)) => Ok("DECIMAL(38, s)".to_owned()),
            _ => self.nested(sql_type),
        }
    }

    fn nested(self, sql_type: &SqlType) -> Result<String, String> {
        let fields = |fields: &[Field]| {
            let field = |f: &Field| Ok(format!("{} {}", self.field_name(&f.name), self.nested(&f.sql_type)?));
            Ok::<_, String>(fields.iter().map(field).collect::<Result<Vec<_>, String>>()?.join(", "))
        };
        Ok(match (self, sql_type) {
            (Engine::Flink, SqlType::Row(columns)) => format!("ROW<{}>", fields(columns)?),
            (Engine::Ksqldb, SqlType::Row(columns)) => format!("STRUCT<{}>", fields(columns)?),
            (_, SqlType::Array(element)) => format!("ARRAY<{}>", self.nested(element)?),
            (_, SqlType::Map(key, value)) => format!("MAP<{}, {}>", self.nested(key)?, self.nested(value)?),
            (Engine::Flink, SqlType::Multiset(element)) => format!("MULTISET<{}>", self.nested(element)?),
            (Engine::Ksqldb, SqlType::Multiset(element)) => format!("MAP<{}, INT>", self.nested(element)?),
            (_, SqlType::Decimal(..)) => {
                return Err(
                    "the scale of its DECIMAL is that of an argument, which the jar cannot say there yet".to_owned()
                );
            }
            (Engine::Flink, leaf) => leaf.to_string(),
            (Engine::Ksqldb, leaf) => leaf.ksqldb()?,
        })
    }

    fn field_name(self, name: &str) -> String {
        match self {
            Engine::Flink => format!("`{name}`"),
            Engine::Ksqldb => format!("`{}`", name.to_ascii_uppercase()),
        }
    }

    /// The column that keeps a part of a state.
    pub(super) fn state(self, leaf: &Leaf) -> Result<String, String> {
        let none = |what: &str| Err(format!("its state holds {what}, for which {self} has no column"));
        let flink = |word: &str| match self {
            Engine::Flink => Ok(word.to_owned()),
            Engine::Ksqldb => none(word),
        };
        match leaf.kind {
            "bool" => Ok("BOOLEAN".to_owned()),
            "s32" | "u16" | "char" | "enum" | "flags" => Ok("INT".to_owned()),
            "s64" | "u32" | "u64" => Ok("BIGINT".to_owned()),
            "f64" => Ok("DOUBLE".to_owned()),
            "string" => Ok("STRING".to_owned()),
            "bytes" => Ok("BYTES".to_owned()),
            "s8" => flink("TINYINT"),
            "u8" | "s16" => flink("SMALLINT"),
            "f32" => flink("FLOAT"),
            other => none(&format!("a {other}")),
        }
    }
}
