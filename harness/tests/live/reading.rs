//! What is read of a cluster: which topics, from where to where, in what order, in which formats.

use crate::cluster::Cluster;
use crate::command::{Answer, Desk};

const STREAM: &str = "CREATE STREAM s (k STRING KEY, n INT) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');
                      CREATE STREAM r AS SELECT k, n FROM s EMIT CHANGES;";

fn replay(cluster: &Cluster, sql: &str, more: &[&str]) -> Answer {
    let desk = Desk::new();
    desk.file("s.sql", sql);
    let servers = cluster.servers();
    desk.run(&[&["replay", "--sql", "s.sql", "--format", "csv", "--bootstrap-server", &servers], more].concat())
}

/// Five records in two partitions, each with its time.
fn five() -> Cluster {
    let cluster = Cluster::new(&[("t", 2)]);
    for (partition, time) in [(0, 10), (0, 30), (1, 20), (1, 25), (1, 40)] {
        cluster.text("t", partition, time, &format!("p{partition}"), &format!("{{\"N\":{time}}}"));
    }
    cluster
}

#[test]
fn partitions_are_read_by_time() {
    let answer = replay(&five(), STREAM, &[]);
    assert_eq!(answer.out, "K,N\np0,10\np1,20\np1,25\np0,30\np1,40\n", "{}", answer.err);
}

#[test]
fn reading_begins_where_it_is_told_to() {
    let cluster = five();
    assert_eq!(replay(&cluster, STREAM, &["--from-offset", "1"]).out, "K,N\np1,25\np0,30\np1,40\n");
    assert_eq!(replay(&cluster, STREAM, &["--from-offset", "9"]).out, "K,N\n");
}

#[test]
fn a_topic_that_is_not_there_is_told_with_the_nearest() {
    let answer = replay(&Cluster::new(&[("orders", 1)]), &STREAM.replace("'t'", "'order'"), &[]);
    assert_eq!(answer.code, Some(2));
    assert!(answer.err.contains("has no topic order; did you mean orders?"), "{}", answer.err);
}

#[test]
fn a_cluster_that_is_not_there_is_told_in_time() {
    let desk = Desk::new();
    desk.file("s.sql", STREAM);
    let answer = desk.run(&["replay", "--sql", "s.sql", "--bootstrap-server", "127.0.0.1:1", "--timeout-s", "2"]);
    assert_eq!(answer.code, Some(2));
    assert!(answer.err.contains("broker 127.0.0.1:1: wanted what topics there are"), "{}", answer.err);
    assert!(answer.err.contains("refused"), "{}", answer.err);
}

#[test]
fn a_tombstone_deletes_a_row() {
    let cluster = Cluster::new(&[("t", 1)]);
    cluster.text("t", 0, 1, "a", r#"{"N":1}"#).text("t", 0, 2, "b", r#"{"N":2}"#).put("t", 0, 3, Some(b"a"), None);
    let sql = "CREATE TABLE s (k STRING PRIMARY KEY, n INT) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');
               CREATE TABLE r AS SELECT k, n FROM s EMIT CHANGES;";
    assert_eq!(replay(&cluster, sql, &[]).out, "K,N\nb,2\n");
}

/// The bytes are those of Kafka's serialisers: a number's own, the highest first; a double's by IEEE 754.
#[test]
fn keys_and_values_are_read_by_their_formats() {
    let cluster = Cluster::new(&[("int", 1), ("double", 1), ("line", 1)]);
    cluster.put("int", 0, 1, Some(&[0, 0, 1, 2]), Some(&[0, 0, 0, 0, 0, 0, 0, 9]));
    cluster.put("double", 0, 2, Some(&[0x40, 0x04, 0, 0, 0, 0, 0, 0]), Some("ü".as_bytes()));
    cluster.put("line", 0, 3, Some(b"k;7"), Some(b"1.5;\"x;y\""));
    let sql = "
        CREATE STREAM a (k INT KEY, v BIGINT) WITH (KAFKA_TOPIC = 'int', FORMAT = 'KAFKA');
        CREATE STREAM b (k DOUBLE KEY, v STRING) WITH (KAFKA_TOPIC = 'double', FORMAT = 'KAFKA');
        CREATE STREAM c (k STRING KEY, j INT KEY, v DOUBLE, w STRING)
          WITH (KAFKA_TOPIC = 'line', FORMAT = 'DELIMITED', KEY_DELIMITER = ';', VALUE_DELIMITER = ';');
        CREATE STREAM ra AS SELECT * FROM a EMIT CHANGES;
        CREATE STREAM rb AS SELECT * FROM b EMIT CHANGES;
        CREATE STREAM rc AS SELECT * FROM c EMIT CHANGES;";
    let answer = replay(&cluster, sql, &[]);
    // 258 = 0x102; 2.5 is 0x4004000000000000.
    let expected = "table,K,V\nRA,258,9\ntable,K,V\nRB,2.5,ü\ntable,K,J,V,W\nRC,k,7,1.5,x;y\n";
    assert_eq!(answer.out, expected, "{}", answer.err);
}

/// The bytes by Avro's specification: a union's second type and "hi", a zigzag 3 that may not be null; then null and -1.
#[test]
fn flinks_avro_has_no_schemas_id_and_is_read_by_the_columns() {
    let cluster = Cluster::new(&[("t", 1)]);
    cluster.put("t", 0, 1, None, Some(&[2, 4, b'h', b'i', 6])).put("t", 0, 2, None, Some(&[0, 1]));
    let sql = "CREATE TABLE s (a STRING, at TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', n INT NOT NULL)
                 WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'avro');
               CREATE TABLE r (a STRING, n INT) WITH ('connector' = 'print');
               INSERT INTO r SELECT a, n FROM s;";
    let answer = replay(&cluster, sql, &["--dialect", "flink"]);
    assert_eq!(answer.done(), "a,n\nhi,3\nnull,-1\n");
    cluster.put("t", 0, 3, None, Some(&[0, 1, 7]));
    let answer = replay(&cluster, sql, &["--dialect", "flink"]);
    answer.refused(&["topic t, partition 0, offset 2: value: broken Avro: 1 bytes are left", "the SQL's columns"]);
    let desk = Desk::new();
    desk.file("s.sql", sql);
    let servers = cluster.servers();
    let letters = ["--on-error", "dead-letter", "--dead-letters", "letters.jsonl"];
    let typed = ["replay", "--dialect", "flink", "--sql", "s.sql", "--bootstrap-server", &servers];
    desk.run(&[&typed[..], &letters].concat()).done();
    let again = desk.run(&["replay", "--dialect", "flink", "--sql", "s.sql", "--dead-letter", "letters.jsonl"]);
    assert_eq!(again.code, Some(1), "{again:?}");
    assert!(again.out.contains("still fails: value: broken Avro: 1 bytes are left"), "{again:?}");
}

