//! Flink's joins, views, upserts, metadata and statement sets: what they give, and what is said of those that cannot be run.
//! § stands before the place. What Flink 2.3.0 refuses was asked of it.

use crate::command::Desk;
use crate::statements::each;

const UPSERTS: &str = "'connector' = 'upsert-kafka', 'topic' = 'u', 'key.format' = 'json', 'value.format' = 'json'";

fn rows(sql: &str, records: &str, more: &[&str]) -> Vec<String> {
    Desk::new().replay(sql, records, &[&["--dialect", "flink"], more].concat()).rows()
}

#[test]
fn what_kafka_knows_of_a_record_is_in_its_metadata_columns() {
    let sql = "CREATE TABLE s (a INT, at TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', `partition` INT METADATA VIRTUAL,
          `offset` BIGINT METADATA, `topic` STRING METADATA, twice AS a + a)
          WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json');
        CREATE TABLE o (a INT, at TIMESTAMP_LTZ(3), p INT, n BIGINT, t STRING, twice INT) WITH ('connector' = 'print');
        INSERT INTO o SELECT * FROM s;";
    let records = r#"{"value":{"a":4},"timestamp":7,"partition":2,"offset":9}"#;
    assert_eq!(rows(sql, records, &[]), [r#"{"a":4,"at":7,"p":2,"n":9,"t":"t","twice":8}"#]);
}

#[test]
fn columns_that_a_list_leaves_out_are_null_and_two_inserts_fill_one_topic() {
    let sql = "CREATE TABLE s (a INT, b STRING) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json');
        CREATE TABLE o (a INT, b STRING, c DOUBLE) WITH ('connector' = 'kafka', 'topic' = 'o', 'format' = 'json');
        EXECUTE STATEMENT SET BEGIN
        INSERT INTO o (c, a) SELECT a, a FROM s;
        INSERT INTO o SELECT n, t, CAST(n AS DOUBLE) FROM (SELECT a + 1 AS n, b AS t FROM s);
        END;";
    let found = rows(sql, r#"{"value":{"a":4,"b":"x"},"timestamp":7}"#, &[]);
    assert_eq!(found, [r#"{"a":4,"b":null,"c":4.0}"#, r#"{"a":5,"b":"x","c":5.0}"#]);
}

#[test]
fn rows_of_another_key_than_the_tables_are_told_by_the_columns_that_they_differ_in() {
    let sql = |more: &str| {
        format!(
            "{more} CREATE TABLE s (k STRING, a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json');
            CREATE TABLE o (k STRING, n BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ({UPSERTS});
            INSERT INTO o SELECT k, COUNT(*) FROM s WHERE k IS NOT NULL GROUP BY k, a"
        )
    };
    let records = "{\"value\":{\"k\":\"x\",\"a\":1},\"timestamp\":1}\n{\"value\":{\"k\":\"x\",\"a\":1},\"timestamp\":2}
{\"value\":{\"k\":\"x\",\"a\":2},\"timestamp\":3}";
    Desk::new().replay(&sql(""), records, &["--dialect", "flink"]).refused(&[
        "o: the query's rows are told apart by k, a, and the table keeps one row for each k",
        "ON CONFLICT DO DEDUPLICATE",
    ]);
    let deduplicated = sql("") + " ON CONFLICT DO DEDUPLICATE";
    for sql in [deduplicated, sql("SET 'table.exec.sink.require-on-conflict' = 'false';")] {
        let answer = Desk::new().replay(&sql, records, &["--dialect", "flink"]);
        assert!(answer.err.contains("rows that differ in a may be one row to its PRIMARY KEY (k)"), "{}", answer.err);
        assert_eq!(answer.rows(), [r#"{"k":"x","n":1}"#]);
    }
}

#[test]
fn what_flink_refuses_is_refused() {
    let cases = [
        (
            "CREATE TABLE x (a INT, PRIMARY KEY (a) NOT ENFORCED) WITH (\n  §'connector' = 'kafka', 'format' = 'json');",
            "x: connector kafka takes no PRIMARY KEY with format json, since nothing replaces a row of the same key there; leave \
             the key out, or take upsert-kafka",
        ),
        (
            "CREATE TABLE x (a INT) WITH (\n  §'connector' = 'upsert-kafka', 'key.format' = 'json', 'value.format' = 'json');",
            "x: connector upsert-kafka wants PRIMARY KEY (…) NOT ENFORCED",
        ),
        (
            "CREATE TABLE x (a INT, PRIMARY KEY (a) NOT ENFORCED) WITH (§'connector' = 'upsert-kafka', 'value.format' = 'json');",
            "x: connector upsert-kafka wants the option key.format",
        ),
        (
            "CREATE TABLE x (k STRING, n BIGINT) WITH ('connector' = 'kafka', 'format' = 'json');\n\
             INSERT INTO §x SELECT k, COUNT(*) FROM s GROUP BY k;",
            "x takes insertions alone, and GROUP BY with COUNT updates and deletes rows; wanted connector upsert-kafka, or kafka \
             with a format that has deletions, as debezium-json",
        ),
        (
            "CREATE VIEW v AS SELECT k FROM s;\nINSERT INTO §v SELECT k FROM s;",
            "v is a view; INSERT INTO wants a table",
        ),
        ("CREATE VIEW §v (a, b) AS SELECT k FROM s;", "view v names 2 columns, its query gives 1"),
        ("INSERT INTO §o SELECT k, n FROM o;", "o has a connector that is only written to; nothing reads it"),
        ("INSERT INTO o (k, §m) SELECT k, COUNT(*) FROM s GROUP BY k;", "o has no column m; there is k, n"),
        ("INSERT INTO o (k, §k) SELECT k, k FROM s;", "column k of o is named twice"),
        (
            "CREATE TABLE x (a INT NOT NULL, b STRING) WITH ('connector' = 'print');\nINSERT INTO §x (b) SELECT k FROM s;",
            "column a of x is NOT NULL, and the list of columns leaves it out",
        ),
        (
            "INSERT INTO o SELECT k, COUNT(*) FROM s GROUP BY k §ON CONFLICT DO DEDUPLICATE;",
            "ON CONFLICT is for a table of upserts, and o is none here",
        ),
        (
            "§EXECUTE STATEMENT SET BEGIN INSERT INTO o SELECT k, COUNT(*) FROM s GROUP BY k;",
            "the statement set that begins here has no END",
        ),
        (
            "BEGIN STATEMENT SET;\n§CREATE VIEW v AS SELECT k FROM s;\nEND;",
            "a statement set takes INSERT INTO and nothing else",
        ),
        (
            "INSERT INTO o SELECT k, x FROM s CROSS JOIN §UNNEST(k) AS t (x);",
            "UNNEST wants an ARRAY, MAP or MULTISET, found STRING",
        ),
    ];
    each("flink", &cases, "");
}

#[test]
fn what_would_change_answers_is_refused_and_not_passed_over() {
    let cases = [
        (
            "§SET 'execution.runtime-mode' = 'batch';",
            "SET 'execution.runtime-mode' = 'batch'; here it is always 'streaming'",
        ),
        ("INSERT INTO o SELECT k, COUNT(*) FROM s §/*+ STATE_TTL('s' = '1s') */ GROUP BY k;", "a hint, /*+ … */"),
        (
            "CREATE TABLE x (a INT) WITH ('connector' = 'kafka', 'format' = 'json',\n  §'json.fail-on-missing-field' = 'true');",
            "option json.fail-on-missing-field",
        ),
        (
            "CREATE TABLE x (a INT) WITH (§'connector' = 'upsert-kafa');",
            "connector upsert-kafa; did you mean upsert-kafka?",
        ),
    ];
    each("flink", &cases, "not supported: ");
}
