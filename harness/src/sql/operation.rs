//! Expressions as calls: `a + b` becomes the function `+` of `a` and `b`, CASE one of its conditions and results.
//!
//! So DataFusion's planner resolves names and finds aggregates, and decides no type: its rules for types are those of neither
//! engine. What an operation means is decided in [`super::expression`].

use std::fmt;
use std::ops::ControlFlow;

use sqlparser::ast::*;
use sqlparser::tokenizer::Span;
use streamfn_model::Dialect;

use super::error::Position;
use super::from;

/// What stands between the symbol and the place in a function's name; no SQL function has it in its name.
const AT: &str = " @ ";

/// The name of the function that an expression becomes: what it does, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    pub symbol: String,
    pub at: Option<Position>,
}

impl Operation {
    pub fn parse(name: &str) -> Option<Operation> {
        let (symbol, at) = name.split_once(AT)?;
        let at = at.split_once(':').and_then(|(line, column)| {
            Position::at(sqlparser::tokenizer::Location { line: line.parse().ok()?, column: column.parse().ok()? })
        });
        Some(Operation { symbol: symbol.to_owned(), at })
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Position { line, column } = self.at.unwrap_or(Position { line: 0, column: 0 });
        write!(f, "{}{AT}{line}:{column}", self.symbol)
    }
}

/// A text about expressions without the places in their operations' names.
pub fn without_places(text: &str) -> String {
    let mut parts = text.split(AT);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.trim_start_matches(|c: char| c.is_ascii_digit() || c == ':'))
}

/// Makes operations of all expressions of a query, but for what a join's condition equates: the planner looks for
/// `column = column` there. `tables` are the names that may stand before a column's.
pub fn all(dialect: Dialect, query: &mut Query) {
    let SetExpr::Select(select) = query.body.as_mut() else { return };
    for table in from::factors_mut(select) {
        if let TableFactor::Derived { subquery, .. } = table {
            all(dialect, subquery);
        }
    }
    let tables = from::factors(select).filter_map(table_name).collect();
    let mut operations = Operations { dialect, tables };
    for item in &mut select.projection {
        let _ = item.visit(&mut operations);
    }
    for join in select.from.iter_mut().flat_map(|from| &mut from.joins) {
        if let Some(condition) = condition(&mut join.join_operator) {
            operations.beside_equalities(condition);
        }
    }
    let keys = match &mut select.group_by {
        GroupByExpr::Expressions(keys, _) => keys.as_mut_slice(),
        GroupByExpr::All(_) => &mut [],
    };
    for expr in select.selection.iter_mut().chain(keys).chain(&mut select.having) {
        let _ = expr.visit(&mut operations);
    }
}

/// By which name columns of a table can be called.
fn table_name(factor: &TableFactor) -> Option<String> {
    match factor {
        TableFactor::Table { alias: Some(alias), .. } | TableFactor::Derived { alias: Some(alias), .. } => {
            Some(alias.name.value.clone())
        }
        TableFactor::Table { name, .. } => match name.0.last()? {
            ObjectNamePart::Identifier(ident) => Some(ident.value.clone()),
            ObjectNamePart::Function(_) => None,
        },
        _ => None,
    }
}

fn condition(operator: &mut JoinOperator) -> Option<&mut Expr> {
    use JoinOperator::*;
    match operator {
        Join(JoinConstraint::On(on))
        | Inner(JoinConstraint::On(on))
        | Left(JoinConstraint::On(on))
        | LeftOuter(JoinConstraint::On(on))
        | Right(JoinConstraint::On(on))
        | RightOuter(JoinConstraint::On(on))
        | FullOuter(JoinConstraint::On(on)) => Some(on),
        _ => None,
    }
}

struct Operations {
    dialect: Dialect,
    tables: Vec<String>,
}

impl Operations {
    fn beside_equalities(&mut self, condition: &mut Expr) {
        match condition {
            Expr::Nested(inner) => self.beside_equalities(inner),
            Expr::BinaryOp { left, op: BinaryOperator::And | BinaryOperator::Eq, right } => {
                self.beside_equalities(left);
                self.beside_equalities(right);
            }
            other => {
                let _ = other.visit(self);
            }
        }
    }

    /// `a.b` of Flink where `a` is no table: the field `b` of the column `a`.
    fn fields(&self, parts: &[Ident]) -> Option<Expr> {
        let is_table = parts.len() > 1 && self.tables.contains(&parts[0].value);
        let column = if is_table { 2 } else { 1 };
        (parts.len() > column).then(|| {
            let of = match &parts[..column] {
                [column] => Expr::Identifier(column.clone()),
                qualified => Expr::CompoundIdentifier(qualified.to_vec()),
            };
            parts[column..].iter().fold(of, field_of)
        })
    }
}

