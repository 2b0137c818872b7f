//! Expressions inside expressions: columns of values, each with the rows on which ksqlDB's generated Java would have thrown.
//!
//! An exception takes the whole expression with it and leaves null (`CompiledExpression.evaluate`), so it is not the null
//! that IS NULL or COALESCE ask for. Where one is possible a column is a struct of its values and of the rows that threw. In
//! Flink what fails ends the job, so nothing throws here.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, RecordBatchOptions, StructArray};
use arrow::buffer::BooleanBuffer;
use arrow::compute::nullif;
use arrow::datatypes::{DataType, Field, Fields, Schema};
use datafusion_common::{Result, ScalarValue, exec_err, internal_err};
use datafusion_expr::ColumnarValue;
use datafusion_physical_expr::PhysicalExpr;
use datafusion_physical_expr::expressions::Literal;
use streamfn_model::{Dialect, SqlType, Value, columns};

/// An expression inside another one. Where it `throws`, its column says on which rows.
#[derive(Debug, Clone)]
pub struct Term {
    pub expr: Arc<dyn PhysicalExpr>,
    pub sql_type: SqlType,
    pub throws: bool,
}

impl Term {
    /// An expression that never throws.
    pub fn safe(expr: Arc<dyn PhysicalExpr>, sql_type: SqlType) -> Term {
        Term { expr, sql_type, throws: false }
    }

    /// The null of a type.
    pub fn null(sql_type: &SqlType) -> Result<Term> {
        let value = ScalarValue::try_from(&columns::data_type(sql_type))?;
        Ok(Term::safe(Arc::new(Literal::new(value)), sql_type.clone()))
    }

    pub fn is_literal(&self) -> bool {
        self.expr.downcast_ref::<Literal>().is_some()
    }

    /// The same expression with null where it threw: what is left of it as a whole.
    pub fn settled(self) -> Term {
        match self.throws {
            false => self,
            true => Term { expr: Arc::new(Settled { of: self.expr }), sql_type: self.sql_type, throws: false },
        }
    }

    pub fn evaluate(&self, batch: &RecordBatch) -> Result<Outcome> {
        Ok(Outcome::unpack(self.expr.evaluate(batch)?.into_array(batch.num_rows())?, self.throws))
    }

    pub fn evaluate_selection(&self, batch: &RecordBatch, rows: &BooleanArray) -> Result<Outcome> {
        let column = self.expr.evaluate_selection(batch, rows)?.into_array(batch.num_rows())?;
        Ok(Outcome::unpack(column, self.throws))
    }
}

/// A column of answers, and the rows without one because something threw.
pub struct Outcome {
    pub values: ArrayRef,
    pub threw: Option<BooleanBuffer>,
}

impl Outcome {
    pub fn of(values: ArrayRef) -> Outcome {
        Outcome { values, threw: None }
    }

    /// A column whose every null stands for an exception.
    pub fn null_threw(values: ArrayRef) -> Outcome {
        let threw = values.nulls().map(|nulls| !nulls.inner());
        Outcome { values, threw }
    }

    fn unpack(column: ArrayRef, throws: bool) -> Outcome {
        match column.as_struct_opt() {
            Some(packed) if throws => {
                let threw = packed.column(1).as_boolean().values().clone();
                Outcome { values: packed.column(0).clone(), threw: Some(threw) }
            }
            _ => Outcome::of(column),
        }
    }

    pub fn pack(self, throws: bool) -> ColumnarValue {
        if !throws {
            return ColumnarValue::Array(self.values);
        }
        let rows = self.values.len();
        let threw = BooleanArray::new(self.threw.unwrap_or_else(|| BooleanBuffer::new_unset(rows)), None);
        let fields = packed_fields(self.values.data_type());
        ColumnarValue::Array(Arc::new(StructArray::new(fields, vec![self.values, Arc::new(threw)], None)))
    }
}

fn packed_fields(of: &DataType) -> Fields {
    let threw = Field::new("threw", DataType::Boolean, true);
    vec![Field::new("value", of.clone(), true), threw].into()
}

/// The Arrow type of an expression's column.
pub fn column_type(of: &SqlType, throws: bool) -> DataType {
    let values = columns::data_type(of);
    if throws { DataType::Struct(packed_fields(&values)) } else { values }
}

/// Computes a column of columns of arguments. Rows that threw already have no answer to be computed.
pub type Kernel = Arc<dyn Fn(&[ArrayRef], Option<&BooleanBuffer>) -> Result<Outcome> + Send + Sync>;

/// A rule for one row's values, none of which threw.
pub type RowRule = Arc<dyn Fn(&[Value]) -> Result<Value, String> + Send + Sync>;

/// The kernel that asks a rule for every row. A row without an answer throws in ksqlDB and ends Flink's job.
pub fn by_row(dialect: Dialect, result: SqlType, rule: RowRule) -> Kernel {
    Arc::new(move |arguments, threw| {
        let rows = arguments.first().map_or(0, |column| column.len());
        let mut values = Vec::with_capacity(rows);
        let mut failed = vec![];
        for row in 0..rows {
            if threw.is_some_and(|threw| threw.value(row)) {
                values.push(Value::Null);
                continue;
            }
            let arguments: Vec<Value> = arguments.iter().map(|column| columns::read(column, row)).collect();
            match (rule(&arguments), dialect) {
                (Ok(value), _) => values.push(value),
                (Err(reason), Dialect::Flink) => return exec_err!("{reason}"),
                (Err(_), Dialect::Ksqldb) => {
                    failed.push(row);
                    values.push(Value::Null);
                }
            }
        }
        let values =
            columns::build(&result, &values).map_err(|e| datafusion_common::DataFusionError::External(e.into()))?;
        let mut marks = vec![false; rows];
        failed.iter().for_each(|row| marks[*row] = true);
        Ok(Outcome { values, threw: (!failed.is_empty()).then(|| BooleanBuffer::from(marks)) })
    })
}

