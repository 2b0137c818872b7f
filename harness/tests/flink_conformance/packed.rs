//! The standard components, packed for Flink, and SQL that calls them in place of built-ins.

use std::path::PathBuf;
use std::sync::OnceLock;

use streamfn::host::Limits;
use streamfn::library::Library;
use streamfn::replay::Plugins;

use crate::command::{self, Desk};

const PREFIX: &str = "WASM_";

/// Built-ins that a component has with the same result, and its name there; AVG's is a DOUBLE, whatever it is over. The least
/// and greatest of rows that change are functions of their own.
const SAME: [(&str, &str); 5] = [
    ("COLLECT", "COLLECT"),
    ("COUNT", "COUNT"),
    ("MAX", "MAX_WITH_RETRACT"),
    ("MIN", "MIN_WITH_RETRACT"),
    ("SUM", "SUM"),
];

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
        let statements = command::ENGINE_PLUGINS.iter().map(pack).collect();
        (desk, statements)
    });
    statements
}

/// The SQL, after what registers the components' functions if it calls any. Where it registers some itself, the jars are those
/// packed here.
pub fn registered(sql: &str) -> String {
    let registers = |statement: &&str| {
        let code = statement.lines().filter(|line| !line.trim_start().starts_with("--"));
        code.collect::<String>().trim_start().starts_with("CREATE FUNCTION")
    };
    match sql.contains(PREFIX) {
        true => {
            let others: Vec<&str> = sql.split(';').filter(|statement| !registers(statement)).collect();
            format!("{}\n{}", statements(), others.join(";"))
        }
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
        out += &rest[..start];
        match SAME.iter().find(|(builtin, _)| *builtin == &rest[start..call]) {
            Some((_, component)) => out += &format!("{PREFIX}{component}("),
            None => out += &rest[start..=call],
        }
        replaced |= SAME.iter().any(|(builtin, _)| *builtin == &rest[start..call]);
        rest = rest.split_off(call + 1);
    }
    replaced.then(|| format!("{}\n{out}{rest}", statements()))
}
