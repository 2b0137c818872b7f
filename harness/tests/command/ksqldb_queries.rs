//! ksqlDB's joins, windows, keys, INSERTs and formats that cannot be run: what is said of them, and where. § stands before the
//! place.

use crate::command::Desk;
use crate::statements::each;

/// It is a NullPointerException in ksqlDB 8.3.1; what WHERE drops never comes there.
#[test]
fn a_null_value_ends_an_aggregate_in_windows() {
    let sql = |filter: &str| {
        format!(
            "CREATE STREAM s (k STRING KEY, a INT) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');
            CREATE TABLE x AS SELECT k, COUNT(*) AS n FROM s WINDOW SESSION (1 HOUR) {filter} GROUP BY k;"
        )
    };
    let records = "{\"key\": \"a\", \"value\": null, \"timestamp\": 1}\n";
    let wanted = "a null value of stream S comes to an aggregate in windows, which ends the query in ksqlDB";
    Desk::new().replay(&sql(""), records, &[]).refused(&[wanted, "topic t partition 0 offset 0"]);
    Desk::new().replay(&sql("WHERE a > 0"), records, &[]).done();
}

#[test]
fn sessions_that_become_one_have_no_more_entries_than_one_may() {
    let sql = "CREATE STREAM s (k STRING KEY, a STRING) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');
        CREATE TABLE x AS SELECT k, COLLECT(a) AS l FROM s WINDOW SESSION (5 SECONDS) GROUP BY k;";
    let record = |a: &str, time: u32| format!("{{\"key\": \"k\", \"value\": {{\"a\": {a}}}, \"timestamp\": {time}}}\n");
    let records = [record("\"p\"", 1000), record("\"q\"", 9000), record("null", 5000)].concat();
    Desk::new().replay(sql, &records, &["--limit-entries", "2"]).done();
    let wanted = "wanted at most 1 entries in a group (--limit-entries), found 2 of two sessions";
    Desk::new().replay(sql, &records, &["--limit-entries", "1"]).refused(&[wanted, "topic t partition 0 offset 2"]);
}

#[test]
fn text_that_is_no_time_is_told() {
    let source = "CREATE STREAM s (k STRING KEY, at STRING) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON'";
    let format = "TIMESTAMP = 'at', TIMESTAMP_FORMAT = 'yyyy-MM-dd'";
    let records = "{\"key\": \"a\", \"value\": {\"at\": \"soon\"}, \"timestamp\": 1}\n";
    let read = format!("{source}, {format});\nCREATE STREAM x AS SELECT k, at FROM s;");
    let wanted = "wanted the record's time in column AT as yyyy-MM-dd, found soon";
    Desk::new().replay(&read, records, &[]).refused(&["t.jsonl:1", wanted]);
    let written = format!("{source});\nCREATE STREAM x WITH ({format}) AS SELECT k, at FROM s;");
    let wanted = "column AT gives the record its time as yyyy-MM-dd, found soon";
    Desk::new().replay(&written, records, &[]).refused(&[wanted, "topic t partition 0 offset 0"]);
}

