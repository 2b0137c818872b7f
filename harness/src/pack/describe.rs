//! What the packer is told: the plan of every call, and each function's names, types and abilities in the engine's words.
//!
//! Both are lists in parentheses; `plugins/jvm` has the reader.

use std::fmt::Write;

use sha2::{Digest, Sha256};
use streamfn_model::SqlType;

use super::{Engine, Packable, Request};
use crate::contract::{self, Component, Function, Shape};
use crate::host::Program;
use crate::host::portable::{Portable, Role, quoted};

/// The most arguments that ksqlDB hands to an aggregate: in a Quintuple.
const KSQLDB_AGGREGATE_ARGUMENTS: usize = 5;

/// A method takes 255, the object itself among them; a state and the component's instance go with the arguments.
const JVM_ARGUMENTS: usize = 250;

/// The most columns of a state: each takes code, and a method of the JVM has room for so many.
const STATE_COLUMNS: usize = 400;

/// A function that the engine can load, in its words.
#[derive(Debug)]
pub(super) struct Overload<'a> {
    function: &'a Function,
    params: Vec<String>,
    result: String,
    /// Name and type of each column of the state.
    state: Vec<(String, &'static str)>,
    entries: Option<Entries>,
}

/// The types of a keyed aggregate's K and V.
#[derive(Debug)]
struct Entries {
    key: String,
    entry: String,
}

impl<'a> Overload<'a> {
    /// The reason is a sentence about "its …".
    pub(super) fn of(engine: Engine, function: &'a Function, program: &Program) -> Result<Self, String> {
        let of = |name: &str| program.function(&function.interface, name).map_err(|error| error.to_string());
        let (mut state, mut entries) = (Vec::new(), None);
        match &function.shape {
            Shape::Scalar | Shape::Table => {}
            Shape::Aggregate { .. } => {
                let leaves = program.state(of("create")?, engine.columns());
                state = leaves.into_iter().map(|leaf| (leaf.name.clone(), Engine::state(&leaf))).collect();
            }
            Shape::Keyed { key, .. } => {
                if let (Engine::Ksqldb, SqlType::Map(of, _) | SqlType::Multiset(of)) = (engine, &function.result)
                    && **of != SqlType::String
                {
                    let of = engine.column(of)?;
                    return Err(format!(
                        "its result is a MAP with keys of {of}, and ksqlDB writes maps with keys of STRING alone"
                    ));
                }
                let entry = match held(function) {
                    Some(column) => engine.column(&column)?,
                    None => engine.entry(&program.entry(of("accumulate")?, engine.columns())),
                };
                entries = Some(Entries { key: engine.column(key)?, entry });
            }
            Shape::Generator { .. } => return Err("a generator is no function of SQL".to_owned()),
        }
        if state.len() > STATE_COLUMNS {
            return Err(format!("its state has {} columns, and {STATE_COLUMNS} are the most", state.len()));
        }
        if engine == Engine::Ksqldb && is_aggregate(function) && function.params.len() > KSQLDB_AGGREGATE_ARGUMENTS {
            return Err(format!(
                "ksqlDB hands at most {KSQLDB_AGGREGATE_ARGUMENTS} arguments to an aggregate, and it has {}",
                function.params.len()
            ));
        }
        if function.params.len() > JVM_ARGUMENTS {
            return Err(format!(
                "a method of the JVM has room for {JVM_ARGUMENTS} arguments, and it has {}",
                function.params.len()
            ));
        }
        let params = function.params.iter().map(|param| engine.column(&param.sql_type)).collect::<Result<_, _>>()?;
        Ok(Overload { function, params, result: engine.column(&function.result)?, state, entries })
    }

    pub(super) fn is_without_arguments(&self) -> bool {
        self.params.is_empty()
    }

    /// What the engine tells overloads apart by. ksqlDB hands ROWTIME to an aggregate that is called without arguments.
    pub(super) fn arguments(&self, engine: Engine) -> String {
        match engine {
            Engine::Ksqldb if is_aggregate(self.function) && self.params.is_empty() => "BIGINT".to_owned(),
            _ => self.params.join(", "),
        }
    }

    pub(super) fn is_shaped_like(&self, other: &Overload) -> bool {
        std::mem::discriminant(&self.function.shape) == std::mem::discriminant(&other.function.shape)
    }

    pub(super) fn signature(&self, engine: Engine) -> String {
        super::signature(engine, self.function)
    }

    /// By what an engine that widens an argument goes.
    pub(super) fn width(&self) -> impl Ord + use<> {
        self.function.width()
    }
}

fn is_aggregate(function: &Function) -> bool {
    matches!(function.shape, Shape::Aggregate { .. } | Shape::Keyed { .. })
}

