//! PARTITION BY: the columns of the result that are its key. Records are what they were, in another partition.

use sqlparser::ast::{Expr, GroupByExpr, Query, SelectItem, SetExpr, Spanned, Value};

use crate::sql::clauses::Clauses;
use crate::sql::ddl::Collection;
use crate::sql::error::{Position, SqlError};
use crate::sql::node::Node;

/// What a query partitions by, on its way through the planner.
pub struct PartitionBy {
    expressions: Vec<Expr>,
    /// `SELECT *` has an expression that is no column, too, as its key.
    has_star: bool,
    /// For each expression the column of the result that it is.
    columns: Vec<Option<usize>>,
}

impl PartitionBy {
    pub fn of(query: &Query, clauses: &Clauses) -> Result<PartitionBy, SqlError> {
        let expressions = clauses.partition_by.clone();
        let at = expressions.first().and_then(|expr| Position::of(expr.span()));
        let mut has_star = false;
        if let (SetExpr::Select(select), false) = (query.body.as_ref(), expressions.is_empty()) {
            if !matches!(&select.group_by, GroupByExpr::Expressions(keys, _) if keys.is_empty()) {
                return Err(SqlError::invalid("ksqlDB takes GROUP BY or PARTITION BY, not both", at));
            }
            has_star = select.projection.iter().any(|item| matches!(item, SelectItem::Wildcard(_)));
        }
        if expressions.iter().any(|expr| matches!(expr, Expr::Value(value) if value.value == Value::Null)) {
            return Err(SqlError::not_supported("PARTITION BY NULL", at));
        }
        Ok(PartitionBy { columns: vec![], expressions, has_star })
    }

    /// Puts the expressions behind the SELECT list, so that they become what its columns become.
    pub fn add_to(&self, query: &mut Query) {
        let SetExpr::Select(select) = query.body.as_mut() else { return };
        if self.has_star {
            let expressions = self.expressions.iter().filter(|expr| !is_column(expr));
            select.projection.extend(expressions.cloned().map(SelectItem::UnnamedExpr));
        }
        select.projection.extend(self.expressions.iter().cloned().map(SelectItem::UnnamedExpr));
    }

    /// Takes them away again, and finds the columns that they are.
    pub fn take_from(&mut self, query: &mut Query) {
        let SetExpr::Select(select) = query.body.as_mut() else { return };
        let keys = select.projection.split_off(select.projection.len() - self.expressions.len());
        let is_join = select.from.iter().any(|table| !table.joins.is_empty());
        let columns: Vec<String> = select.projection.iter().map(|item| text(item, is_join)).collect();
        let place = |key: &SelectItem| columns.iter().position(|column| *column == text(key, is_join));
        self.columns = keys.iter().map(place).collect();
    }

    /// The node with the columns as its key.
    pub fn key(self, node: Node) -> Result<Node, SqlError> {
        if self.expressions.is_empty() {
            return Ok(node);
        }
        let at = self.expressions.first().and_then(|expr| Position::of(expr.span()));
        if node.collection == Collection::Table {
            return Err(SqlError::invalid("ksqlDB partitions streams only, found a table", at));
        }
        let key = self.columns.iter().zip(&self.expressions).map(|(column, expr)| match column {
            Some(column) => Ok(vec![*column]),
            None => {
                let message = format!("the SELECT list lacks the key; add {expr}");
                Err(SqlError::invalid(message, Position::of(expr.span())))
            }
        });
        Ok(Node { key: key.collect::<Result<_, _>>()?, ..node })
    }
}

fn is_column(expr: &Expr) -> bool {
    matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_))
}

/// What a column of the SELECT list is, by one spelling: outside of a join a column's table says nothing.
fn text(item: &SelectItem, is_join: bool) -> String {
    match item {
        SelectItem::ExprWithAlias { expr: Expr::CompoundIdentifier(parts), .. } if !is_join => {
            parts.last().map(ToString::to_string).unwrap_or_default()
        }
        SelectItem::ExprWithAlias { expr, .. } => expr.to_string(),
        other => other.to_string(),
    }
}
