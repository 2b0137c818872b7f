//! `SELECT *` in ksqlDB: every column of the relation, and in a join every column of each with the relation's name before it
//! (`PreJoinProjectNode` and `DataSourceNode` in ksqlDB's planner).

use std::collections::BTreeMap;

use sqlparser::ast::{
    Expr, Ident, JoinOperator, Query, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, Spanned,
    TableFactor,
};
use sqlparser::tokenizer::Span;
use streamfn_model::Dialect;

use super::dialect;
use super::from;
use super::node::Relation;
use super::places::object_name;
use super::system_columns::ROWKEY;

const DIALECT: Dialect = Dialect::Ksqldb;

/// Writes every `*` out.
pub fn expand(relations: &BTreeMap<String, Relation>, query: &mut Query) {
    let SetExpr::Select(select) = query.body.as_mut() else { return };
    let sources = sources(relations, select);
    let is_join = sources.len() > 1;
    let mut items = vec![];
    for item in std::mem::take(&mut select.projection) {
        let span = item.span();
        let of = match &item {
            SelectItem::Wildcard(_) => None,
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                Some(object_name(DIALECT, name))
            }
            _ => {
                items.push(item);
                continue;
            }
        };
        if of.is_none() && has_own_key(select) {
            items.push(SelectItem::UnnamedExpr(Expr::Identifier(quoted(span, ROWKEY))));
        }
        let all = sources.iter().filter(|(alias, _)| of.as_ref().is_none_or(|of| of == alias));
        for (alias, relation) in all {
            items.extend(relation.fields.iter().map(|field| match is_join {
                false => SelectItem::UnnamedExpr(Expr::Identifier(quoted(span, &field.name))),
                true => SelectItem::ExprWithAlias {
                    expr: Expr::CompoundIdentifier(vec![quoted(span, alias), quoted(span, &field.name)]),
                    alias: quoted(span, &format!("{alias}_{}", field.name)),
                },
            }));
        }
    }
    select.projection = items;
}

/// The relations that are read, each with the name the query has for it.
fn sources<'a>(relations: &'a BTreeMap<String, Relation>, select: &Select) -> Vec<(String, &'a Relation)> {
    let named = from::factors(select).filter_map(|factor| match factor {
        TableFactor::Table { name, alias, .. } => {
            let name = object_name(DIALECT, name);
            let alias = alias.as_ref().map_or(name.clone(), |alias| dialect::name(DIALECT, &alias.name));
            Some((alias, relations.get(&name)?))
        }
        _ => None,
    });
    named.collect()
}

/// Whether the last join has a key that is no column of either side.
fn has_own_key(select: &Select) -> bool {
    let last = select.from.first().and_then(|table| table.joins.last());
    last.is_some_and(|join| matches!(join.join_operator, JoinOperator::FullOuter(_)))
}

fn quoted(span: Span, name: &str) -> Ident {
    Ident::with_quote_and_span('"', span, name)
}
