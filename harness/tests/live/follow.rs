//! `--follow`: what is there, then what arrives, until a signal comes.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::cluster::Cluster;
use crate::command::Desk;

#[test]
fn what_arrives_is_shown_until_the_end_is_asked_for() {
    let cluster = Cluster::new(&[("t", 2)]);
    cluster.text("t", 0, 1, "a", r#"{"N":1}"#).text("t", 1, 2, "b", r#"{"N":2}"#);
    let desk = Desk::new();
    desk.file(
        "s.sql",
        "CREATE STREAM s (k STRING KEY, n INT) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');
         CREATE TABLE r AS SELECT k, SUM(n) AS total FROM s GROUP BY k EMIT CHANGES;",
    );
    let servers = cluster.servers();
    let mut command = desk.command(&["replay", "--sql", "s.sql", "--follow", "--bootstrap-server", &servers]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || {
        let line: serde_json::Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        format!("{} {} {}", line["op"], line["row"], line["origin"]["offset"]).replace('"', "")
    };
    assert_eq!(next(), "upsert {K:a,TOTAL:1} 0");
    assert_eq!(next(), "upsert {K:b,TOTAL:2} 0");
    cluster.text("t", 0, 3, "a", r#"{"N":10}"#);
    assert_eq!(next(), "upsert {K:a,TOTAL:11} 1");
    cluster.text("t", 1, 4, "b", r#"{"N":20}"#);
    assert_eq!(next(), "upsert {K:b,TOTAL:22} 1");
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
