//! What columns without a name are called, and which topic a file is for.

use crate::command::Desk;

const STREAM: &str = "CREATE STREAM s (k STRING KEY, a INT, r STRUCT<x INT, `x` INT>)
  WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');\n";
const RECORD: &str = r#"{"key":"k","value":{"A":1,"R":{"X":5,"x":6}},"timestamp":1}"#;

/// By `ColumnNames.AliasGenerator` of ksqlDB: counted by themselves, past names that are in use; a field keeps its name.
#[test]
fn columns_without_a_name_are_counted_and_fields_keep_theirs() {
    let sql = format!("{STREAM}CREATE STREAM o AS SELECT k, a + 1, a AS ksql_col_1, a + 2, r->x, r->x FROM s;");
    let rows = Desk::new().replay(&sql, RECORD, &[]).rows();
    assert_eq!(rows, [r#"{"K":"k","KSQL_COL_0":2,"KSQL_COL_1":1,"KSQL_COL_2":3,"X":5,"X_1":5}"#]);
}

#[test]
fn a_quoted_field_is_another_than_the_one_without_quotes() {
    let sql = format!("{STREAM}CREATE STREAM o AS SELECT k, r->x AS big, r->`x` AS small FROM s;");
    assert_eq!(Desk::new().replay(&sql, RECORD, &[]).rows(), [r#"{"K":"k","BIG":5,"SMALL":6}"#]);
}

#[test]
fn a_topics_file_is_never_taken_for_a_relation_of_the_same_name() {
    let sql = "CREATE STREAM a (k STRING KEY, n INT) WITH (KAFKA_TOPIC = 'B', VALUE_FORMAT = 'JSON');
        CREATE STREAM b (k STRING KEY, n INT) WITH (KAFKA_TOPIC = 'c', VALUE_FORMAT = 'JSON');
        CREATE STREAM x AS SELECT * FROM a;
        CREATE STREAM y AS SELECT * FROM b;";
    let desk = Desk::new();
    desk.file("q.sql", sql).file("B.jsonl", r#"{"key":"k","value":{"N":1},"timestamp":1}"#);
    desk.run(&["replay", "--sql", "q.sql", "--topic", "B=B.jsonl"]).refused(&["no file for topic c"]);
}

#[test]
fn a_record_keeps_the_offset_that_a_dump_says() {
    let records = r#"{"key":"k","value":{"A":1},"timestamp":1,"offset":41}
{"key":"k","value":{"A":1},"timestamp":1}"#;
    let sql = format!("{STREAM}CREATE STREAM o AS SELECT k, a FROM s;");
    let answer = Desk::new().replay(&sql, records, &["--changelog"]);
    assert!(answer.done().contains("\"offset\":41") && answer.done().contains("\"offset\":42"), "{}", answer.out);
}

#[test]
fn a_statement_as_long_as_can_be_is_planned_and_a_longer_one_refused() {
    let sql = |terms: usize| format!("{STREAM}CREATE STREAM o AS SELECT k, a{} AS n FROM s;", " + 1".repeat(terms));
    assert_eq!(Desk::new().replay(&sql(4_900), RECORD, &[]).rows(), [r#"{"K":"k","N":4901}"#]);
    Desk::new().replay(&sql(5_000), RECORD, &[]).refused(&["not supported: a statement of", "at most 10000 at 3:1"]);
}

#[test]
fn flinks_sinks_keep_to_their_types_and_to_not_null() {
    let flink = |sink: &str, query: &str| {
        let sql = format!(
            "CREATE TABLE s (k STRING, m DECIMAL(10, 4), a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json');
             CREATE TABLE o ({sink}) WITH ('connector' = 'print');
             INSERT INTO o {query};"
        );
        Desk::new().replay(&sql, r#"{"value":{"k":null,"m":"1.5","a":2},"timestamp":1}"#, &["--dialect", "flink"])
    };
    flink("k STRING, m DECIMAL(10, 2)", "SELECT k, m FROM s")
        .refused(&["o wants (k STRING, m DECIMAL(10, 2)), the query gives (k STRING, m DECIMAL(10, 4))"]);
    for query in ["SELECT k FROM s", "SELECT k FROM s GROUP BY k"] {
        flink("k STRING NOT NULL", query).refused(&["column k of o is NOT NULL and would be null"]);
    }
    assert_eq!(flink("a INT NOT NULL", "SELECT a FROM s").rows(), [r#"{"a":2}"#]);
}

#[test]
fn group_by_and_having_do_not_see_the_names_that_select_gives() {
    for query in
        ["SELECT k AS g, COUNT(*) AS n FROM s GROUP BY g", "SELECT k, COUNT(*) AS n FROM s GROUP BY k HAVING n > 0"]
    {
        let answer = Desk::new().replay(&format!("{STREAM}CREATE TABLE o AS {query};"), RECORD, &[]);
        answer.refused(&["unknown column ", "don't see the names that SELECT gives at 3:"]);
    }
}

/// <https://docs.confluent.io/platform/current/ksqldb/developer-guide/ksqldb-reference/create-table-as-select.html>: without
/// a format of its own the result has its source's, so that a key of two columns needs none.
#[test]
fn a_result_is_in_the_formats_of_its_source() {
    let sql = "CREATE STREAM s (a STRING KEY, b STRING KEY, n INT) WITH (KAFKA_TOPIC = 't', FORMAT = 'JSON');
        CREATE TABLE o AS SELECT a, b, SUM(n) AS n FROM s GROUP BY a, b;";
    let rows = Desk::new().replay(sql, r#"{"key":{"A":"x","B":"y"},"value":{"N":3},"timestamp":1}"#, &[]).rows();
    assert_eq!(rows, [r#"{"A":"x","B":"y","N":3}"#]);
}

/// The statements are those that `streamfn pack` prints.
#[test]
fn a_function_is_called_by_the_names_that_it_has_in_an_engine() {
    let flink = |function: &str| {
        let sql = format!(
            "CREATE FUNCTION totals AS 'streamfn.aggregate.BasketTotals' USING JAR 'aggregate-flink.jar';
             CREATE TABLE s (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json');
             CREATE TABLE o (n INT) WITH ('connector' = 'print');
             INSERT INTO o SELECT {function} FROM s;"
        );
        Desk::new().replay(&sql, r#"{"value":{"a":7},"timestamp":1}"#, &["--dialect", "flink"])
    };
    assert_eq!(flink("WASM_SUM(a)").rows(), [r#"{"n":7}"#]);
    // It is known: that its arguments are wrong is said with the signature that exists.
    flink("totals(a)").refused(&["TOTALS(BIGINT, INT, DOUBLE)"]);
    // What a statement has named goes before a function of that name.
    let renamed = "CREATE FUNCTION WASM_MAX AS 'streamfn.aggregate.Min';
             CREATE TABLE s (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json');
             CREATE TABLE o (n INT) WITH ('connector' = 'print');
             INSERT INTO o SELECT WASM_MAX(a) FROM s;";
    let records = "{\"value\":{\"a\":7},\"timestamp\":1}\n{\"value\":{\"a\":9},\"timestamp\":2}";
    let least = Desk::new().replay(renamed, records, &["--dialect", "flink"]).rows();
    assert_eq!(least, [r#"{"n":7}"#]);
    let sql = format!("{STREAM}CREATE TABLE o AS SELECT k, MY_SUM(a) AS n FROM s GROUP BY k;");
    assert_eq!(Desk::new().replay(&sql, RECORD, &["--prefix", "my_"]).rows(), [r#"{"K":"k","N":1}"#]);
    Desk::new().replay(&sql, RECORD, &[]).refused(&["MY_SUM"]);
}
