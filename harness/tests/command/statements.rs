//! SQL that cannot be run: the sentence says what is wrong and where. In every statement here § stands before that place.

use crate::command::{Desk, elsewhere};

const KSQLDB: &str = "CREATE STREAM s (k STRING KEY, a INT, b DOUBLE, c STRING, d BIGINT)
  WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');
CREATE TABLE t (k STRING PRIMARY KEY, a INT, b DOUBLE) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');
CREATE TABLE u (k STRING PRIMARY KEY, a INT) WITH (KAFKA_TOPIC = 'u', VALUE_FORMAT = 'JSON');\n";

const FLINK: &str = "CREATE TABLE s (k STRING, a INT, ts TIMESTAMP_LTZ(3)) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json');
CREATE TABLE o (k STRING, n BIGINT) WITH ('connector' = 'print');\n";

/// The error that a statement gets, after the sources it can name.
fn error(dialect: &str, statement: &str) -> String {
    let sources = if dialect == "flink" { FLINK } else { KSQLDB };
    let sql = format!("{sources}{statement}").replace('§', "");
    let plugin = elsewhere().to_str().unwrap();
    let answer = Desk::new().replay(&sql, "", &["--dialect", dialect, "--plugin", plugin]);
    assert_eq!((answer.code, answer.out.as_str()), (Some(2), ""), "{statement}\n{}", answer.err);
    answer.err
}

/// Line and column, from 1, of the § after the sources.
fn place(dialect: &str, statement: &str) -> String {
    let sources = if dialect == "flink" { FLINK } else { KSQLDB };
    let before = format!("{sources}{}", &statement[..statement.find('§').expect("a place")]);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    format!("{line}:{column}")
}

