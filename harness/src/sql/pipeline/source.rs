//! CREATE STREAM and CREATE TABLE with columns: what a topic's records look like.

use streamfn_model::{Dialect, Field};

use super::Planner;
use crate::sql::ddl::{Collection, ColumnRole, Create};
use crate::sql::dialect;
use crate::sql::error::{Position, SqlError, hint};
use crate::sql::node::Relation;
use crate::sql::system_columns;

impl Planner {
    pub(super) fn source(&mut self, create: Create) -> Result<(), SqlError> {
        let dialect = self.pipeline.dialect;
        let name = self.new_name(&create.name)?;
        let mut fields: Vec<Field> = vec![];
        let mut key = vec![];
        for column in &create.columns {
            let at = Position::of(column.name.span);
            let column_name = dialect::name(dialect, &column.name);
            let sql_type = match &column.role {
                ColumnRole::Value(of) => of.clone(),
                ColumnRole::Key(of) | ColumnRole::PrimaryKey(of) => {
                    let is_primary = matches!(column.role, ColumnRole::PrimaryKey(_));
                    if dialect == Dialect::Ksqldb && is_primary != (create.collection == Collection::Table) {
                        let message = "a stream has KEY columns and a table PRIMARY KEY columns";
                        return Err(SqlError::invalid(message, at));
                    }
                    key.push(fields.len());
                    of.clone()
                }
                ColumnRole::Header(_) => return Err(SqlError::not_supported("HEADERS column", at)),
                ColumnRole::Metadata(_) => return Err(SqlError::not_supported("METADATA column", at)),
                ColumnRole::Computed(_) => return Err(SqlError::not_supported("computed column", at)),
            };
            if dialect == Dialect::Ksqldb && system_columns::RESERVED.contains(&column_name.as_str()) {
                return Err(SqlError::invalid(format!("{column_name} is a reserved column name"), at));
            }
            if fields.iter().any(|f| f.name == column_name) {
                return Err(SqlError::invalid(format!("column {column_name} is there twice"), at));
            }
            fields.push(Field { name: column_name, sql_type, nullable: column.nullable });
        }
        for ident in &create.primary_key {
            let column = dialect::name(dialect, ident);
            let Some(index) = fields.iter().position(|f| f.name == column) else {
                let hint = hint(&column, fields.iter().map(|f| f.name.as_str()));
                return Err(SqlError::unknown(format!("unknown column {column}{hint}"), Position::of(ident.span)));
            };
            key.push(index);
        }
        if let Some((column, _)) = &create.watermark {
            let name = dialect::name(dialect, column);
            if !fields.iter().any(|f| f.name == name) {
                return Err(SqlError::unknown(format!("unknown column {name}"), Position::of(column.span)));
            }
        }
        if dialect == Dialect::Ksqldb && create.collection == Collection::Table && key.is_empty() {
            return Err(SqlError::invalid(format!("table {name} has no PRIMARY KEY column"), None));
        }
        // Flink's plain connectors append, also with a key; upserts come from connectors that say so.
        let collection = match dialect {
            Dialect::Ksqldb => create.collection,
            Dialect::Flink => Collection::Stream,
        };
        if dialect == Dialect::Flink
            && let Some(connector) = create.properties.iter().find(|p| p.name == "connector")
            && connector.value.starts_with("upsert")
        {
            return Err(SqlError::not_supported(format!("connector {}", connector.value), connector.at));
        }
        let relation = Relation { name, collection, fields, key };
        let topic = self.topic(relation, create.properties, None)?;
        self.add(topic);
        Ok(())
    }
}
