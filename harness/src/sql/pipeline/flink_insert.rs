//! Flink's INSERT INTO … SELECT: whether the query's rows are rows of the table, and whether the table takes its changes.

use std::sync::Arc;

use datafusion_physical_expr::PhysicalExpr;
use datafusion_physical_expr::expressions::Literal;
use sqlparser::ast::{Ident, Query as SqlQuery};
use streamfn_model::{Field, columns};

use super::{Connector, Planner, Query, Topic};
use crate::sql::clauses::Clauses;
use crate::sql::ddl::OnConflict;
use crate::sql::error::{Position, SqlError, hint};
use crate::sql::expression::column_as;
use crate::sql::functions::{same_shape, widens};
use crate::sql::node::{Node, Operator, Reading};
use crate::sql::{flink, plan};

impl Planner {
    pub(super) fn flink_insert(
        &mut self,
        name: &Ident,
        into: &[Ident],
        query: &SqlQuery,
        on_conflict: Option<OnConflict>,
    ) -> Result<(), SqlError> {
        let at = Position::of(name.span);
        let sink = &name.value;
        let plan = plan::plan(&self.pipeline.functions, &self.relations, query, &Clauses::default())?.node;
        if let Some(unread) =
            self.pipeline.topics.iter().find(|t| t.connector.is_only_written() && plan.reads(&t.relation.name))
        {
            let message = format!("{} has a connector that is only written to; nothing reads it", unread.relation.name);
            return Err(SqlError::invalid(message, at));
        }
        let Some(topic) = self.pipeline.topics.iter().find(|t| t.relation.name == *sink) else {
            if self.relations.contains_key(sink) {
                return Err(SqlError::invalid(format!("{sink} is a view; INSERT INTO wants a table"), at));
            }
            let hint = hint(sink, self.relations.keys().map(String::as_str));
            return Err(SqlError::unknown(format!("unknown table {sink}{hint}"), at));
        };
        if let Some((column, _)) = topic.metadata.first() {
            let column = &topic.relation.fields[*column].name;
            return Err(SqlError::not_supported(format!("INSERT INTO {sink}, whose column {column} is METADATA"), at));
        }
        let plan = fit(plan, topic, into, at)?;
        let filled = self.pipeline.queries.iter().any(|q| q.sink == *sink);
        if filled && !matches!(topic.connector, Connector::Append | Connector::Files) {
            return Err(SqlError::not_supported(format!("a second INSERT INTO {sink}"), at));
        }
        if plan.reads(sink) || self.pipeline.queries.iter().any(|q| q.plan.reads(sink)) {
            let clause = format!("INSERT INTO {sink}, which this or an earlier statement reads");
            return Err(SqlError::not_supported(clause, at));
        }
        let flink::Written { plan, note } = flink::into_sink(plan, topic, self.settings, on_conflict, at)?;
        self.pipeline.notes.extend(note);
        let Some(topic) = self.pipeline.topics.iter_mut().find(|t| t.relation.name == *sink) else { return Ok(()) };
        topic.is_source = false;
        if topic.connector == Connector::Blackhole && topic.relation.key.is_empty() {
            // It does not hear what rows were: here one takes the place of the other by the query's own key.
            let key = flink::upsert_keys(&plan).into_iter().next().unwrap_or_default();
            topic.relation.key = key.into_iter().collect();
        }
        if topic.connector.is_only_written() {
            topic.relation.collection = plan.collection;
        }
        if let Some(read) = self.relations.get_mut(sink)
            && !matches!(read.reading, Reading::Plan(_))
        {
            read.collection = topic.relation.collection;
        }
        self.pipeline.queries.push(Query { plan, sink: sink.clone() });
        Ok(())
    }
}

/// The query's columns as the table's: in its order, in its types where they only widen, null where the statement names
/// columns and not this one.
fn fit(plan: Node, topic: &Topic, into: &[Ident], at: Option<Position>) -> Result<Node, SqlError> {
    let (sink, wanted) = (&topic.relation.name, &topic.relation.fields);
    let named: Vec<usize> = match into {
        [] => (0..wanted.len()).collect(),
        into => into.iter().map(|ident| column(sink, wanted, ident)).collect::<Result<_, _>>()?,
    };
    if let Some(twice) = (0..named.len()).find(|place| named[..*place].contains(&named[*place])) {
        let message = format!("column {} of {sink} is named twice", wanted[named[twice]].name);
        return Err(SqlError::invalid(message, into.get(twice).and_then(|ident| Position::of(ident.span)).or(at)));
    }
    if let Some(left) = (0..wanted.len()).find(|place| !named.contains(place) && !wanted[*place].nullable) {
        let message =
            format!("column {} of {sink} is NOT NULL, and the list of columns leaves it out", wanted[left].name);
        return Err(SqlError::invalid(message, at));
    }
    let list = |fields: &mut dyn Iterator<Item = &Field>| {
        fields.map(|f| format!("{} {}", f.name, f.sql_type)).collect::<Vec<_>>().join(", ")
    };
    let fits = named.len() == plan.fields.len()
        && named.iter().zip(&plan.fields).all(|(place, found)| {
            let wanted = &wanted[*place].sql_type;
            same_shape(wanted, &found.sql_type) && !is_other_decimal(wanted, &found.sql_type)
                || widens(&found.sql_type, wanted)
        });
    if !fits {
        let wanted = list(&mut named.iter().map(|place| &wanted[*place]));
        let message = format!("{sink} wants ({wanted}), the query gives ({})", list(&mut plan.fields.iter()));
        return Err(SqlError::wrong_type(message, at));
    }
    let is_as_it_is = named.iter().copied().eq(0..wanted.len())
        && wanted.iter().zip(&plan.fields).all(|(wanted, found)| same_shape(&wanted.sql_type, &found.sql_type));
    if is_as_it_is {
        return Ok(plan);
    }
    let expressions = wanted.iter().enumerate().map(|(place, field)| -> Result<Arc<dyn PhysicalExpr>, SqlError> {
        match named.iter().position(|n| *n == place) {
            Some(found) => Ok(column_as(&plan.fields, found, &field.sql_type)),
            None => {
                let null = columns::data_type(&field.sql_type);
                let null = datafusion_common::ScalarValue::try_from(&null)
                    .map_err(|e| SqlError::not_supported(format!("column {} left out: {e}", field.name), at))?;
                Ok(Arc::new(Literal::new(null)))
            }
        }
    });
    let expressions = expressions.collect::<Result<Vec<_>, _>>()?;
    let collection = plan.collection;
    let operator = Operator::Project { input: Box::new(plan), expressions };
    Ok(Node { operator, fields: wanted.clone(), collection, key: vec![] })
}

fn column(sink: &str, fields: &[Field], ident: &Ident) -> Result<usize, SqlError> {
    fields.iter().position(|f| f.name == ident.value).ok_or_else(|| {
        let hint = hint(&ident.value, fields.iter().map(|f| f.name.as_str()));
        SqlError::unknown(format!("{sink} has no column {}{hint}", ident.value), Position::of(ident.span))
    })
}

/// Two decimals are one type only with the same precision and scale; Flink casts a narrower one, which has no rule here.
fn is_other_decimal(wanted: &streamfn_model::SqlType, found: &streamfn_model::SqlType) -> bool {
    use streamfn_model::SqlType::Decimal;
    matches!((wanted, found), (Decimal(..), Decimal(..))) && wanted != found
}
