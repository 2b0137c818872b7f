//! Connects the operators of all queries and drives changes through them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, RecordBatch};
use arrow::compute::interleave;
use streamfn_model::columns::WrongType;
use streamfn_model::{Changes, Dialect, Field, Kind, Origin, Value, columns, table};

use super::aggregate::Aggregation;
use super::changelog::Told;
use super::error::{DeadLetter, ReplayError};
use super::index::Index;
use super::join::TableJoin;
use super::lateral::Lateral;
use super::meters::{self, Kept, Meters};
use super::packed::{PackedRow, packed};
use super::plugins::{Instances, Plugins};
use super::regular_join::RegularJoin;
use super::session::Sessions;
use super::sink::Table;
use super::stateless::{Calls, Filter, Project, Rows, WithoutUpdateBefore, select, with_columns};
use super::stream_table_join::StreamTableJoin;
use super::stream_time::StreamTime;
use super::system_columns::SystemColumns;
use super::trace::{Steps, Stop, Trace};
use super::upserts::{Materialize, Normalize};
use super::window::TimeWindows;
use super::{OnError, Options, Outcome};
use crate::sql::{Collection, Node, Operator, Pipeline, Topic};
use crate::topic::{Arrival, BrokenRecord, Columns, Original, Record};

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

/// Which input of an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Port {
    /// The only one, or a join's left.
    First,
    Second,
}

/// A running operator: takes changes, gives changes.
pub trait Running {
    fn push(&mut self, port: Port, changes: Changes, context: &mut Context<'_>) -> Result<Changes, ReplayError>;

    /// What it keeps of what it took; most keep nothing.
    fn kept(&self) -> Kept {
        Kept::default()
    }
}

struct Stage {
    operator: Box<dyn Running>,
    stop: Arc<Stop>,
    next: Option<(usize, Port)>,
}

struct Entry {
    relation: String,
    /// `None`: the query hands the relation on as it is.
    first: Option<(usize, Port)>,
}

struct RunningQuery {
    entries: Vec<Entry>,
    stages: Vec<Stage>,
    /// Position in [`Engine::tables`].
    sink: usize,
}

pub struct Engine<'a> {
    context: Context<'a>,
    queries: Vec<RunningQuery>,
    tables: Vec<Table>,
    sources: BTreeMap<String, Source>,
    /// Kept only where it is asked for.
    trace: Option<Trace>,
    meters: Option<Meters>,
}

/// A source's rows by key: what a record replaces.
struct Source {
    /// As records name it as their origin.
    topic: Arc<str>,
    rows: Index<PackedRow>,
}

impl<'a> Engine<'a> {
    pub fn new(
        pipeline: &'a Pipeline,
        plugins: &'a Plugins,
        topics: &[&Topic],
        options: Options<'a>,
    ) -> Result<Self, ReplayError> {
        if let Some(letters) = options.dead_letters {
            letters.begin()?;
        }
        // Where one record reaches a join by both its sides, or a relation by two queries, rows must go one at a time, or the
        // first would be ahead of the second.
        // So they must for dead letters, which come in the order of the records, not of the operators that refuse them, and for
        // a trace, whose steps do.
        let one_by_one = joins_with_itself(pipeline)
            || fills_twice(pipeline)
            || matches!(options.on_error, OnError::DeadLetter | OnError::Skip)
            || options.trace;
        let batch_rows = if one_by_one { 1 } else { options.batch_rows.max(1) };
        let options = Options { batch_rows, ..options };
        let context = Context {
            pipeline,
            instances: Instances::new(plugins, options.metered),
            options,
            record: None,
            left_out: BTreeMap::new(),
        };
        let source = |topic: &&Topic| {
            let rows = Index::new(&topic.relation.fields, &topic.relation.key);
            (topic.relation.name.clone(), Source { topic: topic.topic.as_str().into(), rows })
        };
        let sources = topics.iter().map(source).collect();
        let trace = options.trace.then(Trace::default);
        let mut engine = Engine { context, queries: vec![], tables: vec![], sources, trace, meters: None };
        for query in &pipeline.queries {
            // Several queries may fill one relation.
            let filled = engine.tables.iter().position(|table| table.relation.name == query.sink);
            let mut running =
                RunningQuery { entries: vec![], stages: vec![], sink: filled.unwrap_or(engine.tables.len()) };
            engine.connect(&query.plan, None, &mut running)?;
            engine.queries.push(running);
            if filled.is_none() {
                let topic = pipeline.topic(&query.sink).expect("the pipeline gives every query's sink a topic");
                engine.tables.push(Table::new(pipeline.dialect, topic, options.keeps(&query.sink)));
            }
        }
        let tables = engine.tables.iter().map(|table| table.relation.name.as_str());
        let meters = Meters::new(topics.iter().map(|topic| topic.topic.as_str()), tables);
        engine.meters = options.metered.then_some(meters);
        Ok(engine)
    }

