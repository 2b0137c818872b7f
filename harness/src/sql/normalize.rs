//! The query as the planner takes it: the dialect's rules for names made explicit on the syntax tree.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::*;
use streamfn_model::Dialect;

use super::dialect;

/// The name of the function that `struct->field` becomes.
pub const FIELD: &str = "->";

/// Gives every identifier the name it stands for, every column of the result a name, and integers their type.
///
/// `clashes` says which column names both sides of a join have: ksqlDB calls such a column `ALIAS_NAME` when the query
/// gives it no name (`AstSanitizer` in ksqlDB's analyzer). The columns that got such a name are returned.
pub fn query(dialect: Dialect, query: &mut Query, clashes: impl Fn(&str) -> bool) -> Vec<String> {
    let _ = query.visit(&mut Names { dialect });
    let prefixed = result_columns(dialect, query, &clashes);
    let _ = query.visit(&mut Shapes);
    prefixed
}

/// Names the columns of the result, and of the queries that it reads from.
fn result_columns(dialect: Dialect, query: &mut Query, clashes: &impl Fn(&str) -> bool) -> Vec<String> {
    let mut prefixed = vec![];
    if let SetExpr::Select(select) = query.body.as_mut() {
        let tables = select.from.iter_mut().flat_map(|table| {
            let joined = table.joins.iter_mut().map(|join| &mut join.relation);
            std::iter::once(&mut table.relation).chain(joined)
        });
        for table in tables {
            if let TableFactor::Derived { subquery, .. } = table {
                prefixed.extend(result_columns(dialect, subquery, clashes));
            }
        }
        for join in select.from.iter_mut().flat_map(|table| &mut table.joins) {
            quote_alias(dialect, &mut join.relation);
        }
        select.from.iter_mut().for_each(|table| quote_alias(dialect, &mut table.relation));
        let mut unnamed = Unnamed::of(dialect, &select.projection);
        for (position, item) in select.projection.iter_mut().enumerate() {
            prefixed.extend(name_item(dialect, item, position, clashes, &mut unnamed));
        }
    }
    prefixed
}

/// A column of the result whose name another one before it has. ksqlDB refuses it; Flink calls it `name0`.
pub fn repeated_column(query: &mut Query) -> Option<&mut Ident> {
    let SetExpr::Select(select) = query.body.as_mut() else { return None };
    let mut names = BTreeSet::new();
    select.projection.iter_mut().find_map(|item| match item {
        SelectItem::ExprWithAlias { alias, .. } => (!names.insert(alias.value.clone())).then_some(alias),
        _ => None,
    })
}

fn quote(dialect: Dialect, ident: &mut Ident) {
    ident.value = dialect::name(dialect, ident);
    ident.quote_style = Some('"');
}

fn quote_alias(dialect: Dialect, factor: &mut TableFactor) {
    if let TableFactor::Table { alias: Some(alias), .. } | TableFactor::Derived { alias: Some(alias), .. } = factor {
        quote(dialect, &mut alias.name);
        alias.columns.iter_mut().for_each(|column| quote(dialect, &mut column.name));
    }
}

/// Names a column of the result; the name is returned if it has the table's before it.
fn name_item(
    dialect: Dialect,
    item: &mut SelectItem,
    position: usize,
    clashes: &impl Fn(&str) -> bool,
    unnamed: &mut Unnamed,
) -> Option<String> {
    let mut prefixed = None;
    match item {
        SelectItem::ExprWithAlias { alias, .. } => quote(dialect, alias),
        SelectItem::UnnamedExpr(expr) => {
            let name = match expr {
                Expr::Identifier(ident) => ident.value.clone(),
                Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                    [table, column] if dialect == Dialect::Ksqldb && clashes(&column.value) => {
                        let name = format!("{}_{}", table.value, column.value);
                        prefixed = Some(name.clone());
                        name
                    }
                    [.., column] => column.value.clone(),
                    [] => String::new(),
                },
                Expr::BinaryOp { op: BinaryOperator::Arrow, right, .. } => match right.as_ref() {
                    Expr::Identifier(field) => unnamed.field(&field.value),
                    other => unnamed.field(&other.to_string()),
                },
                _ => match dialect {
                    Dialect::Ksqldb => unnamed.next(),
                    Dialect::Flink => format!("EXPR${position}"),
                },
            };
            let alias = Ident::with_quote_and_span('"', expr.span(), name);
            *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias };
        }
        _ => {}
    }
    prefixed
}

