//! Columns that ksqlDB gives a relation beside its own, where a query has use for them: the record's time and place, the
//! bounds of a window, the key of a FULL OUTER JOIN. `SELECT *` has none of the first two kinds.
//!
//! The planner sees them as columns of the relation. Those that only an operator behind the source can know are null until
//! that operator fills them in.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use sqlparser::ast::{self, Expr, Query, Visit};
use streamfn_model::{Dialect, Field, SqlType};

use super::clauses::Clauses;
use super::dialect;
use super::from;
use super::node::Relation;
use super::places::object_name;

pub const ROWTIME: &str = "ROWTIME";
pub const ROWPARTITION: &str = "ROWPARTITION";
pub const ROWOFFSET: &str = "ROWOFFSET";
pub const WINDOWSTART: &str = "WINDOWSTART";
pub const WINDOWEND: &str = "WINDOWEND";
/// What ksqlDB calls the key of a join that is no column of either side
/// (<https://docs.confluent.io/platform/current/ksqldb/developer-guide/joins/synthetic-keys.html>).
pub const ROWKEY: &str = "ROWKEY";

/// Names that no column of a result may have: <https://docs.confluent.io/platform/current/ksqldb/reference/sql/data-definition.html#pseudocolumns>.
pub const RESERVED: [&str; 5] = [ROWTIME, ROWPARTITION, ROWOFFSET, WINDOWSTART, WINDOWEND];

/// The columns of a source record that are asked for by name, with their types.
fn of_records() -> [(&'static str, SqlType); 3] {
    [(ROWTIME, SqlType::BigInt), (ROWPARTITION, SqlType::Int), (ROWOFFSET, SqlType::BigInt)]
}

/// The relations of a ksqlDB query, each with the system columns that the query needs of it behind its own. `None`: it reads
/// from nothing that has any.
pub fn beside_their_own(
    relations: &BTreeMap<String, Relation>,
    query: &Query,
    clauses: &Clauses,
) -> Option<BTreeMap<String, Relation>> {
    let ast::SetExpr::Select(select) = query.body.as_ref() else { return None };
    let [from] = select.from.as_slice() else { return None };
    let dialect = Dialect::Ksqldb;
    let mut with = relations.clone();
    let mut named = Named { dialect, names: BTreeSet::new() };
    let _ = query.visit(&mut named);
    let _ = clauses.partition_by.visit(&mut named);
    for (place, factor) in from::factors(select).enumerate() {
        let ast::TableFactor::Table { name, .. } = factor else { continue };
        let Some(relation) = with.get_mut(&object_name(dialect, name)) else { continue };
        let mut added: Vec<(&str, SqlType)> =
            of_records().into_iter().filter(|(name, _)| named.names.contains(*name)).collect();
        if place == 0 && clauses.window.is_some() {
            added.extend([(WINDOWSTART, SqlType::BigInt), (WINDOWEND, SqlType::BigInt)]);
        }
        let is_full = |join: &ast::Join| matches!(join.join_operator, ast::JoinOperator::FullOuter(_));
        if place == 0
            && from.joins.iter().any(is_full)
            && let [key] = relation.key[..]
        {
            added.push((ROWKEY, relation.fields[key].sql_type.clone()));
        }
        let new = added.into_iter().filter(|(name, _)| !relation.fields.iter().any(|f| f.name == *name));
        let new: Vec<Field> = new.map(|(name, sql_type)| Field::new(name, sql_type)).collect();
        relation.fields.extend(new);
    }
    Some(with)
}

/// The columns that expressions name.
struct Named {
    dialect: Dialect,
    names: BTreeSet<String>,
}

impl ast::Visitor for Named {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        let column = match expr {
            Expr::Identifier(column) => Some(column),
            Expr::CompoundIdentifier(parts) => parts.last(),
            _ => None,
        };
        self.names.extend(column.map(|column| dialect::name(self.dialect, column)));
        ControlFlow::Continue(())
    }
}
