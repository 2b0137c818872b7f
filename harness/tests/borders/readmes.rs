//! Paths that a README names are there.

use std::fs;
use std::path::Path;

use crate::{assert_none, files, root};

#[test]
fn every_path_that_a_readme_names_is_there() {
    let root = root();
    let mut findings = Vec::new();
    for readme in files(&root, &["README.md"]) {
        // What `streamfn new` writes names the paths of a crate that is not there yet; its own test looks at those.
        if !readme.starts_with(root.join("harness/templates")) {
            let text = fs::read_to_string(&readme).unwrap();
            findings.extend(missing(&readme, &text, |path| exists(&root, &readme, path)));
        }
    }
    assert_none(&findings);
}

/// A path is relative to the README or to the checkout.
fn exists(root: &Path, readme: &Path, path: &str) -> bool {
    readme.parent().unwrap().join(path).exists() || root.join(path).exists()
}

fn missing(readme: &Path, text: &str, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    let mut fenced = false;
    // What a block after its language names is a file that the reader makes.
    let made: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("```")?.split_once(' ')).map(|(_, p)| p).collect();
    for (i, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            let named = links(line).into_iter().chain(code(line).into_iter().filter(|code| is_path(code)));
            let absent = named.filter(|path| !made.contains(path) && !exists(path));
            found.extend(absent.map(|path| format!("{}:{}: there is no {path}", readme.display(), i + 1)));
        }
    }
    found
}

/// Targets of `[text](target)` inside the checkout, without their anchors.
fn links(line: &str) -> Vec<&str> {
    let targets = line.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    let paths = targets.map(|target| target.split('#').next().unwrap_or(target));
    paths.filter(|path| !path.is_empty() && !path.contains(':')).collect()
}

/// What stands between backticks.
fn code(line: &str) -> Vec<&str> {
    line.split('`').skip(1).step_by(2).collect()
}

/// Whether a piece of code reads as a path of this checkout. What is built is not there before it is built, and NAME stands
/// for a name.
fn is_path(code: &str) -> bool {
    const TOP: [&str; 6] = ["wit", "plugins", "sql", "harness", ".ci", ".cargo"];
    const ENDS: [&str; 9] = [".rs", ".toml", ".wit", ".sql", ".md", ".avsc", ".jsonl", ".txt", ".java"];
    let plain = code.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
    let (first, _) = code.split_once('/').unwrap_or((code, ""));
    let inside = plain
        && code.contains('/')
        && !code.contains("//")
        && !code.starts_with('/')
        && first != "target"
        && !code.contains("NAME");
    inside && (TOP.contains(&first) || code.ends_with('/') || ENDS.iter().any(|end| code.ends_with(end)))
}

#[test]
fn a_path_that_is_gone_is_found_and_other_code_is_none() {
    let text = "See [the map](docs/map.md#rooms), `harness/gone.rs` and `wit/types/`.\n\
                [far](https://example.org/a.md) [here](#rooms) `a/b` `x.rs` `application/json` `harness/<name>/x.toml`\n\
                ```\n`harness/in-a-fence.rs`\n```\n\
                `topics/NAME.jsonl` `src/made.rs`\n```rust src/made.rs\n```\n";
    let found = missing(Path::new("README.md"), text, |path| path == "wit/types/");
    assert_eq!(found, ["README.md:1: there is no docs/map.md", "README.md:1: there is no harness/gone.rs"]);
}
