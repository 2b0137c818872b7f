//! Which columns of its upsert sources a query uses: a change of the others is none to it, since Flink reads only what the
//! query uses and compares only what it reads.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion_physical_expr::PhysicalExpr;
use datafusion_physical_expr::utils::collect_columns;

use crate::sql::node::{LateralRows, Node, Operator};

/// Tells every `Normalize` below a node which columns are used, of the node's those that `wanted` names.
pub fn mark(node: &mut Node, wanted: &BTreeSet<usize>) {
    match &mut node.operator {
        Operator::Source { .. } => {}
        Operator::Normalize { key, compared, .. } => *compared = wanted.iter().chain(key.iter()).copied().collect(),
        Operator::Project { input, expressions } => {
            let used = wanted.iter().flat_map(|column| columns(&expressions[*column])).collect();
            mark(input, &used);
        }
        Operator::Filter { input, predicate } => {
            let used = wanted.iter().copied().chain(columns(predicate)).collect();
            mark(input, &used);
        }
        Operator::Calls { input, calls } | Operator::Rows { input, calls } => {
            let width = input.fields.len();
            let arguments = calls.iter().flat_map(|call| &call.arguments).flat_map(columns);
            let used = wanted.iter().copied().filter(|column| *column < width).chain(arguments).collect();
            mark(input, &used);
        }
        Operator::Lateral { input, rows, .. } => {
            let width = input.fields.len();
            let arguments = match rows {
                LateralRows::Unnest(list, _) => vec![list.clone()],
                LateralRows::Function(call) => call.arguments.clone(),
            };
            let used = wanted.iter().copied().filter(|column| *column < width);
            let used = used.chain(arguments.iter().flat_map(columns)).collect();
            mark(input, &used);
        }
        Operator::Aggregate { input, group, aggregates } => {
            let of_calls = aggregates.iter().flat_map(|call| call.arguments.iter().chain(&call.filter));
            let used = group.iter().chain(of_calls).flat_map(columns).collect();
            mark(input, &used);
        }
        Operator::RegularJoin { left, right, condition } => {
            let width = left.node.fields.len();
            let used: BTreeSet<usize> = wanted.iter().copied().chain(condition.iter().flat_map(columns)).collect();
            let mut of_left: BTreeSet<usize> = used.iter().copied().filter(|column| *column < width).collect();
            let mut of_right: BTreeSet<usize> =
                used.iter().filter(|column| **column >= width).map(|column| column - width).collect();
            of_left.extend(&left.key);
            of_right.extend(&right.key);
            mark(&mut left.node, &of_left);
            mark(&mut right.node, &of_right);
        }
        Operator::WithoutUpdateBefore { input } | Operator::Materialize { input, .. } => {
            let all = (0..input.fields.len()).collect();
            mark(input, &all);
        }
        // ksqlDB's alone, which has no such sources.
        Operator::Join { .. }
        | Operator::StreamTableJoin { .. }
        | Operator::TimeWindows { .. }
        | Operator::Sessions { .. }
        | Operator::SystemColumns { .. } => {}
    }
}

fn columns(expr: &Arc<dyn PhysicalExpr>) -> BTreeSet<usize> {
    collect_columns(expr).iter().map(|column| column.index()).collect()
}
