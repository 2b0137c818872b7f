//! Flink's joins of any two tables: what has to be equal, and what else has to be true.

use std::sync::Arc;

use datafusion_expr::logical_plan::Join;
use datafusion_expr::utils::split_conjunction;
use datafusion_expr::{BinaryExpr, Expr, JoinType, Operator as Df};
use datafusion_physical_expr::PhysicalExpr;
use streamfn_model::Field;

use super::Planner;
use crate::sql::error::SqlError;
use crate::sql::expression::{Scope, both};
use crate::sql::flink::{self, upsert_keys};
use crate::sql::node::{JoinSide, Node, Operator};

impl Planner<'_> {
    pub(super) fn regular_join(&self, join: &Join, left: Node, right: Node) -> Result<Node, SqlError> {
        let (left_outer, right_outer) = match join.join_type {
            JoinType::Inner => (false, false),
            JoinType::Left => (true, false),
            JoinType::Right => (false, true),
            JoinType::Full => (true, true),
            other => return Err(SqlError::not_supported(format!("{other} JOIN"), None)),
        };
        let (mut left, mut right) = (side(left, left_outer), side(right, right_outer));
        let (fields, _) = flink::joined(&left, &right);
        let mut rest: Vec<Expr> = vec![];
        let pairs = join.on.iter().map(|(l, r)| equal(l, r));
        for conjunct in pairs.chain(join.filter.iter().flat_map(|f| split_conjunction(f).into_iter().cloned())) {
            match key(join, &conjunct, &fields) {
                Some((l, r)) => {
                    left.key.push(l);
                    right.key.push(r - left.node.fields.len());
                }
                None => rest.push(conjunct),
            }
        }
        let mut scope = Scope {
            functions: self.functions,
            schema: &join.schema,
            fields: &fields,
            calls: vec![],
            is_condition: false,
        };
        let mut condition: Option<Arc<dyn PhysicalExpr>> = None;
        for conjunct in &rest {
            let next = scope.boolean(conjunct, "ON").map_err(|e| self.placed(e))?;
            let Some(next) = flink::onto_side(&mut left, &mut right, next) else { continue };
            condition = Some(match condition {
                None => next,
                Some(before) => both(self.functions.dialect, before, next),
            });
        }
        if let Some(call) = scope.calls.first() {
            let name = &self.functions.function(call.function).sql_name;
            let clause = format!("component function {name} in a join's condition");
            return Err(SqlError::not_supported(clause, self.places.function(name)));
        }
        let (fields, collection) = flink::joined(&left, &right);
        let operator = Operator::RegularJoin { left: Box::new(left), right: Box::new(right), condition };
        Ok(Node { operator, fields, collection, key: vec![] })
    }
}

fn side(node: Node, is_outer: bool) -> JoinSide {
    let unique = upsert_keys(&node).into_iter().next().map(|key| key.into_iter().collect());
    JoinSide { node, key: vec![], unique, is_outer }
}

fn equal(left: &Expr, right: &Expr) -> Expr {
    Expr::BinaryExpr(BinaryExpr { left: Box::new(left.clone()), op: Df::Eq, right: Box::new(right.clone()) })
}

/// The columns of the left and of the right side that a condition equates, both counted among all, if it is of one type.
fn key(join: &Join, condition: &Expr, fields: &[Field]) -> Option<(usize, usize)> {
    let Expr::BinaryExpr(BinaryExpr { left, op: Df::Eq, right }) = condition else { return None };
    let (Expr::Column(left), Expr::Column(right)) = (left.as_ref(), right.as_ref()) else { return None };
    let place = |column| join.schema.index_of_column(column).ok();
    let (a, b) = (place(left)?, place(right)?);
    let (l, r) = (a.min(b), a.max(b));
    let width = join.left.schema().fields().len();
    (l < width && width <= r && fields[l].sql_type == fields[r].sql_type).then_some((l, r))
}
