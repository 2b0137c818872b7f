#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::{BTreeSet, HashMap, HashSet};

use super::*;

fn run(config: &str, seed: u64, (split, splits): (u32, u32)) -> Vec<Row> {
    let mut state = create(config.to_owned(), seed, split, splits).unwrap();
    let mut all = Vec::new();
    loop {
        let (after, rows) = next(state, 1000).unwrap();
        if rows.is_empty() {
            assert_eq!(finish(after), Ok(vec![]));
            return all;
        }
        all.extend(rows);
        state = after;
    }
}

fn events(rows: &[Row]) -> Vec<(&Row, &Event)> {
    let mut events = Vec::new();
    for row in rows {
        if let Said::Event(event) = &row.said {
            events.push((row, event));
        }
    }
    events
}

#[test]
fn users_and_products_come_first_and_everything_else_after_the_start() {
    let rows = run(r#"{"users": 30, "products": 20, "events": 500, "start": 7000}"#, 1, (0, 1));
    let keys: BTreeSet<&str> = rows[..50].iter().map(|row| row.key.as_str()).collect();
    assert_eq!(keys.len(), 50);
    for (place, row) in rows[..50].iter().enumerate() {
        assert_eq!(row.timestamp, 7000);
        let is_user = matches!(&row.said, Said::User(Some(user)) if user.user_id == row.key);
        let is_product = matches!(&row.said, Said::Product(Some(product)) if product.product_code == row.key);
        assert!(if place < 30 { is_user } else { is_product }, "{row:?}");
    }
    assert!(rows[50..].iter().all(|row| row.timestamp > 7000));
    assert!(rows.is_sorted_by_key(|row| row.timestamp));
    assert_eq!(events(&rows).len(), 500);
}

#[test]
fn users_and_products_change_and_are_deleted_as_often_as_the_settings_say() {
    let config = r#"{"users": 10, "products": 10, "events": 10000, "user_update_share": 0.2, "user_delete_share": 0.1,
      "product_update_share": 0.1, "product_delete_share": 0.1}"#;
    let rows = run(config, 2, (0, 1));
    let later = &rows[20..];
    // Half of all are events: the shares are of 20,000, whose standard deviation is below 60.
    assert!((19_500..20_500).contains(&later.len()), "{}", later.len());
    let count = |of: fn(&Said) -> bool| later.iter().filter(|row| of(&row.said)).count();
    assert!((3700..4300).contains(&count(|said| matches!(said, Said::User(Some(_))))));
    assert!((1700..2300).contains(&count(|said| matches!(said, Said::User(None)))));
    assert!((1700..2300).contains(&count(|said| matches!(said, Said::Product(Some(_))))));
    assert!((1700..2300).contains(&count(|said| matches!(said, Said::Product(None)))));
    let addresses = rows.iter().filter_map(|row| match &row.said {
        Said::User(Some(user)) if user.user_id == "U3" => Some(user.address.clone()),
        _ => None,
    });
    assert!(addresses.collect::<HashSet<_>>().len() > 10, "a change changes something");
}

