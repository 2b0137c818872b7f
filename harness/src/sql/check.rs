//! Which clauses of a query the harness has rules for. Everything else is refused here, by name and place, before planning.

use std::ops::ControlFlow;

use sqlparser::ast::*;
use sqlparser::tokenizer::Span;
use streamfn_model::Dialect;

use super::error::{Position, SqlError};
use super::plan;

/// Refuses the first clause or expression of the query that has no rule.
pub fn query(dialect: Dialect, query: &Query) -> Result<(), SqlError> {
    let Query { with, body, order_by, limit_clause, fetch, locks, for_clause, settings, format_clause, pipe_operators } =
        query;
    refuse(with.is_some(), "WITH", with.as_ref().map(Spanned::span))?;
    refuse(order_by.is_some(), "ORDER BY", order_by.as_ref().map(Spanned::span))?;
    let only_offset = matches!(limit_clause, Some(LimitClause::LimitOffset { limit: None, offset: Some(_), .. }));
    let limit = if only_offset { "OFFSET" } else { "LIMIT" };
    refuse(limit_clause.is_some(), limit, limit_clause.as_ref().map(Spanned::span))?;
    refuse(fetch.is_some(), "FETCH", None)?;
    refuse(!locks.is_empty() || for_clause.is_some(), "FOR", None)?;
    refuse(
        settings.is_some() || format_clause.is_some() || !pipe_operators.is_empty(),
        "clause after the query",
        None,
    )?;
    match body.as_ref() {
        SetExpr::Select(body) => select(dialect, body),
        SetExpr::SetOperation { op, .. } => Err(SqlError::not_supported(op.to_string(), place(Some(body.span())))),
        SetExpr::Query(_) => Err(SqlError::not_supported("query in parentheses", place(Some(body.span())))),
        SetExpr::Values(_) => {
            Err(SqlError::not_supported("VALUES; records come from the topics' files", place(Some(body.span()))))
        }
        other => Err(SqlError::not_supported(first_word(other), place(Some(body.span())))),
    }
}

fn select(dialect: Dialect, select: &Select) -> Result<(), SqlError> {
    // Named one by one, so that a new release of the parser with a new clause does not compile until it is refused too.
    let Select {
        select_token,
        optimizer_hints: _,
        distinct,
        select_modifiers,
        top,
        top_before_distinct: _,
        projection,
        exclude,
        into,
        from,
        lateral_views,
        prewhere,
        selection,
        connect_by,
        group_by,
        cluster_by,
        distribute_by,
        sort_by,
        having,
        named_window,
        qualify,
        window_before_qualify: _,
        value_table_mode,
        flavor,
    } = select;
    let here = Some(select_token.0.span);
    let is_distinct = matches!(distinct, Some(Distinct::Distinct));
    refuse(distinct.is_some() && !(is_distinct && dialect == Dialect::Flink), "SELECT DISTINCT", here)?;
    refuse(top.is_some() || select_modifiers.is_some() || value_table_mode.is_some(), "modifier of SELECT", here)?;
    refuse(exclude.is_some() || into.is_some(), "clause after the SELECT list", here)?;
    refuse(*flavor != SelectFlavor::Standard, "FROM before SELECT", here)?;
    refuse(!lateral_views.is_empty(), "LATERAL VIEW", here)?;
    refuse(prewhere.is_some(), "PREWHERE", prewhere.as_ref().map(Spanned::span))?;
    refuse(!connect_by.is_empty(), "CONNECT BY", here)?;
    refuse(!cluster_by.is_empty(), "CLUSTER BY", cluster_by.first().map(Spanned::span))?;
    refuse(!distribute_by.is_empty(), "DISTRIBUTE BY", distribute_by.first().map(Spanned::span))?;
    refuse(!sort_by.is_empty(), "SORT BY", sort_by.first().map(Spanned::span))?;
    refuse(!named_window.is_empty(), "WINDOW", named_window.first().map(Spanned::span))?;
    refuse(qualify.is_some(), "QUALIFY", qualify.as_ref().map(Spanned::span))?;
    match group_by {
        GroupByExpr::All(_) => return Err(SqlError::not_supported("GROUP BY ALL", place(here))),
        GroupByExpr::Expressions(keys, modifiers) => {
            refuse(!modifiers.is_empty(), "modifier of GROUP BY", keys.first().map(Spanned::span))?;
        }
    }
    match from.as_slice() {
        [] => return Err(SqlError::not_supported("SELECT without FROM", place(here))),
        [one] => tables(dialect, one)?,
        [one, rest @ ..]
            if dialect == Dialect::Flink && rest.iter().all(|table| plan::lateral::is_call(&table.relation)) =>
        {
            tables(dialect, one)?;
            rest.iter().try_for_each(|table| tables(dialect, table))?;
        }
        [_, second, ..] => {
            return Err(SqlError::not_supported("second table in FROM; write JOIN", place(Some(second.span()))));
        }
    }
    let expressions = Expressions { dialect };
    let outcome = projection.iter().try_for_each(|item| item.visit(&mut expressions.clone())).map_break(Box::new);
    let outcome = match outcome {
        ControlFlow::Continue(()) => {
            let keys = match group_by {
                GroupByExpr::Expressions(keys, _) => keys.as_slice(),
                GroupByExpr::All(_) => &[],
            };
            let all = selection.iter().chain(keys).chain(having);
            all.into_iter().try_for_each(|e| e.visit(&mut expressions.clone())).map_break(Box::new)
        }
        stop => stop,
    };
    match outcome {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(*error),
    }
}

