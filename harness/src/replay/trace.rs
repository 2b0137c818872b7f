//! What became of each record on its way: one step for each operator that a change of it went through.
//!
//! Changes are cut into transitions before each operator, so that what comes out is known to come from one of them. Cuts change
//! no outcome; they cost time, and a run without a trace has none.

use std::sync::Arc;

use streamfn_model::{Changes, Field, Kind, Origin, Value, columns};

use super::changelog::Told;
use super::error::ReplayError;
use crate::sql::{LateralRows, Node, Operator, Pipeline, Relation, without_places};

/// What a record, or a change that it led to, became at one place.
#[derive(Debug, Clone)]
pub struct Step {
    /// The step before, by its place in [`Trace::steps`]; `None` for the record itself.
    pub parent: Option<usize>,
    pub stop: Arc<Stop>,
    pub origin: Origin,
    /// The changes that came out: none, one, or a row before and after.
    pub changes: Vec<(Kind, Vec<Value>)>,
}

/// Where changes come by: a source, an operator or the table at a query's end.
#[derive(Debug, PartialEq)]
pub struct Stop {
    /// As a stream engineer calls it.
    pub name: String,
    pub fields: Vec<Field>,
    /// The relation that is filled here.
    pub table: Option<String>,
}

/// Steps in the order in which they happened.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    pub steps: Vec<Step>,
}

/// The step that each row of a batch comes from; without a trace none.
pub type Steps = Vec<usize>;

impl Trace {
    /// Notes what came out of one place; each transition is a step.
    pub fn note(&mut self, stop: &Arc<Stop>, parents: impl Fn(usize) -> Option<usize>, changes: &Changes) -> Steps {
        let mut steps = vec![];
        for transition in changes.transitions(|_, _| true) {
            let rows: Vec<usize> = transition.before.into_iter().chain(transition.after).collect();
            let Some(first) = rows.first() else { continue };
            steps.extend(rows.iter().map(|_| self.steps.len()));
            let told = rows.iter().map(|row| (changes.kinds[*row], columns::read_row(&changes.rows, *row))).collect();
            let origin = changes.origin(*first).clone();
            self.steps.push(Step { parent: parents(*first), stop: stop.clone(), origin, changes: told });
        }
        steps
    }

    /// Notes what a record is to a query.
    pub fn note_record(&mut self, relation: &Relation, changes: &Changes, origin: Origin) -> Steps {
        let stop = Stop::source(relation);
        if changes.is_empty() {
            self.note_nothing(&stop, None, origin);
        }
        self.note(&stop, |_| None, changes)
    }

    /// Notes that nothing came out.
    fn note_nothing(&mut self, stop: &Arc<Stop>, parent: Option<usize>, origin: Origin) {
        self.steps.push(Step { parent, stop: stop.clone(), origin, changes: vec![] });
    }

    /// Sends changes through an operator, a transition at a time.
    pub fn through(
        &mut self,
        stop: &Arc<Stop>,
        (changes, steps): (Changes, Steps),
        mut push: impl FnMut(Changes) -> Result<Changes, ReplayError>,
    ) -> Result<(Changes, Steps), ReplayError> {
        let (mut told, mut left) = (Told::of(&changes.records), vec![]);
        for transition in changes.transitions(|_, _| true) {
            let Some(first) = transition.before.or(transition.after) else { continue };
            let rows = usize::from(transition.before.is_some()) + usize::from(transition.after.is_some());
            let out = push(slice(&changes, first, rows))?;
            let parent = steps.get(first).copied();
            match out.is_empty() {
                true => self.note_nothing(stop, parent, changes.origin(first).clone()),
                false => left.extend(self.note(stop, |_| parent, &out)),
            }
            for row in 0..out.len() {
                told.say(out.kinds[row], columns::read_row(&out.rows, row), out.times[row], out.places[row]);
            }
        }
        Ok((told.changes(&stop.fields)?, left))
    }
}

