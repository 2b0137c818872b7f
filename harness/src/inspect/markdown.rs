//! The function reference: what a component's docs say, one section a SQL name.

use std::fmt::Write;

use super::{nulls, shape};
use crate::contract::{Component, Function};

/// One section for each SQL name. The overload with the longest docs speaks for its siblings, which say what is different.
pub fn markdown(component: &Component) -> String {
    let sections = component.functions.chunk_by(|a, b| a.sql_name == b.sql_name).map(section);
    sections.collect::<Vec<_>>().join("\n")
}

fn section(overloads: &[Function]) -> String {
    let docs = |function: &Function| function.docs.clone().unwrap_or_default();
    let speaker = (0..overloads.len()).max_by_key(|at| (docs(&overloads[*at]).len(), std::cmp::Reverse(*at)));
    let Some(first) = speaker.map(|at| &overloads[at]) else { return String::new() };
    let mut text = format!("### {}\n\n", first.sql_name);
    let _ = writeln!(text, "{}\n", kind(first));
    if let Some(docs) = &first.docs {
        let _ = writeln!(text, "{}\n", docs.trim());
    }
    let others = overloads.iter().filter(|other| other.interface != first.interface);
    let mut said = kind(first);
    for function in std::iter::once(first).chain(others) {
        let _ = write!(text, "- {}", signature(function));
        let mut more = Vec::new();
        if kind(function) != said {
            said = kind(function);
            more.push(said.clone());
        }
        if function.interface != first.interface {
            more.extend(function.docs.as_deref().map(|docs| docs.split_whitespace().collect::<Vec<_>>().join(" ")));
        }
        if !more.is_empty() {
            let _ = write!(text, ": {}", more.join(" "));
        }
        text.push('\n');
    }
    text
}

/// What kind of function it is, and what null does.
fn kind(function: &Function) -> String {
    format!("{}; {}.", capital(&shape(&function.shape)), nulls(function))
}

fn signature(function: &Function) -> String {
    let flink = function.signature_flink();
    match function.signature_ksqldb() {
        Ok(ksqldb) if ksqldb == flink => format!("`{flink}`"),
        Ok(ksqldb) => format!("`{flink}`, in ksqlDB `{ksqldb}`"),
        Err(_) => format!("`{flink}`, Flink only"),
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}
