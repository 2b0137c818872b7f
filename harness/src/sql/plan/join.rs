//! ksqlDB's joins: which kind of which two, and those of two tables by their primary keys.

use datafusion_expr::logical_plan::{Join, LogicalPlan};
use datafusion_expr::{Expr, JoinType};
use streamfn_model::{Field, table};

use super::Planner;
use crate::sql::ddl::{Collection, JOINS};
use crate::sql::error::SqlError;
use crate::sql::node::{Node, Operator};
use crate::sql::operation::Operation;
use crate::sql::system_columns::ROWKEY;

impl Planner<'_> {
    pub(super) fn join(&self, join: &Join, left: Node, right: Node) -> Result<Node, SqlError> {
        let kind = match join.join_type {
            JoinType::Inner => table::Join::Inner,
            JoinType::Left => table::Join::Left,
            JoinType::Full => table::Join::Full,
            other => return Err(SqlError::not_supported(format!("{other} JOIN"), None)),
        };
        if right.first_source().is_some_and(|source| left.reads(source)) {
            return Err(SqlError::invalid("ksqlDB joins nothing with itself", None));
        }
        match (left.collection, right.collection) {
            (Collection::Table, Collection::Table) => self.table_table_join(join, kind, left, right),
            (Collection::Stream, Collection::Table) => self.stream_table_join(join, kind, left, right),
            (Collection::Stream, Collection::Stream) => {
                Err(SqlError::not_supported(format!("JOIN of two streams; {JOINS}"), None))
            }
            (Collection::Table, Collection::Stream) => {
                Err(SqlError::invalid("ksqlDB joins no table with a stream; write the stream first", None))
            }
        }
    }

    fn table_table_join(&self, join: &Join, kind: table::Join, left: Node, right: Node) -> Result<Node, SqlError> {
        let (mut left_key, mut right_key) = (vec![], vec![]);
        for pair in equalities(join)? {
            let (Expr::Column(l), Expr::Column(r)) = pair else {
                let (l, r) = pair;
                let clause = format!("join condition {l} = {r}; wanted column = column");
                return Err(SqlError::not_supported(clause, None));
            };
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
            return Err(SqlError::not_supported("JOIN by a foreign key", None));
        }
        let width = left.fields.len();
        let joined_key = match kind {
            table::Join::Full => Some(self.synthetic_key(join, [&left, &right])?),
            _ => None,
        };
        let key = left_key
            .iter()
            .zip(&right_key)
            .map(|(l, r)| match (kind, joined_key) {
                (_, Some(key)) => vec![key],
                // Without a partner the right column is null, so only the left one is the key.
                (table::Join::Left, _) => left.columns_of_key(*l),
                _ => [left.columns_of_key(*l), vec![width + r]].concat(),
            })
            .collect();
        let fields = left.fields.iter().chain(&right.fields).cloned().collect();
        let (left, right) = (Box::new(left), Box::new(right));
        let operator = Operator::Join { left, right, kind, left_key, right_key, key: joined_key };
        Ok(Node { operator, fields, collection: Collection::Table, key })
    }

    /// The column that was added for the key of a FULL OUTER JOIN.
    fn synthetic_key(&self, join: &Join, sides: [&Node; 2]) -> Result<usize, SqlError> {
        let is_key = |field: &Field| field.name == ROWKEY;
        let mut read = self.relations.values().filter(|relation| sides.iter().any(|side| side.reads(&relation.name)));
        if read.any(|relation| relation.fields.iter().any(is_key)) {
            let clause = "FULL OUTER JOIN of a table with a column ROWKEY, which is what ksqlDB calls its key";
            return Err(SqlError::not_supported(clause, None));
        }
        let added = join.left.schema().fields().iter().position(|field| field.name() == ROWKEY);
        added.ok_or_else(|| SqlError::not_supported("FULL OUTER JOIN of a table with several key columns", None))
    }
}

/// What a join's condition equates.
pub(super) fn equalities(join: &Join) -> Result<Vec<(&Expr, &Expr)>, SqlError> {
    use datafusion_expr::{BinaryExpr, Operator as Df};
    let mut pairs: Vec<(&Expr, &Expr)> = join.on.iter().map(|(l, r)| (l, r)).collect();
    let mut open: Vec<&Expr> = join.filter.iter().collect();
    while let Some(condition) = open.pop() {
        match condition {
            Expr::BinaryExpr(BinaryExpr { left, op: Df::And, right }) => open.extend([right.as_ref(), left.as_ref()]),
            Expr::BinaryExpr(BinaryExpr { left, op: Df::Eq, right }) => pairs.push((left.as_ref(), right.as_ref())),
            other => {
                let text = other.to_string();
                let operation = text.split('(').next().and_then(Operation::parse);
                let (what, at) = operation.map_or((text, None), |of| (of.symbol, of.at));
                let message = format!("{what} in a join's condition; wanted column = column, and the rest in WHERE");
                return Err(SqlError::not_supported(message, at));
            }
        }
    }
    Ok(pairs)
}