impl VisitorMut for Operations {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let span = start(expr);
        let call = |symbol: &str, arguments: Vec<Expr>| {
            let operation = Operation { symbol: symbol.to_owned(), at: Position::of(span) };
            function(Ident::with_quote_and_span('"', span, operation.to_string()), arguments)
        };
        // Taken out, for it is replaced by its parts.
        let operation = match std::mem::replace(expr, text("", span)) {
            Expr::Value(ValueWithSpan { value: Value::Number(digits, _), span }) => {
                call("NUMBER", vec![text(&digits, span)])
            }
            Expr::CompoundIdentifier(parts) if self.dialect == Dialect::Flink => match self.fields(&parts) {
                Some(field) => field,
                None => Expr::CompoundIdentifier(parts),
            },
            Expr::UnaryOp { op: UnaryOperator::Plus, expr } => *expr,
            Expr::UnaryOp { op: UnaryOperator::Minus, expr } => call("NEGATE", vec![*expr]),
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => call("NOT", vec![*expr]),
            Expr::BinaryOp { left, op: BinaryOperator::Arrow, right } => match *right {
                Expr::Identifier(field) => field_of(*left, &field),
                // `a->b[1]` is read as `a->(b[1])`, whose place is already taken by the operation.
                other => under_field(*left, other),
            },
            // A field or an entry, which is its constructor's affair.
            entry @ Expr::BinaryOp { op: BinaryOperator::Assignment, .. } => entry,
            Expr::BinaryOp { left, op, right } => call(&op.to_string(), vec![*left, *right]),
            Expr::IsNull(of) => call("IS NULL", vec![*of]),
            Expr::IsNotNull(of) => call("IS NOT NULL", vec![*of]),
            Expr::IsTrue(of) => call("IS TRUE", vec![*of]),
            Expr::IsNotTrue(of) => call("NOT", vec![call("IS TRUE", vec![*of])]),
            Expr::IsFalse(of) => call("IS FALSE", vec![*of]),
            Expr::IsNotFalse(of) => call("NOT", vec![call("IS FALSE", vec![*of])]),
            Expr::IsUnknown(of) => call("IS UNKNOWN", vec![*of]),
            Expr::IsNotUnknown(of) => call("NOT", vec![call("IS UNKNOWN", vec![*of])]),
            Expr::IsDistinctFrom(left, right) => call("IS DISTINCT FROM", vec![*left, *right]),
            Expr::IsNotDistinctFrom(left, right) => call("IS NOT DISTINCT FROM", vec![*left, *right]),
            // Both engines compare twice, and neither a second time where the first decides.
            Expr::Between { expr, negated, low, high } => {
                let low = call(">=", vec![*expr.clone(), *low]);
                let between = call("AND", vec![low, call("<=", vec![*expr, *high])]);
                if negated { call("NOT", vec![between]) } else { between }
            }
            Expr::InList { expr, list, negated } => {
                let arguments = std::iter::once(*expr).chain(list).collect();
                let found = call("IN", arguments);
                if negated { call("NOT", vec![found]) } else { found }
            }
            Expr::Like { negated, expr, pattern, escape_char, .. } => {
                let escape = escape_char.map(Expr::Value);
                let like = call("LIKE", [*expr, *pattern].into_iter().chain(escape).collect());
                if negated { call("NOT", vec![like]) } else { like }
            }
            Expr::Case { operand, conditions, else_result, .. } => {
                let when = |condition| match &operand {
                    Some(operand) => call("=", vec![*operand.clone(), condition]),
                    None => condition,
                };
                let arms = conditions.into_iter().flat_map(|arm| [when(arm.condition), arm.result]);
                call("CASE", arms.chain(else_result.map(|otherwise| *otherwise)).collect())
            }
            Expr::Cast { kind, expr, data_type, .. } => {
                let symbol = if kind == CastKind::TryCast { "TRY_CAST" } else { "CAST" };
                call(symbol, vec![*expr, text(&data_type.to_string(), span)])
            }
            Expr::Array(array) => call("ARRAY", array.elem),
            Expr::CompoundFieldAccess { root, access_chain } => {
                access_chain.into_iter().fold(*root, |of, access| match access {
                    AccessExpr::Subscript(Subscript::Index { index }) => call("[]", vec![of, index]),
                    AccessExpr::Dot(Expr::Identifier(field)) => field_of(of, &field),
                    other => call(&other.to_string(), vec![of]),
                })
            }
            Expr::Trim { expr, .. } => function(Ident::with_quote_and_span('"', span, "TRIM"), vec![*expr]),
            Expr::Substring { expr, substring_from, substring_for, .. } => {
                let parts = substring_from.into_iter().chain(substring_for).map(|part| *part);
                let arguments = std::iter::once(*expr).chain(parts).collect();
                function(Ident::with_quote_and_span('"', span, "SUBSTRING"), arguments)
            }
            Expr::Floor { expr, .. } => function(Ident::with_quote_and_span('"', span, "FLOOR"), vec![*expr]),
            Expr::Ceil { expr, .. } => function(Ident::with_quote_and_span('"', span, "CEIL"), vec![*expr]),
            Expr::Function(of) => match constructor(&of, self.dialect) {
                Some((symbol, arguments)) => call(&symbol, arguments),
                None => without_star(of),
            },
            other => other,
        };
        *expr = operation;
        ControlFlow::Continue(())
    }
}

