//! COUNT: how many rows, or how many values that are not null. What was counted is not looked at.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// Rows added, less rows retracted. Below zero only in a part that is to be merged with another.
    pub rows: i64,
}

pub fn create() -> State {
    State { rows: 0 }
}

pub fn accumulate(state: State) -> State {
    State { rows: state.rows.wrapping_add(1) }
}

pub fn retract(state: State) -> State {
    State { rows: state.rows.wrapping_sub(1) }
}

pub fn merge(a: State, b: State) -> State {
    State { rows: a.rows.wrapping_add(b.rows) }
}

pub fn value(state: State) -> i64 {
    state.rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn times(n: u8, state: State, step: fn(State) -> State) -> State {
        (0..n).fold(state, |state, _| step(state))
    }

    #[test]
    fn the_count_of_nothing_is_zero() {
        assert_eq!(value(create()), 0);
    }

    proptest! {
        #[test]
        fn accumulated_then_retracted_is_new(n: u8) {
            prop_assert_eq!(times(n, times(n, create(), accumulate), retract), create());
        }

        #[test]
        fn split_and_merged_is_the_whole(a: u8, b: u8) {
            let whole = times(b, times(a, create(), accumulate), accumulate);
            prop_assert_eq!(merge(times(a, create(), accumulate), times(b, create(), accumulate)), whole);
        }
    }
}
