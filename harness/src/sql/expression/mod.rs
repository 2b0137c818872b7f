//! DataFusion's logical expressions to physical ones, by the dialect's rules for types. What has no rule is refused.
//!
//! The planner's expressions are columns, literals and calls; every operator is a call of an [`Operation`] by then. [`term`]
//! says how an expression holds others, [`case`] and [`logic`] are those that leave some of theirs unasked, and the other files
//! plan one kind of expression each.

mod access;
mod call;
mod case;
mod cast;
mod literal;
mod logic;
mod operator;
mod term;

use std::sync::Arc;

use datafusion_common::{DFSchema, ScalarValue};
use datafusion_expr::Expr;
use datafusion_physical_expr::PhysicalExpr;
use datafusion_physical_expr::expressions::Column;
use streamfn_model::{Dialect, Field, SqlType, Value};

use self::term::{Kernel, Strict, Term};
use super::catalog;
use super::error::{Position, SqlError};
use super::functions::{FunctionRef, Functions};
use super::operation::{Operation, without_places};

pub use self::call::refuse_failing;
pub use self::cast::{cast, column_as};
pub use self::literal::constant;
pub use self::logic::{both, conjuncts};

/// An expression that can be evaluated over a batch, and its SQL type.
#[derive(Debug, Clone)]
pub struct Typed {
    pub expr: Arc<dyn PhysicalExpr>,
    pub sql_type: SqlType,
    /// Its null may be what is left of an exception: ksqlDB's arithmetic throws on null, and the expression around it is
    /// null as a whole.
    pub fails: bool,
}

/// A call of a component's scalar or table function: a column of its own, computed before the expression that uses it,
/// so that a refused row is known by its place in the batch.
#[derive(Debug, Clone)]
pub struct Call {
    pub function: FunctionRef,
    pub arguments: Vec<Arc<dyn PhysicalExpr>>,
    pub result: Field,
}

/// The columns an expression may name, and the calls found while reading it: call `i` is column `fields.len() + i`.
pub struct Scope<'a> {
    pub functions: &'a Functions,
    pub schema: &'a DFSchema,
    pub fields: &'a [Field],
    pub calls: Vec<Call>,
    /// Whether it is a condition of rows: ksqlDB gives `false` for one that failed, where any other expression is null.
    pub is_condition: bool,
}

