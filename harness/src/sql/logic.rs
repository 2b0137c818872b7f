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
use streamfn_model::Dialect;
use streamfn_model::operators::Logic;

/// `left AND right`, `left OR right`, by the dialect's rule.
#[derive(Debug, Eq)]
pub struct LogicExpr {
    pub dialect: Dialect,
    pub logic: Logic,
    pub left: Arc<dyn PhysicalExpr>,
    pub right: Arc<dyn PhysicalExpr>,
}

// By hand: a derive would move the sides out of their pointers.
impl PartialEq for LogicExpr {
    fn eq(&self, other: &Self) -> bool {
        (self.dialect, self.logic) == (other.dialect, other.logic)
            && self.left.eq(&other.left)
            && self.right.eq(&other.right)
    }
}

impl Hash for LogicExpr {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.dialect, self.logic).hash(state);
        self.left.hash(state);
        self.right.hash(state);
    }
}

impl fmt::Display for LogicExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} {}", self.left, self.logic, self.right)
    }
}

impl PhysicalExpr for LogicExpr {
    fn data_type(&self, _: &Schema) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn nullable(&self, _: &Schema) -> Result<bool> {
        Ok(true)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        let rows = batch.num_rows();
        let left = self.left.evaluate(batch)?.into_array(rows)?;
        let left = as_boolean_array(&left)?;
        let open: BooleanArray = left.iter().map(|left| Some(self.logic.asks_right(self.dialect, left))).collect();
        let right = match open.true_count() {
            0 => Arc::new(BooleanArray::new_null(rows)),
            _ => self.right.evaluate_selection(batch, &open)?.into_array(rows)?,
        };
        let sides = left.iter().zip(as_boolean_array(&right)?);
        let answers: BooleanArray = sides.map(|(l, r)| self.logic.answer(self.dialect, l, r)).collect();
        Ok(ColumnarValue::Array(Arc::new(answers)))
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.left, &self.right]
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn PhysicalExpr>>) -> Result<Arc<dyn PhysicalExpr>> {
        let [left, right] = children.as_slice() else { return internal_err!("AND and OR have two sides") };
        Ok(Arc::new(LogicExpr { left: left.clone(), right: right.clone(), ..*self }))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
