//! `streamfn verify` where something differs: the row on both sides, the record that made it, what its key went through.

use crate::command::Desk;

const SQL: &str = "CREATE STREAM s (k STRING KEY, a INT) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');
CREATE TABLE totals AS SELECT k, SUM(a) AS n FROM s GROUP BY k HAVING SUM(a) < 9;";
/// `gone` reaches 9, and is deleted.
const RECORDS: &str = r#"{"key":"k","value":{"a":1},"timestamp":1}
{"key":"lime","value":{"a":2},"timestamp":2}
{"key":"k","value":{"a":3},"timestamp":3,"partition":1}
{"key":"gone","value":{"a":4},"timestamp":4}
{"key":"gone","value":{"a":5},"timestamp":5}
"#;

/// What `verify` prints of a case whose expectation is wrong.
#[track_caller]
fn told(more: &str, file: &str, expectation: &str) -> String {
    let desk = Desk::new();
    desk.file("case/case.toml", format!("sql = \"pipeline.sql\"\norigin = \"by hand\"\n{more}"));
    desk.file("case/pipeline.sql", SQL).file("case/topics/t.jsonl", RECORDS);
    desk.file(&format!("case/{file}/totals.txt"), expectation);
    let answer = desk.run(&["verify", "case"]);
    assert_eq!((answer.code, answer.err.as_str()), (Some(1), ""), "{answer:?}");
    answer.out
}

#[track_caller]
fn shows(text: &str, wanted: &str) {
    assert!(text.contains(wanted), "wanted\n{wanted}\nin\n{text}");
}

#[test]
fn a_wrong_cell_is_marked_in_its_row_with_its_record_and_the_changes_of_its_key() {
    let text = told("", "tables", "| k | n |\n| k | 5 |\n| lime | 2 |\n");
    let wanted = r#"  k, column n: expected 5, found 4, since topic t partition 1 offset 0
               k | n
    expected   k | 5
    found      k | 4
                   ^
    record     case/topics/t.jsonl:3
               {"key":"k","value":{"a":3}}
    changes of k in their order:
      upsert  K=k, N=1, topic t partition 0 offset 0
      upsert  K=k, N=4, topic t partition 1 offset 0
"#;
    shows(&text, wanted);
}

#[test]
fn a_row_that_is_missing_was_deleted_by_a_record_or_never_there() {
    let text = told("", "tables", "| k | n |\n| k | 4 |\n| lime | 2 |\n| gone | 9 |\n| limes | 2 |\n");
    shows(&text, "gone: expected gone | 9, found no such row; deleted by topic t partition 0 offset 3\n");
    shows(&text, r#"               {"key":"gone","value":{"a":5}}"#);
    shows(&text, "      upsert  K=gone, N=4, topic t partition 0 offset 2\n      delete  K=gone, N=null,");
    shows(&text, "no change has the key limes; the nearest is lime\n");
}

#[test]
fn a_row_too_many_is_told_with_the_record_it_comes_from() {
    let text = told("", "tables", "| k | n |\n| k | 4 |\n");
    shows(&text, "lime: expected no such row, found lime | 2, since topic t partition 0 offset 1\n");
    shows(
        &text,
        r#"    record     case/topics/t.jsonl:2
               {"key":"lime","value":{"a":2}}"#,
    );
}

#[test]
fn a_sequence_of_changes_shows_where_it_parts_and_counts_the_rest() {
    let text = told("", "changes", "| rowtime | op | k | n |\n| 1 | upsert | k | 1 |\n| 2 | upsert | lime | 3 |\n");
    let wanted = "
    equal      1       | upsert | k    | 1
    expected   2       | upsert | lime | 3
    found      2       | upsert | lime | 2
                                         ^
    found      3       | upsert | k    | 4
    found      4       | upsert | gone | 4
";
    shows(&text, wanted);
    shows(&text, "  that is where they part; of the rows behind it 3 differ too\n");
    // What came later is no part of how it got there.
    assert!(!text.contains("changes of k"), "{text}");
}

#[test]
fn bags_of_changes_show_what_only_one_side_has() {
    let changes =
        "| rowtime | op | k | n |\n| 5 | delete | gone | null |\n| 3 | upsert | k | 4 |\n| 1 | upsert | k | 1 |
| 2 | upsert | lime | 2 |\n| 4 | upsert | gone | 7 |\n";
    let text = told("order = \"bags\"\n", "changes", changes);
    shows(&text, "row 5: expected 4 | upsert | gone | 7, found no such row");
    shows(&text, "row 4: expected no such row, found 4 | upsert | gone | 4, since topic t partition 0 offset 2\n");
    assert_eq!(text.matches(": expected ").count(), 2, "{text}");
}

#[test]
fn of_many_rows_ten_are_shown_and_the_rest_counted() {
    let rows: String = (0..23).map(|row| format!("| {row} | 1 |\n")).collect();
    let text = told("", "tables", &format!("| k | n |\n| k | 4 |\n| lime | 2 |\n{rows}"));
    assert_eq!(text.matches(": expected ").count(), 10, "{text}");
    shows(&text, "  and 13 more rows\n");
}

#[test]
fn text_that_a_terminal_obeys_is_escaped_and_long_text_cut() {
    let desk = Desk::new();
    let record = format!(r#"{{"key":"k","value":{{"c":"\u001b[2J{}"}},"timestamp":1}}"#, "x".repeat(900));
    desk.file("case/case.toml", "sql = \"pipeline.sql\"\norigin = \"by hand\"\n");
    desk.file(
        "case/pipeline.sql",
        "CREATE TABLE s (k STRING PRIMARY KEY, c STRING) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');
CREATE TABLE texts AS SELECT k, c FROM s;",
    );
    desk.file("case/topics/t.jsonl", record)
        .file("case/changes/texts.txt", "| rowtime | op | k | c |\n| 1 | upsert | k | \u{1b}[2J |\n");
    let answer = desk.run(&["verify", "case"]);
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert!(!answer.out.contains('\u{1b}'), "{answer:?}");
    let (_, differences) = answer.out.split_once("different from the expectation").unwrap();
    assert!(differences.lines().all(|line| line.chars().count() < 700), "{differences}");
    shows(differences, "expected   1       | upsert | k | \\u{1b}[2J");
}

#[test]
fn a_program_reads_the_same() {
    let desk = Desk::new();
    desk.file("case/case.toml", "sql = \"pipeline.sql\"\norigin = \"by hand\"\n");
    desk.file("case/pipeline.sql", SQL).file("case/topics/t.jsonl", RECORDS);
    desk.file("case/tables/totals.txt", "| k | n |\n| k | 5 |\n| limes | 2 |\n| lime | 2 |\n");
    let answer = desk.run(&["verify", "--format", "json", "case"]);
    let report: serde_json::Value = serde_json::from_str(&answer.out).unwrap();
    let [cell, missing] = report["tables"][0]["differences"].as_array().unwrap().as_slice() else {
        panic!("{report:#}");
    };
    assert_eq!(cell["cells"], serde_json::json!([{"column": "n", "expected": "5", "found": "4"}]));
    assert_eq!(cell["record"]["place"], "case/topics/t.jsonl:3");
    assert_eq!(cell["record"]["text"], r#"{"key":"k","value":{"a":3}}"#);
    assert_eq!(cell["history"]["changes"][0]["row"], serde_json::json!({"K": "k", "N": 1}));
    assert_eq!((&missing["found"], &missing["history"]["nearest"]), (&serde_json::Value::Null, &"lime".into()));
}
