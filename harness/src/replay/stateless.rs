//! Operators that keep nothing between rows: component calls, WHERE, SELECT lists.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::SchemaRef;
use datafusion_physical_expr::PhysicalExpr;
use datafusion_physical_expr::expressions::Column;
use streamfn_model::fit::fit;
use streamfn_model::{Changes, Dialect, Field, Kind, LazyBatch, Origin, SqlType, Value, columns, table};

use super::OnError;
use super::component::{Loop, State};
use super::engine::Context;
use super::error::{CallFailure, DeadLetter, FailedCall, ReplayError};
use super::loops::Pace;
use super::plugins::{Member, is_about_the_row};
use super::query::Running;
use crate::contract::{Function, Shape};
use crate::host::{CallError, row};
use crate::sql::{Call, Node};

/// Evaluates an expression over a batch. Where it fails, the first row that does is named.
pub fn evaluate(expr: &dyn PhysicalExpr, changes: &Changes, clause: &'static str) -> Result<ArrayRef, ReplayError> {
    let over = |batch: &RecordBatch| expr.evaluate(batch).and_then(|v| v.into_array(batch.num_rows()));
    over(&changes.rows).map_err(|error| {
        let failing = (0..changes.len()).find_map(|row| Some((row, over(&changes.rows.slice(row, 1)).err()?)));
        let (row, error) = failing.unwrap_or((0, error));
        ReplayError::Expression { clause, reason: error.strip_backtrace(), origin: changes.origin(row).clone() }
    })
}

/// A batch with another set of columns.
pub fn with_columns(fields: &[Field], columns: Vec<ArrayRef>, rows: usize) -> RecordBatch {
    with_schema(columns::schema(fields), columns, rows)
}

pub fn with_schema(schema: SchemaRef, columns: Vec<ArrayRef>, rows: usize) -> RecordBatch {
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(schema, columns, &options)
        .expect("each column was computed with the type of its field")
}

/// The rows that are left, by place, each with the kind it now has.
pub fn select(changes: Changes, kept: &[(usize, Kind)]) -> Changes {
    let (rows, places) = (changes.rows, UInt32Array::from_iter_values(kept.iter().map(|(row, _)| *row as u32)));
    Changes {
        rows: LazyBatch::when_asked(move || {
            take_record_batch(&rows, &places).expect("the places are rows of this batch")
        }),
        kinds: kept.iter().map(|(_, kind)| *kind).collect(),
        times: kept.iter().map(|(row, _)| changes.times[*row]).collect(),
        places: kept.iter().map(|(row, _)| changes.places[*row]).collect(),
        records: changes.records,
        kept: changes.kept.map(|rows| kept.iter().map(|(row, _)| rows[*row].clone()).collect()),
    }
}

/// Which rows pass, as the model's rule for a filter has it: an update that passes with one half only becomes an insert
/// or a delete.
fn filter(changes: Changes, passes: impl Fn(usize) -> bool) -> Changes {
    let mut kept = vec![];
    for transition in changes.transitions(|_, _| true) {
        kept.extend(table::filter(transition, |row| passes(*row)).rows().map(|(kind, row)| (row, kind)));
    }
    match kept.len() == changes.len() {
        true => changes,
        false => select(changes, &kept),
    }
}

pub struct Filter {
    predicate: Arc<dyn PhysicalExpr>,
    /// Flink, over any changelog but upserts: each row passes or not by itself, and its kind stays.
    by_row: bool,
}

impl Filter {
    pub fn new(context: &Context<'_>, input: &Node, predicate: &Arc<dyn PhysicalExpr>) -> Self {
        let by_row = context.pipeline.dialect == Dialect::Flink && !input.is_over_normalized();
        Filter { predicate: predicate.clone(), by_row }
    }
}

