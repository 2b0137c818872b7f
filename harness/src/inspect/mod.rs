//! `streamfn inspect FILE.wasm`: what a component holds, for a person, as JSON, or as the reference of its functions.
//!
//! Says only what [`crate::contract`] found; reads no files itself.

mod markdown;

use serde_json::{Value, json};

use crate::contract::{Component, Function, Shape};
pub use markdown::markdown;

/// The component as text, one function a paragraph.
pub fn table(component: &Component, file_name: &str) -> String {
    let mut lines = vec![format!("{file_name}  {} bytes  sha256 {}", grouped(component.size), component.digest)];
    lines.push(format!("imports  {}", imports(component)));
    if let Some(note) = &component.docs_note {
        lines.push(format!("docs     {note}"));
    }
    lines.push(String::new());
    lines.push(format!("{}:", counted(component.functions.len(), "SQL function")));
    for function in &component.functions {
        lines.push(String::new());
        lines.extend(paragraph(function));
    }
    if !component.refused.is_empty() {
        lines.push(String::new());
        lines.push(format!("{}:", counted(component.refused.len(), "refused interface")));
        for refusal in &component.refused {
            lines.push(String::new());
            lines.push(format!("  {}", refusal.interface));
            lines.extend(wrapped(&refusal.reason, "    "));
        }
    }
    lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn paragraph(function: &Function) -> Vec<String> {
    let (flink, ksqldb) = (function.signature_flink(), function.signature_ksqldb());
    let mut lines = vec![format!("  {flink}")];
    match ksqldb {
        Ok(ksqldb) if ksqldb == flink => {}
        Ok(ksqldb) => lines.push(format!("    ksqldb  {ksqldb}")),
        Err(reason) => lines.push(format!("    ksqldb  none: {reason}")),
    }
    lines.push(format!("    shape   {}", shape_and_state(function)));
    lines.push(format!("    nulls   {}", nulls(function)));
    lines.push(format!("    from    {}", function.interface));
    match &function.docs {
        Some(docs) => {
            for (i, line) in paragraphs(docs).iter().flat_map(|text| wrapped(text, "")).enumerate() {
                lines.push(format!("    {:8}{line}", if i == 0 { "docs" } else { "" }));
            }
        }
        None => lines.push("    docs    no docs".to_owned()),
    }
    lines
}

/// `aggregate with retract, without merge, over record { … }`.
pub fn shape_and_state(function: &Function) -> String {
    let over = state(&function.shape).map_or(String::new(), |state| format!(", over {state}"));
    shape(&function.shape) + &over
}

/// The shape and what it can do: `aggregate with retract and merge`.
fn shape(shape: &Shape) -> String {
    let with = |name: &str, abilities: &[(&str, bool)]| {
        let able: Vec<_> = abilities.iter().filter(|(_, able)| *able).map(|(ability, _)| *ability).collect();
        let unable: Vec<_> = abilities.iter().filter(|(_, able)| !*able).map(|(ability, _)| *ability).collect();
        match (able.as_slice(), unable.as_slice()) {
            ([], unable) => format!("{name} without {}", unable.join(" and ")),
            (able, []) => format!("{name} with {}", able.join(" and ")),
            (able, unable) => format!("{name} with {}, without {}", able.join(" and "), unable.join(" and ")),
        }
    };
    match shape {
        Shape::Scalar => "scalar".to_owned(),
        Shape::Table => "table function".to_owned(),
        Shape::Generator { .. } => "generator".to_owned(),
        Shape::Aggregate { retract, merge, .. } => with("aggregate", &[("retract", *retract), ("merge", *merge)]),
        Shape::Keyed { retract, merge, .. } => with("keyed aggregate", &[("retract", *retract), ("merge", *merge)]),
    }
}

fn state(shape: &Shape) -> Option<String> {
    match shape {
        Shape::Aggregate { state, .. } => Some(state.to_string()),
        Shape::Keyed { key, entry, .. } => Some(format!("map of {key} to {entry}")),
        Shape::Scalar | Shape::Table | Shape::Generator { .. } => None,
    }
}

/// What a null argument does and whether the result can be null.
fn nulls(function: &Function) -> String {
    let strict: Vec<_> = function.params.iter().filter(|p| !p.nullable).map(|p| p.name.as_str()).collect();
    let outcome = match function.shape {
        Shape::Scalar => "gives null",
        Shape::Table => "gives no rows",
        Shape::Aggregate { .. } | Shape::Keyed { .. } | Shape::Generator { .. } => "skips the row",
    };
    let taken = match strict.as_slice() {
        [] if function.params.is_empty() => String::new(),
        [] => "taken in every argument; ".to_owned(),
        strict => format!("{} null {outcome}; ", strict.join(" or ")),
    };
    let strict_scalar = !strict.is_empty() && matches!(function.shape, Shape::Scalar);
    let result = match (function.result_nullable, strict_scalar) {
        (true, _) => "the result can be null",
        (false, true) => "otherwise the result is not null",
        (false, false) => "the result is never null",
    };
    taken + result
}

fn imports(component: &Component) -> String {
    match component.imports.as_slice() {
        [] => "nothing".to_owned(),
        imports => format!("{} (types only)", imports.join(", ")),
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// `34,757` for 34757.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Lines that are one paragraph joined; a blank line, and one that starts an item of a list, begin another.
fn paragraphs(docs: &str) -> Vec<String> {
    let mut paragraphs: Vec<String> = Vec::new();
    let mut open = false;
    for line in docs.lines().map(str::trim) {
        let item = line.starts_with("- ") || line.starts_with("* ");
        match paragraphs.last_mut() {
            Some(last) if open && !item && !line.is_empty() => *last += &format!(" {line}"),
            _ => paragraphs.push(line.to_owned()),
        }
        open = !line.is_empty();
    }
    paragraphs
}

/// The text in lines of at most 100 characters, each after the indent.
fn wrapped(text: &str, indent: &str) -> Vec<String> {
    let mut lines = vec![indent.to_owned()];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        if lines[last].len() > indent.len() && lines[last].chars().count() + 1 + word.chars().count() > 100 {
            lines.push(format!("{indent}{word}"));
        } else {
            let space = if lines[last].len() > indent.len() { " " } else { "" };
            lines[last] += &format!("{space}{word}");
        }
    }
    lines
}

/// The component as JSON, for a program.
pub fn json(component: &Component) -> Value {
    json!({
        "digest": component.digest,
        "size": component.size,
        "imports": component.imports,
        "docs_note": component.docs_note,
        "functions": component.functions.iter().map(function_json).collect::<Vec<_>>(),
        "refused": component.refused.iter()
            .map(|r| json!({ "interface": r.interface, "reason": r.reason }))
            .collect::<Vec<_>>(),
    })
}

fn function_json(function: &Function) -> Value {
    let ksqldb = function.signature_ksqldb();
    let params: Vec<_> = function
        .params
        .iter()
        .map(|p| json!({ "name": p.name, "type": p.sql_type.to_string(), "nullable": p.nullable }))
        .collect();
    let (kind, retract, merge) = match &function.shape {
        Shape::Scalar => ("scalar", None, None),
        Shape::Aggregate { retract, merge, .. } => ("aggregate", Some(retract), Some(merge)),
        Shape::Keyed { retract, merge, .. } => ("keyed", Some(retract), Some(merge)),
        Shape::Table => ("table", None, None),
        Shape::Generator { .. } => ("generator", None, None),
    };
    json!({
        "name": function.sql_name,
        "interface": function.interface,
        "shape": kind,
        "params": params,
        "result": { "type": function.result.to_string(), "nullable": function.result_nullable },
        "flink": function.signature_flink(),
        "ksqldb": ksqldb.as_ref().ok(),
        "ksqldb_none": ksqldb.as_ref().err(),
        "state": state(&function.shape),
        "retract": retract,
        "merge": merge,
        "docs": function.docs,
        "function_docs": function.function_docs,
    })
}
