//! DataFusion's logical expressions to physical ones, by the dialect's rules for types. What has no rule is refused.

use std::fmt::Debug;
use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::{DataType, Field as ArrowField};
use datafusion_common::config::ConfigOptions;
use datafusion_common::{DFSchema, Result as DfResult, ScalarValue, exec_err};
use datafusion_expr::expr::ScalarFunction;
use datafusion_expr::{ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use datafusion_physical_expr::expressions::{CastExpr, Column, Literal, NegativeExpr, NotExpr, is_not_null, is_null};
use datafusion_physical_expr::{PhysicalExpr, ScalarFunctionExpr};
use streamfn_model::operators::{self, Logic, Operator};
use streamfn_model::{Dialect, Field, SqlType, columns};

use super::error::{Position, SqlError};
use super::functions::{FunctionRef, Functions, Meaning, same_shape, widens};
use super::logic::LogicExpr;
use super::normalize::FIELD;
use crate::contract::{Function, Shape};

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

/// `is_null` or `is_not_null`.
type NullTest = fn(Arc<dyn PhysicalExpr>) -> DfResult<Arc<dyn PhysicalExpr>>;

/// The columns an expression may name, and the calls found while reading it: call `i` is column `fields.len() + i`.
pub struct Scope<'a> {
    pub functions: &'a Functions,
    pub schema: &'a DFSchema,
    pub fields: &'a [Field],
    pub calls: Vec<Call>,
}

