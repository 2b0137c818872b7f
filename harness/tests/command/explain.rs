//! `--explain KEY`: each record that had a part in a key, and what came out of every operator on its way.

use crate::command::{Answer, Desk};

const SQL: &str = "CREATE STREAM s (k STRING KEY, a INT) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');
CREATE TABLE totals AS SELECT k, SUM(a) AS n FROM s WHERE a > 0 GROUP BY k HAVING SUM(a) < 9;";
const RECORDS: &str = r#"{"key":"k","value":{"a":4},"timestamp":1}
{"key":"lime","value":{"a":2},"timestamp":2}
{"key":"k","value":{"a":-1},"timestamp":3}
{"key":"k","value":{"a":5},"timestamp":4}
"#;

fn explain(key: &str, more: &[&str]) -> Answer {
    Desk::new()
        .file("t.jsonl", RECORDS)
        .file("replay.sql", SQL)
        .run(&[&["replay", "--sql", "replay.sql", "--topic", "t=t.jsonl", "--explain", key], more].concat())
}

#[test]
fn a_key_is_followed_from_its_records_through_every_operator_to_the_table() {
    let wanted = r#"TOTALS, key k: 3 records

topic t partition 0 offset 0 (t.jsonl:1) {"key":"k","value":{"a":4}}
  source S     +I K=k, A=4
  WHERE        +I K=k, A=4
  GROUP BY K   +I K=k, SUM(S.A)=4
  HAVING       +I K=k, SUM(S.A)=4
  SELECT       +I K=k, N=4
  into TOTALS  +I K=k, N=4

topic t partition 0 offset 2 (t.jsonl:3) {"key":"k","value":{"a":-1}}
  source S     +I K=k, A=-1
  WHERE        nothing comes out

topic t partition 0 offset 3 (t.jsonl:4) {"key":"k","value":{"a":5}}
  source S     +I K=k, A=5
  WHERE        +I K=k, A=5
  GROUP BY K   -U K=k, SUM(S.A)=4
               +U K=k, SUM(S.A)=9
  HAVING       -D K=k, SUM(S.A)=4
  SELECT       -D K=k, N=4
  into TOTALS  -D K=k, N=4
"#;
    assert_eq!(explain("k", &[]).done(), wanted);
}

#[test]
fn a_key_may_be_given_by_its_columns_and_an_unknown_one_gets_the_nearest() {
    let answer = explain("k=k,n=4", &["--table", "totals"]);
    assert!(answer.done().starts_with("TOTALS, key k=k,n=4: 2 records\n"), "{answer:?}");
    explain("limes", &[]).refused(&["no record has a part in the key limes of TOTALS; did you mean lime?"]);
    explain("zzz", &[]).refused(&["no record has a part in the key zzz of TOTALS; there is k, lime"]);
    explain("k", &["--table", "total"]).refused(&["no query fills a table total; did you mean TOTALS?"]);
    explain("k", &["--format", "csv"]).refused(&["--explain writes text or --format json, no CSV"]);
}

#[test]
fn a_program_reads_a_record_on_each_line() {
    let answer = explain("lime", &["--format", "json"]);
    let line: serde_json::Value = serde_json::from_str(answer.done()).unwrap();
    assert_eq!(line["origin"], serde_json::json!({"topic": "t", "partition": 0, "offset": 1}));
    let steps = line["steps"].as_array().unwrap();
    let last = serde_json::json!({"at": "into TOTALS", "changes": [{"op": "+I", "row": {"K": "lime", "N": 2}}]});
    assert_eq!((steps.len(), steps.last()), (6, Some(&last)));
}

/// Two upserts of Flink's meet in a join: only the rows of the key are told, with their partners.
#[test]
fn of_a_record_that_leads_to_many_keys_only_the_path_to_this_one_is_told() {
    let sql = "CREATE TABLE sale (id STRING, product STRING) WITH ('connector' = 'kafka', 'topic' = 'sale', 'format' = 'json');
CREATE TABLE product (id STRING, name STRING, PRIMARY KEY (id) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 't', 'key.format' = 'raw', 'value.format' = 'json');
CREATE TABLE sold (id STRING, name STRING) WITH ('connector' = 'print');
INSERT INTO sold SELECT sale.id, product.name FROM sale LEFT JOIN product ON sale.product = product.id;";
    let desk = Desk::new();
    desk.file(
        "sale.jsonl",
        "{\"value\":{\"id\":\"a\",\"product\":\"p\"},\"timestamp\":1}\n{\"value\":{\"id\":\"b\",\"product\":\"p\"},\"timestamp\":2}\n",
    );
    let product = r#"{"key":"p","value":{"id":"p","name":"Chair"},"timestamp":3}"#;
    desk.file("replay.sql", sql).file("t.jsonl", product);
    let explain = |key| {
        let topics = ["--dialect", "flink", "--topic", "sale=sale.jsonl", "--topic", "t=t.jsonl"];
        desk.run(&[&["replay", "--sql", "replay.sql", "--explain", key], &topics[..]].concat())
    };
    let answer = explain("id=b");
    let (_, of_product) = answer.done().split_once("topic t partition 0 offset 0").unwrap();
    let join = of_product.lines().skip_while(|line| !line.contains("  JOIN ")).collect::<Vec<_>>();
    // The row of a is updated too, and no part of it.
    assert!(!of_product.contains("id=a"), "{}", answer.out);
    assert!(join[0].contains("left.id=b") && join[0].contains("name=null"), "{}", answer.out);
    assert!(of_product.contains("name=Chair") && of_product.contains("into sold"), "{}", answer.out);
    // A table without a key is asked by a column.
    explain("b").refused(&["sold has no key; write --explain COLUMN=VALUE"]);
}

#[test]
fn a_case_is_explained_with_the_records_of_its_topics() {
    let desk = Desk::new();
    desk.file("case/case.toml", "sql = \"pipeline.sql\"\norigin = \"by hand\"\n").file("case/pipeline.sql", SQL);
    desk.file("case/topics/t.jsonl", RECORDS).file("case/tables/totals.txt", "| k | n |\n| lime | 2 |\n");
    let answer = desk.run(&["verify", "--explain", "lime", "case"]);
    let record = r#"topic t partition 0 offset 1 (case/topics/t.jsonl:2) {"key":"lime","value":{"a":2}}"#;
    assert!(answer.done().contains(record), "{answer:?}");
    desk.run(&["verify", "--explain", "line", "case"])
        .refused(&["case: no record has a part in the key line", "mean lime?"]);
}
