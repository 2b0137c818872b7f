//! `--write`: the results of a replay into the topics of the SQL, exactly once for whoever reads what is committed.
//!
//! A replay is deterministic: the same records give the same results in the same order. So all that has to be remembered
//! is which records, and how many of their results are written. Both are committed with the results themselves, as the
//! offsets of a group. A run that starts again replays the same records from the beginning, passes over the results that are
//! there, and goes on with the next.
//!
//! Records may be gone by then: compacted away, or past their retention. Results that are written have a digest; if those
//! that are passed over have another, the run ends, since what would come next may not fit what is there.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::live::{Live, STEP};
use crate::replay::{self, Options, Outcome, Plugins, ReplayError, Running};
use crate::sql::{Pipeline, Topic};
use crate::topic::broker::{self, BrokerError, Noted, Output, Range, Writer};
use crate::topic::encode::{EncodeError, Encoder};
use crate::topic::{Arrival, Merge};

/// How long one transaction lasts at most.
const EVERY: Duration = Duration::from_secs(1);

/// How often a new client is tried without a commit in between.
const TRIES: u32 = 5;

/// What is written, and by whom.
pub struct Order<'a> {
    /// The producer's `transactional.id`, and the group's name.
    pub id: &'a str,
    /// What makes two runs the same: the SQL, the components, the policy.
    pub run: &'a str,
    /// The relations whose results are written.
    pub tables: &'a [&'a str],
    /// Results in one transaction at most.
    pub most: u64,
}

/// What came of it.
#[derive(Debug)]
pub struct Written {
    pub outcome: Outcome,
    /// Results of the whole replay.
    pub results: u64,
    /// Those among them that an earlier run had written.
    pub before: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error(transparent)]
    Replay(#[from] ReplayError),
    #[error(transparent)]
    Encode(#[from] EncodeError),
    #[error(
        "transactional id {id} belongs to another replay (of other SQL, components or options), of which {results} results are \
         written{state}; give this one another --transactional-id"
    )]
    OtherRun { id: String, results: u64, state: &'static str },
    #[error(
        "the {results} results that are written are not those of the records that are there now: records between the noted \
         offsets are gone (compacted, or past their retention). What is written stays as it is; replay into new topics with \
         another --transactional-id, or delete these and do the same"
    )]
    Diverged { results: u64 },
    #[error(
        "topic {topic}, partition {partition}: the replay that is to be finished began at offset {wanted}, and the first \
         record there now is {found}: records are gone. Replay into new topics with another --transactional-id"
    )]
    Gone { topic: String, partition: i32, wanted: i64, found: i64 },
    #[error("the note of transactional id {id} is none of streamfn's: {note}; give another --transactional-id")]
    ForeignNote { id: String, note: String },
    #[error("stopped by a signal; {results} results are written, and the same command goes on with the next")]
    Interrupted { results: u64 },
}

impl From<BrokerError> for WriteError {
    fn from(error: BrokerError) -> WriteError {
        WriteError::Replay(error.into())
    }
}

/// What is committed beside the offset of each partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    /// Of this shape.
    streamfn: u32,
    run: String,
    /// What the replay reads of this partition.
    begin: i64,
    end: i64,
    /// How many results are written, and the digest of all of them.
    results: u64,
    digest: String,
    done: bool,
}

/// How far an earlier run came.
struct Before {
    ranges: Vec<Range>,
    results: u64,
    digest: String,
    done: bool,
}

/// Replays what the topics hold and writes every result that is not written yet.
pub fn write(
    pipeline: &Pipeline,
    plugins: &Plugins,
    live: &Live,
    options: Options,
    order: &Order<'_>,
) -> Result<Written, WriteError> {
    let sinks = sinks(pipeline, live, order.tables)?;
    let (mut tries, mut reached) = (0, 0);
    loop {
        let mut attempt = Attempt::new(pipeline, live, order, &sinks)?;
        match attempt.run(pipeline, plugins, options) {
            Err(WriteError::Replay(ReplayError::Broker(error)))
                if error.is_over_with_a_new_client() && tries < TRIES =>
            {
                attempt.give_up()?;
                tracing::warn!(%error, results = attempt.committed, "a new client goes on from the last commit");
                tries = if attempt.committed > reached { 0 } else { tries + 1 };
                reached = attempt.committed;
            }
            other => return other,
        }
    }
}

