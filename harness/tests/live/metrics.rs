//! `--metrics` and `--log`: what a run tells of itself while it runs.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};

use crate::cluster::Cluster;
use crate::command::Desk;

const SQL: &str = "CREATE STREAM s (k STRING KEY, n INT) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');
                   CREATE TABLE r AS SELECT k, SUM(n) AS total FROM s GROUP BY k EMIT CHANGES;";

fn scrape(address: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn a_run_counts_what_it_does() {
    let cluster = Cluster::new(&[("t", 1)]);
    // 7 bytes of value and one of key, three times; and one that is no JSON.
    for key in ["a", "b", "a"] {
        cluster.text("t", 0, 1, key, r#"{"N":1}"#);
    }
    cluster.text("t", 0, 2, "a", "{");
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let desk = Desk::new();
    desk.file("s.sql", SQL);
    let servers = cluster.servers();
    let typed = ["replay", "--sql", "s.sql", "--follow", "--bootstrap-server", &servers, "--metrics", &free];
    let mut command = desk.command(&[&typed[..], &["--on-error", "dead-letter"]].concat());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    (0..3).for_each(|_| drop(lines.next().unwrap().unwrap()));
    // The states are looked at when something comes, at most each second.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    cluster.text("t", 0, 3, "c", r#"{"N":1}"#);
    lines.next().unwrap().unwrap();
    let mut text = scrape(&free);
    for _ in 0..50 {
        if text.contains("operator=\"R 1: GROUP BY K\"} 3") && text.contains("streamfn_lag_records{") {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
        text = scrape(&free);
    }
    for line in [
        "streamfn_records_total{topic=\"t\"} 4",
        "streamfn_bytes_total{topic=\"t\"} 34",
        "streamfn_changes_total{table=\"R\",op=\"+I\"} 3",
        "streamfn_changes_total{table=\"R\",op=\"+U\"} 1",
        "streamfn_calls_total{function=\"SUM\",call=\"accumulate\"} 4",
        "streamfn_call_errors_total{function=\"SUM\",call=\"accumulate\"} 0",
        "streamfn_call_seconds_bucket{function=\"SUM\",call=\"accumulate\",le=\"+Inf\"} 4",
        "streamfn_dead_letters_total{topic=\"t\"} 1",
        "streamfn_state_rows{operator=\"R 1: GROUP BY K\"} 3",
        "streamfn_lag_records{topic=\"t\",partition=\"0\"} 0",
    ] {
        assert!(text.contains(line), "{line}:\n{text}");
    }
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn an_address_that_cannot_be_had_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let desk = Desk::new();
    let answer = desk.file("s.sql", SQL).run(&["replay", "--sql", "s.sql", "--metrics", &address]);
    assert_eq!(answer.code, Some(2));
    assert!(answer.err.contains(&format!("--metrics {address}")), "{}", answer.err);
    let answer = desk.run(&["replay", "--sql", "s.sql", "--metrics", "nowhere"]);
    assert!(answer.err.contains("--metrics nowhere: wanted HOST:PORT"), "{}", answer.err);
}

#[test]
fn log_lines_are_json_where_that_is_asked_for_and_hold_no_secret() {
    let desk = Desk::new();
    desk.file("s.sql", SQL);
    let typed = ["replay", "--sql", "s.sql", "--bootstrap-server", "127.0.0.1:1", "--timeout-s", "1"];
    let sasl = ["-X", "security.protocol=SASL_PLAINTEXT", "-X", "sasl.mechanism=PLAIN", "-X", "sasl.username=ada"];
    let secret = ["-X", "sasl.password=hush", "-X", "debug=all", "--log", "json", "--log-level", "trace"];
    let answer = desk.run(&[&typed[..], &sasl, &secret].concat());
    let line = answer.err.lines().find(|line| line.contains(r#""target":"librdkafka""#)).expect("a line of the client");
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert!(line["fields"]["message"].is_string(), "{line}");
    assert!(!answer.err.contains("hush"), "{}", answer.err);
}

#[test]
fn a_property_that_is_misspelt_is_told_without_its_value() {
    let desk = Desk::new();
    desk.file("s.sql", SQL).file("c.properties", "sasl.pasword=hush\n");
    let typed = ["replay", "--sql", "s.sql", "--bootstrap-server", "127.0.0.1:1", "--timeout-s", "1"];
    let told = |more: &[&str], words: &[&str]| {
        let answer = desk.run(&[&typed[..], more].concat());
        answer.refused(words);
        assert!(!answer.err.contains("hush"), "{}", answer.err);
    };
    told(&["-X", "sasl.pasword=hush"], &["sasl.pasword: No such configuration property"]);
    told(&["--command-config", "c.properties"], &["sasl.pasword: No such configuration property"]);
    told(&["-X", "sasl.password:hush"], &["-X: wanted KEY=VALUE"]);
}
