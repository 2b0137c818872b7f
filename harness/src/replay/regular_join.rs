//! Flink's regular join: the rows of both sides are kept, and each row that comes or goes asks the other side's.

use std::sync::Arc;

use arrow::array::AsArray;
use datafusion_physical_expr::PhysicalExpr;
use smallvec::{SmallVec, smallvec};
use streamfn_model::regular_join::{Joined, joined};
use streamfn_model::{Changes, Field, Kind, Origin, columns};

use super::changelog::Told;
use super::engine::Context;
use super::error::ReplayError;
use super::index::{Entry, Held, Index};
use super::meters;
use super::packed::{PackedRow, packed};
use super::query::{Joining, Side, in_order};
use super::stateless::{evaluate, with_columns};
use crate::sql::JoinSide;

pub struct RegularJoin {
    left: Kept,
    right: Kept,
    condition: Option<Arc<dyn PhysicalExpr>>,
    fields: Vec<Field>,
}

/// A side's rows by what they are joined by.
struct Kept {
    unique: Option<Vec<usize>>,
    is_outer: bool,
    rows: Index<Rows>,
}

/// The rows of a key, of which there is one at least; mostly it is the only one.
type Rows = SmallVec<[KeptRow; 1]>;

/// A row, and how many partners it has. Those are counted only on a side that is outer.
struct KeptRow {
    row: PackedRow,
    partners: u32,
}

impl Held for Rows {
    fn row(&self) -> &[u8] {
        &self[0].row
    }
}

impl Kept {
    fn new(side: &JoinSide) -> Self {
        Kept { unique: side.unique.clone(), is_outer: side.is_outer, rows: Index::new(&side.node.fields, &side.key) }
    }

    /// The place of a row among those of its key.
    fn place(&self, rows: &[KeptRow], row: &PackedRow) -> Option<usize> {
        match &self.unique {
            Some(unique) => rows.iter().position(|kept| self.rows.packing().agree(unique, &kept.row, row)),
            None => rows.iter().position(|kept| kept.row == *row),
        }
    }

    fn add(&mut self, key: &[u8], new: KeptRow) {
        let known = match (&self.unique, self.rows.get(key)) {
            (Some(_), Some(rows)) => self.place(rows, &new.row),
            _ => None,
        };
        match (self.rows.entry(key), known) {
            (Entry::Occupied(mut entry), Some(place)) => entry.get_mut()[place] = new,
            (Entry::Occupied(mut entry), None) => entry.get_mut().push(new),
            (Entry::Vacant(entry), _) => entry.insert(smallvec![new]),
        }
    }

    /// Takes a row away, and says whether it could be there. A deletion by key, as an upsert source has it, may be of a row that
    /// never was.
    fn remove(&mut self, key: &[u8], row: &PackedRow) -> bool {
        let place = self.rows.get(key).and_then(|rows| self.place(rows, row));
        let (Some(place), Entry::Occupied(mut entry)) = (place, self.rows.entry(key)) else {
            return self.unique.is_some();
        };
        match entry.get().len() {
            1 => drop(entry.remove()),
            _ => drop(entry.get_mut().remove(place)),
        }
        true
    }
}

impl RegularJoin {
    pub fn new(left: &JoinSide, right: &JoinSide, condition: Option<&Arc<dyn PhysicalExpr>>, fields: &[Field]) -> Self {
        RegularJoin {
            left: Kept::new(left),
            right: Kept::new(right),
            condition: condition.cloned(),
            fields: fields.to_vec(),
        }
    }

    /// The side that a row is of, and the other.
    fn sides(&mut self, side: Side) -> (&mut Kept, &mut Kept) {
        match side {
            Side::Left => (&mut self.left, &mut self.right),
            Side::Right => (&mut self.right, &mut self.left),
        }
    }

    /// The places among the other side's rows of this key of those that the row is joined with.
    fn partners(
        &self,
        side: Side,
        key: Option<&[u8]>,
        row: &PackedRow,
        from: &From,
    ) -> Result<Vec<usize>, ReplayError> {
        let other = match side {
            Side::Left => &self.right,
            Side::Right => &self.left,
        };
        let Some(rows) = key.and_then(|key| other.rows.get(key)) else { return Ok(vec![]) };
        let Some(condition) = &self.condition else { return Ok((0..rows.len()).collect()) };
        let mut candidates = Told::of(from.records);
        for partner in rows {
            candidates.say(Kind::Insert, pair(side, Some(row), Some(&partner.row)), from.time, from.place);
        }
        let candidates = self.joined(candidates);
        let mask = evaluate(condition.as_ref(), &candidates, "ON")?;
        let mask = mask.as_boolean();
        Ok((0..candidates.len()).filter(|place| columns::is_true(mask, *place)).collect())
    }

