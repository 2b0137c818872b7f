//! COLLECT_LIST with a limit: [`collect_list`], but a row that would be one too many is refused. Nothing is left out
//! silently.

use crate::collect_list;
use crate::packed::{self, Packed};

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct State {
    pub list: collect_list::State,
    /// The limit that all rows came with; none where the list is new.
    pub limit: Option<i32>,
}

pub fn create() -> State {
    State::default()
}

pub fn accumulate<T: Packed>(state: State, x: Option<T>, limit: i32) -> Result<State, String> {
    agreed(state.limit, Some(limit))?;
    if !fits(&state.list.values, limit, 1)? {
        return Err(too_many(limit));
    }
    Ok(settled(collect_list::accumulate(state.list, x), Some(limit)))
}

/// Makes a place free.
pub fn retract<T: Packed>(state: State, x: Option<T>, limit: i32) -> Result<State, String> {
    agreed(state.limit, Some(limit))?;
    Ok(settled(collect_list::retract(state.list, x)?, Some(limit)))
}

pub fn merge(a: State, b: State) -> Result<State, String> {
    let limit = agreed(a.limit, b.limit)?;
    let list = collect_list::merge(a.list, b.list)?;
    match limit {
        Some(limit) if !fits(&list.values, limit, 0)? => Err(too_many(limit)),
        _ => Ok(settled(list, limit)),
    }
}

pub fn value<T: Packed>(state: State) -> Result<Vec<Option<T>>, String> {
    collect_list::value(state.list)
}

/// The limit of two that may be none: without one for the whole list, what it holds would hang on who came last.
fn agreed(a: Option<i32>, b: Option<i32>) -> Result<Option<i32>, String> {
    match (a, b) {
        (_, Some(limit)) | (Some(limit), _) if limit < 1 => {
            Err(format!("a limit is 1 or more, and this one is {limit}"))
        }
        (Some(a), Some(b)) if a != b => Err(format!("a list has one limit, and this one came with {a} and with {b}")),
        _ => Ok(a.or(b)),
    }
}

/// Whether there is place for some values more.
fn fits(values: &[u8], limit: i32, more: usize) -> Result<bool, String> {
    let limit = usize::try_from(limit).unwrap_or(0);
    // No value has less than a byte, so a short list need not be counted.
    Ok(values.len() + more <= limit || packed::count(values)? + more <= limit)
}

fn too_many(limit: i32) -> String {
    format!("the limit of this list is {limit} values, and there is one more: raise it, or filter the rows before")
}

fn settled(list: collect_list::State, limit: Option<i32>) -> State {
    let is_new = list == collect_list::create();
    State { list, limit: limit.filter(|_| !is_new) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMIT: i32 = 5;

    /// `true` adds.
    type Step = (bool, Option<i8>);

    fn all(steps: &[Step]) -> Result<State, String> {
        steps.iter().try_fold(
            create(),
            |state, (adds, x)| {
                if *adds { accumulate(state, *x, LIMIT) } else { retract(state, *x, LIMIT) }
            },
        )
    }

    fn any_steps() -> impl Strategy<Value = Vec<Step>> {
        prop::collection::vec((any::<bool>(), prop::option::of(0_i8..3)), 0..8)
    }

    fn of(values: &[i64], limit: i32) -> Result<State, String> {
        values.iter().try_fold(create(), |state, x| accumulate(state, Some(*x), limit))
    }

    #[test]
    fn the_row_past_the_limit_is_refused_and_the_limit_said() {
        assert_eq!(of(&[7, 8], 2).and_then(value::<i64>), Ok(vec![Some(7), Some(8)]));
        let refusal = "the limit of this list is 2 values, and there is one more: raise it, or filter the rows before";
        assert_eq!(of(&[7, 8, 9], 2), Err(refusal.to_owned()));
        assert!(of(&[7], 0).is_err());
    }

    #[test]
    fn a_value_that_leaves_makes_a_place_free() {
        let list = of(&[7, 8], 2).and_then(|list| retract(list, Some(7_i64), 2));
        assert_eq!(list.and_then(|list| accumulate(list, Some(9_i64), 2)), of(&[8, 9], 2));
    }

    #[test]
    fn a_limit_leaves_place_for_a_value_and_does_not_change() {
        assert_eq!(of(&[7], 0), Err("a limit is 1 or more, and this one is 0".to_owned()));
        assert!(retract(create(), Some(7_i64), -1).is_err());
        let refusal = "a list has one limit, and this one came with 2 and with 3".to_owned();
        assert_eq!(of(&[7], 2).and_then(|list| accumulate(list, Some(8_i64), 3)), Err(refusal));
    }

    #[test]
    fn parts_that_are_too_many_together_are_not_merged() {
        let merged = |a: &[i64], b: &[i64]| merge(of(a, LIMIT)?, of(b, LIMIT)?);
        assert_eq!(merged(&[1, 2, 3], &[4, 5]), of(&[1, 2, 3, 4, 5], LIMIT));
        assert_eq!(merged(&[1, 2, 3], &[4, 5, 6]), Err(too_many(LIMIT)));
    }

    proptest! {
        #[test]
        fn where_the_whole_is_not_refused_the_parts_give_it(a in any_steps(), b in any_steps()) {
            if let (Ok(a), Ok(b), Ok(whole)) = (all(&a), all(&b), all(&[a, b].concat())) {
                prop_assert_eq!(merge(a, b), Ok(whole));
            }
        }

        #[test]
        fn no_list_is_longer_than_its_limit(a in any_steps(), b in any_steps()) {
            if let Ok(merged) = all(&a).and_then(|a| merge(a, all(&b)?)) {
                prop_assert!(packed::count(&merged.list.values).is_ok_and(|count| count <= LIMIT as usize));
            }
        }

        #[test]
        fn accumulated_then_retracted_is_new(values in prop::collection::vec(any::<Option<i8>>(), 0..=5)) {
            let steps: Vec<Step> = [true, false].iter().flat_map(|adds| values.iter().map(|x| (*adds, *x))).collect();
            prop_assert_eq!(all(&steps), Ok(create()));
        }
    }
}