/// What makes two replays the same, beside their records: SQL, components and options.
pub fn run(pipeline: &Pipeline, sql: &str, options: &Options) -> String {
    let mut all = Sha256::new();
    let components = pipeline.functions.plugins.iter().map(|plugin| plugin.component.digest.as_str());
    let (dialect, builtins) = (pipeline.dialect, pipeline.functions.builtins);
    let options = format!("{dialect:?} {builtins:?} {:?} {:?} {STEP}", options.on_error, options.most_entries);
    for part in [sql, options.as_str()].into_iter().chain(components) {
        all.update((part.len() as u64).to_be_bytes());
        all.update(part);
    }
    hex(&all)
}

/// A table's topic, and how its results are written there.
struct Sink {
    relation: String,
    topic: String,
    encoder: Encoder,
    /// The registry's, of the schemas of key and value.
    ids: (Option<u32>, Option<u32>),
}

fn sinks(pipeline: &Pipeline, live: &Live, tables: &[&str]) -> Result<Vec<Sink>, WriteError> {
    let is_asked = |topic: &&Topic| tables.contains(&topic.relation.name.as_str()) && topic.connector.has_topic();
    let sink = |topic: &Topic| {
        let encoder = Encoder::new(pipeline, topic)?;
        let ids = broker::register(live.registry.as_ref(), &encoder, &topic.topic)?;
        Ok(Sink { relation: topic.relation.name.clone(), topic: topic.topic.clone(), encoder, ids })
    };
    pipeline.topics.iter().filter(is_asked).map(sink).collect()
}

struct Attempt<'a> {
    live: &'a Live,
    order: &'a Order<'a>,
    sinks: &'a [Sink],
    topics: Vec<&'a Topic>,
    writer: Writer<'a>,
    before: Before,
    /// The next offset of each partition, of those records whose results were sent.
    positions: BTreeMap<(usize, i32), i64>,
    digest: Sha256,
    results: u64,
    committed: u64,
    last_commit: Instant,
}

impl<'a> Attempt<'a> {
    fn new(
        pipeline: &'a Pipeline,
        live: &'a Live,
        order: &'a Order<'a>,
        sinks: &'a [Sink],
    ) -> Result<Self, WriteError> {
        let topics = replay::topics_read(pipeline);
        // First of all: from here on nobody else of this id commits, so what is committed stays true.
        let writer = Writer::open(&live.cluster, order.id)?;
        let now = live.ranges(&topics)?;
        let before = before(&writer, order, now)?;
        live.pin(&before.ranges);
        Ok(Attempt {
            live,
            order,
            sinks,
            topics,
            writer,
            committed: before.results,
            before,
            positions: BTreeMap::new(),
            digest: Sha256::new(),
            results: 0,
            last_commit: Instant::now(),
        })
    }

    fn run(&mut self, pipeline: &Pipeline, plugins: &Plugins, options: Options) -> Result<Written, WriteError> {
        let live = self.live;
        let topics = self.topics.clone();
        let mut running = Running::new(pipeline, plugins, &topics, options)?;
        let mut merge = Merge::new(live.reader(pipeline, &topics)?);
        loop {
            let step: Vec<_> = merge.by_ref().take(STEP).collect();
            let is_end = step.len() < STEP;
            let reached = reached(&step);
            match running.feed("", step.into_iter()) {
                // Of a step that is not whole nothing is written: the next run cuts its steps at the same places.
                Err(ReplayError::Broker(BrokerError::Interrupted)) => {
                    self.commit(false)?;
                    return Err(WriteError::Interrupted { results: self.committed });
                }
                fed => fed?,
            }
            self.positions.extend(reached);
            self.send(&mut running)?;
            if is_end {
                break;
            }
            if self.last_commit.elapsed() > EVERY {
                self.commit(false)?;
            }
        }
        if self.results < self.before.results {
            return Err(WriteError::Diverged { results: self.before.results });
        }
        if !self.before.done {
            self.commit(true)?;
        }
        let mut outcome = running.finish();
        outcome.notes.splice(0..0, pipeline.notes.iter().cloned().chain(merge.into_partitions().notes()));
        Ok(Written { outcome, results: self.results, before: self.before.results })
    }

    /// Undoes what is not committed, as far as the client can. One that is fenced is told so by this; a new one would fence
    /// whoever has begun since.
    fn give_up(&mut self) -> Result<(), WriteError> {
        match self.writer.abort() {
            Err(fenced @ BrokerError::Fenced { .. }) => Err(fenced.into()),
            // What else is wrong with it ends with it: the next client undoes what this one began.
            _ => Ok(()),
        }
    }

