//! Topics through SQL: records in time's order, so many at once, their changes through every operator after them.
//!
//! `engine` sends rounds of records through queries, `source` makes changes of them, `query` connects a query's operators, `sink`
//! keeps what came out, `trace` what happened on the way. The operators are `stateless`, `aggregate`, `window`, `session`, `join`,
//! `stream_table_join`, `regular_join`, `upserts` and `system_columns`; `grouping` is what those with groups have in common,
//! `folding` their batches. `plugins` calls component functions; `again` makes one call by itself. What an engine emits is
//! `streamfn_model`'s affair.

mod accumulator;
mod again;
mod aggregate;
mod changelog;
mod component;
mod engine;
mod entries;
mod error;
mod folding;
mod grouping;
mod index;
mod join;
mod keys;
mod lateral;
mod loops;
mod meters;
mod native;
mod packed;
mod plugins;
mod query;
mod regular_join;
mod session;
mod sink;
mod source;
mod stateless;
mod stream_table_join;
mod stream_time;
mod system_columns;
mod told;
mod trace;
mod upserts;
mod window;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use streamfn_model::Origin;

pub use again::{Answer, CallAgain, call_again};
pub use component::State;
pub use error::{CallFailure, DeadLetter, DeadLetters, FailedCall, ReplayError};
pub use plugins::{Code, Plugins};
use sink::Keeps;
pub use sink::{Change, Row, Table};
pub use told::ToldChange;
pub use trace::{Step, Stop, Trace};

use crate::sql::{Pipeline, Topic};
use crate::topic::{self, Arrival, Feed, Merge, Phase, Quote, Reading, Record};

/// What happens to a record that cannot be decoded, and to a row that a function refuses or whose call fails. A time limit always ends the run: it says nothing
/// about the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum OnError {
    /// The run ends with the function, the record and the reason.
    #[default]
    Fail,
    /// A scalar function gives null, a table function no rows, an aggregate leaves the row out. A record that cannot be
    /// decoded is left out.
    Null,
    /// The record that the row comes from is left out from here on; how many were is told at the end.
    Skip,
    /// The row goes to [`Options::dead_letters`] and nowhere else.
    DeadLetter,
}

/// Relations that a query fills, by name.
#[derive(Debug, Clone, Copy)]
pub enum Keep<'a> {
    All,
    Of(&'a [&'a str]),
}

impl Keep<'_> {
    fn has(self, name: &str) -> bool {
        match self {
            Keep::All => true,
            Keep::Of(names) => names.contains(&name),
        }
    }
}

/// How to replay.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    pub on_error: OnError,
    /// Where [`OnError::DeadLetter`] puts rows, as they occur; without it they are left out and counted.
    pub dead_letters: Option<&'a dyn DeadLetters>,
    /// Rows that go through the operators together; the outcome is the same for every number.
    pub batch_rows: usize,
    /// Rows that an operator takes by calls before its functions are compiled once more, with loops over batches: that takes
    /// longer than so many calls. Where they are compiled already, loops are taken at once; with none, never. The outcome is the
    /// same.
    pub fold_after: Option<usize>,
    /// Entries that a keyed aggregate may have in one group; a row that would make one more is refused.
    pub most_entries: Option<u32>,
    /// Whose rows are kept to the end.
    pub rows: Keep<'a>,
    /// Whose changes are kept, all of them.
    pub changes: Keep<'a>,
    /// Whether to note what becomes of each record on its way.
    pub trace: bool,
    /// Whether to count what is done, for `crate::metrics`.
    pub metered: bool,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options {
            on_error: OnError::default(),
            dead_letters: None,
            batch_rows: 1024,
            fold_after: Some(10_000),
            most_entries: None,
            rows: Keep::All,
            changes: Keep::All,
            trace: false,
            metered: false,
        }
    }
}

impl Options<'_> {
    fn keeps(&self, relation: &str) -> Keeps {
        Keeps { rows: self.rows.has(relation), changes: self.changes.has(relation) }
    }
}

/// What a replay gives.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Every relation that a query fills, in the order of the SQL, with what was to be kept of it.
    pub tables: Vec<Table>,
    /// What a user should know though nothing failed.
    pub notes: Vec<String>,
    /// Empty where none was asked for.
    pub trace: Trace,
}

/// Replays files through a pipeline, phase after phase. Every source of the SQL needs a file in one of them.
pub fn replay(
    pipeline: &Pipeline,
    plugins: &Plugins,
    phases: &[Phase],
    options: Options,
) -> Result<Outcome, ReplayError> {
    let files = sources(pipeline, phases)?;
    let keeps_raw = options.on_error == OnError::DeadLetter;
    let read = files.iter().map(|(topic, files)| Reading::new(pipeline.dialect, topic, files, keeps_raw));
    let mut read = read.collect::<Result<Vec<_>, _>>()?;
    let topics: Vec<&Topic> = files.iter().map(|(topic, _)| *topic).collect();
    let mut running = Running::new(pipeline, plugins, &topics, options)?;
    for (place, phase) in phases.iter().enumerate() {
        std::thread::scope(|scope| running.feed(&phase.name, Merge::new(Feed::new(scope, &mut read, place)?)))?;
    }
    let outcome = running.finish();
    let of_files = read.iter().flat_map(Reading::notes);
    let notes = pipeline.notes.iter().cloned().chain(of_files).chain(outcome.notes).collect();
    Ok(Outcome { notes, ..outcome })
}

