//! How late it is: the latest time that a task of Kafka Streams has seen.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion_physical_expr::PhysicalExpr;
use datafusion_physical_expr::expressions::Column;
use streamfn_model::Origin;

use crate::sql::{Node, Operator, Pipeline};

/// The latest time of each task: of each partition that is read, or of all records together once they were repartitioned,
/// as they are with one partition.
pub struct StreamTime {
    by_partition: bool,
    latest: BTreeMap<i32, i64>,
}

impl StreamTime {
    /// Over a node's rows, grouped.
    pub fn new(pipeline: &Pipeline, input: &Node, group: &[Arc<dyn PhysicalExpr>]) -> Self {
        let by_key = group.len() == input.key.len()
            && group.iter().all(|expr| {
                let column = expr.downcast_ref::<Column>();
                column.is_some_and(|column| input.key.iter().any(|part| part.contains(&column.index())))
            });
        StreamTime { by_partition: by_key && keeps_partitions(pipeline, input), latest: BTreeMap::new() }
    }

    /// The latest time, this record's included.
    pub fn observe(&mut self, origin: &Origin, time: i64) -> i64 {
        let task = if self.by_partition { origin.partition } else { 0 };
        let latest = self.latest.entry(task).or_insert(time);
        *latest = time.max(*latest);
        *latest
    }
}

/// Whether a stream's records are in the partitions that they were read from: nothing gave them another key.
fn keeps_partitions(pipeline: &Pipeline, node: &Node) -> bool {
    let same_key = |input: &Node, column: &dyn Fn(usize) -> Option<usize>| {
        input.key.len() == node.key.len()
            && input.key.iter().zip(&node.key).all(|(before, after)| {
                after.first().and_then(|after| column(*after)).is_some_and(|column| before.contains(&column))
            })
    };
    match &node.operator {
        Operator::Source { relation } => {
            let mut filled = pipeline.queries.iter().filter(|query| query.sink == *relation);
            filled.all(|query| keeps_partitions(pipeline, &query.plan))
        }
        Operator::Project { input, expressions } => {
            let column = |after: usize| Some(expressions[after].downcast_ref::<Column>()?.index());
            same_key(input, &column) && keeps_partitions(pipeline, input)
        }
        Operator::StreamTableJoin { stream, .. } => same_key(stream, &Some) && keeps_partitions(pipeline, stream),
        _ => node.inputs().into_iter().all(|input| keeps_partitions(pipeline, input)),
    }
}
