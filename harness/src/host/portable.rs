//! A program for a host that is not this one: the core module, and a plan of each call as text.
//!
//! The JVM's bridge lowers and lifts by these plans and never sees WIT or a component's sections. A plan is a list in
//! parentheses; `plugins/jvm/bridge` has its reader, and `bridge_jvm` in the tests holds the two together.

use std::fmt::Write;

use streamfn_model::SqlType;
use wasmparser::Payload;

use super::error::LoadError;
use super::module::CoreModule;
use super::plan::{Fields, Kind, MAX_FLAT_RESULTS, Plan, Type};
use super::program::Planned;
use super::sections::{Sections, slice};
use super::{FunctionId, Program};

/// What another host needs of a component.
#[derive(Debug)]
pub struct Portable<'a> {
    program: Program,
    /// The core module that holds the functions.
    pub main: &'a [u8],
    /// Exports of the core module to call, in this order, before any function.
    pub starts: Vec<String>,
}

/// What a parameter or result is to the engine.
#[derive(Debug, Clone, Copy)]
pub enum Role<'a> {
    /// A WIT value and no more.
    Plain,
    /// A SQL column: a number may be a timestamp, a list a map.
    Column(&'a SqlType),
    /// The state of an aggregate: its records are flattened into one, which the engine keeps as a row.
    State(Columns),
    /// An entry of a keyed aggregate that no SQL type says: like a state, but one column alone is no row.
    Entry(Columns),
    /// All entries of a keyed aggregate by their keys, of that type.
    Entries(&'a SqlType, Columns),
}

/// What an engine has columns for. A part of a state that is of another type is encoded, and kept as bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Columns {
    /// Integers of 8 and 16 bits, and floats of 32.
    pub narrow: bool,
}

/// A part of a state that the engine keeps as one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// `f` and where it is: `f0`, or `f1_0` for the first field of a record that is the second.
    pub name: String,
    /// In the plan's words: `s64`, `string`, `enum`; `encoded` for bytes that only the bridge reads. What is in an option
    /// may be null.
    pub kind: &'static str,
    offset: u32,
    node: String,
}

impl Leaf {
    /// Whether it lies where the whole state begins: one alone then is the state.
    pub fn is_whole(&self) -> bool {
        self.offset == 0
    }
}

impl Program {
    /// The columns of the state that `create` gives.
    pub fn state(&self, create: FunctionId, columns: Columns) -> Vec<Leaf> {
        self.given(create).map_or(Vec::new(), |state| leaves(state, columns))
    }

    /// The columns of the entry that `accumulate` of a keyed aggregate gives.
    pub fn entry(&self, accumulate: FunctionId, columns: Columns) -> Vec<Leaf> {
        let Some(Type { kind: Kind::Option { cases, .. }, .. }) = self.given(accumulate) else { return Vec::new() };
        cases.cases.get(1).and_then(Option::as_ref).map_or(Vec::new(), |entry| leaves(entry, columns))
    }

    /// What a function gives if it does not refuse the row.
    fn given(&self, function: FunctionId) -> Option<&Type> {
        let Planned { plan, .. } = self.0.functions.get(function.0)?;
        let result = plan.result.as_ref()?;
        match &result.kind {
            Kind::Variant(cases) if plan.refusable => cases.cases.first().and_then(Option::as_ref),
            _ => Some(result),
        }
    }

    /// `bytes` are those that the program was compiled from.
    pub fn portable<'a>(&self, bytes: &'a [u8]) -> Result<Portable<'a>, LoadError> {
        let sections = Sections::read(bytes)?;
        let mut starts = Vec::new();
        for start in &sections.starts {
            let Some(function) = CoreModule::read(start.module)?.start else { continue };
            match start.imports.get(function as usize) {
                Some(name) => starts.push(name.clone()),
                None => return Err(LoadError::NestedCode { found: "has a start function of its own".to_owned() }),
            }
        }
        Ok(Portable { program: self.clone(), main: sections.main, starts })
    }
}

impl Portable<'_> {
    /// The core module with a trap in place of every function's code: what a host needs that has the code in another
    /// form.
    pub fn skeleton(&self) -> Result<Vec<u8>, LoadError> {
        let mut module = wasm_encoder::Module::new();
        for payload in wasmparser::Parser::new(0).parse_all(self.main) {
            match payload? {
                Payload::CodeSectionStart { count, .. } => {
                    let mut code = wasm_encoder::CodeSection::new();
                    let mut body = wasm_encoder::Function::new([]);
                    body.instructions().unreachable().end();
                    (0..count).for_each(|_| {
                        code.function(&body);
                    });
                    module.section(&code);
                }
                Payload::CustomSection(_) => {}
                payload => {
                    if let Some((id, range)) = payload.as_section() {
                        let data = slice(self.main, range)?;
                        module.section(&wasm_encoder::RawSection { id, data });
                    }
                }
            }
        }
        Ok(module.finish())
    }

    /// The plan of one function's call. `params` and `result` say what the values are to the engine.
    pub fn call(&self, function: FunctionId, params: &[Role], result: Role) -> String {
        let Some(Planned { plan, lift }) = self.program.0.functions.get(function.0) else { return String::new() };
        let mut text = format!("(call {}", quoted(&lift.function));
        for (what, name) in [("memory", &lift.memory), ("realloc", &lift.realloc), ("post", &lift.post_return)] {
            if let Some(name) = name {
                write(&mut text, format_args!(" ({what} {})", quoted(name)));
            }
        }
        write(&mut text, format_args!(" {}", call_params(plan, params)));
        write(&mut text, format_args!(" {})", call_result(plan, result)));
        text
    }
}

