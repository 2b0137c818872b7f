//! E-commerce: users and products, and what happens to them.
//!
//! What a user, a product or a session is like follows from its number, in [`catalog`]; what happens next follows from the
//! number of the step. So a state holds how far everything is, and no user. [`Settings`] is what all have in common.

mod catalog;

use super::random::Random;
use super::{LATEST, MOST_ROWS, check_split, settings, zipf};
pub use catalog::{Product, User};

#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub event_time: i64,
    pub event_type: &'static str,
    pub product_id: String,
    pub category_id: String,
    pub category_code: String,
    pub brand: String,
    pub price: f64,
    pub user_id: String,
    pub user_session: String,
}

/// What a row says; a user or a product without a value is deleted.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    User(Option<User>),
    Product(Option<Product>),
    Event(Event),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub key: String,
    pub timestamp: i64,
    pub said: Said,
}

/// Room for one session after another.
#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    /// The step that the session under way began with.
    pub session: u64,
    /// Events that it still has.
    pub left: u32,
    /// What it viewed last.
    pub product: Option<u64>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct State {
    pub config: String,
    pub seed: u64,
    pub split: u32,
    pub splits: u32,
    /// Users and products of this split that were given at the start.
    pub known: u64,
    /// What happened since.
    pub steps: u64,
    /// The events among them.
    pub events: u64,
    /// Microseconds since the start.
    pub clock: i64,
    /// At least one.
    pub lanes: Vec<Lane>,
}

struct Settings {
    users: u64,
    products: u64,
    categories: u64,
    brands: u64,
    events: u64,
    sessions: u64,
    session_events: i64,
    /// Of views, carts and purchases.
    weights: [i64; 3],
    user_skew: f64,
    product_skew: f64,
    /// The parts of what happens that are no events, in the order of [`State::change`].
    changes: [f64; 4],
    late: f64,
    /// Milliseconds.
    latest: i64,
    /// Microseconds from one step to the next, about.
    pause: i64,
    start: i64,
}

/// What streams of random numbers are of.
const STEP: u64 = 3;
const SESSION: u64 = 4;

impl Settings {
    fn read(config: &str, splits: u32) -> Result<Settings, String> {
        let mut given = settings::Settings::read(config)?;
        let mut whole = |name, default, least: i64, most: i64| given.whole(name, default, least..=most);
        let splits = i64::from(splits);
        let users = whole("users", 1000, splits, 1_000_000_000)?;
        let products = whole("products", 200, splits, 1_000_000_000)?;
        let categories = whole("categories", 20, 1, 1_000_000)?;
        let brands = whole("brands", 50, 1, 1_000_000)?;
        let events = whole("events", 10_000, 0, 1_000_000_000_000)?;
        let sessions = whole("simultaneous_sessions", 50, 1, 10_000)?;
        let session_events = whole("session_events_max", 20, 1, 1_000_000)?;
        let weights = [
            whole("view_weight", 90, 0, 1_000_000)?,
            whole("cart_weight", 7, 0, 1_000_000)?,
            whole("purchase_weight", 3, 0, 1_000_000)?,
        ];
        let latest = whole("late_seconds_max", 60, 1, 86_400)?;
        let per_second = whole("events_per_second", 100, 1, 1_000_000)?;
        let start = whole("start", 1_704_067_200_000, 0, LATEST)?;
        let mut share = |name, default, most: f64| given.decimal(name, default, 0.0..=most);
        let user_skew = share("user_skew", 0.8, 10.0)?;
        let product_skew = share("product_skew", 1.0, 10.0)?;
        // At most a fifth each: a fifth at least are events, so that there is an end.
        let changes = [
            share("user_update_share", 0.01, 0.2)?,
            share("user_delete_share", 0.002, 0.2)?,
            share("product_update_share", 0.005, 0.2)?,
            share("product_delete_share", 0.001, 0.2)?,
        ];
        let late = share("late_share", 0.01, 1.0)?;
        given.end()?;
        if weights == [0; 3] {
            return Err("view_weight, cart_weight, purchase_weight: wanted one above 0, found none".to_owned());
        }
        Ok(Settings {
            users: users as u64,
            products: products as u64,
            categories: categories as u64,
            brands: brands as u64,
            events: events as u64,
            sessions: sessions as u64,
            session_events,
            weights,
            user_skew,
            product_skew,
            changes,
            late,
            latest: latest * 1000,
            pause: 1_000_000 / per_second,
            start,
        })
    }
}

pub fn create(config: String, seed: u64, split: u32, splits: u32) -> Result<State, String> {
    check_split(split, splits)?;
    let settings = Settings::read(&config, splits)?;
    let empty = Lane { session: 0, left: 0, product: None };
    let lanes = vec![empty; share(settings.sessions, split, splits).max(1) as usize];
    Ok(State { config, seed, split, splits, known: 0, steps: 0, events: 0, clock: 0, lanes })
}

pub fn next(mut state: State, max: u32) -> Result<(State, Vec<Row>), String> {
    check_split(state.split, state.splits)?;
    let settings = Settings::read(&state.config, state.splits)?;
    let mut rows = Vec::new();
    while rows.len() < max.min(MOST_ROWS) as usize {
        match state.known_at_start(&settings).or_else(|| state.step(&settings)) {
            Some(row) => rows.push(row),
            None => break,
        }
    }
    Ok((state, rows))
}