impl Scope<'_> {
    pub fn convert(&mut self, expr: &Expr) -> Result<Typed, SqlError> {
        match expr {
            Expr::Alias(alias) => self.convert(&alias.expr),
            Expr::Column(column) => {
                let place = column.spans().first().map(|s| Position { line: s.start.line, column: s.start.column });
                let index = self
                    .schema
                    .index_of_column(column)
                    .map_err(|_| SqlError::unknown(format!("unknown column {}", column.flat_name()), place))?;
                Ok(self.column(index))
            }
            Expr::Literal(number @ ScalarValue::Float64(_), _) => {
                let clause =
                    format!("the number {number} here: it is a DECIMAL, which has a rule only beside a DOUBLE");
                Err(SqlError::not_supported(clause, None))
            }
            Expr::Literal(value, _) => literal(value),
            Expr::Cast(cast) => match (cast.expr.as_ref(), cast.field.data_type()) {
                // The normalizer marks an integer that fits INT so.
                (Expr::Literal(value, _), DataType::Int32) => {
                    literal(&value.cast_to(&DataType::Int32).map_err(|e| SqlError::wrong_type(e.to_string(), None))?)
                }
                (_, to) => Err(SqlError::not_supported(format!("CAST AS {to}"), None)),
            },
            Expr::Not(inner) => {
                let inner = self.boolean(inner, "NOT")?;
                // Java's `!` throws on a BOOLEAN that is null.
                let fails = self.functions.dialect == Dialect::Ksqldb;
                Ok(Typed { expr: Arc::new(NotExpr::new(inner)), sql_type: SqlType::Boolean, fails })
            }
            Expr::Negative(inner) => {
                let inner = self.convert(inner)?;
                match inner.sql_type {
                    SqlType::Int | SqlType::BigInt | SqlType::Double => {
                        let fails = self.functions.dialect == Dialect::Ksqldb;
                        Ok(Typed { expr: Arc::new(NegativeExpr::new(inner.expr)), sql_type: inner.sql_type, fails })
                    }
                    other => Err(SqlError::wrong_type(format!("- wants a number, found {other}"), None)),
                }
            }
            Expr::IsNull(inner) => self.null_test(inner, is_null),
            Expr::IsNotNull(inner) => self.null_test(inner, is_not_null),
            Expr::BinaryExpr(binary) => {
                use datafusion_expr::Operator as Df;
                match binary.op {
                    Df::And | Df::Or => {
                        let (name, dialect) = (binary.op.to_string(), self.functions.dialect);
                        let logic = if binary.op == Df::And { Logic::And } else { Logic::Or };
                        let left = self.boolean(&binary.left, &name)?;
                        let calls = self.calls.len();
                        let right = self.boolean(&binary.right, &name)?;
                        if self.calls.len() > calls {
                            // It would be called for rows on which the engine does not call it.
                            let clause = format!("a component function on the right of {name}");
                            return Err(SqlError::not_supported(clause, None));
                        }
                        let expr = Arc::new(LogicExpr { dialect, logic, left, right });
                        Ok(Typed { expr, sql_type: SqlType::Boolean, fails: dialect == Dialect::Ksqldb })
                    }
                    other => {
                        let operator = operator(other)
                            .ok_or_else(|| SqlError::not_supported(format!("operator {other}"), None))?;
                        let (left, right) = (self.operand(&binary.left)?, self.operand(&binary.right)?);
                        for (number, beside) in [(&binary.left, &right), (&binary.right, &left)] {
                            if is_decimal(number) && beside.sql_type != SqlType::Double {
                                let clause = format!("{} {other} DECIMAL", beside.sql_type);
                                return Err(SqlError::not_supported(clause, None));
                            }
                        }
                        self.operator(operator, &other.to_string(), left, right)
                    }
                }
            }
            Expr::ScalarFunction(call) => self.call(call),
            other => Err(SqlError::not_supported(other.to_string(), None)),
        }
    }

    /// An expression where a number with a point may stand: beside a DOUBLE, or as an argument, it is taken for one.
    fn operand(&mut self, expr: &Expr) -> Result<Typed, SqlError> {
        match expr {
            Expr::Literal(value, _) => literal(value),
            Expr::Negative(number) if is_decimal(number) => {
                let number = self.operand(number)?;
                Ok(Typed { expr: Arc::new(NegativeExpr::new(number.expr)), ..number })
            }
            other => self.convert(other),
        }
    }

    fn column(&self, index: usize) -> Typed {
        let field = &self.fields[index];
        Typed { expr: Arc::new(Column::new(&field.name, index)), sql_type: field.sql_type.clone(), fails: false }
    }

    /// An expression that must be BOOLEAN: the condition of `clause`.
    pub fn boolean(&mut self, expr: &Expr, clause: &str) -> Result<Arc<dyn PhysicalExpr>, SqlError> {
        let typed = self.convert(expr)?;
        match typed.sql_type {
            SqlType::Boolean => Ok(typed.expr),
            other => Err(SqlError::wrong_type(format!("{clause} wants a BOOLEAN, found {other} {expr}"), None)),
        }
    }

    fn null_test(&mut self, inner: &Expr, test: NullTest) -> Result<Typed, SqlError> {
        let inner = self.convert(inner)?;
        if inner.fails {
            // In ksqlDB that is an exception and no null, so IS NULL is never asked.
            return Err(SqlError::not_supported("IS NULL of an expression that can fail", None));
        }
        let expr = test(inner.expr).map_err(|e| SqlError::not_supported(e.to_string(), None))?;
        Ok(Typed { expr, sql_type: SqlType::Boolean, fails: false })
    }

    fn operator(&self, operator: Operator, sign: &str, left: Typed, right: Typed) -> Result<Typed, SqlError> {
        let Some((common, result)) =
            operators::types(self.functions.dialect, operator, &left.sql_type, &right.sql_type)
        else {
            let clause = format!("{} {sign} {}", left.sql_type, right.sql_type);
            return Err(SqlError::not_supported(clause, None));
        };
        let failed = [left.fails, right.fails];
        let dialect = self.functions.dialect;
        let fails = dialect == Dialect::Ksqldb && (operator.is_arithmetic() || failed.contains(&true));
        let arguments = vec![cast(left, &common), cast(right, &common)];
        let rule = OperatorRule { dialect, operator, failed, signature: any() };
        Ok(Typed { fails, ..self.native(rule, arguments, result)? })
    }

    fn call(&mut self, call: &ScalarFunction) -> Result<Typed, SqlError> {
        let name = call.func.name();
        if name == FIELD {
            return self.field(&call.args);
        }
        let arguments = call.args.iter().map(|arg| self.operand(arg)).collect::<Result<Vec<_>, _>>()?;
        let types: Vec<SqlType> = arguments.iter().map(|a| a.sql_type.clone()).collect();
        match self.functions.resolve(name, &types)? {
            Meaning::BuiltinScalar(_, result) => {
                // Of several arguments only the first is data; the others are checked where they are known.
                if let Some(precision) = call.args.get(1) {
                    let is_three = matches!(&arguments[1].expr.downcast_ref::<Literal>(),
                        Some(l) if l.value() == &ScalarValue::Int32(Some(3)));
                    if !is_three {
                        return Err(SqlError::not_supported(format!("{name}(…, {precision}); write 3"), None));
                    }
                }
                let Some(of) = arguments.into_iter().next() else {
                    return Err(SqlError::wrong_type(format!("{name} wants an argument"), None));
                };
                Ok(cast_to(of, result))
            }
            Meaning::Component(function, sql_type) => {
                let of = self.functions.function(function);
                let wanted: Vec<SqlType> = of.params.iter().map(|p| p.sql_type.clone()).collect();
                let fails = arguments.iter().any(|argument| argument.fails);
                refuse_failing(of, &arguments)?;
                let arguments = arguments.into_iter().zip(&wanted).map(|(a, wanted)| cast(a, wanted)).collect();
                let name = format!("{}#{}", of.sql_name, self.calls.len());
                let result = Field { name, sql_type: sql_type.clone(), nullable: true };
                if matches!(of.shape, Shape::Table) {
                    return Err(SqlError::not_supported(
                        format!("table function {} inside an expression", of.sql_name),
                        None,
                    ));
                }
                let column = Column::new(&result.name, self.fields.len() + self.calls.len());
                self.calls.push(Call { function, arguments, result });
                Ok(Typed { expr: Arc::new(column), sql_type, fails })
            }
            Meaning::ComponentAggregate(..) | Meaning::BuiltinAggregate(..) => {
                Err(SqlError::invalid(format!("{name} is an aggregate; it cannot stand here"), None))
            }
        }
    }

    /// `row->field`
    fn field(&mut self, args: &[Expr]) -> Result<Typed, SqlError> {
        let [of, Expr::Literal(ScalarValue::Utf8(Some(field)), _)] = args else {
            return Err(SqlError::not_supported("-> with anything but a field's name on its right", None));
        };
        let of = self.convert(of)?;
        let SqlType::Row(fields) = &of.sql_type else {
            return Err(SqlError::wrong_type(format!("-> wants a STRUCT on its left, found {}", of.sql_type), None));
        };
        let Some(index) = fields.iter().position(|f| f.name == *field) else {
            let hint = super::error::hint(field, fields.iter().map(|f| f.name.as_str()));
            return Err(SqlError::unknown(format!("unknown field {field}{hint}"), None));
        };
        let result = fields[index].sql_type.clone();
        let fails = of.fails;
        Ok(Typed { fails, ..self.native(FieldRule { index, signature: any() }, vec![of.expr], result)? })
    }

    fn native(
        &self,
        rule: impl ScalarUDFImpl + 'static,
        arguments: Vec<Arc<dyn PhysicalExpr>>,
        result: SqlType,
    ) -> Result<Typed, SqlError> {
        let udf = Arc::new(ScalarUDF::new_from_impl(rule));
        let field = Arc::new(ArrowField::new(udf.name(), columns::data_type(&result), true));
        let name = udf.name().to_owned();
        let expr = ScalarFunctionExpr::new(&name, udf, arguments, field, Arc::new(ConfigOptions::default()));
        Ok(Typed { expr: Arc::new(expr), sql_type: result, fails: false })
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

/// A number with a point. Both engines make it a DECIMAL, and beside a DOUBLE that a DOUBLE.
fn is_decimal(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(value, _) => matches!(value, ScalarValue::Float64(_)),
        Expr::Negative(inner) => is_decimal(inner),
        Expr::Alias(alias) => is_decimal(&alias.expr),
        _ => false,
    }
}

