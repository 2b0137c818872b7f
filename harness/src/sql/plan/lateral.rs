//! Flink's UNNEST and LATERAL TABLE: rows made of each row before them in FROM.
//!
//! <https://nightlies.apache.org/flink/flink-docs-release-2.3/docs/dev/table/sql/queries/joins/#array-multiset-and-map-expansion>
//!
//! The planner knows no such table. It gets one of a made-up name with the columns that the rows will have, joined with no
//! condition, and where it comes back in the plan the rows are made.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion_common::ScalarValue;
use datafusion_expr::logical_plan::{Join, LogicalPlan};
use datafusion_expr::{Expr, JoinType};
use sqlparser::ast::*;
use streamfn_model::{Dialect, Field, SqlType};

use super::{Planner, plan};
use crate::contract::Shape;
use crate::sql::clauses::Clauses;
use crate::sql::ddl::Collection;
use crate::sql::error::{Position, SqlError};
use crate::sql::expression::{Typed, cast};
use crate::sql::functions::{Functions, Meaning};
use crate::sql::node::{LateralRows, Node, Operator, Reading, Relation};
use crate::sql::places::object_name;

type Relations = BTreeMap<String, Relation>;

/// Puts a table in the place of each call in FROM, and gives the relations with those tables among them.
/// `None`: there is no such call.
pub fn tables(
    functions: &Arc<Functions>,
    relations: &Relations,
    query: &mut Query,
) -> Result<Option<Relations>, SqlError> {
    let SetExpr::Select(select) = query.body.as_mut() else { return Ok(None) };
    beside_comma(select);
    if !select.from.iter().flat_map(|from| &from.joins).any(|join| is_call(&join.relation)) {
        return Ok(None);
    }
    let mut known = relations.clone();
    for from in &mut select.from {
        for place in 0..from.joins.len() {
            let before = TableWithJoins { relation: from.relation.clone(), joins: from.joins[..place].to_vec() };
            let at = Position::of(from.joins[place].relation.span());
            let Some(call) = Call::of(&from.joins[place].relation)? else { continue };
            let name = format!("#{}", known.len());
            let (rows, columns) = call.rows(functions, &known, before).map_err(|e| e.or_at(at))?;
            let fields = named(columns, &call.alias).map_err(|e| e.or_at(at))?;
            let reading = Reading::Lateral(Box::new(rows));
            let relation =
                Relation { name: name.clone(), collection: Collection::Stream, fields, key: vec![], reading };
            known.insert(name.clone(), relation);
            from.joins[place].relation = table(&name, call.alias);
        }
    }
    Ok(Some(known))
}

/// `FROM a, UNNEST(a.b)` is a CROSS JOIN.
fn beside_comma(select: &mut Select) {
    while select.from.len() > 1 && is_call(&select.from[1].relation) {
        let TableWithJoins { relation, joins } = select.from.remove(1);
        let join_operator = JoinOperator::CrossJoin(JoinConstraint::None);
        let joined = &mut select.from[0].joins;
        joined.push(sqlparser::ast::Join { relation, global: false, join_operator });
        joined.extend(joins);
    }
}

/// Whether a table in FROM is a call that makes rows.
pub fn is_call(factor: &TableFactor) -> bool {
    match factor {
        TableFactor::Table { name, args: Some(_), .. } => is_word(name, "UNNEST"),
        TableFactor::Function { lateral: true, name, .. } => is_word(name, "TABLE"),
        _ => false,
    }
}

fn is_word(name: &ObjectName, word: &str) -> bool {
    object_name(Dialect::Flink, name).eq_ignore_ascii_case(word)
}

/// A call in FROM.
struct Call {
    /// `None`: UNNEST.
    function: Option<String>,
    arguments: Vec<sqlparser::ast::Expr>,
    alias: Option<TableAlias>,
}

impl Call {
    fn of(factor: &TableFactor) -> Result<Option<Call>, SqlError> {
        if !is_call(factor) {
            return Ok(None);
        }
        let at = Position::of(factor.span());
        Ok(match factor {
            TableFactor::Table { alias, args: Some(args), .. } => {
                let arguments = expressions(&args.args).ok_or_else(|| refused("UNNEST with a named argument", at))?;
                match arguments.len() {
                    1 => Some(Call { function: None, arguments, alias: alias.clone() }),
                    _ => return Err(refused("UNNEST of several arguments", at)),
                }
            }
            TableFactor::Function { args, alias, with_ordinality: false, .. } => match expressions(args).as_deref() {
                Some([sqlparser::ast::Expr::Function(function)]) => {
                    let FunctionArguments::List(list) = &function.args else {
                        return Err(refused("LATERAL TABLE(…) without arguments in parentheses", at));
                    };
                    let arguments =
                        expressions(&list.args).ok_or_else(|| refused("a named argument in LATERAL TABLE(…)", at))?;
                    let name = object_name(Dialect::Flink, &function.name).to_ascii_uppercase();
                    Some(Call { function: Some(name), arguments, alias: alias.clone() })
                }
                _ => return Err(refused("LATERAL TABLE(…) of anything but a function", at)),
            },
            _ => return Err(refused("WITH ORDINALITY", at)),
        })
    }