#[test]
fn mail_addresses_are_in_example_com_and_no_two_users_share_one() {
    let rows = run(r#"{"users": 500, "events": 0}"#, 3, (0, 1));
    let mails = rows.iter().filter_map(|row| match &row.said {
        Said::User(Some(user)) => Some(user.email.as_str()),
        _ => None,
    });
    let mails: HashSet<&str> = mails.collect();
    assert_eq!(mails.len(), 500);
    assert!(
        mails.iter().all(|mail| mail.split_once('@').is_some_and(|(name, at)| !name.is_empty() && at == "example.com"))
    );
}

#[test]
fn the_shares_of_views_carts_and_purchases_are_the_weights() {
    let rows = run(r#"{"events": 20000, "view_weight": 6, "cart_weight": 3, "purchase_weight": 1}"#, 4, (0, 1));
    let mut counts: HashMap<&str, i32> = HashMap::new();
    events(&rows).iter().for_each(|(_, event)| *counts.entry(event.event_type).or_default() += 1);
    // 12,000, 6,000 and 2,000; the standard deviations are 69, 65 and 42.
    assert!((11_700..12_300).contains(&counts["view"]), "{counts:?}");
    assert!((5700..6300).contains(&counts["cart"]), "{counts:?}");
    assert!((1800..2200).contains(&counts["purchase"]), "{counts:?}");
}

/// By Zipf's law with exponent 1 the first 10 of 1000 have H(10) / H(1000) = 2.92897 / 7.48547 = 0.3913 of all.
#[test]
fn a_hundredth_of_the_products_has_the_share_of_the_views_that_zipfs_law_says() {
    let config = r#"{"products": 1000, "events": 20000, "cart_weight": 0, "purchase_weight": 0}"#;
    let rows = run(config, 5, (0, 1));
    let first: HashSet<String> = (0..10).map(|n| format!("P{n}")).collect();
    let views = events(&rows).iter().filter(|(_, event)| first.contains(&event.product_id)).count();
    // The standard deviation is 0.0035.
    assert!((0.377..0.406).contains(&(views as f64 / 20_000.0)), "{views}");
}

#[test]
fn a_session_is_of_one_user_and_no_longer_than_the_settings_say() {
    let rows = run(r#"{"events": 5000, "session_events_max": 6, "simultaneous_sessions": 9}"#, 6, (0, 1));
    let mut sessions: HashMap<&str, Vec<&Event>> = HashMap::new();
    for (row, event) in events(&rows) {
        assert_eq!(row.key, event.user_session);
        assert_eq!(event.user_session.len(), 36);
        assert_eq!(
            (&event.user_session[14..15], event.user_session[19..20].contains(['8', '9', 'a', 'b'])),
            ("4", true)
        );
        sessions.entry(&event.user_session).or_default().push(event);
    }
    // Of 1 to 6 events, 3.5 on average: about 1,430.
    assert!((1300..1560).contains(&sessions.len()), "{}", sessions.len());
    for session in sessions.values() {
        assert!(session.len() <= 6 && session.iter().all(|event| event.user_id == session[0].user_id), "{session:?}");
        for pair in session.windows(2) {
            assert!(pair[1].event_type == "view" || pair[1].product_id == pair[0].product_id, "{pair:?}");
        }
    }
}

#[test]
fn a_product_has_one_price_one_brand_and_one_category() {
    let rows = run(r#"{"products": 30, "events": 3000}"#, 7, (0, 1));
    let mut offers = HashMap::new();
    for (_, event) in events(&rows) {
        let offer = (event.price, &event.brand, &event.category_id, &event.category_code);
        assert_eq!(*offers.entry(&event.product_id).or_insert(offer), offer);
        assert!((1.0..=1000.0).contains(&event.price));
    }
    assert_eq!(offers.len(), 30);
}

#[test]
fn some_events_are_late_by_no_more_than_the_settings_say() {
    let rows = run(r#"{"events": 10000, "late_share": 0.1, "late_seconds_max": 5}"#, 8, (0, 1));
    let events = events(&rows);
    let late: Vec<i64> = events.iter().map(|(row, e)| row.timestamp - e.event_time).filter(|late| *late != 0).collect();
    // The standard deviation is 30.
    assert!((850..1150).contains(&late.len()), "{}", late.len());
    assert!(late.iter().all(|late| (1..=5000).contains(late)));
    assert!(late.iter().any(|late| *late > 4000));
}

#[test]
fn as_much_happens_in_a_second_as_the_settings_say() {
    let rows = run(r#"{"events": 10000, "events_per_second": 250}"#, 9, (0, 1));
    let seconds = (rows[rows.len() - 1].timestamp - 1_704_067_200_000) as f64 / 1000.0;
    let happened = (rows.len() - 1200) as f64;
    // Pauses of 0 to 8 ms: the mean of so many is 4 ms within a hundredth.
    assert!((happened / seconds - 250.0).abs() < 5.0, "{happened} in {seconds} s");
}

#[test]
fn the_same_seed_gives_the_same_however_it_is_cut_and_another_seed_another() {
    let config = r#"{"users": 20, "products": 10, "events": 300}"#;
    let whole = run(config, 10, (0, 1));
    let (mut state, mut cut) = (create(config.to_owned(), 10, 0, 1).unwrap(), Vec::new());
    for max in [1, 0, 7, 19, 30, 100].into_iter().cycle() {
        let (after, rows) = next(state, max).unwrap();
        state = after;
        if rows.is_empty() && max > 0 {
            break;
        }
        cut.extend(rows);
    }
    assert_eq!(cut, whole);
    assert_ne!(run(config, 11, (0, 1)), whole);
}

#[test]
fn splits_have_users_products_sessions_and_events_of_their_own() {
    let config = r#"{"users": 50, "products": 31, "events": 1001}"#;
    let splits: Vec<Vec<Row>> = (0..3).map(|split| run(config, 12, (split, 3))).collect();
    let mut owners: HashMap<String, usize> = HashMap::new();
    for (split, rows) in splits.iter().enumerate() {
        for row in rows {
            assert_eq!(*owners.entry(row.key.clone()).or_insert(split), split, "{row:?}");
            if let Said::Event(event) = &row.said {
                assert_eq!(owners[&event.user_id], split, "{row:?}");
            }
        }
    }
    assert_eq!(owners.keys().filter(|key| key.starts_with('U')).count(), 50);
    assert_eq!(owners.keys().filter(|key| key.starts_with('P')).count(), 31);
    assert_eq!(splits.iter().map(|rows| events(rows).len()).sum::<usize>(), 1001);
}

#[test]
fn settings_that_leave_nothing_to_choose_from_are_refused() {
    let refused = |config: &str, splits| create(config.to_owned(), 1, 0, splits).unwrap_err();
    let wanted = "view_weight, cart_weight, purchase_weight: wanted one above 0, found none";
    assert_eq!(refused(r#"{"view_weight": 0, "cart_weight": 0, "purchase_weight": 0}"#, 1), wanted);
    assert_eq!(refused(r#"{"users": 2}"#, 3), "users: wanted a whole number from 3 to 1000000000, found 2");
    assert_eq!(refused(r#"{"late_share": 1.5}"#, 1), "late_share: wanted a number from 0 to 1, found 1.5");
}