/// Records of these phases as they were written, by where they stand.
pub fn quotes(
    pipeline: &Pipeline,
    phases: &[Phase],
    wanted: &HashSet<Origin>,
) -> Result<HashMap<Origin, Quote>, ReplayError> {
    let mut quotes = HashMap::new();
    for (topic, files) in sources(pipeline, phases)? {
        if wanted.iter().any(|origin| *origin.topic == topic.topic) {
            quotes.extend(topic::quotes(topic, &files, wanted)?);
        }
    }
    Ok(quotes)
}

/// A topic with its file in each phase.
type Files<'a> = (&'a Topic, Vec<Option<&'a Path>>);

/// Each topic that the SQL reads.
fn sources<'a>(pipeline: &'a Pipeline, phases: &'a [Phase]) -> Result<Vec<Files<'a>>, ReplayError> {
    let sources: Vec<_> = pipeline.topics.iter().filter(|t| t.is_source).collect();
    // A topic is named by its own name; by that of its relation only where no topic is called so.
    let is_topic = |name: &str| sources.iter().any(|t| t.topic == name);
    for name in phases.iter().flat_map(|phase| phase.files.keys()) {
        if !is_topic(name) && !sources.iter().any(|t| t.relation.name == *name) {
            let known = sources.iter().map(|t| t.topic.as_str()).collect::<Vec<_>>();
            return Err(ReplayError::UnknownTopic {
                topic: name.clone(),
                hint: crate::sql::hint(name, known.iter().copied()),
            });
        }
    }
    let read = sources.iter().copied().filter(|t| pipeline.reads(&t.relation.name));
    let with_files = |topic: &'a Topic| {
        let files = phases.iter().map(|phase| {
            let by_relation = || phase.files.get(&topic.relation.name).filter(|_| !is_topic(&topic.relation.name));
            phase.files.get(&topic.topic).or_else(by_relation).map(PathBuf::as_path)
        });
        let files: Vec<Option<&Path>> = files.collect();
        match files.iter().all(Option::is_none) {
            true => Err(ReplayError::MissingTopic { topic: topic.topic.clone() }),
            false => Ok((topic, files)),
        }
    };
    read.map(with_files).collect()
}

/// The topics whose records come from outside, in the order of the SQL.
pub fn topics_read(pipeline: &Pipeline) -> Vec<&Topic> {
    pipeline.topics.iter().filter(|topic| topic.is_source && pipeline.reads(&topic.relation.name)).collect()
}

/// Replays records that are no file's, by topic. Their rows have the columns of the topic's relation.
pub fn replay_records(
    pipeline: &Pipeline,
    plugins: &Plugins,
    mut records: BTreeMap<String, Vec<Record>>,
    options: Options,
) -> Result<Outcome, ReplayError> {
    let read = topics_read(pipeline);
    let taken = read.iter().map(|topic| {
        let taken = records.remove(&topic.topic).map(|records| records.into_iter().map(Arrival::Record).collect());
        taken.ok_or_else(|| ReplayError::MissingTopic { topic: topic.topic.clone() })
    });
    let taken = taken.collect::<Result<_, _>>()?;
    run(pipeline, plugins, &read, vec![("", taken)], options)
}

fn run(
    pipeline: &Pipeline,
    plugins: &Plugins,
    topics: &[&Topic],
    phases: Vec<(&str, Vec<Vec<Arrival>>)>,
    options: Options,
) -> Result<Outcome, ReplayError> {
    let mut running = Running::new(pipeline, plugins, topics, options)?;
    for (phase, arrivals) in phases {
        running.feed(phase, topic::merge(arrivals).map(Ok::<_, ReplayError>))?;
    }
    Ok(running.finish())
}

/// A pipeline that takes records as they come.
pub struct Running<'a> {
    engine: engine::Engine<'a>,
}

impl<'a> Running<'a> {
    /// What is fed gives its topic by the position in `topics`.
    pub fn new(
        pipeline: &'a Pipeline,
        plugins: &'a Plugins,
        topics: &[&'a Topic],
        options: Options<'a>,
    ) -> Result<Self, ReplayError> {
        Ok(Running { engine: engine::Engine::new(pipeline, plugins, topics, options)? })
    }

    /// Everything that arrives, through everything that reads it.
    pub fn feed<E: Into<ReplayError>>(
        &mut self,
        phase: &str,
        arrivals: impl Iterator<Item = Result<(usize, Arrival), E>>,
    ) -> Result<(), ReplayError> {
        self.engine.run(phase, arrivals)
    }

    /// Every relation that a query fills, as it is now, with what was to be kept of it.
    pub fn tables(&self) -> &[Table] {
        self.engine.tables()
    }

    /// Keeps the tables' rows, and no longer what made them.
    pub fn forget_changes(&mut self) {
        self.engine.forget_changes();
    }

    pub fn finish(self) -> Outcome {
        self.engine.finish()
    }
}