/// Where an expression starts, its parts being operations already: of those the name alone is asked.
fn start(expr: &Expr) -> Span {
    match expr {
        Expr::Function(of) => of.name.span(),
        Expr::Case { case_token, .. } => case_token.0.span,
        Expr::BinaryOp { left, .. } | Expr::IsDistinctFrom(left, _) | Expr::IsNotDistinctFrom(left, _) => start(left),
        Expr::Nested(of) | Expr::IsNull(of) | Expr::IsNotNull(of) | Expr::IsTrue(of) | Expr::IsFalse(of) => start(of),
        Expr::UnaryOp { expr, .. } | Expr::Cast { expr, .. } | Expr::Between { expr, .. } => start(expr),
        Expr::InList { expr, .. } | Expr::Like { expr, .. } | Expr::Substring { expr, .. } => start(expr),
        Expr::CompoundFieldAccess { root, .. } => start(root),
        other => other.span(),
    }
}

/// ksqlDB's `STRUCT(name := value, …)` and `MAP(key := value, …)`, Flink's `ROW(…)` and `MAP[…]`.
fn constructor(of: &Function, dialect: Dialect) -> Option<(String, Vec<Expr>)> {
    let [ObjectNamePart::Identifier(Ident { value: name, .. })] = of.name.0.as_slice() else { return None };
    let is_constructor = match dialect {
        Dialect::Ksqldb => matches!(name.as_str(), "STRUCT" | "MAP"),
        Dialect::Flink => matches!(name.as_str(), "ROW" | "MAP"),
    };
    let FunctionArguments::List(list) = &of.args else { return None };
    let arguments = list.args.iter().flat_map(|argument| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::BinaryOp { left, op: BinaryOperator::Assignment, right })) => {
            match left.as_ref() {
                Expr::Identifier(field) if name == "STRUCT" => vec![text(&field.value, field.span), *right.clone()],
                key => vec![key.clone(), *right.clone()],
            }
        }
        FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) => vec![value.clone()],
        _ => vec![],
    });
    is_constructor.then(|| (name.clone(), arguments.collect()))
}

/// `COUNT(*)` takes no argument.
fn without_star(mut of: Function) -> Expr {
    if let FunctionArguments::List(list) = &mut of.args {
        list.args.retain(|arg| !matches!(arg, FunctionArg::Unnamed(FunctionArgExpr::Wildcard)));
    }
    Expr::Function(of)
}

/// `row->field`, where `of` is the access to something below the field.
fn under_field(row: Expr, of: Expr) -> Expr {
    match of {
        Expr::Function(mut call) => {
            if let FunctionArguments::List(list) = &mut call.args
                && let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(inner))) = list.args.first_mut()
            {
                *inner = under_field(row, inner.clone());
            }
            Expr::Function(call)
        }
        Expr::Identifier(field) => field_of(row, &field),
        other => other,
    }
}

fn field_of(row: Expr, field: &Ident) -> Expr {
    let operation = Operation { symbol: "->".to_owned(), at: Position::of(field.span) };
    let name = Ident::with_quote_and_span('"', field.span, operation.to_string());
    function(name, vec![row, text(&field.value, field.span)])
}

fn text(value: &str, span: Span) -> Expr {
    Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(value.to_owned()), span })
}

/// A call of a function.
pub fn function(name: Ident, arguments: Vec<Expr>) -> Expr {
    let argument = |expr| FunctionArg::Unnamed(FunctionArgExpr::Expr(expr));
    Expr::Function(Function {
        name: ObjectName(vec![ObjectNamePart::Identifier(name)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: arguments.into_iter().map(argument).collect(),
            clauses: vec![],
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: vec![],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_read_back_from_its_name() {
        let operation = Operation { symbol: "IS NULL".to_owned(), at: Some(Position { line: 3, column: 14 }) };
        assert_eq!(Operation::parse(&operation.to_string()), Some(operation));
        assert_eq!(Operation::parse("UCASE"), None);
        assert_eq!(without_places("+ @ 3:14(a, NUMBER @ 3:18('1'))"), "+(a, NUMBER('1'))");
    }

    #[test]
    fn a_name_is_readable_without_the_places_in_it() {
        assert_eq!(without_places("SUM(* @ 26:7(S.A,->  @ 1:2(S.B)))"), "SUM(*(S.A,-> (S.B)))");
        assert_eq!(without_places("N"), "N");
    }
}
