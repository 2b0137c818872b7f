//! A schema registry that answers as it is told, and what becomes of a replay when it does not as it should.

use std::collections::{HashMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::json;

use crate::cluster::Cluster;
use crate::command::{Answer, Desk};

/// One answer: a status and a body; none is a line that stays silent.
pub type Reply = Option<(u16, String)>;

pub struct Registry {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Registry {
    /// Answers each path by its replies, the last of them for ever.
    pub fn new(replies: impl IntoIterator<Item = (String, Vec<Reply>)>) -> Registry {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let replies: HashMap<String, VecDeque<Reply>> = replies.into_iter().map(|(p, r)| (p, r.into())).collect();
        let (replies, asked) = (Arc::new(Mutex::new(replies)), Arc::new(Mutex::new(vec![])));
        let log = asked.clone();
        // Ends with the test's process: the listener is its own.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (replies, log) = (replies.clone(), log.clone());
                std::thread::spawn(move || serve(stream.unwrap(), &replies, &log));
            }
        });
        Registry { address, asked }
    }

    /// Knows one schema.
    pub fn with(id: u32, schema: &serde_json::Value) -> Registry {
        Registry::new([(format!("/schemas/ids/{id}"), vec![known(schema)])])
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

pub fn known(schema: &serde_json::Value) -> Reply {
    Some((200, json!({"schema": schema.to_string()}).to_string()))
}

fn serve(mut stream: TcpStream, replies: &Mutex<HashMap<String, VecDeque<Reply>>>, log: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|read| read > 0) {
        let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut length = 0;
        let mut authorization = String::new();
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).unwrap();
            let header = header.trim();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if let Some((name, value)) = header.split_once(": ")
                && name.eq_ignore_ascii_case("authorization")
            {
                authorization = format!(" {value}");
            }
        }
        std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink()).unwrap();
        log.lock().unwrap().push(format!("{path}{authorization}"));
        let reply = {
            let mut replies = replies.lock().unwrap();
            match replies.get_mut(&path) {
                Some(replies) if replies.len() > 1 => replies.pop_front().unwrap(),
                Some(replies) => replies[0].clone(),
                None => Some((404, json!({"error_code": 40403, "message": "Schema not found"}).to_string())),
            }
        };
        match reply {
            Some((status, body)) => {
                write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
            }
            None => std::thread::sleep(std::time::Duration::from_secs(60)),
        }
        line.clear();
    }
}

const SQL: &str = "CREATE STREAM s (n INT) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'AVRO');
                   CREATE STREAM r AS SELECT n + 1 AS m FROM s EMIT CHANGES;";

fn schema() -> serde_json::Value {
    json!({"type": "record", "name": "r", "fields": [{"name": "N", "type": "int"}]})
}

/// A record of schema 7 with N = 20: a zigzag 40.
const RECORD: [u8; 6] = [0, 0, 0, 0, 7, 40];

fn replay(registry: &Registry, more: &[&str]) -> Answer {
    let cluster = Cluster::new(&[("t", 1)]);
    cluster.put("t", 0, 5, None, Some(&RECORD)).put("t", 0, 6, None, Some(&RECORD));
    let desk = Desk::new();
    desk.file("s.sql", SQL);
    let (servers, url) = (cluster.servers(), registry.url());
    let known =
        ["replay", "--sql", "s.sql", "--format", "json", "--bootstrap-server", &servers, "--schema-registry", &url];
    desk.run(&[&known, more].concat())
}

const ROWS: &str = "{\"table\":\"R\",\"row\":{\"M\":21}}\n{\"table\":\"R\",\"row\":{\"M\":21}}\n";

#[test]
fn a_schema_is_asked_for_once() {
    let registry = Registry::with(7, &schema());
    let answer = replay(&registry, &[]);
    assert_eq!(answer.out, ROWS, "{}", answer.err);
    assert_eq!(registry.asked(), ["/schemas/ids/7"]);
}