fn tables(dialect: Dialect, table: &TableWithJoins) -> Result<(), SqlError> {
    table_factor(dialect, &table.relation)?;
    for join in &table.joins {
        let at = Some(join.relation.span());
        table_factor(dialect, &join.relation)?;
        let constraint = match &join.join_operator {
            JoinOperator::Join(c) | JoinOperator::Inner(c) | JoinOperator::Left(c) | JoinOperator::LeftOuter(c) => c,
            JoinOperator::FullOuter(c) => c,
            JoinOperator::Right(c) | JoinOperator::RightOuter(c) if dialect == Dialect::Flink => c,
            JoinOperator::Right(_) | JoinOperator::RightOuter(_) => {
                return Err(SqlError::not_supported("RIGHT JOIN", place(at)));
            }
            JoinOperator::CrossJoin(_) if plan::lateral::is_call(&join.relation) => continue,
            JoinOperator::CrossJoin(_) => return Err(SqlError::not_supported("CROSS JOIN", place(at))),
            JoinOperator::Semi(_) | JoinOperator::LeftSemi(_) | JoinOperator::RightSemi(_) => {
                return Err(SqlError::not_supported("SEMI JOIN", place(at)));
            }
            JoinOperator::Anti(_) | JoinOperator::LeftAnti(_) | JoinOperator::RightAnti(_) => {
                return Err(SqlError::not_supported("ANTI JOIN", place(at)));
            }
            _ => return Err(SqlError::not_supported("this kind of JOIN", place(at))),
        };
        refuse(matches!(constraint, JoinConstraint::Natural), "NATURAL JOIN; write ON a.x = b.x", at)?;
        refuse(matches!(constraint, JoinConstraint::Using(_)), "USING; write ON a.x = b.x", at)?;
        refuse(!matches!(constraint, JoinConstraint::On(_)), "JOIN without ON; write ON a.x = b.x", at)?;
    }
    Ok(())
}

fn table_factor(dialect: Dialect, factor: &TableFactor) -> Result<(), SqlError> {
    match factor {
        TableFactor::Table { args: None, with_hints, version: None, sample: None, json_path: None, .. }
            if with_hints.is_empty() =>
        {
            Ok(())
        }
        factor if dialect == Dialect::Flink && plan::lateral::is_call(factor) => Ok(()),
        TableFactor::Derived { lateral: false, subquery, sample: None, .. } if dialect == Dialect::Flink => {
            query(dialect, subquery)
        }
        TableFactor::Derived { .. } if dialect == Dialect::Ksqldb => {
            let clause = "subquery in FROM; CREATE STREAM or CREATE TABLE gives it a name";
            Err(SqlError::not_supported(clause, place(Some(factor.span()))))
        }
        TableFactor::Derived { .. } => Err(SqlError::not_supported("LATERAL", place(Some(factor.span())))),
        TableFactor::UNNEST { .. } => Err(SqlError::not_supported("UNNEST", place(Some(factor.span())))),
        TableFactor::MatchRecognize { .. } => {
            Err(SqlError::not_supported("MATCH_RECOGNIZE", place(Some(factor.span()))))
        }
        other => Err(SqlError::not_supported("this kind of table in FROM", place(Some(other.span())))),
    }
}

