//! `streamfn new`: a plugin crate that builds, with tests and a golden case that pass, to be changed from there.
//!
//! Knows names and templates; compiles and runs nothing.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::contract;

/// Which shape of SQL function to start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Kind {
    /// One value from the values of one row.
    #[default]
    Scalar,
    /// One value from all rows of a group, over a state that the engine keeps.
    Aggregate,
    /// An aggregate over a map that the engine keeps; only the touched entry crosses the boundary.
    Keyed,
    /// Any number of rows from one row.
    Table,
}

/// Why no crate was written.
#[derive(Debug, thiserror::Error)]
pub enum NewError {
    #[error("`{name}` is no name for a function: {reason}")]
    Name { name: String, reason: String },
    #[error("{} is there already; take another name or remove it", .path.display())]
    Exists { path: PathBuf },
    #[error("{}: {source}", .path.display())]
    Io { path: PathBuf, source: io::Error },
}

/// Writes the crate `name` into a new directory of that name in `parent`, and returns the files in it.
pub fn create(parent: &Path, name: &str, kind: Kind) -> Result<Vec<PathBuf>, NewError> {
    check(name).map_err(|reason| NewError::Name { name: name.to_owned(), reason })?;
    let root = parent.join(name);
    if root.exists() {
        return Err(NewError::Exists { path: root });
    }
    let mut written = Vec::new();
    for (path, text) in files(name, kind) {
        let path = root.join(path);
        let failed = |source| NewError::Io { path: path.clone(), source };
        fs::create_dir_all(path.parent().unwrap_or(&root)).map_err(failed)?;
        fs::write(&path, text).map_err(failed)?;
        written.push(path);
    }
    Ok(written)
}

/// What differs between the kinds.
struct Template {
    world: &'static str,
    library: &'static str,
    pipeline: &'static str,
    topic: (&'static str, &'static str),
    table: (&'static str, &'static str),
    description: &'static str,
    /// How a person gets from the topic to the expected table.
    origin: &'static str,
}

impl Kind {
    fn template(self) -> Template {
        match self {
            Kind::Scalar => Template {
                world: include_str!("../templates/scalar/world.wit"),
                library: include_str!("../templates/scalar/lib.rs"),
                pipeline: include_str!("../templates/scalar/pipeline.sql"),
                topic: ("amounts", include_str!("../templates/scalar/topic.jsonl")),
                table: ("rounded", include_str!("../templates/scalar/table.txt")),
                description: "scalar function",
                origin: "each amount rounded to its step on paper; -150 lies between -200 and -100 and goes away from zero",
            },
            Kind::Aggregate => Template {
                world: include_str!("../templates/aggregate/world.wit"),
                library: include_str!("../templates/aggregate/lib.rs"),
                pipeline: include_str!("../templates/aggregate/pipeline.sql"),
                topic: ("deliveries", include_str!("../templates/aggregate/topic.jsonl")),
                table: ("shares", include_str!("../templates/aggregate/table.txt")),
                description: "aggregate function",
                origin: "k1 has three true among four rows that are not null, k2 none of one",
            },
            Kind::Keyed => Template {
                world: include_str!("../templates/keyed/world.wit"),
                library: include_str!("../templates/keyed/lib.rs"),
                pipeline: include_str!("../templates/keyed/pipeline.sql"),
                topic: ("orders", include_str!("../templates/keyed/topic.jsonl")),
                table: ("favourites", include_str!("../templates/keyed/table.txt")),
                description: "keyed aggregate function",
                origin: "k1 has tea twice and coffee once, k2 only water",
            },
            Kind::Table => Template {
                world: include_str!("../templates/table/world.wit"),
                library: include_str!("../templates/table/lib.rs"),
                pipeline: include_str!("../templates/table/pipeline.sql"),
                topic: ("articles", include_str!("../templates/table/topic.jsonl")),
                table: ("article_tags", include_str!("../templates/table/table.txt")),
                description: "table function",
                origin: "a1 has two tags and so two rows, a2 has none, a3 one",
            },
        }
    }
}

fn files(name: &str, kind: Kind) -> Vec<(PathBuf, String)> {
    let template = kind.template();
    let case = Path::new("cases").join(name);
    let filled = |text: &str| {
        text.replace("{{name}}", name)
            .replace("{{snake}}", &name.replace('-', "_"))
            .replace("{{SQL}}", &name.replace('-', "_").to_ascii_uppercase())
            .replace("{{kind}}", template.description)
            .replace("{{origin}}", template.origin)
    };
    let (topic, records) = template.topic;
    let (table, expected) = template.table;
    [
        (PathBuf::from("Cargo.toml"), include_str!("../templates/common/Cargo.toml")),
        (PathBuf::from(".gitignore"), include_str!("../templates/common/gitignore")),
        (PathBuf::from("README.md"), include_str!("../templates/common/README.md")),
        (PathBuf::from("wit/world.wit"), template.world),
        (PathBuf::from("src/lib.rs"), template.library),
        (case.join("case.toml"), include_str!("../templates/common/case.toml")),
        (case.join("pipeline.sql"), template.pipeline),
        (case.join("topics").join(topic).with_extension("jsonl"), records),
        (case.join("tables").join(table).with_extension("txt"), expected),
    ]
    .map(|(path, text)| (path, filled(text)))
    .to_vec()
}