    /// Adds a node's operator after its inputs'. `next` is where its changes go; `None` is the sink.
    fn connect(&self, node: &Node, next: Option<(usize, Port)>, query: &mut RunningQuery) -> Result<(), ReplayError> {
        let (operator, inputs): (Box<dyn Running>, Vec<&Node>) = match &node.operator {
            Operator::Source { relation } => {
                query.entries.push(Entry { relation: relation.clone(), first: next });
                return Ok(());
            }
            Operator::SystemColumns { input } => (Box::new(SystemColumns::new(input, &node.fields)), vec![input]),
            Operator::Calls { input, calls } => {
                (Box::new(Calls::new(&self.context, input, calls, &node.fields)?), vec![input])
            }
            Operator::Rows { input, calls } => {
                (Box::new(Rows::new(&self.context, input, calls, &node.fields)?), vec![input])
            }
            Operator::Filter { input, predicate } => {
                (Box::new(Filter::new(&self.context, input, predicate)), vec![input])
            }
            Operator::Lateral { input, rows, is_outer } => {
                (Box::new(Lateral::new(&self.context, input, rows, *is_outer, &node.fields)?), vec![input])
            }
            Operator::Normalize { input, key, compared } => {
                (Box::new(Normalize::new(key, compared, &node.fields)), vec![input])
            }
            Operator::Materialize { input, key, row_key } => {
                (Box::new(Materialize::new(key, row_key.as_deref(), &node.fields)), vec![input])
            }
            Operator::WithoutUpdateBefore { input } => (Box::new(WithoutUpdateBefore), vec![input]),
            Operator::RegularJoin { left, right, condition } => {
                let join = RegularJoin::new(left, right, condition.as_ref(), &node.fields);
                (Box::new(join), vec![&left.node, &right.node])
            }
            Operator::Project { input, expressions } => {
                (Box::new(Project::new(expressions.clone(), &node.fields)), vec![input])
            }
            Operator::Aggregate { input, group, aggregates } => {
                (Box::new(Aggregation::new(&self.context, group, aggregates, &node.fields)?), vec![input])
            }
            Operator::TimeWindows { input, windows, size, advance, group, bounds } => {
                let windows = TimeWindows::new(&self.context, input, *windows, [*size, *advance], group, *bounds);
                (Box::new(windows), vec![input])
            }
            Operator::Sessions { input, windows, gap, group, aggregates } => {
                let aggregation = Aggregation::new(&self.context, group, aggregates, &node.fields)?;
                let stream_time = StreamTime::new(self.context.pipeline, input, group);
                (Box::new(Sessions::new(*windows, *gap, aggregation, stream_time, &node.fields)), vec![input])
            }
            Operator::Join { left, right, kind, left_key, right_key, key } => {
                let join = TableJoin::new(*kind, left, right, [left_key, right_key], *key, &node.fields);
                (Box::new(join), vec![left, right])
            }
            Operator::StreamTableJoin { stream, table, kind, key } => {
                (Box::new(StreamTableJoin::new(*kind, stream, table, key, &node.fields)), vec![stream, table])
            }
        };
        let stage = query.stages.len();
        query.stages.push(Stage { operator, stop: Stop::operator(self.context.pipeline, node), next });
        for (input, port) in inputs.into_iter().zip([Port::First, Port::Second]) {
            self.connect(input, Some((stage, port)), query)?;
        }
        Ok(())
    }

