//! Smartshop: clients who check in, fill their baskets and check out.
//!
//! What happens in a session follows from the seed, its lane and its number: a lane is room for one session after another.
//! So a state holds no baskets, but how far each session is, and lanes know nothing of each other; splits share them out.
//! [`session`] is one session, [`settings`](Settings) what all have in common.

mod session;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::settings;
use super::{LATEST, MOST_ROWS, check_split};
use session::Session;

/// A client came or went, at `ts`.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    pub ts: i64,
    pub session_id: String,
    pub client_id: String,
    pub status: i32,
    pub shop_id: String,
}

/// Something went into a basket, or out of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Basket {
    pub ts: i64,
    pub session_id: String,
    pub sku: String,
    pub qty: i32,
    pub unit_price: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    CheckIn(Status),
    Basket(Basket),
    CheckOut(Status),
}

impl Event {
    pub fn ts(&self) -> i64 {
        match self {
            Event::CheckIn(status) | Event::CheckOut(status) => status.ts,
            Event::Basket(basket) => basket.ts,
        }
    }
}

/// Room for one session after another.
#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    pub number: u32,
    /// Sessions that are over.
    pub sessions: u64,
    /// When the session under way began or begins.
    pub begin: i64,
    /// Events of it that were given.
    pub given: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct State {
    pub config: String,
    pub seed: u64,
    /// When the last event was.
    pub now: i64,
    /// Those of the split, by their numbers.
    pub lanes: Vec<Lane>,
}

struct Settings {
    skus: i64,
    shops: i64,
    clients: i64,
    lanes: i64,
    /// Milliseconds from one look at the sessions to the next.
    tick: i64,
    pieces: (i64, i64),
    /// Milliseconds from one change of a basket to the next.
    update: (i64, i64),
    removal: f64,
    basket_size: i64,
    /// Milliseconds that a session lasts.
    length: (i64, i64),
    checkin: i32,
    checkout: i32,
    /// In hundredths.
    price: (i64, i64),
    start: i64,
}

const DAY: i64 = 24 * 60 * 60;

impl Settings {
    fn read(config: &str) -> Result<Settings, String> {
        let mut given = settings::Settings::read(config)?;
        let skus = given.whole("max_skus", 100, 1..=1_000_000)?;
        let shops = given.whole("max_shops", 100, 1..=1_000_000)?;
        let clients = given.whole("max_clients", 100, 1..=1_000_000_000)?;
        let lanes = given.whole("max_simultaneous_sessions", 1, 1..=10_000)?;
        let per_second = given.whole("max_transactions_per_second", 1, 1..=1000)?;
        let pieces = given.range(["add_sku_range_min", "add_sku_range_max"], (1, 3), 1..=1_000_000)?;
        let update = given.range(["update_basket_range_min", "update_basket_range_max"], (5, 10), 1..=DAY)?;
        let removal = given.decimal("update_basket_remove_sku_probability", 0.15, 0.0..=1.0)?;
        let basket_size = given.whole("max_basket_size", 10, 1..=1_000_000)?;
        let length = given.range(["checkout_range_min", "checkout_range_max"], (30, 60), 1..=DAY)?;
        let status = i64::from(i32::MIN)..=i64::from(i32::MAX);
        let checkin = given.whole("checkin_status_value", 1, status.clone())?;
        let checkout = given.whole("checkout_status_value", -1, status)?;
        let cheapest = given.decimal("unit_price_min", 1.0, 0.0..=1e9)?;
        let dearest = given.decimal("unit_price_max", 100.0, 0.0..=1e9)?;
        let start = given.whole("start", 1_704_067_200_000, 0..=LATEST)?;
        given.end()?;
        if clients < lanes {
            return Err(format!(
                "max_clients: wanted as many as there are sessions at once (max_simultaneous_sessions, {lanes}) at \
                 least, found {clients}"
            ));
        }
        if cheapest > dearest {
            return Err(format!("unit_price_min: wanted at most unit_price_max, which is {dearest}, found {cheapest}"));
        }
        let ms = |(least, most): (i64, i64)| (least * 1000, most * 1000);
        let hundredths = |price: f64| (price * 100.0).round() as i64;
        Ok(Settings {
            skus,
            shops,
            clients,
            lanes,
            tick: 1000 / per_second,
            pieces,
            update: ms(update),
            removal,
            basket_size,
            length: ms(length),
            checkin: checkin as i32,
            checkout: checkout as i32,
            price: (hundredths(cheapest), hundredths(dearest)),
            start,
        })
    }

    /// The first time from then on when sessions are looked at.
    fn look(&self, ms: i64) -> i64 {
        ms.wrapping_add(self.tick - 1) / self.tick * self.tick
    }
}

/// Lanes open one after another, one at each look, as the demo's sessions do.
pub fn create(config: String, seed: u64, split: u32, splits: u32) -> Result<State, String> {
    let settings = Settings::read(&config)?;
    check_split(split, splits)?;
    let lane = |number: i64| Lane {
        number: number as u32,
        sessions: 0,
        begin: settings.start + number * settings.tick,
        given: 0,
    };
    let lanes = (i64::from(split)..settings.lanes).step_by(splits as usize).map(lane).collect();
    Ok(State { config, seed, now: settings.start, lanes })
}

/// The events that come first, of whichever lane; at the same time the lane with the lower number goes first.
pub fn next(mut state: State, max: u32) -> Result<(State, Vec<Event>), String> {
    let settings = Settings::read(&state.config)?;
    let mut running: Vec<Running> =
        state.lanes.into_iter().map(|lane| Running::resume(&settings, state.seed, lane)).collect();
    let mut due: BinaryHeap<_> =
        running.iter().enumerate().map(|(place, running)| Reverse((running.upcoming.ts(), place))).collect();
    let mut events = Vec::new();
    while events.len() < max.min(MOST_ROWS) as usize
        && let Some(mut first) = due.peek_mut()
    {
        let Reverse((ts, place)) = *first;
        state.now = ts;
        events.push(running[place].event(&settings, state.seed));
        *first = Reverse((running[place].upcoming.ts(), place));
    }
    state.lanes = running.into_iter().map(|running| running.lane).collect();
    Ok((state, events))
}

pub fn finish(state: State) -> Result<Vec<Event>, String> {
    let settings = Settings::read(&state.config)?;
    let open = state.lanes.into_iter().filter(|lane| lane.given > 0);
    Ok(open.map(|lane| Session::new(&settings, state.seed, &lane).check_out(&settings, state.now)).collect())
}

/// A lane whose session is at hand.
struct Running {
    lane: Lane,
    session: Session,
    upcoming: Event,
}

impl Running {
    fn resume(settings: &Settings, seed: u64, lane: Lane) -> Running {
        let mut session = Session::new(settings, seed, &lane);
        for _ in 0..lane.given {
            // A state of nobody's making may have given more than there is.
            if let Event::CheckOut(_) = session.event(settings) {
                break;
            }
        }
        let upcoming = session.event(settings);
        Running { lane, session, upcoming }
    }

    /// The upcoming event. After a check-out the next client checks in at once.
    fn event(&mut self, settings: &Settings, seed: u64) -> Event {
        self.lane.given = self.lane.given.wrapping_add(1);
        if let Event::CheckOut(Status { ts, .. }) = self.upcoming {
            self.lane =
                Lane { number: self.lane.number, sessions: self.lane.sessions.wrapping_add(1), begin: ts, given: 0 };
            self.session = Session::new(settings, seed, &self.lane);
        }
        std::mem::replace(&mut self.upcoming, self.session.event(settings))
    }
}

#[cfg(test)]
mod tests;
