//! Operators, AND, OR and NOT, tests for null and truth, IN, LIKE and CASE.

use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray};
use arrow::compute::{is_not_null, is_null, not};
use datafusion_expr::Expr;
use streamfn_model::builtins::spelled;
use streamfn_model::operators::{self, Logic, Operator};
use streamfn_model::{Dialect, SqlType, Value, like};

use super::Scope;
use super::case::CaseExpr;
use super::logic::LogicExpr;
use super::term::{Outcome, Term};
use crate::sql::error::SqlError;

impl Scope<'_> {
    pub(super) fn binary(&mut self, sign: &str, left: &Expr, right: &Expr) -> Result<Term, SqlError> {
        match sign {
            "AND" => self.logic(Logic::And, left, right),
            "OR" => self.logic(Logic::Or, left, right),
            _ => {
                let operator =
                    operator(sign).ok_or_else(|| SqlError::not_supported(format!("operator {sign}"), None))?;
                let (left, right) = (self.compared(left, sign)?, self.compared(right, sign)?);
                self.operator(operator, sign, left, right)
            }
        }
    }

    /// A side of an operator. A NULL without a type has none that could be compared.
    fn compared(&mut self, side: &Expr, sign: &str) -> Result<Term, SqlError> {
        let message =
            || SqlError::not_supported(format!("NULL beside {sign}; write IS NULL, or CAST(NULL AS …)"), None);
        self.known(side)?.ok_or_else(message)
    }

    fn logic(&mut self, logic: Logic, left: &Expr, right: &Expr) -> Result<Term, SqlError> {
        let name = if logic == Logic::And { "AND" } else { "OR" };
        let dialect = self.dialect();
        let left = self.boolean_term(left, name)?;
        let right = self.without_calls(&format!("on the right of {name}"), |scope| scope.boolean_term(right, name))?;
        Ok(LogicExpr { dialect, logic, left, right }.term())
    }

    pub(super) fn operator(&self, operator: Operator, sign: &str, left: Term, right: Term) -> Result<Term, SqlError> {
        let dialect = self.dialect();
        let Some(types) = operators::types(dialect, operator, &left.sql_type, &right.sql_type) else {
            return Err(self.no_operator(operator, sign, &left.sql_type, &right.sql_type));
        };
        let name = format!("{dialect} {operator:?} {} {}", types.left, types.right);
        let sides = [(left, types.left), (right, types.right)].map(|(side, to)| {
            let from = side.sql_type.clone();
            let no_cast = || SqlError::not_supported(format!("{from} as {to} beside {sign}"), None);
            self.taken_to(side, &to, false).ok_or_else(no_cast)
        });
        let [left, right] = sides;
        let result = types.result.clone();
        // Java's arithmetic throws on null, and so does an answer that is none.
        let throws = operator.is_arithmetic() && result != SqlType::String;
        let kernel = Arc::new(move |sides: &[Arc<dyn Array>], _: Option<&_>| {
            let answers = operators::apply(dialect, operator, &sides[0], &sides[1], &types.result)?;
            Ok(if throws { Outcome::null_threw(answers) } else { Outcome::of(answers) })
        });
        Ok(self.strict(name, vec![left?, right?], kernel, result, throws))
    }

    fn no_operator(&self, operator: Operator, sign: &str, left: &SqlType, right: &SqlType) -> SqlError {
        let [a, b] = [left, right].map(|of| spelled(self.dialect(), of));
        let is_decimal = |of: &SqlType| matches!(of, SqlType::Decimal(..));
        let is_number = |of: &SqlType| is_decimal(of) || operators::common_type(of, &SqlType::Int).is_some();
        match is_number(left) && is_number(right) || left == right {
            // The engine has an answer for these, or none at all: no CAST is sure to help.
            true => SqlError::not_supported(format!("{a} {sign} {b}"), None),
            false => {
                let verb = if operator.is_arithmetic() { "go together" } else { "compare" };
                let wanted = if is_number(left) { &a } else { &b };
                let message =
                    format!("{a} and {b} do not {verb} with {sign}; CAST one of them, as CAST(x AS {wanted})");
                SqlError::wrong_type(message, None)
            }
        }
    }

    /// Java's `!` throws on a BOOLEAN that is null.
    pub(super) fn not(&mut self, of: &Expr) -> Result<Term, SqlError> {
        let of = self.boolean_term(of, "NOT")?;
        let kernel = Arc::new(|columns: &[Arc<dyn Array>], _: Option<&_>| {
            Ok(Outcome::null_threw(Arc::new(not(columns[0].as_boolean())?)))
        });
        Ok(self.strict("NOT", vec![of], kernel, SqlType::Boolean, true))
    }

    pub(super) fn negative(&mut self, of: &Expr) -> Result<Term, SqlError> {
        let of = self.term(of)?;
        let result = of.sql_type.clone();
        if !matches!(result, SqlType::Decimal(..)) && operators::common_type(&result, &SqlType::Int).is_none() {
            return Err(SqlError::wrong_type(format!("- wants a number, found {result}"), None));
        }
        let kernel = Arc::new(|columns: &[Arc<dyn Array>], _: Option<&_>| {
            Ok(Outcome::null_threw(operators::negate(&columns[0])?))
        });
        Ok(self.strict("-", vec![of], kernel, result, true))
    }

    pub(super) fn null_test(&mut self, of: &Expr, null: bool) -> Result<Term, SqlError> {
        let of = self.term(of)?;
        let kernel = Arc::new(move |columns: &[Arc<dyn Array>], _: Option<&_>| {
            let answers = if null { is_null(&columns[0])? } else { is_not_null(&columns[0])? };
            Ok(Outcome::of(Arc::new(answers)))
        });
        let name = if null { "IS NULL" } else { "IS NOT NULL" };
        Ok(self.strict(name, vec![of], kernel, SqlType::Boolean, false))
    }

    /// `IS TRUE`, `IS FALSE`, `IS UNKNOWN`: never null themselves.
    pub(super) fn truth_test(&mut self, of: &Expr, symbol: &str) -> Result<Term, SqlError> {
        if self.dialect() == Dialect::Ksqldb {
            return Err(SqlError::not_supported(symbol, None));
        }
        let of = self.boolean_term(of, symbol)?;
        let wanted = match symbol {
            "IS TRUE" => Some(true),
            "IS FALSE" => Some(false),
            _ => None,
        };
        let kernel = Arc::new(move |columns: &[Arc<dyn Array>], _: Option<&_>| {
            let answers: BooleanArray = columns[0].as_boolean().iter().map(|value| Some(value == wanted)).collect();
            Ok(Outcome::of(Arc::new(answers)))
        });
        Ok(self.strict(symbol, vec![of], kernel, SqlType::Boolean, false))
    }

    /// Flink compares with one after the other and stops where one is equal. ksqlDB takes all to one type first, and a null is
    /// equal to none (`InListEvaluator`).
    pub(super) fn in_list(&mut self, of: &Expr, list: &[Expr]) -> Result<Term, SqlError> {
        if self.dialect() == Dialect::Ksqldb {
            let terms = std::iter::once(of).chain(list).map(|element| self.term(element)).collect::<Result<_, _>>()?;
            let terms = self.of_one_type(terms, "IN")?;
            return Ok(self.by_row("IN", terms, SqlType::Boolean, |values| {
                Ok(Value::Bool(!values[0].is_null() && values[1..].contains(&values[0])))
            }));
        }
        let [first, rest @ ..] = list else { return Err(SqlError::invalid("IN wants a list", None)) };
        let mut found = self.binary("=", of, first)?;
        for element in rest {
            let right = self.without_calls("in IN", |scope| scope.binary("=", of, element))?;
            found = LogicExpr { dialect: Dialect::Flink, logic: Logic::Or, left: found, right }.term();
        }
        Ok(found)
    }

    pub(super) fn like(&mut self, of: &Expr, pattern: &Expr, escape: Option<&Expr>) -> Result<Term, SqlError> {
        let dialect = self.dialect();
        let escape = match escape {
            None => None,
            Some(Expr::Literal(datafusion_common::ScalarValue::Utf8(Some(text)), _)) if text.chars().count() == 1 => {
                text.chars().next()
            }
            Some(other) => return Err(SqlError::invalid(format!("ESCAPE wants one character, found {other}"), None)),
        };
        let sides = vec![self.term(of)?, self.term(pattern)?];
        if let Some(other) = sides.iter().find(|side| side.sql_type != SqlType::String) {
            let found = spelled(dialect, &other.sql_type);
            return Err(SqlError::wrong_type(
                format!("LIKE wants STRING, found {found}; write CAST(x AS STRING)"),
                None,
            ));
        }
        Ok(self.by_row(format!("LIKE {escape:?}"), sides, SqlType::Boolean, move |values| {
            let [Value::String(text), Value::String(pattern)] = values else {
                return match dialect {
                    Dialect::Flink => Ok(Value::Null),
                    Dialect::Ksqldb => Err("LIKE of a null".to_owned()),
                };
            };
            like::matches(dialect, text, pattern, escape).map(Value::Bool)
        }))
    }

    /// Conditions and results in turn, and perhaps the result of ELSE.
    pub(super) fn case(&mut self, arguments: &[Expr]) -> Result<Term, SqlError> {
        let (arms, otherwise) = arguments.as_chunks::<2>();
        let dialect = self.dialect();
        let mut conditions = vec![];
        let mut results = vec![];
        for (index, [condition, result]) in arms.iter().enumerate() {
            conditions.push(match index {
                0 => self.boolean_term(condition, "WHEN")?,
                _ => self.without_calls("in CASE", |scope| scope.boolean_term(condition, "WHEN"))?,
            });
            results.push(self.without_calls("in CASE", |scope| scope.known(result))?);
        }
        results.push(match otherwise.first() {
            Some(result) => self.without_calls("in CASE", |scope| scope.known(result))?,
            None => None,
        });
        let mut results = self.of_known_type(results, "CASE")?;
        let Some(otherwise) = results.pop() else { return Err(SqlError::invalid("CASE wants a WHEN", None)) };
        let result = otherwise.sql_type.clone();
        Ok(CaseExpr { dialect, arms: conditions.into_iter().zip(results).collect(), otherwise, result }.term())
    }

    /// Terms of which some are NULL, all of one type.
    pub(super) fn of_known_type(&self, terms: Vec<Option<Term>>, clause: &str) -> Result<Vec<Term>, SqlError> {
        let known: Vec<Term> = terms.iter().flatten().cloned().collect();
        let mut known = self.of_one_type(known, clause)?.into_iter();
        let Some(sql_type) = known.as_slice().first().map(|term| term.sql_type.clone()) else {
            let message = format!("{clause} of nothing but NULL has no type; write CAST(NULL AS …)");
            return Err(SqlError::wrong_type(message, None));
        };
        let null = || Term::null(&sql_type).map_err(|e| SqlError::not_supported(e.to_string(), None));
        terms.iter().map(|term| term.as_ref().and_then(|_| known.next()).map_or_else(null, Ok)).collect()
    }

    /// The terms under their common type. ksqlDB's CASE and functions want one type to begin with (`ExpressionTypeManager`).
    pub(super) fn of_one_type(&self, terms: Vec<Term>, clause: &str) -> Result<Vec<Term>, SqlError> {
        let widens = self.dialect() == Dialect::Flink || matches!(clause, "IN" | "ARRAY" | "MAP");
        let mut types = terms.iter().map(|term| &term.sql_type);
        let Some(first) = types.next().cloned() else { return Ok(terms) };
        let common = types.try_fold(first, |common, of| {
            let found = if widens { operators::common_type(&common, of) } else { (common == *of).then(|| of.clone()) };
            found.ok_or_else(|| {
                let [a, b] = [&common, of].map(|of| spelled(self.dialect(), of));
                let message =
                    format!("{clause} wants one type, found {a} and {b}; CAST one of them, as CAST(x AS {a})");
                SqlError::wrong_type(message, None)
            })
        })?;
        let no_cast = || SqlError::not_supported(format!("{clause} of {common}"), None);
        terms.into_iter().map(|term| self.taken_to(term, &common, false).ok_or_else(no_cast)).collect()
    }
}

fn operator(sign: &str) -> Option<Operator> {
    Some(match sign {
        "+" => Operator::Add,
        "-" => Operator::Subtract,
        "*" => Operator::Multiply,
        "/" => Operator::Divide,
        "%" => Operator::Modulo,
        "=" => Operator::Equal,
        "<>" | "!=" => Operator::NotEqual,
        "<" => Operator::Less,
        "<=" => Operator::LessOrEqual,
        ">" => Operator::Greater,
        ">=" => Operator::GreaterOrEqual,
        "||" => Operator::Concat,
        "IS DISTINCT FROM" => Operator::Distinct,
        "IS NOT DISTINCT FROM" => Operator::NotDistinct,
        _ => return None,
    })
}