/// The SQL type of a keyed aggregate's V, where it has one: without a `value` the entries are the result.
fn held(function: &Function) -> Option<SqlType> {
    match (&function.shape, &function.result) {
        (Shape::Keyed { value: false, .. }, SqlType::Map(_, entry)) => Some((**entry).clone()),
        (Shape::Keyed { value: false, .. }, SqlType::Multiset(_)) => Some(SqlType::Int),
        _ => None,
    }
}

/// All that the packer needs beside the plan.
pub(super) struct Description<'a> {
    pub request: &'a Request<'a>,
    pub file: &'a str,
    pub component: &'a Component,
    pub functions: &'a [Packable<'a>],
}

impl Description<'_> {
    pub(super) fn text(&self) -> String {
        let limits = &self.request.limits;
        let file = std::path::Path::new(self.file).file_name().unwrap_or_default().to_string_lossy();
        let mut text = format!("(pack\n (engine {})", format!("{:?}", self.request.engine).to_ascii_lowercase());
        let _ = write!(text, "\n (root {})", quoted(&self.root()));
        let _ = write!(text, "\n (file {} {})", quoted(&file), self.component.digest);
        let _ = write!(text, "\n (limits {} {} {})", limits.time.as_millis(), limits.memory, limits.result);
        if let Some(most) = self.request.most_entries {
            let _ = write!(text, "\n (entries {})", most.min(i32::MAX as u32));
        }
        for function in self.functions {
            let name = self.request.sql_name(function.sql_name);
            let _ = write!(text, "\n (function {} {}", quoted(&name), quoted(&class(function)));
            for overload in &function.overloads {
                let _ = write!(text, "\n  {}", overload_text(overload, function.overloads.len() > 1));
            }
            text.push(')');
        }
        text + ")\n"
    }

    /// A package that no other jar has: by all that is in this one.
    fn root(&self) -> String {
        let limits = &self.request.limits;
        let mut digest = Sha256::new();
        let Request { engine, prefix, most_entries, .. } = self.request;
        digest.update(format!("{engine:?} {limits:?} {prefix} {most_entries:?}"));
        digest.update(&self.component.digest);
        // The classes around the component come from it. Whoever runs it next will say if it can't be read.
        digest.update(std::fs::read(self.request.packer).unwrap_or_default());
        let digest: String = digest.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        format!("streamfn/packed/p{digest}/")
    }
}

fn overload_text(overload: &Overload, one_of_several: bool) -> String {
    let function = overload.function;
    let mut text = format!("(overload {}", shape_word(&function.shape));
    let (package, interface) = split(&function.interface);
    // Without type words it is called like the function itself, whose class chooses among the overloads.
    let of = if contract::name::function(interface).overload.is_empty() { "-plain" } else { "" };
    let class = format!("{package}{}", pascal(&format!("{interface}{of}")));
    let _ = write!(text, " {} {}", quoted(&function.interface), quoted(if one_of_several { &class } else { "" }));
    let _ = write!(text, " {}", quoted(&first_paragraph(function.docs.as_deref().unwrap_or_default())));
    for (param, sql_type) in function.params.iter().zip(&overload.params) {
        let _ = write!(text, "\n   (param {} {} {})", quoted(&param.name), quoted(sql_type), null_word(param.nullable));
    }
    let _ = write!(text, "\n   (result {} {})", quoted(&overload.result), null_word(function.result_nullable));
    for (name, sql_type) in &overload.state {
        let _ = write!(text, "\n   (state {} {})", quoted(name), quoted(sql_type));
    }
    if let Some(Entries { key, entry }) = &overload.entries {
        let _ = write!(text, "\n   (entries {} {})", quoted(key), quoted(entry));
    }
    if let Shape::Keyed { value: true, .. } = function.shape {
        text.push_str(" (value)");
    }
    if let SqlType::Multiset(_) = function.result {
        text.push_str(" (multiset)");
    }
    if let Shape::Aggregate { retract, merge, .. } | Shape::Keyed { retract, merge, .. } = function.shape {
        for (word, able) in [("retract", retract), ("merge", merge)] {
            if able {
                let _ = write!(text, " ({word})");
            }
        }
    }
    text + ")"
}

fn shape_word(shape: &Shape) -> &'static str {
    match shape {
        Shape::Scalar => "scalar",
        Shape::Aggregate { .. } => "aggregate",
        Shape::Keyed { .. } => "keyed",
        Shape::Table => "table",
        Shape::Generator { .. } => "generator",
    }
}

fn null_word(nullable: bool) -> &'static str {
    if nullable { "null" } else { "not-null" }
}

/// What a class file has room for, whatever the characters: a constant of 65,535 bytes, of which one takes at most 6.
const MOST_DOCS: usize = 10_000;