/// The names that ksqlDB makes for columns without one (`ColumnNames.AliasGenerator`): none that is in use, counted by
/// themselves, and for a field of a STRUCT the field's.
struct Unnamed {
    in_use: BTreeSet<String>,
    next: usize,
}

impl Unnamed {
    fn of(dialect: Dialect, items: &[SelectItem]) -> Unnamed {
        let named = items.iter().filter_map(|item| match item {
            SelectItem::ExprWithAlias { alias, .. } => Some(dialect::name(dialect, alias)),
            // Identifiers already have the names they stand for.
            SelectItem::UnnamedExpr(Expr::Identifier(ident)) => Some(ident.value.clone()),
            SelectItem::UnnamedExpr(Expr::CompoundIdentifier(parts)) => parts.last().map(|part| part.value.clone()),
            _ => None,
        });
        Unnamed { in_use: named.collect(), next: 0 }
    }

    fn next(&mut self) -> String {
        loop {
            let name = format!("KSQL_COL_{}", self.next);
            self.next += 1;
            if self.in_use.insert(name.clone()) {
                return name;
            }
        }
    }

    fn field(&mut self, field: &str) -> String {
        let numbered = (1..).map(|n| format!("{field}_{n}"));
        let mut names = std::iter::once(field.to_owned()).chain(numbered);
        names.find(|name| self.in_use.insert(name.clone())).unwrap_or_default()
    }
}

struct Names {
    dialect: Dialect,
}

impl VisitorMut for Names {
    type Break = ();

    fn pre_visit_relation(&mut self, relation: &mut ObjectName) -> ControlFlow<()> {
        for part in &mut relation.0 {
            if let ObjectNamePart::Identifier(ident) = part {
                quote(self.dialect, ident);
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(ident) => quote(self.dialect, ident),
            Expr::CompoundIdentifier(parts) => parts.iter_mut().for_each(|part| quote(self.dialect, part)),
            // Function names know no case in either engine.
            Expr::Function(function) => {
                for part in &mut function.name.0 {
                    if let ObjectNamePart::Identifier(ident) = part {
                        ident.value = ident.value.to_uppercase();
                        ident.quote_style = Some('"');
                    }
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// After names: `COUNT(*)` takes no argument, `a->b` is a function of `a` and the name `b`, an integer that fits is INT.
struct Shapes;

impl VisitorMut for Shapes {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            Expr::Function(function) => {
                if let FunctionArguments::List(list) = &mut function.args {
                    list.args.retain(|arg| !matches!(arg, FunctionArg::Unnamed(FunctionArgExpr::Wildcard)));
                }
            }
            Expr::BinaryOp { left, op: BinaryOperator::Arrow, right } => {
                if let Expr::Identifier(field) = right.as_ref() {
                    *expr = field_of(left.as_ref().clone(), field);
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Value(ValueWithSpan { value: sqlparser::ast::Value::Number(digits, _), .. }) = expr
            && digits.parse::<i32>().is_ok()
        {
            let literal = Box::new(expr.clone());
            let (data_type, kind) = (DataType::Int(None), CastKind::Cast);
            *expr = Expr::Cast { kind, expr: literal, data_type, array: false, format: None };
        }
        ControlFlow::Continue(())
    }
}

fn field_of(row: Expr, field: &Ident) -> Expr {
    let name =
        ValueWithSpan { value: sqlparser::ast::Value::SingleQuotedString(field.value.clone()), span: field.span };
    let argument = |expr| FunctionArg::Unnamed(FunctionArgExpr::Expr(expr));
    Expr::Function(Function {
        name: ObjectName(vec![ObjectNamePart::Identifier(Ident::with_quote_and_span('"', field.span, FIELD))]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: vec![argument(row), argument(Expr::Value(name))],
            clauses: vec![],
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: vec![],
    })
}
