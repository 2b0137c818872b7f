//! ksqlDB's CREATE STREAM and CREATE TABLE with columns: what a topic's records look like.

use streamfn_model::Field;

use super::Planner;
use crate::sql::ddl::{Collection, ColumnRole, Create};
use crate::sql::dialect;
use crate::sql::error::{Position, SqlError};
use crate::sql::node::{Reading, Relation};
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
                    if is_primary != (create.collection == Collection::Table) {
                        let message = "a stream has KEY columns and a table PRIMARY KEY columns";
                        return Err(SqlError::invalid(message, at));
                    }
                    key.push(fields.len());
                    of.clone()
                }
                ColumnRole::Header(_) => return Err(SqlError::not_supported("HEADERS column", at)),
                // Flink's alone.
                ColumnRole::Metadata { .. } => return Err(SqlError::not_supported("METADATA column", at)),
                ColumnRole::Computed(_) => return Err(SqlError::not_supported("computed column", at)),
            };
            if system_columns::RESERVED.contains(&column_name.as_str()) {
                return Err(SqlError::invalid(format!("{column_name} is a reserved column name"), at));
            }
            if fields.iter().any(|f| f.name == column_name) {
                return Err(SqlError::invalid(format!("column {column_name} is there twice"), at));
            }
            fields.push(Field { name: column_name, sql_type, nullable: column.nullable });
        }
        if create.collection == Collection::Table && key.is_empty() {
            return Err(SqlError::invalid(format!("table {name} has no PRIMARY KEY column"), None));
        }
        let collection = create.collection;
        let relation = Relation { name, collection, fields, key, reading: Reading::Changes };
        let topic = self.topic(relation, create.properties, None)?;
        self.add(topic);
        Ok(())
    }
}
