//! Input in phases, for `replay` and in cases: a later phase comes after everything before, whatever its records' times.

use crate::command::Desk;

const SQL: &str = "CREATE STREAM s (k STRING KEY, a INT) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');
CREATE TABLE totals AS SELECT k, SUM(a) AS n FROM s GROUP BY k;";
const LATER: &str = r#"{"key":"k","value":{"a":3},"timestamp":9}"#;
const EARLIER: &str = r#"{"key":"k","value":{"a":4},"timestamp":5}"#;
const CASE: &str = "sql = \"pipeline.sql\"\norigin = \"by hand\"\n";

#[test]
fn a_phase_comes_after_all_of_the_one_before_and_continues_its_topics() {
    let desk = Desk::new();
    // Folders go by number: as text, 10 would come before 2.
    desk.file("replay.sql", SQL).file("phases/2-setup/t.jsonl", LATER).file("phases/10-more/t.jsonl", EARLIER);
    let replay = ["replay", "--sql", "replay.sql", "--phases", "phases", "--changelog"];
    let answer = desk.run(&[&replay[..], &["--format", "csv"]].concat());
    assert_eq!(answer.done(), "phase,rowtime,op,K,N\n2-setup,9,upsert,k,3\n10-more,9,upsert,k,7\n");
    let answer = desk.run(&[&replay[..], &["--format", "json"]].concat());
    let wanted = r#"{"table":"TOTALS","phase":"10-more","rowtime":9,"op":"upsert","row":{"K":"k","N":7},"origin":{"topic":"t","partition":0,"offset":1}}"#;
    assert_eq!(answer.done().lines().nth(1), Some(wanted));
}

#[test]
fn the_topics_of_the_command_line_come_before_every_phase() {
    let desk = Desk::new();
    desk.file("phases/1-more/t.jsonl", EARLIER);
    let answer = desk.replay(SQL, LATER, &["--phases", "phases", "--changelog"]);
    let phases = answer.done().lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    assert_eq!(phases.map(|change| change["phase"].clone()).collect::<Vec<_>>(), ["", "1-more"]);
}

#[test]
fn a_folder_that_is_no_phase_is_told() {
    let wrong = [
        ("phases/setup/t.jsonl", "phases/setup: wanted a folder for each phase, named by its number first"),
        ("phases/1.jsonl", "phases/1.jsonl: wanted a folder for each phase"),
        ("phases/1-none/t.txt", "phases/1-none: wanted the phase's topics (TOPIC.jsonl or TOPIC.avro), found none"),
        ("phases/01-again/t.jsonl", "wanted one phase 1, found two"),
        ("phases/2-more/u.jsonl", "unknown topic u"),
    ];
    for (file, message) in wrong {
        let desk = Desk::new();
        desk.file("replay.sql", SQL).file("phases/1-setup/t.jsonl", LATER).file(file, EARLIER);
        desk.run(&["replay", "--sql", "replay.sql", "--phases", "phases"]).refused(&[message]);
    }
    Desk::new()
        .file("replay.sql", SQL)
        .run(&["replay", "--sql", "replay.sql", "--phases", "gone"])
        .refused(&["gone: wanted a folder"]);
}

#[test]
fn a_case_says_each_changes_phase_and_whether_their_order_matters() {
    let desk = Desk::new();
    let records = format!("{LATER}\n{}", LATER.replace("\"k\"", "\"l\""));
    desk.file("case/pipeline.sql", SQL);
    desk.file("case/phases/1-setup/t.jsonl", records).file("case/phases/2-more/t.jsonl", EARLIER);
    let verify = |order: &str, changes: &str| {
        desk.file("case/case.toml", format!("{CASE}{order}"));
        desk.file("case/changes/totals.txt", format!("| phase | rowtime | op | k | n |\n{changes}"));
        desk.run(&["verify", "case"])
    };
    let (k, l, more) =
        ("| 1-setup | 9 | upsert | k | 3 |\n", "| 1-setup | 9 | upsert | l | 3 |\n", "| 2-more | 9 | upsert | k | 7 |");
    verify("", &format!("{k}{l}{more}")).done();
    assert_eq!(verify("", &format!("{l}{k}{more}")).code, Some(1));
    verify("order = \"bags\"", &format!("{l}{k}{more}")).done();
    let answer = verify("order = \"bags\"", &format!("{l}{k}{}", more.replace("2-more", "1-setup")));
    assert_eq!(answer.code, Some(1));
    assert!(answer.out.contains("row 3: expected no such row, found 2-more | 9 | upsert | k | 7"), "{}", answer.out);
    // As often as it is expected, not once for all.
    assert_eq!(verify("order = \"bags\"", &format!("{l}{k}{k}{more}")).code, Some(1));
}

#[test]
fn flinks_changes_have_no_time() {
    let sql = "CREATE TABLE t (k STRING, a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json');
CREATE TABLE totals (k STRING, n INT) WITH ('connector' = 'print');
INSERT INTO totals SELECT k, SUM(a) FROM t GROUP BY k;";
    let answer =
        Desk::new().replay(sql, r#"{"value":{"k":"k","a":3},"timestamp":9}"#, &["--dialect", "flink", "--changelog"]);
    let wanted =
        r#"{"table":"totals","op":"+I","row":{"k":"k","n":3},"origin":{"topic":"t","partition":0,"offset":0}}"#;
    assert_eq!(answer.done().trim_end(), wanted);
}
