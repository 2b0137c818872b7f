#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::*;

const BUSY: &str = r#"{"max_simultaneous_sessions": 7, "update_basket_remove_sku_probability": 0.5, "max_skus": 5,
  "max_basket_size": 4, "max_transactions_per_second": 3, "add_sku_range_max": 6}"#;

/// So many events, then those of a clean stop.
fn run(config: &str, seed: u64, (split, splits): (u32, u32), count: usize) -> Vec<Event> {
    let mut state = create(config.to_owned(), seed, split, splits).unwrap();
    let mut events = Vec::new();
    while events.len() < count {
        let (after, more) = next(state, (count - events.len()) as u32).unwrap();
        state = after;
        events.extend(more);
    }
    events.extend(finish(state).unwrap());
    events
}

fn session_of(event: &Event) -> &str {
    match event {
        Event::CheckIn(status) | Event::CheckOut(status) => &status.session_id,
        Event::Basket(basket) => &basket.session_id,
    }
}

fn by_session(events: &[Event]) -> HashMap<&str, Vec<&Event>> {
    let mut sessions: HashMap<&str, Vec<&Event>> = HashMap::new();
    events.iter().for_each(|event| sessions.entry(session_of(event)).or_default().push(event));
    sessions
}

#[test]
fn a_session_is_a_check_in_then_its_basket_then_a_check_out_even_where_it_is_cut() {
    for config in ["", BUSY] {
        let events = run(config, 1, (0, 1), 1000);
        for (id, session) in by_session(&events) {
            assert!(id.len() == 32 && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)), "{id}");
            let [Event::CheckIn(begin), between @ .., Event::CheckOut(end)] = &session[..] else {
                panic!("{session:?}")
            };
            assert!(between.iter().all(|event| matches!(event, Event::Basket(_))), "{session:?}");
            assert_eq!((&begin.client_id, &begin.shop_id), (&end.client_id, &end.shop_id));
            assert_eq!((begin.status, end.status), (1, -1));
        }
    }
}

#[test]
fn no_more_is_taken_out_than_is_in_and_no_more_is_in_than_there_is_room_for() {
    let events = run(BUSY, 2, (0, 1), 4000);
    let mut baskets: BTreeMap<(&str, &str), i32> = BTreeMap::new();
    let (mut emptied, mut full) = (0, 0);
    for event in &events {
        let Event::Basket(Basket { session_id, sku, qty, .. }) = event else { continue };
        assert_ne!(*qty, 0);
        let inside = baskets.entry((session_id, sku)).or_default();
        *inside += qty;
        assert!((0..=4).contains(inside), "{event:?} leaves {inside}");
        emptied += usize::from(*inside == 0);
        full += usize::from(*inside == 4);
    }
    assert!(emptied > 100 && full > 100, "both ends are met: {emptied}, {full}");
}

#[test]
fn a_price_is_one_for_an_sku_and_within_its_range() {
    let config = r#"{"max_skus": 20, "unit_price_min": 2.5, "unit_price_max": 3.25}"#;
    let (mut prices, mut all) = (HashMap::new(), BTreeSet::new());
    for event in run(config, 3, (0, 1), 2000) {
        let Event::Basket(Basket { sku, unit_price, .. }) = event else { continue };
        assert!((2.5..=3.25).contains(&unit_price));
        assert_eq!(*prices.entry(sku).or_insert(unit_price), unit_price);
        all.insert((unit_price * 100.0).round() as i64);
    }
    // 20 draws of 76 prices: about 18 different ones.
    assert!(prices.len() == 20 && all.len() > 12, "{prices:?}");
}

#[test]
fn times_are_the_looks_and_what_the_settings_say() {
    let events = run("", 4, (0, 1), 2000);
    assert!(events.is_sorted_by_key(Event::ts));
    assert_eq!(events[0].ts(), 1_704_067_200_000);
    for session in by_session(&events).values() {
        for pair in session.windows(2) {
            let ms = pair[1].ts() - pair[0].ts();
            assert_eq!(ms % 1000, 0);
            // A change that came to nothing lengthens the pause.
            assert!(matches!(pair[1], Event::CheckOut(_)) || ms >= 5000, "{session:?}");
        }
    }
    let over: Vec<i64> = by_session(&events[..2000])
        .values()
        .filter(|session| matches!(session[..], [Event::CheckIn(_), .., Event::CheckOut(_)]))
        .map(|session| session[session.len() - 1].ts() - session[0].ts())
        .collect();
    assert!(over.len() > 200 && over.iter().all(|ms| (30_000..=60_000).contains(ms)), "{over:?}");
}

