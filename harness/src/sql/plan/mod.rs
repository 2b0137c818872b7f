//! A query to operators: DataFusion plans it, this file takes the plan's nodes that have a rule and refuses the others.

mod aggregate;
mod join;
pub mod lateral;
mod partition;
mod projection;
mod regular_join;
mod stream_table_join;
mod window;

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion_common::config::ConfigOptions;
use datafusion_expr::logical_plan::{Distinct, LogicalPlan};
use datafusion_physical_expr::PhysicalExpr;
use datafusion_physical_expr::expressions::Column;
use datafusion_sql::planner::{NullOrdering, ParserOptions, SqlToRel};
use sqlparser::ast::{self, Query, Spanned};
use streamfn_model::window::Windows;
use streamfn_model::{Dialect, Field};

use super::catalog::Catalog;
use super::clauses::Clauses;
use super::ddl::Collection;
use super::error::{Position, SqlError};
use super::expression::{Call, Scope};
use super::flink;
use super::from;
use super::functions::Functions;
use super::node::{Node, Operator, Reading, Relation};
use super::places::{Places, object_name};
use super::{check, normalize, operation, star, system_columns};

/// A planned query.
pub struct Planned {
    pub node: Node,
    /// Columns that ksqlDB calls by table and column, since both tables have one of that name.
    pub prefixed: Vec<String>,
}

/// Plans one query over the relations there are.
pub fn plan(
    functions: &Arc<Functions>,
    relations: &BTreeMap<String, Relation>,
    query: &Query,
    clauses: &Clauses,
) -> Result<Planned, SqlError> {
    let at = Position::of(query.span());
    let dialect = functions.dialect;
    check::query(dialect, query)?;
    let mut named = query.clone();
    let added = match dialect {
        Dialect::Flink => lateral::tables(functions, relations, &mut named)?,
        Dialect::Ksqldb => system_columns::beside_their_own(relations, query, clauses),
    };
    // Of ksqlDB's relations some have more columns for this query; Flink's stay as they are, and some may join them.
    let declared = match dialect {
        Dialect::Flink => added.as_ref().unwrap_or(relations),
        Dialect::Ksqldb => relations,
    };
    let relations = added.as_ref().unwrap_or(relations);
    let mut partition_by = partition::PartitionBy::of(&named, clauses)?;
    if dialect == Dialect::Ksqldb {
        star::expand(declared, &mut named);
    }
    partition_by.add_to(&mut named);
    let clashes = clashing_columns(dialect, relations, query);
    let prefixed = normalize::query(dialect, &mut named, |column| clashes.iter().any(|c| c == column));
    partition_by.take_from(&mut named);
    while let Some(twice) = normalize::repeated_column(&mut named) {
        if dialect == Dialect::Ksqldb {
            let message = format!("column {} is selected twice; AS gives one another name", twice.value);
            return Err(SqlError::invalid(message, Position::of(twice.span)));
        }
        twice.value.push('0');
    }
    if dialect == Dialect::Ksqldb {
        window::reserve_names(&named)?;
    }
    if clauses.window.is_some() {
        window::group_by_bounds(functions, &mut named)?;
    }
    operation::all(dialect, &mut named);
    let places = Places::of(&named);
    places.check(functions, relations)?;

    let catalog = Catalog { functions: functions.clone(), relations, options: ConfigOptions::default() };
    let options = ParserOptions {
        parse_float_as_decimal: false,
        enable_ident_normalization: false,
        support_varchar_with_length: false,
        enable_options_value_normalization: false,
        collect_spans: true,
        map_string_types_to_utf8view: false,
        default_null_ordering: NullOrdering::NullsMax,
    };
    let planned = SqlToRel::new_with_options(&catalog, options)
        .sql_statement_to_plan(ast::Statement::Query(Box::new(named.clone())))
        .map_err(|e| places.explain(e).or_at(at))?;
    let planner = Planner {
        functions,
        relations: declared,
        with_system_columns: relations,
        windows: clauses.window,
        places: &places,
    };
    let node = planner.node(&planned).map_err(|e| e.or_at(at))?;
    let node = partition_by.key(node)?;
    Ok(Planned { node, prefixed })
}

/// Column names that more than one table of the query has.
fn clashing_columns(dialect: Dialect, relations: &BTreeMap<String, Relation>, query: &Query) -> Vec<String> {
    let tables: Vec<&Relation> = from::factors_of(query)
        .filter_map(|factor| match factor {
            ast::TableFactor::Table { name, .. } => relations.get(&object_name(dialect, name)),
            _ => None,
        })
        .collect();
    let names = tables.iter().flat_map(|t| t.fields.iter().map(|f| &f.name));
    names.clone().filter(|name| names.clone().filter(|n| n == name).count() > 1).cloned().collect()
}

struct Planner<'a> {
    functions: &'a Arc<Functions>,
    relations: &'a BTreeMap<String, Relation>,
    /// The same, with the system columns that this query reads.
    with_system_columns: &'a BTreeMap<String, Relation>,
    windows: Option<Windows>,
    places: &'a Places,
}

