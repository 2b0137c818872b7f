//! The standard components, packed for Flink, and SQL that calls them in place of built-ins.

use std::path::PathBuf;
use std::sync::OnceLock;

use streamfn::host::Limits;
use streamfn::library::Library;
use streamfn::replay::Plugins;

use crate::command::{self, Desk};

const PREFIX: &str = "WASM_";

/// Built-ins that a component has under the same name and with the same result; AVG's is a DOUBLE there, whatever it is over.
const SAME: [&str; 5] = ["COLLECT", "COUNT", "MAX", "MIN", "SUM"];

/// Components beyond those that the library knows by itself.
pub fn wasm() -> Vec<PathBuf> {
    command::standard_plugins();
    vec![command::plugin("enrich")]
}

/// Compiled once for all questions.
pub fn compiled(library: &Library, limits: Limits) -> &'static Plugins {
    static PLUGINS: OnceLock<Plugins> = OnceLock::new();
    PLUGINS.get_or_init(|| library.compile(limits).unwrap())
}

/// The statements that register every packed function, as `pack` prints them.
fn statements() -> &'static str {
    static STATEMENTS: OnceLock<(Desk, String)> = OnceLock::new();
    let (_, statements) = STATEMENTS.get_or_init(|| {
        let desk = Desk::new();
        let pack = |name: &&str| {
            let (wasm, jar) = (command::plugin(name), desk.path(name).with_extension("jar"));
            let arguments = ["pack", "--engine", "flink", wasm.to_str().unwrap(), "-o", jar.to_str().unwrap()];
            desk.run(&arguments).done().to_owned()
        };
        let statements = command::PLUGINS.iter().map(pack).collect();
        (desk, statements)
    });
    statements
}

/// The SQL, after what registers the components' functions if it calls any.
pub fn registered(sql: &str) -> String {
    match sql.contains(PREFIX) {
        true => format!("{}\n{sql}", statements()),
        false => sql.to_owned(),
    }
}

/// The SQL with packed functions in place of the built-ins that have their names; `COUNT(*)` has no argument there. `None`: it
/// calls no such function.
pub fn in_components(sql: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = sql.replace("COUNT(*)", "COUNT()");
    let mut replaced = false;
    while let Some(call) = rest.find('(') {
        let start = rest[..call].rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |before| before + 1);
        let is_builtin = SAME.contains(&&rest[start..call]);
        out += &rest[..start];
        out += if is_builtin { PREFIX } else { "" };
        out += &rest[start..=call];
        replaced |= is_builtin;
        rest = rest.split_off(call + 1);
    }
    replaced.then(|| format!("{}\n{out}{rest}", statements()))
}
