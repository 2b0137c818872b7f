//! EARLIEST: the value that came first, by the offset of its record and not by the order in which the rows arrive here.
//! It forgets the others, so it cannot retract.

use crate::order::{Ordered, is_less};
use std::cmp::Ordering;

#[derive(Debug, Clone, PartialEq)]
pub struct State<T> {
    /// The value of the smallest offset so far, as [`Ordered::stored`] gives it; of equal offsets the least value.
    pub earliest: Option<T>,
    /// Its offset; 0 where there is none.
    pub offset: i64,
}

pub fn create<T: Ordered>() -> State<T> {
    State { earliest: None, offset: 0 }
}

pub fn accumulate<T: Ordered>(state: State<T>, x: T, offset: i64) -> State<T> {
    let stays = state.earliest.as_ref().is_some_and(|best| match offset.cmp(&state.offset) {
        Ordering::Equal => !is_less(&x, best),
        order => order != Ordering::Less,
    });
    if stays { state } else { State { earliest: Some(x.stored()), offset } }
}

pub fn merge<T: Ordered>(a: State<T>, b: State<T>) -> State<T> {
    match b.earliest {
        Some(x) => accumulate(a, x, b.offset),
        None => a,
    }
}

pub fn value<T: Ordered>(state: State<T>) -> Option<T> {
    state.earliest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all<T: Ordered>(rows: &[(T, i64)]) -> State<T> {
        rows.iter().fold(create(), |state, (x, offset)| accumulate(state, x.clone(), *offset))
    }

    #[test]
    fn the_earliest_of_nothing_is_null() {
        assert_eq!(value(create::<bool>()), None);
    }

    #[test]
    fn the_offset_decides_and_not_the_arrival() {
        let rows = [("b", -7), ("a", 3), ("c", -7)].map(|(x, offset)| (x.to_owned(), offset));
        assert_eq!(value(all(&rows)), Some("b".to_owned()));
    }

    #[test]
    fn a_nan_of_one_offset_is_stored_as_the_one_nan() {
        assert_eq!(value(all(&[(-f64::NAN, 0)])).map(f64::to_bits), Some(0x7ff8_0000_0000_0000));
    }

    proptest! {
        #[test]
        fn it_is_the_first_of_the_sorted_rows(mut rows in prop::collection::vec((any::<i32>(), -3_i64..3), 0..12)) {
            let answer = value(all(&rows));
            rows.sort_by_key(|(x, offset)| (*offset, *x));
            prop_assert_eq!(answer, rows.first().map(|(x, _)| *x));
        }

        #[test]
        fn split_and_merged_either_way_is_the_whole(
            a in prop::collection::vec((any::<u8>().prop_map(|x| f64::from(x % 3) - 1.0), -2_i64..2), 0..8),
            b in prop::collection::vec((any::<u8>().prop_map(|x| f64::from(x % 3) - 1.0), -2_i64..2), 0..8),
        ) {
            let whole = all(&[a.clone(), b.clone()].concat());
            prop_assert_eq!(merge(all(&a), all(&b)), whole.clone());
            prop_assert_eq!(merge(all(&b), all(&a)), whole);
        }

        #[test]
        fn merging_with_new_changes_nothing(rows: Vec<(String, i64)>) {
            prop_assert_eq!(merge(all(&rows), create()), all(&rows));
            prop_assert_eq!(merge(create(), all(&rows)), all(&rows));
        }
    }
}
