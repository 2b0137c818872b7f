//! A query's operators, and how changes go through them.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use streamfn_model::{Changes, columns};

use super::aggregate::Aggregation;
use super::changelog::together;
use super::engine::Context;
use super::error::ReplayError;
use super::grouping::Grouping;
use super::join::TableJoin;
use super::lateral::Lateral;
use super::meters::Kept;
use super::regular_join::RegularJoin;
use super::session::Sessions;
use super::stateless::{Calls, Filter, Project, Rows, WithoutUpdateBefore};
use super::stream_table_join::StreamTableJoin;
use super::stream_time::StreamTime;
use super::system_columns::SystemColumns;
use super::trace::{Steps, Stop, Trace};
use super::upserts::{Materialize, Normalize};
use super::window::TimeWindows;
use crate::sql::{Node, Operator, Query};

/// An operator with one input: takes changes, gives changes.
pub trait Running {
    fn push(&mut self, changes: Changes, context: &mut Context<'_>) -> Result<Changes, ReplayError>;

    /// What it keeps of what it took; most keep nothing.
    fn kept(&self) -> Kept {
        Kept::default()
    }
}

/// A join: takes what both sides have of the same records, each record's left change first.
pub trait Joining {
    fn push(&mut self, sides: [Changes; 2], context: &mut Context<'_>) -> Result<Changes, ReplayError>;

    fn kept(&self) -> Kept;
}

/// Which side of a join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Left,
    Right,
}

/// What both sides have to say, each with its side, in the order of the records that `place` tells.
pub fn in_order<T>(
    sides: [impl IntoIterator<Item = T>; 2],
    place: impl Fn(Side, &T) -> u32,
) -> impl Iterator<Item = (Side, T)> {
    let [left, right] = sides;
    let of = |side: Side| move |item: T| (side, item);
    itertools::merge_join_by(
        left.into_iter().map(of(Side::Left)),
        right.into_iter().map(of(Side::Right)),
        move |(a, left), (b, right)| place(*a, left) <= place(*b, right),
    )
    .map(itertools::Either::into_inner)
}

/// What became of relations, by their names, each with the steps of a trace.
pub type Changed = HashMap<String, (Changes, Steps)>;

pub struct RunningQuery {
    plan: Stage,
}

enum Stage {
    Source { relation: String },
    One { operator: Box<dyn Running>, stop: Arc<Stop>, input: Box<Stage> },
    Two { operator: Box<dyn Joining>, stop: Arc<Stop>, inputs: Box<[Stage; 2]>, schemas: [SchemaRef; 2] },
}

impl RunningQuery {
    pub fn new(context: &Context<'_>, query: &Query) -> Result<Self, ReplayError> {
        Ok(RunningQuery { plan: Stage::new(context, &query.plan)? })
    }

    /// What becomes of what it reads; `None` where nothing does.
    pub fn run(
        &mut self,
        changed: &Changed,
        context: &mut Context<'_>,
        trace: &mut Option<Trace>,
    ) -> Result<Option<(Changes, Steps)>, ReplayError> {
        self.plan.run(changed, context, trace)
    }