#[test]
fn files_and_a_cluster_are_not_read_together() {
    let desk = Desk::new();
    desk.file("s.sql", STREAM).file("t.jsonl", "");
    let answer = desk.run(&["replay", "--sql", "s.sql", "--topic", "t=t.jsonl", "--bootstrap-server", "127.0.0.1:1"]);
    assert_eq!(answer.code, Some(2));
    assert!(answer.err.contains("leave --topic and --phases out"), "{}", answer.err);
}

#[test]
fn the_history_of_a_key_has_its_records_as_they_were_written() {
    let cluster = five();
    let desk = Desk::new();
    desk.file(
        "s.sql",
        STREAM.replace(
            "CREATE STREAM r AS SELECT k, n FROM s",
            "CREATE TABLE r AS SELECT k, SUM(n) AS n FROM s GROUP BY k",
        ),
    );
    let servers = cluster.servers();
    let answer = desk.run(&["replay", "--sql", "s.sql", "--bootstrap-server", &servers, "--explain", "p0"]);
    assert!(answer.out.contains("topic t, partition 0, offset 1"), "{answer:?}");
    assert!(answer.out.contains(r#"{"key":"p0","value":{"N":30}}"#), "{}", answer.out);
}

#[test]
fn a_case_is_verified_over_a_cluster() {
    let desk = Desk::new();
    desk.file(
        "c/s.sql",
        STREAM.replace(
            "CREATE STREAM r AS SELECT k, n FROM s",
            "CREATE TABLE r AS SELECT k, SUM(n) AS n FROM s GROUP BY k",
        ),
    );
    desk.file("c/case.toml", "sql = \"s.sql\"\norigin = \"by hand: 10 + 30, 20 + 25 + 40\"\n");
    desk.file("c/tables/R.txt", "| K  | N  |\n| p0 | 40 |\n| p1 | 85 |\n");
    let cluster = five();
    let servers = cluster.servers();
    let answer = desk.run(&["verify", "c", "--bootstrap-server", &servers]);
    assert!(answer.out.contains("1 equal, 0 different, 0 could not be run"), "{answer:?}");
    cluster.text("t", 0, 50, "p0", r#"{"N":1}"#);
    let answer = desk.run(&["verify", "c", "--bootstrap-server", &servers]);
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert!(answer.out.contains(r#"{"key":"p0","value":{"N":1}}"#), "{}", answer.out);
}

#[test]
fn a_cluster_without_a_name_is_told_at_once() {
    let desk = Desk::new();
    desk.file("s.sql", STREAM);
    let answer = desk.run(&["replay", "--sql", "s.sql", "--bootstrap-server", ""]);
    assert_eq!(answer.code, Some(2));
    assert!(answer.err.contains("--bootstrap-server: wanted HOST:PORT"), "{}", answer.err);
}
