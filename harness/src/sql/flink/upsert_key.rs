//! What tells the rows of a changelog apart: sets of columns, each of which two rows never share at once.
//!
//! As `FlinkRelMdUpsertKeys` has it: a key that a join does not shuffle by is none behind it, for changes of one row might
//! overtake each other there.

use std::collections::BTreeSet;

use datafusion_physical_expr::expressions::Column;

use crate::sql::node::{JoinSide, Node, Operator};

type Key = BTreeSet<usize>;

/// The upsert keys of what leaves a node, none if rows are known only as a whole.
pub fn upsert_keys(node: &Node) -> Vec<Key> {
    match &node.operator {
        Operator::Source { .. } | Operator::Rows { .. } | Operator::Lateral { .. } => vec![],
        // ksqlDB's, where the key is the relation's.
        Operator::Join { .. }
        | Operator::StreamTableJoin { .. }
        | Operator::TimeWindows { .. }
        | Operator::Sessions { .. }
        | Operator::SystemColumns { .. } => vec![],
        Operator::Normalize { key, .. } | Operator::Materialize { key, .. } => vec![key.iter().copied().collect()],
        Operator::Aggregate { group, .. } => vec![(0..group.len()).collect()],
        Operator::Filter { input, .. } | Operator::Calls { input, .. } | Operator::WithoutUpdateBefore { input } => {
            upsert_keys(input)
        }
        Operator::Project { input, expressions } => {
            let places = |column: &usize| {
                (0..expressions.len())
                    .find(|i| expressions[*i].downcast_ref::<Column>().is_some_and(|c| c.index() == *column))
            };
            let keys = upsert_keys(input);
            keys.iter().filter_map(|key| key.iter().map(places).collect::<Option<Key>>()).collect()
        }
        Operator::RegularJoin { left, right, .. } => joined(left, right),
    }
}

/// `FlinkRelMdUniqueKeys.getJoinUniqueKeys`: a pair of keys, and one side's alone where the other has one row for each of
/// its.
fn joined(left: &JoinSide, right: &JoinSide) -> Vec<Key> {
    let width = left.node.fields.len();
    let (of_left, of_right) = (distributed(left), distributed(right));
    let moved: Vec<Key> = of_right.iter().map(|key| key.iter().map(|column| column + width).collect()).collect();
    let mut keys = vec![];
    if is_unique(right) && !right.is_outer {
        keys.extend(of_left.iter().cloned());
    }
    if is_unique(left) && !left.is_outer {
        keys.extend(moved.iter().cloned());
    }
    for l in &of_left {
        keys.extend(moved.iter().map(|r| l.union(r).copied().collect::<Key>()));
    }
    keys
}

/// The keys of a side that hold all of what it is joined by.
fn distributed(side: &JoinSide) -> Vec<Key> {
    let by: Key = side.key.iter().copied().collect();
    upsert_keys(&side.node).into_iter().filter(|key| by.is_subset(key)).collect()
}

/// Whether a side has at most one row for each value of what it is joined by.
fn is_unique(side: &JoinSide) -> bool {
    let by: Key = side.key.iter().copied().collect();
    upsert_keys(&side.node).iter().any(|key| key.is_subset(&by))
}
