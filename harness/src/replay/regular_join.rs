//! Flink's regular join: the rows of both sides are kept, and each row that comes or goes asks the other side's.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::AsArray;
use datafusion_physical_expr::PhysicalExpr;
use streamfn_model::regular_join::{Joined, joined};
use streamfn_model::{Changes, Field, Kind, Origin, Value, columns};

use super::engine::{Context, Port, Running, Told};
use super::error::ReplayError;
use super::keys::{Keys, agree};
use super::meters::{self, size};
use super::stateless::evaluate;
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
    width: usize,
    rows: HashMap<Vec<u8>, Vec<Kept>>,
}

/// A row, and how many partners it has. Those are counted only on a side that is outer.
struct Kept {
    row: Vec<Value>,
    partners: usize,
}

impl Side {
    fn new(side: &JoinSide) -> Self {
        Side {
            keys: Keys::new(&side.node.fields, &side.key),
            unique: side.unique.clone(),
            is_outer: side.is_outer,
            width: side.node.fields.len(),
            rows: HashMap::new(),
        }
    }

    fn add(&mut self, key: &[u8], row: Vec<Value>, partners: usize) {
        let rows = self.rows.entry(key.to_vec()).or_default();
        let known = self.unique.as_ref().and_then(|unique| rows.iter().position(|kept| agree(unique, &kept.row, &row)));
        match known {
            Some(place) => rows[place] = Kept { row, partners },
            None => rows.push(Kept { row, partners }),
        }
    }

    /// Takes a row away, and says whether it could be there. A deletion by key, as an upsert source has it, may be of a row that
    /// never was.
    fn remove(&mut self, key: &[u8], row: &[Value]) -> bool {
        let by_key = self.unique.is_some();
        let Some(rows) = self.rows.get_mut(key) else { return by_key };
        let place = match &self.unique {
            Some(unique) => rows.iter().position(|kept| agree(unique, &kept.row, row)),
            None => rows.iter().position(|kept| kept.row == row),
        };
        let Some(place) = place else { return by_key };
        rows.remove(place);
        if rows.is_empty() {
            self.rows.remove(key);
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
        row: &[Value],
        origin: &Origin,
    ) -> Result<Vec<usize>, ReplayError> {
        let other = match port {
            Port::First => &self.right,
            Port::Second => &self.left,
        };
        let Some(rows) = key.and_then(|key| other.rows.get(key)) else { return Ok(vec![]) };
        let Some(condition) = &self.condition else { return Ok((0..rows.len()).collect()) };
        let together: Vec<Vec<Value>> = rows.iter().map(|kept| side_by_side(port, row, &kept.row)).collect();
        let candidates = Changes {
            rows: columns::batch(&self.fields, &together)?,
            kinds: vec![Kind::Insert; together.len()],
            times: vec![0; together.len()],
            origins: vec![origin.clone(); together.len()],
        };
        let mask = evaluate(condition.as_ref(), &candidates, "ON")?;
        let mask = mask.as_boolean();
        Ok((0..together.len()).filter(|place| columns::is_true(mask, *place)).collect())
    }
}

/// A row of one port beside one of the other, the left one first.
fn side_by_side(port: Port, row: &[Value], other: &[Value]) -> Vec<Value> {
    let (left, right) = match port {
        Port::First => (row, other),
        Port::Second => (other, row),
    };
    left.iter().chain(right).cloned().collect()
}

impl Running for RegularJoin {
    fn push(&mut self, port: Port, changes: Changes, _: &mut Context<'_>) -> Result<Changes, ReplayError> {
        let keys = self.sides(port).0.keys.of_batch(&changes.rows);
        let mut told = Told::default();
        for (place, kind) in changes.kinds.iter().copied().enumerate() {
            let (time, origin) = (changes.times[place], &changes.origins[place]);
            let row = columns::read_row(&changes.rows, place);
            // A null equals nothing.
            let key = (!keys.has_null(place)).then(|| keys.bytes(place));
            let partners = self.partners(port, key, &row, origin)?;
            let (mine, other) = self.sides(port);
            if kind.retracts() {
                if !mine.remove(keys.bytes(place), &row) {
                    return Err(ReplayError::Retraction { function: "JOIN".to_owned(), origin: origin.clone() });
                }
            } else {
                mine.add(keys.bytes(place), row.clone(), partners.len());
            }
            let (is_outer, other_is_outer, widths) = (mine.is_outer, other.is_outer, (mine.width, other.width));
            let nulls = |width| vec![Value::Null; width];
            let mut none = vec![];
            let kept = key.and_then(|key| other.rows.get_mut(key)).unwrap_or(&mut none);
            let had: Vec<usize> = partners.iter().map(|place| kept[*place].partners).collect();
            for (kind, joined) in joined(kind, is_outer, other_is_outer, &had) {
                let row = match joined {
                    Joined::With(partner) => side_by_side(port, &row, &kept[partners[partner]].row),
                    Joined::Alone => side_by_side(port, &row, &nulls(widths.1)),
                    Joined::PartnerAlone(partner) => side_by_side(port, &nulls(widths.0), &kept[partners[partner]].row),
                };
                told.say(kind, row, time, origin);
            }
            for partner in &partners {
                let count = &mut kept[*partner].partners;
                *count = if kind.retracts() { count.saturating_sub(1) } else { *count + 1 };
            }
        }
        told.changes(&self.fields)
    }

    fn kept(&self) -> meters::Kept {
        let bytes = |(key, rows): (&Vec<u8>, &Vec<Kept>)| {
            key.capacity() + rows.iter().map(|kept| size(&kept.row)).sum::<usize>()
        };
        let of = |side: &Side| meters::Kept::of(side.rows.len(), side.rows.iter().map(bytes));
        of(&self.left).and(of(&self.right))
    }
}
