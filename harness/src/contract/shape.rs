//! What kind of SQL function an interface is: told by the names of its functions, then held to their types.
//!
//! An interface that almost fits is refused with what was wanted and what was found; a misspelt `retract` must not
//! quietly make an aggregate without retraction.

use std::collections::BTreeMap;

use streamfn_model::{Field, SqlType};
use wit_parser::{Resolve, Type, TypeDefKind};

use super::{Shape, WitFunction, WitType, columns, wit};

/// What a recognised interface is to SQL.
pub struct Found {
    pub shape: Shape,
    pub params: Vec<Field>,
    pub result: SqlType,
    pub result_nullable: bool,
}

/// An interface with its functions, as WIT has them (`declared`, aliases kept) and as the ABI does (`functions`).
pub struct Candidate<'a> {
    pub resolve: &'a Resolve,
    pub declared: &'a wit_parser::Interface,
    pub functions: &'a BTreeMap<String, WitFunction>,
}

struct Kind {
    /// With its article, for a sentence.
    name: &'static str,
    /// An interface with any of these functions is meant to be of this kind.
    marks: &'static [&'static str],
    required: &'static [&'static str],
    optional: &'static [&'static str],
    read: fn(&Candidate) -> Result<Found, String>,
}

/// In the order in which they are tried: `create` marks an aggregate only where there is no `next`.
const KINDS: [Kind; 5] = [
    Kind { name: "a scalar", marks: &["eval"], required: &["eval"], optional: &[], read: scalar },
    Kind { name: "a table function", marks: &["rows"], required: &["rows"], optional: &[], read: table },
    Kind {
        name: "a keyed aggregate",
        marks: &["key"],
        required: &["key", "accumulate"],
        optional: &["retract", "merge", "value"],
        read: keyed,
    },
    Kind {
        name: "a generator",
        marks: &["next", "finish"],
        required: &["create", "next", "finish"],
        optional: &[],
        read: generator,
    },
    Kind {
        name: "an aggregate",
        marks: &["create", "accumulate", "retract", "merge", "value"],
        required: &["create", "accumulate", "value"],
        optional: &["retract", "merge"],
        read: aggregate,
    },
];