impl Running for Filter {
    fn push(&mut self, changes: Changes, _: &mut Context<'_>) -> Result<Changes, ReplayError> {
        let mask = evaluate(self.predicate.as_ref(), &changes, "WHERE")?;
        let mask = mask.as_boolean().clone();
        let passes = |row: usize| columns::is_true(&mask, row);
        if !self.by_row {
            return Ok(filter(changes, passes));
        }
        let kept: Vec<(usize, Kind)> =
            changes.kinds.iter().copied().enumerate().filter(|(row, _)| passes(*row)).collect();
        Ok(if kept.len() == changes.len() { changes } else { select(changes, &kept) })
    }
}

/// Rows as they are now, where nobody asks what they were.
pub struct WithoutUpdateBefore;

impl Running for WithoutUpdateBefore {
    fn push(&mut self, changes: Changes, _: &mut Context<'_>) -> Result<Changes, ReplayError> {
        let kinds = changes.kinds.iter().copied().enumerate();
        let kept: Vec<(usize, Kind)> = kinds.filter(|(_, kind)| *kind != Kind::UpdateBefore).collect();
        Ok(if kept.len() == changes.len() { changes } else { select(changes, &kept) })
    }
}

pub struct Project {
    expressions: Vec<Arc<dyn PhysicalExpr>>,
    fields: Vec<Field>,
    /// Whether it only names the columns, so that rows are what they were.
    only_names: bool,
}

impl Project {
    pub fn new(input: &Node, expressions: Vec<Arc<dyn PhysicalExpr>>, fields: &[Field]) -> Self {
        let types = |fields: &[Field]| fields.iter().map(|field| field.sql_type.clone()).collect::<Vec<_>>();
        let is_column = |(place, expression): (usize, &Arc<dyn PhysicalExpr>)| {
            expression.downcast_ref::<Column>().is_some_and(|column| column.index() == place)
        };
        let only_names = types(&input.fields) == types(fields) && expressions.iter().enumerate().all(is_column);
        Project { expressions, fields: fields.to_vec(), only_names }
    }
}

impl Running for Project {
    fn push(&mut self, changes: Changes, _: &mut Context<'_>) -> Result<Changes, ReplayError> {
        if self.only_names {
            let (rows, count, schema) = (changes.rows, changes.kinds.len(), columns::schema(&self.fields));
            let rows = LazyBatch::when_asked(move || with_schema(schema, rows.columns().to_vec(), count));
            return Ok(Changes { rows, ..changes });
        }
        let columns =
            self.expressions.iter().map(|e| evaluate(e.as_ref(), &changes, "SELECT")).collect::<Result<Vec<_>, _>>()?;
        let rows = with_columns(&self.fields, columns, changes.len());
        Ok(changes.with_rows(rows))
    }
}

/// A component's function that gives each row something of its own.
pub struct RowFunction {
    of: Function,
    plugin: usize,
    member: Member,
    arguments: Vec<Arc<dyn PhysicalExpr>>,
    result: SqlType,
    looped: Option<Loop>,
    pace: Pace,
}

impl RowFunction {
    /// A table function: a call gives the list of its rows.
    pub fn rows(context: &Context<'_>, call: &Call) -> Result<Self, ReplayError> {
        RowFunction::new(context, call, "rows", SqlType::Array(Box::new(call.result.sql_type.clone())))
    }

    /// `result` is the type of what the call gives: a table function's is the list of its rows.
    fn new(context: &Context<'_>, call: &Call, member: &str, result: SqlType) -> Result<Self, ReplayError> {
        let functions = &context.pipeline.functions;
        Ok(RowFunction {
            of: functions.function(call.function).clone(),
            plugin: call.function.plugin,
            member: context.instances.member(functions, call.function, member)?,
            arguments: call.arguments.clone(),
            result,
            looped: None,
            pace: Pace::new(),
        })
    }

