//! A query to operators: DataFusion plans it, this file takes the plan's nodes that have a rule and refuses the others.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion_common::config::ConfigOptions;
use datafusion_expr::logical_plan::{Aggregate, Join, LogicalPlan, Projection};
use datafusion_expr::{Expr, JoinType};
use datafusion_physical_expr::PhysicalExpr;
use datafusion_physical_expr::expressions::Column;
use datafusion_sql::planner::{NullOrdering, ParserOptions, SqlToRel};
use sqlparser::ast::{self, Query, Spanned};
use streamfn_model::builtins::{AggregateRule, Updates};
use streamfn_model::{Dialect, Field, SqlType, table};

use super::catalog::Catalog;
use super::ddl::Collection;
use super::error::{Position, SqlError};
use super::expression::{Call, Scope, Typed, cast, constant, refuse_failing};
use super::functions::{FunctionRef, Functions, Meaning};
use super::node::{AggregateCall, AggregateFunction, Node, Operator, Relation};
use super::places::{Places, object_name};
use super::{check, normalize, operation};
use crate::contract::Shape;

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
) -> Result<Planned, SqlError> {
    let at = Position::of(query.span());
    let dialect = functions.dialect;
    check::query(dialect, query)?;
    let mut named = query.clone();
    let clashes = clashing_columns(dialect, relations, query);
    let prefixed = normalize::query(dialect, &mut named, |column| clashes.iter().any(|c| c == column));
    while let Some(twice) = normalize::repeated_column(&mut named) {
        if dialect == Dialect::Ksqldb {
            let message = format!("column {} is selected twice; AS gives one another name", twice.value);
            return Err(SqlError::invalid(message, Position::of(twice.span)));
        }
        twice.value.push('0');
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
    let planner = Planner { functions, relations, places: &places };
    let node = planner.node(&planned).map_err(|e| e.or_at(at))?;
    Ok(Planned { node, prefixed })
}

/// Column names that more than one table of the query has.
fn clashing_columns(dialect: Dialect, relations: &BTreeMap<String, Relation>, query: &Query) -> Vec<String> {
    let ast::SetExpr::Select(select) = query.body.as_ref() else { return vec![] };
    let factors =
        select.from.iter().flat_map(|t| std::iter::once(&t.relation).chain(t.joins.iter().map(|j| &j.relation)));
    let tables: Vec<&Relation> = factors
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
                Ok(Node {
                    operator: Operator::Source { relation: relation.name.clone() },
                    fields: relation.fields.clone(),
                    collection: relation.collection,
                    key: relation.key.iter().map(|column| vec![*column]).collect(),
                })
            }
            LogicalPlan::SubqueryAlias(alias) => self.node(&alias.input),
            LogicalPlan::Filter(filter) => {
                let input = self.node(&filter.input)?;
                let mut scope = self.scope(&filter.input, &input.fields);
                let predicate = scope.boolean(&filter.predicate, "WHERE").map_err(|e| self.placed(e))?;
                let calls = scope.calls;
                let columns = input.fields.clone();
                let filtered = |input: Node| Node {
                    operator: Operator::Filter { input: Box::new(input.clone()), predicate },
                    ..input
                };
                match calls.is_empty() {
                    true => Ok(filtered(input)),
                    // The columns of the calls go no further than the filter.
                    false => Ok(keep(filtered(with_calls(input, calls)), &columns)),
                }
            }
            LogicalPlan::Projection(projection) => self.projection(projection),
            LogicalPlan::Aggregate(aggregate) => self.aggregate(aggregate),
            LogicalPlan::Join(join) => self.join(join),
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

    fn projection(&self, projection: &Projection) -> Result<Node, SqlError> {
        let input = self.node(&projection.input)?;
        let mut scope = self.scope(&projection.input, &input.fields);
        let mut rows: Vec<Call> = vec![];
        let mut columns: Vec<(Field, Item)> = vec![];
        for (expr, name) in projection.expr.iter().zip(projection.schema.fields()) {
            let name = name.name();
            let (item, sql_type) = match self.table_function(expr, &mut scope)? {
                Some(call) => {
                    let sql_type = call.result.sql_type.clone();
                    rows.push(call);
                    (Item::Row(rows.len() - 1), sql_type)
                }
                None => {
                    let Typed { expr, sql_type, .. } = scope.convert(expr).map_err(|e| self.placed(e))?;
                    (Item::Expr(expr), sql_type)
                }
            };
            columns.push((Field::new(name, sql_type), item));
        }
        let calls = scope.calls;
        let mut node = with_calls(input, calls);
        let before_rows = node.fields.len();
        if !rows.is_empty() {
            if node.collection == Collection::Table {
                return Err(SqlError::invalid("a table function takes rows of a stream, found a table", None));
            }
            let fields = node.fields.iter().cloned().chain(rows.iter().map(|c| c.result.clone())).collect();
            node = Node {
                fields,
                key: node.key.clone(),
                collection: node.collection,
                operator: Operator::Rows { input: Box::new(node), calls: rows },
            };
        }
        let (fields, items): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        let expressions: Vec<Arc<dyn PhysicalExpr>> = items
            .into_iter()
            .map(|item| match item {
                Item::Expr(expr) => expr,
                Item::Row(i) => Arc::new(Column::new(&node.fields[before_rows + i].name, before_rows + i)),
            })
            .collect();
        let key = projected_key(&node.key, &expressions);
        let collection = node.collection;
        Ok(Node { operator: Operator::Project { input: Box::new(node), expressions }, fields, collection, key })
    }

    /// A SELECT item that is a table function's call, as ksqlDB writes it.
    fn table_function(&self, expr: &Expr, scope: &mut Scope<'_>) -> Result<Option<Call>, SqlError> {
        let Expr::ScalarFunction(call) = expr.clone().unalias() else { return Ok(None) };
        if !self.functions.is_table_function(call.func.name()) {
            return Ok(None);
        }
        let arguments = call.args.iter().map(|arg| scope.convert(arg)).collect::<Result<Vec<_>, _>>()?;
        let types: Vec<SqlType> = arguments.iter().map(|a| a.sql_type.clone()).collect();
        let meaning = self.functions.resolve(call.func.name(), &types).map_err(|e| self.placed(e))?;
        let Meaning::Component(function, result) = meaning else { return Ok(None) };
        let of = self.functions.function(function);
        if !matches!(of.shape, Shape::Table) {
            return Ok(None);
        }
        refuse_failing(of, &arguments)?;
        if self.functions.dialect == Dialect::Flink {
            let clause = format!("table function {} in the SELECT list; Flink calls it in FROM", of.sql_name);
            return Err(SqlError::not_supported(clause, self.places.function(&of.sql_name)));
        }
        let arguments = arguments.into_iter().zip(&of.params).map(|(a, p)| cast(a, &p.sql_type)).collect();
        Ok(Some(Call { function, arguments, result: Field::new(&of.sql_name, result) }))
    }

    fn aggregate(&self, aggregate: &Aggregate) -> Result<Node, SqlError> {
        let input = self.node(&aggregate.input)?;
        let mut scope = self.scope(&aggregate.input, &input.fields);
        let mut fields = vec![];
        let mut group = vec![];
        for (expr, name) in aggregate.group_expr.iter().zip(aggregate.schema.fields()) {
            let Typed { expr, sql_type, .. } = scope.convert(expr).map_err(|e| self.placed(e))?;
            fields.push(Field::new(name.name(), sql_type));
            group.push(expr);
        }
        let mut aggregates = vec![];
        for (expr, name) in aggregate.aggr_expr.iter().zip(aggregate.schema.fields().iter().skip(group.len())) {
            let call = self.aggregate_call(expr, &mut scope, input.collection)?;
            fields.push(Field::new(name.name(), call.result.clone()));
            aggregates.push(call);
        }
        if aggregates.is_empty() && self.functions.dialect == Dialect::Ksqldb {
            return Err(SqlError::invalid("ksqlDB takes GROUP BY only with an aggregate function", None));
        }
        let key = (0..group.len()).map(|i| vec![i]).collect();
        let calls = scope.calls;
        let input = Box::new(with_calls(input, calls));
        let operator = Operator::Aggregate { input, group, aggregates };
        Ok(Node { operator, fields, collection: Collection::Table, key })
    }

    fn aggregate_call(&self, expr: &Expr, scope: &mut Scope<'_>, input: Collection) -> Result<AggregateCall, SqlError> {
        let Expr::AggregateFunction(call) = expr.clone().unalias() else {
            return Err(SqlError::not_supported(expr.to_string(), None));
        };
        let name = call.func.name().to_owned();
        let place = self.places.function(&name);
        let typed = call.params.args.iter().map(|arg| scope.convert(arg)).collect::<Result<Vec<_>, _>>();
        let typed = typed.map_err(|e| self.placed(e).or_at(place))?;
        let types: Vec<SqlType> = typed.iter().map(|a| a.sql_type.clone()).collect();
        let no_retract = |component: FunctionRef| match &self.functions.function(component).shape {
            Shape::Aggregate { retract: false, .. } | Shape::Keyed { retract: false, .. } => {
                Some(format!("{name} has no retract, which a table's changes need"))
            }
            _ => None,
        };
        let meaning = self.functions.resolve(&name, &types).map_err(|e| e.or_at(place))?;
        let (function, wanted, result): (_, Vec<SqlType>, _) = match meaning {
            Meaning::BuiltinAggregate(rule) => {
                let rule = match typed.get(1) {
                    Some(literal) => with_literal(&name, rule, literal).map_err(|e| e.or_at(place))?,
                    None => rule,
                };
                let rule = match input {
                    Collection::Stream => rule,
                    Collection::Table => over_updates(&name, rule).map_err(|e| e.or_at(place))?,
                };
                let parts = self.functions.parts(&name, &rule)?;
                let (wanted, result) = (rule.argument.iter().cloned().collect(), rule.result.clone());
                (AggregateFunction::Builtin(Box::new(rule), parts), wanted, result)
            }
            Meaning::ComponentAggregate(component, result) => {
                if input == Collection::Table
                    && let Some(reason) = no_retract(component)
                {
                    return Err(SqlError::invalid(format!("{name} over a table: {reason}"), place));
                }
                let of = self.functions.function(component);
                let wanted = of.params.iter().map(|p| p.sql_type.clone()).collect();
                (AggregateFunction::Component(component), wanted, result)
            }
            Meaning::Component(..) | Meaning::BuiltinScalar(..) => {
                return Err(SqlError::invalid(format!("{name} is no aggregate"), place));
            }
        };
        let arguments = typed.into_iter().zip(&wanted).map(|(a, wanted)| cast(a, wanted)).collect();
        Ok(AggregateCall { name, arguments, function, result })
    }

    fn join(&self, join: &Join) -> Result<Node, SqlError> {
        let (left, right) = (self.node(&join.left)?, self.node(&join.right)?);
        let kind = match join.join_type {
            JoinType::Inner => table::Join::Inner,
            JoinType::Left => table::Join::Left,
            other => return Err(SqlError::not_supported(format!("{other} JOIN"), None)),
        };
        if self.functions.dialect == Dialect::Flink {
            return Err(SqlError::not_supported("JOIN in Flink's dialect", None));
        }
        if left.first_source() == right.first_source() {
            return Err(SqlError::invalid("ksqlDB joins nothing with itself", None));
        }
        if (left.collection, right.collection) != (Collection::Table, Collection::Table) {
            return Err(SqlError::not_supported("JOIN of anything but two tables", None));
        }
        let (mut left_key, mut right_key) = (vec![], vec![]);
        for (l, r) in equalities(join)? {
            let side = |column: &datafusion_common::Column, of: &LogicalPlan| of.schema().index_of_column(column).ok();
            // The condition may name the sides in either order.
            let places = (side(l, &join.left).zip(side(r, &join.right)))
                .or_else(|| side(r, &join.left).zip(side(l, &join.right)));
            let Some((l, r)) = places else {
                return Err(SqlError::not_supported(format!("join condition {l} = {r} within one table"), None));
            };
            let (a, b) = (&left.fields[l].sql_type, &right.fields[r].sql_type);
            if a != b {
                return Err(SqlError::wrong_type(format!("a join compares {a} with {b}"), None));
            }
            left_key.push(l);
            right_key.push(r);
        }
        let is_key = |node: &Node, columns: &[usize]| {
            node.key.len() == columns.len() && node.key.iter().zip(columns).all(|(part, c)| part.contains(c))
        };
        if !is_key(&right, &right_key) {
            return Err(SqlError::invalid(
                "a table-table join wants the right table's PRIMARY KEY in its condition",
                None,
            ));
        }
        if !is_key(&left, &left_key) {
            return Err(SqlError::not_supported("JOIN by another column than the left table's key", None));
        }
        let width = left.fields.len();
        let key = left_key
            .iter()
            .zip(&right_key)
            .map(|(l, r)| match kind {
                table::Join::Inner => vec![*l, width + r],
                // Without a partner the right column is null, so only the left one is the key.
                table::Join::Left => vec![*l],
            })
            .collect();
        let fields = left.fields.iter().chain(&right.fields).cloned().collect();
        let (left, right) = (Box::new(left), Box::new(right));
        let operator = Operator::Join { left, right, kind, left_key, right_key };
        Ok(Node { operator, fields, collection: Collection::Table, key })
    }
}

