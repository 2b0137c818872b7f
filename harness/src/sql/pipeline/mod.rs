//! All statements of a file together: each source with its topic, each query with the relation it fills.

mod connector;
mod flink_insert;
mod flink_table;
mod insert_into_stream;
mod properties;
mod source;

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion_physical_expr::utils::collect_columns;
use sqlparser::ast::Ident;
use streamfn_model::timestamp_format::TimestampFormat;
use streamfn_model::{Dialect, Field};

use super::ddl::{self, Collection, StatementKind};
use super::dialect;
use super::error::{Position, SqlError};
use super::flink::Settings;
use super::functions::Functions;
use super::node::{Node, Operator, Reading, Relation};
use super::plan::{self, Planned};
use super::system_columns::{ROWOFFSET, ROWPARTITION, ROWTIME};

/// A planned file.
#[derive(Debug, Clone)]
pub struct Pipeline {
    pub dialect: Dialect,
    pub functions: Arc<Functions>,
    /// Every relation with its topic, in the order of the file.
    pub topics: Vec<Topic>,
    /// In the order of the file; a query reads only what stands before it.
    pub queries: Vec<Query>,
    /// What a user should know though nothing is wrong.
    pub notes: Vec<String>,
}

/// A stream or table and the topic it lives in.
#[derive(Debug, Clone)]
pub struct Topic {
    pub relation: Relation,
    /// The topic's name: `KAFKA_TOPIC` or `topic`, else the relation's own.
    pub topic: String,
    pub key_format: Format,
    pub value_format: Format,
    /// The column that gives a record its time (`timestamp` property).
    pub timestamp: Option<usize>,
    /// How that column is written, if it is text.
    pub timestamp_format: Option<TimestampFormat>,
    /// Whether a value of one column is an object with that column; else it is written without a name.
    pub wraps_single_value: bool,
    /// How many partitions and replicas the SQL wants of it.
    pub partitions: Option<i32>,
    pub replicas: Option<i32>,
    /// Whether the file only declares it, so that its records come from outside.
    pub is_source: bool,
    /// What its connector reads and writes in Flink.
    pub connector: Connector,
    /// Columns that are no part of a record's key or value, in Flink.
    pub metadata: Vec<(usize, Metadata)>,
}

/// How a key or value is written in its topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Kafka's own serialisation of one primitive.
    Kafka,
    Json,
    /// Behind the id that a schema registry has for its schema.
    Avro,
    /// Avro alone, by the schema that follows from the columns: Flink's `avro`
    /// (<https://nightlies.apache.org/flink/flink-docs-release-2.3/docs/connectors/table/formats/avro/>).
    PlainAvro,
    /// A row as it was and as it is, and what became of it.
    DebeziumJson,
    /// One line of text, with this between two columns.
    Delimited(char),
    /// Flink without a key format.
    None,
}

pub use connector::{Connector, Metadata};

/// `… AS SELECT` or `INSERT INTO … SELECT`.
#[derive(Debug, Clone)]
pub struct Query {
    pub plan: Node,
    /// The relation it fills.
    pub sink: String,
}

impl Pipeline {
    /// Reads and plans a file.
    pub fn plan(functions: Functions, text: &str) -> Result<Pipeline, SqlError> {
        functions.check()?;
        let dialect = functions.dialect;
        let mut planner = Planner {
            pipeline: Pipeline {
                dialect,
                functions: Arc::new(functions),
                topics: vec![],
                queries: vec![],
                notes: vec![],
            },
            relations: BTreeMap::new(),
            settings: Settings::default(),
        };
        for statement in ddl::parse(dialect, text)? {
            let ddl::Statement { at, words, kind } = statement;
            planner.statement(kind, at).map_err(|e| words.at_the_clause(e).or_at(at))?;
        }
        Ok(planner.pipeline)
    }

    /// Whether some query reads this relation.
    pub fn reads(&self, relation: &str) -> bool {
        self.queries.iter().any(|query| query.plan.reads(relation))
    }

    pub fn topic(&self, relation: &str) -> Option<&Topic> {
        self.topics.iter().find(|t| t.relation.name == relation)
    }
}

struct Planner {
    pipeline: Pipeline,
    relations: BTreeMap<String, Relation>,
    settings: Settings,
}

