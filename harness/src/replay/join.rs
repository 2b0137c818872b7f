//! A join of two tables by their primary keys: both sides are kept, a change of either asks the other.

use streamfn_model::{Changes, Field, Transition, Value, columns, table};

use super::changelog::Told;
use super::engine::Context;
use super::error::ReplayError;
use super::index::{Held, Index};
use super::keys::{BatchKeys, Keys};
use super::meters;
use super::packed::{PackedRow, packed};
use super::query::{Joining, Side, in_order};
use super::stateless::with_columns;
use crate::sql::Node;

pub struct TableJoin {
    kind: table::Join,
    left: Kept,
    right: Kept,
    /// The column of a FULL OUTER JOIN's own key, which neither side's column is.
    key: Option<usize>,
    fields: Vec<Field>,
}

/// A side's rows by key.
struct Kept {
    keys: Keys,
    rows: Index<Timed>,
}

/// A row with its time.
struct Timed {
    row: PackedRow,
    time: i64,
}

impl Held for Timed {
    fn row(&self) -> &[u8] {
        &self.row
    }
}

impl Kept {
    fn new(node: &Node, key: &[usize]) -> Self {
        Kept { keys: Keys::new(&node.fields, key), rows: Index::new(&node.fields, key) }
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
        let (left, right) = (Kept::new(left, left_key), Kept::new(right, right_key));
        TableJoin { kind, left, right, key, fields: fields.to_vec() }
    }
}

/// What each side has of a joined row, and the key.
type Pair = (table::Pair<PackedRow, PackedRow>, Value);

impl Joining for TableJoin {
    fn push(&mut self, sides: [Changes; 2], _: &mut Context<'_>) -> Result<Changes, ReplayError> {
        let keys = [self.left.keys.of_batch(&sides[0].rows), self.right.keys.of_batch(&sides[1].rows)];
        let rows = [packed(self.left.rows.packing(), &sides[0]), packed(self.right.rows.packing(), &sides[1])];
        let transitions = [0, 1].map(|side| {
            let keys: &BatchKeys = &keys[side];
            let told = sides[side].transitions(|before, after| keys.bytes(before) == keys.bytes(after));
            told.into_iter().filter_map(|places| Some((places.before.or(places.after)?, places)))
        });
        let mut told: Told<Pair> = Told::of(&sides[0].records);
        for (side, (index, places)) in in_order(transitions, |side, (index, _)| sides[side as usize].places[*index]) {
            let (mine, other) = match side {
                Side::Left => (&mut self.left, &self.right),
                Side::Right => (&mut self.right, &self.left),
            };
            let (changes, keys, rows) = (&sides[side as usize], &keys[side as usize], &rows[side as usize]);
            let (key, time) = (keys.bytes(index), changes.times[index]);
            let row = |place: usize| rows[place].clone();
            let changed = Transition { before: places.before.map(row), after: places.after.map(row) };
            match &changed.after {
                Some(row) => drop(mine.rows.insert(key, Timed { row: row.clone(), time })),
                None => drop(mine.rows.remove(key)),
            }
            let partner = other.rows.get(key);
            let time = table::later(time, partner.map(|partner| partner.time));
            let partner = partner.map(|partner| &partner.row);
            let changed = Transition { before: changed.before.as_ref(), after: changed.after.as_ref() };
            let joined = match side {
                Side::Left => table::left_changed(self.kind, changed, partner),
                Side::Right => table::right_changed(self.kind, partner, changed),
            };
            let value = if self.key.is_some() { keys.value(index) } else { Value::Null };
            let pair =
                |(left, right): table::Pair<&PackedRow, &PackedRow>| ((left.cloned(), right.cloned()), value.clone());
            let joined = Transition { before: joined.before.map(pair), after: joined.after.map(pair) };
            told.say_all(joined, time, changes.places[index]);
        }
        let of_left = told.rows.iter().map(|((left, _), _)| left.as_deref());
        let of_right = told.rows.iter().map(|((_, right), _)| right.as_deref());
        let mut columns = self.left.rows.packing().unpack(of_left);
        columns.extend(self.right.rows.packing().unpack(of_right));
        if let Some(key) = self.key {
            columns[key] = columns::build(&self.fields[key].sql_type, told.rows.iter().map(|(_, key)| key))?;
        }
        let rows = with_columns(&self.fields, columns, told.rows.len());
        Ok(told.with(rows))
    }

    fn kept(&self) -> meters::Kept {
        let of = |side: &Kept| meters::Kept::of(side.rows.len(), side.rows.iter().map(|timed| timed.row.len()));
        of(&self.left).and(of(&self.right))
    }
}