/// The SQL function that the interface is, or why it is none.
pub fn recognise(candidate: &Candidate) -> Result<Found, String> {
    let has = |name: &&str| candidate.functions.contains_key(*name);
    let found = || candidate.functions.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let Some(kind) = KINDS.iter().find(|kind| kind.marks.iter().any(has)) else {
        return Err(format!(
            "no SQL function: wanted `eval`, `rows`, `create` with `accumulate` and `value`, `key` with `accumulate`, or \
             `create` with `next` and `finish`; found {}",
            found()
        ));
    };
    if let Some(missing) = kind.required.iter().find(|name| !has(name)) {
        let required = listed(kind.required);
        return Err(format!("`{missing}` is missing: {} has {required}; found {}", kind.name, found()));
    }
    let known = [kind.required, kind.optional].concat();
    if let Some(extra) = candidate.functions.keys().find(|name| !known.contains(&name.as_str())) {
        let known = listed(&known);
        return Err(format!("`{extra}` is no function of {}, which has {known} and no others", kind.name));
    }
    (kind.read)(candidate)
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn scalar(c: &Candidate) -> Result<Found, String> {
    let (result, result_nullable) = c.result_column("eval")?;
    Ok(Found { shape: Shape::Scalar, params: c.columns("eval", 0)?, result, result_nullable })
}

fn table(c: &Candidate) -> Result<Found, String> {
    let row = columns::list(c.resolve, c.answer("rows")?).ok_or_else(|| c.misfit("rows", "func(args…) -> list<T>"))?;
    let (result, result_nullable) = columns::column(c.resolve, row).map_err(|e| format!("`rows`, its row: {e}"))?;
    Ok(Found { shape: Shape::Table, params: c.columns("rows", 0)?, result, result_nullable })
}

fn aggregate(c: &Candidate) -> Result<Found, String> {
    let state = c.state()?;
    c.expect("create", &[], &state, "func() -> state")?;
    let accumulate = c.function("accumulate")?;
    let mut taken = vec![state.clone()];
    taken.extend(accumulate.params.iter().skip(1).map(|(_, ty)| ty.clone()));
    c.expect("accumulate", &taken, &state, "func(state, args…) -> state")?;
    c.expect("retract", &taken, &state, "what `accumulate` is, of the same arguments")?;
    c.expect("merge", &[state.clone(), state.clone()], &state, "func(a: state, b: state) -> state")?;
    if c.param_types("value")? != [&state] {
        return Err(c.misfit("value", "func(state) -> T"));
    }
    let (result, result_nullable) = c.result_column("value")?;
    let shape = Shape::Aggregate { state, retract: c.has("retract"), merge: c.has("merge") };
    Ok(Found { shape, params: c.columns("accumulate", 1)?, result, result_nullable })
}

fn keyed(c: &Candidate) -> Result<Found, String> {
    let key =
        columns::option(c.resolve, c.answer("key")?).ok_or_else(|| c.misfit("key", "func(args…) -> option<K>"))?;
    let entry = columns::option(c.resolve, c.answer("accumulate")?)
        .ok_or_else(|| c.misfit("accumulate", "func(entry: option<V>, args…) -> option<V>"))?;
    let (key_type, entry_type) = (wit::wit_type(c.resolve, key)?, wit::wit_type(c.resolve, entry)?);
    if matches!(entry_type, WitType::Option(_)) {
        return Err(
            "the entry V is an option itself, and none of option<V> already removes it: use a record".to_owned()
        );
    }
    let some_entry = WitType::Option(Box::new(entry_type.clone()));
    let mut taken = vec![some_entry.clone()];
    taken.extend(c.param_types("key")?.into_iter().cloned());
    c.expect(
        "accumulate",
        &taken,
        &some_entry,
        "func(entry: option<V>, args…) -> option<V>, of the arguments of `key`",
    )?;
    c.expect("retract", &taken, &some_entry, "what `accumulate` is, of the same arguments")?;
    let pair = [entry_type.clone(), entry_type.clone()];
    c.expect("merge", &pair, &some_entry, "func(a: V, b: V) -> option<V>")?;
    let entries = WitType::List(Box::new(WitType::Tuple(vec![key_type, entry_type.clone()])));
    let key = columns::sql_type(c.resolve, key).map_err(|e| format!("`key`, its K: {e}"))?;
    let (result, result_nullable) = if c.has("value") {
        if c.param_types("value")? != [&entries] {
            return Err(c.misfit("value", "func(entries: list<tuple<K, V>>) -> T"));
        }
        c.result_column("value")?
    } else {
        let value = columns::sql_type(c.resolve, entry)
            .map_err(|e| format!("the entry V, a column because there is no `value`: {e}"))?;
        let key = Box::new(key.clone());
        let entries = match columns::is_multiplicity(c.resolve, entry) {
            true => SqlType::Multiset(key),
            false => SqlType::Map(key, Box::new(value)),
        };
        (entries, false)
    };
    let shape = Shape::Keyed {
        key,
        entry: entry_type,
        retract: c.has("retract"),
        merge: c.has("merge"),
        value: c.has("value"),
    };
    Ok(Found { shape, params: c.columns("key", 0)?, result, result_nullable })
}

fn generator(c: &Candidate) -> Result<Found, String> {
    const CREATE: &str = "func(config: string, seed: u64, split: u32, splits: u32) -> result<state, string>";
    let state = c.state()?;
    let refusable = WitType::Result { ok: Some(Box::new(state.clone())), err: Some(Box::new(WitType::String)) };
    if c.function("create")?.result != Some(refusable) {
        return Err(c.misfit("create", CREATE));
    }
    c.expect("create", &[WitType::String, WitType::U64, WitType::U32, WitType::U32], &state, CREATE)?;
    let rows = c.answer("finish")?;
    let row = columns::list(c.resolve, rows).ok_or_else(|| c.misfit("finish", "func(state) -> list<T>"))?;
    let rows = wit::wit_type(c.resolve, rows)?;
    c.expect("finish", std::slice::from_ref(&state), &rows, "func(state) -> list<T>")?;
    let step = WitType::Tuple(vec![state.clone(), rows]);
    c.expect(
        "next",
        &[state, WitType::U32],
        &step,
        "func(state, max: u32) -> tuple<state, list<T>>, T as in `finish`",
    )?;
    let tables = tables(c.resolve, row)?;
    Ok(Found {
        shape: Shape::Generator { tables: tables.clone() },
        params: Vec::new(),
        result: SqlType::Row(tables),
        result_nullable: false,
    })
}

/// A table for each case of the variant that a generator gives.
fn tables(resolve: &Resolve, row: &Type) -> Result<Vec<Field>, String> {
    let Type::Id(id) = row else { return Err("a generator gives a variant, each case of which is a table".to_owned()) };
    let TypeDefKind::Variant(variant) = &wit::followed(resolve, *id).kind else {
        return Err("a generator gives a variant, each case of which is a table".to_owned());
    };
    let table = |case: &wit_parser::Case| {
        let row = case.ty.as_ref().ok_or_else(|| format!("the case `{}` has no record, so no columns", case.name))?;
        match columns::field(resolve, &case.name, row)? {
            table @ Field { sql_type: SqlType::Row(_), nullable: false, .. } => Ok(table),
            _ => Err(format!("the case `{}` must hold a record, whose fields are the table's columns", case.name)),
        }
    };
    variant.cases.iter().map(table).collect()
}

impl Candidate<'_> {
    fn has(&self, name: &str) -> bool {
        self.functions.contains_key(name)
    }

    fn function(&self, name: &str) -> Result<&WitFunction, String> {
        self.functions.get(name).ok_or_else(|| format!("`{name}` is missing"))
    }

    fn param_types(&self, name: &str) -> Result<Vec<&WitType>, String> {
        Ok(self.function(name)?.params.iter().map(|(_, ty)| ty).collect())
    }

    /// The type `state`, by its name.
    fn state(&self) -> Result<WitType, String> {
        let id = self.declared.types.get("state").ok_or_else(|| {
            "the type `state` is missing: wanted a type of that name, such as `record state { … }`".to_owned()
        })?;
        wit::wit_type(self.resolve, &Type::Id(*id)).map_err(|reason| format!("`state`: {reason}"))
    }

    /// Refuses a function that is there with other types. `wanted` is what the contract says.
    fn expect(&self, name: &str, params: &[WitType], result: &WitType, wanted: &str) -> Result<(), String> {
        let Some(found) = self.functions.get(name) else { return Ok(()) };
        let same_params = found.params.iter().map(|(_, ty)| ty).eq(params);
        if same_params && found.result.as_ref().map(unless_refused) == Some(result) {
            return Ok(());
        }
        Err(self.misfit(name, wanted))
    }

    fn misfit(&self, name: &str, wanted: &str) -> String {
        let found = self.functions.get(name).map_or("missing".to_owned(), |f| f.to_string());
        format!("`{name}` must be {wanted}; found {found}")
    }

    /// What a function gives when it does not refuse: `T` of `T` or of `result<T, string>`.
    fn answer(&self, name: &str) -> Result<&Type, String> {
        let nothing = || format!("`{name}` returns nothing: wanted a value");
        let ty = self.declared.functions.get(name).and_then(|f| f.result.as_ref()).ok_or_else(nothing)?;
        let Type::Id(id) = ty else { return Ok(ty) };
        let TypeDefKind::Result(result) = &wit::followed(self.resolve, *id).kind else { return Ok(ty) };
        match &result.err {
            Some(err) if wit::wit_type(self.resolve, err)? == WitType::String => result.ok.as_ref().ok_or_else(nothing),
            _ => Err(self.misfit(name, "T or result<T, string>, the string saying why the row is refused")),
        }
    }

    fn result_column(&self, name: &str) -> Result<(SqlType, bool), String> {
        columns::column(self.resolve, self.answer(name)?).map_err(|reason| format!("`{name}`, its result: {reason}"))
    }

    /// The parameters after the first `skip` as SQL columns.
    fn columns(&self, name: &str, skip: usize) -> Result<Vec<Field>, String> {
        let params = self.declared.functions.get(name).into_iter().flat_map(|f| &f.params).skip(skip);
        params
            .map(|p| columns::field(self.resolve, &p.name, &p.ty))
            .collect::<Result<_, _>>()
            .map_err(|reason| format!("`{name}`, its parameter {reason}"))
    }
}

/// `T` of `result<T, string>`; any other type itself.
fn unless_refused(ty: &WitType) -> &WitType {
    match ty {
        WitType::Result { ok: Some(ok), err: Some(err) } if **err == WitType::String => ok,
        _ => ty,
    }
}
