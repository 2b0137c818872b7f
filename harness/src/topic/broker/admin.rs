//! Topics as they should be: made where they are missing, compared where they are there.

use futures_executor::block_on;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::context::Context;
use super::{BrokerError, Cluster};

/// What a topic has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub topic: String,
    /// `None` leaves it to the broker.
    pub partitions: Option<i32>,
    pub replicas: Option<i32>,
    /// `cleanup.policy`.
    pub cleanup: &'static str,
}

/// What became of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made {
    Created,
    /// It was there, as it should be.
    There,
    /// It was there, and is something else: what, wanted, found.
    Differs(Vec<(&'static str, String, String)>),
}

/// Makes topics that are not there; those that are stay as they are.
pub fn create(cluster: &Cluster, wanted: &[Wanted]) -> Result<Vec<Made>, BrokerError> {
    let admin: AdminClient<Context> = cluster.admin()?;
    let options = AdminOptions::new().request_timeout(Some(cluster.timeout)).operation_timeout(Some(cluster.timeout));
    let fail = |wanted: String| {
        let servers = cluster.servers.clone();
        let reason = admin.inner().context().reason();
        move |error: KafkaError| BrokerError::Client { servers, wanted, error: Box::new(error), reason }
    };
    // Minus one is the broker's own number.
    let number = |number: Option<i32>| number.unwrap_or(-1);
    let topics: Vec<NewTopic<'_>> = wanted
        .iter()
        .map(|wanted| {
            let replication = TopicReplication::Fixed(number(wanted.replicas));
            NewTopic::new(&wanted.topic, number(wanted.partitions), replication).set("cleanup.policy", wanted.cleanup)
        })
        .collect();
    let results = block_on(admin.create_topics(&topics, &options)).map_err(fail("to make topics".to_owned()))?;
    let mut made = vec![];
    for (wanted, result) in wanted.iter().zip(results) {
        made.push(match result {
            Ok(_) => Made::Created,
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => compare(cluster, &admin, &options, wanted)?,
            Err((topic, code)) => return Err(fail(format!("to make topic {topic}"))(KafkaError::AdminOp(code))),
        });
    }
    Ok(made)
}

fn compare(
    cluster: &Cluster,
    admin: &AdminClient<Context>,
    options: &AdminOptions,
    wanted: &Wanted,
) -> Result<Made, BrokerError> {
    let topic = wanted.topic.as_str();
    let fail = |error: KafkaError| BrokerError::Client {
        servers: cluster.servers.clone(),
        wanted: format!("what topic {topic} is like"),
        error: Box::new(error),
        reason: admin.inner().context().reason(),
    };
    let metadata = admin.inner().fetch_metadata(Some(topic), cluster.timeout).map_err(fail)?;
    let partitions = metadata.topics().first().map(|found| found.partitions()).unwrap_or_default();
    let replicas = partitions.first().map_or(0, |partition| partition.replicas().len());
    let specifier = [ResourceSpecifier::Topic(topic)];
    let described = block_on(admin.describe_configs(&specifier, options)).map_err(fail)?;
    let cleanup = match described.into_iter().next() {
        Some(Ok(resource)) => resource.get("cleanup.policy").and_then(|entry| entry.value.clone()).unwrap_or_default(),
        Some(Err(code)) => return Err(fail(KafkaError::AdminOp(code))),
        None => String::new(),
    };
    let same = |found: &str, wanted: &str| {
        let sorted = |text: &str| {
            let mut parts: Vec<String> = text.split(',').map(|part| part.trim().to_owned()).collect();
            parts.sort();
            parts
        };
        sorted(found) == sorted(wanted)
    };
    let counts = [("partitions", wanted.partitions, partitions.len()), ("replicas", wanted.replicas, replicas)];
    let counts = counts.into_iter().filter_map(|(what, wanted, found)| {
        let wanted = wanted.filter(|wanted| usize::try_from(*wanted) != Ok(found))?;
        Some((what, wanted.to_string(), found.to_string()))
    });
    let policy = (!same(&cleanup, wanted.cleanup)).then(|| ("cleanup.policy", wanted.cleanup.to_owned(), cleanup));
    let differences: Vec<_> = counts.chain(policy).collect();
    Ok(if differences.is_empty() { Made::There } else { Made::Differs(differences) })
}
