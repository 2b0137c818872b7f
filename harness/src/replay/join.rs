//! A join of two tables by their primary keys: both sides are kept, a change of either asks the other.

use std::borrow::Cow;

use streamfn_model::{Changes, Field, Transition, table};

use super::changelog::Told;
use super::engine::Context;
use super::error::ReplayError;
use super::index::{Held, Index};
use super::meters;
use super::packed::{PackedRow, Packing, packed};
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
type Kept = Index<Timed>;

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

impl TableJoin {
    pub fn new(
        kind: table::Join,
        left: &Node,
        right: &Node,
        [left_key, right_key]: [&[usize]; 2],
        key: Option<usize>,
        fields: &[Field],
    ) -> Self {
        let (left, right) = (Index::new(&left.fields, left_key), Index::new(&right.fields, right_key));
        TableJoin { kind, left, right, key, fields: fields.to_vec() }
    }
}

/// What each side has of a joined row.
type Pair = table::Pair<PackedRow, PackedRow>;

impl Joining for TableJoin {
    fn push(&mut self, sides: [Changes; 2], _: &mut Context<'_>) -> Result<Changes, ReplayError> {
        let rows = [packed(self.left.packing(), &sides[0]), packed(self.right.packing(), &sides[1])];
        let transitions = [(0, &self.left), (1, &self.right)].map(|(side, kept)| {
            let key = |row: usize| kept.key(&rows[side][row]);
            let told = sides[side].transitions(|before, after| key(before) == key(after));
            told.into_iter().filter_map(|places| Some((places.before.or(places.after)?, places)))
        });
        let mut told: Told<Pair> = Told::of(&sides[0].records);
        for (side, (index, places)) in in_order(transitions, |side, (index, _)| sides[side as usize].places[*index]) {
            let (mine, other) = match side {
                Side::Left => (&mut self.left, &self.right),
                Side::Right => (&mut self.right, &self.left),
            };
            let (changes, rows) = (&sides[side as usize], &rows[side as usize]);
            let (key, time) = (&*mine.key(&rows[index]), changes.times[index]);
            let row = |place: usize| rows[place].clone();
            let changed = Transition { before: places.before.map(row), after: places.after.map(row) };
            match &changed.after {
                Some(row) => drop(mine.insert(key, Timed { row: row.clone(), time })),
                None => drop(mine.remove(key)),
            }
            let partner = other.get(key);
            let time = table::later(time, partner.map(|partner| partner.time));
            let partner = partner.map(|partner| &partner.row);
            let changed = Transition { before: changed.before.as_ref(), after: changed.after.as_ref() };
            let joined = match side {
                Side::Left => table::left_changed(self.kind, changed, partner),
                Side::Right => table::right_changed(self.kind, partner, changed),
            };
            let pair = |(left, right): table::Pair<&PackedRow, &PackedRow>| (left.cloned(), right.cloned());
            let joined = Transition { before: joined.before.map(pair), after: joined.after.map(pair) };
            told.say_all(joined, time, changes.places[index]);
        }
        let of_left = told.rows.iter().map(|(left, _)| left.as_deref());
        let of_right = told.rows.iter().map(|(_, right)| right.as_deref());
        let mut columns = self.left.packing().unpack(of_left);
        columns.extend(self.right.packing().unpack(of_right));
        if let Some(key) = self.key {
            let keys = told.rows.iter().map(|(left, right)| match (left, right) {
                (Some(row), _) => Some(self.left.key(row)),
                (None, row) => row.as_ref().map(|row| self.right.key(row)),
            });
            let keys: Vec<Option<Cow<'_, [u8]>>> = keys.collect();
            let packing = Packing::of_columns(&self.fields, &[key]);
            columns[key] = packing.unpack(keys.iter().map(Option::as_deref)).remove(0);
        }
        let rows = with_columns(&self.fields, columns, told.rows.len());
        Ok(told.with(rows))
    }

    fn kept(&self) -> meters::Kept {
        let of = |side: &Kept| meters::Kept::of(side.len(), side.iter().map(|timed| timed.row.len()));
        of(&self.left).and(of(&self.right))
    }
}
