//! A join of two tables by their primary keys: both sides are kept, a change of either asks the other.

use std::collections::HashMap;

use streamfn_model::{Changes, Field, Transition, Value, columns, table};

use super::engine::{Context, Port, Running, Told};
use super::error::ReplayError;
use super::keys::Keys;
use super::meters::{Kept, size};
use crate::sql::Node;

pub struct TableJoin {
    kind: table::Join,
    left: Side,
    right: Side,
    /// The column of a FULL OUTER JOIN's own key, which neither side's column is.
    key: Option<usize>,
    fields: Vec<Field>,
}

/// A side's rows by key, each with its time.
struct Side {
    keys: Keys,
    width: usize,
    rows: HashMap<Vec<u8>, (Vec<Value>, i64)>,
}

impl Side {
    fn new(node: &Node, key: &[usize]) -> Self {
        Side { keys: Keys::new(&node.fields, key), width: node.fields.len(), rows: HashMap::new() }
    }
}

impl TableJoin {
    pub fn new(
        kind: table::Join,
        left: &Node,
        right: &Node,
        [left_key, right_key]: [&[usize]; 2],
        key: Option<usize>,
        fields: &[Field],
    ) -> Self {
        let (left, right) = (Side::new(left, left_key), Side::new(right, right_key));
        TableJoin { kind, left, right, key, fields: fields.to_vec() }
    }
}

impl Running for TableJoin {
    fn push(&mut self, port: Port, changes: Changes, _: &mut Context<'_>) -> Result<Changes, ReplayError> {
        let absent = [vec![Value::Null; self.left.width], vec![Value::Null; self.right.width]];
        let (mine, other) = match port {
            Port::First => (&mut self.left, &self.right),
            Port::Second => (&mut self.right, &self.left),
        };
        let keys = mine.keys.of_batch(&changes.rows);
        let mut told = Told::default();
        for places in changes.transitions(|before, after| keys.bytes(before) == keys.bytes(after)) {
            let Some(index) = places.before.or(places.after) else { continue };
            let (key, origin, time) = (keys.bytes(index), &changes.origins[index], changes.times[index]);
            let row = |place| columns::read_row(&changes.rows, place);
            let changed = Transition { before: places.before.map(row), after: places.after.map(row) };
            match &changed.after {
                Some(row) => drop(mine.rows.insert(key.to_vec(), (row.clone(), time))),
                None => drop(mine.rows.remove(key)),
            }
            let partner = other.rows.get(key);
            let time = table::later(time, partner.map(|(_, time)| *time));
            let partner = partner.map(|(row, _)| row);
            let changed = Transition { before: changed.before.as_ref(), after: changed.after.as_ref() };
            let joined = match port {
                Port::First => table::left_changed(self.kind, changed, partner),
                Port::Second => table::right_changed(self.kind, partner, changed),
            };
            let side_by_side = |(left, right): table::Pair<&Vec<Value>, &Vec<Value>>| -> Vec<Value> {
                let (left, right) = (left.unwrap_or(&absent[0]), right.unwrap_or(&absent[1]));
                let mut row: Vec<Value> = left.iter().chain(right).cloned().collect();
                if let Some(key_column) = self.key {
                    row[key_column] = keys.value(index);
                }
                row
            };
            let Transition { before, after } = joined;
            let joined = Transition { before: before.map(side_by_side), after: after.map(side_by_side) };
            told.say_all(joined, time, origin);
        }
        told.changes(&self.fields)
    }

    fn kept(&self) -> Kept {
        let of =
            |side: &Side| Kept::of(side.rows.len(), side.rows.iter().map(|(key, (row, _))| key.capacity() + size(row)));
        of(&self.left).and(of(&self.right))
    }
}
