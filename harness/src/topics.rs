//! `streamfn topics create`: the topics of a SQL file, on a cluster.

use crate::sql::{Collection, Pipeline, Topic};
use crate::topic::broker::Wanted;

/// The topics of a pipeline as they should be, each once and in the order of the SQL.
///
/// One whose records replace those of the same key is compacted. That of a windowed table also lets go of windows that are
/// long over: else it would grow for ever, since each window is another key.
pub fn wanted(pipeline: &Pipeline, partitions: Option<i32>, replicas: Option<i32>) -> Vec<Wanted> {
    let mut all: Vec<Wanted> = vec![];
    for topic in pipeline.topics.iter().filter(|topic| topic.connector.has_topic()) {
        let wanted = wanted_of(topic, partitions, replicas);
        match all.iter_mut().find(|other| other.topic == wanted.topic) {
            // A stream and a table over one topic: what the table needs serves both.
            Some(other) if wanted.cleanup != "delete" => *other = wanted,
            Some(_) => {}
            None => all.push(wanted),
        }
    }
    all
}

/// One topic, with so many partitions and replicas where the SQL does not say.
pub fn wanted_of(topic: &Topic, partitions: Option<i32>, replicas: Option<i32>) -> Wanted {
    Wanted {
        topic: topic.topic.clone(),
        partitions: topic.partitions.or(partitions),
        replicas: topic.replicas.or(replicas),
        cleanup: cleanup(topic),
    }
}

fn cleanup(topic: &Topic) -> &'static str {
    let relation = &topic.relation;
    match relation.collection {
        Collection::Table if relation.key.is_empty() => "delete",
        Collection::Table if relation.is_windowed() => "compact,delete",
        Collection::Table => "compact",
        Collection::Stream => "delete",
    }
}
