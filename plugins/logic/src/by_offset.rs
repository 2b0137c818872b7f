//! EARLIEST and LATEST: the value that came first or last, by the offset of its record and not by the order in which the
//! rows arrive here. They forget the others, so they cannot retract.

use crate::order::{End, Ordered};

#[derive(Debug, Clone, PartialEq)]
pub struct State<T> {
    /// The value of the offset nearest to the end so far, as [`Ordered::stored`] gives it; of equal offsets the value
    /// nearest to the same end.
    pub best: Option<T>,
    /// Its offset; 0 where there is none.
    pub offset: i64,
}

pub fn create<T: Ordered>() -> State<T> {
    State { best: None, offset: 0 }
}

pub fn accumulate<E: End, T: Ordered>(state: State<T>, x: T, offset: i64) -> State<T> {
    let stays = state.best.as_ref().is_some_and(|best| match offset == state.offset {
        true => !E::is_nearer(&x, best),
        false => !E::is_nearer(&offset, &state.offset),
    });
    if stays { state } else { State { best: Some(x.stored()), offset } }
}

pub fn merge<E: End, T: Ordered>(a: State<T>, b: State<T>) -> State<T> {
    match b.best {
        Some(x) => accumulate::<E, T>(a, x, b.offset),
        None => a,
    }
}

pub fn value<T: Ordered>(state: State<T>) -> Option<T> {
    state.best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::{Greatest, Least};
    use proptest::prelude::*;

    fn all<E: End, T: Ordered>(rows: &[(T, i64)]) -> State<T> {
        rows.iter().fold(create(), |state, (x, offset)| accumulate::<E, T>(state, x.clone(), *offset))
    }

    #[test]
    fn the_earliest_and_the_latest_of_nothing_are_null() {
        assert_eq!(value(create::<bool>()), None);
    }

    #[test]
    fn the_offset_decides_and_not_the_arrival() {
        let rows = [("b", -7), ("a", 3), ("c", -7)].map(|(x, offset)| (x.to_owned(), offset));
        assert_eq!(value(all::<Least, _>(&rows)), Some("b".to_owned()));
        assert_eq!(value(all::<Greatest, _>(&rows)), Some("a".to_owned()));
    }

    #[test]
    fn a_nan_of_one_offset_is_stored_as_the_one_nan() {
        let rows = [(-f64::NAN, 0)];
        assert_eq!(value(all::<Least, _>(&rows)).map(f64::to_bits), Some(0x7ff8_0000_0000_0000));
        assert_eq!(value(all::<Greatest, _>(&rows)).map(f64::to_bits), Some(0x7ff8_0000_0000_0000));
    }

    type Rows<T> = [(T, i64)];

    fn split_and_merged<E: End>(a: &Rows<f64>, b: &Rows<f64>) -> Result<(), TestCaseError> {
        let whole = all::<E, _>(&[a, b].concat());
        prop_assert_eq!(merge::<E, _>(all::<E, _>(a), all::<E, _>(b)), whole.clone());
        prop_assert_eq!(merge::<E, _>(all::<E, _>(b), all::<E, _>(a)), whole);
        Ok(())
    }

    fn merged_with_new<E: End>(rows: &Rows<String>) -> Result<(), TestCaseError> {
        prop_assert_eq!(merge::<E, _>(all::<E, _>(rows), create()), all::<E, _>(rows));
        prop_assert_eq!(merge::<E, _>(create(), all::<E, _>(rows)), all::<E, _>(rows));
        Ok(())
    }

    proptest! {
        #[test]
        fn they_are_the_first_and_the_last_of_the_sorted_rows(
            mut rows in prop::collection::vec((any::<i32>(), -3_i64..3), 0..12),
        ) {
            let (earliest, latest) = (value(all::<Least, _>(&rows)), value(all::<Greatest, _>(&rows)));
            rows.sort_by_key(|(x, offset)| (*offset, *x));
            prop_assert_eq!(earliest, rows.first().map(|(x, _)| *x));
            prop_assert_eq!(latest, rows.last().map(|(x, _)| *x));
        }

        #[test]
        fn split_and_merged_either_way_is_the_whole(
            a in prop::collection::vec((any::<u8>().prop_map(|x| f64::from(x % 3) - 1.0), -2_i64..2), 0..8),
            b in prop::collection::vec((any::<u8>().prop_map(|x| f64::from(x % 3) - 1.0), -2_i64..2), 0..8),
        ) {
            split_and_merged::<Least>(&a, &b)?;
            split_and_merged::<Greatest>(&a, &b)?;
        }

        #[test]
        fn merging_with_new_changes_nothing(rows: Vec<(String, i64)>) {
            merged_with_new::<Least>(&rows)?;
            merged_with_new::<Greatest>(&rows)?;
        }
    }
}