    /// What each operator keeps, by its name.
    pub fn kept(&self) -> Vec<(&str, Kept)> {
        let mut kept = vec![];
        self.plan.kept(&mut kept);
        kept
    }
}

impl Stage {
    fn new(context: &Context<'_>, node: &Node) -> Result<Stage, ReplayError> {
        let fields = &node.fields;
        let (operator, input): (Box<dyn Running>, &Node) = match &node.operator {
            Operator::Source { relation } => return Ok(Stage::Source { relation: relation.clone() }),
            Operator::RegularJoin { left, right, condition } => {
                let join = RegularJoin::new(left, right, condition.as_ref(), fields);
                return Stage::join(context, node, Box::new(join), [&left.node, &right.node]);
            }
            Operator::Join { left, right, kind, left_key, right_key, key } => {
                let join = TableJoin::new(*kind, left, right, [left_key, right_key], *key, fields);
                return Stage::join(context, node, Box::new(join), [left, right]);
            }
            Operator::StreamTableJoin { stream, table, kind, key } => {
                let join = StreamTableJoin::new(*kind, stream, table, key, fields);
                return Stage::join(context, node, Box::new(join), [stream, table]);
            }
            Operator::SystemColumns { input } => (Box::new(SystemColumns::new(input, fields)), input),
            Operator::Calls { input, calls } => (Box::new(Calls::new(context, input, calls, fields)?), input),
            Operator::Rows { input, calls } => (Box::new(Rows::new(context, input, calls, fields)?), input),
            Operator::Filter { input, predicate } => (Box::new(Filter::new(context, input, predicate)), input),
            Operator::Lateral { input, rows, is_outer } => {
                (Box::new(Lateral::new(context, input, rows, *is_outer, fields)?), input)
            }
            Operator::Normalize { input, key, compared } => (Box::new(Normalize::new(key, compared, fields)), input),
            Operator::Materialize { input, key, row_key } => {
                (Box::new(Materialize::new(key, row_key.as_deref(), fields)), input)
            }
            Operator::WithoutUpdateBefore { input } => (Box::new(WithoutUpdateBefore), input),
            Operator::Project { input, expressions } => {
                (Box::new(Project::new(input, expressions.clone(), fields)), input)
            }
            Operator::Aggregate { input, group, aggregates } => {
                (Box::new(Aggregation::new(Grouping::new(context, group, aggregates, fields)?)), input)
            }
            Operator::TimeWindows { input, windows, size, advance, group, bounds } => {
                let windows = TimeWindows::new(context, input, *windows, [*size, *advance], group, *bounds);
                (Box::new(windows), input)
            }
            Operator::Sessions { input, windows, gap, group, aggregates } => {
                let grouping = Grouping::new(context, group, aggregates, fields)?;
                let stream_time = StreamTime::new(context.pipeline, input, group);
                (Box::new(Sessions::new(*windows, *gap, grouping, stream_time)), input)
            }
        };
        let (stop, input) = (Stop::operator(context.pipeline, node), Box::new(Stage::new(context, input)?));
        Ok(Stage::One { operator, stop, input })
    }

    fn join(
        context: &Context<'_>,
        node: &Node,
        operator: Box<dyn Joining>,
        [left, right]: [&Node; 2],
    ) -> Result<Stage, ReplayError> {
        let stop = Stop::operator(context.pipeline, node);
        let schemas = [columns::schema(&left.fields), columns::schema(&right.fields)];
        let inputs = Box::new([Stage::new(context, left)?, Stage::new(context, right)?]);
        Ok(Stage::Two { operator, stop, inputs, schemas })
    }

    fn run(
        &mut self,
        changed: &Changed,
        context: &mut Context<'_>,
        trace: &mut Option<Trace>,
    ) -> Result<Option<(Changes, Steps)>, ReplayError> {
        match self {
            Stage::Source { relation } => Ok(changed.get(relation).cloned()),
            Stage::One { operator, stop, input } => {
                let Some((changes, steps)) = input.run(changed, context, trace)? else { return Ok(None) };
                let mut push = |changes| operator.push(changes, context);
                match trace {
                    Some(trace) => trace.through(stop, (changes, steps), push).map(Some),
                    None => Ok(Some((push(changes)?, steps))),
                }
            }
            Stage::Two { operator, stop, inputs, schemas } => {
                let [left, right] = inputs.as_mut();
                let sides = [left.run(changed, context, trace)?, right.run(changed, context, trace)?];
                let Some(records) = sides.iter().flatten().next().map(|(changes, _)| changes.records.clone()) else {
                    return Ok(None);
                };
                let none = |side: usize| Changes::none(schemas[side].clone(), records.clone());
                let mut push = |sides| operator.push(sides, context);
                match (trace, sides) {
                    (Some(trace), [left, right]) => {
                        let left = left.map(|left| trace.through(stop, left, |left| push([left, none(1)])));
                        let right = right.map(|right| trace.through(stop, right, |right| push([none(0), right])));
                        Ok(together(left.into_iter().chain(right).collect::<Result<_, _>>()?))
                    }
                    (None, [left, right]) => {
                        let left = left.map_or_else(|| none(0), |(left, _)| left);
                        let right = right.map_or_else(|| none(1), |(right, _)| right);
                        Ok(Some((push([left, right])?, vec![])))
                    }
                }
            }
        }
    }

    fn kept<'a>(&'a self, all: &mut Vec<(&'a str, Kept)>) {
        match self {
            Stage::Source { .. } => {}
            Stage::One { operator, stop, input } => {
                all.push((&stop.name, operator.kept()));
                input.kept(all);
            }
            Stage::Two { operator, stop, inputs, .. } => {
                all.push((&stop.name, operator.kept()));
                inputs.iter().for_each(|input| input.kept(all));
            }
        }
    }
}
