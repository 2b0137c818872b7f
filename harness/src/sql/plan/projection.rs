//! The SELECT list: expressions, component calls before them, and table functions that make rows.

use std::sync::Arc;

use datafusion_expr::Expr;
use datafusion_expr::logical_plan::Projection;
use datafusion_physical_expr::PhysicalExpr;
use datafusion_physical_expr::expressions::Column;
use streamfn_model::{Dialect, Field, SqlType};

use super::{Planner, with_calls};
use crate::contract::Shape;
use crate::sql::ddl::Collection;
use crate::sql::error::SqlError;
use crate::sql::expression::{Call, Scope, Typed, cast, refuse_failing};
use crate::sql::functions::Meaning;
use crate::sql::node::{Node, Operator};

impl Planner<'_> {
    pub(super) fn projection(&self, projection: &Projection) -> Result<Node, SqlError> {
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
            columns.push((Field::new(self.column_name(name, &columns), sql_type), item));
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

    /// `SELECT *` over a join may give one name to two columns; Flink numbers the later ones.
    fn column_name(&self, name: &str, before: &[(Field, Item)]) -> String {
        let is_taken = |name: &str| before.iter().any(|(field, _)| field.name == name);
        let numbered = (0..).map(|n| format!("{name}{n}"));
        let mut names = std::iter::once(name.to_owned()).chain(numbered);
        names.find(|name| !is_taken(name)).unwrap_or_default()
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
}

enum Item {
    Expr(Arc<dyn PhysicalExpr>),
    /// Element of the table function at this place.
    Row(usize),
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
