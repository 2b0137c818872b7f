//! Records of all topics through all queries, so many at a time.
//!
//! What is under way together is a round. Each query gets of a round all that it reads at once, and gives all that it fills:
//! every operator sees the changes in the order of the records they come from, so it makes no difference where rounds end.

use std::collections::BTreeMap;
use std::sync::Arc;

use streamfn_model::Origin;

use super::changelog::together;
use super::error::{DeadLetter, ReplayError};
use super::meters::{self, Kept, Meters};
use super::plugins::{Instances, Plugins};
use super::query::{Changed, RunningQuery};
use super::sink::Table;
use super::source::Source;
use super::trace::{Stop, Trace};
use super::{OnError, Options, Outcome};
use crate::sql::{Pipeline, Topic};
use crate::topic::{Arrival, BrokenRecord, Original, Record};

/// What every operator may need beside its changes.
pub struct Context<'a> {
    pub pipeline: &'a Pipeline,
    pub instances: Instances<'a>,
    pub options: Options<'a>,
    /// The record under way and what it was, where dead letters want it.
    pub record: Option<(Origin, Option<Box<Original>>)>,
    /// Rows that an engine leaves out by its own rule, counted by reason.
    pub left_out: BTreeMap<String, usize>,
}

impl Context<'_> {
    pub fn leave_out(&mut self, reason: String) {
        *self.left_out.entry(reason).or_default() += 1;
    }

    /// Hands over what is left aside.
    pub fn put_aside(&mut self, letter: DeadLetter) -> Result<(), ReplayError> {
        let topic = letter.topic();
        if self.options.metered {
            meters::dead_letter(topic);
        }
        match self.options.dead_letters {
            Some(letters) => letters.put(letter)?,
            None => self.leave_out(format!("dead letters of {topic}, which nobody takes")),
        }
        Ok(())
    }
}

/// A relation and all queries that fill it.
struct Filled {
    queries: Vec<RunningQuery>,
    /// Position in [`Engine::tables`].
    table: usize,
}

pub struct Engine<'a> {
    context: Context<'a>,
    sources: Vec<Source<'a>>,
    /// None stands before one that it reads.
    filled: Vec<Filled>,
    /// In the order of the SQL.
    tables: Vec<Table>,
    /// Kept only where it is asked for.
    trace: Option<Trace>,
    meters: Option<Meters>,
}

/// What is under way together.
struct Round {
    origins: Vec<Origin>,
    /// By topic, each with its place in `origins`.
    records: Vec<Vec<(u32, Record)>>,
}

impl Round {
    fn new(topics: usize) -> Self {
        Round { origins: vec![], records: (0..topics).map(|_| vec![]).collect() }
    }
}

