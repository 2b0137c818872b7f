//! The share of rows in which something holds. The logic first, as plain functions of a plain state; below it the glue,
//! which only translates.

/// The rows of one group. Whole numbers, so that the order in which rows come makes no difference.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Share {
    /// How many rows there are.
    pub rows: i64,
    /// In how many of them it holds; between 0 and `rows` whenever every retracted row was accumulated.
    pub hits: i64,
}

impl Share {
    pub fn accumulate(self, holds: bool) -> Share {
        Share {
            rows: self.rows + 1,
            hits: self.hits + i64::from(holds),
        }
    }

    pub fn retract(self, holds: bool) -> Share {
        Share {
            rows: self.rows - 1,
            hits: self.hits - i64::from(holds),
        }
    }

    pub fn merge(self, other: Share) -> Share {
        Share {
            rows: self.rows + other.rows,
            hits: self.hits + other.hits,
        }
    }

    pub fn value(self) -> Option<f64> {
        (self.rows != 0).then(|| self.hits as f64 / self.rows as f64)
    }
}

mod component {
    use super::Share;
    use exports::{{snake}}::functions::{{snake}}::{Guest, State};

    wit_bindgen::generate!({ path: "wit", world: "plugin" });

    struct Plugin;
    export!(Plugin);

    impl Guest for Plugin {
        fn create() -> State {
            Share::default().into()
        }

        fn accumulate(state: State, holds: bool) -> State {
            Share::from(state).accumulate(holds).into()
        }

        fn retract(state: State, holds: bool) -> State {
            Share::from(state).retract(holds).into()
        }

        fn merge(a: State, b: State) -> State {
            Share::from(a).merge(b.into()).into()
        }

        fn value(state: State) -> Option<f64> {
            Share::from(state).value()
        }
    }

    impl From<State> for Share {
        fn from(State { rows, hits }: State) -> Self {
            Share { rows, hits }
        }
    }

    impl From<Share> for State {
        fn from(Share { rows, hits }: Share) -> Self {
            State { rows, hits }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Share;

    #[test]
    fn the_value_is_the_share_of_hits() {
        let share = [true, false, false, true]
            .into_iter()
            .fold(Share::default(), Share::accumulate);
        assert_eq!(share.value(), Some(0.5));
        assert_eq!(Share::default().value(), None);
    }

    #[test]
    fn retracting_every_row_gives_the_new_state() {
        let share = Share::default()
            .accumulate(true)
            .accumulate(false)
            .retract(true)
            .retract(false);
        assert_eq!(share, Share::default());
    }

    #[test]
    fn two_parts_merged_are_the_whole() {
        let (a, b) = (
            Share::default().accumulate(true),
            Share::default().accumulate(false),
        );
        assert_eq!(
            a.merge(b),
            Share::default().accumulate(true).accumulate(false)
        );
    }
}
