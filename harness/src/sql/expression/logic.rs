//! AND and OR as an expression: the right side is evaluated only on the rows that the left side leaves open, so that what
//! it would fail on there is no failure. DataFusion's own decides that for a whole batch.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use arrow::array::{BooleanArray, RecordBatch};
use arrow::datatypes::{DataType, Schema};
use datafusion_common::cast::as_boolean_array;
use datafusion_common::{Result, internal_err};
use datafusion_expr::ColumnarValue;
use datafusion_physical_expr::PhysicalExpr;
use streamfn_model::operators::Logic;
use streamfn_model::{Dialect, SqlType};

use super::term::{Outcome, Term, column_type, either};

/// `left AND right`, `left OR right`, by the dialect's rule.
#[derive(Debug)]
pub struct LogicExpr {
    pub dialect: Dialect,
    pub logic: Logic,
    pub left: Term,
    pub right: Term,
}

/// A condition that is true where both are.
pub fn both(dialect: Dialect, left: Arc<dyn PhysicalExpr>, right: Arc<dyn PhysicalExpr>) -> Arc<dyn PhysicalExpr> {
    let side = |expr| Term::safe(expr, SqlType::Boolean);
    LogicExpr { dialect, logic: Logic::And, left: side(left), right: side(right) }.term().settled().expr
}

/// The conditions that all have to be true where this one is.
pub fn conjuncts(condition: &Arc<dyn PhysicalExpr>) -> Vec<Arc<dyn PhysicalExpr>> {
    match condition.downcast_ref::<LogicExpr>() {
        Some(both) if both.logic == Logic::And && !both.throws() => {
            conjuncts(&both.left.expr).into_iter().chain(conjuncts(&both.right.expr)).collect()
        }
        _ => vec![condition.clone()],
    }
}

impl LogicExpr {
    pub fn term(self) -> Term {
        let throws = self.throws();
        Term { expr: Arc::new(self), sql_type: SqlType::Boolean, throws }
    }

    /// In ksqlDB a side without an answer is an exception.
    fn throws(&self) -> bool {
        self.dialect == Dialect::Ksqldb
    }
}

impl PartialEq for LogicExpr {
    fn eq(&self, other: &Self) -> bool {
        (self.dialect, self.logic) == (other.dialect, other.logic)
            && self.left.expr.eq(&other.left.expr)
            && self.right.expr.eq(&other.right.expr)
    }
}

impl Eq for LogicExpr {}

impl Hash for LogicExpr {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.dialect, self.logic).hash(state);
        self.left.expr.hash(state);
        self.right.expr.hash(state);
    }
}

impl fmt::Display for LogicExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} {}", self.left.expr, self.logic, self.right.expr)
    }
}

impl PhysicalExpr for LogicExpr {
    fn data_type(&self, _: &Schema) -> Result<DataType> {
        Ok(column_type(&SqlType::Boolean, self.throws()))
    }

    fn nullable(&self, _: &Schema) -> Result<bool> {
        Ok(true)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        let left = self.left.evaluate(batch)?;
        let answers = as_boolean_array(&left.values)?;
        let threw = |row| left.threw.as_ref().is_some_and(|threw| threw.value(row));
        let open =
            answers.iter().enumerate().map(|(row, left)| !threw(row) && self.logic.asks_right(self.dialect, left));
        let open: BooleanArray = open.map(Some).collect();
        let right = match open.true_count() {
            0 => Outcome::of(Arc::new(BooleanArray::new_null(batch.num_rows()))),
            _ => self.right.evaluate_selection(batch, &open)?,
        };
        let sides = answers.iter().zip(as_boolean_array(&right.values)?);
        let answers: BooleanArray = sides.map(|(l, r)| self.logic.answer(self.dialect, l, r)).collect();
        let outcome = match self.throws() {
            true => Outcome::null_threw(Arc::new(answers)),
            false => Outcome::of(Arc::new(answers)),
        };
        let right_threw = right.threw.map(|threw| &threw & open.values());
        let threw = either(outcome.threw, either(left.threw, right_threw));
        Ok(Outcome { threw, ..outcome }.pack(self.throws()))
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.left.expr, &self.right.expr]
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn PhysicalExpr>>) -> Result<Arc<dyn PhysicalExpr>> {
        let [left, right] = children.as_slice() else { return internal_err!("AND and OR have two sides") };
        let with = |of: &Term, expr: &Arc<dyn PhysicalExpr>| Term { expr: expr.clone(), ..of.clone() };
        let (left, right) = (with(&self.left, left), with(&self.right, right));
        Ok(Arc::new(LogicExpr { dialect: self.dialect, logic: self.logic, left, right }))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