    /// Replays what a phase has, each record with the position of its topic.
    pub fn run<E: Into<ReplayError>>(
        &mut self,
        phase: &str,
        topics: &[&Topic],
        arrivals: impl Iterator<Item = Result<(usize, Arrival), E>>,
    ) -> Result<(), ReplayError> {
        self.tables.iter_mut().for_each(|table| table.begin(phase));
        let (mut batch, mut of) = (vec![], 0);
        for arrival in arrivals {
            let (topic, record) = match arrival.map_err(Into::into)? {
                (topic, Arrival::Record(record)) => (topic, record),
                (topic, Arrival::Broken(broken)) => {
                    // After what was before it: where the run ends here, nothing of that is lost.
                    self.push(topics[of], std::mem::take(&mut batch))?;
                    self.broken(topics[topic], broken)?;
                    continue;
                }
            };
            if topic != of || batch.len() == self.context.options.batch_rows {
                self.push(topics[of], std::mem::take(&mut batch))?;
                of = topic;
            }
            batch.push(record);
        }
        match topics.get(of) {
            Some(topic) => self.push(topic, batch),
            None => Ok(()),
        }
    }

    /// Sends records of one topic through everything that reads it.
    fn push(&mut self, topic: &Topic, mut batch: Vec<Record>) -> Result<(), ReplayError> {
        let count = batch.len();
        let Some(first) = batch.first_mut() else { return Ok(()) };
        let origin = origin(&topic.topic.as_str().into(), first);
        if self.context.options.on_error == OnError::DeadLetter {
            self.context.record = Some((origin.clone(), first.raw.take()));
        }
        let changes = self.source(topic, batch)?;
        let steps = self.trace.as_mut().map(|trace| trace.note_record(&topic.relation, &changes, origin));
        self.deliver(&topic.relation.name, changes, steps.unwrap_or_default())?;
        if let Some(meters) = &mut self.meters {
            meters.records(&topic.topic, count);
            meters.states(kept(&self.queries, &self.tables, &self.sources), false);
        }
        Ok(())
    }

    /// What becomes of a record that is no row.
    fn broken(&mut self, topic: &Topic, broken: BrokenRecord) -> Result<(), ReplayError> {
        match self.context.options.on_error {
            OnError::Fail => Err(ReplayError::Broken(Box::new(broken))),
            OnError::Null | OnError::Skip => {
                self.context.leave_out(format!("records of {} could not be decoded", topic.topic));
                Ok(())
            }
            OnError::DeadLetter => {
                let topic = topic.topic.clone();
                self.context.put_aside(DeadLetter::Broken { topic, broken })
            }
        }
    }

    /// A source's records as changes: a stream's are all inserts, a table's replace the row of their key.
    fn source(&mut self, topic: &Topic, records: Vec<Record>) -> Result<Changes, ReplayError> {
        let relation = &topic.relation;
        let source = self.sources.get_mut(&relation.name).expect("every topic that is fed is a source");
        let origins: Vec<Origin> = records.iter().map(|record| origin(&source.topic, record)).collect();
        let times = records.iter().map(|record| record.time).collect();
        let tombstones: Vec<bool> = records.iter().map(|record| record.is_tombstone).collect();
        let rows = batch(&relation.fields, records.into_iter().map(|record| record.row).collect())?;
        // Flink: what a record replaces is found where the query reads it.
        let kind = |is_tombstone: &bool| if *is_tombstone { Kind::Delete } else { Kind::Insert };
        let changes = Changes::new(rows, tombstones.iter().map(kind).collect(), times, origins);
        match (relation.collection, self.context.pipeline.dialect) {
            (Collection::Stream, _) => self.stream(topic, changes),
            (Collection::Table, Dialect::Flink) => Ok(changes),
            (Collection::Table, Dialect::Ksqldb) => Ok(source.replace(topic, changes, &mut self.context)),
        }
    }

