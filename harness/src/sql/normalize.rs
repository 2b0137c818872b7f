//! The query as the planner takes it: the dialect's rules for names made explicit on the syntax tree.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::*;
use streamfn_model::Dialect;

use super::{dialect, from};

/// Gives every identifier the name it stands for, and every column of the result a name.
///
/// `clashes` says which column names both sides of a join have: ksqlDB calls such a column `ALIAS_NAME` when the query
/// gives it no name (`AstSanitizer` in ksqlDB's analyzer). The columns that got such a name are returned.
pub fn query(dialect: Dialect, query: &mut Query, clashes: impl Fn(&str) -> bool) -> Vec<String> {
    let _ = query.visit(&mut Names { dialect });
    result_columns(dialect, query, &clashes)
}

/// Names the columns of the result, and of the queries that it reads from.
fn result_columns(dialect: Dialect, query: &mut Query, clashes: &impl Fn(&str) -> bool) -> Vec<String> {
    let mut prefixed = vec![];
    if let SetExpr::Select(select) = query.body.as_mut() {
        for table in from::factors_mut(select) {
            if let TableFactor::Derived { subquery, .. } = table {
                prefixed.extend(result_columns(dialect, subquery, clashes));
            }
            quote_alias(dialect, table);
        }
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