#[test]
fn the_same_seed_gives_the_same_however_it_is_cut_and_another_seed_another() {
    let whole = run(BUSY, 5, (0, 1), 300);
    let mut state = create(BUSY.to_owned(), 5, 0, 1).unwrap();
    let mut cut = Vec::new();
    for max in [1, 2, 7, 0, 40, 100, 150] {
        let (after, events) = next(state, max).unwrap();
        assert_eq!(events.len(), max as usize);
        state = after;
        cut.extend(events);
    }
    cut.extend(finish(state).unwrap());
    assert_eq!(cut, whole);
    assert_ne!(run(BUSY, 6, (0, 1), 300), whole);
}

#[test]
fn splits_share_the_sessions_and_the_clients_out_and_leave_none_out() {
    let end = |events: &[Event]| events.iter().map(Event::ts).max().unwrap();
    let whole = run(BUSY, 7, (0, 1), 2000);
    let parts: Vec<Vec<Event>> = (0..3).map(|split| run(BUSY, 7, (split, 3), 2000)).collect();
    let mut clients: HashMap<String, usize> = HashMap::new();
    for (split, part) in parts.iter().enumerate() {
        for event in part {
            if let Event::CheckIn(Status { client_id, .. }) = event {
                assert_eq!(*clients.entry(client_id.clone()).or_insert(split), split, "{client_id}");
            }
        }
    }
    // As long as all of them go on, together they are the whole.
    let until = parts.iter().map(|part| end(&part[..2000])).chain([end(&whole[..2000])]).min().unwrap();
    let sorted = |events: &mut dyn Iterator<Item = &Event>| {
        let mut events: Vec<_> = events.filter(|event| event.ts() < until).map(|e| format!("{e:?}")).collect();
        events.sort();
        events
    };
    let together = sorted(&mut parts.iter().flat_map(|part| &part[..2000]));
    assert!(together.len() > 1000);
    assert_eq!(together, sorted(&mut whole[..2000].iter()));
}

#[test]
fn a_split_without_room_for_a_session_is_empty() {
    let state = create(String::new(), 1, 1, 2).unwrap();
    let (state, events) = next(state, 10).unwrap();
    assert_eq!((events, finish(state)), (vec![], Ok(vec![])));
}

#[test]
fn nobody_is_in_two_sessions_at_once() {
    let config = r#"{"max_simultaneous_sessions": 5, "max_clients": 5}"#;
    let mut inside = BTreeSet::new();
    for event in run(config, 8, (0, 1), 1000) {
        match event {
            Event::CheckIn(status) => assert!(inside.insert(status.client_id)),
            Event::CheckOut(status) => assert!(inside.remove(&status.client_id)),
            Event::Basket(_) => {}
        }
    }
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let refused = |config: &str| create(config.to_owned(), 1, 0, 1).unwrap_err();
    let wanted =
        "max_clients: wanted as many as there are sessions at once (max_simultaneous_sessions, 3) at least, found 2";
    assert_eq!(refused(r#"{"max_clients": 2, "max_simultaneous_sessions": 3}"#), wanted);
    let wanted = "unit_price_min: wanted at most unit_price_max, which is 1.5, found 2";
    assert_eq!(refused(r#"{"unit_price_min": 2, "unit_price_max": 1.5}"#), wanted);
    // As the demo spells it.
    let wanted = "there is no setting max_transacions_per_second; did you mean max_transactions_per_second?";
    assert_eq!(refused(r#"{"max_transacions_per_second": 1}"#), wanted);
    let refused = create(String::new(), 1, 2, 2).unwrap_err();
    assert_eq!(refused, "wanted a split from 0 to below the number of splits, found 2 of 2");
}