    /// What it gives for rows from this one on, as many as its loop takes.
    fn folded(&mut self, arguments: &[ArrayRef], from: usize, context: &Context<'_>) -> Vec<Result<Value, CallError>> {
        let rows = arguments.first().map_or(0, |column| column.len() - from);
        let tried = self.pace.of(rows, context.options.fold_after);
        if tried == 0 {
            return vec![];
        }
        if self.looped.is_none() && self.of.shape == Shape::Scalar {
            self.looped = Loop::new(&context.instances, &self.of, self.plugin, arguments.len());
        }
        let Some(looped) = &self.looped else {
            self.pace.never();
            return vec![];
        };
        let arguments: Vec<ArrayRef> = arguments.iter().map(|column| column.slice(from, tried)).collect();
        let skipping = looped.skipping(&arguments);
        let is_any = |row| skipping.iter().all(|column| column.is_valid(row));
        let kinds: Vec<u8> = (0..tried).map(|row| if is_any(row) { row::ACCUMULATE } else { row::NOTHING }).collect();
        let Ok(values) = context.instances.values(looped, &kinds, &arguments) else {
            self.pace.never();
            return vec![];
        };
        self.pace.took(values.len(), tried);
        values
    }

    /// Calls it for every row: `None` where the row goes to the dead letters.
    pub fn call(
        &mut self,
        changes: &Changes,
        key: &[usize],
        context: &mut Context<'_>,
    ) -> Result<Vec<Option<Value>>, ReplayError> {
        let arguments =
            self.arguments.iter().map(|e| evaluate(e.as_ref(), changes, "SELECT")).collect::<Result<Vec<_>, _>>()?;
        self.pace.saw(changes.len(), || context.instances.has_batches(self.plugin));
        let mut results = Vec::with_capacity(changes.len());
        let mut folded = vec![].into_iter();
        for row in 0..changes.len() {
            if folded.len() == 0 {
                folded = self.folded(&arguments, row, context).into_iter();
            }
            let values = || arguments.iter().map(|a| columns::read(a, row)).collect::<Vec<Value>>();
            let value = folded.next().unwrap_or_else(|| match values() {
                values if self.of.skips(&values) => Ok(Value::Null),
                values => context.instances.call(self.member, &values),
            });
            let result = match value.and_then(|v| fit(v, &self.result).map_err(CallError::Refused)) {
                Ok(value) => Some(value),
                Err(error) => {
                    let key: Vec<Value> = key.iter().map(|c| columns::read(changes.rows.column(*c), row)).collect();
                    let at = (changes.origin(row), key.as_slice());
                    // What a retraction takes back was left aside when it came.
                    let is_new = !changes.kinds[row].retracts();
                    let call = Refused { of: &self.of, plugin: self.plugin, arguments: values(), state: None };
                    refused(context, call, at, error, is_new)?
                }
            };
            results.push(result);
        }
        Ok(results)
    }
}

/// A call that gave no value.
pub struct Refused<'a> {
    pub of: &'a Function,
    pub plugin: usize,
    /// As the component got them.
    pub arguments: Vec<Value>,
    /// What an aggregate's group held.
    pub state: Option<&'a State>,
}

/// What becomes of a row whose call failed: null, `None` where it is left out, or the end of the run.
pub fn refused(
    context: &mut Context<'_>,
    Refused { of, plugin, arguments, state }: Refused<'_>,
    (origin, key): (&Origin, &[Value]),
    error: CallError,
    is_new: bool,
) -> Result<Option<Value>, ReplayError> {
    let about_the_row = is_about_the_row(&error);
    let failure: CallFailure = context.instances.failure(of, plugin, origin, key, error);
    match context.options.on_error {
        OnError::Null if about_the_row => {
            if is_new {
                context.leave_out(format!("calls of {} without a value ({})", of.sql_name, kind(&failure.error)));
            }
            Ok(Some(Value::Null))
        }
        OnError::Skip if about_the_row => {
            if is_new {
                context.leave_out(format!("rows that {} gave no value for ({})", of.sql_name, kind(&failure.error)));
            }
            Ok(None)
        }
        OnError::DeadLetter if about_the_row => {
            if is_new {
                let record = context.record.as_ref().filter(|(under_way, _)| under_way == origin);
                let record = record.and_then(|(_, original)| original.clone());
                let call = FailedCall { of: of.clone(), plugin, arguments, state: state.cloned() };
                context.put_aside(DeadLetter::Call { failure, call: Box::new(call), record })?;
            }
            Ok(None)
        }
        _ => Err(ReplayError::Call(Box::new(failure))),
    }
}

