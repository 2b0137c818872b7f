//! Calls of functions: built-ins, and those of components.

use std::sync::Arc;

use arrow::array::Array;
use datafusion_expr::Expr;
use datafusion_expr::expr::ScalarFunction;
use datafusion_physical_expr::expressions::Column;
use streamfn_model::builtins::{Compute, ScalarRule};
use streamfn_model::{Dialect, Field, SqlType, columns};

use super::term::{Outcome, Term};
use super::{Call, Scope, Typed, cast, constant};
use crate::contract::{Function, Shape};
use crate::sql::catalog;
use crate::sql::error::SqlError;
use crate::sql::functions::{FunctionRef, Meaning};

impl Scope<'_> {
    pub(super) fn call(&mut self, call: &ScalarFunction) -> Result<Term, SqlError> {
        let name = call.func.name();
        let arguments = self.arguments(name, &call.args)?;
        let types: Vec<SqlType> = arguments.iter().map(|a| a.sql_type.clone()).collect();
        match self.functions.resolve(name, &types)? {
            Meaning::BuiltinScalar(rule) => self.builtin(name, rule, arguments),
            Meaning::Component(function, sql_type) => self.component(function, sql_type, arguments),
            Meaning::ComponentAggregate(..) | Meaning::BuiltinAggregate(..) => {
                Err(SqlError::invalid(format!("{name} is an aggregate; it cannot stand here"), None))
            }
        }
    }

    /// The arguments of a function. In ksqlDB what throws in one that is itself a call, or a field, is null
    /// (`SqlToJavaVisitor.visitFunctionCall`); in any other it takes the call with it.
    fn arguments(&mut self, name: &str, arguments: &[Expr]) -> Result<Vec<Term>, SqlError> {
        let known = arguments.iter().map(|argument| {
            let catches = match argument {
                Expr::ScalarFunction(call) => catalog::operation(call).is_none_or(|operation| operation.symbol == "->"),
                _ => false,
            };
            match self.known(argument)? {
                Some(term) if catches => self.caught(term).map(Some),
                term => Ok(term),
            }
        });
        let known: Vec<Option<Term>> = known.collect::<Result<_, _>>()?;
        match (name, known.iter().all(Option::is_some)) {
            (_, true) => Ok(known.into_iter().flatten().collect()),
            ("COALESCE" | "IFNULL" | "NULLIF", false) => self.of_known_type(known, name),
            (_, false) => Err(SqlError::not_supported(format!("NULL in {name}(); write CAST(NULL AS …)"), None)),
        }
    }

    fn builtin(&mut self, name: &str, rule: ScalarRule, arguments: Vec<Term>) -> Result<Term, SqlError> {
        for (place, allowed) in &rule.literals {
            let typed =
                arguments.get(*place).cloned().map(|of| Typed { expr: of.expr, sql_type: of.sql_type, fails: false });
            if !typed.as_ref().and_then(constant).is_some_and(|value| allowed.contains(&value)) {
                let allowed: Vec<String> = allowed.iter().map(crate::report::plain).collect();
                let clause = format!("{name}() with another argument {} than {}", place + 1, allowed.join(" or "));
                return Err(SqlError::not_supported(clause, None));
            }
        }
        let no_cast = |from: &SqlType| SqlError::not_supported(format!("{from} in {name}()"), None);
        let arguments = arguments.into_iter().zip(&rule.arguments).map(|(argument, to)| {
            let from = argument.sql_type.clone();
            let casts = from != *to;
            let argument = self.taken_to(argument, to, false).ok_or_else(|| no_cast(&from))?;
            // ksqlDB writes it as a CAST.
            if casts { self.caught(argument) } else { Ok(argument) }
        });
        let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
        let key = format!("{name} {:?}", rule.arguments);
        let result = rule.result;
        Ok(match rule.compute {
            Compute::Row(apply) => self.by_row(key, arguments, result, apply),
            Compute::Reinterpret => {
                let to = columns::data_type(&result);
                let kernel = Arc::new(move |columns: &[Arc<dyn Array>], _: Option<&_>| {
                    Ok(Outcome::null_threw(arrow::compute::cast(&columns[0], &to)?))
                });
                let of = arguments.into_iter().take(1).collect();
                self.strict(key, of, kernel, result, self.dialect() == Dialect::Ksqldb)
            }
        })
    }

    fn component(&mut self, function: FunctionRef, sql_type: SqlType, arguments: Vec<Term>) -> Result<Term, SqlError> {
        let of = self.functions.function(function);
        if matches!(of.shape, Shape::Table) {
            let clause = format!("table function {} inside an expression", of.sql_name);
            return Err(SqlError::not_supported(clause, None));
        }
        let throwing: Vec<Term> = arguments.iter().filter(|argument| argument.throws).cloned().collect();
        let typed: Vec<Typed> = arguments
            .into_iter()
            .map(|argument| {
                let fails = argument.throws;
                let Term { expr, sql_type, .. } = argument.settled();
                Typed { expr, sql_type, fails }
            })
            .collect();
        refuse_failing(of, &typed)?;
        let arguments = typed.into_iter().zip(&of.params).map(|(a, param)| cast(a, &param.sql_type)).collect();
        let name = format!("{}#{}", of.sql_name, self.calls.len());
        let result = Field { name, sql_type: sql_type.clone(), nullable: true };
        let column = Column::new(&result.name, self.fields.len() + self.calls.len());
        let answer = Term::safe(Arc::new(column), sql_type.clone());
        let key = result.name.clone();
        self.calls.push(Call { function, arguments, result });
        if throwing.is_empty() {
            return Ok(answer);
        }
        // There is no answer where an argument threw.
        let kernel = Arc::new(|columns: &[Arc<dyn Array>], _: Option<&_>| Ok(Outcome::of(columns[0].clone())));
        let with_arguments = std::iter::once(answer).chain(throwing).collect();
        Ok(self.strict(key, with_arguments, kernel, sql_type, false))
    }
}

/// ksqlDB makes no call where an argument fails. A parameter that is NOT NULL says so by itself; for one that takes null the
/// call would be made here.
pub fn refuse_failing(function: &Function, arguments: &[Typed]) -> Result<(), SqlError> {
    match function.params.iter().zip(arguments).any(|(param, argument)| param.nullable && argument.fails) {
        true => {
            let clause = format!("arithmetic as an argument of {}() that takes null", function.sql_name);
            Err(SqlError::not_supported(clause, None))
        }
        false => Ok(()),
    }
}
