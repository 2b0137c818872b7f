//! How a cluster is reached: what was typed, over a file, over what the harness needs.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::admin::AdminClient;
use rdkafka::client::ClientContext;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::producer::BaseProducer;
use rdkafka::types::RDKafkaErrorCode;

use super::BrokerError;
use super::context::Context;

/// A cluster and how it is spoken to. It shows itself without what is secret.
#[derive(Clone)]
pub struct Cluster {
    pub servers: String,
    /// How long the cluster may be silent.
    pub timeout: Duration,
    properties: BTreeMap<String, String>,
}

#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("{file}: wanted properties of a Kafka client, could not read them: {reason}", file = .file.display())]
    Unreadable { file: PathBuf, reason: String },
    #[error("{property}: {reason}")]
    Property { property: String, reason: String },
}

/// What a replay stands on: offsets are its own, nothing is committed for a group, and a place that is gone is told.
const OURS: [(&str, &str); 5] = [
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    ("enable.partition.eof", "true"),
    ("auto.offset.reset", "error"),
    ("allow.auto.create.topics", "false"),
];

/// What is otherwise left to the user.
const USUAL: [(&str, &str); 6] = [
    ("client.id", "streamfn"),
    // librdkafka assigns nothing without one; the group never has a member or an offset.
    ("group.id", "streamfn"),
    ("isolation.level", "read_committed"),
    // For each partition there is a queue: enough to keep the network busy, and no more memory than that takes.
    ("queued.min.messages", "20000"),
    ("queued.max.messages.kbytes", "16384"),
    // A full queue is looked at again soon: after a second, as usual, it has been empty for most of it.
    ("fetch.queue.backoff.ms", "10"),
];

/// Where secrets may come from, so that no process list shows them.
const SECRETS: [(&str, &str); 3] = [
    ("STREAMFN_SASL_PASSWORD", "sasl.password"),
    ("STREAMFN_SSL_KEY_PASSWORD", "ssl.key.password"),
    ("STREAMFN_SSL_KEYSTORE_PASSWORD", "ssl.keystore.password"),
];

