//! INSERT INTO … SELECT: whether the query's rows are rows of the table.

use sqlparser::ast::Ident;
use streamfn_model::{Dialect, Field};

use super::{Planner, Query};
use crate::sql::clauses::Clauses;
use crate::sql::ddl::Collection;
use crate::sql::error::{Position, SqlError, hint};
use crate::sql::{dialect, plan};

impl Planner {
    pub(super) fn insert(
        &mut self,
        name: Ident,
        query: &sqlparser::ast::Query,
        clauses: &Clauses,
    ) -> Result<(), SqlError> {
        if self.pipeline.dialect == Dialect::Ksqldb {
            return self.insert_into_stream(&name, query, clauses);
        }
        let at = Position::of(name.span);
        let plan = plan::plan(&self.pipeline.functions, &self.relations, query, clauses)?.node;
        let sink = dialect::name(self.pipeline.dialect, &name);
        let Some(topic) = self.pipeline.topics.iter_mut().find(|t| t.relation.name == sink) else {
            let hint = hint(&sink, self.relations.keys().map(String::as_str));
            return Err(SqlError::unknown(format!("unknown table {sink}{hint}"), at));
        };
        let (wanted, found) = (&topic.relation.fields, &plan.fields);
        let fits = wanted.iter().map(|f| &f.sql_type).eq(found.iter().map(|f| &f.sql_type));
        if !fits {
            let list = |fields: &[Field]| {
                fields.iter().map(|f| format!("{} {}", f.name, f.sql_type)).collect::<Vec<_>>().join(", ")
            };
            let message = format!("{sink} wants ({}), the query gives ({})", list(wanted), list(found));
            return Err(SqlError::wrong_type(message, at));
        }
        if self.pipeline.queries.iter().any(|q| q.sink == sink) {
            return Err(SqlError::not_supported(format!("a second INSERT INTO {sink}"), at));
        }
        if plan.reads(&sink) || self.pipeline.queries.iter().any(|q| q.plan.reads(&sink)) {
            return Err(SqlError::not_supported(
                format!("INSERT INTO {sink}, which this or an earlier statement reads"),
                at,
            ));
        }
        if topic.appends && plan.collection == Collection::Table {
            let message = format!("{sink} has a connector that only appends, and the query updates and deletes rows");
            return Err(SqlError::invalid(message, at));
        }
        topic.is_source = false;
        topic.relation.collection = plan.collection;
        self.relations.insert(sink.clone(), topic.relation.clone());
        self.pipeline.queries.push(Query { plan, sink });
        Ok(())
    }
}