pub fn each(dialect: &str, cases: &[(&str, &str)], prefix: &str) {
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(statement, message)| {
            let wanted = format!("error: replay.sql: {prefix}{message} at {}\n", place(dialect, statement));
            let found = error(dialect, statement);
            (found != wanted).then(|| format!("{statement}\n  wanted {wanted}  found  {found}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_clause_of_ksqldb_without_a_rule_is_refused_by_name_and_place() {
    let cases = [
        ("CREATE TABLE x AS\n  SELECT k, COUNT(*) AS n FROM s GROUP BY k\n  §EMIT FINAL;", "EMIT FINAL"),
        ("CREATE STREAM x AS\n  SELECT k, §a % 1.5 AS y FROM s;", "INT % DECIMAL(2, 1)"),
        ("CREATE STREAM x AS\n  SELECT k, §b > 1234567890123456.5 AS y FROM s;", "DOUBLE > DECIMAL(17, 1)"),
        ("CREATE STREAM x AS\n  SELECT k FROM s\n  §ORDER BY a EMIT CHANGES;", "ORDER BY"),
        ("CREATE STREAM x AS\n  SELECT k FROM s\n  §LIMIT 3;", "LIMIT"),
        ("CREATE STREAM x AS\n  SELECT k FROM s\n  §OFFSET 3;", "OFFSET"),
        ("CREATE STREAM x AS\n  SELECT k FROM s\n  §FETCH FIRST 3 ROWS ONLY;", "FETCH"),
        ("CREATE STREAM x AS\n  SELECT k FROM s\n  §UNION SELECT k FROM s;", "UNION"),
        ("CREATE STREAM x AS\n  SELECT k FROM s\n  §UNION ALL SELECT k FROM s;", "UNION"),
        ("CREATE STREAM x AS\n  SELECT k FROM s\n  §INTERSECT SELECT k FROM s;", "INTERSECT"),
        (
            "CREATE STREAM x AS\n  SELECT k\n  FROM (§SELECT k FROM s) y;",
            "subquery in FROM; CREATE STREAM or CREATE TABLE gives it a name",
        ),
        ("CREATE STREAM x AS\n  SELECT k FROM s\n  WHERE A §IN (SELECT a FROM t);", "IN"),
        ("CREATE STREAM x AS\n  SELECT k FROM s\n  WHERE §EXISTS (SELECT k FROM t);", "EXISTS"),
        ("CREATE STREAM x AS\n  SELECT k FROM s\n  WHERE a > (§SELECT a FROM t);", "subquery"),
        (
            "CREATE STREAM x AS\n  SELECT k,\n    §CASE a WHEN 1 THEN 1 ELSE 2 END AS y FROM s;",
            "CASE with a value before WHEN",
        ),
        ("CREATE STREAM x AS\n  SELECT k,\n    §TRY_CAST(c AS INT) AS y FROM s;", "TRY_CAST"),
        ("CREATE STREAM x AS\n  SELECT k,\n    §CAST(c AS BOOLEAN) AS y FROM s;", "CAST of STRING to BOOLEAN"),
        ("CREATE STREAM x AS\n  SELECT k FROM s\n  WHERE (a > 1) §IS TRUE;", "IS TRUE"),
        ("CREATE STREAM x AS\n  SELECT k, a = §NULL AS y FROM s;", "NULL beside =; write IS NULL, or CAST(NULL AS …)"),
        ("CREATE STREAM x AS\n  §SELECT DISTINCT k FROM s;", "SELECT DISTINCT"),
        ("CREATE TABLE x AS\n  SELECT k, COUNT(§DISTINCT a) AS n FROM s GROUP BY k;", "DISTINCT in a function"),
        ("CREATE TABLE x AS\n  SELECT t.k AS k FROM t\n  §RIGHT JOIN u ON t.k = u.k;", "RIGHT JOIN"),
        ("CREATE TABLE x AS\n  SELECT t.k AS k FROM t\n  §CROSS JOIN u;", "CROSS JOIN"),
        (
            "CREATE STREAM x AS\n  SELECT s.k AS k FROM s\n  JOIN s AS r §WITHIN 1 HOUR ON s.k = r.k;",
            "WITHIN; a stream can be joined with a table, and a table with a table",
        ),
        (
            "CREATE TABLE x AS\n  SELECT t.k AS k FROM t\n  JOIN (§SELECT k FROM u) v ON t.k = v.k;",
            "subquery in FROM; CREATE STREAM or CREATE TABLE gives it a name",
        ),
        ("CREATE STREAM x AS\n  SELECT k FROM s,\n  §t;", "second table in FROM; write JOIN"),
        ("CREATE STREAM x AS\n  §WITH y AS (SELECT k FROM s) SELECT k FROM y;", "WITH"),
        ("CREATE STREAM x AS\n  SELECT k, COUNT(*) §OVER (PARTITION BY k) AS n FROM s;", "OVER"),
        ("CREATE TABLE x AS\n  SELECT k, COUNT(*) §FILTER (WHERE a > 1) AS n FROM s GROUP BY k;", "FILTER"),
        ("CREATE STREAM x AS\n  SELECT k, §NULL AS y FROM s;", "NULL here; write CAST(NULL AS …)"),
        ("CREATE STREAM x AS\n  SELECT k, §c || 'x' AS y FROM s;", "operator ||"),
        ("§INSERT INTO s\n  SELECT k, a, b, c, d FROM s;", "INSERT INTO S of what comes from S"),
        ("INSERT INTO s §(k, a) VALUES ('a', 1);", "INSERT INTO with a list of columns"),
        ("§DROP STREAM s;", "DROP statement"),
        ("§SELECT * FROM s EMIT CHANGES;", "SELECT statement; write CREATE STREAM or CREATE TABLE … AS SELECT"),
        ("§TERMINATE ALL;", "TERMINATE statement"),
        ("§DEFINE x = 'y';", "DEFINE statement"),
        ("CREATE §TYPE address AS STRUCT<a STRING>;", "CREATE TYPE in ksqlDB's dialect"),
        ("CREATE §SOURCE CONNECTOR c WITH ('a' = 'b');", "CREATE SOURCE"),
        ("CREATE §SINK CONNECTOR c WITH ('a' = 'b');", "CREATE SINK in ksqlDB's dialect"),
        (
            "CREATE STREAM h (k STRING KEY,\n  h ARRAY<STRUCT<key STRING, value BYTES>> §HEADERS) WITH (KAFKA_TOPIC = 'h');",
            "HEADERS column",
        ),
        (
            "CREATE STREAM h (k STRING KEY) WITH (KAFKA_TOPIC = 'h',\n  §VALUE_FORMAT = 'PROTOBUF');",
            "format PROTOBUF; there is JSON, AVRO, DELIMITED, KAFKA and NONE",
        ),
        (
            "CREATE STREAM h (k STRING KEY) WITH (KAFKA_TOPIC = 'h',\n  §WINDOW_TYPE = 'SESSION');",
            "property WINDOW_TYPE",
        ),
        ("CREATE STREAM h (k STRING KEY,\n  c §VARCHAR(20)) WITH (KAFKA_TOPIC = 'h');", "VARCHAR(20); write STRING"),
    ];
    each("ksqldb", &cases, "not supported: ");
}

#[test]
fn a_clause_of_flink_without_a_rule_is_refused_by_name_and_place() {
    let cases = [
        (
            "CREATE VIEW v AS SELECT k, a, ts FROM s;\n§INSERT INTO s SELECT k, a, ts FROM v;",
            "INSERT INTO s, which this or an earlier statement reads",
        ),
        (
            "CREATE TABLE x (a INT) WITH ('connector' = 'kafka', 'format' = 'json',\n  §'key.fields' = 'a');",
            "option key.fields",
        ),
        ("INSERT INTO o\n  SELECT k, a FROM s WHERE §CAST(ts AS STRING) = 'x';", "CAST of TIMESTAMP_LTZ(3) to STRING"),
        (
            "INSERT INTO o SELECT k, COUNT(*)\n  §FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '1' HOUR)) GROUP BY k;",
            "FROM TABLE(…)",
        ),
        ("INSERT INTO o\n  SELECT k, COUNT(*) §OVER (PARTITION BY k) FROM s;", "OVER"),
        ("INSERT INTO o\n  SELECT k, COUNT(*) FROM s GROUP BY §GROUPING SETS ((k), ());", "GROUPING SETS"),
        (
            "INSERT INTO o\n  SELECT k, a FROM s §MATCH_RECOGNIZE (PARTITION BY k MEASURES A.a AS x PATTERN (A) DEFINE A AS A.a > 1);",
            "MATCH_RECOGNIZE",
        ),
        ("§INSERT OVERWRITE o SELECT k, COUNT(*) FROM s GROUP BY k;", "INSERT statement"),
        ("CREATE §CATALOG c WITH ('type' = 'x');", "CREATE CATALOG in Flink's dialect"),
        (
            "CREATE TABLE z (a INT,\n  m MAP<STRING, BYTES> §METADATA FROM 'headers') WITH ('connector' = 'kafka');",
            "METADATA headers; there is topic, partition, offset and timestamp",
        ),
        (
            "CREATE TABLE z (a INT,\n  m INT §METADATA FROM 'offset') WITH ('connector' = 'kafka');",
            "METADATA offset as INT; write BIGINT",
        ),
        (
            "INSERT INTO o SELECT k, COUNT(*) FROM s GROUP BY k\n  §ON CONFLICT DO NOTHING;",
            "ON CONFLICT DO NOTHING, which goes by watermarks; ON CONFLICT DO DEDUPLICATE goes without",
        ),
        (
            "CREATE TABLE z (a INT,\n  b §TIMESTAMP(6)) WITH ('connector' = 'kafka');",
            "TIMESTAMP(6); the harness keeps milliseconds, write TIMESTAMP(3)",
        ),
        ("CREATE TABLE z §LIKE s;", "LIKE"),
        ("CREATE TABLE z (a INT) §PARTITIONED BY (a);", "PARTITIONED BY"),
    ];
    each("flink", &cases, "not supported: ");
}

#[test]
fn an_unknown_name_is_told_with_the_nearest_and_its_place() {
    let cases = [
        (
            "CREATE TABLE x AS\n  SELECT k,\n    §SUMM(a) AS n FROM s GROUP BY k;",
            "unknown function SUMM; did you mean SUM?",
        ),
        ("CREATE STREAM x AS\n  SELECT k, §WAT(d, c) AS n FROM s;", "unknown function WAT; did you mean VAT?"),
        ("CREATE STREAM x AS\n  SELECT k FROM §streem;", "unknown stream or table STREEM; there is S, T, U"),
        (
            "CREATE STREAM xx AS SELECT k FROM s;\nCREATE STREAM y AS\n  SELECT k FROM §xy;",
            "unknown stream or table XY; did you mean XX?",
        ),
        (
            "CREATE TABLE xx AS\n  SELECT t.k AS k FROM t JOIN §zz ON t.k = zz.k;",
            "unknown stream or table ZZ; there is S, T, U",
        ),
        // Names in quotes are exact.
        ("CREATE STREAM x AS\n  SELECT k FROM §`s`;", "unknown stream or table s; did you mean S?"),
        (
            "CREATE STREAM xx (qty INT) WITH (KAFKA_TOPIC = 't');\nCREATE STREAM x AS SELECT\n  §qyt FROM xx;",
            "unknown column QYT; did you mean QTY?",
        ),
        ("CREATE STREAM x AS\n  SELECT k, §s.zzz FROM s;", "unknown column S.ZZZ; there is K, A, B, C, D"),
        ("CREATE STREAM x AS\n  SELECT k FROM s WHERE §aa > 1;", "unknown column AA; did you mean A?"),
        ("CREATE STREAM x AS\n  SELECT k FROM s WHERE §zzzz > 1;", "unknown column ZZZZ; there is K, A, B, C, D"),
        (
            "CREATE STREAM h (k STRING KEY,\n  c §STRNG) WITH (KAFKA_TOPIC = 'h');",
            "ksqlDB has no type STRNG, or the harness does not know it",
        ),
        (
            "CREATE STREAM h (k STRING KEY, ts BIGINT) WITH (KAFKA_TOPIC = 'h',\n  §TIMESTAMP = 'tss');",
            "timestamp property: unknown column TSS; did you mean TS?",
        ),
        (
            "CREATE TABLE x AS\n  SELECT t.k AS k, §a FROM t JOIN u ON t.k = u.k;",
            "column A is in both tables; write the table before it",
        ),
    ];
    each("ksqldb", &cases, "");
}

#[test]
fn wrong_argument_types_list_the_signatures_there_are() {
    let cases = [
        (
            "CREATE TABLE x AS\n  SELECT k, §SUM(c) AS n FROM s GROUP BY k;",
            "there is no SUM(STRING); there is SUM(INT), SUM(BIGINT), SUM(DOUBLE), SUM(DECIMAL)",
        ),
        (
            "CREATE STREAM x AS\n  SELECT k, §VAT(c, d) AS n FROM s;",
            "there is no VAT(STRING, BIGINT); there is VAT(BIGINT, STRING)",
        ),
        (
            "CREATE STREAM x AS\n  SELECT k, §VAT(d) AS n FROM s;",
            "there is no VAT(BIGINT); there is VAT(BIGINT, STRING)",
        ),
        (
            "CREATE STREAM x AS\n  SELECT k, §FROM_UNIXTIME(c) AS n FROM s;",
            "there is no FROM_UNIXTIME(STRING); there is FROM_UNIXTIME(BIGINT)",
        ),
        (
            "CREATE TABLE x AS\n  SELECT k, §WEIGHTED_MEAN(c, d) AS n FROM s GROUP BY k;",
            "there is no WEIGHTED_MEAN(STRING, BIGINT); there is WEIGHTED_MEAN(DOUBLE, BIGINT)",
        ),
    ];
    each("ksqldb", &cases, "");
}

#[test]
fn types_that_do_not_go_together_are_both_named_with_their_place_and_a_way_out() {
    let ksqldb = [
        (
            "CREATE STREAM x AS\n  SELECT k FROM s WHERE §a = c;",
            "INT and STRING do not compare with =; CAST one of them, as CAST(x AS INT)",
        ),
        (
            "CREATE STREAM x AS\n  SELECT k FROM s WHERE §k BETWEEN 1 AND 2;",
            "STRING and INT do not compare with >=; CAST one of them, as CAST(x AS INT)",
        ),
        (
            "CREATE STREAM x AS\n  SELECT k,\n    §c + a AS y FROM s;",
            "STRING and INT do not go together with +; CAST one of them, as CAST(x AS INT)",
        ),
        (
            "CREATE STREAM x AS\n  SELECT k,\n    §CASE WHEN a > 1 THEN a ELSE d END AS y FROM s;",
            "CASE wants one type, found INT and BIGINT; CAST one of them, as CAST(x AS INT)",
        ),
        (
            "CREATE STREAM x AS\n  SELECT k FROM s WHERE §a IN (1, 'b');",
            "IN wants one type, found INT and STRING; CAST one of them, as CAST(x AS INT)",
        ),
        (
            "CREATE STREAM x AS\n  SELECT k FROM s WHERE §a LIKE 'b%';",
            "LIKE wants STRING, found INT; write CAST(x AS STRING)",
        ),
        ("CREATE STREAM x AS\n  SELECT k, §c[1] AS y FROM s;", "[] wants an ARRAY or a MAP on its left, found STRING"),
        ("CREATE STREAM x AS\n  SELECT k, c->§f AS y FROM s;", "-> wants a STRUCT on its left, found STRING"),
        (
            "CREATE STREAM x AS\n  SELECT k, §COALESCE(a, d) AS y FROM s;",
            "there is no COALESCE(INT, BIGINT); there is COALESCE(x, …)",
        ),
    ];
    each("ksqldb", &ksqldb, "");
    let flink = [
        (
            "INSERT INTO o\n  SELECT k, a FROM s WHERE §k > 1;",
            "STRING and INT do not compare with >; CAST one of them, as CAST(x AS INT)",
        ),
        (
            "INSERT INTO o\n  SELECT k, §CASE a WHEN 1 THEN a ELSE 'b' END FROM s;",
            "CASE wants one type, found INT and STRING; CAST one of them, as CAST(x AS INT)",
        ),
        ("INSERT INTO o\n  SELECT k, a.§b FROM s;", ". wants a ROW on its left, found INT"),
    ];
    each("flink", &flink, "");
}

#[test]
fn what_is_no_statement_of_the_dialect_is_told_with_its_place() {
    let cases = [
        ("§CREAT STREAM x AS SELECT k FROM s;", "wanted a statement (CREATE, INSERT INTO, SET), found CREAT"),
        ("CREATE §STREEM x AS SELECT k FROM s;", "wanted STREAM or TABLE after CREATE, found STREEM"),
        ("CREATE STREAM h (k STRING KEY,\n  a INT§;", "wanted ), found the end of the statement"),
        ("CREATE STREAM h (k STRING KEY) WITH (KAFKA_TOPIC §'h');", "wanted =, found 'h'"),
        (
            "CREATE STREAM h (k STRING KEY) WITH (KAFKA_TOPIC = 'h',\n  §kafka_topic = 'i');",
            "property KAFKA_TOPIC is given twice",
        ),
        ("CREATE STREAM h (k STRING KEY, a ARRAY§) WITH (KAFKA_TOPIC = 'h');", "wanted <, found )"),
        (
            "CREATE STREAM h (k STRING KEY, a §DECIMAL(39, 2)) WITH (KAFKA_TOPIC = 'h');",
            "DECIMAL(39, 2): wanted a precision of 1 to 38 and a scale of at most that",
        ),
        ("CREATE STREAM h WITH (KAFKA_TOPIC = 'h')§", "wanted columns or AS SELECT, found the end of the statement"),
        ("CREATE STREAM x AS\n  SELECT k FROM s WHERE a > 1 §2;", "wanted the end of the statement, found 2"),
        ("CREATE STREAM x AS SELECT k FROM s WHERE c = §'open;", "Unterminated string literal"),
        ("CREATE STREAM x AS\n  SELECT k, a + §, b FROM s;", "wanted an expression, found ,"),
        ("CREATE STREAM x AS\n  SELECT k FROM s WHERE§;", "wanted an expression, found the end of the statement"),
        ("CREATE §(k STRING KEY);", "wanted STREAM or TABLE after CREATE, found ("),
        ("CREATE STREAM h (k §'x') WITH (KAFKA_TOPIC = 'h');", "wanted a type, found 'x'"),
    ];
    each("ksqldb", &cases, "");
}

/// ksqlDB's aggregates that work over streams alone
/// (<https://docs.confluent.io/platform/current/ksqldb/developer-guide/ksqldb-reference/aggregate-functions.html>).
#[test]
fn what_cannot_undo_a_row_is_refused_over_ksqldbs_tables() {
    for (name, argument) in [
        ("MIN", "b"),
        ("MAX", "b"),
        ("EARLIEST_BY_OFFSET", "b"),
        ("LATEST_BY_OFFSET", "b"),
        ("COLLECT_SET", "b"),
        ("TOPK", "a, 2"),
    ] {
        let sql = format!("CREATE TABLE x AS\n  SELECT a, COUNT(*) AS n, §{name}({argument}) AS m FROM t GROUP BY a;");
        let message = format!(
            "{name} over a table: ksqlDB's has no undo for a row, and a table's rows are undone when they change"
        );
        each("ksqldb", &[(sql.as_str(), message.as_str())], "");
    }
}

#[test]
fn what_the_engine_refuses_is_refused() {
    let cases = [
        (
            "§CREATE STREAM x AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;",
            "the query gives a TABLE; write CREATE TABLE instead of CREATE STREAM",
        ),
        (
            "§CREATE TABLE x AS SELECT k, a FROM s;",
            "the query gives a STREAM; write CREATE STREAM instead of CREATE TABLE",
        ),
        (
            "CREATE TABLE h (§k STRING KEY, a INT) WITH (KAFKA_TOPIC = 'h');",
            "a stream has KEY columns and a table PRIMARY KEY columns",
        ),
        (
            "CREATE STREAM h (§k STRING PRIMARY KEY, a INT) WITH (KAFKA_TOPIC = 'h');",
            "a stream has KEY columns and a table PRIMARY KEY columns",
        ),
        ("§CREATE TABLE h (k STRING, a INT) WITH (KAFKA_TOPIC = 'h');", "table H has no PRIMARY KEY column"),
        ("§CREATE TABLE x AS SELECT COUNT(*) AS n FROM s GROUP BY k;", "the SELECT list lacks the key; add K"),
        ("§CREATE STREAM x AS SELECT a FROM s;", "the SELECT list lacks the key; add K"),
        (
            "CREATE TABLE x AS §SELECT l.k AS k, r.a AS a FROM t l JOIN t r ON l.k = r.k;",
            "ksqlDB joins nothing with itself",
        ),
        ("CREATE TABLE x AS §SELECT k FROM s GROUP BY k;", "ksqlDB takes GROUP BY only with an aggregate function"),
        ("CREATE STREAM §s AS SELECT k FROM s;", "S exists already"),
        ("CREATE STREAM x AS SELECT k, a,\n  §a FROM s;", "column A is selected twice; AS gives one another name"),
        ("CREATE STREAM x AS SELECT k, a,\n  b AS §A FROM s;", "column A is selected twice; AS gives one another name"),
        ("CREATE STREAM h (k STRING KEY, a INT,\n  §A STRING) WITH (KAFKA_TOPIC = 'h');", "column A is there twice"),
        (
            "§CREATE STREAM h (k STRING KEY, l STRING KEY) WITH (KAFKA_TOPIC = 'h');",
            "H has a key of several columns, which key format KAFKA cannot hold",
        ),
    ];
    each("ksqldb", &cases, "");
    let cases = [
        (
            "CREATE TABLE z (a INT, PRIMARY KEY (a)§) WITH ('connector' = 'kafka');",
            "Flink takes a PRIMARY KEY only with NOT ENFORCED",
        ),
        ("INSERT INTO §oo SELECT k, COUNT(*) FROM s GROUP BY k;", "unknown table oo; did you mean o?"),
        ("INSERT INTO §o SELECT k, k FROM s;", "o wants (k STRING, n BIGINT), the query gives (k STRING, k0 STRING)"),
        // Flink's names are exact.
        ("INSERT INTO o SELECT §K, COUNT(*) FROM s GROUP BY k;", "unknown column K; did you mean k?"),
    ];
    each("flink", &cases, "");
}

#[test]
fn a_clause_without_a_rule_is_told_with_what_there_is_instead() {
    let joins = "a stream can be joined with a table, and a table with a table";
    let (two, within) = (format!("JOIN of two streams; {joins}"), format!("WITHIN; {joins}"));
    let ksqldb = [
        (
            "CREATE STREAM r (k STRING KEY) WITH (KAFKA_TOPIC = 'r');
CREATE STREAM x AS\n  SELECT s.k AS k FROM s\n  §JOIN r ON s.k = r.k;",
            two.as_str(),
        ),
        ("CREATE STREAM x AS\n  SELECT s.k AS k FROM s JOIN t §WITHIN 5 MINUTES ON s.k = t.k;", &within),
        ("CREATE STREAM x AS\n  SELECT s.k AS k FROM s\n  §JOIN t;", "JOIN without ON; write ON a.x = b.x"),
        (
            "CREATE STREAM x AS\n  SELECT s.k AS k FROM s LEFT JOIN t\n  ON s.k = t.k AND §t.a > 1;",
            "> in a join's condition; wanted column = column, and the rest in WHERE",
        ),
        ("CREATE STREAM h (k STRING KEY) WITH (§KAFKA_TOPC = 'h');", "property KAFKA_TOPC; did you mean KAFKA_TOPIC?"),
    ];
    each("ksqldb", &ksqldb, "not supported: ");
    let flink = [
        ("INSERT INTO o SELECT s.k, 1 FROM s JOIN o §USING (k);", "USING; write ON a.x = b.x"),
        ("INSERT INTO o SELECT s.k, 1 FROM s §NATURAL JOIN o;", "NATURAL JOIN; write ON a.x = b.x"),
        ("INSERT INTO o SELECT s.k, 1 FROM s LEFT §SEMI JOIN o ON s.k = o.k;", "SEMI JOIN"),
        (
            "INSERT INTO o SELECT s.k, 1 FROM s JOIN o §FOR SYSTEM_TIME AS OF s.ts ON s.k = o.k;",
            "FOR SYSTEM_TIME AS OF",
        ),
        ("INSERT INTO o §VALUES ('a', 1);", "VALUES; records come from the topics' files"),
        ("§SELECT k FROM s;", "SELECT statement; write INSERT INTO … SELECT"),
        ("INSERT INTO o SELECT k, §\"a\" FROM s;", "\"a\" in double quotes; write `a` for a name, 'a' for a text"),
        (
            "CREATE TABLE z (a INT) WITH ('connector' = 'kafka', §'format' = 'protobuf');",
            "format protobuf; there is json, avro, avro-confluent, raw and debezium-json",
        ),
    ];
    each("flink", &flink, "not supported: ");
}

#[test]
fn the_planners_own_sentences_are_told_in_the_words_of_sql() {
    let ksqldb = [
        (
            "CREATE TABLE x AS\n  SELECT k, §a, COUNT(*) AS n FROM s GROUP BY k;",
            "column A is selected, but is neither in GROUP BY nor in an aggregate function",
        ),
        ("CREATE STREAM x AS\n  §SELECT k FROM s WHERE a;", "a condition wants a BOOLEAN, found INT"),
        (
            "CREATE TABLE x AS\n  SELECT t.k AS k, §v.a FROM t JOIN u ON t.k = u.k;",
            "unknown table V before A; there is T, U",
        ),
        (
            "CREATE TABLE x AS\n  SELECT t.k AS k, §u.zz FROM t JOIN u ON t.k = u.k;",
            "unknown column U.ZZ; there is K, A",
        ),
        (
            "CREATE TABLE x AS\n  SELECT k, COUNT(*) AS n FROM s WINDOW §SLIDING (SIZE 1 HOUR) GROUP BY k;",
            "wanted TUMBLING, HOPPING or SESSION after WINDOW, found SLIDING",
        ),
    ];
    each("ksqldb", &ksqldb, "");
    let flink =
        [("INSERT INTO o SELECT §zzz, 1 FROM s JOIN s AS z ON s.k = z.k;", "unknown column zzz; there is k, a, ts")];
    each("flink", &flink, "");
}