impl<'a> Engine<'a> {
    pub fn new(
        pipeline: &'a Pipeline,
        plugins: &'a Plugins,
        topics: &[&'a Topic],
        options: Options<'a>,
    ) -> Result<Self, ReplayError> {
        if let Some(letters) = options.dead_letters {
            letters.begin()?;
        }
        // Dead letters come in the order of the records, not of the operators that refuse them; so do the steps of a trace.
        let one_by_one = matches!(options.on_error, OnError::DeadLetter | OnError::Skip) || options.trace;
        let batch_rows = if one_by_one { 1 } else { options.batch_rows.max(1) };
        let options = Options { batch_rows, ..options };
        let instances = Instances::new(plugins, options.metered);
        let context = Context { pipeline, instances, options, record: None, left_out: BTreeMap::new() };
        let mut tables: Vec<Table> = vec![];
        for query in &pipeline.queries {
            if !tables.iter().any(|table| table.relation.name == query.sink) {
                let topic = pipeline.topic(&query.sink).expect("the pipeline gives every query's sink a topic");
                tables.push(Table::new(pipeline.dialect, topic, options.keeps(&query.sink)));
            }
        }
        let filled = in_order(pipeline, &tables).into_iter().map(|table| {
            let queries = pipeline.queries.iter().filter(|query| query.sink == tables[table].relation.name);
            let queries = queries.map(|query| RunningQuery::new(&context, query)).collect::<Result<_, _>>()?;
            Ok(Filled { queries, table })
        });
        let filled = filled.collect::<Result<_, ReplayError>>()?;
        let names = tables.iter().map(|table| table.relation.name.as_str());
        let meters = Meters::new(topics.iter().map(|topic| topic.topic.as_str()), names);
        Ok(Engine {
            sources: topics.iter().map(|topic| Source::new(topic)).collect(),
            filled,
            tables,
            trace: options.trace.then(Trace::default),
            meters: options.metered.then_some(meters),
            context,
        })
    }

    /// Replays what a phase has, each record with the position of its topic.
    pub fn run<E: Into<ReplayError>>(
        &mut self,
        phase: &str,
        arrivals: impl Iterator<Item = Result<(usize, Arrival), E>>,
    ) -> Result<(), ReplayError> {
        self.tables.iter_mut().for_each(|table| table.begin(phase));
        let topics = self.sources.len();
        let mut round = Round::new(topics);
        for arrival in arrivals {
            let (topic, record) = match arrival.map_err(Into::into)? {
                (topic, Arrival::Record(record)) => (topic, record),
                (topic, Arrival::Broken(broken)) => {
                    // After what was before it: where the run ends here, nothing of that is lost.
                    self.push(std::mem::replace(&mut round, Round::new(topics)))?;
                    self.broken(topic, broken)?;
                    continue;
                }
            };
            let place = round.origins.len() as u32;
            round.origins.push(self.sources[topic].origin(&record));
            round.records[topic].push((place, record));
            if round.origins.len() == self.context.options.batch_rows {
                self.push(std::mem::replace(&mut round, Round::new(topics)))?;
            }
        }
        self.push(round)
    }

    /// Sends records through everything that reads them.
    fn push(&mut self, round: Round) -> Result<(), ReplayError> {
        let Round { origins, mut records } = round;
        if origins.is_empty() {
            return Ok(());
        }
        if self.context.options.on_error == OnError::DeadLetter {
            let first = records.iter_mut().find_map(|records| records.first_mut());
            self.context.record = first.map(|(_, record)| (origins[0].clone(), record.raw.take()));
        }
        let origins: Arc<[Origin]> = origins.into();
        let mut changed = Changed::new();
        for (source, records) in self.sources.iter_mut().zip(records) {
            if records.is_empty() {
                continue;
            }
            if let Some(meters) = &mut self.meters {
                meters.records(&source.topic.topic, records.len());
            }
            let changes = source.changes(records, &origins, &mut self.context)?;
            let relation = &source.topic.relation;
            let note = |trace: &mut Trace| trace.note_record(relation, &changes, origins[0].clone());
            let steps = self.trace.as_mut().map(note).unwrap_or_default();
            if !changes.is_empty() {
                changed.insert(relation.name.clone(), (changes, steps));
            }
        }
        for Filled { queries, table } in &mut self.filled {
            let mut given = vec![];
            for query in queries {
                given.extend(query.run(&changed, &mut self.context, &mut self.trace)?);
            }
            let Some((changes, steps)) = together(given) else { continue };
            let sink = &mut self.tables[*table];
            let changes = sink.take(changes)?;
            if let Some(meters) = &self.meters {
                meters.changes(*table, &changes.kinds);
            }
            let note =
                |trace: &mut Trace| trace.note(&Stop::table(&sink.relation), |row| steps.get(row).copied(), &changes);
            let steps = self.trace.as_mut().map(note).unwrap_or_default();
            if !changes.is_empty() {
                changed.insert(sink.relation.name.clone(), (sink.as_read(changes), steps));
            }
        }
        if let Some(meters) = &mut self.meters {
            meters.states(kept(&self.filled, &self.tables, &self.sources), false);
        }
        Ok(())
    }

    /// What becomes of a record that is no row.
    fn broken(&mut self, topic: usize, broken: BrokenRecord) -> Result<(), ReplayError> {
        let topic = &self.sources[topic].topic.topic;
        match self.context.options.on_error {
            OnError::Fail => Err(ReplayError::Broken(Box::new(broken))),
            OnError::Null | OnError::Skip => {
                self.context.leave_out(format!("records of {topic} could not be decoded"));
                Ok(())
            }
            OnError::DeadLetter => self.context.put_aside(DeadLetter::Broken { topic: topic.clone(), broken }),
        }
    }

    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    pub fn forget_changes(&mut self) {
        self.tables.iter_mut().for_each(Table::forget_changes);
    }

    pub fn finish(mut self) -> Outcome {
        if let Some(meters) = &mut self.meters {
            meters.states(kept(&self.filled, &self.tables, &self.sources), true);
        }
        let notes = self.context.left_out.into_iter().map(|(reason, count)| format!("{reason}: {count} left out"));
        Outcome { tables: self.tables, notes: notes.collect(), trace: self.trace.unwrap_or_default() }
    }
}

/// What each operator, table and source keeps, by a name of its own.
fn kept<'a>(
    filled: &'a [Filled],
    tables: &'a [Table],
    sources: &'a [Source<'_>],
) -> impl Iterator<Item = (String, Kept)> + 'a {
    let of_query = |Filled { queries, table }: &'a Filled| {
        let table = &tables[*table].relation.name;
        let operators = queries.iter().flat_map(|query| query.kept().into_iter().enumerate());
        operators.map(move |(place, (name, kept))| (format!("{table} {place}: {name}"), kept))
    };
    let operators = filled.iter().flat_map(of_query).filter(|(_, kept)| kept.rows > 0);
    let results = tables.iter().map(|table| (format!("{} table", table.relation.name), table.kept()));
    let read = sources.iter().map(|source| (format!("{} source", source.topic.relation.name), source.kept()));
    operators.chain(results).chain(read.filter(|(_, kept)| kept.rows > 0))
}

/// Tables by their positions, none before one that it reads; of those that may come next the first in the SQL. An INSERT may
/// stand behind what reads the stream it fills.
fn in_order(pipeline: &Pipeline, tables: &[Table]) -> Vec<usize> {
    let name = |table: usize| tables[table].relation.name.as_str();
    let reads = |table: usize, other: usize| {
        pipeline.queries.iter().any(|query| query.sink == name(table) && query.plan.reads(name(other)))
    };
    let mut left: Vec<usize> = (0..tables.len()).collect();
    let mut order = vec![];
    while !left.is_empty() {
        let waits = |table: usize| left.iter().any(|other| reads(table, *other));
        let next = left.iter().position(|table| !waits(*table)).expect("the planner lets no circle through");
        order.push(left.remove(next));
    }
    order
}