fn call_params(plan: &Plan, roles: &[Role]) -> String {
    let mut text = match plan.params_in_memory() {
        true => format!("(params memory {} {}", plan.params.size, plan.params.align),
        false => "(params flat".to_owned(),
    };
    let roles = roles.iter().copied().chain(std::iter::repeat(Role::Plain));
    for ((offset, ty), role) in plan.params.fields.iter().zip(roles) {
        write(&mut text, format_args!(" ({offset} {})", of_role(ty, role)));
    }
    text + ")"
}

fn call_result(plan: &Plan, role: Role) -> String {
    let Some(ty) = &plan.result else { return "(result none)".to_owned() };
    let place = match ty.flat.len() > MAX_FLAT_RESULTS {
        true => format!("memory {} {}", ty.size, ty.align),
        false => "flat".to_owned(),
    };
    match (&ty.kind, plan.refusable) {
        // The role is that of what `ok` holds.
        (Kind::Variant(cases), true) => {
            let ok = cases.cases.first().and_then(Option::as_ref);
            let ok = ok.map_or("none".to_owned(), |ok| of_role(ok, role));
            format!("(result {place} (refusable {} {ok}))", cases.payload)
        }
        _ => format!("(result {place} {})", of_role(ty, role)),
    }
}

fn of_role(ty: &Type, role: Role) -> String {
    match role {
        Role::Plain => node(ty, None),
        Role::Column(sql_type) => node(ty, Some(sql_type)),
        Role::State(columns) => row(&leaves(ty, columns)),
        Role::Entry(columns) => entry(ty, columns),
        Role::Entries(key, columns) => match &ty.kind {
            Kind::List(pair) => {
                pairs(pair, |part, ty| if part == 0 { node(ty, Some(key)) } else { entry(ty, columns) })
                    .unwrap_or_else(|| node(ty, None))
            }
            _ => node(ty, None),
        },
    }
}

fn row(leaves: &[Leaf]) -> String {
    let leaf = |leaf: &Leaf| format!(" ({} {} {})", quoted(&leaf.name), leaf.offset, leaf.node);
    format!("(record{})", leaves.iter().map(leaf).collect::<String>())
}

/// An entry, or the option of one.
fn entry(ty: &Type, columns: Columns) -> String {
    if let Kind::Option { cases, .. } = &ty.kind {
        let payload = cases.cases.get(1).and_then(Option::as_ref);
        let payload = payload.map_or("none".to_owned(), |payload| entry(payload, columns));
        return format!("(option {} {payload})", cases.payload);
    }
    match leaves(ty, columns).as_slice() {
        [only] if only.is_whole() => only.node.clone(),
        leaves => row(leaves),
    }
}

fn leaves(ty: &Type, columns: Columns) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    flatten(ty, 0, "", columns, &mut leaves);
    leaves
}

/// The parts of records within records, each with its offset from the outermost one. A record takes no space and no
/// flat value of its own, so this is the same layout.
fn flatten(ty: &Type, at: u32, name: &str, columns: Columns, leaves: &mut Vec<Leaf>) {
    match &ty.kind {
        Kind::Record(fields) => {
            for (index, (offset, ty)) in fields.fields.iter().enumerate() {
                let name = if name.is_empty() { format!("f{index}") } else { format!("{name}_{index}") };
                flatten(ty, at + offset, &name, columns, leaves);
            }
        }
        // A row of the engine has one scale for all its decimals, a state has its own. A byte without a sign has no column
        // of its size in any engine: it is kept as the number of a case is.
        Kind::Decimal => {
            for (part, offset, kind, node) in
                [("high", 0, "s64", "s64"), ("low", 8, "u64", "u64"), ("scale", 16, "enum", "(enum 256 1)")]
            {
                let name = if name.is_empty() { format!("f0_{part}") } else { format!("{name}_{part}") };
                leaves.push(Leaf { name, kind, offset: at + offset, node: node.to_owned() });
            }
        }
        _ => {
            let name = if name.is_empty() { "f0" } else { name };
            let node = node(ty, None);
            let (kind, node) = match column(ty, columns) {
                Some(kind) => (kind, node),
                None => ("encoded", format!("(encoded {node})")),
            };
            leaves.push(Leaf { name: name.to_owned(), kind, offset: at, node });
        }
    }
}

