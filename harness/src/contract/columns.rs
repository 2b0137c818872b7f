//! SQL column types from WIT types: what an alias or `option` means to SQL, and what SQL has no column for.

use streamfn_model::{Field, SqlType};
use wit_parser::{Resolve, Type, TypeDef, TypeDefKind};

use super::{name, wit};

/// Precision of every DECIMAL, and its scale where no argument gives one.
const DECIMAL: SqlType = SqlType::Decimal(38, 18);

/// What `streamfn:types` calls the entry of a keyed aggregate that gives a multiset.
const MULTIPLICITY: &str = "multiplicity";

/// A named column; `option<T>` is a nullable T.
pub fn field(resolve: &Resolve, wit_name: &str, ty: &Type) -> Result<Field, String> {
    let (sql_type, nullable) = column(resolve, ty).map_err(|reason| format!("`{wit_name}`: {reason}"))?;
    Ok(Field { name: name::column(wit_name), sql_type, nullable })
}

/// A column's type, and whether it is nullable.
pub fn column(resolve: &Resolve, ty: &Type) -> Result<(SqlType, bool), String> {
    match option(resolve, ty) {
        Some(some) => Ok((sql_type(resolve, some)?, true)),
        None => Ok((sql_type(resolve, ty)?, false)),
    }
}

/// `T` of an `option<T>`, through any aliases but a multiset's, which names a list and no option.
pub fn option<'a>(resolve: &'a Resolve, ty: &Type) -> Option<&'a Type> {
    let Type::Id(mut id) = *ty else { return None };
    loop {
        let def = &resolve.types[id];
        match &def.kind {
            _ if multiset_name(def).is_some() => return None,
            TypeDefKind::Type(Type::Id(next)) => id = *next,
            TypeDefKind::Option(some) => return Some(some),
            _ => return None,
        }
    }
}

/// Whether a type is the `multiplicity` of `streamfn:types`, under whatever name.
pub fn is_multiplicity(resolve: &Resolve, ty: &Type) -> bool {
    let Type::Id(id) = *ty else { return false };
    let def = &resolve.types[id];
    match &def.kind {
        _ if wit::name_in_types(resolve, def) == Some(MULTIPLICITY) => true,
        TypeDefKind::Type(next) => is_multiplicity(resolve, next),
        _ => false,
    }
}

/// The name that makes a type a multiset.
fn multiset_name(def: &TypeDef) -> Option<&str> {
    def.name.as_deref().filter(|name| *name == "multiset" || name.starts_with("multiset-of-"))
}

/// `T` of a `list<T>`, through any aliases.
pub fn list<'a>(resolve: &'a Resolve, ty: &Type) -> Option<&'a Type> {
    match ty {
        Type::Id(id) => match &wit::followed(resolve, *id).kind {
            TypeDefKind::List(element) => Some(element),
            _ => None,
        },
        _ => None,
    }
}

/// The types of a `tuple<…>`, through any aliases.
pub fn tuple<'a>(resolve: &'a Resolve, ty: &Type) -> Option<&'a [Type]> {
    match ty {
        Type::Id(id) => match &wit::followed(resolve, *id).kind {
            TypeDefKind::Tuple(tuple) => Some(&tuple.types),
            _ => None,
        },
        _ => None,
    }
}

pub fn sql_type(resolve: &Resolve, ty: &Type) -> Result<SqlType, String> {
    Ok(match ty {
        Type::Bool => SqlType::Boolean,
        Type::S8 => SqlType::TinyInt,
        Type::S16 => SqlType::SmallInt,
        Type::S32 => SqlType::Int,
        Type::S64 => SqlType::BigInt,
        Type::F32 => SqlType::Float,
        Type::F64 => SqlType::Double,
        Type::String => SqlType::String,
        Type::U8 => return Err(unsigned("u8", "s16")),
        Type::U16 => return Err(unsigned("u16", "s32")),
        Type::U32 => return Err(unsigned("u32", "s64")),
        Type::U64 => return Err(unsigned("u64", "s64, or streamfn:types' decimal,")),
        Type::Char => return Err("char is no SQL type: write string".to_owned()),
        Type::ErrorContext => return Err("error-context is no SQL type".to_owned()),
        Type::Id(id) => defined(resolve, &resolve.types[*id])?,
    })
}

