//! Changes on their way into a batch.

use arrow::array::RecordBatch;
use streamfn_model::{Changes, Field, Kind, Origin, Transition, Value, columns};

use super::error::ReplayError;
use super::packed::{PackedRow, Packing};
use super::stateless::with_columns;

/// What an operator tells, row by row.
pub struct Told<R = Vec<Value>> {
    pub rows: Vec<R>,
    pub kinds: Vec<Kind>,
    times: Vec<i64>,
    origins: Vec<Origin>,
}

impl<R> Default for Told<R> {
    fn default() -> Self {
        Told { rows: vec![], kinds: vec![], times: vec![], origins: vec![] }
    }
}

impl<R> Told<R> {
    pub fn say(&mut self, kind: Kind, row: R, time: i64, origin: &Origin) {
        self.rows.push(row);
        self.kinds.push(kind);
        self.times.push(time);
        self.origins.push(origin.clone());
    }

    pub fn say_all(&mut self, transition: Transition<R>, time: i64, origin: &Origin) {
        transition.rows().for_each(|(kind, row)| self.say(kind, row, time, origin));
    }

    /// With the rows as a batch.
    pub fn with(self, rows: RecordBatch) -> Changes {
        Changes::new(rows, self.kinds, self.times, self.origins)
    }
}

impl Told {
    pub fn changes(self, fields: &[Field]) -> Result<Changes, ReplayError> {
        let rows = columns::batch(fields, &self.rows)?;
        Ok(self.with(rows))
    }
}

impl Told<PackedRow> {
    /// `taken` is the batch whose rows these are, where all that was told is that they are new: they need not be unpacked.
    pub fn changes_of(mut self, taken: RecordBatch, packing: &Packing, fields: &[Field]) -> Changes {
        let kept = std::mem::take(&mut self.rows);
        let is_new = self.kinds.len() == taken.num_rows() && self.kinds.iter().all(|kind| *kind == Kind::Insert);
        let rows = match is_new {
            true => taken,
            false => {
                let columns = packing.unpack(kept.iter().map(|row| Some(&**row)));
                with_columns(fields, columns, kept.len())
            }
        };
        Changes { kept: Some(kept), ..self.with(rows) }
    }
}
