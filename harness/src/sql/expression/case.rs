//! CASE as an expression: a condition is asked only on the rows that those before it left open, a result only on the rows
//! that have it. What would fail elsewhere is no failure.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, new_null_array};
use arrow::buffer::BooleanBuffer;
use arrow::compute::interleave;
use arrow::datatypes::{DataType, Schema};
use datafusion_common::Result;
use datafusion_expr::ColumnarValue;
use datafusion_physical_expr::PhysicalExpr;
use streamfn_model::{Dialect, SqlType, columns};

use super::term::{Outcome, Term, column_type};

/// `CASE WHEN condition THEN result … ELSE result END`; without ELSE null.
///
/// In ksqlDB a condition that is null is an exception: Java takes it for a `boolean` (`SearchedCaseFunction`).
#[derive(Debug)]
pub struct CaseExpr {
    pub dialect: Dialect,
    pub arms: Vec<(Term, Term)>,
    pub otherwise: Term,
    pub result: SqlType,
}

/// Where the answer of each row stands: in which column, at its own place; column 0 is all nulls.
struct Answers {
    columns: Vec<ArrayRef>,
    of: Vec<usize>,
    threw: Vec<bool>,
}

impl CaseExpr {
    pub fn term(self) -> Term {
        let (sql_type, throws) = (self.result.clone(), self.throws());
        Term { expr: Arc::new(self), sql_type, throws }
    }

    fn throws(&self) -> bool {
        self.dialect == Dialect::Ksqldb
    }

    fn terms(&self) -> impl Iterator<Item = &Term> {
        self.arms.iter().flat_map(|(condition, result)| [condition, result]).chain([&self.otherwise])
    }

    fn take(answers: &mut Answers, result: &Term, batch: &RecordBatch, rows: &BooleanArray) -> Result<()> {
        if rows.true_count() == 0 {
            return Ok(());
        }
        let outcome = result.evaluate_selection(batch, rows)?;
        for row in rows.values().set_indices() {
            answers.of[row] = answers.columns.len();
            answers.threw[row] = outcome.threw.as_ref().is_some_and(|threw| threw.value(row));
        }
        answers.columns.push(outcome.values);
        Ok(())
    }
}

impl PartialEq for CaseExpr {
    fn eq(&self, other: &Self) -> bool {
        self.dialect == other.dialect
            && self.arms.len() == other.arms.len()
            && self.terms().zip(other.terms()).all(|(a, b)| a.expr.eq(&b.expr))
    }
}

impl Eq for CaseExpr {}

impl Hash for CaseExpr {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.dialect.hash(state);
        self.terms().for_each(|term| term.expr.hash(state));
    }
}

impl fmt::Display for CaseExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CASE")?;
        for (condition, result) in &self.arms {
            write!(f, " WHEN {} THEN {}", condition.expr, result.expr)?;
        }
        write!(f, " ELSE {} END", self.otherwise.expr)
    }
}

impl PhysicalExpr for CaseExpr {
    fn data_type(&self, _: &Schema) -> Result<DataType> {
        Ok(column_type(&self.result, self.throws()))
    }

    fn nullable(&self, _: &Schema) -> Result<bool> {
        Ok(true)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        let rows = batch.num_rows();
        let nulls = new_null_array(&columns::data_type(&self.result), rows);
        let mut answers = Answers { columns: vec![nulls], of: vec![0; rows], threw: vec![false; rows] };
        let mut open = vec![true; rows];
        for (condition, result) in &self.arms {
            let asked = BooleanArray::from(open.clone());
            if asked.true_count() == 0 {
                break;
            }
            let held = condition.evaluate_selection(batch, &asked)?;
            let holds = held.values.as_boolean();
            let mut taken = vec![false; rows];
            for row in asked.values().set_indices() {
                let threw = held.threw.as_ref().is_some_and(|threw| threw.value(row));
                if threw || (self.throws() && holds.is_null(row)) {
                    answers.threw[row] = true;
                    open[row] = false;
                } else if holds.is_valid(row) && holds.value(row) {
                    taken[row] = true;
                    open[row] = false;
                }
            }
            CaseExpr::take(&mut answers, result, batch, &BooleanArray::from(taken))?;
        }
        CaseExpr::take(&mut answers, &self.otherwise, batch, &BooleanArray::from(open))?;
        let columns: Vec<&dyn Array> = answers.columns.iter().map(|column| column.as_ref()).collect();
        let places: Vec<(usize, usize)> = answers.of.iter().enumerate().map(|(row, column)| (*column, row)).collect();
        let values = interleave(&columns, &places)?;
        let threw = Some(BooleanBuffer::from(answers.threw));
        Ok(Outcome { values, threw }.pack(self.throws()))
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        self.terms().map(|term| &term.expr).collect()
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn PhysicalExpr>>) -> Result<Arc<dyn PhysicalExpr>> {
        let mut children = self.terms().zip(children).map(|(term, expr)| Term { expr, ..term.clone() });
        let arms = self.arms.iter().filter_map(|_| children.next().zip(children.next())).collect();
        let otherwise = children.next().unwrap_or_else(|| self.otherwise.clone());
        Ok(Arc::new(CaseExpr { dialect: self.dialect, arms, otherwise, result: self.result.clone() }))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