    /// A record without a value has no row for a stream; both engines pass over it.
    fn stream(&mut self, topic: &Topic, changes: Changes) -> Result<Changes, ReplayError> {
        let stream = &topic.relation.name;
        let Some(first) = changes.kinds.iter().position(|kind| kind.retracts()) else { return Ok(changes) };
        let queries = &self.context.pipeline.queries;
        if queries.iter().any(|query| aggregates_in_windows(&query.plan, stream)) {
            let origin = changes.origins[first].clone();
            return Err(ReplayError::NullInWindow { stream: stream.clone(), origin });
        }
        let left = changes.kinds.iter().copied().enumerate().filter(|(_, kind)| !kind.retracts()).collect::<Vec<_>>();
        for _ in left.len()..changes.len() {
            self.context.leave_out(format!("records of {} have a null value", topic.topic));
        }
        Ok(select(changes, &left))
    }

    /// Hands a relation's changes to every query that reads it, and on to what those fill.
    fn deliver(&mut self, relation: &str, changes: Changes, steps: Steps) -> Result<(), ReplayError> {
        if changes.is_empty() {
            return Ok(());
        }
        for index in 0..self.queries.len() {
            let query = &mut self.queries[index];
            let mut given = vec![];
            for entry in query.entries.iter().filter(|e| e.relation == relation) {
                let mut current = (changes.clone(), steps.clone());
                let mut next = entry.first;
                while let Some((stage, port)) = next {
                    let stage = &mut query.stages[stage];
                    let push = |changes| stage.operator.push(port, changes, &mut self.context);
                    current = through(self.trace.as_mut(), &stage.stop, current, push)?;
                    next = stage.next;
                }
                given.push(current);
            }
            let sink = query.sink;
            for (changes, steps) in given {
                let changes = self.tables[sink].take(changes)?;
                if let Some(meters) = &self.meters {
                    meters.changes(sink, &changes.kinds);
                }
                let relation = &self.tables[sink].relation;
                let note =
                    |trace: &mut Trace| trace.note(&Stop::table(relation), |row| steps.get(row).copied(), &changes);
                let steps = self.trace.as_mut().map(note).unwrap_or_default();
                let name = relation.name.clone();
                let changes = self.tables[sink].as_read(changes);
                self.deliver(&name, changes, steps)?;
            }
        }
        Ok(())
    }

    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    pub fn forget_changes(&mut self) {
        self.tables.iter_mut().for_each(Table::forget_changes);
    }

    pub fn finish(mut self) -> Outcome {
        if let Some(meters) = &mut self.meters {
            meters.states(kept(&self.queries, &self.tables, &self.sources), true);
        }
        let notes = self.context.left_out.into_iter().map(|(reason, count)| format!("{reason}: {count} left out"));
        Outcome { tables: self.tables, notes: notes.collect(), trace: self.trace.unwrap_or_default() }
    }
}

/// What each operator, table and source keeps, by a name of its own.
fn kept<'a>(
    queries: &'a [RunningQuery],
    tables: &'a [Table],
    sources: &'a BTreeMap<String, Source>,
) -> impl Iterator<Item = (String, Kept)> + 'a {
    let of_query = |query: &'a RunningQuery| {
        let table = &tables[query.sink].relation.name;
        query
            .stages
            .iter()
            .enumerate()
            .map(move |(place, stage)| (format!("{table} {place}: {}", stage.stop.name), stage.operator.kept()))
    };
    let operators = queries.iter().flat_map(of_query).filter(|(_, kept)| kept.rows > 0);
    let results = tables.iter().map(|table| (format!("{} table", table.relation.name), table.kept()));
    let read = sources.iter().map(|(name, source)| {
        (format!("{name} source"), Kept::of(source.rows.len(), source.rows.iter().map(|row| row.len())))
    });
    operators.chain(results).chain(read.filter(|(_, kept)| kept.rows > 0))
}

/// The columns of records as a batch.
fn batch(fields: &[Field], records: Vec<Columns>) -> Result<RecordBatch, WrongType> {
    let mut batches: Vec<Arc<RecordBatch>> = vec![];
    let mut places = Vec::with_capacity(records.len());
    for record in &records {
        let Columns::Of(batch, row) = record else {
            let rows: Vec<Vec<Value>> = records.into_iter().map(Columns::into_values).collect();
            return columns::batch(fields, &rows);
        };
        let known = batches.iter().rposition(|known| Arc::ptr_eq(known, batch)).unwrap_or_else(|| {
            batches.push(batch.clone());
            batches.len() - 1
        });
        places.push((known, *row));
    }
    if let ([batch], Some((_, first))) = (&batches[..], places.first())
        && places.iter().zip(*first..).all(|((_, row), next)| *row == next)
    {
        return Ok(batch.slice(*first, places.len()));
    }
    let column = |column: usize| {
        let arrays: Vec<&dyn Array> = batches.iter().map(|batch| batch.column(column).as_ref()).collect();
        interleave(&arrays, &places).expect("the batches have the columns of one relation, and the places are theirs")
    };
    Ok(with_columns(fields, (0..fields.len()).map(column).collect(), places.len()))
}

