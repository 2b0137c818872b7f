//! A shopping basket in one pass: MAX of its times, SUM of its quantities, SUM of quantity times price.
//!
//! Each of the three skips its own nulls. That it equals the three aggregates, bit for bit, is a test.

use crate::number::Addend;
use std::convert::Infallible;

/// The state and the answer: nothing that leaves it again needs counting, because a maximum cannot retract.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Totals {
    /// The latest time, in milliseconds since the epoch; none before the first.
    pub ts: Option<i64>,
    /// The sum of the quantities, wrapped around; none before the first.
    pub sum_qty: Option<i32>,
    /// The sum of quantity times price in the order of arrival; none before the first row that has both. Never -0.0, and
    /// a NaN is the canonical one.
    pub total_price: Option<f64>,
}

/// A row of the basket.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Item {
    pub ts: Option<i64>,
    pub qty: Option<i32>,
    pub unit_price: Option<f64>,
}

pub fn create() -> Totals {
    Totals::default()
}

pub fn accumulate(totals: Totals, item: Item) -> Totals {
    let price = item.qty.zip(item.unit_price).map(|(qty, unit_price)| f64::from(qty) * unit_price);
    Totals {
        ts: totals.ts.max(item.ts),
        sum_qty: sum(totals.sum_qty, item.qty),
        total_price: sum(totals.total_price, price),
    }
}

pub fn merge(a: Totals, b: Totals) -> Totals {
    Totals { ts: a.ts.max(b.ts), sum_qty: sum(a.sum_qty, b.sum_qty), total_price: sum(a.total_price, b.total_price) }
}

pub fn value(totals: Totals) -> Totals {
    totals
}

/// Starts at zero, so that the first addend is made canonical too and a -0.0 becomes 0.0, as in SUM.
fn sum<T: Addend<Refusal = Infallible>>(so_far: Option<T>, x: Option<T>) -> Option<T> {
    let Some(x) = x else { return so_far };
    let Ok(sum) = so_far.unwrap_or(T::ZERO).plus(x);
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::Greatest;
    use crate::{extreme, sum};
    use proptest::prelude::*;

    fn all(items: &[Item]) -> Totals {
        items.iter().fold(create(), |totals, item| accumulate(totals, *item))
    }

    fn bits(totals: Totals) -> (Option<i64>, Option<i32>, Option<u64>) {
        (totals.ts, totals.sum_qty, totals.total_price.map(f64::to_bits))
    }

    fn item(ts: i64, qty: i32, unit_price: f64) -> Item {
        Item { ts: Some(ts), qty: Some(qty), unit_price: Some(unit_price) }
    }

    fn any_item() -> impl Strategy<Value = Item> {
        (any::<Option<i64>>(), any::<Option<i32>>(), prop::option::of(prop::num::f64::ANY))
            .prop_map(|(ts, qty, unit_price)| Item { ts, qty, unit_price })
    }

    fn summed<T: Addend<Refusal = Infallible>>(values: impl Iterator<Item = T>) -> Option<T> {
        let Ok(state) = values.into_iter().try_fold(sum::create(), sum::accumulate);
        sum::value(state)
    }

    /// The three aggregates that the function stands for, each over the values that are not null.
    fn by_the_three(items: &[Item]) -> Totals {
        let price = |i: &Item| Some(f64::from(i.qty?) * i.unit_price?);
        Totals {
            ts: extreme::value(
                items.iter().filter_map(|i| i.ts).fold(extreme::create(), extreme::accumulate::<Greatest, _>),
            ),
            sum_qty: summed(items.iter().filter_map(|i| i.qty)),
            total_price: summed(items.iter().filter_map(price)),
        }
    }

    #[test]
    fn an_empty_basket_is_three_nulls() {
        assert_eq!(value(create()), Totals { ts: None, sum_qty: None, total_price: None });
    }

    #[test]
    fn a_row_without_a_price_still_counts_its_items() {
        let no_price = Item { unit_price: None, ..item(7, 2, 0.0) };
        assert_eq!(all(&[no_price]), Totals { ts: Some(7), sum_qty: Some(2), total_price: None });
    }

    #[test]
    fn returned_items_are_taken_out_of_the_price() {
        let totals = all(&[item(1, 3, 62.05), item(2, -2, 62.05)]);
        assert_eq!((totals.sum_qty, totals.total_price), (Some(1), Some(3.0 * 62.05 - 2.0 * 62.05)));
    }

    /// Session 978d… of the Smartshop demo's page; the totals on the way are what ksqlDB's own SUMs emitted for it.
    #[test]
    fn the_smartshops_first_session_passes_through_ksqldbs_totals() {
        let log = [
            (1702763539281, 3, 62.05, 186.14999999999998),
            (1702763546308, 1, 75.73, 261.88),
            (1702763552333, 1, 15.21, 277.09),
            (1702763559357, -2, 62.05, 152.98999999999998),
            (1702763565374, 1, 82.48, 235.46999999999997),
            (1702763574397, 2, 50.12, 335.71),
        ];
        let mut totals = create();
        for (ts, qty, unit_price, total_price) in log {
            totals = accumulate(totals, item(ts, qty, unit_price));
            assert_eq!((totals.ts, totals.total_price), (Some(ts), Some(total_price)));
        }
        assert_eq!(totals.sum_qty, Some(6));
    }

    proptest! {
        #[test]
        fn it_equals_the_three_aggregates(items in prop::collection::vec(any_item(), 0..12)) {
            prop_assert_eq!(bits(all(&items)), bits(by_the_three(&items)));
        }

        #[test]
        fn merging_with_new_changes_nothing(items in prop::collection::vec(any_item(), 0..12)) {
            prop_assert_eq!(bits(merge(all(&items), create())), bits(all(&items)));
            prop_assert_eq!(bits(merge(create(), all(&items))), bits(all(&items)));
        }

        #[test]
        fn times_and_quantities_split_and_merged_are_the_whole(
            a in prop::collection::vec(any_item(), 0..12),
            b in prop::collection::vec(any_item(), 0..12),
        ) {
            let (merged, whole) = (merge(all(&a), all(&b)), all(&[a, b].concat()));
            prop_assert_eq!((merged.ts, merged.sum_qty), (whole.ts, whole.sum_qty));
        }
    }
}