/// Docs begin with the meaning; the rest is in `streamfn inspect`.
fn first_paragraph(docs: &str) -> String {
    let paragraph = docs.split("\n\n").next().unwrap_or_default().trim();
    let cut: String = paragraph.chars().take(MOST_DOCS).collect();
    if cut.len() < paragraph.len() { cut + "…" } else { cut }
}

/// The plan of each call that the functions make, with what the engine sees in its values.
pub(super) fn plan(
    engine: Engine,
    program: &Program,
    portable: &Portable,
    component: &Component,
    functions: &[Packable],
) -> String {
    let mut text = format!("(plan (component {})\n(start", quoted(&component.digest));
    for name in &portable.starts {
        let _ = write!(text, " {}", quoted(name));
    }
    text.push(')');
    for overload in functions.iter().flat_map(|f| &f.overloads) {
        let function = overload.function;
        let Some(members) = component.interfaces.get(&function.interface) else { continue };
        let columns: Vec<Role> = function.params.iter().map(|param| Role::Column(&param.sql_type)).collect();
        let rows = SqlType::Array(Box::new(function.result.clone()));
        let held = held(function);
        let (key, state) = match (&function.shape, &held) {
            (Shape::Keyed { key, .. }, Some(entry)) => (Some(key), Role::Column(entry)),
            (Shape::Keyed { key, .. }, None) => (Some(key), Role::Entry(engine.columns())),
            _ => (None, Role::State(engine.columns())),
        };
        for name in members.keys() {
            let (params, result) = match (name.as_str(), key) {
                ("eval", _) => (columns.clone(), Role::Column(&function.result)),
                ("rows", _) => (columns.clone(), Role::Column(&rows)),
                ("key", Some(key)) => (columns.clone(), Role::Column(key)),
                ("value", Some(key)) => (vec![Role::Entries(key, engine.columns())], Role::Column(&function.result)),
                ("value", None) => (vec![state], Role::Column(&function.result)),
                ("create" | "merge", _) => (vec![state, state], state),
                _ => ([&[state], columns.as_slice()].concat(), state),
            };
            let Ok(id) = program.function(&function.interface, name) else { continue };
            let call = portable.call(id, &params, result);
            let _ = write!(text, "\n(function {} {} {call})", quoted(&function.interface), quoted(name));
        }
    }
    text + ")\n"
}

/// The class of a SQL function, as `streamfn/aggregate/BasketTotals`.
pub(super) fn class(function: &Packable) -> String {
    let interface = function.overloads.first().map_or("", |overload| &overload.function.interface);
    class_of(interface, function.sql_name)
}

pub(super) fn class_of(interface: &str, sql_name: &str) -> String {
    format!("{}{}", split(interface).0, pascal(&sql_name.replace('_', "-").to_ascii_lowercase()))
}

/// `streamfn:aggregate/sum-of-int@0.1.0` as the Java package `streamfn/aggregate/` and `sum-of-int`.
fn split(interface: &str) -> (String, &str) {
    let (package, name) = interface.split_once('/').unwrap_or(("", interface));
    let name = name.split('@').next().unwrap_or(name);
    let mut java = String::new();
    for part in package.split(':').filter(|part| !part.is_empty()) {
        java.push_str(&part.replace('-', "_"));
        // No word of Java's ends so.
        if JAVA_WORDS.contains(&part) {
            java.push('_');
        }
        java.push('/');
    }
    // Classes there are not the component's: the JVM's own, or what the jar has moved away.
    if TAKEN.iter().any(|taken| java.starts_with(taken)) {
        java.insert(java.len() - 1, '_');
    }
    (java, name)
}

fn pascal(kebab: &str) -> String {
    let capital = |word: &str| word.get(..1).map_or(String::new(), |first| first.to_ascii_uppercase() + &word[1..]);
    kebab.split('-').map(capital).collect()
}

/// Packages of somebody else's.
const TAKEN: [&str; 6] =
    ["run/endive/", "streamfn/bridge/", "streamfn/flink/", "streamfn/ksqldb/", "streamfn/packed/", "io/confluent/"];

/// What a part of a package cannot be called.
const JAVA_WORDS: [&str; 54] = [
    "abstract",
    "assert",
    "boolean",
    "break",
    "byte",
    "case",
    "catch",
    "char",
    "class",
    "const",
    "continue",
    "default",
    "do",
    "double",
    "else",
    "enum",
    "extends",
    "false",
    "final",
    "finally",
    "float",
    "for",
    "goto",
    "if",
    "implements",
    "import",
    "instanceof",
    "int",
    "interface",
    // Only the JVM itself loads classes from below it.
    "java",
    "long",
    "native",
    "new",
    "null",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "short",
    "static",
    "strictfp",
    "super",
    "switch",
    "synchronized",
    "this",
    "throw",
    "throws",
    "transient",
    "true",
    "try",
    "void",
    "volatile",
    "while",
];
