//! `--write` over brokers that fail as they are told; `harness/tests/exactly_once` has real ones.

use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};

use crate::cluster::Cluster;
use crate::command::{Answer, Desk};

const SQL: &str = "CREATE TABLE s (k STRING PRIMARY KEY, n INT) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');
                   CREATE TABLE r WITH (KAFKA_TOPIC = 'r') AS SELECT k, n FROM s EMIT CHANGES;";

fn cluster() -> Cluster {
    let cluster = Cluster::new(&[("t", 1), ("r", 1)]);
    cluster.text("t", 0, 1, "a", r#"{"N":1}"#).text("t", 0, 2, "b", r#"{"N":2}"#).put("t", 0, 3, Some(b"a"), None);
    cluster
}

fn write(cluster: &Cluster, more: &[&str]) -> Answer {
    let desk = Desk::new();
    desk.file("s.sql", SQL);
    let servers = cluster.servers();
    desk.run(
        &[&["replay", "--sql", "s.sql", "--write", "--timeout-s", "20", "--bootstrap-server", &servers], more].concat(),
    )
}

/// Key, value and time of each record of the result.
fn results(cluster: &Cluster) -> Vec<(String, Option<String>, i64)> {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let count = usize::try_from(cluster.count("r")).unwrap();
    let records = cluster.read("r", count).into_iter();
    records.map(|record| (text(record.key.unwrap()), record.value.map(text), record.time)).collect()
}

fn wanted() -> Vec<(String, Option<String>, i64)> {
    let value = |text: &str| Some(text.to_owned());
    vec![("a".to_owned(), value(r#"{"N":1}"#), 1), ("b".to_owned(), value(r#"{"N":2}"#), 2), ("a".to_owned(), None, 3)]
}

#[test]
fn a_row_that_is_gone_is_a_tombstone_of_its_key() {
    let cluster = cluster();
    write(&cluster, &[]).done();
    assert_eq!(results(&cluster), wanted());
}

#[test]
fn a_client_that_may_not_go_on_is_replaced_by_a_new_one() {
    let cluster = cluster();
    cluster.fail(RDKafkaApiKey::Produce, &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER]);
    let answer = write(&cluster, &[]);
    answer.done();
    answer.says(&["a new client goes on from the last commit"]);
    assert_eq!(results(&cluster), wanted());
}

/// Whoever is fenced makes no new client: that would fence the one that has begun since.
#[test]
fn a_client_that_is_fenced_is_not_replaced() {
    use RDKafkaRespErr::{RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, RD_KAFKA_RESP_ERR_PRODUCER_FENCED};
    let fenced = [
        (RDKafkaApiKey::EndTxn, RD_KAFKA_RESP_ERR_PRODUCER_FENCED),
        (RDKafkaApiKey::Produce, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH),
    ];
    for (kind, error) in fenced {
        let cluster = cluster();
        cluster.fail(kind, &[error]);
        let answer = write(&cluster, &[]);
        answer.refused(&["another run with the transactional id streamfn-"]);
        assert!(!answer.err.contains("a new client"), "{}", answer.err);
    }
}

#[test]
fn a_client_that_may_not_go_on_is_not_replaced_for_ever() {
    let cluster = cluster();
    cluster.fail(RDKafkaApiKey::Produce, &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER; 100]);
    let answer = write(&cluster, &[]);
    answer.refused(&["wanted to", "sequence"]);
    assert_eq!(answer.err.matches("a new client goes on").count(), 5, "{}", answer.err);
    assert_eq!(cluster.count("r"), 0);
}

#[test]
fn what_is_followed_is_not_written() {
    let answer = write(&cluster(), &["--follow"]);
    answer.refused(&["'--write' cannot be used with '--follow'"]);
}