#[derive(Clone)]
struct Expressions {
    dialect: Dialect,
}

impl Visitor for Expressions {
    type Break = SqlError;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<SqlError> {
        ControlFlow::Break(SqlError::not_supported("subquery", place(Some(query.span()))))
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<SqlError> {
        match refused(self.dialect, expr) {
            Some(clause) => ControlFlow::Break(SqlError::not_supported(clause, place(Some(expr.span())))),
            None => ControlFlow::Continue(()),
        }
    }
}

/// The name of what is not supported in this expression, its parts aside.
fn refused(dialect: Dialect, expr: &Expr) -> Option<String> {
    use BinaryOperator::*;
    let (ksqldb, flink) = (dialect == Dialect::Ksqldb, dialect == Dialect::Flink);
    match expr {
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Nested(_) => None,
        Expr::IsNull(_) | Expr::IsNotNull(_) | Expr::Between { .. } | Expr::InList { .. } => None,
        Expr::IsDistinctFrom(..) => None,
        Expr::IsNotDistinctFrom(..) if flink => None,
        Expr::IsTrue(_) | Expr::IsNotTrue(_) | Expr::IsFalse(_) | Expr::IsNotFalse(_) if flink => None,
        Expr::IsUnknown(_) | Expr::IsNotUnknown(_) if flink => None,
        Expr::Value(value) => match &value.value {
            sqlparser::ast::Value::Number(..) | sqlparser::ast::Value::SingleQuotedString(_) => None,
            sqlparser::ast::Value::Boolean(_) | sqlparser::ast::Value::Null => None,
            sqlparser::ast::Value::DoubleQuotedString(text) => {
                Some(format!("\"{text}\" in double quotes; write `{text}` for a name, '{text}' for a text"))
            }
            other => Some(format!("literal {other}")),
        },
        Expr::UnaryOp { op: UnaryOperator::Not | UnaryOperator::Minus | UnaryOperator::Plus, .. } => None,
        Expr::BinaryOp { op, .. } => match op {
            Plus | Minus | Multiply | Divide | Modulo | Eq | NotEq | Lt | LtEq | Gt | GtEq | And | Or => None,
            Arrow | Assignment if ksqldb => None,
            StringConcat if flink => None,
            other => Some(format!("operator {other}")),
        },
        Expr::Function(function) => refused_function(dialect, function),
        Expr::Case { operand: Some(_), .. } if ksqldb => Some("CASE with a value before WHEN".to_owned()),
        Expr::Case { .. } => None,
        Expr::Cast { kind: CastKind::Cast, array: false, format: None, .. } => None,
        Expr::Cast { kind: CastKind::TryCast, array: false, format: None, .. } if flink => None,
        Expr::Cast { kind: CastKind::TryCast, .. } => Some("TRY_CAST".to_owned()),
        Expr::Cast { .. } => Some("this kind of CAST".to_owned()),
        Expr::Like { any: false, .. } => None,
        Expr::Array(Array { named: true, .. }) => None,
        Expr::CompoundFieldAccess { access_chain, .. } => {
            let known = |access: &AccessExpr| match access {
                AccessExpr::Subscript(Subscript::Index { .. }) => true,
                AccessExpr::Dot(Expr::Identifier(_)) => flink,
                _ => false,
            };
            (!access_chain.iter().all(known)).then(|| cut(expr.to_string()))
        }
        Expr::Trim { trim_where: None, trim_what: None, trim_characters: None, .. } => None,
        Expr::Trim { .. } => Some("TRIM with what is to be trimmed".to_owned()),
        Expr::Substring { substring_from: Some(_), .. } => None,
        Expr::Floor { field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime), .. } => None,
        Expr::Ceil { field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime), .. } => None,
        Expr::InSubquery { .. } | Expr::InUnnest { .. } => Some("IN".to_owned()),
        Expr::ILike { .. } => Some("ILIKE".to_owned()),
        Expr::SimilarTo { .. } => Some("SIMILAR TO".to_owned()),
        Expr::RLike { .. } => Some("RLIKE".to_owned()),
        Expr::IsNotDistinctFrom(..) => Some("IS NOT DISTINCT FROM".to_owned()),
        Expr::IsTrue(_) => Some("IS TRUE".to_owned()),
        Expr::IsNotTrue(_) => Some("IS NOT TRUE".to_owned()),
        Expr::IsFalse(_) => Some("IS FALSE".to_owned()),
        Expr::IsNotFalse(_) => Some("IS NOT FALSE".to_owned()),
        Expr::IsUnknown(_) => Some("IS UNKNOWN".to_owned()),
        Expr::IsNotUnknown(_) => Some("IS NOT UNKNOWN".to_owned()),
        Expr::AtTimeZone { .. } => Some("AT TIME ZONE".to_owned()),
        Expr::AnyOp { .. } => Some("ANY".to_owned()),
        Expr::AllOp { .. } => Some("ALL".to_owned()),
        Expr::Collate { .. } => Some("COLLATE".to_owned()),
        Expr::GroupingSets(_) => Some("GROUPING SETS".to_owned()),
        Expr::Cube(_) => Some("CUBE".to_owned()),
        Expr::Rollup(_) => Some("ROLLUP".to_owned()),
        Expr::Subquery(_) => Some("subquery".to_owned()),
        Expr::JsonAccess { .. } | Expr::Lambda(_) => Some(cut(expr.to_string())),
        other => Some(first_word(other)),
    }
}