    /// What makes the rows, over the columns of the tables before it, and the type of a row's columns.
    fn rows(
        &self,
        functions: &Arc<Functions>,
        known: &Relations,
        before: TableWithJoins,
    ) -> Result<(LateralRows, Vec<Field>), SqlError> {
        let arguments = arguments(functions, known, before, &self.arguments)?;
        let Some(name) = &self.function else {
            let [list] = arguments.as_slice() else { return Err(refused("UNNEST of several arguments", None)) };
            let columns = elements(&list.sql_type)?;
            return Ok((LateralRows::Unnest(list.expr.clone(), list.sql_type.clone()), columns));
        };
        let types: Vec<SqlType> = arguments.iter().map(|a| a.sql_type.clone()).collect();
        if !functions.is_known(name) {
            return Err(functions.unknown(name));
        }
        let (function, result) = match functions.resolve(name, &types)? {
            Meaning::Component(function, result) if matches!(functions.function(function).shape, Shape::Table) => {
                (function, result)
            }
            _ => return Err(SqlError::invalid(format!("{name} is no table function"), None)),
        };
        let params = &functions.function(function).params;
        let arguments = arguments.into_iter().zip(params).map(|(a, p)| cast(a, &p.sql_type)).collect();
        let columns = spread(&result);
        let call = crate::sql::expression::Call { function, arguments, result: Field::new(name, result) };
        Ok((LateralRows::Function(call), columns))
    }
}

/// The arguments as expressions over the tables before the call: those of a query that selects nothing else.
fn arguments(
    functions: &Arc<Functions>,
    known: &Relations,
    before: TableWithJoins,
    arguments: &[sqlparser::ast::Expr],
) -> Result<Vec<Typed>, SqlError> {
    let mut query = crate::sql::ddl::select_from(&Ident::with_quote('`', "t"))?;
    if let SetExpr::Select(select) = query.body.as_mut() {
        select.projection = arguments.iter().cloned().map(SelectItem::UnnamedExpr).collect();
        select.from = vec![before];
    }
    let node = plan(functions, known, &query, &Clauses::default())?.node;
    match node.operator {
        Operator::Project { input, expressions } if !matches!(input.operator, Operator::Calls { .. }) => {
            let typed = expressions.into_iter().zip(&node.fields);
            Ok(typed.map(|(expr, f)| Typed { expr, sql_type: f.sql_type.clone(), fails: false }).collect())
        }
        _ => Err(refused("a component function among the arguments of a call in FROM", None)),
    }
}

/// The columns of the rows that UNNEST makes.
fn elements(list: &SqlType) -> Result<Vec<Field>, SqlError> {
    match list {
        SqlType::Array(element) | SqlType::Multiset(element) => Ok(spread(element)),
        SqlType::Map(key, value) => {
            Ok(vec![Field::new("f0", key.as_ref().clone()), Field::new("f1", value.as_ref().clone())])
        }
        other => Err(SqlError::wrong_type(format!("UNNEST wants an ARRAY, MAP or MULTISET, found {other}"), None)),
    }
}

/// A ROW's fields are columns; anything else is one.
fn spread(row: &SqlType) -> Vec<Field> {
    match row {
        SqlType::Row(fields) => fields.clone(),
        other => vec![Field::new("f0", other.clone())],
    }
}

fn named(columns: Vec<Field>, alias: &Option<TableAlias>) -> Result<Vec<Field>, SqlError> {
    let names: Vec<&Ident> = alias.iter().flat_map(|alias| alias.columns.iter().map(|c| &c.name)).collect();
    if !names.is_empty() && names.len() != columns.len() {
        let message = format!("{} names for the {} columns of a call in FROM", names.len(), columns.len());
        return Err(SqlError::invalid(message, None));
    }
    let named = columns.into_iter().enumerate().map(|(place, column)| match names.get(place) {
        Some(name) => Field { name: name.value.clone(), ..column },
        None => column,
    });
    Ok(named.collect())
}

fn table(name: &str, alias: Option<TableAlias>) -> TableFactor {
    TableFactor::Table {
        name: ObjectName(vec![ObjectNamePart::Identifier(Ident::with_quote('`', name))]),
        alias: alias.map(|alias| TableAlias { columns: vec![], ..alias }),
        args: None,
        with_hints: vec![],
        version: None,
        with_ordinality: false,
        partitions: vec![],
        json_path: None,
        sample: None,
        index_hints: vec![],
    }
}

fn expressions(arguments: &[FunctionArg]) -> Option<Vec<sqlparser::ast::Expr>> {
    let expression = |argument: &FunctionArg| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr.clone()),
        _ => None,
    };
    arguments.iter().map(expression).collect()
}

fn refused(clause: &str, at: Option<Position>) -> SqlError {
    SqlError::not_supported(clause, at)
}

impl Planner<'_> {
    /// A join whose right side is a call's table.
    pub(super) fn lateral(&self, join: &Join) -> Result<Option<Node>, SqlError> {
        let Some(Relation { fields, reading: Reading::Lateral(rows), .. }) = self.scanned(&join.right) else {
            return Ok(None);
        };
        let is_outer = match join.join_type {
            JoinType::Inner => false,
            JoinType::Left => true,
            other => return Err(refused(&format!("{other} JOIN with a call in FROM"), None)),
        };
        let is_true = |filter: &Expr| matches!(filter, Expr::Literal(ScalarValue::Boolean(Some(true)), _));
        if !join.on.is_empty() || !join.filter.iter().all(is_true) {
            return Err(refused("a join condition of a call in FROM; write ON TRUE, and WHERE", None));
        }
        let input = self.node(&join.left)?;
        let fields = input.fields.iter().chain(fields).cloned().collect();
        let (collection, key) = (input.collection, vec![]);
        let operator = Operator::Lateral { input: Box::new(input), rows: rows.as_ref().clone(), is_outer };
        Ok(Some(Node { operator, fields, collection, key }))
    }

    fn scanned(&self, plan: &LogicalPlan) -> Option<&Relation> {
        match plan {
            LogicalPlan::SubqueryAlias(alias) => self.scanned(&alias.input),
            LogicalPlan::TableScan(scan) => self.relations.get(scan.table_name.table()),
            _ => None,
        }
    }
}
