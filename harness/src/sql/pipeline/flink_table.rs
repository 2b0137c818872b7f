//! Flink's CREATE TABLE and CREATE VIEW: the columns that records have, those computed from them, and queries by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use sqlparser::ast::{Expr, Ident, Query};
use streamfn_model::{Field, SqlType};

use super::connector::connector;
use super::{Connector, Metadata, Planner};
use crate::sql::clauses::Clauses;
use crate::sql::ddl::{self, Collection, ColumnRole, Create};
use crate::sql::error::{Position, SqlError, hint};
use crate::sql::node::{Node, Reading, Relation};
use crate::sql::plan;

/// The columns of a table: what is in its records, and what a reader sees.
#[derive(Default)]
struct Columns {
    fields: Vec<Field>,
    key: Vec<usize>,
    metadata: Vec<(usize, Metadata)>,
    /// Every column in its order: `None` stands for a physical one.
    seen: Vec<(Ident, Option<Expr>)>,
}

impl Planner {
    pub(super) fn flink_table(&mut self, create: Create) -> Result<(), SqlError> {
        let name = self.new_name(&create.name)?;
        let at = Position::of(create.name.span);
        let columns = columns(&create)?;
        let connector = connector(&name, &create.properties, !columns.key.is_empty(), at)?;
        let (collection, reading) = match connector {
            Connector::Upsert => (Collection::Table, Reading::Upserts),
            Connector::Changelog => (Collection::Table, Reading::Changes),
            Connector::Append | Connector::Files | Connector::Print | Connector::Blackhole | Connector::Any => {
                (Collection::Stream, Reading::Changes)
            }
        };
        let Columns { fields, key, metadata, seen } = columns;
        let relation = Relation { name: name.clone(), collection, fields, key, reading };
        let mut topic = self.topic(relation.clone(), create.properties, None)?;
        (topic.connector, topic.metadata) = (connector, metadata);
        let read = match seen.iter().any(|(_, computed)| computed.is_some()) {
            true => self.computed(&relation, &seen)?,
            false => relation,
        };
        if let Some((column, _)) = &create.watermark
            && !read.fields.iter().any(|f| f.name == column.value)
        {
            let hint = hint(&column.value, read.fields.iter().map(|f| f.name.as_str()));
            return Err(SqlError::unknown(format!("unknown column {}{hint}", column.value), Position::of(column.span)));
        }
        self.pipeline.topics.push(topic);
        self.relations.insert(name, read);
        Ok(())
    }

    /// The relation that readers see: a query over the physical one.
    fn computed(&self, physical: &Relation, seen: &[(Ident, Option<Expr>)]) -> Result<Relation, SqlError> {
        let quoted = |name: &str| Ident::with_quote('`', name);
        let mut query = ddl::select_from(&quoted(&physical.name))?;
        let items = seen.iter().map(|(name, computed)| {
            let expr = computed.clone().unwrap_or_else(|| Expr::Identifier(quoted(&name.value)));
            sqlparser::ast::SelectItem::ExprWithAlias { expr, alias: quoted(&name.value) }
        });
        if let sqlparser::ast::SetExpr::Select(select) = query.body.as_mut() {
            select.projection = items.collect();
        }
        let only = BTreeMap::from([(physical.name.clone(), physical.clone())]);
        let node = plan::plan(&self.pipeline.functions, &only, &query, &Clauses::default())?.node;
        Ok(relation_of(&physical.name, node))
    }

    pub(super) fn view(&mut self, name: &Ident, columns: &[Ident], query: &Query) -> Result<(), SqlError> {
        let at = Position::of(name.span);
        let name = self.new_name(name)?;
        let mut node = plan::plan(&self.pipeline.functions, &self.relations, query, &Clauses::default())?.node;
        if !columns.is_empty() {
            if columns.len() != node.fields.len() {
                let message =
                    format!("view {name} names {} columns, its query gives {}", columns.len(), node.fields.len());
                return Err(SqlError::invalid(message, at));
            }
            node.fields.iter_mut().zip(columns).for_each(|(field, column)| field.name.clone_from(&column.value));
        }
        self.relations.insert(name.clone(), relation_of(&name, node));
        Ok(())
    }
}

fn relation_of(name: &str, node: Node) -> Relation {
    Relation {
        name: name.to_owned(),
        collection: node.collection,
        fields: node.fields.clone(),
        key: vec![],
        reading: Reading::Plan(Arc::new(node)),
    }
}

fn columns(create: &Create) -> Result<Columns, SqlError> {
    let mut columns = Columns::default();
    for column in &create.columns {
        let at = Position::of(column.name.span);
        let name = &column.name.value;
        if columns.seen.iter().any(|(seen, _)| seen.value == *name) {
            return Err(SqlError::invalid(format!("column {name} is there twice"), at));
        }
        let mut computed = None;
        let place = columns.fields.len();
        match &column.role {
            ColumnRole::Value(sql_type) => columns.add(name, sql_type, column.nullable),
            ColumnRole::PrimaryKey(sql_type) => {
                columns.key.push(place);
                columns.add(name, sql_type, false);
            }
            ColumnRole::Metadata { sql_type, from, .. } => {
                columns.metadata.push((place, metadata(from, sql_type, at)?));
                columns.add(name, sql_type, true);
            }
            ColumnRole::Computed(expr) => computed = Some(expr.as_ref().clone()),
            // ksqlDB's alone.
            ColumnRole::Key(_) | ColumnRole::Header(_) => return Err(SqlError::not_supported("KEY column", at)),
        }
        columns.seen.push((column.name.clone(), computed));
    }
    for ident in &create.primary_key {
        let at = Position::of(ident.span);
        let Some(index) = columns.fields.iter().position(|f| f.name == ident.value) else {
            let hint = hint(&ident.value, columns.fields.iter().map(|f| f.name.as_str()));
            return Err(SqlError::unknown(format!("unknown column {}{hint}", ident.value), at));
        };
        columns.fields[index].nullable = false;
        columns.key.push(index);
    }
    Ok(columns)
}

impl Columns {
    fn add(&mut self, name: &str, sql_type: &SqlType, nullable: bool) {
        self.fields.push(Field { name: name.to_owned(), sql_type: sql_type.clone(), nullable });
    }
}

fn metadata(from: &str, sql_type: &SqlType, at: Option<Position>) -> Result<Metadata, SqlError> {
    let Some(metadata) = Metadata::named(from) else {
        return Err(SqlError::not_supported(
            format!("METADATA {from}; there is topic, partition, offset and timestamp"),
            at,
        ));
    };
    match metadata.sql_type() == *sql_type {
        true => Ok(metadata),
        false => {
            let wanted = metadata.sql_type();
            Err(SqlError::not_supported(format!("METADATA {from} as {sql_type}; write {wanted}"), at))
        }
    }
}
