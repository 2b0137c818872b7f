//! What brokers alone can show of reading: times, transactions that are open or undone, TLS.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use openssl::pkcs12::Pkcs12;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{SslAcceptor, SslMethod, SslVerifyMode};
use openssl::x509::X509;
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use serde_json::json;

use crate::command::{Answer, Desk};
use crate::stack::{self, Stack};

const TIME: Duration = Duration::from_secs(30);

/// Topic `topic` of two partitions, and SQL that shows what is in it.
fn desk(stack: &Stack, topic: &str) -> Desk {
    let desk = Desk::new();
    desk.file(
        "s.sql",
        format!(
            "CREATE STREAM s (k STRING KEY, n INT) WITH (KAFKA_TOPIC = '{topic}', VALUE_FORMAT = 'JSON', PARTITIONS = 2);
             CREATE STREAM r WITH (KAFKA_TOPIC = '{topic}-r') AS SELECT k, n FROM s EMIT CHANGES;"
        ),
    );
    desk.run(&["topics", "create", "--sql", "s.sql", "--bootstrap-server", &stack.bootstrap_servers]).done();
    desk
}

fn replay(stack: &Stack, desk: &Desk, more: &[&str]) -> Answer {
    let servers = &stack.bootstrap_servers;
    let typed = ["replay", "--sql", "s.sql", "--format", "csv", "--timeout-s", "20", "--bootstrap-server", servers];
    desk.run(&[&typed[..], more].concat())
}

pub fn producer(stack: &Stack, id: Option<&str>) -> BaseProducer {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &stack.bootstrap_servers);
    id.map(|id| config.set("transactional.id", id));
    let producer: BaseProducer = config.create().unwrap();
    if id.is_some() {
        producer.init_transactions(TIME).unwrap();
    }
    producer
}

fn put(producer: &BaseProducer, topic: &str, partition: i32, time: i64) {
    let value = format!("{{\"N\":{time}}}");
    let record = BaseRecord::to(topic).partition(partition).timestamp(time).key("k").payload(&value);
    producer.send(record).map_err(|(error, _)| error).unwrap();
    producer.flush(TIME).unwrap();
}

#[test]
fn reading_begins_with_the_first_record_that_is_not_older() {
    let stack = stack::shared();
    let desk = desk(stack, "times");
    let producer = producer(stack, None);
    for (partition, time) in [(0, 10), (0, 30), (1, 20), (1, 25), (1, 40)] {
        put(&producer, "times", partition, time);
    }
    for (from, wanted) in [
        ("25", "K,N\nk,25\nk,30\nk,40\n"),
        ("31", "K,N\nk,40\n"),
        ("41", "K,N\n"),
        ("0", "K,N\nk,10\nk,20\nk,25\nk,30\nk,40\n"),
    ] {
        assert_eq!(replay(stack, &desk, &["--from-timestamp", from]).done(), wanted, "{from}");
    }
}

#[test]
fn what_is_undone_is_not_read_and_an_open_transaction_is_where_reading_ends() {
    let stack = stack::shared();
    let desk = desk(stack, "open");
    let (plain, undone, open) = (producer(stack, None), producer(stack, Some("undone")), producer(stack, Some("open")));
    put(&plain, "open", 0, 1);
    undone.begin_transaction().unwrap();
    put(&undone, "open", 0, 2);
    undone.abort_transaction(TIME).unwrap();
    // The partition ends with the mark of a transaction, which is no record.
    assert_eq!(replay(stack, &desk, &[]).done(), "K,N\nk,1\n");
    open.begin_transaction().unwrap();
    put(&open, "open", 0, 3);
    put(&plain, "open", 0, 4);
    assert_eq!(replay(stack, &desk, &[]).done(), "K,N\nk,1\n");
    let all = "K,N\nk,1\nk,2\nk,3\nk,4\n";
    assert_eq!(replay(stack, &desk, &["-X", "isolation.level=read_uncommitted"]).done(), all);
    open.commit_transaction(TIME).unwrap();
    assert_eq!(replay(stack, &desk, &[]).done(), "K,N\nk,1\nk,3\nk,4\n");
}

/// Flink's `avro` into a topic and out of it, without a registry; a row that is replaced, and one that is gone.
#[test]
fn avro_without_a_schemas_id_is_written_and_read() {
    let stack = stack::shared();
    let input = desk(stack, "plain");
    let producer = producer(stack, None);
    (1..=3).for_each(|time| put(&producer, "plain", 0, time));
    let sql = "
        CREATE TABLE s (n INT) WITH ('connector' = 'kafka', 'topic' = 'plain', 'format' = 'json');
        CREATE TABLE r (odd INT, total BIGINT, PRIMARY KEY (odd) NOT ENFORCED) WITH ('connector' = 'upsert-kafka',
          'topic' = 'plain-avro', 'key.format' = 'avro', 'value.format' = 'avro');
        INSERT INTO r SELECT N % 2, SUM(CAST(N AS BIGINT)) FROM s GROUP BY N % 2;";
    input.file("w.sql", sql.replace("(n INT)", "(N INT)"));
    let servers = ["--dialect", "flink", "--bootstrap-server", &stack.bootstrap_servers];
    input.run(&[&["topics", "create", "--sql", "w.sql"], &servers[..]].concat()).done();
    let write = ["replay", "--sql", "w.sql", "--write"];
    input.run(&[&write, &servers[..]].concat()).done();
    input.file(
        "r.sql",
        "CREATE TABLE r (odd INT, total BIGINT, PRIMARY KEY (odd) NOT ENFORCED) WITH ('connector' = 'upsert-kafka',
           'topic' = 'plain-avro', 'key.format' = 'avro', 'value.format' = 'avro');
         CREATE TABLE p (odd INT, total BIGINT, PRIMARY KEY (odd) NOT ENFORCED) WITH ('connector' = 'print');
         INSERT INTO p SELECT odd, total FROM r;",
    );
    let answer = input.run(&[&["replay", "--sql", "r.sql", "--format", "csv"], &servers[..]].concat());
    assert_eq!(answer.done(), "odd,total\n1,4\n0,2\n");
}

