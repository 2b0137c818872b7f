//! Where the names of a query stand: the planner's errors know a name and not always its place.

use std::collections::BTreeMap;

use datafusion_common::{Column, DataFusionError, SchemaError};
use sqlparser::ast::{self, Query, Spanned};
use streamfn_model::Dialect;

use super::error::{Position, SqlError, hint, nearest};
use super::from;
use super::functions::Functions;
use super::node::Relation;
use super::operation::{Operation, without_places};
use super::system_columns;

/// Where names stand in the query: the planner's errors know the name and not always the place.
pub struct Places {
    pub functions: Vec<(String, Option<Position>)>,
    pub tables: Vec<(String, Option<Position>)>,
    pub columns: Vec<(String, Option<Position>)>,
    /// What the columns of the result are called.
    aliases: Vec<String>,
    /// What those of the queries are called that it reads from.
    inner: Vec<String>,
}

impl Places {
    /// Of a query whose names are already what they stand for.
    pub fn of(query: &Query) -> Places {
        struct Collect(Places);
        impl ast::Visitor for Collect {
            type Break = ();

            fn pre_visit_relation(&mut self, relation: &ast::ObjectName) -> std::ops::ControlFlow<()> {
                let name = object_name(Dialect::Flink, relation);
                self.0.tables.push((name, Position::of(relation.span())));
                std::ops::ControlFlow::Continue(())
            }

            fn pre_visit_expr(&mut self, expr: &ast::Expr) -> std::ops::ControlFlow<()> {
                // Of a call its name is asked: the span of the whole would ask all that is in it.
                match expr {
                    ast::Expr::Function(f) => {
                        let place = Position::of(f.name.span());
                        self.0.functions.push((object_name(Dialect::Flink, &f.name), place));
                    }
                    ast::Expr::Identifier(ident) => {
                        self.0.columns.push((ident.value.clone(), Position::of(ident.span)));
                    }
                    ast::Expr::CompoundIdentifier(parts) => {
                        if let Some(last) = parts.last() {
                            self.0.columns.push((last.value.clone(), Position::of(expr.span())));
                        }
                    }
                    _ => {}
                }
                std::ops::ControlFlow::Continue(())
            }
        }
        let aliases = Self::aliases(query);
        let inner = from::factors_of(query).flat_map(|table| match table {
            ast::TableFactor::Derived { subquery, alias, .. } => {
                let renamed = alias.iter().flat_map(|alias| alias.columns.iter().map(|c| c.name.value.clone()));
                Self::aliases(subquery).into_iter().chain(renamed).collect()
            }
            _ => vec![],
        });
        let inner = inner.collect();
        let mut collect = Collect(Places { functions: vec![], tables: vec![], columns: vec![], aliases, inner });
        let _ = ast::Visit::visit(query, &mut collect);
        collect.0
    }