fn origin(topic: &Arc<str>, record: &Record) -> Origin {
    Origin { topic: topic.clone(), partition: record.partition, offset: record.offset }
}

impl Source {
    /// Rows of a table, each in the place of the one of its key.
    fn replace(&mut self, topic: &Topic, changes: Changes, context: &mut Context<'_>) -> Changes {
        let relation = &topic.relation;
        let packing = self.rows.packing().clone();
        let mut told = Told::default();
        for (place, row) in packed(&packing, &changes).into_iter().enumerate() {
            if relation.key.iter().any(|column| changes.rows.column(*column).is_null(place)) {
                context.leave_out(format!("records of table {} have a null key", relation.name));
                continue;
            }
            let key = self.rows.key(&row).into_owned();
            let after = (!changes.kinds[place].retracts()).then_some(row);
            let before = match &after {
                Some(row) => self.rows.insert(&key, row.clone()),
                None => self.rows.remove(&key),
            };
            told.say_all(table::source(before, after), changes.times[place], &changes.origins[place]);
        }
        told.changes_of(changes.rows, &packing, &relation.fields)
    }
}

/// Sends changes through an operator: all at once, or under the eyes of a trace.
fn through(
    trace: Option<&mut Trace>,
    stop: &Arc<Stop>,
    (changes, steps): (Changes, Steps),
    mut push: impl FnMut(Changes) -> Result<Changes, ReplayError>,
) -> Result<(Changes, Steps), ReplayError> {
    match trace {
        Some(trace) => trace.through(stop, (changes, steps), push),
        None => Ok((push(changes)?, steps)),
    }
}

/// Whether records of a stream come to a windowed aggregate as they are: a WHERE or a join on the way has none without a value.
fn aggregates_in_windows(node: &Node, stream: &str) -> bool {
    fn comes_from(node: &Node, stream: &str) -> bool {
        match &node.operator {
            Operator::Source { relation } => relation == stream,
            Operator::SystemColumns { input } | Operator::Calls { input, .. } | Operator::Project { input, .. } => {
                comes_from(input, stream)
            }
            _ => false,
        }
    }
    match &node.operator {
        Operator::TimeWindows { input, .. } | Operator::Sessions { input, .. } => comes_from(input, stream),
        _ => node.inputs().into_iter().any(|input| aggregates_in_windows(input, stream)),
    }
}

/// Whether several queries fill one relation.
fn fills_twice(pipeline: &Pipeline) -> bool {
    let sinks: BTreeSet<&str> = pipeline.queries.iter().map(|query| query.sink.as_str()).collect();
    sinks.len() < pipeline.queries.len()
}

/// Whether some join gets records of one source on both sides.
fn joins_with_itself(pipeline: &Pipeline) -> bool {
    fn sources(pipeline: &Pipeline, node: &Node, found: &mut bool) -> BTreeSet<String> {
        if let Operator::Source { relation } = &node.operator {
            let mut filling = pipeline.queries.iter().filter(|q| q.sink == *relation).peekable();
            return match filling.peek() {
                Some(_) => filling.flat_map(|query| sources(pipeline, &query.plan, found)).collect(),
                None => BTreeSet::from([relation.clone()]),
            };
        }
        let mut all = BTreeSet::new();
        for input in node.inputs() {
            let new = sources(pipeline, input, found);
            *found |= !all.is_disjoint(&new);
            all.extend(new);
        }
        all
    }
    let mut found = false;
    pipeline.queries.iter().for_each(|query| drop(sources(pipeline, &query.plan, &mut found)));
    found
}
