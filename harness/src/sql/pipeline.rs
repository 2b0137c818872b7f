//! All statements of a file together: each source with its topic, each query with the relation it fills.

use std::collections::BTreeMap;
use std::sync::Arc;

use sqlparser::ast::Ident;
use streamfn_model::{Dialect, Field, SqlType};

use super::ddl::{self, Collection, ColumnRole, Create, Property, StatementKind};
use super::dialect;
use super::error::{Position, SqlError, hint};
use super::functions::Functions;
use super::node::{Node, Relation};
use super::plan::{self, Planned};

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
    /// Whether the file only declares it, so that its records come from outside.
    pub is_source: bool,
    /// Whether its connector takes no updates: Flink's `kafka` and `filesystem`.
    pub appends: bool,
}

/// How a key or value is written in its topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Kafka's own serialisation of one primitive.
    Kafka,
    Json,
    Avro,
    /// Flink without a key format.
    None,
}

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
}

impl Planner {
    fn statement(&mut self, statement: StatementKind, at: Option<Position>) -> Result<(), SqlError> {
        match statement {
            StatementKind::Create(create) => self.source(*create),
            StatementKind::CreateAs { name, collection, properties, query } => {
                let Planned { node: plan, prefixed } = plan::plan(&self.pipeline.functions, &self.relations, &query)?;
                if plan.collection != collection {
                    let (made, wanted) = (word(plan.collection), word(collection));
                    let message = format!("the query gives a {made}; write CREATE {made} instead of CREATE {wanted}");
                    return Err(SqlError::invalid(message, at));
                }
                let name = self.new_name(&name)?;
                let key = self.key_of_result(&plan)?;
                let relation = Relation { name: name.clone(), collection, fields: plan.fields.clone(), key };
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
            StatementKind::Insert { name, query } => self.insert(name, &query),
            StatementKind::CreateView { name, .. } => {
                Err(SqlError::not_supported("CREATE VIEW", Position::of(name.span)))
            }
            StatementKind::CreateFunction { name, class } => {
                Arc::make_mut(&mut self.pipeline.functions).register(&name.value, &class);
                Ok(())
            }
            StatementKind::Set { .. } => Ok(()),
        }
    }

    fn source(&mut self, create: Create) -> Result<(), SqlError> {
        let dialect = self.pipeline.dialect;
        let name = self.new_name(&create.name)?;
        let mut fields: Vec<Field> = vec![];
        let mut key = vec![];
        for column in &create.columns {
            let at = Position::of(column.name.span);
            let column_name = dialect::name(dialect, &column.name);
            let sql_type = match &column.role {
                ColumnRole::Value(of) => of.clone(),
                ColumnRole::Key(of) | ColumnRole::PrimaryKey(of) => {
                    let is_primary = matches!(column.role, ColumnRole::PrimaryKey(_));
                    if dialect == Dialect::Ksqldb && is_primary != (create.collection == Collection::Table) {
                        let message = "a stream has KEY columns and a table PRIMARY KEY columns";
                        return Err(SqlError::invalid(message, at));
                    }
                    key.push(fields.len());
                    of.clone()
                }
                ColumnRole::Header(_) => return Err(SqlError::not_supported("HEADERS column", at)),
                ColumnRole::Metadata(_) => return Err(SqlError::not_supported("METADATA column", at)),
                ColumnRole::Computed(_) => return Err(SqlError::not_supported("computed column", at)),
            };
            if fields.iter().any(|f| f.name == column_name) {
                return Err(SqlError::invalid(format!("column {column_name} is there twice"), at));
            }
            fields.push(Field { name: column_name, sql_type, nullable: column.nullable });
        }
        for ident in &create.primary_key {
            let column = dialect::name(dialect, ident);
            let Some(index) = fields.iter().position(|f| f.name == column) else {
                let hint = hint(&column, fields.iter().map(|f| f.name.as_str()));
                return Err(SqlError::unknown(format!("unknown column {column}{hint}"), Position::of(ident.span)));
            };
            key.push(index);
        }
        if let Some((column, _)) = &create.watermark {
            let name = dialect::name(dialect, column);
            if !fields.iter().any(|f| f.name == name) {
                return Err(SqlError::unknown(format!("unknown column {name}"), Position::of(column.span)));
            }
        }
        if dialect == Dialect::Ksqldb && create.collection == Collection::Table && key.is_empty() {
            return Err(SqlError::invalid(format!("table {name} has no PRIMARY KEY column"), None));
        }
        // Flink's plain connectors append, also with a key; upserts come from connectors that say so.
        let collection = match dialect {
            Dialect::Ksqldb => create.collection,
            Dialect::Flink => Collection::Stream,
        };
        if dialect == Dialect::Flink
            && let Some(connector) = create.properties.iter().find(|p| p.name == "connector")
            && connector.value.starts_with("upsert")
        {
            return Err(SqlError::not_supported(format!("connector {}", connector.value), connector.at));
        }
        let relation = Relation { name, collection, fields, key };
        let topic = self.topic(relation, create.properties, None)?;
        self.add(topic);
        Ok(())
    }

    fn insert(&mut self, name: Ident, query: &sqlparser::ast::Query) -> Result<(), SqlError> {
        let at = Position::of(name.span);
        if self.pipeline.dialect == Dialect::Ksqldb {
            return Err(SqlError::not_supported("INSERT INTO … SELECT in ksqlDB's dialect", at));
        }
        let plan = plan::plan(&self.pipeline.functions, &self.relations, query)?.node;
        let sink = dialect::name(self.pipeline.dialect, &name);
        let Some(topic) = self.pipeline.topics.iter_mut().find(|t| t.relation.name == sink) else {
            let hint = hint(&sink, self.relations.keys().map(String::as_str));
            return Err(SqlError::unknown(format!("unknown table {sink}{hint}"), at));
        };
        let (wanted, found) = (&topic.relation.fields, &plan.fields);
        let fits = wanted.iter().map(|f| &f.sql_type).eq(found.iter().map(|f| &f.sql_type));
        if !fits {
            let list = |fields: &[Field]| {
                fields.iter().map(|f| format!("{} {}", f.name, f.sql_type)).collect::<Vec<_>>().join(", ")
            };
            let message = format!("{sink} wants ({}), the query gives ({})", list(wanted), list(found));
            return Err(SqlError::wrong_type(message, at));
        }
        if self.pipeline.queries.iter().any(|q| q.sink == sink) {
            return Err(SqlError::not_supported(format!("a second INSERT INTO {sink}"), at));
        }
        if plan.reads(&sink) || self.pipeline.queries.iter().any(|q| q.plan.reads(&sink)) {
            return Err(SqlError::not_supported(
                format!("INSERT INTO {sink}, which this or an earlier statement reads"),
                at,
            ));
        }
        if topic.appends && plan.collection == Collection::Table {
            let message = format!("{sink} has a connector that only appends, and the query updates and deletes rows");
            return Err(SqlError::invalid(message, at));
        }
        topic.is_source = false;
        topic.relation.collection = plan.collection;
        self.relations.insert(sink.clone(), topic.relation.clone());
        self.pipeline.queries.push(Query { plan, sink });
        Ok(())
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

    /// ksqlDB wants every part of the key among the selected columns, of streams as of tables.
    fn key_of_result(&self, plan: &Node) -> Result<Vec<usize>, SqlError> {
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

    /// `like` is the relation that a query reads first: ksqlDB writes its result in the same formats.
    fn topic(&self, relation: Relation, properties: Vec<Property>, like: Option<&Topic>) -> Result<Topic, SqlError> {
        let dialect = self.pipeline.dialect;
        let mut topic = Topic {
            topic: relation.name.clone(),
            key_format: match (like, dialect) {
                (Some(like), _) => like.key_format,
                (None, Dialect::Ksqldb) => Format::Kafka,
                (None, Dialect::Flink) => Format::None,
            },
            value_format: like.map_or(Format::Json, |like| like.value_format),
            timestamp: None,
            is_source: like.is_none(),
            appends: false,
            relation,
        };
        for Property { name, value, at } in properties {
            match (dialect, name.as_str()) {
                (Dialect::Ksqldb, "KAFKA_TOPIC") | (Dialect::Flink, "topic") => topic.topic = value,
                (Dialect::Ksqldb, "KEY_FORMAT") | (Dialect::Flink, "key.format") => {
                    topic.key_format = format(&value, at)?;
                }
                (Dialect::Ksqldb, "VALUE_FORMAT") | (Dialect::Flink, "value.format" | "format") => {
                    topic.value_format = format(&value, at)?;
                }
                (Dialect::Ksqldb, "FORMAT") => {
                    topic.key_format = format(&value, at)?;
                    topic.value_format = topic.key_format;
                }
                (Dialect::Ksqldb, "TIMESTAMP") => topic.timestamp = Some(time_column(&topic.relation, &value, at)?),
                (Dialect::Ksqldb, "PARTITIONS" | "REPLICAS" | "KEY_SCHEMA_ID" | "VALUE_SCHEMA_ID") => {}
                (Dialect::Ksqldb, _) => {
                    return Err(SqlError::not_supported(format!("property {name}"), at));
                }
                (Dialect::Flink, "connector") => topic.appends = matches!(value.as_str(), "kafka" | "filesystem"),
                // These change what a row of the table is.
                (
                    Dialect::Flink,
                    "key.fields"
                    | "key.fields-prefix"
                    | "value.fields-include"
                    | "json.ignore-parse-errors"
                    | "value.json.ignore-parse-errors",
                ) => return Err(SqlError::not_supported(format!("option {name}"), at)),
                // Flink's connectors have options without number that don't.
                (Dialect::Flink, _) => {}
            }
        }
        if dialect == Dialect::Ksqldb && topic.key_format == Format::None && !topic.relation.key.is_empty() {
            let message = format!("{} has a key, and key format NONE, which can hold none", topic.relation.name);
            return Err(SqlError::invalid(message, None));
        }
        if topic.key_format == Format::Kafka && topic.relation.key.len() > 1 {
            // ksqlDB turns a key of several columns into one that the KAFKA format cannot hold.
            let message =
                format!("{} has a key of several columns, which key format KAFKA cannot hold", topic.relation.name);
            return Err(SqlError::invalid(message, None));
        }
        Ok(topic)
    }
}

fn word(collection: Collection) -> &'static str {
    match collection {
        Collection::Stream => "STREAM",
        Collection::Table => "TABLE",
    }
}

fn format(value: &str, at: Option<Position>) -> Result<Format, SqlError> {
    match value.to_uppercase().as_str() {
        "KAFKA" | "RAW" => Ok(Format::Kafka),
        "JSON" => Ok(Format::Json),
        "AVRO" | "AVRO-CONFLUENT" => Ok(Format::Avro),
        "NONE" => Ok(Format::None),
        _ => Err(SqlError::not_supported(format!("format {value}"), at)),
    }
}

/// The column of the `timestamp` property: BIGINT milliseconds or a TIMESTAMP. Its name is upper-cased like any other.
fn time_column(relation: &Relation, value: &str, at: Option<Position>) -> Result<usize, SqlError> {
    let name = value.trim_matches('`');
    let name = if name.len() < value.len() { name.to_owned() } else { name.to_uppercase() };
    let Some(index) = relation.fields.iter().position(|f| f.name == name) else {
        let hint = hint(&name, relation.fields.iter().map(|f| f.name.as_str()));
        return Err(SqlError::unknown(format!("timestamp property: unknown column {name}{hint}"), at));
    };
    match relation.fields[index].sql_type {
        SqlType::BigInt | SqlType::TimestampLtz => Ok(index),
        ref other => {
            let message = format!("timestamp property: {name} is {other}; wanted BIGINT or TIMESTAMP");
            Err(SqlError::wrong_type(message, at))
        }
    }
}