fn unsigned(found: &str, instead: &str) -> String {
    format!("{found} is unsigned, which no SQL type is: write {instead} instead")
}

fn defined(resolve: &Resolve, def: &TypeDef) -> Result<SqlType, String> {
    if let Some(named) = named(resolve, def) {
        return named;
    }
    Ok(match &def.kind {
        TypeDefKind::Type(alias) => sql_type(resolve, alias)?,
        TypeDefKind::Record(record) => {
            let fields = record.fields.iter().map(|f| field(resolve, &f.name, &f.ty));
            SqlType::Row(fields.collect::<Result<_, _>>()?)
        }
        TypeDefKind::List(element) => list_type(resolve, element)?,
        TypeDefKind::Tuple(_) => {
            return Err("a tuple has no column names: write a record (only list<tuple<K, V>> is a MAP)".to_owned());
        }
        TypeDefKind::Option(_) => {
            return Err("an option in an option: SQL has one NULL only".to_owned());
        }
        TypeDefKind::Result(_) => {
            return Err("a result is no column: only a function's own result may be result<T, string>".to_owned());
        }
        TypeDefKind::Variant(_) => return Err("a variant is no SQL type: write a record of options".to_owned()),
        TypeDefKind::Enum(_) => return Err("an enum is no SQL type: write string or s32".to_owned()),
        TypeDefKind::Flags(_) => return Err("flags are no SQL type: write a record of bools".to_owned()),
        other => return Err(format!("a {} is no SQL type", other.as_str())),
    })
}

/// What the names of `streamfn:types`, and `multiset` anywhere, mean to SQL.
fn named(resolve: &Resolve, def: &TypeDef) -> Option<Result<SqlType, String>> {
    if let Some(name) = multiset_name(def) {
        return Some(multiset(resolve, name, def));
    }
    let name = wit::name_in_types(resolve, def)?;
    let (sql_type, below) = match name {
        "timestamp" => (SqlType::Timestamp, Some(Type::S64)),
        "timestamp-ltz" => (SqlType::TimestampLtz, Some(Type::S64)),
        "date" => (SqlType::Date, Some(Type::S32)),
        "time" => (SqlType::Time, Some(Type::S32)),
        MULTIPLICITY => (SqlType::Int, Some(Type::S32)),
        "decimal" => (DECIMAL, None),
        _ => return None,
    };
    match (below, &def.kind) {
        (None, _) => Some(Ok(sql_type)),
        (Some(below), TypeDefKind::Type(found)) if *found == below => Some(Ok(sql_type)),
        (Some(_), TypeDefKind::Type(Type::Id(_))) => None,
        _ => Some(Err(format!("streamfn:types' {name} is not what it is in wit/types: build against that"))),
    }
}

fn multiset(resolve: &Resolve, name: &str, def: &TypeDef) -> Result<SqlType, String> {
    let list = match &def.kind {
        TypeDefKind::Type(Type::Id(alias)) => &wit::followed(resolve, *alias).kind,
        kind => kind,
    };
    if let TypeDefKind::List(element) = list
        && let Some([element, Type::S32]) = tuple(resolve, element)
    {
        return Ok(SqlType::Multiset(Box::new(column(resolve, element)?.0)));
    }
    Err(format!("the alias `{name}` must be list<tuple<T, s32>>: each element and how often it occurs"))
}

fn list_type(resolve: &Resolve, element: &Type) -> Result<SqlType, String> {
    if *element == Type::U8 {
        return Ok(SqlType::Bytes);
    }
    match tuple(resolve, element) {
        Some([key, value]) if option(resolve, key).is_none() => {
            Ok(SqlType::Map(Box::new(sql_type(resolve, key)?), Box::new(column(resolve, value)?.0)))
        }
        Some([_, _]) => {
            Err("the key of a MAP cannot be NULL: write list<tuple<K, V>> with a K that is no option".to_owned())
        }
        Some(types) => Err(format!(
            "a list of tuples of {} is no SQL type: list<tuple<K, V>> is a MAP, a list of records an ARRAY of rows",
            types.len()
        )),
        None => Ok(SqlType::Array(Box::new(column(resolve, element)?.0))),
    }
}