impl Planner<'_> {
    fn node(&self, plan: &LogicalPlan) -> Result<Node, SqlError> {
        match plan {
            LogicalPlan::TableScan(scan) => {
                let name = scan.table_name.table();
                let Some(relation) = self.relations.get(name) else {
                    return Err(SqlError::unknown(format!("unknown table {name}"), None));
                };
                let fields = self.with_system_columns.get(name).map_or(&relation.fields, |with| &with.fields).clone();
                let node = read(relation);
                if fields.len() == relation.fields.len() {
                    return Ok(node);
                }
                let (key, collection) = (node.key.clone(), node.collection);
                Ok(Node { operator: Operator::SystemColumns { input: Box::new(node) }, fields, collection, key })
            }
            LogicalPlan::SubqueryAlias(alias) => self.node(&alias.input),
            LogicalPlan::Filter(filter) => {
                let input = self.node(&filter.input)?;
                let mut scope = self.scope(&filter.input, &input.fields);
                let predicate = scope.boolean(&filter.predicate, "WHERE").map_err(|e| self.placed(e))?;
                let calls = scope.calls;
                let columns = input.fields.clone();
                let filtered = |input: Node| match self.functions.dialect {
                    Dialect::Flink => flink::filtered(input, predicate),
                    Dialect::Ksqldb => {
                        Node { operator: Operator::Filter { input: Box::new(input.clone()), predicate }, ..input }
                    }
                };
                match calls.is_empty() {
                    true => Ok(filtered(input)),
                    // The columns of the calls go no further than the filter.
                    false => Ok(keep(filtered(with_calls(input, calls)), &columns)),
                }
            }
            LogicalPlan::Projection(projection) => self.projection(projection),
            LogicalPlan::Aggregate(aggregate) => self.aggregate(aggregate),
            LogicalPlan::Distinct(Distinct::All(input)) => Ok(distinct(self.node(input)?)),
            LogicalPlan::Join(join) => {
                if let Some(node) = self.lateral(join)? {
                    return Ok(node);
                }
                let (left, right) = (self.node(&join.left)?, self.node(&join.right)?);
                match self.functions.dialect {
                    Dialect::Ksqldb => self.join(join, left, right),
                    Dialect::Flink => self.regular_join(join, left, right),
                }
            }
            other => Err(SqlError::not_supported(other.display().to_string(), None)),
        }
    }

    fn scope<'b>(&'b self, input: &'b LogicalPlan, fields: &'b [Field]) -> Scope<'b> {
        Scope { functions: self.functions, schema: input.schema(), fields, calls: vec![], is_condition: false }
    }

    /// An error that names a function gets the place of its call.
    fn placed(&self, error: SqlError) -> SqlError {
        let place = self.places.functions.iter().find(|(name, _)| error.message.contains(&format!("{name}(")));
        let place = place.and_then(|(_, place)| *place);
        error.or_at(place)
    }
}

/// The changes of a relation, as a query gets them.
fn read(relation: &Relation) -> Node {
    let source = Node {
        operator: Operator::Source { relation: relation.name.clone() },
        fields: relation.fields.clone(),
        collection: relation.collection,
        key: relation.key.iter().map(|column| vec![*column]).collect(),
    };
    match &relation.reading {
        Reading::Changes | Reading::Lateral(_) => source,
        Reading::Plan(node) => node.as_ref().clone(),
        Reading::Upserts => {
            let (fields, key) = (source.fields.clone(), source.key.clone());
            let operator = Operator::Normalize { input: Box::new(source), key: relation.key.clone(), compared: vec![] };
            Node { operator, fields, collection: Collection::Table, key }
        }
    }
}

/// SELECT DISTINCT: a group for each row.
fn distinct(input: Node) -> Node {
    let fields = input.fields.clone();
    let columns = fields.iter().enumerate();
    let group = columns.map(|(i, f)| Arc::new(Column::new(&f.name, i)) as Arc<dyn PhysicalExpr>).collect();
    let key = (0..fields.len()).map(|column| vec![column]).collect();
    let operator = Operator::Aggregate { input: Box::new(input), group, aggregates: vec![] };
    Node { operator, fields, collection: Collection::Table, key }
}

fn with_calls(input: Node, calls: Vec<Call>) -> Node {
    if calls.is_empty() {
        return input;
    }
    let fields = input.fields.iter().cloned().chain(calls.iter().map(|call| call.result.clone())).collect();
    let (key, collection) = (input.key.clone(), input.collection);
    Node { operator: Operator::Calls { input: Box::new(input), calls }, fields, collection, key }
}

/// The first columns of a node, without what was computed beside them.
fn keep(node: Node, columns: &[Field]) -> Node {
    let expressions =
        columns.iter().enumerate().map(|(i, f)| Arc::new(Column::new(&f.name, i)) as Arc<dyn PhysicalExpr>).collect();
    let (key, collection) = (node.key.clone(), node.collection);
    Node {
        operator: Operator::Project { input: Box::new(node), expressions },
        fields: columns.to_vec(),
        collection,
        key,
    }
}