/// What a column has to hold, the payload where that may be null; `None` where no column can.
fn column(ty: &Type, columns: Columns) -> Option<&'static str> {
    match &ty.kind {
        Kind::Option { cases, nested: false } => match cases.cases.get(1).and_then(Option::as_ref) {
            Some(Type { kind: Kind::Record(_) | Kind::Decimal, .. }) | None => None,
            Some(payload) => column(payload, columns),
        },
        Kind::Variant(cases) if cases.cases.iter().all(Option::is_none) => Some("enum"),
        Kind::Bytes => Some("bytes"),
        Kind::S8 | Kind::U8 | Kind::S16 | Kind::F32 if !columns.narrow => None,
        Kind::Option { .. } | Kind::Variant(_) | Kind::List(_) => None,
        kind => Some(kind.name()),
    }
}

/// A type with its place in memory; as a column where `sql_type` says which.
fn node(ty: &Type, sql_type: Option<&SqlType>) -> String {
    let word = match (&ty.kind, sql_type) {
        (_, Some(SqlType::Timestamp)) if matches!(ty.kind, Kind::S64) => "timestamp",
        (_, Some(SqlType::TimestampLtz)) if matches!(ty.kind, Kind::S64) => "timestamp-ltz",
        (_, Some(SqlType::Date)) if matches!(ty.kind, Kind::S32) => "date",
        (_, Some(SqlType::Time)) if matches!(ty.kind, Kind::S32) => "time",
        (Kind::Bytes, _) => "bytes",
        (Kind::List(element), _) => return list(element, sql_type),
        (Kind::Record(fields), _) => return record(fields, sql_type),
        (Kind::Option { cases, nested }, _) => {
            let word = if *nested { "nested" } else { "option" };
            let payload = cases.cases.get(1).and_then(Option::as_ref);
            let payload = payload.map_or("none".to_owned(), |payload| node(payload, sql_type));
            return format!("({word} {} {payload})", cases.payload);
        }
        (Kind::Variant(cases), _) if cases.cases.iter().all(Option::is_none) => {
            return format!("(enum {} {})", cases.cases.len(), cases.discriminant);
        }
        (Kind::Variant(cases), _) => {
            let mut text = format!("(variant {} {} {}", cases.discriminant, cases.payload, cases.flat_payload);
            for case in &cases.cases {
                let payload = case.as_ref().map_or("none".to_owned(), |payload| node(payload, None));
                write(&mut text, format_args!(" {payload}"));
            }
            return text + ")";
        }
        (Kind::Flags(count), _) => return format!("(flags {count} {})", ty.size),
        (kind, _) => kind.name(),
    };
    word.to_owned()
}

fn list(element: &Type, sql_type: Option<&SqlType>) -> String {
    let place = format!("{} {}", element.size, element.align);
    let pair = |key: Option<&SqlType>, value: Option<&SqlType>| {
        pairs(element, |part, ty| node(ty, if part == 0 { key } else { value }))
            .unwrap_or_else(|| format!("(list {place} {})", node(element, None)))
    };
    match sql_type {
        Some(SqlType::Map(key, value)) => pair(Some(key), Some(value)),
        Some(SqlType::Multiset(element)) => pair(Some(element), None),
        Some(SqlType::Array(of)) => format!("(list {place} {})", node(element, Some(of))),
        _ => format!("(list {place} {})", node(element, None)),
    }
}

/// A list of pairs as a map; `node` gives the first part, which is 0, and the second.
fn pairs(element: &Type, node: impl Fn(usize, &Type) -> String) -> Option<String> {
    let Kind::Record(pair) = &element.kind else { return None };
    let [first, second] = pair.fields.as_slice() else { return None };
    let mut text = format!("(map {} {}", element.size, element.align);
    for (part, (offset, ty)) in [first, second].into_iter().enumerate() {
        write(&mut text, format_args!(" ({offset} {})", node(part, ty)));
    }
    Some(text + ")")
}

fn record(fields: &Fields, sql_type: Option<&SqlType>) -> String {
    let columns = match sql_type {
        Some(SqlType::Row(columns)) => columns.as_slice(),
        _ => &[],
    };
    let mut text = "(record".to_owned();
    for (index, (offset, ty)) in fields.fields.iter().enumerate() {
        let column = columns.get(index);
        let name = column.map_or(index.to_string(), |column| column.name.clone());
        write(&mut text, format_args!(" ({} {offset} {})", quoted(&name), node(ty, column.map(|c| &c.sql_type))));
    }
    text + ")"
}

/// Text between quotes, as Java's `StreamTokenizer` reads it.
pub fn quoted(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            // Followed by a digit it would be read as one number with it, so all three digits are written.
            char if char.is_ascii_control() => write(&mut quoted, format_args!("\\{:03o}", char as u32)),
            char => quoted.push(char),
        }
    }
    quoted + "\""
}

fn write(text: &mut String, arguments: std::fmt::Arguments) {
    // A String takes any text.
    let _ = text.write_fmt(arguments);
}
