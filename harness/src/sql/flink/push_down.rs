//! WHERE as near to the tables as Flink's planner takes it: below the SELECT list, and to the side of a join that it speaks
//! of. It matters where rows are taken back, since only there a row that no longer passes becomes a deletion.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::AsArray;
use datafusion_common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion_physical_expr::PhysicalExpr;
use datafusion_physical_expr::expressions::Column;
use streamfn_model::{Field, Value, columns};

use crate::sql::ddl::Collection;
use crate::sql::expression::conjuncts;
use crate::sql::node::{JoinSide, Node, Operator};

type Predicate = Arc<dyn PhysicalExpr>;

/// The rows of a node for which the predicate is true.
pub fn filtered(input: Node, predicate: Predicate) -> Node {
    match input.operator {
        Operator::Project { .. } => below_projection(input, predicate),
        Operator::RegularJoin { .. } => into_join(input, predicate),
        Operator::Normalize { .. } => below_upserts(input, predicate),
        _ => filter(input, predicate),
    }
}

fn filter(input: Node, predicate: Predicate) -> Node {
    let (fields, collection, key) = (input.fields.clone(), input.collection, input.key.clone());
    Node { operator: Operator::Filter { input: Box::new(input), predicate }, fields, collection, key }
}

fn below_projection(node: Node, predicate: Predicate) -> Node {
    let Operator::Project { input, expressions } = &node.operator else { return filter(node, predicate) };
    let source = |column: usize| expressions[column].downcast_ref::<Column>().cloned();
    if used(&predicate).into_iter().any(|column| source(column).is_none()) {
        return filter(node, predicate);
    }
    let Some(moved) = replaced(&predicate, source) else { return filter(node, predicate) };
    let input = filtered(*input.clone(), moved);
    let collection = input.collection;
    let operator = Operator::Project { input: Box::new(input), expressions: expressions.clone() };
    Node { operator, collection, ..node }
}

/// What is said of the key alone is true of all upserts of a row or of none.
fn below_upserts(mut node: Node, predicate: Predicate) -> Node {
    let Operator::Normalize { input, key, .. } = &mut node.operator else { return filter(node, predicate) };
    let (of_key, rest): (Vec<_>, Vec<_>) =
        conjuncts(&predicate).into_iter().partition(|conjunct| used(conjunct).iter().all(|c| key.contains(c)));
    **input = of_key.into_iter().fold(*input.clone(), filter);
    rest.into_iter().fold(node, filter)
}

fn into_join(mut node: Node, predicate: Predicate) -> Node {
    let mut rest = vec![];
    for conjunct in conjuncts(&predicate) {
        let Operator::RegularJoin { left, right, .. } = &mut node.operator else { return filter(node, predicate) };
        let width = left.node.fields.len();
        let columns = used(&conjunct);
        let (of_left, of_right) = (columns.iter().all(|c| *c < width), columns.iter().all(|c| *c >= width));
        if columns.is_empty() {
            rest.push(conjunct);
            continue;
        }
        // A row that was filled up with nulls does not pass, so none has to be.
        if rejects_null(&conjunct, &node.fields) {
            match (of_left, of_right) {
                (true, _) => right.is_outer = false,
                (_, true) => left.is_outer = false,
                _ => {}
            }
        }
        // What a side's filter leaves out must not come back filled up with nulls.
        let moved = match (of_left, of_right) {
            (true, _) if !right.is_outer => Some(conjunct.clone()),
            (_, true) if !left.is_outer => {
                let names = right.node.fields.clone();
                replaced(&conjunct, |column| Some(Column::new(&names[column - width].name, column - width)))
            }
            _ => None,
        };
        match moved {
            Some(moved) if of_left => side(left, moved),
            Some(moved) => side(right, moved),
            None => rest.push(conjunct),
        }
    }
    if let Operator::RegularJoin { left, right, .. } = &node.operator {
        (node.fields, node.collection) = joined(left, right);
    }
    rest.into_iter().fold(node, filter)
}

/// A condition of a join that speaks of one side alone leaves out rows of it before they are joined, unless that side is to
/// be kept whole. Gives the condition back where it stays one of the join.
pub fn onto_side(left: &mut JoinSide, right: &mut JoinSide, condition: Predicate) -> Option<Predicate> {
    let width = left.node.fields.len();
    let columns = used(&condition);
    if columns.is_empty() {
        return Some(condition);
    }
    if columns.iter().all(|c| *c < width) && !left.is_outer {
        side(left, condition);
        return None;
    }
    if columns.iter().all(|c| *c >= width) && !right.is_outer {
        let names = right.node.fields.clone();
        let moved = replaced(&condition, |column| Some(Column::new(&names[column - width].name, column - width)));
        return match moved {
            Some(moved) => {
                side(right, moved);
                None
            }
            None => Some(condition),
        };
    }
    Some(condition)
}

/// The columns of a join and whether it only adds rows: a side's may be null where the other's rows are kept alone.
pub fn joined(left: &JoinSide, right: &JoinSide) -> (Vec<Field>, Collection) {
    let columns = |side: &JoinSide, other: &JoinSide| {
        let padded = other.is_outer;
        let field = |field: &Field| Field { nullable: field.nullable || padded, ..field.clone() };
        side.node.fields.iter().map(field).collect::<Vec<_>>()
    };
    let fields = [columns(left, right), columns(right, left)].concat();
    let appends = |side: &JoinSide| side.node.collection == Collection::Stream && !side.is_outer;
    (fields, if appends(left) && appends(right) { Collection::Stream } else { Collection::Table })
}

fn side(side: &mut JoinSide, predicate: Predicate) {
    side.node = filtered(side.node.clone(), predicate);
}

/// Whether the predicate is not true where all columns are null.
fn rejects_null(predicate: &Predicate, fields: &[Field]) -> bool {
    let nulls = columns::batch(fields, &[vec![Value::Null; fields.len()]]);
    let answer = nulls.ok().and_then(|row| predicate.evaluate(&row).ok()?.into_array(1).ok());
    answer.is_some_and(|answer| !answer.as_boolean_opt().is_some_and(|answer| columns::is_true(answer, 0)))
}

fn used(predicate: &Predicate) -> BTreeSet<usize> {
    datafusion_physical_expr::utils::collect_columns(predicate).iter().map(Column::index).collect()
}

/// The expression over other columns; `None` if one has no place there.
fn replaced(predicate: &Predicate, place: impl Fn(usize) -> Option<Column>) -> Option<Predicate> {
    let moved = predicate.clone().transform(|part| {
        Ok(match part.downcast_ref::<Column>().and_then(|column| place(column.index())) {
            Some(column) => Transformed::yes(Arc::new(column) as Predicate),
            None => Transformed::no(part),
        })
    });
    moved.data().ok()
}