fn refused_function(dialect: Dialect, function: &Function) -> Option<String> {
    let name = &function.name;
    let FunctionArguments::List(list) = &function.args else {
        return Some(format!("{name} without its arguments in parentheses"));
    };
    let qualified = function.name.0.len() > 1;
    let clauses = [
        (qualified, "a qualified function name"),
        (list.duplicate_treatment.is_some() && dialect == Dialect::Ksqldb, "DISTINCT in a function"),
        (!list.clauses.is_empty(), "a clause among a function's arguments"),
        (function.filter.is_some() && dialect == Dialect::Ksqldb, "FILTER"),
        (function.over.is_some(), "OVER"),
        (function.null_treatment.is_some(), "IGNORE or RESPECT NULLS"),
        (!function.within_group.is_empty(), "WITHIN GROUP"),
        (function.parameters != FunctionArguments::None, "a second list of arguments"),
    ];
    if let Some((_, clause)) = clauses.iter().find(|(found, _)| *found) {
        return Some((*clause).to_owned());
    }
    let star = |arg: &FunctionArg| matches!(arg, FunctionArg::Unnamed(FunctionArgExpr::Wildcard));
    let is_count = name.to_string().eq_ignore_ascii_case("COUNT");
    list.args.iter().find_map(|arg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(_)) => None,
        arg if star(arg) && is_count && list.args.len() == 1 => None,
        other => Some(format!("{name}({other})")),
    })
}

/// The expression's leading keyword, or its text where it is short.
fn first_word(found: &impl ToString) -> String {
    let text = found.to_string();
    let word: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    match word.is_empty() || word.chars().any(char::is_lowercase) {
        true => cut(text),
        false => word,
    }
}

fn cut(text: String) -> String {
    format!("expression {}", text.chars().take(40).collect::<String>())
}

fn refuse(found: bool, clause: &str, span: Option<Span>) -> Result<(), SqlError> {
    match found {
        true => Err(SqlError::not_supported(clause, place(span))),
        false => Ok(()),
    }
}

fn place(span: Option<Span>) -> Option<Position> {
    span.and_then(Position::of)
}
