//! INSERT INTO … SELECT in ksqlDB.

use sqlparser::ast::Ident;

use super::Planner;
use crate::sql::error::{Position, SqlError};

impl Planner {
    pub(super) fn insert(&mut self, name: Ident, _query: &sqlparser::ast::Query) -> Result<(), SqlError> {
        let at = Position::of(name.span);
        Err(SqlError::not_supported("INSERT INTO … SELECT in ksqlDB's dialect", at))
    }
}
