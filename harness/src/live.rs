//! A replay of live topics: what was typed of a cluster, as a cluster and its registry, and what is read of it.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use streamfn_model::Origin;

use crate::args::{ClusterArguments, ConnectArguments};
use crate::replay::{self, Options, Outcome, Plugins, ReplayError, Running};
use crate::sql::{Pipeline, Topic};
use crate::stop;
use crate::topic::broker::{self, BrokerError, Cluster, From, Range, Reader, SettingsError};
use crate::topic::registry::{self, Registry, RegistryError, Schemas};
use crate::topic::{Merge, Quote};

/// Records that go through a pipeline before its changes are shown.
pub const STEP: usize = 1024;

/// A cluster to read from.
pub struct Live {
    pub cluster: Cluster,
    pub registry: Option<Registry>,
    from: From,
    /// What is read of each topic that was asked for: the same however often it is read.
    ranges: RefCell<Vec<Range>>,
    /// Whether records keep what they were.
    pub keeps_raw: bool,
    /// Set when the run is to end.
    pub stop: Arc<AtomicBool>,
}

#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error("the end by a signal could not be arranged: {0}")]
    Signal(std::io::Error),
}

impl Live {
    /// `None` where no cluster was named.
    pub fn new(
        arguments: &ClusterArguments,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Live>, LiveError> {
        let Some((cluster, registry)) = connect(&arguments.connect, environment)? else { return Ok(None) };
        let from = match (arguments.from_offset, arguments.from_timestamp) {
            (Some(offset), _) => From::Offset(offset),
            (None, Some(time)) => From::Timestamp(time),
            (None, None) => From::Beginning,
        };
        let stop = stop::on_signal().map_err(LiveError::Signal)?;
        Ok(Some(Live { cluster, registry, from, ranges: RefCell::default(), keeps_raw: false, stop }))
    }

    /// The topics that a pipeline reads, to where they ended when they were first asked for.
    pub fn reader<'a>(&'a self, pipeline: &Pipeline, topics: &[&'a Topic]) -> Result<Reader<'a>, BrokerError> {
        let ranges = self.ranges(topics)?;
        let reader = Reader::open(&self.cluster, self.schemas(), pipeline.dialect, topics, &ranges, self.stop.clone())?;
        Ok(if self.keeps_raw { reader.keeping_raw() } else { reader })
    }

    fn schemas(&self) -> Option<&dyn Schemas> {
        self.registry.as_ref().map(|registry| registry as &dyn Schemas)
    }

    /// What is read of these topics: the same however often it is asked.
    pub fn ranges(&self, topics: &[&Topic]) -> Result<Vec<Range>, BrokerError> {
        let mut known = self.ranges.borrow_mut();
        let names = topics.iter().map(|topic| topic.topic.as_str());
        let unknown: Vec<&str> = names.filter(|name| !known.iter().any(|range| range.topic == *name)).collect();
        if !unknown.is_empty() {
            known.extend(broker::ranges(&self.cluster, &unknown, self.from)?);
        }
        Ok(known.clone())
    }

    /// Has these ranges read and no others, as an earlier run did.
    pub fn pin(&self, ranges: &[Range]) {
        *self.ranges.borrow_mut() = ranges.to_vec();
    }
}

/// The cluster that was named, if one was, and its registry.
pub fn connect(
    arguments: &ConnectArguments,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<Option<(Cluster, Option<Registry>)>, LiveError> {
    let Some(servers) = &arguments.bootstrap_server else { return Ok(None) };
    let file = arguments.command_config.as_deref();
    let timeout = Duration::from_secs(arguments.timeout_s);
    let mut cluster = Cluster::new(servers, &arguments.properties, file, &environment)?;
    cluster.timeout = timeout;
    let registry = arguments.schema_registry.as_ref().map(|url| {
        let found = registry::Settings::new(url);
        let typed = arguments.sr_user.as_ref().map(|user| user.split_once(':').unwrap_or((user, "")));
        let password = typed.map(|(_, password)| password.to_owned()).filter(|password| !password.is_empty());
        Registry::new(registry::Settings {
            user: typed.map(|(user, _)| user.to_owned()).or(found.user),
            password: password.or(found.password).or_else(|| environment("STREAMFN_SR_PASSWORD")),
            authorities: arguments.sr_ca.clone(),
            identity: arguments.sr_cert.clone().zip(arguments.sr_key.clone()),
            patience: timeout,
            ..found
        })
    });
    Ok(Some((cluster, registry.transpose()?)))
}

/// Replays what a cluster's topics hold now.
pub fn replay(pipeline: &Pipeline, plugins: &Plugins, live: &Live, options: Options) -> Result<Outcome, ReplayError> {
    let topics = replay::topics_read(pipeline);
    let mut running = Running::new(pipeline, plugins, &topics, options)?;
    let mut merge = Merge::new(live.reader(pipeline, &topics)?);
    running.feed("", &mut merge)?;
    let mut outcome = running.finish();
    outcome.notes.splice(0..0, pipeline.notes.iter().cloned().chain(merge.into_partitions().notes()));
    Ok(outcome)
}

/// Records as they were written, by where they stand.
pub fn quotes(
    pipeline: &Pipeline,
    live: &Live,
    wanted: &HashSet<Origin>,
) -> Result<HashMap<Origin, Quote>, ReplayError> {
    let topics = replay::topics_read(pipeline);
    let mut quotes = HashMap::new();
    for origin in wanted {
        let Some(topic) = topics.iter().find(|topic| *origin.topic == topic.topic) else { continue };
        let (partition, begin) = (origin.partition, origin.offset);
        let range = Range { topic: topic.topic.clone(), partition, begin, end: begin + 1 };
        let stop = live.stop.clone();
        let mut reader = Reader::open(&live.cluster, live.schemas(), pipeline.dialect, &[topic], &[range], stop)?;
        if let Some(quote) = reader.quote()? {
            quotes.insert(origin.clone(), quote);
        }
    }
    Ok(quotes)
}

/// Replays what the topics hold, then goes on with what arrives until a signal comes; after each step the tables' changes
/// are for `show`.
pub fn follow<E: std::convert::From<ReplayError>>(
    pipeline: &Pipeline,
    running: &mut Running<'_>,
    live: &Live,
    mut show: impl FnMut(&mut Running<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let topics = replay::topics_read(pipeline);
    let mut merge = Merge::new(live.reader(pipeline, &topics).map_err(ReplayError::from)?);
    loop {
        let step: Vec<_> = merge.by_ref().take(STEP).collect();
        let is_end = step.len() < STEP;
        match running.feed("", step.into_iter()) {
            Err(ReplayError::Broker(BrokerError::Interrupted)) => return show(running),
            fed => fed?,
        }
        show(running)?;
        if is_end {
            break;
        }
    }
    let mut reader = merge.into_partitions();
    reader.follow().map_err(ReplayError::from)?;
    while !live.stop.load(Ordering::Relaxed) {
        let arrived = reader.arrived(STEP).map_err(ReplayError::from)?;
        if !arrived.is_empty() {
            running.feed("", arrived.into_iter().map(Ok::<_, ReplayError>))?;
            show(running)?;
        }
    }
    Ok(())
}
