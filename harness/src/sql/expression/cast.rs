//! CAST and TRY_CAST, and the casts that the engines make by themselves.

use std::sync::Arc;

use datafusion_common::ScalarValue;
use datafusion_expr::Expr;
use datafusion_physical_expr::PhysicalExpr;
use datafusion_physical_expr::expressions::{CastExpr, Column, Literal};
use streamfn_model::builtins::spelled;
use streamfn_model::{Field, SqlType, cast as rules, columns};

use super::term::{self, Term, null_for_null};
use super::{Scope, Typed};
use crate::sql::ddl;
use crate::sql::error::SqlError;
use crate::sql::functions::{same_shape, widens};
use crate::sql::operation::Operation;

impl Scope<'_> {
    /// `CAST(of AS to)`. In ksqlDB what throws in it is caught and leaves null (`ksql.nested.error.set.null`).
    pub(super) fn cast(&mut self, operation: &Operation, of: &Expr, to: &Expr) -> Result<Term, SqlError> {
        let Expr::Literal(ScalarValue::Utf8(Some(to)), _) = to else {
            return Err(SqlError::not_supported(format!("CAST AS {to}"), None));
        };
        let to = ddl::sql_type(self.dialect(), to)?;
        let Some(of) = self.known(of)? else {
            return Term::null(&to).map_err(|e| SqlError::not_supported(e.to_string(), None));
        };
        let from = of.sql_type.clone();
        match self.taken_to(of, &to, operation.symbol == "TRY_CAST") {
            Some(cast) => self.caught(cast),
            None => {
                let [from, to] = [&from, &to].map(|of| spelled(self.dialect(), of));
                Err(SqlError::not_supported(format!("{} of {from} to {to}", operation.symbol), None))
            }
        }
    }

    /// The expression under another type by the engine's rule for CAST; `None` where there is none. `tries`: a value without an
    /// answer is null.
    pub(super) fn taken_to(&self, of: Term, to: &SqlType, tries: bool) -> Option<Term> {
        if of.sql_type == *to {
            return Some(of);
        }
        let rule = rules::cast(self.dialect(), &of.sql_type, to)?;
        // Numbers that keep their value are Arrow's affair.
        if widens(&of.sql_type, to) && !of.throws {
            return Some(widened(of, to.clone()));
        }
        let name = format!("{}cast {} to {to}", if tries { "try " } else { "" }, of.sql_type);
        let target = to.clone();
        let by_rule = null_for_null(move |values| match rule(&values[0], &target) {
            Err(_) if tries => Ok(streamfn_model::Value::Null),
            answer => answer,
        });
        Some(self.by_row(name, vec![of], to.clone(), move |values| by_rule(values)))
    }

    /// What throws in this expression leaves null in its place, and what is around it goes on
    /// (`SqlToJavaVisitor.evaluateOrReturnNull`). In a condition of rows ksqlDB has `false` where it wants null there, which is an
    /// exception again for any type but BOOLEAN.
    pub(super) fn caught(&self, of: Term) -> Result<Term, SqlError> {
        match (of.throws, self.is_condition, &of.sql_type) {
            (false, ..) => Ok(of),
            (true, false, _) => Ok(of.settled()),
            (true, true, SqlType::Boolean) => {
                let clause = "a BOOLEAN that can fail as a function's argument in WHERE and HAVING";
                Err(SqlError::not_supported(clause, None))
            }
            (true, true, _) => Ok(of),
        }
    }
}

/// A column of these fields as another column's type.
pub fn column_as(fields: &[Field], column: usize, to: &SqlType) -> Arc<dyn PhysicalExpr> {
    let Field { name, sql_type, .. } = &fields[column];
    let expr = Arc::new(Column::new(name, column));
    cast(Typed { expr, sql_type: sql_type.clone(), fails: false }, to)
}

/// The expression under a type it can be taken to without loss of meaning; rows keep their own field names.
pub fn cast(from: Typed, to: &SqlType) -> Arc<dyn PhysicalExpr> {
    match same_shape(&from.sql_type, to) || !widens(&from.sql_type, to) {
        true => from.expr,
        false => widened(Term::safe(from.expr, from.sql_type), to.clone()).expr,
    }
}

fn widened(of: Term, to: SqlType) -> Term {
    let is_literal = of.is_literal();
    let cast = Arc::new(CastExpr::new(of.expr, columns::data_type(&to), None));
    match is_literal.then(|| term::literal(cast.as_ref())).flatten() {
        Some(value) => Term::safe(Arc::new(Literal::new(value)), to),
        None => Term::safe(cast, to),
    }
}