fn kind(error: &CallError) -> &'static str {
    match error {
        CallError::Refused(_) => "refused",
        CallError::Trap { .. } => "trapped",
        _ => "over a limit or against the contract",
    }
}

/// Scalar functions of components: one more column each.
pub struct Calls {
    functions: Vec<RowFunction>,
    key: Vec<usize>,
    width: usize,
    fields: Vec<Field>,
}

impl Calls {
    pub fn new(context: &Context<'_>, input: &Node, calls: &[Call], fields: &[Field]) -> Result<Self, ReplayError> {
        let function = |call: &Call| RowFunction::new(context, call, "eval", call.result.sql_type.clone());
        let functions = calls.iter().map(function).collect::<Result<_, _>>()?;
        let key = input.key_columns();
        Ok(Calls { functions, key, width: input.fields.len(), fields: fields.to_vec() })
    }
}

impl Running for Calls {
    fn push(&mut self, mut changes: Changes, context: &mut Context<'_>) -> Result<Changes, ReplayError> {
        for (index, function) in self.functions.iter_mut().enumerate() {
            let results = function.call(&changes, &self.key, context)?;
            let fields = &self.fields[..=self.width + index];
            let null = Value::Null;
            let values = results.iter().map(|r| r.as_ref().unwrap_or(&null));
            let mut with = changes.rows.columns().to_vec();
            with.push(columns::build(&fields[self.width + index].sql_type, values)?);
            let rows = with_columns(fields, with, changes.len());
            changes = changes.with_rows(rows);
            changes = filter(changes, |row| results[row].is_some());
        }
        Ok(changes)
    }
}

/// Table functions of components side by side: one row for each element, a shorter list filled up with nulls.
///
/// As ksqlDB does with several
/// (<https://docs.confluent.io/platform/current/ksqldb/developer-guide/ksqldb-reference/table-functions.html>).
pub struct Rows {
    functions: Vec<RowFunction>,
    key: Vec<usize>,
    fields: Vec<Field>,
    width: usize,
}

impl Rows {
    pub fn new(context: &Context<'_>, input: &Node, calls: &[Call], fields: &[Field]) -> Result<Self, ReplayError> {
        let functions = calls.iter().map(|call| RowFunction::rows(context, call)).collect::<Result<_, _>>()?;
        let key = input.key_columns();
        Ok(Rows { functions, key, fields: fields.to_vec(), width: input.fields.len() })
    }
}

impl Running for Rows {
    fn push(&mut self, changes: Changes, context: &mut Context<'_>) -> Result<Changes, ReplayError> {
        let results = self
            .functions
            .iter_mut()
            .map(|function| function.call(&changes, &self.key, context))
            .collect::<Result<Vec<_>, _>>()?;
        let list = |function: &[Option<Value>], row: usize| match &function[row] {
            Some(Value::List(rows)) => rows.clone(),
            _ => vec![],
        };
        let mut kept = vec![];
        let mut elements: Vec<Vec<Value>> = vec![vec![]; self.functions.len()];
        for row in 0..changes.len() {
            if results.iter().any(|function| function[row].is_none()) {
                continue;
            }
            let lists: Vec<Vec<Value>> = results.iter().map(|function| list(function, row)).collect();
            let longest = lists.iter().map(Vec::len).max().unwrap_or_default();
            kept.extend(std::iter::repeat_n((row, changes.kinds[row]), longest));
            for (column, list) in elements.iter_mut().zip(lists) {
                let short = longest - list.len();
                column.extend(list);
                column.extend(std::iter::repeat_n(Value::Null, short));
            }
        }
        let changes = select(changes, &kept);
        let mut all = changes.rows.columns().to_vec();
        for (field, values) in self.fields[self.width..].iter().zip(&elements) {
            all.push(columns::build(&field.sql_type, values)?);
        }
        let rows = with_columns(&self.fields, all, kept.len());
        Ok(changes.with_rows(rows))
    }
}
