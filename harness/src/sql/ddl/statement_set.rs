//! Flink's statement sets: INSERTs that are one job. Here a file's queries always run together, so a set is its statements.
//!
//! <https://nightlies.apache.org/flink/flink-docs-release-2.3/docs/dev/table/sql/insert/#insert-into-multiple-tables>

use sqlparser::tokenizer::TokenWithSpan;
use streamfn_model::Dialect;

use super::{Statement, StatementKind};
use crate::sql::error::{Position, SqlError};
use crate::sql::words;

/// Whether the statements read so far have opened a set.
pub struct StatementSets {
    dialect: Dialect,
    open: Option<Position>,
}

impl StatementSets {
    pub fn new(dialect: Dialect) -> Self {
        StatementSets { dialect, open: None }
    }

    /// A statement less the words that open or close a set; `None` where those are all of it.
    pub fn without_marks<'a>(&mut self, tokens: &'a [TokenWithSpan]) -> Result<Option<&'a [TokenWithSpan]>, SqlError> {
        if self.dialect != Dialect::Flink {
            return Ok(Some(tokens));
        }
        let code = words::code(tokens);
        let at = code.first().and_then(|first| Position::of(tokens[*first].span));
        let starts_with = |words: &[&str]| {
            code.len() >= words.len()
                && code
                    .iter()
                    .zip(words)
                    .all(|(token, word)| words::plain(&tokens[*token].token).as_deref() == Some(*word))
        };
        let opening = ["EXECUTE", "STATEMENT", "SET", "BEGIN"];
        if starts_with(&opening) {
            self.begin(at)?;
            let rest = code.get(opening.len()).copied();
            return Ok(rest.map(|first| &tokens[first..]));
        }
        if starts_with(&["BEGIN", "STATEMENT", "SET"]) && code.len() == 3 {
            self.begin(at)?;
            return Ok(None);
        }
        if starts_with(&["END"]) && code.len() == 1 {
            return match self.open.take() {
                Some(_) => Ok(None),
                None => Err(SqlError::syntax("END without EXECUTE STATEMENT SET BEGIN", at)),
            };
        }
        Ok(Some(tokens))
    }

    fn begin(&mut self, at: Option<Position>) -> Result<(), SqlError> {
        match self.open {
            Some(first) => Err(SqlError::syntax(format!("a statement set in the one that begins at {first}"), at)),
            None => {
                self.open = at;
                Ok(())
            }
        }
    }

    /// Flink takes nothing but INSERT INTO in a set.
    pub fn check(&self, statement: &Statement) -> Result<(), SqlError> {
        match (self.open, &statement.kind) {
            (None, _) | (Some(_), StatementKind::Insert { .. }) => Ok(()),
            (Some(_), _) => Err(SqlError::invalid("a statement set takes INSERT INTO and nothing else", statement.at)),
        }
    }

    pub fn end(&self) -> Result<(), SqlError> {
        match self.open {
            Some(at) => Err(SqlError::syntax("the statement set that begins here has no END", Some(at))),
            None => Ok(()),
        }
    }
}
