//! `streamfn verify`: a wrong expectation is found to the cell, a broken case is told.

use crate::command::{Answer, Desk};

const CASE: &str = "sql = \"pipeline.sql\"\norigin = \"by hand\"\n";
const SQL: &str = "CREATE STREAM s (k STRING KEY, a INT, b DOUBLE) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');
CREATE TABLE totals AS SELECT k, SUM(a) AS n, SUM(b) AS total FROM s GROUP BY k;";
const RECORDS: &str = r#"{"key":"k","value":{"a":1,"b":0.5},"timestamp":1}
{"key":"l","value":{"a":2,"b":1.0},"timestamp":2}
{"key":"k","value":{"a":3,"b":0.75},"timestamp":3,"partition":1}
"#;
const TABLE: &str = "| k | n | total |\n|---|---|-------|\n| k | 4 | 1.25  |\n| l | 2 | 1.00  |\n";

/// A case that is right, in the directory `case`.
fn case() -> Desk {
    let desk = Desk::new();
    desk.file("case/case.toml", CASE).file("case/pipeline.sql", SQL).file("case/topics/t.jsonl", RECORDS);
    desk.file("case/tables/totals.txt", TABLE.replace("|---|---|-------|\n", ""));
    desk
}

fn verify(desk: &Desk) -> Answer {
    desk.run(&["verify", "case"])
}

#[test]
fn a_case_that_is_right_passes() {
    let desk = case();
    let answer = verify(&desk);
    assert!(answer.done().ends_with("1 equal, 0 different, 0 could not be run\n"), "{}", answer.out);
    let answer = desk.run(&["verify", "--format", "json", "case"]);
    assert_eq!(serde_json::from_str::<serde_json::Value>(answer.done()).unwrap()["equal"], true);
}

#[test]
fn a_wrong_cell_is_named_with_what_was_expected_what_was_found_and_the_record() {
    let wrong = [
        ("| k | 4 | 1.25", "| k | 5 | 1.25", "k, column n: expected 5, found 4, since topic t partition 1 offset 0"),
        (
            "| l | 2 | 1.00",
            "| l | 2 | 1.01",
            "l, column total: expected 1.01, found 1.0, since topic t partition 0 offset 1",
        ),
        (
            "| l | 2 | 1.00",
            "| l | 2 | null",
            "l, column total: expected null, found 1.0, since topic t partition 0 offset 1",
        ),
        ("| l | 2 | 1.00  |", "", "l: expected no such row, found l | 2 | 1.00, since topic t partition 0 offset 1"),
        ("| l | 2", "| m | 7 | 0.00 |\n| l | 2", "m: expected m | 7 | 0.00, found no such row"),
    ];
    for (right, wrong, message) in wrong {
        let desk = case();
        let table = TABLE.replace("|---|---|-------|\n", "");
        assert!(table.contains(right));
        desk.file("case/tables/totals.txt", table.replace(right, wrong));
        let answer = verify(&desk);
        assert_eq!(answer.code, Some(1), "{answer:?}");
        assert!(answer.out.contains(message), "wanted {message:?} in\n{}", answer.out);
        assert!(answer.out.ends_with("0 equal, 1 different, 0 could not be run\n"), "{}", answer.out);
    }
}

#[test]
fn a_broken_case_is_told_and_the_others_are_run() {
    let broken = [
        ("case/case.toml", "sql = ", "case/case.toml: TOML parse error at line 1"),
        ("case/case.toml", "sql = \"pipeline.sql\"", "case/case.toml: "),
        ("case/case.toml", "sql = \"pipeline.sql\"\norigin = \" \"", "case/case.toml: origin is empty: say where"),
        (
            "case/case.toml",
            "sql = \"pipeline.sql\"\norigin = \"x\"\ntolerence = \"exact\"",
            "unknown field `tolerence`",
        ),
        (
            "case/case.toml",
            "sql = \"gone.sql\"\norigin = \"x\"",
            "case/gone.sql: wanted the case's SQL, could not read it",
        ),
        (
            "case/tables/total.txt",
            "| k |\n",
            "total.txt: no query of case/pipeline.sql fills total; did you mean TOTALS?",
        ),
        ("case/tables/totals.txt", "| k | nn | total |\n", "totals.txt: TOTALS has no column nn; did you mean N?"),
        ("case/tables/totals.txt", "| k | n |\n", "totals.txt: column TOTAL is not in the expectation's header"),
        ("case/tables/totals.txt", "nothing\n", "totals.txt:1: wanted a table (| a | b | …), found none"),
        (
            "case/tables/totals.txt",
            "| k | n | total |\n| k | 1 |\n",
            "totals.txt:2: wanted 3 cells as in the header, found 2",
        ),
        ("case/pipeline.sql", "CREATE TABLE", "wanted a name, found the end of the statement"),
        ("case/topics/t.jsonl", "{", "case/topics/t.jsonl:1:1: broken JSON"),
        ("case/topics/tt.jsonl", "", "unknown topic tt; did you mean t?"),
    ];
    for (file, content, message) in broken {
        let desk = case();
        desk.file(file, content);
        // Another one beside it.
        desk.file("case2/case.toml", CASE).file("case2/pipeline.sql", SQL).file("case2/topics/t.jsonl", RECORDS);
        desk.file("case2/tables/totals.txt", TABLE.replace("|---|---|-------|\n", ""));
        let answer = desk.run(&["verify", "case", "case2"]);
        assert_eq!(answer.code, Some(2), "{answer:?}");
        answer.says(&["error: case: ", message]);
        assert!(answer.out.ends_with("1 equal, 0 different, 1 could not be run\n"), "{}", answer.out);
    }
}

#[test]
fn no_case_at_all_is_no_success() {
    let desk = Desk::new();
    desk.file("empty/readme.txt", "");
    desk.run(&["verify", "empty"]).refused(&["empty: no case.toml here or below"]);
    desk.run(&["verify", "gone"]).refused(&["gone: wanted a directory with cases"]);
    desk.file("case/case.toml", CASE).file("case/pipeline.sql", SQL).file("case/topics/t.jsonl", RECORDS);
    let answer = verify(&desk);
    assert_eq!(answer.code, Some(2));
    answer.says(&["case: no expectation: put the expected table into tables/NAME.txt"]);
}
