//! Topics read from files straight into columns, as a replay reads them, beside the reference, which goes by values.

use std::path::Path;

use streamfn::sql::Topic;
use streamfn::topic::{Arrival, Feed, Merge, Reading, TopicError, TopicFiles, merge, read};
use streamfn_model::Dialect;

/// In the order of a replay.
fn lazily(dialect: Dialect, topic: &Topic, files: &[Option<&Path>]) -> Result<TopicFiles, TopicError> {
    let mut reading = [Reading::new(dialect, topic, files, false)?];
    let mut arrivals = vec![];
    for phase in 0..files.len() {
        arrivals.push(std::thread::scope(|scope| {
            let merged = Merge::new(Feed::new(scope, &mut reading, phase)?);
            merged.map(|next| next.map(|(_, arrival)| arrival)).collect::<Result<Vec<Arrival>, _>>()
        })?);
    }
    Ok(TopicFiles { arrivals, notes: reading[0].notes() })
}

/// What files hold, in the order of a replay, or why they are no topic: the same in both ways.
pub fn both_ways(dialect: Dialect, topic: &Topic, files: &[Option<&Path>]) -> Result<TopicFiles, TopicError> {
    let found = lazily(dialect, topic, files);
    let wanted = read(dialect, topic, files, false).map(|read| TopicFiles {
        arrivals: read.arrivals.into_iter().map(|all| merge(vec![all]).map(|(_, arrival)| arrival).collect()).collect(),
        ..read
    });
    match (&found, &wanted) {
        // The reference looks at the whole file's bytes before it looks at its first line.
        (Err(_), Err(wanted)) if wanted.message.contains("UTF-8") => {}
        _ => assert_eq!(found, wanted, "topic {}", topic.topic),
    }
    found
}