#[test]
fn a_registry_that_stumbles_is_asked_again() {
    let html = || Some((200, "<html>starting</html>".to_owned()));
    let replies = vec![Some((500, "no".to_owned())), html(), Some((404, "{}".to_owned())), known(&schema())];
    let answer = replay(&Registry::new([("/schemas/ids/7".to_owned(), replies)]), &[]);
    assert_eq!(answer.out, ROWS, "{}", answer.err);
}

#[test]
fn a_registry_that_is_down_ends_the_run_whatever_the_policy() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = Registry { address: listener.local_addr().unwrap().to_string(), asked: Arc::default() };
    drop(listener);
    let silent = Registry::new([("/schemas/ids/7".to_owned(), vec![None])]);
    let broken =
        Registry::new([("/schemas/ids/7".to_owned(), vec![Some((500, "out of\u{1b}[31m memory".to_owned()))])]);
    let html = Registry::new([("/schemas/ids/7".to_owned(), vec![Some((200, "<html>".to_owned()))])]);
    for (registry, last) in [(closed, "efused"), (silent, "timeout"), (broken, "500 out of"), (html, "found <html>")] {
        let answer = replay(&registry, &["--timeout-s", "2", "--on-error", "skip"]);
        assert_eq!(answer.code, Some(2), "{answer:?}");
        assert_eq!(answer.out, "");
        assert!(answer.err.contains(&registry.address) && answer.err.contains(last), "{last}: {}", answer.err);
        assert!(!answer.err.contains('\u{1b}'), "{}", answer.err);
    }
}

#[test]
fn an_id_that_nobody_knows_is_the_records_fault() {
    let nobody = Registry::new([]);
    let answer = replay(&nobody, &[]);
    assert_eq!(answer.code, Some(2));
    assert!(answer.err.contains("topic t, partition 0, offset 0: value: schema id 7 is unknown"), "{}", answer.err);
    let skipped = replay(&nobody, &["--on-error", "skip"]);
    assert_eq!((skipped.code, skipped.out.as_str()), (Some(0), ""));
    assert!(skipped.err.contains("records of t could not be decoded: 2 left out"), "{}", skipped.err);
}

