//! Flink's UNNEST and LATERAL TABLE: each row with each of the rows that are made of it.

use std::sync::Arc;

use datafusion_physical_expr::PhysicalExpr;
use streamfn_model::{Changes, Field, SqlType, Value, columns};

use super::changelog::Told;
use super::engine::Context;
use super::error::ReplayError;
use super::query::Running;
use super::stateless::{RowFunction, evaluate};
use crate::sql::{LateralRows, Node};

pub struct Lateral {
    source: Source,
    /// Whether a row that nothing is made of is kept, filled up with nulls.
    is_outer: bool,
    /// How many columns are made.
    width: usize,
    key: Vec<usize>,
    fields: Vec<Field>,
}

enum Source {
    Unnest(Arc<dyn PhysicalExpr>, SqlType),
    Function(Box<RowFunction>, SqlType),
}

impl Lateral {
    pub fn new(
        context: &Context<'_>,
        input: &Node,
        rows: &LateralRows,
        is_outer: bool,
        fields: &[Field],
    ) -> Result<Self, ReplayError> {
        let source = match rows {
            LateralRows::Unnest(list, of) => Source::Unnest(list.clone(), of.clone()),
            LateralRows::Function(call) => {
                let row = call.result.sql_type.clone();
                Source::Function(Box::new(RowFunction::rows(context, call)?), row)
            }
        };
        let key = input.key_columns();
        Ok(Lateral { source, is_outer, width: fields.len() - input.fields.len(), key, fields: fields.to_vec() })
    }

    /// For each row the rows made of it; `None` where it goes to the dead letters.
    fn made(
        &mut self,
        changes: &Changes,
        context: &mut Context<'_>,
    ) -> Result<Vec<Option<Vec<Vec<Value>>>>, ReplayError> {
        match &mut self.source {
            Source::Unnest(list, of) => {
                let lists = evaluate(list.as_ref(), changes, "FROM")?;
                Ok((0..changes.len()).map(|row| Some(elements(of, columns::read(&lists, row)))).collect())
            }
            Source::Function(function, of) => {
                let results = function.call(changes, &self.key, context)?;
                let rows = |list: Value| match list {
                    Value::List(rows) => rows.into_iter().map(|row| spread(of, row)).collect(),
                    _ => vec![],
                };
                Ok(results.into_iter().map(|result| result.map(rows)).collect())
            }
        }
    }
}

/// The rows of a collection: of a MULTISET an element as often as it is in it, of a MAP key and value. A null has none, be it
/// the collection or a ROW in it (seen in Flink 2.3.0).
fn elements(of: &SqlType, list: Value) -> Vec<Vec<Value>> {
    let Value::List(mut elements) = list else { return vec![] };
    if matches!(of, SqlType::Array(element) if matches!(**element, SqlType::Row(_))) {
        elements.retain(|element| !element.is_null());
    }
    match of {
        SqlType::Array(element) => elements.into_iter().map(|value| spread(element, value)).collect(),
        SqlType::Multiset(element) => {
            let repeated = elements.into_iter().flat_map(|entry| match entry {
                Value::Record(entry) => match <[Value; 2]>::try_from(entry) {
                    Ok([value, Value::S32(count)]) => vec![value; count.max(0) as usize],
                    _ => vec![],
                },
                _ => vec![],
            });
            repeated.map(|value| spread(element, value)).collect()
        }
        _ => elements
            .into_iter()
            .filter_map(|entry| if let Value::Record(entry) = entry { Some(entry) } else { None })
            .collect(),
    }
}

/// The columns of an element: a ROW's fields, or the one value.
fn spread(of: &SqlType, value: Value) -> Vec<Value> {
    match (of, value) {
        (SqlType::Row(_), Value::Record(values)) => values,
        (SqlType::Row(fields), _) => vec![Value::Null; fields.len()],
        (_, value) => vec![value],
    }
}

impl Running for Lateral {
    fn push(&mut self, changes: Changes, context: &mut Context<'_>) -> Result<Changes, ReplayError> {
        let mut told = Told::of(&changes.records);
        for (place, rows) in self.made(&changes, context)?.into_iter().enumerate() {
            let Some(mut rows) = rows else { continue };
            if rows.is_empty() && self.is_outer {
                rows.push(vec![Value::Null; self.width]);
            }
            let row = columns::read_row(&changes.rows, place);
            for made in rows {
                let together = row.iter().cloned().chain(made).collect();
                told.say(changes.kinds[place], together, changes.times[place], changes.places[place]);
            }
        }
        told.changes(&self.fields)
    }
}
