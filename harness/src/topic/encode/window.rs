//! What the key of a windowed table ends with: the bounds of the row's window, as Kafka Streams' serialisers write them.

use streamfn_model::Value;
use streamfn_model::window::Window;

use crate::sql::system_columns::{WINDOWEND, WINDOWSTART};
use crate::sql::{Node, Operator, Pipeline, Relation};

/// The bounds behind the key's own bytes, by their columns: for a session its end and its start
/// (`SessionKeySchema.writeBinary`), else the start alone (`WindowKeySchema.toBinary`), eight bytes each, the highest first.
#[derive(Debug, Clone, Copy)]
pub struct WindowKey {
    start: usize,
    /// A session's.
    end: Option<usize>,
}

impl WindowKey {
    /// `None` where there are no windows.
    pub fn of(pipeline: &Pipeline, relation: &Relation) -> Result<Option<WindowKey>, String> {
        let column = |name| relation.key.iter().copied().find(|column| relation.fields[*column].name == name);
        let (Some(start), Some(end)) = (column(WINDOWSTART), column(WINDOWEND)) else { return Ok(None) };
        match window(pipeline, &relation.name) {
            Some(Window::Time { .. }) => Ok(Some(WindowKey { start, end: None })),
            Some(Window::Session { .. }) => Ok(Some(WindowKey { start, end: Some(end) })),
            None => Err("its key has the bounds of a window, and no query says of which kind".to_owned()),
        }
    }

    /// Behind the key.
    pub fn write(self, row: &[Value], key: &mut Vec<u8>) -> Result<(), String> {
        for column in self.end.into_iter().chain([self.start]) {
            match row.get(column) {
                Some(Value::S64(bound)) => key.extend(bound.to_be_bytes()),
                other => return Err(format!("wanted the bound of a window, found {other:?}")),
            }
        }
        Ok(())
    }
}

/// Whether a column is the bound of a window in the key.
pub fn is_bound(relation: &Relation, column: usize) -> bool {
    [WINDOWSTART, WINDOWEND].contains(&relation.fields[column].name.as_str())
}

/// The window of the query that fills a relation, or of what that query reads first.
fn window(pipeline: &Pipeline, relation: &str) -> Option<Window> {
    let query = pipeline.queries.iter().find(|query| query.sink == relation)?;
    window_in(&query.plan).or_else(|| window(pipeline, query.plan.first_source()?))
}

fn window_in(plan: &Node) -> Option<Window> {
    match &plan.operator {
        Operator::TimeWindows { windows, .. } | Operator::Sessions { windows, .. } => Some(windows.window),
        _ => plan.inputs().into_iter().find_map(window_in),
    }
}
