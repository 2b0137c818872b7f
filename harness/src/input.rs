//! Where the records of a replay come from: files, or a cluster.

use std::collections::{HashMap, HashSet};

use streamfn_model::Origin;

use crate::live::{self, Live};
use crate::replay::{self, Options, Outcome, Plugins, ReplayError};
use crate::sql::Pipeline;
use crate::topic::{Phase, Quote};

#[derive(Clone, Copy)]
pub enum Input<'a> {
    Files(&'a [Phase]),
    Live(&'a Live),
}

impl Input<'_> {
    /// The same records every time it is asked.
    pub fn replay(self, pipeline: &Pipeline, plugins: &Plugins, options: Options<'_>) -> Result<Outcome, ReplayError> {
        match self {
            Input::Files(phases) => replay::replay(pipeline, plugins, phases, options),
            Input::Live(live) => live::replay(pipeline, plugins, live, options),
        }
    }

    /// Records as they were written, by where they stand.
    pub fn quotes(self, pipeline: &Pipeline, wanted: &HashSet<Origin>) -> Result<HashMap<Origin, Quote>, ReplayError> {
        match self {
            Input::Files(phases) => replay::quotes(pipeline, phases, wanted),
            Input::Live(live) => live::quotes(pipeline, live, wanted),
        }
    }
}