impl Cluster {
    /// `typed` goes over the file's properties, these over the environment's, these over the usual ones.
    pub fn new(
        servers: &str,
        typed: &[(String, String)],
        file: Option<&Path>,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Cluster, SettingsError> {
        if servers.trim().is_empty() {
            let reason = "wanted HOST:PORT, with commas between several, found nothing".to_owned();
            return Err(SettingsError::Property { property: "--bootstrap-server".to_owned(), reason });
        }
        let mut properties: BTreeMap<String, String> = USUAL.map(|(name, value)| (name.into(), value.into())).into();
        properties.extend(
            SECRETS
                .iter()
                .filter_map(|(variable, name)| environment(variable).map(|value| ((*name).to_owned(), value))),
        );
        if let Some(file) = file {
            for (name, value) in read(file)? {
                properties.extend(java_property(&name, value)?);
            }
        }
        properties.extend(typed.iter().cloned());
        for (name, value) in OURS {
            match properties.insert(name.to_owned(), value.to_owned()) {
                Some(other) if other != value => {
                    let reason = format!("wanted {value}, which a replay stands on, found {other}; leave it out");
                    return Err(SettingsError::Property { property: name.to_owned(), reason });
                }
                _ => {}
            }
        }
        properties.insert("bootstrap.servers".to_owned(), servers.to_owned());
        Ok(Cluster { servers: servers.to_owned(), timeout: Duration::from_secs(60), properties })
    }

    /// Has clients say how far behind they are, each second.
    pub fn metered(mut self) -> Cluster {
        self.properties.entry("statistics.interval.ms".to_owned()).or_insert_with(|| "1000".to_owned());
        self
    }

    pub(super) fn consumer(&self) -> Result<BaseConsumer<Context>, BrokerError> {
        self.client("a consumer")
    }

    /// The one producer of this id.
    pub(super) fn producer(&self, id: &str) -> Result<BaseProducer<Context>, BrokerError> {
        let mut own = self.clone();
        own.properties.extend([
            ("transactional.id".to_owned(), id.to_owned()),
            // As Java's clients do, so that a key is in the same partition whoever wrote it.
            ("partitioner".to_owned(), "murmur2_random".to_owned()),
        ]);
        own.client("a transactional producer")
    }

    /// A producer whose records are there once each, and in their order.
    pub(super) fn sender(&self) -> Result<BaseProducer<Context>, BrokerError> {
        let mut own = self.clone();
        own.properties.extend([
            ("enable.idempotence".to_owned(), "true".to_owned()),
            ("partitioner".to_owned(), "murmur2_random".to_owned()),
            ("linger.ms".to_owned(), "20".to_owned()),
        ]);
        own.client("a producer")
    }

    /// A consumer of a group: it knows the group's offsets.
    pub(super) fn member(&self, group: &str) -> Result<BaseConsumer<Context>, BrokerError> {
        let mut own = self.clone();
        own.properties.insert("group.id".to_owned(), group.to_owned());
        own.client("a member of a group")
    }

    pub(super) fn admin(&self) -> Result<AdminClient<Context>, BrokerError> {
        self.client("to look after topics")
    }

    /// What a client could not have, with what it said itself.
    pub(super) fn consumer_error(
        &self,
        consumer: &BaseConsumer<Context>,
        wanted: String,
    ) -> impl FnOnce(KafkaError) -> BrokerError {
        // It says so in an event.
        consumer.poll(Duration::from_millis(100));
        let (servers, reason) = (self.servers.clone(), consumer.context().reason());
        move |error| BrokerError::Client { servers, wanted, error: Box::new(error), reason }
    }

    /// Asks again while a broker is on its way up or out.
    pub(super) fn patiently<T>(&self, mut ask: impl FnMut() -> Result<T, KafkaError>) -> Result<T, KafkaError> {
        let began = Instant::now();
        loop {
            match ask() {
                Err(error) if is_passing(&error) && began.elapsed() < self.timeout => {
                    std::thread::sleep(Duration::from_millis(100));
                }
                other => return other,
            }
        }
    }

    fn client<C: FromClientConfigAndContext<Context>>(&self, wanted: &str) -> Result<C, BrokerError>
    where
        Context: ClientContext,
    {
        let config: ClientConfig = self.properties.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        config.create_with_context(Context::default()).map_err(|error| match error {
            // With the value, which may be a secret under a misspelt name.
            KafkaError::ClientConfig(_, reason, property, _) => BrokerError::Property { property, reason },
            error => BrokerError::Client {
                servers: self.servers.clone(),
                wanted: wanted.to_owned(),
                error: Box::new(error),
                reason: String::new(),
            },
        })
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.properties.iter().map(|(name, value)| match is_secret(name) {
            true => (name, "***"),
            false => (name, value.as_str()),
        });
        f.debug_map().entries(shown).finish()
    }
}

/// What a cluster says of itself while a broker of it is starting, or another takes over.
fn is_passing(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::NotCoordinator
                | Code::CoordinatorNotAvailable
                | Code::CoordinatorLoadInProgress
                | Code::BrokerTransportFailure
                | Code::OperationTimedOut
                | Code::RequestTimedOut
                | Code::LeaderNotAvailable
                | Code::NotLeaderForPartition
                | Code::AllBrokersDown
                // It was taken out of the cluster while it was asked.
                | Code::DestroyBroker
        )
    )
}

fn is_secret(name: &str) -> bool {
    ["password", "secret", "pem", "jaas", "token"].iter().any(|part| name.contains(part))
}

fn read(file: &Path) -> Result<Vec<(String, String)>, SettingsError> {
    let unreadable = |reason: String| SettingsError::Unreadable { file: file.to_owned(), reason };
    let opened = std::fs::File::open(file).map_err(|error| unreadable(error.to_string()))?;
    let properties = java_properties::read(std::io::BufReader::new(opened));
    Ok(properties.map_err(|error| unreadable(error.to_string()))?.into_iter().collect())
}

/// A property as Kafka's Java clients have it, as librdkafka's: most are the same.
fn java_property(name: &str, value: String) -> Result<Vec<(String, String)>, SettingsError> {
    let fail = |reason: &str| Err(SettingsError::Property { property: name.to_owned(), reason: reason.to_owned() });
    match name {
        "sasl.jaas.config" => match (jaas(&value, "username"), jaas(&value, "password")) {
            (Some(user), Some(password)) => {
                Ok(vec![("sasl.username".to_owned(), user), ("sasl.password".to_owned(), password)])
            }
            _ => fail(
                "wanted username=\"…\" and password=\"…\" of a login module; write sasl.username and sasl.password",
            ),
        },
        "ssl.truststore.location" if value.ends_with(".pem") => Ok(vec![("ssl.ca.location".to_owned(), value)]),
        "ssl.truststore.location" => {
            fail("wanted certificates as PEM, which librdkafka reads; write ssl.ca.location=FILE.pem")
        }
        // In one file, as Java reads it.
        "ssl.keystore.location" if value.ends_with(".pem") => {
            Ok(["ssl.certificate.location", "ssl.key.location"].map(|name| (name.to_owned(), value.clone())).into())
        }
        "ssl.truststore.certificates" => Ok(vec![("ssl.ca.pem".to_owned(), value)]),
        "ssl.keystore.certificate.chain" => Ok(vec![("ssl.certificate.pem".to_owned(), value)]),
        "ssl.keystore.key" => Ok(vec![("ssl.key.pem".to_owned(), value)]),
        "ssl.endpoint.identification.algorithm" if value.is_empty() => Ok(vec![(name.to_owned(), "none".to_owned())]),
        "ssl.truststore.type" | "ssl.keystore.type" if ["PEM", "PKCS12"].contains(&value.as_str()) => Ok(vec![]),
        "ssl.truststore.type" | "ssl.keystore.type" => fail("wanted PEM or PKCS12, which librdkafka reads"),
        // Of a truststore that is PEM there is none, and classes are Java's alone.
        "ssl.truststore.password"
        | "key.serializer"
        | "value.serializer"
        | "key.deserializer"
        | "value.deserializer" => Ok(vec![]),
        _ => Ok(vec![(name.to_owned(), value)]),
    }
}