impl Planner {
    fn statement(&mut self, statement: StatementKind, at: Option<Position>) -> Result<(), SqlError> {
        match statement {
            StatementKind::Create(create) => match self.pipeline.dialect {
                Dialect::Ksqldb => self.source(*create),
                Dialect::Flink => self.flink_table(*create),
            },
            StatementKind::CreateAs { name, collection, properties, query, clauses } => {
                let Planned { node: plan, prefixed } =
                    plan::plan(&self.pipeline.functions, &self.relations, &query, &clauses)?;
                if plan.collection != collection {
                    let (made, wanted) = (word(plan.collection), word(collection));
                    let message = format!("the query gives a {made}; write CREATE {made} instead of CREATE {wanted}");
                    return Err(SqlError::invalid(message, at));
                }
                self.places_of_records_are_known(&plan)?;
                times_of_rows_stay(&plan)?;
                let name = self.new_name(&name)?;
                let key = self.key_of_result(&plan)?;
                let relation = Relation {
                    name: name.clone(),
                    collection,
                    fields: plan.fields.clone(),
                    key,
                    reading: Reading::Changes,
                };
                for column in prefixed {
                    self.pipeline.notes.push(format!(
                        "{name}: ksqlDB calls the column {column}, since both tables have one of that name; AS gives it another"
                    ));
                }
                let like = plan.first_source().and_then(|name| self.pipeline.topic(name));
                let topic = self.topic(relation, properties, like)?;
                self.add(topic);
                self.pipeline.queries.push(Query { plan, sink: name });
                Ok(())
            }
            StatementKind::Insert { name, columns, query, clauses, on_conflict } => match self.pipeline.dialect {
                Dialect::Ksqldb => self.insert_into_stream(&name, &query, &clauses),
                Dialect::Flink => self.flink_insert(&name, &columns, &query, on_conflict),
            },
            StatementKind::CreateView { name, columns, query } => self.view(&name, &columns, &query),
            StatementKind::CreateFunction { name, class } => {
                Arc::make_mut(&mut self.pipeline.functions).register(&name.value, &class);
                Ok(())
            }
            StatementKind::Set { name, value } => match self.pipeline.dialect {
                Dialect::Flink => self.settings.set(&name, &value),
                Dialect::Ksqldb => Ok(()),
            },
        }
    }

    fn new_name(&self, ident: &Ident) -> Result<String, SqlError> {
        let name = dialect::name(self.pipeline.dialect, ident);
        match self.relations.contains_key(&name) {
            true => Err(SqlError::invalid(format!("{name} exists already"), Position::of(ident.span))),
            false => Ok(name),
        }
    }

    fn add(&mut self, topic: Topic) {
        self.relations.insert(topic.relation.name.clone(), topic.relation.clone());
        self.pipeline.topics.push(topic);
    }

    /// Refuses ROWPARTITION and ROWOFFSET of what a query fills: where in its topic such a record is, only a server knows.
    fn places_of_records_are_known(&self, plan: &Node) -> Result<(), SqlError> {
        let source = match &plan.operator {
            Operator::SystemColumns { input } => input.first_source().and_then(|name| self.pipeline.topic(name)),
            _ => None,
        };
        let place = |field: &&Field| [ROWPARTITION, ROWOFFSET].contains(&field.name.as_str());
        if let (Some(topic), Some(field)) = (source.filter(|topic| !topic.is_source), plan.fields.iter().find(place)) {
            let clause = format!("{} of {}, which a query fills", field.name, topic.relation.name);
            return Err(SqlError::not_supported(clause, None));
        }
        plan.inputs().into_iter().try_for_each(|input| self.places_of_records_are_known(input))
    }

    /// ksqlDB wants every part of the key among the selected columns, of streams as of tables.
    pub(super) fn key_of_result(&self, plan: &Node) -> Result<Vec<usize>, SqlError> {
        let had_key = plan.inputs().iter().any(|input| !input.key.is_empty());
        match plan.key.iter().map(|part| part.first().copied()).collect::<Option<Vec<_>>>() {
            Some(key) if !key.is_empty() || (!had_key && plan.collection == Collection::Stream) => Ok(key),
            _ => {
                let input = plan.inputs().into_iter().next().unwrap_or(plan);
                let names: Vec<&str> = input
                    .key
                    .iter()
                    .filter_map(|part| input.fields.get(*part.first()?)?.name.rsplit('.').next())
                    .collect();
                let message = match names.is_empty() {
                    true => "the result has no key: wanted GROUP BY".to_owned(),
                    false => format!("the SELECT list lacks the key; add {}", names.join(", ")),
                };
                Err(SqlError::invalid(message, None))
            }
        }
    }
}

/// Refuses to ask for a table row's ROWTIME where it is asked for once more when the row goes. ksqlDB keeps the other columns
/// with the row, and makes ROWTIME anew (`SourceBuilder.AddRemainingPseudoAndKeyCols`): what is undone then is the time of
/// the record that undoes it.
fn times_of_rows_stay(plan: &Node) -> Result<(), SqlError> {
    let is_asked = match &plan.operator {
        Operator::Aggregate { input, .. } => has_times_of_rows(input),
        Operator::Filter { input, predicate } => {
            has_times_of_rows(input) && collect_columns(predicate).iter().any(|column| is_rowtime(column.name()))
        }
        _ => false,
    };
    if is_asked {
        return Err(SqlError::not_supported("ROWTIME of a table in an aggregate, GROUP BY or WHERE", None));
    }
    plan.inputs().into_iter().try_for_each(times_of_rows_stay)
}

fn has_times_of_rows(plan: &Node) -> bool {
    let is_here = matches!(plan.operator, Operator::SystemColumns { .. })
        && plan.fields.iter().any(|field| is_rowtime(&field.name));
    plan.collection == Collection::Table && (is_here || plan.inputs().into_iter().any(has_times_of_rows))
}

/// With its relation before it or without.
fn is_rowtime(column: &str) -> bool {
    column.rsplit('.').next() == Some(ROWTIME)
}

fn word(collection: Collection) -> &'static str {
    match collection {
        Collection::Stream => "STREAM",
        Collection::Table => "TABLE",
    }
}
