//! `topics create` on a real broker.

use crate::command::Desk;
use crate::stack;

const SQL: &str = "
    CREATE STREAM s (k STRING KEY, n INT) WITH (KAFKA_TOPIC = 'events', VALUE_FORMAT = 'JSON', PARTITIONS = 2);
    CREATE TABLE t (k STRING PRIMARY KEY, n INT) WITH (KAFKA_TOPIC = 'state', VALUE_FORMAT = 'JSON');
    CREATE TABLE a WITH (KAFKA_TOPIC = 'sums') AS SELECT k, SUM(n) AS n FROM s GROUP BY k EMIT CHANGES;
    CREATE TABLE w WITH (KAFKA_TOPIC = 'windows') AS
      SELECT k, SUM(n) AS n FROM s WINDOW TUMBLING (SIZE 1 MINUTE) GROUP BY k EMIT CHANGES;
    CREATE STREAM o WITH (KAFKA_TOPIC = 'odd') AS SELECT k, n FROM s WHERE n % 2 = 1 EMIT CHANGES;";

#[test]
fn topics_are_made_once_and_what_differs_is_told() {
    let stack = stack::shared();
    let desk = Desk::new();
    desk.file("s.sql", SQL);
    let typed = ["topics", "create", "--sql", "s.sql", "--bootstrap-server", &stack.bootstrap_servers];
    let create = |more: &[&str]| desk.run(&[&typed[..], more].concat());
    let answer = create(&["--partitions", "3"]);
    let expected = "events: created, delete\nstate: created, compact\nsums: created, compact\n\
                    windows: created, compact,delete\nodd: created, delete\n";
    assert_eq!((answer.code, answer.out.as_str()), (Some(0), expected), "{}", answer.err);
    let there = "events: is there\nstate: is there\nsums: is there\nwindows: is there\nodd: is there\n";
    let again = create(&[]);
    assert_eq!((again.code, again.out.as_str()), (Some(0), there), "{}", again.err);

    let described = stack.tool("org.apache.kafka.tools.TopicCommand", &["--describe", "--topic", "events|state|sums"]);
    let line =
        |topic: &str| described.lines().find(|line| line.starts_with(&format!("Topic: {topic}\t"))).unwrap().to_owned();
    // ksqlDB gives a result as many partitions as what it reads first has.
    for (topic, partitions, cleanup) in [("events", 2, "delete"), ("state", 3, "compact"), ("sums", 2, "compact")] {
        let line = line(topic);
        assert!(line.contains(&format!("PartitionCount: {partitions}\t")), "{line}");
        assert!(line.contains(&format!("cleanup.policy={cleanup}")), "{line}");
    }

    desk.file(
        "s.sql",
        SQL.replace("PARTITIONS = 2", "PARTITIONS = 4")
            .replace("CREATE STREAM o", "CREATE TABLE o")
            .replace("AS SELECT k, n FROM s WHERE n % 2 = 1", "AS SELECT k, n FROM t WHERE n % 2 = 1"),
    );
    let differs = create(&[]);
    assert_eq!(differs.code, Some(1), "{differs:?}");
    assert!(differs.out.contains("events: partitions: wanted 4, found 2\n"), "{}", differs.out);
    assert!(differs.out.contains("odd: cleanup.policy: wanted compact, found delete\n"), "{}", differs.out);
}
