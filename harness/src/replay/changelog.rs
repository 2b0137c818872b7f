//! Changes on their way into a batch.

use std::rc::Rc;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::interleave_record_batch;
use streamfn_model::{Changes, Field, Kind, LazyBatch, Origin, Transition, Value, columns};

use super::error::ReplayError;
use super::packed::{PackedRow, Packing};
use super::stateless::with_schema;
use super::trace::Steps;

/// What an operator tells of these records, row by row.
pub struct Told<R = Vec<Value>> {
    pub rows: Vec<R>,
    pub kinds: Vec<Kind>,
    times: Vec<i64>,
    places: Vec<u32>,
    records: Arc<[Origin]>,
}

impl<R> Told<R> {
    pub fn of(records: &Arc<[Origin]>) -> Self {
        Told { rows: vec![], kinds: vec![], times: vec![], places: vec![], records: records.clone() }
    }

    /// `place` is that of the record that it comes from.
    pub fn say(&mut self, kind: Kind, row: R, time: i64, place: u32) {
        self.rows.push(row);
        self.kinds.push(kind);
        self.times.push(time);
        self.places.push(place);
    }

    pub fn say_all(&mut self, transition: Transition<R>, time: i64, place: u32) {
        transition.rows().for_each(|(kind, row)| self.say(kind, row, time, place));
    }

    /// With the rows as a batch.
    pub fn with(self, rows: impl Into<LazyBatch>) -> Changes {
        let Told { kinds, times, places, records, .. } = self;
        Changes { rows: rows.into(), kinds, times, places, records, kept: None }
    }
}

impl Told {
    pub fn changes(self, fields: &[Field]) -> Result<Changes, ReplayError> {
        let rows = columns::batch(fields, &self.rows)?;
        Ok(self.with(rows))
    }
}

impl Told<PackedRow> {
    /// With the rows as they are kept, and as columns where somebody asks for them.
    pub fn kept(mut self, packing: &Packing, fields: &[Field]) -> Changes {
        let kept: Rc<[PackedRow]> = std::mem::take(&mut self.rows).into();
        let (packing, schema, rows) = (packing.clone(), columns::schema(fields), kept.clone());
        let columns = move || packing.unpack(rows.iter().map(|row| Some(&**row)));
        let count = kept.len();
        let rows = LazyBatch::when_asked(move || with_schema(schema, columns(), count));
        Changes { kept: Some(kept), ..self.with(rows) }
    }

    /// `taken` is what these rows were, where all that was told is that they are new: they need not be unpacked.
    pub fn changes_of(mut self, taken: Changes, packing: &Packing, fields: &[Field]) -> Changes {
        let is_new = self.kinds.len() == taken.len() && self.kinds.iter().all(|kind| *kind == Kind::Insert);
        if !is_new {
            return self.kept(packing, fields);
        }
        let kept = std::mem::take(&mut self.rows);
        Changes { kept: Some(kept.into()), ..self.with(taken.rows) }
    }
}

/// Changes of one relation by several, as one: those of a record one after the other. With a trace all are of one record, so
/// their steps follow one another too.
pub fn together(mut all: Vec<(Changes, Steps)>) -> Option<(Changes, Steps)> {
    if all.len() < 2 {
        return all.pop();
    }
    let (all, steps): (Vec<Changes>, Vec<Steps>) = all.into_iter().unzip();
    let rows = |(of, changes): (usize, &Changes)| (0..changes.len()).map(move |row| (of, row)).collect::<Vec<_>>();
    let mut order: Vec<(usize, usize)> = all.iter().enumerate().flat_map(rows).collect();
    order.sort_by_key(|(of, row)| all[*of].places[*row]);
    let batches: Vec<&RecordBatch> = all.iter().map(|changes| &*changes.rows).collect();
    let rows = interleave_record_batch(&batches, &order).expect("they are of one relation, and the places are theirs");
    let changes = Changes {
        rows: rows.into(),
        kinds: order.iter().map(|(of, row)| all[*of].kinds[*row]).collect(),
        times: order.iter().map(|(of, row)| all[*of].times[*row]).collect(),
        places: order.iter().map(|(of, row)| all[*of].places[*row]).collect(),
        records: all[0].records.clone(),
        kept: None,
    };
    Some((changes, steps.concat()))
}