/// An option of a login module.
fn jaas(text: &str, option: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("{option}="))?;
    let (quoted, _) = rest.strip_prefix('"')?.split_once('"')?;
    Some(quoted.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(properties: &[(&str, &str)]) -> Vec<(String, String)> {
        properties.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_is_typed_goes_over_the_file_and_the_file_over_the_environment() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("client.properties");
        let text = "sasl.username=file\nsasl.password=file\nclient.id=file\n# a comment\n";
        std::fs::write(&file, text).expect("written");
        let environment = |name: &str| (name == "STREAMFN_SASL_PASSWORD").then(|| "environment".to_owned());
        let cluster = Cluster::new("b:9092", &typed(&[("client.id", "typed")]), Some(&file), environment);
        let cluster = cluster.expect("settings");
        assert_eq!(cluster.properties["client.id"], "typed");
        assert_eq!(cluster.properties["sasl.username"], "file");
        assert_eq!(cluster.properties["sasl.password"], "file");
        assert_eq!(cluster.properties["isolation.level"], "read_committed");
        let alone = Cluster::new("b:9092", &[], None, environment).expect("settings");
        assert_eq!(alone.properties["sasl.password"], "environment");
    }

    #[test]
    fn nothing_secret_is_shown() {
        let secrets =
            typed(&[("sasl.password", "hush"), ("ssl.key.pem", "hush"), ("sasl.oauthbearer.client.secret", "hush")]);
        let cluster = Cluster::new("b:9092", &secrets, None, |_| None).expect("settings");
        let shown = format!("{cluster:?}");
        assert!(shown.contains("sasl.password") && !shown.contains("hush"), "{shown}");
    }

    #[test]
    fn a_login_module_of_java_is_understood() {
        let line = "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"u\" password=\"p=1\";";
        let found = java_property("sasl.jaas.config", line.to_owned()).expect("both");
        assert_eq!(found, typed(&[("sasl.username", "u"), ("sasl.password", "p=1")]));
        let error = java_property("ssl.truststore.location", "trust.jks".to_owned()).expect_err("no PEM");
        assert!(error.to_string().contains("ssl.ca.location"), "{error}");
    }

    #[test]
    fn certificates_are_named_as_in_java() {
        let found = java_property("ssl.keystore.location", "me.pem".to_owned()).expect("both");
        assert_eq!(found, typed(&[("ssl.certificate.location", "me.pem"), ("ssl.key.location", "me.pem")]));
        let found = java_property("ssl.endpoint.identification.algorithm", String::new()).expect("one");
        assert_eq!(found, typed(&[("ssl.endpoint.identification.algorithm", "none")]));
        for (java, ours) in [
            ("ssl.truststore.certificates", "ssl.ca.pem"),
            ("ssl.keystore.certificate.chain", "ssl.certificate.pem"),
            ("ssl.keystore.key", "ssl.key.pem"),
        ] {
            assert_eq!(java_property(java, "x".to_owned()).expect("one"), typed(&[(ours, "x")]));
        }
    }

    #[test]
    fn a_broker_that_goes_while_it_is_asked_is_asked_for_again() {
        use RDKafkaErrorCode::{DestroyBroker, LeaderNotAvailable, UnknownTopicOrPartition};
        assert!([DestroyBroker, LeaderNotAvailable].map(KafkaError::MetadataFetch).iter().all(is_passing));
        assert!(!is_passing(&KafkaError::MetadataFetch(UnknownTopicOrPartition)));
    }

    #[test]
    fn what_a_replay_stands_on_is_not_changed() {
        let error = Cluster::new("b:9092", &typed(&[("enable.auto.commit", "true")]), None, |_| None);
        let error = error.expect_err("no commits").to_string();
        assert_eq!(error, "enable.auto.commit: wanted false, which a replay stands on, found true; leave it out");
    }
}
