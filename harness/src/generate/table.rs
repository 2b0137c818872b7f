//! The topics of a generator: each case of its variant is one, and each row a record of it.

use streamfn_model::{Field, SqlType};

use super::GenerateError;
use crate::contract::{Function, Shape};
use crate::topic::recording::Outgoing;

/// A case of a generator's variant, as a topic.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub outgoing: Outgoing,
    /// What log lines call it: the case without the generator's name, in upper case.
    pub label: String,
}

/// The topics of a generator, in the order of its cases. `generator` is the name of its interface.
pub fn tables(generator: &str, function: &Function) -> Result<Vec<Table>, GenerateError> {
    let Shape::Generator { tables } = &function.shape else {
        return Err(GenerateError::NotAGenerator { name: generator.to_owned() });
    };
    tables.iter().map(|table| of(generator, table)).collect()
}

fn of(generator: &str, table: &Field) -> Result<Table, GenerateError> {
    // WIT's names have no underscores.
    let case = table.name.replace('_', "-");
    let (key, columns) = key_and_columns(&table.sql_type).ok_or_else(|| GenerateError::NoRecord {
        generator: generator.to_owned(),
        case: case.clone(),
        found: table.sql_type.to_string(),
    })?;
    let outgoing =
        Outgoing { topic: topic(generator, &case), key: key.clone(), key_field: None, columns: columns.to_vec() };
    let own = case.strip_prefix(generator).map_or(case.as_str(), |rest| rest.trim_start_matches('-'));
    let label = if own.is_empty() { &case } else { own }.to_uppercase();
    Ok(Table { outgoing, label })
}

/// Of `record { key: K, timestamp: timestamp-ltz, value: V }`, where V is a record or an option of one.
fn key_and_columns(row: &SqlType) -> Option<(&SqlType, &[Field])> {
    let SqlType::Row(fields) = row else { return None };
    let [key, timestamp, value] = fields.as_slice() else { return None };
    let is_named = key.name == "key" && timestamp.name == "timestamp" && value.name == "value";
    let is_time = timestamp.sql_type == SqlType::TimestampLtz && !timestamp.nullable;
    match &value.sql_type {
        SqlType::Row(columns) if is_named && is_time => Some((&key.sql_type, columns)),
        _ => None,
    }
}

/// `smartshop-basket` for a case of that name in `smartshop`, `ecommerce.users` for `users` in `ecommerce`.
fn topic(generator: &str, case: &str) -> String {
    match case.strip_prefix(generator).is_some_and(|rest| rest.is_empty() || rest.starts_with('-')) {
        true => case.to_owned(),
        false => format!("{generator}.{case}"),
    }
}

#[cfg(test)]
mod tests {
    use super::topic;

    #[test]
    fn a_case_that_has_the_generators_name_is_the_topic_and_another_is_below_it() {
        assert_eq!(topic("smartshop", "smartshop-basket"), "smartshop-basket");
        assert_eq!(topic("ecommerce", "users"), "ecommerce.users");
        assert_eq!(topic("shop", "shop"), "shop");
        assert_eq!(topic("shop", "shops"), "shop.shops");
    }
}
