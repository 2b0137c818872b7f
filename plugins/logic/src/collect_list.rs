//! COLLECT_LIST: every value in the order of arrival, nulls too. A value that is retracted is the last equal one, as
//! ksqlDB's undo has it.

use crate::packed::{self, Packed};

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct State {
    /// The values, as [`packed`] writes them.
    pub values: Vec<u8>,
    /// Values that were retracted and are not here, in the order in which they were: the part that this one is merged
    /// with has them.
    pub owed: Vec<u8>,
}

pub fn create() -> State {
    State::default()
}

pub fn accumulate<T: Packed>(mut state: State, x: Option<T>) -> State {
    packed::append(&mut state.values, x);
    state
}

/// Looks through the whole list.
pub fn retract<T: Packed>(state: State, x: Option<T>) -> Result<State, String> {
    let mut entry = Vec::new();
    packed::append(&mut entry, x);
    without(state, &entry)
}

/// As if the rows of `b` had come after those of `a`.
pub fn merge(a: State, b: State) -> Result<State, String> {
    let mut whole = packed::entries(&b.owed).try_fold(a, |whole, entry| without(whole, entry?.whole))?;
    whole.values.extend_from_slice(&b.values);
    Ok(whole)
}

/// Refused if a value was retracted that never came.
pub fn value<T: Packed>(state: State) -> Result<Vec<Option<T>>, String> {
    match packed::count(&state.owed)? {
        0 => packed::values(&state.values),
        owed => Err(format!("only a value that was added can be retracted, and {owed} were retracted and never added")),
    }
}

fn without(mut state: State, entry: &[u8]) -> Result<State, String> {
    if !packed::remove_last(&mut state.values, entry)? {
        state.owed.extend_from_slice(entry);
    }
    Ok(state)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `true` adds.
    type Step = (bool, Option<i8>);

    fn after(state: State, steps: &[Step]) -> State {
        let step = |state, (adds, x): &Step| if *adds { Ok(accumulate(state, *x)) } else { retract(state, *x) };
        steps.iter().try_fold(state, step).expect("the state is sound")
    }

    fn all(steps: &[Step]) -> State {
        after(create(), steps)
    }

    /// Few different values, so that equal ones meet.
    fn any_steps() -> impl Strategy<Value = Vec<Step>> {
        prop::collection::vec((any::<bool>(), prop::option::of(0_i8..3)), 0..12)
    }

    #[test]
    fn the_list_of_nothing_is_empty() {
        assert_eq!(value::<String>(create()), Ok(Vec::new()));
    }

    #[test]
    fn values_stay_in_the_order_of_arrival_and_nulls_are_values() {
        let steps = [(true, Some(2)), (true, None), (true, Some(1)), (true, Some(2))];
        assert_eq!(value(all(&steps)), Ok(vec![Some(2_i8), None, Some(1), Some(2)]));
    }

    /// ksqlDB's COLLECT_LIST over a table: an update undoes the old value and adds the new one at the end.
    #[test]
    fn the_last_equal_value_leaves() {
        let steps = [(true, Some(1)), (true, Some(2)), (true, Some(1)), (true, Some(3)), (false, Some(1))];
        assert_eq!(value(all(&steps)), Ok(vec![Some(1_i8), Some(2), Some(3)]));
    }

    #[test]
    fn a_value_that_never_came_cannot_leave() {
        let refusal = "only a value that was added can be retracted, and 1 were retracted and never added";
        assert_eq!(value::<i8>(all(&[(true, Some(1)), (false, Some(2))])), Err(refusal.to_owned()));
    }

    #[test]
    fn a_broken_state_is_refused() {
        let broken = || State { values: vec![9, 1], owed: Vec::new() };
        assert!(value::<i8>(broken()).is_err());
        assert!(retract(broken(), Some(1_i8)).is_err());
        assert!(value::<i8>(State { values: Vec::new(), owed: vec![9, 1] }).is_err());
        assert!(merge(create(), State { values: Vec::new(), owed: vec![9, 1] }).is_err());
    }

    proptest! {
        #[test]
        fn split_and_merged_is_the_whole_whatever_a_part_owes(a in any_steps(), b in any_steps()) {
            prop_assert_eq!(merge(all(&a), all(&b)), Ok(all(&[a, b].concat())));
        }

        #[test]
        fn accumulated_then_retracted_in_any_order_is_new(values: Vec<Option<i8>>, seed: usize) {
            let added: Vec<Step> = values.iter().map(|x| (true, *x)).collect();
            let mut retracted: Vec<Step> = values.iter().map(|x| (false, *x)).collect();
            retracted.rotate_left(seed % values.len().max(1));
            prop_assert_eq!(after(all(&added), &retracted), create());
        }

        #[test]
        fn merging_with_new_changes_nothing(steps in any_steps()) {
            prop_assert_eq!(merge(all(&steps), create()), Ok(all(&steps)));
            prop_assert_eq!(merge(create(), all(&steps)), Ok(all(&steps)));
        }

        #[test]
        fn it_is_the_list_that_a_vec_would_be(values: Vec<Option<String>>) {
            let state = values.iter().fold(create(), |state, x| accumulate(state, x.clone()));
            prop_assert_eq!(value(state), Ok(values));
        }
    }
}