/// A name is at once a WIT interface, a Rust crate and module, a directory and a SQL function; it must be good as each.
fn check(name: &str) -> Result<(), String> {
    let words: Vec<&str> = name.split('-').collect();
    let word = |w: &&str| w.starts_with(|c: char| c.is_ascii_lowercase()) && w.chars().all(is_word_character);
    if !words.iter().all(word) {
        return Err(match kebab(name) {
            Some(better) => format!("write it as WIT does, in lower case with hyphens: {better}"),
            None => "wanted are words of a-z and 0-9 with hyphens between them, each starting with a letter".to_owned(),
        });
    }
    if let Some((stem, end)) = name.rsplit_once("-of-")
        && !contract::name::function(name).overload.is_empty()
    {
        let sql = stem.replace('-', "_").to_ascii_uppercase();
        return Err(format!("ending in `-of-{end}` it would be an overload of {sql}; name the function: {stem}"));
    }
    for (reserved, whose) in [(RUST, "Rust"), (WIT, "WIT"), (SQL, "SQL")] {
        if reserved.contains(&name) {
            return Err(format!("it is a word of {whose}; add what it is about, such as {name}-price"));
        }
    }
    if name == "wit-bindgen" {
        return Err("the crate depends on one of that name".to_owned());
    }
    Ok(())
}

fn is_word_character(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

/// What somebody meant by `netPrice`, `NET_PRICE` or `net price`, if that is a name.
fn kebab(name: &str) -> Option<String> {
    let mut kebab = String::new();
    let mut after_lower = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && after_lower {
            kebab.push('-');
        }
        after_lower = is_word_character(c);
        kebab.push(if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
    }
    let kebab: Vec<&str> = kebab.split('-').filter(|word| !word.is_empty()).collect();
    let kebab = kebab.join("-");
    (kebab != name && check(&kebab).is_ok()).then_some(kebab)
}

/// Keywords, and the names that cargo refuses for a crate.
const RUST: &[&str] = &[
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "const",
    "continue",
    "core",
    "crate",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "proc-macro",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
];

const WIT: &[&str] = &[
    "as",
    "async",
    "bool",
    "borrow",
    "char",
    "constructor",
    "enum",
    "export",
    "f32",
    "f64",
    "flags",
    "from",
    "func",
    "future",
    "import",
    "include",
    "interface",
    "list",
    "map",
    "option",
    "own",
    "package",
    "record",
    "resource",
    "result",
    "s16",
    "s32",
    "s64",
    "s8",
    "static",
    "stream",
    "string",
    "tuple",
    "type",
    "u16",
    "u32",
    "u64",
    "u8",
    "use",
    "variant",
    "with",
    "world",
];

/// What neither dialect takes as a function's name.
const SQL: &[&str] = &[
    "and", "between", "by", "case", "cast", "create", "distinct", "drop", "emit", "end", "exists", "full", "group",
    "having", "inner", "insert", "into", "is", "join", "left", "like", "not", "null", "on", "or", "order", "outer",
    "right", "select", "table", "then", "union", "values", "when", "window", "within",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(name: &str) -> String {
        let nowhere = Path::new("/nonexistent");
        create(nowhere, name, Kind::Scalar).expect_err("the name must be refused").to_string()
    }

    #[test]
    fn a_name_in_another_case_is_refused_with_the_right_one() {
        for name in ["netPrice", "NET_PRICE", "Net price", "net--price"] {
            assert!(refusal(name).ends_with(": net-price"), "{}", refusal(name));
        }
    }

    #[test]
    fn a_name_that_no_language_takes_is_refused_with_the_reason() {
        for (name, reason) in [
            ("", "words of a-z"),
            ("top-10", "starting with a letter"),
            ("../escape", "escape"),
            ("größe", "lower case with hyphens"),
            ("match", "word of Rust"),
            ("list", "word of WIT"),
            ("select", "word of SQL"),
            ("wit-bindgen", "depends on one"),
        ] {
            assert!(refusal(name).contains(reason), "{name}: {}", refusal(name));
        }
    }

    #[test]
    fn a_name_that_reads_as_an_overload_is_refused_and_day_of_week_is_not() {
        assert!(
            refusal("sum-of-int").contains("an overload of SUM; name the function: sum"),
            "{}",
            refusal("sum-of-int")
        );
        assert!(refusal("max-of-timestamp-ltz").contains("overload of MAX"));
        assert_eq!(check("day-of-week"), Ok(()));
    }

    #[test]
    fn no_placeholder_is_left_in_any_file() {
        for kind in [Kind::Scalar, Kind::Aggregate, Kind::Keyed, Kind::Table] {
            for (path, text) in files("net-price", kind) {
                assert!(!text.contains("{{") && !text.contains("}}"), "{} of {kind:?}", path.display());
            }
        }
    }
}