    fn aliases(query: &Query) -> Vec<String> {
        let items = match query.body.as_ref() {
            ast::SetExpr::Select(select) => select.projection.as_slice(),
            _ => &[],
        };
        let aliases = items.iter().filter_map(|item| match item {
            // A column that keeps its name gives none.
            ast::SelectItem::ExprWithAlias { expr: ast::Expr::Identifier(column), alias }
                if column.value == alias.value =>
            {
                None
            }
            ast::SelectItem::ExprWithAlias { expr: ast::Expr::CompoundIdentifier(parts), alias }
                if parts.last().is_some_and(|column| column.value == alias.value) =>
            {
                None
            }
            ast::SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.clone()),
            _ => None,
        });
        aliases.collect()
    }

    pub fn check(&self, functions: &Functions, relations: &BTreeMap<String, Relation>) -> Result<(), SqlError> {
        for (name, place) in &self.tables {
            if !relations.contains_key(name) {
                let hint = hint(name, relations.keys().map(String::as_str));
                let kind = if functions.dialect == Dialect::Ksqldb { "stream or table" } else { "table" };
                return Err(SqlError::unknown(format!("unknown {kind} {name}{hint}"), *place));
            }
            if relations.get(name).is_some_and(Relation::is_windowed) {
                return Err(SqlError::not_supported(format!("windowed table {name} as a source"), *place));
            }
        }
        for (name, place) in &self.functions {
            if Operation::parse(name).is_none() && !functions.is_known(name) {
                return Err(functions.unknown(name).or_at(*place));
            }
        }
        let read = self.tables.iter().filter_map(|(name, _)| relations.get(name));
        let known = |column: &str| {
            read.clone().any(|r| r.fields.iter().any(|f| f.name == column)) || self.inner.iter().any(|c| c == column)
        };
        for (name, place) in self.columns.iter().filter(|(name, _)| !known(name)) {
            if functions.dialect == Dialect::Ksqldb && system_columns::RESERVED.contains(&name.as_str()) {
                return Err(SqlError::not_supported(name, *place));
            }
            if self.aliases.contains(name) {
                let message =
                    format!("unknown column {name}: GROUP BY, HAVING and WHERE don't see the names that SELECT gives");
                return Err(SqlError::unknown(message, *place));
            }
        }
        Ok(())
    }

    /// The planner's sentences in ours, as far as a user meets them.
    fn plan_error(&self, message: &str) -> SqlError {
        if let Some((_, found)) = message.split_once("must be in GROUP BY or an aggregate function")
            && let Some(column) = found.split('"').nth(1)
        {
            let column = column.rsplit('.').next().unwrap_or(column);
            let place = self.columns.iter().find(|(name, _)| name == column).and_then(|(_, place)| *place);
            let message =
                format!("column {column} is selected, but is neither in GROUP BY nor in an aggregate function");
            return SqlError::invalid(message, place);
        }
        let message = in_sql_types(&without_places(message));
        match message
            .strip_prefix("Cannot create filter with non-boolean predicate ")
            .and_then(|m| m.split_once(" returning "))
        {
            Some((_, found)) => SqlError::wrong_type(format!("a condition wants a BOOLEAN, found {found}"), None),
            None => SqlError::invalid(message, None),
        }
    }

    /// Where a function is called first.
    pub fn function(&self, name: &str) -> Option<Position> {
        self.functions.iter().find(|(n, _)| n == name)?.1
    }

    /// A planner's error as ours, with its place where a name tells it.
    pub fn explain(&self, error: DataFusionError) -> SqlError {
        match error {
            DataFusionError::Diagnostic(diagnostic, inner) => {
                let place = diagnostic.span.map(|s| Position { line: s.start.line, column: s.start.column });
                self.explain(*inner).or_at(place)
            }
            DataFusionError::Context(_, inner) => self.explain(*inner),
            DataFusionError::Collection(mut errors) if !errors.is_empty() => self.explain(errors.swap_remove(0)),
            DataFusionError::External(inner) => match inner.downcast::<SqlError>() {
                Ok(error) => {
                    let place = self.functions.iter().find(|(name, _)| error.message.contains(&format!("{name}(")));
                    let place = place.and_then(|(_, place)| *place);
                    error.or_at(place)
                }
                Err(other) => SqlError::invalid(other.to_string(), None),
            },
            DataFusionError::SchemaError(error, _) => match *error {
                SchemaError::FieldNotFound { field, valid_fields } => {
                    let tables: Vec<&str> =
                        distinct(valid_fields.iter().filter_map(|c| Some(c.relation.as_ref()?.table())));
                    let table = field.relation.as_ref().map(|relation| relation.table());
                    let is_of = |of: &Column| table.is_none() || of.relation.as_ref().map(|r| r.table()) == table;
                    let names: Vec<&str> = distinct(valid_fields.iter().filter(|c| is_of(c)).map(|c| c.name()));
                    let place = self.columns.iter().find(|(name, _)| name == field.name()).and_then(|(_, p)| *p);
                    if let (Some(table), true) = (table, names.is_empty()) {
                        let hint = hint(table, tables.iter().copied());
                        return SqlError::unknown(
                            format!("unknown table {table} before {}{hint}", field.name()),
                            place,
                        );
                    }
                    let hint = match nearest(field.name(), names.iter().copied()) {
                        Some(near) => format!("; did you mean {near}?"),
                        None => format!("; there is {}", names.join(", ")),
                    };
                    SqlError::unknown(format!("unknown column {}{hint}", field.flat_name()), place)
                }
                SchemaError::AmbiguousReference { field } => {
                    let place = self.columns.iter().find(|(name, _)| name == field.name()).and_then(|(_, p)| *p);
                    let message = format!("column {} is in both tables; write the table before it", field.name());
                    SqlError::invalid(message, place)
                }
                other => SqlError::invalid(other.to_string(), None),
            },
            DataFusionError::NotImplemented(clause) => SqlError::not_supported(clause, None),
            DataFusionError::Plan(message) => self.plan_error(&message),
            other => SqlError::invalid(other.strip_backtrace(), None),
        }
    }
}

/// Each once, in the order of the first.
fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    names.fold(vec![], |mut distinct, name| {
        if !distinct.contains(&name) {
            distinct.push(name);
        }
        distinct
    })
}

/// The planner speaks of Arrow's types; whoever wrote SQL knows SQL's.
fn in_sql_types(message: &str) -> String {
    let types =
        [("Utf8", "STRING"), ("Int32", "INT"), ("Int64", "BIGINT"), ("Float64", "DOUBLE"), ("Boolean", "BOOLEAN")];
    types.iter().fold(message.to_owned(), |text, (arrow, sql)| text.replace(arrow, sql))
}

pub fn object_name(dialect: Dialect, name: &ast::ObjectName) -> String {
    let parts = name.0.iter().map(|part| match part {
        ast::ObjectNamePart::Identifier(ident) => super::dialect::name(dialect, ident),
        other => other.to_string(),
    });
    parts.collect::<Vec<_>>().join(".")
}