    /// A row that comes or goes, and all that is told of it.
    fn row(
        &mut self,
        side: Side,
        kind: Kind,
        row: &PackedRow,
        from: &From,
        told: &mut Told<Pair>,
    ) -> Result<(), ReplayError> {
        let (mine, _) = self.sides(side);
        let (key, is_null) = (&*mine.rows.key(row), mine.rows.has_null_key(row));
        // A null equals nothing.
        let partners = self.partners(side, (!is_null).then_some(key), row, from)?;
        let (mine, other) = self.sides(side);
        if !kind.retracts() {
            mine.add(key, KeptRow { row: row.clone(), partners: partners.len() as u32 });
        } else if !mine.remove(key, row) {
            let origin = from.records[from.place as usize].clone();
            return Err(ReplayError::Retraction { function: "JOIN".to_owned(), origin });
        }
        if partners.is_empty() && !mine.is_outer {
            return Ok(());
        }
        let (is_outer, other_is_outer) = (mine.is_outer, other.is_outer);
        let kept = match partners.is_empty() {
            true => &mut [],
            false => other.rows.get_mut(key).map(|rows| rows.as_mut_slice()).unwrap_or_default(),
        };
        let had: Vec<usize> = partners.iter().map(|place| kept[*place].partners as usize).collect();
        for (kind, joined) in joined(kind, is_outer, other_is_outer, &had) {
            let of = |partner: usize| Some(&kept[partners[partner]].row);
            let pair = match joined {
                Joined::With(partner) => pair(side, Some(row), of(partner)),
                Joined::Alone => pair(side, Some(row), None),
                Joined::PartnerAlone(partner) => pair(side, None, of(partner)),
            };
            told.say(kind, pair, from.time, from.place);
        }
        for partner in &partners {
            let count = &mut kept[*partner].partners;
            *count = if kind.retracts() { count.saturating_sub(1) } else { *count + 1 };
        }
        Ok(())
    }

    /// Pairs as rows; nulls where a side has none.
    fn joined(&self, told: Told<Pair>) -> Changes {
        let mut columns = self.left.rows.packing().unpack(told.rows.iter().map(|(left, _)| left.as_deref()));
        columns.extend(self.right.rows.packing().unpack(told.rows.iter().map(|(_, right)| right.as_deref())));
        let rows = with_columns(&self.fields, columns, told.rows.len());
        told.with(rows)
    }
}

/// What each side has of a joined row.
type Pair = (Option<PackedRow>, Option<PackedRow>);

fn pair(side: Side, mine: Option<&PackedRow>, other: Option<&PackedRow>) -> Pair {
    match side {
        Side::Left => (mine.cloned(), other.cloned()),
        Side::Right => (other.cloned(), mine.cloned()),
    }
}

/// Where a row comes from.
struct From<'a> {
    records: &'a Arc<[Origin]>,
    place: u32,
    time: i64,
}

impl Joining for RegularJoin {
    fn push(&mut self, sides: [Changes; 2], _: &mut Context<'_>) -> Result<Changes, ReplayError> {
        let rows = [packed(self.left.rows.packing(), &sides[0]), packed(self.right.rows.packing(), &sides[1])];
        let mut told = Told::of(&sides[0].records);
        let order = in_order([0..sides[0].len(), 0..sides[1].len()], |side, row| sides[side as usize].places[*row]);
        for (side, row) in order {
            let changes = &sides[side as usize];
            let from = From { records: &changes.records, place: changes.places[row], time: changes.times[row] };
            self.row(side, changes.kinds[row], &rows[side as usize][row], &from, &mut told)?;
        }
        Ok(self.joined(told))
    }

    fn kept(&self) -> meters::Kept {
        let bytes = |rows: &Rows| rows.iter().map(|kept| size_of::<KeptRow>() + kept.row.len()).sum::<usize>();
        let of = |side: &Kept| meters::Kept::of(side.rows.len(), side.rows.iter().map(bytes));
        of(&self.left).and(of(&self.right))
    }
}