#[test]
fn who_may_not_ask_or_asks_another_server_passes_over_no_record() {
    let answers = |status: u16, body: &str| {
        let replies = vec![Some((status, body.to_owned()))];
        Registry::new([("/schemas/ids/7".to_owned(), replies)])
    };
    let cases = [(401, "who?"), (403, "no"), (404, "<html>nothing here</html>"), (404, r#"{"status":404}"#)];
    for (status, body) in cases {
        let answer = replay(&answers(status, body), &["--on-error", "skip", "--timeout-s", "1"]);
        assert_eq!((answer.code, answer.out.as_str()), (Some(2), ""), "{status}: {answer:?}");
        answer.says(&["schema registry http://127.0.0.1", &format!("{status} ")]);
    }
}

#[test]
fn a_schema_of_another_type_is_named() {
    let protobuf = json!({"schema": "syntax = \"proto3\";", "schemaType": "PROTOBUF"}).to_string();
    let answer = replay(&Registry::new([("/schemas/ids/7".to_owned(), vec![Some((200, protobuf))])]), &[]);
    assert!(answer.err.contains("schema id 7: wanted an Avro schema, found one of type PROTOBUF"), "{}", answer.err);
}

#[test]
fn a_schema_that_names_others_is_read_with_them() {
    let outer = json!({"type": "record", "name": "r", "fields": [{"name": "N", "type": "other.number"}]});
    let inner =
        json!({"type": "record", "name": "number", "namespace": "other", "fields": [{"name": "X", "type": "int"}]});
    let reference = json!([{"name": "other.number", "subject": "a/number", "version": 3}]);
    let answer = json!({"schema": outer.to_string(), "references": reference}).to_string();
    let registry = Registry::new([
        ("/schemas/ids/7".to_owned(), vec![Some((200, answer))]),
        ("/subjects/a%2Fnumber/versions/3".to_owned(), vec![known(&inner)]),
    ]);
    let cluster = Cluster::new(&[("t", 1)]);
    cluster.put("t", 0, 5, None, Some(&RECORD));
    let desk = Desk::new();
    desk.file("s.sql", SQL.replace("n INT", "n STRUCT<x INT>").replace("n + 1", "n->x + 1"));
    let (servers, url) = (cluster.servers(), registry.url());
    let answer = desk.run(&[
        "replay",
        "--sql",
        "s.sql",
        "--format",
        "json",
        "--bootstrap-server",
        &servers,
        "--schema-registry",
        &url,
    ]);
    assert_eq!(answer.out, "{\"table\":\"R\",\"row\":{\"M\":21}}\n", "{}", answer.err);
}

#[test]
fn the_registry_gets_a_password_that_nobody_sees() {
    let registry = Registry::with(7, &schema());
    let answer = replay(&registry, &["--sr-user", "ada:hush"]);
    // printf ada:hush | base64
    assert_eq!(registry.asked(), ["/schemas/ids/7 Basic YWRhOmh1c2g="], "{}", answer.err);
    let down = Registry::new([("/schemas/ids/7".to_owned(), vec![Some((401, "who?".to_owned()))])]);
    let answer = replay(&down, &["--sr-user", "ada:hush"]);
    assert!(answer.err.contains("401 who?") && !answer.err.contains("hush"), "{}", answer.err);
}

#[test]
fn a_user_in_the_registrys_url_is_sent_and_not_shown() {
    let cluster = Cluster::new(&[("t", 1)]);
    cluster.put("t", 0, 5, None, Some(&RECORD));
    let registry = Registry::new([("/schemas/ids/7".to_owned(), vec![Some((500, "down".to_owned()))])]);
    let desk = Desk::new();
    desk.file("s.sql", SQL);
    let (servers, url) = (cluster.servers(), registry.url().replace("://", "://ada:hush@"));
    let typed = ["replay", "--sql", "s.sql", "--bootstrap-server", &servers, "--schema-registry", &url];
    let answer = desk.run(&[&typed[..], &["--timeout-s", "1", "--log-level", "trace"]].concat());
    answer.refused(&[&format!("schema registry {}/schemas/ids/7: no usable answer", registry.url()), "500 down"]);
    // printf ada:hush | base64
    assert_eq!(registry.asked()[0], "/schemas/ids/7 Basic YWRhOmh1c2g=");
    for secret in ["hush", "YWRhOmh1c2g"] {
        assert!(!answer.err.contains(secret), "{}", answer.err);
    }
}

#[test]
fn a_schema_that_the_registry_refuses_ends_the_run_before_anything_is_written() {
    let cluster = Cluster::new(&[("t", 1), ("r", 1)]);
    cluster.text("t", 0, 1, "a", r#"{"N":1}"#);
    let refusal = json!({"error_code": 409, "message": "Schema being registered is incompatible"}).to_string();
    let registry = Registry::new([("/subjects/r-value/versions".to_owned(), vec![Some((409, refusal))])]);
    let desk = Desk::new();
    desk.file(
        "s.sql",
        "CREATE STREAM s (k STRING KEY, n INT) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');
         CREATE STREAM r WITH (KAFKA_TOPIC = 'r', VALUE_FORMAT = 'AVRO') AS SELECT k, n FROM s EMIT CHANGES;",
    );
    let (servers, url) = (cluster.servers(), registry.url());
    let typed = ["replay", "--sql", "s.sql", "--write", "--bootstrap-server", &servers, "--schema-registry", &url];
    let answer = desk.run(&typed);
    answer.refused(&["/subjects/r-value/versions refused it: 409 ", "Schema being registered is incompatible"]);
    assert_eq!(registry.asked(), ["/subjects/r-value/versions"], "an answer is not asked for twice");
    assert_eq!(cluster.count("r"), 0);
}