#[test]
fn what_has_no_rule_is_refused_by_name_and_place() {
    let cases = [
        (
            "CREATE TABLE w AS SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY k;\nCREATE TABLE x AS SELECT k, n FROM §w;",
            "windowed table W as a source",
        ),
        (
            "CREATE TABLE x AS\n  SELECT k, COUNT(*) AS n FROM s WINDOW SESSION (1 HOUR) GROUP BY k §EMIT FINAL;",
            "EMIT FINAL",
        ),
        (
            "CREATE TABLE x AS\n  SELECT k, §COLLECT_SET(c) AS n FROM s WINDOW SESSION (1 HOUR) GROUP BY k;",
            "COLLECT_SET in SESSION windows: a set of two sets has no rule",
        ),
        (
            "CREATE TABLE x AS\n  SELECT k, §LATEST_BY_OFFSET(c) AS n FROM s WINDOW SESSION (1 HOUR) GROUP BY k;",
            "LATEST_BY_OFFSET in SESSION windows: the first and the last of two sessions have no rule",
        ),
        (
            "CREATE STREAM y (k STRING KEY, a INT) WITH (KAFKA_TOPIC = 'y');\nCREATE STREAM x AS\n  SELECT s.k AS k FROM s\n  §JOIN y ON s.k = y.k;",
            "JOIN of two streams; a stream can be joined with a table, and a table with a table",
        ),
        (
            "CREATE TABLE y (k INT PRIMARY KEY, n INT) WITH (KAFKA_TOPIC = 'y');\nCREATE TABLE x AS\n  SELECT t.k AS k, y.n FROM t\n  §JOIN y ON t.a = y.k;",
            "JOIN by a foreign key",
        ),
        (
            "CREATE TABLE y (k STRING PRIMARY KEY, rowkey INT) WITH (KAFKA_TOPIC = 'y');\nCREATE TABLE x AS\n  SELECT t.k AS k, y.k FROM t\n  §FULL OUTER JOIN y ON t.k = y.k;",
            "FULL OUTER JOIN of a table with a column ROWKEY, which is what ksqlDB calls its key",
        ),
        ("CREATE STREAM x AS\n  SELECT k, a FROM s\n  §PARTITION BY NULL;", "PARTITION BY NULL"),
        (
            "CREATE STREAM y AS SELECT k, a FROM s;\nCREATE STREAM x AS\n  SELECT k, §ROWOFFSET AS o FROM y;",
            "ROWOFFSET of Y, which a query fills",
        ),
        (
            "CREATE TABLE x AS\n  SELECT a, SUM(§ROWTIME) AS times FROM t GROUP BY a;",
            "ROWTIME of a table in an aggregate, GROUP BY or WHERE",
        ),
        (
            "CREATE TABLE x AS\n  SELECT k, a FROM t\n  WHERE §ROWTIME > 1;",
            "ROWTIME of a table in an aggregate, GROUP BY or WHERE",
        ),
        (
            "CREATE STREAM y AS SELECT k, a FROM s;\nCREATE STREAM z AS SELECT k, a FROM y;\n§INSERT INTO y SELECT k, a FROM z;",
            "INSERT INTO Y of what comes from Y",
        ),
        (
            "CREATE STREAM h (k STRING KEY, t STRING) WITH (KAFKA_TOPIC = 'h', TIMESTAMP = 't',\n  §TIMESTAMP_FORMAT = 'd MMM yyyy');",
            "MMM in timestamp_format 'd MMM yyyy'; there is yyyy, MM, dd, HH, mm, ss, SSS, XXX",
        ),
    ];
    each("ksqldb", &cases, "not supported: ");
}

