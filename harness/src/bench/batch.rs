//! A function's rows in one call of its loop: as Arrow columns, of one group that is new.

use std::collections::{BTreeMap, HashMap};
use std::hint::black_box;

use arrow::array::{ArrayRef, RecordBatch};
use streamfn_model::{Field, SqlType, Value, columns};

use super::{Candidate, DIFFERENT, Run};
use crate::contract::{Function, Shape};
use crate::host::{CallError, FoldId, Instance, Room, Rows, row};

/// Rows in columns, ready for a loop.
#[derive(Default)]
struct Batch {
    kinds: Vec<u8>,
    /// All of one.
    groups: Vec<u32>,
    arguments: Vec<ArrayRef>,
    values: Vec<u8>,
}

impl Batch {
    fn rows(&self) -> Rows<'_> {
        Rows { kinds: &self.kinds, groups: &self.groups, arguments: &self.arguments }
    }
}

/// The loops of a function, and what a group begins with.
struct Loops {
    instance: Instance,
    over: FoldId,
    /// Of a keyed aggregate.
    keys: Option<FoldId>,
    new: Vec<u8>,
    texts: Vec<u8>,
}

pub(super) fn batch(candidate: &Candidate, function: &Function, rows: &[Vec<Value>]) -> Result<Option<Run>, CallError> {
    let program = &candidate.batches;
    let Some(over) = program.fold(&function.interface) else { return Ok(None) };
    let (mut instance, keys) = (program.instance(), program.fold_of_keys(&function.interface));
    let new_state = match function.shape {
        Shape::Aggregate { .. } => {
            let create = program.function(&function.interface, "create");
            instance.call(create.map_err(|error| CallError::Argument(error.to_string()))?, &[])?
        }
        Shape::Keyed { .. } => Value::Null,
        _ => Value::Record(vec![]),
    };
    let (mut new, mut texts) = (vec![], vec![]);
    program.write_state(over, &new_state, &mut new, &mut texts)?;
    let mut loops = Loops { instance, over, keys, new, texts };

    // A plain aggregate's group has one value at the end, which costs one call, however many rows there are.
    let value = if matches!(function.shape, Shape::Aggregate { .. }) { 0 } else { program.sizes(over).value };
    let (fields, rows) = (function.params.clone(), rows.to_vec());
    let prepare = move |count: usize| {
        Ok::<_, CallError>(Batch {
            kinds: vec![row::ACCUMULATE; count],
            groups: vec![0; count],
            arguments: arrow(&fields, &rows, count)?,
            values: vec![0; count * value],
        })
    };
    let mut first = prepare(DIFFERENT)?;
    if loops.run(&mut first)? < DIFFERENT {
        // A batch that ends early takes no time.
        return Ok(None);
    }
    let mut prepared = HashMap::from([(DIFFERENT, first)]);
    Ok(Some(Box::new(move |count| {
        let batch = prepared.entry(count).or_insert_with(|| prepare(count).unwrap_or_default());
        drop(black_box(loops.run(batch)));
    })))
}

impl Loops {
    /// Runs rows of a new group, and says how many were taken.
    fn run(&mut self, batch: &mut Batch) -> Result<usize, CallError> {
        let (mut states, mut texts) = (self.new.clone(), self.texts.clone());
        if let Some(keys) = self.keys {
            states.clear();
            batch.groups = self.entries(keys, batch, &mut states)?;
        }
        let mut values = std::mem::take(&mut batch.values);
        let room = Room { new: &self.new, states: &mut states, values: &mut values, texts: &mut texts };
        let taken = self.instance.fold(self.over, &batch.rows(), room);
        batch.values = values;
        black_box((states, texts));
        taken
    }

    /// The entry of each row, by its key, and their states.
    fn entries(&mut self, keys: FoldId, batch: &Batch, states: &mut Vec<u8>) -> Result<Vec<u32>, CallError> {
        let mut found = BTreeMap::new();
        let keys = self.instance.values(keys, &batch.kinds, &batch.arguments)?;
        let entry = |key: Result<Value, CallError>| {
            let next = found.len() as u32;
            Ok(*found.entry(key?).or_insert_with(|| {
                states.extend_from_slice(&self.new);
                next
            }))
        };
        keys.into_iter().map(entry).collect()
    }
}

/// The columns of so many rows.
fn arrow(fields: &[Field], rows: &[Vec<Value>], count: usize) -> Result<Vec<ArrayRef>, CallError> {
    // A DECIMAL parameter has no scale of its own; its rows do.
    let of_rows = |field: &Field, at: usize| {
        let sql_type = match (&field.sql_type, rows.first().and_then(|row| row.get(at))) {
            (SqlType::Decimal(precision, _), Some(Value::Decimal { scale, .. })) => {
                SqlType::Decimal(*precision, *scale)
            }
            (other, _) => other.clone(),
        };
        Field::new(&field.name, sql_type)
    };
    let fields: Vec<Field> = fields.iter().enumerate().map(|(at, field)| of_rows(field, at)).collect();
    let rows: Vec<Vec<Value>> = rows.iter().cycle().take(count).cloned().collect();
    let batch: RecordBatch = columns::batch(&fields, &rows).map_err(|error| CallError::Argument(error.to_string()))?;
    Ok(batch.columns().to_vec())
}
