//! What a query reads from: the tables, queries and calls that its FROM names, in the order of the text.

use sqlparser::ast::{Query, Select, SetExpr, TableFactor};

pub fn factors(select: &Select) -> impl Iterator<Item = &TableFactor> {
    let from = select.from.iter();
    from.flat_map(|table| std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation)))
}

pub fn factors_mut(select: &mut Select) -> impl Iterator<Item = &mut TableFactor> {
    let from = select.from.iter_mut();
    from.flat_map(|table| {
        std::iter::once(&mut table.relation).chain(table.joins.iter_mut().map(|join| &mut join.relation))
    })
}

/// The same of a query; none where it is no SELECT.
pub fn factors_of(query: &Query) -> impl Iterator<Item = &TableFactor> {
    let select = match query.body.as_ref() {
        SetExpr::Select(select) => Some(select.as_ref()),
        _ => None,
    };
    select.into_iter().flat_map(factors)
}