    /// Sends what came of a step, but for what is written already.
    fn send(&mut self, running: &mut Running<'_>) -> Result<(), WriteError> {
        let before = self.before.results;
        for sink in self.sinks {
            let Some(table) = running.tables().iter().find(|table| table.relation.name == sink.relation) else {
                continue;
            };
            for change in table.changes() {
                let Some(encoded) = sink.encoder.encode(change.kind, &change.values, change.time, sink.ids)? else {
                    continue;
                };
                let (key, value) = (encoded.key.as_deref(), encoded.value.as_deref());
                let output = Output { topic: &sink.topic, key, value, time: encoded.timestamp };
                digest(&mut self.digest, &output);
                self.results += 1;
                if self.results > before {
                    self.writer.send(&output)?;
                    if self.results >= self.committed + self.order.most {
                        self.commit(false)?;
                    }
                } else if self.results == before && hex(&self.digest) != self.before.digest {
                    return Err(WriteError::Diverged { results: before });
                }
            }
        }
        running.forget_changes();
        Ok(())
    }

    fn commit(&mut self, done: bool) -> Result<(), WriteError> {
        // While it passes over what is there, what is noted is further on.
        if self.results < self.before.results || self.before.done {
            return Ok(());
        }
        let noted = |range: &Range| {
            let topic = self.topics.iter().position(|topic| topic.topic == range.topic).unwrap_or_default();
            let reached = self.positions.get(&(topic, range.partition)).copied();
            let note = Note {
                streamfn: 1,
                run: self.order.run.to_owned(),
                begin: range.begin,
                end: range.end,
                results: self.results,
                digest: hex(&self.digest),
                done,
            };
            Noted {
                topic: range.topic.clone(),
                partition: range.partition,
                offset: if done { range.end } else { reached.unwrap_or(range.begin) },
                note: serde_json::to_string(&note).unwrap_or_default(),
            }
        };
        let notes: Vec<Noted> = self.before.ranges.iter().map(noted).collect();
        self.writer.commit(&notes)?;
        (self.committed, self.last_commit) = (self.results, Instant::now());
        tracing::info!(id = self.order.id, results = self.results, done, "committed");
        Ok(())
    }
}

/// The offset after the last record of each partition.
fn reached(step: &[Result<(usize, Arrival), BrokerError>]) -> BTreeMap<(usize, i32), i64> {
    let place = |(topic, arrival): &(usize, Arrival)| ((*topic, arrival.partition()), arrival.offset() + 1);
    step.iter().flatten().map(place).collect()
}

/// How far an earlier run of this id came; from the beginning of `now` if there was none.
fn before(writer: &Writer<'_>, order: &Order<'_>, now: Vec<Range>) -> Result<Before, WriteError> {
    let mut notes = vec![];
    for (range, text) in now.iter().zip(writer.committed(&now)?) {
        let Some(text) = text else { continue };
        let note: Note = serde_json::from_str(&text).map_err(|_| WriteError::ForeignNote {
            id: order.id.to_owned(),
            note: crate::report::quoted(&text).to_string(),
        })?;
        notes.push((range, note));
    }
    let Some((_, first)) = notes.first().cloned() else {
        return Ok(Before { ranges: now, results: 0, digest: hex(&Sha256::new()), done: false });
    };
    if first.run != order.run {
        let state = if first.done { "" } else { " and not all" };
        return Err(WriteError::OtherRun { id: order.id.to_owned(), results: first.results, state });
    }
    let mut ranges = vec![];
    for (range, note) in notes {
        if range.begin > note.begin && note.begin < note.end {
            let Range { topic, partition, begin: found, .. } = range.clone();
            return Err(WriteError::Gone { topic, partition, wanted: note.begin, found });
        }
        ranges.push(Range { begin: note.begin, end: note.end, ..range.clone() });
    }
    Ok(Before { ranges, results: first.results, digest: first.digest, done: first.done })
}

/// Each part with its length before it: no two sequences of results give the same bytes.
fn digest(digest: &mut Sha256, output: &Output<'_>) {
    let mut part = |bytes: Option<&[u8]>| {
        digest.update(bytes.map_or(-1, |bytes| bytes.len() as i64).to_be_bytes());
        digest.update(bytes.unwrap_or_default());
    };
    part(Some(output.topic.as_bytes()));
    part(output.key);
    part(output.value);
    digest.update(output.time.unwrap_or(-1).to_be_bytes());
}

fn hex(digest: &Sha256) -> String {
    digest.clone().finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
