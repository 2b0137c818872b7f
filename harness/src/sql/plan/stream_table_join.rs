//! A stream joined with a table: by any expression over the stream, and the table's primary key.

use datafusion_expr::Expr;
use datafusion_expr::logical_plan::{Join, LogicalPlan};
use streamfn_model::table;

use super::Planner;
use super::join::equalities;
use crate::sql::ddl::Collection;
use crate::sql::error::SqlError;
use crate::sql::expression::Typed;
use crate::sql::node::{Node, Operator, StreamTableKey};

impl Planner<'_> {
    /// The result's key is what was looked up
    /// (<https://docs.confluent.io/platform/current/ksqldb/developer-guide/joins/join-streams-and-tables.html>).
    pub(super) fn stream_table_join(
        &self,
        join: &Join,
        kind: table::Join,
        stream: Node,
        table: Node,
    ) -> Result<Node, SqlError> {
        if kind == table::Join::Full {
            return Err(SqlError::invalid("ksqlDB has no FULL OUTER JOIN of a stream with a table", None));
        }
        let [pair] = equalities(join)?[..] else {
            return Err(SqlError::not_supported("join condition of more than one equality", None));
        };
        let Some((lookup, column)) = sides(join, pair) else {
            let (l, r) = pair;
            let message = format!("a join compares what the stream has with the table's PRIMARY KEY, found {l} = {r}");
            return Err(SqlError::invalid(message, None));
        };
        let [part] = &table.key[..] else {
            let message = "ksqlDB joins no table whose PRIMARY KEY has several columns";
            return Err(SqlError::invalid(message, None));
        };
        if !part.contains(&column) {
            let message = "a stream-table join wants the table's PRIMARY KEY in its condition";
            return Err(SqlError::invalid(message, None));
        }
        let mut scope = self.scope(&join.left, &stream.fields);
        let Typed { expr, sql_type, .. } = scope.convert(lookup).map_err(|e| self.placed(e))?;
        if !scope.calls.is_empty() {
            return Err(SqlError::not_supported("a component function in a join condition", None));
        }
        let wanted = &table.fields[column].sql_type;
        if sql_type != *wanted {
            return Err(SqlError::wrong_type(
                format!("a join compares {sql_type} with {wanted}; CAST what the stream has"),
                None,
            ));
        }
        let looked_up = match lookup {
            Expr::Column(column) => join.left.schema().index_of_column(column).ok(),
            _ => None,
        };
        let key = StreamTableKey { lookup: expr, column, is_stream_column: looked_up.is_some() };
        let right = stream.fields.len() + column;
        let part = match (looked_up, kind) {
            (None, _) => vec![right],
            // Without a partner the table's column is null, so only the stream's is the key.
            (Some(left), table::Join::Left) => stream.columns_of_key(left),
            (Some(left), _) => [stream.columns_of_key(left), vec![right]].concat(),
        };
        let fields = stream.fields.iter().chain(&table.fields).cloned().collect();
        let (stream, table) = (Box::new(stream), Box::new(table));
        let operator = Operator::StreamTableJoin { stream, table, kind, key };
        Ok(Node { operator, fields, collection: Collection::Stream, key: vec![part] })
    }
}

/// What is looked up over the left side, and the column of the right side: the condition may have them in either order.
fn sides<'a>(join: &Join, (l, r): (&'a Expr, &'a Expr)) -> Option<(&'a Expr, usize)> {
    let over = |expr: &Expr, of: &LogicalPlan| {
        let columns = expr.column_refs();
        !columns.is_empty() && columns.into_iter().all(|column| of.schema().has_column(column))
    };
    let ordered = |left: &'a Expr, right: &Expr| match right {
        Expr::Column(column) if over(left, &join.left) => {
            Some((left, join.right.schema().index_of_column(column).ok()?))
        }
        _ => None,
    };
    ordered(l, r).or_else(|| ordered(r, l))
}
