//! A golden case is whole: its SQL, what goes in, what is expected, and where the expectation comes from.

use std::fs;
use std::path::{Path, PathBuf};

use toml::Table;

use crate::{assert_none, root};

#[test]
fn every_case_says_what_goes_in_what_comes_out_and_who_says_so() {
    let mut findings = Vec::new();
    let cases = entries(&root().join("harness/cases"));
    assert!(!cases.is_empty(), "harness/cases: no case; `make` would compare nothing");
    for case in cases {
        findings.extend(shortcomings(&case));
    }
    assert_none(&findings);
}

fn shortcomings(case: &Path) -> Vec<String> {
    if !case.is_dir() {
        return vec![format!("{}: a file among the cases; each case is a directory", case.display())];
    }
    let file = case.join("case.toml");
    let settings = fs::read_to_string(&file).map_err(|e| e.to_string());
    let settings = settings.and_then(|text| text.parse::<Table>().map_err(|e| e.to_string()));
    let mut found = settings.as_ref().map_or_else(|e| vec![e.clone()], |table| unsettled(case, table));
    found.iter_mut().for_each(|finding| *finding = format!("{}: {finding}", file.display()));
    let topics = settings.ok().and_then(|table| Some(table.get("topics")?.as_table()?.clone())).unwrap_or_default();
    let elsewhere = topics.values().filter_map(toml::Value::as_str).map(|path| case.join(path));
    let folders = [vec![case.join("topics")], entries(&case.join("phases"))].concat();
    let inputs: Vec<_> = folders.iter().flat_map(|folder| entries(folder)).chain(elsewhere).collect();
    let expected: Vec<_> = ["tables", "changes"].iter().flat_map(|folder| entries(&case.join(folder))).collect();
    found.extend(without_text(case, "topics/ and phases/, and no [topics]", &inputs, "a golden needs an input"));
    found.extend(without_text(case, "tables/ and no changes/", &expected, "an input needs an expectation"));
    found
}

fn unsettled(case: &Path, settings: &Table) -> Vec<String> {
    let text = |key: &str| settings.get(key).and_then(toml::Value::as_str).unwrap_or("").trim().to_owned();
    let mut found = Vec::new();
    if text("origin").is_empty() {
        found.push(
            "no `origin`; an expectation says where it comes from, and never from our own output alone".to_owned(),
        );
    }
    match text("sql") {
        sql if sql.is_empty() => found.push("no `sql`; name the statements, relative to the case".to_owned()),
        sql if !case.join(&sql).is_file() => found.push(format!("`sql` names {sql}, which is not there")),
        _ => {}
    }
    found
}

fn without_text(case: &Path, places: &str, files: &[PathBuf], rule: &str) -> Vec<String> {
    if files.is_empty() {
        return vec![format!("{}: nothing in {places}; {rule}", case.display())];
    }
    let empty = |file: &&PathBuf| !fs::read(file).is_ok_and(|bytes| !bytes.trim_ascii().is_empty());
    files.iter().filter(empty).map(|file| format!("{}: empty or unreadable; {rule}", file.display())).collect()
}

/// What is in a directory, in order; nothing, if there is no such directory.
fn entries(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let mut entries: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}

#[test]
fn a_case_that_lacks_anything_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let case = directory.path().join("basket");
    let write = |path: &str, text: &str| {
        let path = case.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let said = || shortcomings(&case).join("\n");
    fs::create_dir(&case).unwrap();
    assert_eq!(shortcomings(&case).len(), 3, "{}", said());

    write("case.toml", "sql = \"pipeline.sql\"\norigin = \" \"\n");
    write("topics/baskets.jsonl", "\n");
    write("tables/totals.txt", "+---+\n");
    for lack in ["no `origin`", "names pipeline.sql, which is not there", "baskets.jsonl: empty"] {
        assert!(said().contains(lack), "{}", said());
    }
    write("case.toml", "sql = \"pipeline.sql\"\norigin = \"by hand\"\n");
    write("pipeline.sql", "SELECT 1;");
    write("topics/baskets.jsonl", "{}\n");
    assert_eq!(shortcomings(&case), Vec::<String>::new());

    write("case.toml", "sql = \"pipeline.sql\"\norigin = \"by hand\"\ntopics.baskets = \"../baskets.jsonl\"\n");
    fs::remove_dir_all(case.join("topics")).unwrap();
    assert!(said().contains("baskets.jsonl: empty or unreadable"), "{}", said());
    write("../baskets.jsonl", "{}\n");
    fs::rename(case.join("tables"), case.join("changes")).unwrap();
    assert_eq!(shortcomings(&case), Vec::<String>::new());
    assert_eq!(shortcomings(&case.join("pipeline.sql")).len(), 1);
}