impl Stop {
    /// An operator of a query.
    pub fn operator(pipeline: &Pipeline, node: &Node) -> Arc<Stop> {
        let function = |of| pipeline.functions.function(of).sql_name.as_str();
        let fields = readable_fields(node);
        let group = |columns: usize| fields[..columns].iter().map(|f| f.name.as_str()).collect::<Vec<_>>().join(", ");
        let name = match &node.operator {
            Operator::Source { relation } => format!("source {relation}"),
            Operator::SystemColumns { .. } => "system columns".to_owned(),
            Operator::Calls { calls, .. } | Operator::Rows { calls, .. } => {
                calls.iter().map(|call| function(call.function)).collect::<Vec<_>>().join(", ")
            }
            Operator::Lateral { rows: LateralRows::Unnest(..), .. } => "UNNEST".to_owned(),
            Operator::Lateral { rows: LateralRows::Function(call), .. } => {
                format!("LATERAL TABLE({})", function(call.function))
            }
            Operator::Filter { input, .. } => match input.operator {
                Operator::Aggregate { .. } | Operator::Sessions { .. } => "HAVING".to_owned(),
                _ => "WHERE".to_owned(),
            },
            Operator::Project { .. } => "SELECT".to_owned(),
            Operator::Normalize { .. } => "ChangelogNormalize".to_owned(),
            Operator::Materialize { .. } => "SinkUpsertMaterializer".to_owned(),
            Operator::WithoutUpdateBefore { .. } => "DropUpdateBefore".to_owned(),
            Operator::Aggregate { group: by, .. } if by.is_empty() => "aggregate of all rows".to_owned(),
            Operator::Aggregate { group: by, .. } => format!("GROUP BY {}", group(by.len())),
            Operator::TimeWindows { .. } => "WINDOW".to_owned(),
            Operator::Sessions { group: by, .. } => format!("WINDOW SESSION, GROUP BY {}", group(by.len())),
            Operator::Join { .. } | Operator::StreamTableJoin { .. } | Operator::RegularJoin { .. } => {
                "JOIN".to_owned()
            }
        };
        Arc::new(Stop { name, fields, table: None })
    }

    /// Where a topic's records come in.
    pub fn source(relation: &Relation) -> Arc<Stop> {
        Arc::new(Stop { name: format!("source {}", relation.name), fields: relation.fields.clone(), table: None })
    }

    /// What a query fills.
    pub fn table(relation: &Relation) -> Arc<Stop> {
        let (name, fields) = (format!("into {}", relation.name), relation.fields.clone());
        Arc::new(Stop { name, fields, table: Some(relation.name.clone()) })
    }
}

/// An operator's columns with names for people: without what the planner put into them, and where both sides of a join have
/// one of a name, with whose it is.
fn readable_fields(node: &Node) -> Vec<Field> {
    let inputs = node.inputs();
    let passes_on = |input: &Node| {
        let names = input.fields.iter().zip(&node.fields);
        input.fields.len() <= node.fields.len() && names.clone().all(|(before, field)| before.name == field.name)
    };
    let before = match inputs[..] {
        [input] if passes_on(input) => readable_fields(input),
        _ => vec![],
    };
    let left = inputs.first().map_or(0, |input| input.fields.len());
    let is_twice = |name: &str| node.fields.iter().filter(|field| field.name == name).count() > 1;
    let name = |place: usize, field: &Field| match before.get(place) {
        Some(before) => before.name.clone(),
        None if inputs.len() == 2 && is_twice(&field.name) => {
            format!("{}.{}", if place < left { "left" } else { "right" }, field.name)
        }
        None => without_places(&field.name),
    };
    let named = node.fields.iter().enumerate();
    named.map(|(place, field)| Field { name: name(place, field), ..field.clone() }).collect()
}

/// Neighbouring rows.
fn slice(changes: &Changes, first: usize, rows: usize) -> Changes {
    let of = first..first + rows;
    Changes {
        rows: changes.rows.slice(first, rows).into(),
        kinds: changes.kinds[of.clone()].to_vec(),
        times: changes.times[of.clone()].to_vec(),
        places: changes.places[of.clone()].to_vec(),
        records: changes.records.clone(),
        kept: changes.kept.as_ref().map(|rows| rows[of].into()),
    }
}