fn literal(value: &ScalarValue) -> Result<Typed, SqlError> {
    let sql_type = match value {
        ScalarValue::Boolean(Some(_)) => SqlType::Boolean,
        ScalarValue::Int32(Some(_)) => SqlType::Int,
        ScalarValue::Int64(Some(_)) => SqlType::BigInt,
        ScalarValue::Float64(Some(_)) => SqlType::Double,
        ScalarValue::Utf8(Some(_)) => SqlType::String,
        other => return Err(SqlError::not_supported(format!("literal {other}"), None)),
    };
    Ok(Typed { expr: Arc::new(Literal::new(value.clone())), sql_type, fails: false })
}

/// The expression under a type it can be taken to without loss of meaning; rows keep their own field names.
pub fn cast(from: Typed, to: &SqlType) -> Arc<dyn PhysicalExpr> {
    match same_shape(&from.sql_type, to) || !widens(&from.sql_type, to) {
        true => from.expr,
        false => cast_to(from, to.clone()).expr,
    }
}

fn cast_to(from: Typed, sql_type: SqlType) -> Typed {
    let fails = from.fails;
    let expr = Arc::new(CastExpr::new(from.expr, columns::data_type(&sql_type), None));
    Typed { expr, sql_type, fails }
}

fn operator(of: datafusion_expr::Operator) -> Option<Operator> {
    use datafusion_expr::Operator as Df;
    Some(match of {
        Df::Plus => Operator::Add,
        Df::Minus => Operator::Subtract,
        Df::Multiply => Operator::Multiply,
        Df::Divide => Operator::Divide,
        Df::Modulo => Operator::Modulo,
        Df::Eq => Operator::Equal,
        Df::NotEq => Operator::NotEqual,
        Df::Lt => Operator::Less,
        Df::LtEq => Operator::LessOrEqual,
        Df::Gt => Operator::Greater,
        Df::GtEq => Operator::GreaterOrEqual,
        _ => return None,
    })
}