/// The brokers' certificate with its private key.
fn identity(ca: &Path) -> (X509, PKey<Private>) {
    let store = Pkcs12::from_der(&std::fs::read(ca.with_extension("p12")).unwrap()).unwrap();
    let store = store.parse2("streamfn").unwrap();
    (store.cert.unwrap(), store.pkey.unwrap())
}

/// A registry that speaks TLS with the brokers' certificate, and answers one question for ever, with `SslVerifyMode::PEER`
/// only who has the same certificate.
pub fn tls_registry(ca: &Path, schema: &serde_json::Value, verify: SslVerifyMode) -> String {
    let (certificate, key) = identity(ca);
    let mut acceptor = SslAcceptor::mozilla_intermediate(SslMethod::tls()).unwrap();
    acceptor.set_certificate(&certificate).unwrap();
    acceptor.set_private_key(&key).unwrap();
    acceptor.cert_store_mut().add_cert(certificate).unwrap();
    acceptor.set_verify(verify | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    let acceptor = acceptor.build();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let body = json!({ "schema": schema.to_string() }).to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = acceptor.accept(stream.unwrap()) else { continue };
            let mut asked = [0; 4096];
            let _ = stream.read(&mut asked);
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all((head + &body).as_bytes()).map(|()| stream.shutdown());
        }
    });
    format!("https://{address}")
}

#[test]
fn brokers_and_a_registry_are_reached_by_tls_if_their_certificate_is_trusted() {
    let stack = stack::shared();
    let desk = desk(stack, "secret");
    let producer = producer(stack, None);
    // Schema 7 and a zigzag 20.
    producer
        .send(BaseRecord::to("secret").partition(0).key("k").payload(&[0, 0, 0, 0, 7, 40]))
        .map_err(|(e, _)| e)
        .unwrap();
    producer.flush(TIME).unwrap();
    desk.file("s.sql", desk.read("s.sql").replace("'JSON'", "'AVRO'"));
    let (servers, ca) = stack.tls.as_ref().unwrap();
    let schema = json!({"type": "record", "name": "r", "fields": [{"name": "N", "type": "int"}]});
    let (certificate, key) = identity(ca);
    desk.file("who.pem", certificate.to_pem().unwrap());
    desk.file("key.pem", key.private_key_to_pem_pkcs8().unwrap());
    let registry = tls_registry(ca, &schema, SslVerifyMode::NONE);
    let strict = tls_registry(ca, &schema, SslVerifyMode::PEER);
    let ca = ca.to_str().unwrap();
    let typed = ["replay", "--sql", "s.sql", "--format", "csv", "--timeout-s", "5", "--bootstrap-server", servers];
    let asked_of = |registry: &str, brokers: &[&str], registries: &[&str]| {
        desk.run(&[&typed[..], &["--schema-registry", registry], brokers, registries].concat())
    };
    let asked = |brokers: &[&str], registries: &[&str]| asked_of(&registry, brokers, registries);
    // As Kafka's own commands take it.
    desk.file(
        "c.properties",
        format!("security.protocol=SSL\nssl.truststore.type=PEM\nssl.truststore.location={ca}\n"),
    );
    let trusted = ["--command-config", "c.properties"];
    assert_eq!(asked(&trusted, &["--sr-ca", ca]).done(), "K,N\nk,20\n");
    let by_properties = ["-X", "security.protocol=ssl", "-X", &format!("ssl.ca.location={ca}")];
    assert_eq!(asked(&by_properties, &["--sr-ca", ca]).done(), "K,N\nk,20\n");
    asked(&["-X", "security.protocol=ssl"], &["--sr-ca", ca]).refused(&["certificate verify failed"]);
    asked(&trusted, &[]).refused(&["schema registry https://127.0.0.1", "certificate"]);
    asked(&trusted, &["--sr-ca", "s.sql"]).refused(&["s.sql: wanted certificates in PEM"]);
    // A registry that wants to know who asks.
    let named = ["--sr-ca", ca, "--sr-cert", "who.pem", "--sr-key"];
    assert_eq!(asked_of(&strict, &trusted, &[&named[..], &["key.pem"]].concat()).done(), "K,N\nk,20\n");
    asked_of(&strict, &trusted, &["--sr-ca", ca]).refused(&["schema registry https://127.0.0.1", "handshake failure"]);
    asked_of(&strict, &trusted, &[&named[..], &["who.pem"]].concat())
        .refused(&["who.pem: wanted a private key in PEM"]);
}
