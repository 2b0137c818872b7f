//! How an engine writes types and names, and which it has none for.

use std::fmt;

use streamfn_model::{Field, SqlType};

use crate::host::portable::{Columns, Leaf};

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
    /// The type of an argument or a result in the engine's words, with every field's name quoted. The scale of a DECIMAL is
    /// that of the call, and so a letter here.
    pub(super) fn column(self, sql_type: &SqlType) -> Result<String, String> {
        let fields = |fields: &[Field]| {
            let field = |f: &Field| Ok(format!("{} {}", self.field_name(&f.name), self.column(&f.sql_type)?));
            Ok::<_, String>(fields.iter().map(field).collect::<Result<Vec<_>, String>>()?.join(", "))
        };
        Ok(match (self, sql_type) {
            (Engine::Flink, SqlType::Row(columns)) => format!("ROW<{}>", fields(columns)?),
            (Engine::Ksqldb, SqlType::Row(columns)) => format!("STRUCT<{}>", fields(columns)?),
            (_, SqlType::Array(element)) => format!("ARRAY<{}>", self.column(element)?),
            (_, SqlType::Map(key, value)) => format!("MAP<{}, {}>", self.column(key)?, self.column(value)?),
            (Engine::Flink, SqlType::Multiset(element)) => format!("MULTISET<{}>", self.column(element)?),
            (Engine::Ksqldb, SqlType::Multiset(element)) => format!("MAP<{}, INT>", self.column(element)?),
            (_, SqlType::Decimal(..)) => "DECIMAL(38, s)".to_owned(),
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

    pub(super) fn columns(self) -> Columns {
        Columns { narrow: self == Engine::Flink }
    }

    /// The column that keeps a part of a state.
    pub(super) fn state(leaf: &Leaf) -> &'static str {
        match leaf.kind {
            "bool" => "BOOLEAN",
            "s8" => "TINYINT",
            "u8" | "s16" => "SMALLINT",
            "s32" | "u16" | "char" | "enum" | "flags" => "INT",
            "s64" | "u32" | "u64" => "BIGINT",
            "f32" => "FLOAT",
            "f64" => "DOUBLE",
            "string" => "STRING",
            // What is encoded too.
            _ => "BYTES",
        }
    }

    /// The type of an entry that no SQL type says.
    pub(super) fn entry(self, leaves: &[Leaf]) -> String {
        let column = |leaf: &Leaf| format!("{} {}", self.field_name(&leaf.name), Engine::state(leaf));
        match (self, leaves) {
            (_, [only]) if only.is_whole() => Engine::state(only).to_owned(),
            (Engine::Flink, leaves) => format!("ROW<{}>", leaves.iter().map(column).collect::<Vec<_>>().join(", ")),
            (Engine::Ksqldb, leaves) => format!("STRUCT<{}>", leaves.iter().map(column).collect::<Vec<_>>().join(", ")),
        }
    }
}
