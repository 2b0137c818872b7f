//! Which operators need not say what a row was: `FlinkChangelogModeInferenceProgram` asks each whether the ones after it can
//! do with rows as they are now.

use std::collections::BTreeSet;

use super::upsert_key::upsert_keys;
use crate::sql::ddl::Collection;
use crate::sql::node::{JoinSide, Node, Operator};

/// Drops every `-U` that the plan can do without, or none.
pub fn leave_out(plan: &mut Node) {
    let mut without = plan.clone();
    if dropped(&mut without, true) {
        *plan = without;
    }
}

/// Whether the node can send rows as they are now alone; it does then. `by_key`: a deletion needs no more than the key of its
/// row.
fn dropped(node: &mut Node, by_key: bool) -> bool {
    if node.collection == Collection::Stream {
        return true;
    }
    let over_normalized = node.is_over_normalized();
    match &mut node.operator {
        // Upserts are what is wanted: nothing compares them.
        Operator::Normalize { input, .. } if by_key => {
            let input = input.as_ref().clone();
            *node = input;
            true
        }
        // A row that passed and no longer does would never be taken back.
        Operator::Filter { .. } if !over_normalized => false,
        Operator::Source { .. } | Operator::Filter { .. } | Operator::Normalize { .. } | Operator::Aggregate { .. } => {
            let input = Box::new(node.clone());
            node.operator = Operator::WithoutUpdateBefore { input };
            true
        }
        Operator::Calls { input, .. } | Operator::Rows { input, .. } | Operator::Lateral { input, .. } => {
            dropped(input, false)
        }
        Operator::Project { input, .. } => dropped(input, by_key),
        // Also with a condition beside the keys: a deletion that has the key alone is then joined with nothing (seen in Flink
        // 2.3.0, where the joined row stays in the table).
        Operator::RegularJoin { left, right, .. } => {
            [left, right].into_iter().all(|side| replaces(side) && dropped(&mut side.node, by_key))
        }
        Operator::WithoutUpdateBefore { .. } | Operator::Materialize { .. } => true,
        // ksqlDB's.
        Operator::Join { .. }
        | Operator::StreamTableJoin { .. }
        | Operator::TimeWindows { .. }
        | Operator::Sessions { .. }
        | Operator::SystemColumns { .. } => false,
    }
}

/// Whether a new row of this side of a join replaces the old one where the old one was.
fn replaces(side: &JoinSide) -> bool {
    let by: BTreeSet<usize> = side.key.iter().copied().collect();
    side.node.collection == Collection::Stream || upsert_keys(&side.node).iter().any(|key| by.is_subset(key))
}
