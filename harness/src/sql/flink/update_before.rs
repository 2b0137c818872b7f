//! Which operators need not say what a row was: `FlinkChangelogModeInferenceProgram` asks each whether the ones after it can
//! do with rows as they are now.

use std::collections::BTreeSet;

use super::upsert_key::upsert_keys;
use crate::sql::ddl::Collection;
use crate::sql::node::{JoinSide, Node, Operator};

/// Drops every `-U` that the plan can do without, or none.
pub fn leave_out(plan: &mut Node) {
    let mut without = plan.clone();
    if dropped(&mut without) {
        *plan = without;
    }
}

/// Whether the node can send rows as they are now alone; it does then.
fn dropped(node: &mut Node) -> bool {
    if node.collection == Collection::Stream {
        return true;
    }
    let over_normalized = node.is_over_normalized();
    match &mut node.operator {
        Operator::Source { .. } | Operator::Normalize { .. } | Operator::Aggregate { .. } => {
            let input = Box::new(node.clone());
            node.operator = Operator::WithoutUpdateBefore { input };
            true
        }
        // A row that passed and no longer does would never be taken back.
        Operator::Filter { .. } if !over_normalized => false,
        Operator::Filter { input, .. }
        | Operator::Project { input, .. }
        | Operator::Calls { input, .. }
        | Operator::Rows { input, .. } => dropped(input),
        Operator::RegularJoin { left, right, .. } => {
            [left, right].into_iter().all(|side| replaces(side) && dropped(&mut side.node))
        }
        Operator::WithoutUpdateBefore { .. } | Operator::Materialize { .. } => true,
        Operator::Join { .. } => false,
    }
}

/// Whether a new row of this side of a join replaces the old one where the old one was.
fn replaces(side: &JoinSide) -> bool {
    let by: BTreeSet<usize> = side.key.iter().copied().collect();
    side.node.collection == Collection::Stream || upsert_keys(&side.node).iter().any(|key| by.is_subset(key))
}
