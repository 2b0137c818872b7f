//! ksqlDB's WINDOW clause: GROUP BY with the bounds of a window in its key. The result has them as two more columns of its
//! key, called WINDOWSTART and WINDOWEND, as a pull query on a windowed table shows them.

use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion_physical_expr::PhysicalExpr;
use datafusion_physical_expr::expressions::Column;
use sqlparser::ast::{self, Expr, GroupByExpr, Ident, Query, SelectItem, SetExpr, Spanned};
use streamfn_model::Dialect;
use streamfn_model::window::{self, Window, Windows};

use super::Planner;
use crate::contract::Shape;
use crate::sql::ddl::Collection;
use crate::sql::error::{Position, SqlError};
use crate::sql::functions::Functions;
use crate::sql::node::{AggregateCall, AggregateFunction, Node, Operator};
use crate::sql::places::object_name;
use crate::sql::system_columns::{RESERVED, WINDOWEND, WINDOWSTART};

/// Refuses a result's column that is called as a system column.
pub fn reserve_names(query: &Query) -> Result<(), SqlError> {
    let SetExpr::Select(select) = query.body.as_ref() else { return Ok(()) };
    let reserved = select.projection.iter().find_map(|item| match item {
        SelectItem::ExprWithAlias { alias, .. } if RESERVED.contains(&alias.value.as_str()) => Some(alias),
        _ => None,
    });
    match reserved {
        Some(alias) => {
            let message = format!("{} is a reserved column name; AS gives the column another", alias.value);
            Err(SqlError::invalid(message, Position::of(alias.span)))
        }
        None => Ok(()),
    }
}

/// Puts the bounds of the window into GROUP BY and into the result.
pub fn group_by_bounds(functions: &Functions, query: &mut Query) -> Result<(), SqlError> {
    let at = Position::of(query.span());
    let SetExpr::Select(select) = query.body.as_mut() else { return Ok(()) };
    let GroupByExpr::Expressions(keys, _) = &mut select.group_by else { return Ok(()) };
    if keys.is_empty() {
        return Err(SqlError::invalid("WINDOW wants a GROUP BY", at));
    }
    // As in ksqlDB: <https://github.com/confluentinc/ksql/issues/4397>.
    let aggregates: Vec<Expr> = select.projection.iter().flat_map(|item| aggregate_calls(functions, item)).collect();
    let elsewhere = select.selection.iter().chain(keys.iter()).chain(&select.having);
    let misplaced = elsewhere.chain(&aggregates).find_map(bound_in);
    if let Some((name, place)) = misplaced {
        let message = format!("{name} is known in the SELECT list, and there outside of functions that aggregate");
        return Err(SqlError::invalid(message, place));
    }
    let bounds = [WINDOWSTART, WINDOWEND].map(|name| Ident::with_quote('"', name));
    keys.extend(bounds.iter().cloned().map(Expr::Identifier));
    let items = bounds.map(|name| SelectItem::ExprWithAlias { expr: Expr::Identifier(name.clone()), alias: name });
    select.projection.splice(0..0, items);
    Ok(())
}

/// The calls of aggregates in a column of the SELECT list.
fn aggregate_calls(functions: &Functions, item: &SelectItem) -> Vec<Expr> {
    let mut calls = vec![];
    let _ = ast::visit_expressions(item, |expr| {
        if let Expr::Function(call) = expr
            && functions.is_aggregate(&object_name(Dialect::Flink, &call.name))
        {
            calls.push(expr.clone());
        }
        ControlFlow::<()>::Continue(())
    });
    calls
}

/// The first bound of a window that an expression names.
fn bound_in(expr: &Expr) -> Option<(String, Option<Position>)> {
    let found = ast::visit_expressions(expr, |expr| match expr {
        Expr::Identifier(name) if [WINDOWSTART, WINDOWEND].contains(&name.value.as_str()) => {
            ControlFlow::Break((name.value.clone(), Position::of(name.span)))
        }
        _ => ControlFlow::Continue(()),
    });
    found.break_value()
}

impl Planner<'_> {
    /// GROUP BY in windows; `group` ends with their bounds.
    pub(super) fn windowed(
        &self,
        windows: Windows,
        input: Box<Node>,
        mut group: Vec<Arc<dyn PhysicalExpr>>,
        aggregates: Vec<AggregateCall>,
    ) -> Result<Operator, SqlError> {
        if input.collection == Collection::Table {
            return Err(SqlError::invalid("ksqlDB groups only a stream in windows, found a table", None));
        }
        let keys = group.len().saturating_sub(2);
        match windows.window {
            Window::Time { size, advance } => {
                let place = |expr: &Arc<dyn PhysicalExpr>| expr.downcast_ref::<Column>().map(Column::index);
                let [Some(start), Some(end)] = [place(&group[keys]), place(&group[keys + 1])] else {
                    return Err(SqlError::not_supported("WINDOW", None));
                };
                let (fields, collection, key) = (input.fields.clone(), input.collection, input.key.clone());
                let of = group[..keys].to_vec();
                let operator = Operator::TimeWindows { input, windows, size, advance, group: of, bounds: [start, end] };
                let input = Box::new(Node { operator, fields, collection, key });
                Ok(Operator::Aggregate { input, group, aggregates })
            }
            Window::Session { gap } => {
                aggregates.iter().try_for_each(|call| self.merges(call))?;
                group.truncate(keys);
                Ok(Operator::Sessions { input, windows, gap, group, aggregates })
            }
        }
    }

    /// Refuses an aggregate that cannot make one of two sessions.
    fn merges(&self, call: &AggregateCall) -> Result<(), SqlError> {
        let place = self.places.function(&call.name);
        let has_merge = |component| {
            let shape = &self.functions.function(component).shape;
            matches!(shape, Shape::Aggregate { merge: true, .. } | Shape::Keyed { merge: true, .. })
        };
        match &call.function {
            AggregateFunction::Component(component) if !has_merge(*component) => {
                let message = format!("{} in SESSION windows: it has no merge, which they need", call.name);
                Err(SqlError::invalid(message, place))
            }
            AggregateFunction::Builtin(rule, _) => window::merges(rule).map_err(|reason| {
                SqlError::not_supported(format!("{} in SESSION windows: {reason}", call.name), place)
            }),
            AggregateFunction::Component(_) => Ok(()),
        }
    }
}