#[test]
fn what_ksqldb_refuses_is_refused() {
    let cases = [
        (
            "CREATE TABLE x AS\n  §SELECT s.k AS k FROM t\n  JOIN s ON s.k = t.k;",
            "ksqlDB joins no table with a stream; write the stream first",
        ),
        (
            "CREATE STREAM x AS\n  §SELECT s.k AS k, u.a AS a FROM s FULL OUTER JOIN u ON s.k = u.k;",
            "ksqlDB has no FULL OUTER JOIN of a stream with a table",
        ),
        (
            "CREATE STREAM x AS\n  §SELECT s.k AS k FROM s JOIN u ON s.a = u.a;",
            "a stream-table join wants the table's PRIMARY KEY in its condition",
        ),
        (
            "CREATE STREAM x AS\n  §SELECT s.k AS k FROM s JOIN u ON s.a = u.k;",
            "a join compares INT with STRING; CAST what the stream has",
        ),
        ("§CREATE STREAM x AS SELECT s.k AS k FROM s JOIN u ON s.c = u.k;", "the SELECT list lacks the key; add C"),
        (
            "CREATE TABLE x AS\n  §SELECT t.k AS k FROM t\n  JOIN u ON t.k = u.k\n  JOIN u AS v ON t.k = v.k;",
            "ksqlDB joins nothing with itself",
        ),
        (
            "CREATE TABLE x AS\n  §SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 HOUR);",
            "WINDOW wants a GROUP BY",
        ),
        (
            "CREATE TABLE x AS\n  §SELECT k, COUNT(*) AS n FROM t WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY k;",
            "ksqlDB groups only a stream in windows, found a table",
        ),
        (
            "CREATE TABLE x AS\n  SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 HOUR) WHERE §WINDOWSTART > 1 GROUP BY k;",
            "WINDOWSTART is known in the SELECT list, and there outside of functions that aggregate",
        ),
        (
            "CREATE TABLE x AS\n  SELECT k, MAX(a + §WINDOWEND) AS n FROM s WINDOW SESSION (1 HOUR) GROUP BY k;",
            "WINDOWEND is known in the SELECT list, and there outside of functions that aggregate",
        ),
        (
            "CREATE TABLE x AS\n  SELECT k, §WINDOWSTART, COUNT(*) AS n FROM s WINDOW SESSION (1 HOUR) GROUP BY k;",
            "WINDOWSTART is a reserved column name; AS gives the column another",
        ),
        (
            "CREATE TABLE x AS\n  SELECT k, COUNT(*) AS n FROM s WINDOW §HOPPING (SIZE 1 HOUR, ADVANCE BY 2 HOURS) GROUP BY k;",
            "a window advances by more than nothing and at most its size",
        ),
        (
            "CREATE TABLE x AS\n  SELECT k, COUNT(*) AS n FROM s WINDOW §TUMBLING (SIZE 1 HOUR, RETENTION 90 MINUTES, GRACE PERIOD 1 HOUR) GROUP BY k;",
            "RETENTION is at least the size of the window and its GRACE PERIOD",
        ),
        (
            "CREATE TABLE x AS\n  SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 §WEEK) GROUP BY k;",
            "wanted DAYS, HOURS, MINUTES, SECONDS or MILLISECONDS",
        ),
        (
            "CREATE TABLE x AS\n  SELECT k, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 HOUR, §ADVANCE BY 1 HOUR) GROUP BY k;",
            "wanted RETENTION or GRACE PERIOD, each once",
        ),
        // What it is partitioned by is the key of the result, and the old key no more.
        (
            "CREATE STREAM y AS SELECT * FROM s PARTITION BY c;\n§CREATE STREAM x AS SELECT k, a FROM y;",
            "the SELECT list lacks the key; add C",
        ),
        ("CREATE STREAM x AS\n  SELECT k, b FROM s PARTITION BY §a;", "the SELECT list lacks the key; add a"),
        (
            "CREATE TABLE x AS\n  SELECT a, COUNT(*) AS n FROM s GROUP BY a PARTITION BY §a;",
            "ksqlDB takes GROUP BY or PARTITION BY, not both",
        ),
        ("CREATE TABLE x AS\n  SELECT k, a FROM t PARTITION BY §a;", "ksqlDB partitions streams only, found a table"),
        ("INSERT INTO §t SELECT k, a, b FROM s;", "INSERT INTO wants a stream; T is a table"),
        ("INSERT INTO §ss SELECT k FROM t;", "unknown stream SS; did you mean S?"),
        ("INSERT INTO §s SELECT k, a FROM u;", "S is a stream, and the query gives a table"),
        (
            "CREATE STREAM y (k STRING KEY, a INT) WITH (KAFKA_TOPIC = 'y');\nINSERT INTO §s SELECT k, a FROM y;",
            "the result is not of the columns of S: wanted (K STRING KEY, A INT, B DOUBLE, C STRING, D BIGINT), found (K STRING KEY, A INT)",
        ),
        (
            "CREATE STREAM h (k STRING KEY, §rowtime BIGINT) WITH (KAFKA_TOPIC = 'h');",
            "ROWTIME is a reserved column name",
        ),
        (
            "§CREATE STREAM h (k STRING KEY, a INT, b INT) WITH (KAFKA_TOPIC = 'h', VALUE_FORMAT = 'KAFKA');",
            "H has 2 value columns, format KAFKA holds one",
        ),
        (
            "§CREATE STREAM h (k STRING KEY, a ARRAY<INT>) WITH (KAFKA_TOPIC = 'h', VALUE_FORMAT = 'DELIMITED');",
            "column A: its format holds no ARRAY<INT> in ksqlDB",
        ),
        (
            "CREATE STREAM h (k STRING KEY, a INT) WITH (KAFKA_TOPIC = 'h',\n  §VALUE_DELIMITER = '|', VALUE_FORMAT = 'JSON');",
            "VALUE_DELIMITER is for the format DELIMITED",
        ),
        (
            "CREATE STREAM h (k STRING KEY, a INT, b INT) WITH (KAFKA_TOPIC = 'h',\n  §WRAP_SINGLE_VALUE = 'false', VALUE_FORMAT = 'JSON');",
            "WRAP_SINGLE_VALUE is for a value of one column",
        ),
        (
            "§CREATE STREAM h (k STRING KEY, a STRING) WITH (KAFKA_TOPIC = 'h', TIMESTAMP = 'a');",
            "timestamp property: a STRING wants timestamp_format as well",
        ),
        (
            "§CREATE STREAM h (k STRING KEY, a BIGINT) WITH (KAFKA_TOPIC = 'h', TIMESTAMP = 'a', TIMESTAMP_FORMAT = 'yyyy');",
            "timestamp_format wants a STRING column in property timestamp",
        ),
    ];
    each("ksqldb", &cases, "");
}