/// The rule of a built-in whose second argument says how it counts.
fn with_literal(name: &str, rule: AggregateRule, literal: &Typed) -> Result<AggregateRule, SqlError> {
    let given = constant(literal).and_then(|literal| rule.given(&literal));
    let clause = || format!("{name}() with this second argument; it wants a literal that the engine takes");
    given.ok_or_else(|| SqlError::not_supported(clause(), None))
}

/// The rule of a built-in over rows that are taken back when they change.
fn over_updates(name: &str, rule: AggregateRule) -> Result<AggregateRule, SqlError> {
    match rule.updates {
        Updates::Retract | Updates::By(..) => Ok(rule.over_updates()),
        Updates::Refused(reason) => Err(SqlError::invalid(format!("{name} over a table: {reason}"), None)),
        Updates::NoRule => Err(SqlError::not_supported(format!("{name} over rows that change"), None)),
    }
}

/// The columns that a join's condition equates.
fn equalities(join: &Join) -> Result<Vec<(&datafusion_common::Column, &datafusion_common::Column)>, SqlError> {
    use datafusion_expr::{BinaryExpr, Operator as Df};
    let mut pairs: Vec<(&Expr, &Expr)> = join.on.iter().map(|(l, r)| (l, r)).collect();
    let mut open: Vec<&Expr> = join.filter.iter().collect();
    while let Some(condition) = open.pop() {
        match condition {
            Expr::BinaryExpr(BinaryExpr { left, op: Df::And, right }) => open.extend([right.as_ref(), left.as_ref()]),
            Expr::BinaryExpr(BinaryExpr { left, op: Df::Eq, right }) => pairs.push((left.as_ref(), right.as_ref())),
            other => {
                return Err(SqlError::not_supported(format!("join condition {other}; wanted column = column"), None));
            }
        }
    }
    pairs
        .into_iter()
        .map(|pair| match pair {
            (Expr::Column(l), Expr::Column(r)) => Ok((l, r)),
            (l, r) => Err(SqlError::not_supported(format!("join condition {l} = {r}; wanted column = column"), None)),
        })
        .collect()
}

enum Item {
    Expr(Arc<dyn PhysicalExpr>),
    /// Element of the table function at this place.
    Row(usize),
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

/// Where the parts of a key are after a projection; empty as soon as one is gone.
fn projected_key(key: &[Vec<usize>], expressions: &[Arc<dyn PhysicalExpr>]) -> Vec<Vec<usize>> {
    let parts: Vec<Vec<usize>> = key
        .iter()
        .map(|part| {
            let holds =
                |e: &Arc<dyn PhysicalExpr>| e.downcast_ref::<Column>().is_some_and(|c| part.contains(&c.index()));
            (0..expressions.len()).filter(|i| holds(&expressions[*i])).collect()
        })
        .collect();
    if parts.iter().any(Vec::is_empty) { vec![] } else { parts }
}
