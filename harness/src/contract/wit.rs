//! WIT types with their aliases followed, for the ABI; and where an alias leads, for SQL.

use wit_parser::{PackageName, Resolve, Type, TypeDef, TypeDefKind, TypeId, TypeOwner};

use super::WitType;

pub fn is_types_package(name: &PackageName) -> bool {
    name.namespace == "streamfn" && name.name == "types"
}

/// The name that `streamfn:types` gives this type, if it is that package's.
pub fn name_in_types<'a>(resolve: &'a Resolve, def: &'a TypeDef) -> Option<&'a str> {
    let TypeOwner::Interface(owner) = def.owner else { return None };
    let package = resolve.interfaces[owner].package?;
    is_types_package(&resolve.packages[package].name).then_some(def.name.as_deref()).flatten()
}

/// The definition at the end of a chain of aliases.
pub fn followed(resolve: &Resolve, mut id: TypeId) -> &TypeDef {
    loop {
        match &resolve.types[id].kind {
            TypeDefKind::Type(Type::Id(next)) => id = *next,
            _ => return &resolve.types[id],
        }
    }
}

/// The type as the canonical ABI sees it, or why no component of ours can use it.
pub fn wit_type(resolve: &Resolve, ty: &Type) -> Result<WitType, String> {
    Ok(match ty {
        Type::Bool => WitType::Bool,
        Type::S8 => WitType::S8,
        Type::S16 => WitType::S16,
        Type::S32 => WitType::S32,
        Type::S64 => WitType::S64,
        Type::U8 => WitType::U8,
        Type::U16 => WitType::U16,
        Type::U32 => WitType::U32,
        Type::U64 => WitType::U64,
        Type::F32 => WitType::F32,
        Type::F64 => WitType::F64,
        Type::Char => WitType::Char,
        Type::String => WitType::String,
        Type::ErrorContext => return Err("error-context is no value; return result<T, string>".to_owned()),
        Type::Id(id) => defined(resolve, &resolve.types[*id])?,
    })
}

fn defined(resolve: &Resolve, def: &TypeDef) -> Result<WitType, String> {
    let boxed = |ty: &Type| wit_type(resolve, ty).map(Box::new);
    let unless_none = |ty: &Option<Type>| ty.as_ref().map(boxed).transpose();
    Ok(match &def.kind {
        TypeDefKind::Type(alias) => wit_type(resolve, alias)?,
        TypeDefKind::Record(record) => {
            let fields = record.fields.iter().map(|f| Ok((f.name.clone(), wit_type(resolve, &f.ty)?)));
            let fields = fields.collect::<Result<Vec<_>, String>>()?;
            if name_in_types(resolve, def) == Some("decimal") {
                return decimal(WitType::Record(fields));
            }
            WitType::Record(fields)
        }
        TypeDefKind::Tuple(tuple) => {
            WitType::Tuple(tuple.types.iter().map(|t| wit_type(resolve, t)).collect::<Result<_, _>>()?)
        }
        TypeDefKind::Variant(variant) => {
            let case = |c: &wit_parser::Case| {
                Ok::<_, String>((c.name.clone(), c.ty.as_ref().map(|t| wit_type(resolve, t)).transpose()?))
            };
            WitType::Variant(variant.cases.iter().map(case).collect::<Result<_, _>>()?)
        }
        TypeDefKind::Enum(cases) => WitType::Enum(cases.cases.iter().map(|c| c.name.clone()).collect()),
        TypeDefKind::Flags(flags) => WitType::Flags(flags.flags.iter().map(|f| f.name.clone()).collect()),
        TypeDefKind::Option(some) => WitType::Option(boxed(some)?),
        TypeDefKind::Result(result) => WitType::Result { ok: unless_none(&result.ok)?, err: unless_none(&result.err)? },
        TypeDefKind::List(element) => WitType::List(boxed(element)?),
        TypeDefKind::Map(..) => return Err("map<K, V> is not read: write list<tuple<K, V>>".to_owned()),
        TypeDefKind::FixedLengthList(..) => {
            return Err("a list of fixed length is not read: write list<T>".to_owned());
        }
        TypeDefKind::Resource | TypeDefKind::Handle(_) => {
            return Err(
                "a resource is not a value: the engine keeps and restores state, so state must be a value, such \
                        as a record"
                    .to_owned(),
            );
        }
        TypeDefKind::Future(_) | TypeDefKind::Stream(_) => {
            return Err(format!("{} is asynchronous: a function answers before it returns", def.kind.as_str()));
        }
        TypeDefKind::Unknown => return Err("a type of unknown structure".to_owned()),
    })
}

/// Other fields under this name would be lifted as something they are not.
fn decimal(found: WitType) -> Result<WitType, String> {
    let field = |name: &str, ty| (name.to_owned(), ty);
    let wanted =
        WitType::Record(vec![field("high", WitType::S64), field("low", WitType::U64), field("scale", WitType::U8)]);
    if found == wanted {
        return Ok(WitType::Decimal);
    }
    Err(format!("streamfn:types' decimal is {wanted}, and here it is {found}: build against wit/types"))
}
