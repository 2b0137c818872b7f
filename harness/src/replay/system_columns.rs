//! ksqlDB's system columns behind a relation's own: a record's time and place, and room for what is filled in later.

use std::collections::HashMap;

use streamfn_model::{Changes, Field, Value, columns};

use super::engine::Context;
use super::error::ReplayError;
use super::keys::Keys;
use super::query::Running;
use super::stateless::with_columns;
use crate::sql::{Collection, Node, system_columns};

pub struct SystemColumns {
    /// Those that are added.
    added: Vec<Field>,
    fields: Vec<Field>,
    /// A row that goes has what it came with: the added columns of a table's rows, by key.
    rows: Option<Kept>,
}

/// Values by key.
type Kept = (Keys, HashMap<Vec<u8>, Vec<Value>>);

impl SystemColumns {
    pub fn new(input: &Node, fields: &[Field]) -> Self {
        let key = input.key_columns();
        let is_table = input.collection == Collection::Table;
        SystemColumns {
            added: fields[input.fields.len()..].to_vec(),
            fields: fields.to_vec(),
            rows: is_table.then(|| (Keys::new(&input.fields, &key), HashMap::new())),
        }
    }

    fn of_record(&self, changes: &Changes, row: usize) -> Vec<Value> {
        let origin = changes.origin(row);
        let value = |field: &Field| match field.name.as_str() {
            system_columns::ROWTIME => Value::S64(changes.times[row]),
            system_columns::ROWPARTITION => Value::S32(origin.partition),
            system_columns::ROWOFFSET => Value::S64(origin.offset),
            _ => Value::Null,
        };
        self.added.iter().map(value).collect()
    }
}

impl Running for SystemColumns {
    fn push(&mut self, changes: Changes, _: &mut Context<'_>) -> Result<Changes, ReplayError> {
        let mut values: Vec<Vec<Value>> = (0..changes.len()).map(|row| self.of_record(&changes, row)).collect();
        if let Some((keys, kept)) = &mut self.rows {
            let keys = keys.of_batch(&changes.rows);
            for (row, values) in values.iter_mut().enumerate() {
                match changes.kinds[row].retracts() {
                    true => *values = kept.remove(keys.bytes(row)).unwrap_or_else(|| values.clone()),
                    false => drop(kept.insert(keys.bytes(row).to_vec(), values.clone())),
                }
            }
        }
        let mut all = changes.rows.columns().to_vec();
        for (column, field) in self.added.iter().enumerate() {
            all.push(columns::build(&field.sql_type, values.iter().map(|values| &values[column]))?);
        }
        let rows = with_columns(&self.fields, all, changes.len());
        Ok(changes.with_rows(rows))
    }
}
