//! How an engine writes types and names, and which it has none for.

use std::fmt;

use streamfn_model::{Field, SqlType};

use super::Packable;
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

/// Flink's own functions, as far as components are likely to be called like them: unless a function is a temporary system
/// function, the engine's own is what the name means.
const FLINK_OWN: [&str; 20] = [
    "ABS",
    "AVG",
    "CEIL",
    "COLLECT",
    "CONCAT",
    "COUNT",
    "FIRST_VALUE",
    "FLOOR",
    "JSON_VALUE",
    "LAST_VALUE",
    "LISTAGG",
    "LOWER",
    "MAX",
    "MIN",
    "REPLACE",
    "ROUND",
    "SUBSTRING",
    "SUM",
    "TRIM",
    "UPPER",
];

impl Engine {
    /// What the function is called in the engine. ksqlDB has the prefix for all; Flink for those it has itself.
    pub fn sql_name(self, prefix: &str, sql_name: &str) -> String {
        match self {
            Engine::Flink if !FLINK_OWN.contains(&sql_name) => sql_name.to_owned(),
            _ => format!("{}{sql_name}", prefix.to_ascii_uppercase()),
        }
    }

    /// The type in the engine's words, with every field's name quoted.
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
            (Engine::Ksqldb, SqlType::Decimal(..)) => {
                return Err("the scale of its DECIMAL is that of an argument, which the jar cannot say yet".to_owned());
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

    /// Leaves out overloads that the engine would take for another one's.
    pub(super) fn resolve_conflicts(self, function: &mut Packable, notes: &mut Vec<String>) {
        if self != Engine::Ksqldb {
            return;
        }
        // ksqlDB hands ROWTIME to an aggregate that is called without arguments: it would be F(BIGINT) a second time.
        let of_bigint = |o: &super::describe::Overload| o.is_aggregate() && o.argument_types() == [SqlType::BigInt];
        if function.overloads.iter().any(of_bigint)
            && let Some(none) =
                function.overloads.iter().position(|o| o.is_aggregate() && o.argument_types().is_empty())
        {
            function.overloads.remove(none);
            notes.push(format!(
                "{0}() is not in the jar: ksqlDB takes it for {0}(BIGINT) of the row's ROWTIME, which counts the same rows",
                function.sql_name
            ));
        }
    }
}
