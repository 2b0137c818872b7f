//! INSERT INTO of ksqlDB: a stream that several queries fill, each with the columns that the stream has.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion_physical_expr::PhysicalExpr;
use sqlparser::ast::{self, Ident};
use streamfn_model::Field;

use super::{Planner, Query};
use crate::sql::clauses::Clauses;
use crate::sql::ddl::Collection;
use crate::sql::error::{Position, SqlError, hint};
use crate::sql::expression::column_as;
use crate::sql::functions::widens;
use crate::sql::node::{Node, Operator, Relation};
use crate::sql::{dialect, plan};

impl Planner {
    pub(super) fn insert_into_stream(
        &mut self,
        name: &Ident,
        query: &ast::Query,
        clauses: &Clauses,
    ) -> Result<(), SqlError> {
        let at = Position::of(name.span);
        let sink = dialect::name(self.pipeline.dialect, name);
        let Some(relation) = self.relations.get(&sink).cloned() else {
            let hint = hint(&sink, self.relations.keys().map(String::as_str));
            return Err(SqlError::unknown(format!("unknown stream {sink}{hint}"), at));
        };
        if relation.collection == Collection::Table {
            return Err(SqlError::invalid(format!("INSERT INTO wants a stream; {sink} is a table"), at));
        }
        let plan = plan::plan(&self.pipeline.functions, &self.relations, query, clauses)?.node;
        if plan.collection == Collection::Table {
            return Err(SqlError::invalid(format!("{sink} is a stream, and the query gives a table"), at));
        }
        self.places_of_records_are_known(&plan)?;
        let key = self.key_of_result(&plan)?;
        let plan = as_rows_of(&relation, plan, &key).map_err(|e| e.or_at(at))?;
        if self.is_fed_by(&plan, &sink) {
            let clause = format!("INSERT INTO {sink} of what comes from {sink}");
            return Err(SqlError::not_supported(clause, at));
        }
        if let Some(topic) = self.pipeline.topics.iter_mut().find(|topic| topic.relation.name == sink) {
            topic.is_source = false;
        }
        self.pipeline.queries.push(Query { plan, sink });
        Ok(())
    }

    /// Whether a relation's rows reach this query, by whatever queries there are so far.
    fn is_fed_by(&self, plan: &Node, relation: &str) -> bool {
        let (mut open, mut seen) = (vec![plan], BTreeSet::new());
        while let Some(plan) = open.pop() {
            if plan.reads(relation) {
                return true;
            }
            for (place, query) in self.pipeline.queries.iter().enumerate() {
                if plan.reads(&query.sink) && seen.insert(place) {
                    open.push(&query.plan);
                }
            }
        }
        false
    }
}

/// The query's columns in the order of the stream's, each of its type: key by key and value by value they have the same names
/// (`LogicalSchema.compatibleSchema` in ksqlDB).
fn as_rows_of(relation: &Relation, plan: Node, key: &[usize]) -> Result<Node, SqlError> {
    let wanted = in_order(relation.fields.len(), &relation.key);
    let found = in_order(plan.fields.len(), key);
    let fits = |(wanted, found): (&usize, &usize)| {
        let (wanted, found) = (&relation.fields[*wanted], &plan.fields[*found]);
        wanted.name == found.name && (wanted.sql_type == found.sql_type || widens(&found.sql_type, &wanted.sql_type))
    };
    if wanted.len() != found.len() || key.len() != relation.key.len() || !wanted.iter().zip(&found).all(fits) {
        let message = format!(
            "the result is not of the columns of {}: wanted {}, found {}",
            relation.name,
            listed(&relation.fields, &wanted, relation.key.len()),
            listed(&plan.fields, &found, key.len())
        );
        return Err(SqlError::wrong_type(message, None));
    }
    let mut expressions: Vec<Option<Arc<dyn PhysicalExpr>>> = vec![None; relation.fields.len()];
    for (to, from) in wanted.iter().zip(&found) {
        expressions[*to] = Some(column_as(&plan.fields, *from, &relation.fields[*to].sql_type));
    }
    let expressions = expressions.into_iter().flatten().collect();
    let key = relation.key.iter().map(|column| vec![*column]).collect();
    let (fields, collection) = (relation.fields.clone(), plan.collection);
    Ok(Node { operator: Operator::Project { input: Box::new(plan), expressions }, fields, collection, key })
}

/// The key's columns, then the others.
fn in_order(columns: usize, key: &[usize]) -> Vec<usize> {
    let others = (0..columns).filter(|column| !key.contains(column));
    key.iter().copied().chain(others).collect()
}

fn listed(fields: &[Field], order: &[usize], keys: usize) -> String {
    let column = |(place, index): (usize, &usize)| {
        let field = &fields[*index];
        let key = if place < keys { " KEY" } else { "" };
        let of = field.sql_type.ksqldb().unwrap_or_else(|_| field.sql_type.to_string());
        format!("{} {of}{key}", field.name)
    };
    let columns: Vec<String> = order.iter().enumerate().map(column).collect();
    format!("({})", columns.join(", "))
}