/// Whether the expression compares two sides by an operator, and so is not true where one is null.
pub fn is_comparison(expr: &Arc<dyn PhysicalExpr>) -> bool {
    let call = expr.downcast_ref::<ScalarFunctionExpr>();
    let rule = call.and_then(|call| call.fun().inner().downcast_ref::<OperatorRule>());
    rule.is_some_and(|rule| !rule.operator.is_arithmetic())
}

fn any() -> Signature {
    Signature::variadic_any(Volatility::Immutable)
}

/// An operator by the model's rule.
#[derive(Debug, PartialEq, Eq, Hash)]
struct OperatorRule {
    dialect: Dialect,
    operator: Operator,
    /// Whether the null of a side may be what is left of an exception.
    failed: [bool; 2],
    signature: Signature,
}

impl ScalarUDFImpl for OperatorRule {
    fn name(&self) -> &str {
        "operator"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DfResult<DataType> {
        exec_err!("the type of an operator is known where it is planned")
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DfResult<ColumnarValue> {
        let sides = args.args.into_iter().map(|a| a.into_array(args.number_rows)).collect::<DfResult<Vec<_>>>()?;
        let result = operators::apply(self.dialect, self.operator, &sides[0], &sides[1])?;
        Ok(ColumnarValue::Array(match result.as_boolean_opt() {
            Some(compared) => {
                let sides = [sides[0].as_ref(), sides[1].as_ref()];
                Arc::new(operators::compared_with_null(self.dialect, compared, sides, self.failed))
            }
            None => result,
        }))
    }
}

/// A field of a row.
#[derive(Debug, PartialEq, Eq, Hash)]
struct FieldRule {
    index: usize,
    signature: Signature,
}

impl ScalarUDFImpl for FieldRule {
    fn name(&self) -> &str {
        FIELD
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DfResult<DataType> {
        exec_err!("the type of a field is known where it is planned")
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DfResult<ColumnarValue> {
        let row = args.args[0].to_array(args.number_rows)?;
        let field = row.as_struct().column(self.index);
        // A null row has null fields, whatever lies beneath it.
        let absent = arrow::compute::is_null(&row)?;
        Ok(ColumnarValue::Array(arrow::compute::nullif(field, &absent)?))
    }
}