impl Scope<'_> {
    pub fn convert(&mut self, expr: &Expr) -> Result<Typed, SqlError> {
        let term = self.term(expr)?;
        let fails = term.throws;
        let Term { expr, sql_type, .. } = term.settled();
        Ok(Typed { expr, sql_type, fails })
    }

    /// An expression that must be BOOLEAN: the condition of `clause`.
    pub fn boolean(&mut self, expr: &Expr, clause: &str) -> Result<Arc<dyn PhysicalExpr>, SqlError> {
        self.is_condition = true;
        let term = self.boolean_term(expr, clause)?;
        Ok(term.settled().expr)
    }

    fn dialect(&self) -> Dialect {
        self.functions.dialect
    }

    /// An expression inside another one.
    fn term(&mut self, expr: &Expr) -> Result<Term, SqlError> {
        match self.known(expr)? {
            Some(term) => Ok(term),
            None => Err(SqlError::not_supported("NULL here; write CAST(NULL AS …)", None)),
        }
    }

    /// An expression; `None` for a NULL without a type.
    fn known(&mut self, expr: &Expr) -> Result<Option<Term>, SqlError> {
        Ok(Some(match expr {
            Expr::Literal(ScalarValue::Null, _) => return Ok(None),
            Expr::Alias(alias) => self.term(&alias.expr)?,
            Expr::Column(column) => {
                let place = column.spans().first().map(|s| Position { line: s.start.line, column: s.start.column });
                let index = self
                    .schema
                    .index_of_column(column)
                    .map_err(|_| SqlError::unknown(format!("unknown column {}", column.flat_name()), place))?;
                self.column(index)
            }
            Expr::Literal(value, _) => literal::plain(value)?,
            Expr::ScalarFunction(call) => match catalog::operation(call) {
                Some(operation) => self.operation(operation, &call.args).map_err(|e| e.or_at(operation.at))?,
                None => self.call(call)?,
            },
            // What a join's condition equates.
            Expr::BinaryExpr(binary) => self.binary(&binary.op.to_string(), &binary.left, &binary.right)?,
            other => return Err(SqlError::not_supported(without_places(&other.to_string()), None)),
        }))
    }

    fn operation(&mut self, operation: &Operation, arguments: &[Expr]) -> Result<Term, SqlError> {
        match (operation.symbol.as_str(), arguments) {
            ("NUMBER", [digits]) => literal::number(self.dialect(), digits),
            ("CASE", _) => self.case(arguments),
            ("CAST" | "TRY_CAST", [of, to]) => self.cast(operation, of, to),
            ("NOT", [of]) => self.not(of),
            ("NEGATE", [of]) => self.negative(of),
            ("IS NULL" | "IS NOT NULL", [of]) => self.null_test(of, operation.symbol == "IS NULL"),
            ("IS TRUE" | "IS FALSE" | "IS UNKNOWN", [of]) => self.truth_test(of, &operation.symbol),
            ("IN", [of, list @ ..]) => self.in_list(of, list),
            ("LIKE", [of, pattern, escape @ ..]) => self.like(of, pattern, escape.first()),
            ("->", [of, Expr::Literal(ScalarValue::Utf8(Some(field)), _)]) => self.field(of, field),
            ("[]", [of, index]) => self.element(of, index),
            ("ARRAY", elements) => self.array(elements),
            ("MAP", entries) => self.map(entries),
            ("STRUCT" | "ROW", fields) => self.row(&operation.symbol, fields),
            (sign, [left, right]) => self.binary(sign, left, right),
            (symbol, _) => Err(SqlError::not_supported(format!("operator {symbol}"), None)),
        }
    }

    fn column(&self, index: usize) -> Term {
        let field = &self.fields[index];
        Term::safe(Arc::new(Column::new(&field.name, index)), field.sql_type.clone())
    }

    fn boolean_term(&mut self, expr: &Expr, clause: &str) -> Result<Term, SqlError> {
        let term = self.term(expr)?;
        match term.sql_type {
            SqlType::Boolean => Ok(term),
            other => {
                let found = format!("{clause} wants a BOOLEAN, found {other} {expr}");
                Err(SqlError::wrong_type(without_places(&found), None))
            }
        }
    }

    /// An expression whose arguments are all evaluated before it is. `throws`: it may throw by itself.
    fn strict(
        &self,
        name: impl Into<String>,
        arguments: Vec<Term>,
        kernel: Kernel,
        result: SqlType,
        throws: bool,
    ) -> Term {
        let throws = self.dialect() == Dialect::Ksqldb && (throws || arguments.iter().any(|argument| argument.throws));
        Strict { name: name.into(), arguments, kernel, result, throws }.term()
    }

    /// An expression by a rule for one row's values.
    fn by_row(
        &self,
        name: impl Into<String>,
        arguments: Vec<Term>,
        result: SqlType,
        rule: impl Fn(&[Value]) -> Result<Value, String> + Send + Sync + 'static,
    ) -> Term {
        let kernel = term::by_row(self.dialect(), result.clone(), Arc::new(rule));
        self.strict(name, arguments, kernel, result, true)
    }

    /// The calls that a part of an expression makes would be made for rows on which the engine does not make them.
    fn without_calls<T>(
        &mut self,
        clause: &str,
        part: impl FnOnce(&mut Self) -> Result<T, SqlError>,
    ) -> Result<T, SqlError> {
        let calls = self.calls.len();
        let planned = part(self)?;
        match self.calls.len() > calls {
            true => Err(SqlError::not_supported(format!("a component function {clause}"), None)),
            false => Ok(planned),
        }
    }
}
