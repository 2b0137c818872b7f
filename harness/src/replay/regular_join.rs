//! Flink's regular join: the rows of both sides are kept, and each row that comes or goes asks the other side's.

use std::sync::Arc;

use arrow::array::{AsArray, UInt32Array};
use datafusion_physical_expr::PhysicalExpr;
use hashbrown::hash_table::Entry;
use smallvec::{SmallVec, smallvec};
use streamfn_model::regular_join::{Joined, joined};
use streamfn_model::{Changes, Field, Kind, Origin, columns};

use super::changelog::Told;
use super::engine::{Context, Port, Running};
use super::error::ReplayError;
use super::index::{Held, Index};
use super::keys::Keys;
use super::meters;
use super::packed::{PackedRow, packed};
use super::stateless::{evaluate, side_by_side};
use crate::sql::JoinSide;

pub struct RegularJoin {
    left: Side,
    right: Side,
    condition: Option<Arc<dyn PhysicalExpr>>,
    fields: Vec<Field>,
}

/// A side's rows by what they are joined by.
struct Side {
    keys: Keys,
    unique: Option<Vec<usize>>,
    is_outer: bool,
    rows: Index<Rows>,
}

/// The rows of a key, of which there is one at least; mostly it is the only one.
type Rows = SmallVec<[Kept; 1]>;

/// A row, and how many partners it has. Those are counted only on a side that is outer.
struct Kept {
    row: PackedRow,
    partners: u32,
}

impl Held for Rows {
    fn row(&self) -> &[u8] {
        &self[0].row
    }
}

impl Side {
    fn new(side: &JoinSide) -> Self {
        Side {
            keys: Keys::new(&side.node.fields, &side.key),
            unique: side.unique.clone(),
            is_outer: side.is_outer,
            rows: Index::new(&side.node.fields, &side.key),
        }
    }

    /// The place of a row among those of its key.
    fn place(&self, rows: &[Kept], row: &PackedRow) -> Option<usize> {
        match &self.unique {
            Some(unique) => rows.iter().position(|kept| self.rows.packing().agree(unique, &kept.row, row)),
            None => rows.iter().position(|kept| kept.row == *row),
        }
    }

    fn add(&mut self, key: &[u8], new: Kept) {
        let known = match (&self.unique, self.rows.get(key)) {
            (Some(_), Some(rows)) => self.place(rows, &new.row),
            _ => None,
        };
        match (self.rows.entry(key), known) {
            (Entry::Occupied(mut entry), Some(place)) => entry.get_mut()[place] = new,
            (Entry::Occupied(mut entry), None) => entry.get_mut().push(new),
            (Entry::Vacant(entry), _) => drop(entry.insert(smallvec![new])),
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
            left: Side::new(left),
            right: Side::new(right),
            condition: condition.cloned(),
            fields: fields.to_vec(),
        }
    }

    fn sides(&mut self, port: Port) -> (&mut Side, &mut Side) {
        match port {
            Port::First => (&mut self.left, &mut self.right),
            Port::Second => (&mut self.right, &mut self.left),
        }
    }

    /// The places among the other side's rows of this key of those that the row is joined with.
    fn partners(
        &self,
        port: Port,
        key: Option<&[u8]>,
        changes: &Changes,
        place: usize,
    ) -> Result<Vec<usize>, ReplayError> {
        let other = match port {
            Port::First => &self.right,
            Port::Second => &self.left,
        };
        let Some(rows) = key.and_then(|key| other.rows.get(key)) else { return Ok(vec![]) };
        let Some(condition) = &self.condition else { return Ok((0..rows.len()).collect()) };
        let mut candidates = Told::default();
        for kept in rows {
            candidates.say(Kind::Insert, (Some(place as u32), Some(kept.row.clone())), 0, &changes.origins[place]);
        }
        let candidates = self.pairs(port, changes, candidates);
        let mask = evaluate(condition.as_ref(), &candidates, "ON")?;
        let mask = mask.as_boolean();
        Ok((0..candidates.len()).filter(|place| columns::is_true(mask, *place)).collect())
    }

    /// Rows of this batch beside rows of the other side, the left one first; nulls where one has none.
    fn pairs(&self, port: Port, changes: &Changes, told: Told<(Option<u32>, Option<PackedRow>)>) -> Changes {
        let mine = UInt32Array::from_iter(told.rows.iter().map(|(mine, _)| *mine));
        let other = match port {
            Port::First => &self.right,
            Port::Second => &self.left,
        };
        let other = other.rows.packing().unpack(told.rows.iter().map(|(_, other)| other.as_deref()));
        let rows = side_by_side(&self.fields, (&changes.rows, &mine), other, port == Port::First);
        told.with(rows)
    }
}

impl Running for RegularJoin {
    fn push(&mut self, port: Port, changes: Changes, _: &mut Context<'_>) -> Result<Changes, ReplayError> {
        let (mine, _) = self.sides(port);
        let (keys, rows) = (mine.keys.of_batch(&changes.rows), packed(mine.rows.packing(), &changes));
        let mut told = Told::default();
        for (place, row) in rows.into_iter().enumerate() {
            let (kind, time, origin) = (changes.kinds[place], changes.times[place], &changes.origins[place]);
            // A null equals nothing.
            let key = (!keys.has_null(place)).then(|| keys.bytes(place));
            let partners = self.partners(port, key, &changes, place)?;
            let (mine, other) = self.sides(port);
            if kind.retracts() {
                if !mine.remove(keys.bytes(place), &row) {
                    return Err(ReplayError::Retraction { function: "JOIN".to_owned(), origin: Origin::clone(origin) });
                }
            } else {
                mine.add(keys.bytes(place), Kept { row, partners: partners.len() as u32 });
            }
            let (is_outer, other_is_outer) = (mine.is_outer, other.is_outer);
            let kept = key.and_then(|key| other.rows.get_mut(key)).map(|rows| rows.as_mut_slice()).unwrap_or_default();
            let had: Vec<usize> = partners.iter().map(|place| kept[*place].partners as usize).collect();
            for (kind, joined) in joined(kind, is_outer, other_is_outer, &had) {
                let of = |partner: usize| Some(kept[partners[partner]].row.clone());
                let pair = match joined {
                    Joined::With(partner) => (Some(place as u32), of(partner)),
                    Joined::Alone => (Some(place as u32), None),
                    Joined::PartnerAlone(partner) => (None, of(partner)),
                };
                told.say(kind, pair, time, origin);
            }
            for partner in &partners {
                let count = &mut kept[*partner].partners;
                *count = if kind.retracts() { count.saturating_sub(1) } else { *count + 1 };
            }
        }
        Ok(self.pairs(port, &changes, told))
    }

    fn kept(&self) -> meters::Kept {
        let bytes = |rows: &Rows| rows.iter().map(|kept| size_of::<Kept>() + kept.row.len()).sum::<usize>();
        let of = |side: &Side| meters::Kept::of(side.rows.len(), side.rows.iter().map(bytes));
        of(&self.left).and(of(&self.right))
    }
}