/// A rule for values of which none is null, as one that gives null for a null.
pub fn null_for_null(rule: impl Fn(&[Value]) -> Result<Value, String> + Send + Sync + 'static) -> RowRule {
    Arc::new(move |arguments| match arguments.iter().any(Value::is_null) {
        true => Ok(Value::Null),
        false => rule(arguments),
    })
}

/// An expression whose arguments are all evaluated before it is.
pub struct Strict {
    /// All that tells it from others, its arguments aside.
    pub name: String,
    pub arguments: Vec<Term>,
    pub kernel: Kernel,
    pub result: SqlType,
    pub throws: bool,
}

impl Strict {
    /// The expression; its value where all arguments are literals and it has one.
    pub fn term(self) -> Term {
        let (sql_type, throws) = (self.result.clone(), self.throws);
        let value = self.arguments.iter().all(Term::is_literal).then(|| literal(&self)).flatten();
        match value {
            Some(value) => Term::safe(Arc::new(Literal::new(value)), sql_type),
            None => Term { expr: Arc::new(self), sql_type, throws },
        }
    }

    fn outcome(&self, batch: &RecordBatch) -> Result<Outcome> {
        let mut threw: Option<BooleanBuffer> = None;
        let mut values = Vec::with_capacity(self.arguments.len());
        for argument in &self.arguments {
            let outcome = argument.evaluate(batch)?;
            threw = either(threw, outcome.threw);
            values.push(outcome.values);
        }
        let outcome = (self.kernel)(&values, threw.as_ref())?;
        Ok(Outcome { values: outcome.values, threw: either(threw, outcome.threw) })
    }
}

/// The value of an expression of literals; `None` where it has none, so that a row fails on it and not the plan.
pub fn literal(of: &dyn PhysicalExpr) -> Option<ScalarValue> {
    let options = RecordBatchOptions::new().with_row_count(Some(1));
    let row = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), vec![], &options).ok()?;
    let column = of.evaluate(&row).ok()?.into_array(1).ok()?;
    let throws =
        column.as_struct_opt().is_some_and(|column| column.fields() == &packed_fields(column.column(0).data_type()));
    let outcome = Outcome::unpack(column, throws);
    let threw = outcome.threw.is_some_and(|threw| threw.value(0));
    if threw { None } else { ScalarValue::try_from_array(&outcome.values, 0).ok() }
}

/// The rows that threw in one or in the other.
pub fn either(a: Option<BooleanBuffer>, b: Option<BooleanBuffer>) -> Option<BooleanBuffer> {
    match (a, b) {
        (Some(a), Some(b)) => Some(&a | &b),
        (a, b) => a.or(b),
    }
}

impl fmt::Debug for Strict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({:?})", self.name, self.arguments)
    }
}

impl fmt::Display for Strict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arguments: Vec<String> = self.arguments.iter().map(|term| term.expr.to_string()).collect();
        write!(f, "{}({})", self.name, arguments.join(", "))
    }
}

impl PartialEq for Strict {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.arguments.len() == other.arguments.len()
            && self.arguments.iter().zip(&other.arguments).all(|(a, b)| a.expr.eq(&b.expr))
    }
}

impl Eq for Strict {}

impl Hash for Strict {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
        self.arguments.iter().for_each(|term| term.expr.hash(state));
    }
}

impl PhysicalExpr for Strict {
    fn data_type(&self, _: &Schema) -> Result<DataType> {
        Ok(column_type(&self.result, self.throws))
    }

    fn nullable(&self, _: &Schema) -> Result<bool> {
        Ok(true)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        Ok(self.outcome(batch)?.pack(self.throws))
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        self.arguments.iter().map(|term| &term.expr).collect()
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn PhysicalExpr>>) -> Result<Arc<dyn PhysicalExpr>> {
        let arguments = self.arguments.iter().zip(children).map(|(term, expr)| Term { expr, ..term.clone() }).collect();
        let (name, kernel, result) = (self.name.clone(), self.kernel.clone(), self.result.clone());
        Ok(Arc::new(Strict { name, arguments, kernel, result, throws: self.throws }))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The values of an expression that throws, null where it did.
#[derive(Debug, Eq)]
struct Settled {
    of: Arc<dyn PhysicalExpr>,
}

// By hand: a derive would move the expression out of its pointer.
impl PartialEq for Settled {
    fn eq(&self, other: &Self) -> bool {
        self.of.eq(&other.of)
    }
}

impl Hash for Settled {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.of.hash(state);
    }
}

impl fmt::Display for Settled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.of)
    }
}

impl PhysicalExpr for Settled {
    fn data_type(&self, input: &Schema) -> Result<DataType> {
        match self.of.data_type(input)? {
            DataType::Struct(fields) if !fields.is_empty() => Ok(fields[0].data_type().clone()),
            other => Ok(other),
        }
    }

    fn nullable(&self, _: &Schema) -> Result<bool> {
        Ok(true)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        let column = self.of.evaluate(batch)?.into_array(batch.num_rows())?;
        let Outcome { values, threw } = Outcome::unpack(column, true);
        Ok(ColumnarValue::Array(match threw {
            Some(threw) => nullif(&values, &BooleanArray::new(threw, None))?,
            None => values,
        }))
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.of]
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn PhysicalExpr>>) -> Result<Arc<dyn PhysicalExpr>> {
        match (children.pop(), children.is_empty()) {
            (Some(of), true) => Ok(Arc::new(Settled { of })),
            _ => internal_err!("one expression is settled"),
        }
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