/// A session has no end that anybody would see.
pub fn finish(state: State) -> Result<Vec<Row>, String> {
    check_split(state.split, state.splits)?;
    Settings::read(&state.config, state.splits).map(|_| Vec::new())
}

/// How many of `all` are a split's: those whose number leaves the split's as the remainder.
fn share(all: u64, split: u32, splits: u32) -> u64 {
    all.saturating_sub(u64::from(split)).div_ceil(u64::from(splits))
}

impl State {
    /// The number of the n-th thing that is this split's.
    fn own(&self, n: u64) -> u64 {
        n.wrapping_mul(u64::from(self.splits)).wrapping_add(u64::from(self.split))
    }

    fn share(&self, all: u64) -> u64 {
        share(all, self.split, self.splits)
    }

    /// The next user or product, while there is one.
    fn known_at_start(&mut self, settings: &Settings) -> Option<Row> {
        let (users, products) = (self.share(settings.users), self.share(settings.products));
        let row = match self.known.checked_sub(users) {
            None => self.user(settings.start, self.own(self.known), Some(0)),
            Some(n) if n < products => self.product(settings.start, self.own(n), Some(0)),
            Some(_) => return None,
        };
        self.known += 1;
        Some(row)
    }

    /// What happens next, until all events have.
    fn step(&mut self, settings: &Settings) -> Option<Row> {
        if self.events >= self.share(settings.events) {
            return None;
        }
        let mut random = Random::of(self.seed, &[STEP, u64::from(self.split), self.steps]);
        self.steps = self.steps.wrapping_add(1);
        self.clock = self.clock.wrapping_add(random.between((0, 2 * settings.pause)));
        // After the users and products, which came at the start.
        let now = settings.start.wrapping_add(self.clock / 1000).wrapping_add(1);
        let mut which = random.unit();
        for (change, share) in settings.changes.into_iter().enumerate() {
            if which < share {
                return Some(self.change(settings, change, now, &mut random));
            }
            which -= share;
        }
        self.events = self.events.wrapping_add(1);
        Some(self.event(settings, now, &mut random))
    }

    fn change(&self, settings: &Settings, change: usize, now: i64, random: &mut Random) -> Row {
        let mut any_of = |all| self.own(random.below(self.share(all)));
        match change {
            0 => self.user(now, any_of(settings.users), Some(self.steps)),
            1 => self.user(now, any_of(settings.users), None),
            2 => self.product(now, any_of(settings.products), Some(self.steps)),
            _ => self.product(now, any_of(settings.products), None),
        }
    }

    /// A user as of a change, or deleted.
    fn user(&self, timestamp: i64, number: u64, change: Option<u64>) -> Row {
        let user = change.map(|change| catalog::user(self.seed, number, change));
        Row { key: catalog::user_id(number), timestamp, said: Said::User(user) }
    }

    fn product(&self, timestamp: i64, number: u64, change: Option<u64>) -> Row {
        let product = change.map(|change| catalog::product(self.seed, number, change));
        Row { key: catalog::product_code(number), timestamp, said: Said::Product(product) }
    }

    fn event(&mut self, settings: &Settings, now: i64, random: &mut Random) -> Row {
        let (steps, lanes) = (self.steps, self.lanes.len() as u64);
        let place = random.below(lanes) as usize;
        let mut lane = match self.lanes.get(place) {
            Some(Lane { left: 0, .. }) | None => {
                Lane { session: steps, left: random.between((1, settings.session_events)) as u32, product: None }
            }
            Some(lane) => lane.clone(),
        };
        lane.left -= 1;
        let event_type = event_type(settings, random);
        let product = match lane.product {
            Some(product) if event_type != VIEW => product,
            _ => zipf::sample(random, settings.products, settings.product_skew),
        };
        lane.product = Some(product);
        let late = if random.chance(settings.late) { random.between((1, settings.latest)) } else { 0 };
        let said = self.said(settings, &lane, product, event_type, now.saturating_sub(late).max(0));
        if let Some(kept) = self.lanes.get_mut(place) {
            *kept = lane;
        }
        Row { key: said.user_session.clone(), timestamp: now, said: Said::Event(said) }
    }

    fn said(&self, settings: &Settings, lane: &Lane, product: u64, event_type: &'static str, event_time: i64) -> Event {
        let mut session = Random::of(self.seed, &[SESSION, u64::from(self.split), lane.session]);
        let user = self.own(zipf::sample(&mut session, self.share(settings.users), settings.user_skew));
        let offer = catalog::offer(self.seed, product, settings.categories, settings.brands);
        Event {
            event_time,
            event_type,
            product_id: catalog::product_code(product),
            category_id: offer.category_id,
            category_code: offer.category_code,
            brand: offer.brand,
            price: offer.price,
            user_id: catalog::user_id(user),
            user_session: catalog::uuid(&mut session),
        }
    }
}

const VIEW: &str = "view";

fn event_type(settings: &Settings, random: &mut Random) -> &'static str {
    let [views, carts, purchases] = settings.weights;
    match random.between((1, views + carts + purchases)) {
        n if n <= views => VIEW,
        n if n <= views + carts => "cart",
        _ => "purchase",
    }
}

#[cfg(test)]
mod tests;
