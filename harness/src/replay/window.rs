//! TUMBLING and HOPPING windows: each row goes on once for each window it falls into, with the bounds of the window. GROUP BY
//! then has them in its key.

use std::sync::Arc;

use datafusion_physical_expr::PhysicalExpr;
use streamfn_model::window::{self, Windows};
use streamfn_model::{Changes, Field, Value, columns};

use super::changelog::Told;
use super::engine::Context;
use super::error::ReplayError;
use super::grouping::{NULL_KEY, group_columns};
use super::query::Running;
use super::stream_time::StreamTime;
use crate::sql::Node;

/// The reason why a row is left out of a window.
pub const TOO_LATE: &str = "rows came after their window was closed";

pub struct TimeWindows {
    windows: Windows,
    size: i64,
    advance: i64,
    group: Vec<Arc<dyn PhysicalExpr>>,
    /// The columns of the window's start and end.
    bounds: [usize; 2],
    stream_time: StreamTime,
    fields: Vec<Field>,
}

impl TimeWindows {
    /// `group` is what GROUP BY has beside the window; `size` and `advance` are the window's.
    pub fn new(
        context: &Context<'_>,
        input: &Node,
        windows: Windows,
        [size, advance]: [i64; 2],
        group: &[Arc<dyn PhysicalExpr>],
        bounds: [usize; 2],
    ) -> Self {
        TimeWindows {
            windows,
            size,
            advance,
            group: group.to_vec(),
            bounds,
            stream_time: StreamTime::new(context.pipeline, input, group),
            fields: input.fields.clone(),
        }
    }
}

impl Running for TimeWindows {
    fn push(&mut self, changes: Changes, context: &mut Context<'_>) -> Result<Changes, ReplayError> {
        let group = group_columns(&self.group, &changes)?;
        let mut told = Told::of(&changes.records);
        for row in 0..changes.len() {
            if group.iter().any(|column| column.is_null(row)) {
                // Such a record has no part in stream time either.
                context.leave_out(NULL_KEY.to_owned());
                continue;
            }
            let (time, origin) = (changes.times[row], changes.origin(row));
            let stream_time = self.stream_time.observe(origin, time);
            for window in window::of_time(self.size, self.advance, time) {
                if !self.windows.takes(window, stream_time) {
                    context.leave_out(TOO_LATE.to_owned());
                    continue;
                }
                let mut values = columns::read_row(&changes.rows, row);
                values[self.bounds[0]] = Value::S64(window.start);
                values[self.bounds[1]] = Value::S64(window.end);
                told.say(changes.kinds[row], values, time, changes.places[row]);
            }
        }
        told.changes(&self.fields)
    }
}
