//! One session, from check-in to check-out.

use super::{Basket, Event, Lane, Settings, Status};
use crate::generate::random::Random;

/// What streams of random numbers are of.
const SESSION: u64 = 1;
const SKU: u64 = 2;

pub struct Session {
    seed: u64,
    random: Random,
    id: String,
    client_id: String,
    shop_id: String,
    begin: i64,
    /// Milliseconds after the beginning.
    end: i64,
    /// Likewise, when the basket was looked at last; none before the check-in.
    at: Option<i64>,
    /// SKUs with the pieces that are in, at least one of each.
    basket: Vec<(u64, i64)>,
}

impl Session {
    pub fn new(settings: &Settings, seed: u64, lane: &Lane) -> Session {
        let number = u64::from(lane.number);
        let mut random = Random::of(seed, &[SESSION, number, lane.sessions]);
        let id = format!("{:016x}{:016x}", random.any(), random.any());
        // Clients are dealt out to the lanes like cards.
        let (lanes, clients) = (settings.lanes as u64, settings.clients as u64);
        let own = clients.saturating_sub(number).div_ceil(lanes);
        let client = random.below(own).wrapping_mul(lanes).wrapping_add(number);
        Session {
            seed,
            id,
            client_id: format!("User_{client}"),
            shop_id: format!("SHOP_{}", random.below(settings.shops as u64)),
            begin: lane.begin,
            end: settings.look(random.between(settings.length)),
            at: None,
            basket: Vec::new(),
            random,
        }
    }

    /// What happens next; after the check-out it is the check-out again.
    pub fn event(&mut self, settings: &Settings) -> Event {
        let Some(mut at) = self.at else {
            self.at = Some(0);
            return Event::CheckIn(self.status(self.begin, settings.checkin));
        };
        loop {
            at = settings.look(at + self.random.between(settings.update));
            if at >= self.end {
                return self.check_out(settings, self.begin.wrapping_add(self.end));
            }
            self.at = Some(at);
            if let Some((sku, qty)) = self.change(settings) {
                return Event::Basket(self.basket(settings, at, sku, qty));
            }
        }
    }

    pub fn check_out(&self, settings: &Settings, ts: i64) -> Event {
        Event::CheckOut(self.status(ts, settings.checkout))
    }

    /// Puts pieces in or takes some out, if there is room, and something to take.
    fn change(&mut self, settings: &Settings) -> Option<(u64, i64)> {
        if self.random.chance(settings.removal) {
            let place = self.random.below(self.basket.len() as u64) as usize;
            let pieces = self.random.between(settings.pieces);
            let (sku, inside) = self.basket.get_mut(place)?;
            let (sku, taken) = (*sku, pieces.min(*inside));
            *inside -= taken;
            self.basket.retain(|(_, inside)| *inside > 0);
            return Some((sku, -taken));
        }
        let sku = self.random.below(settings.skus as u64);
        let pieces = self.random.between(settings.pieces);
        let place = self.basket.iter().position(|(other, _)| *other == sku).unwrap_or_else(|| {
            self.basket.push((sku, 0));
            self.basket.len() - 1
        });
        let (_, inside) = &mut self.basket[place];
        let put = pieces.min(settings.basket_size - *inside);
        *inside += put;
        (put > 0).then_some((sku, put))
    }

    fn status(&self, ts: i64, status: i32) -> Status {
        Status {
            ts,
            session_id: self.id.clone(),
            client_id: self.client_id.clone(),
            status,
            shop_id: self.shop_id.clone(),
        }
    }

    fn basket(&self, settings: &Settings, at: i64, sku: u64, qty: i64) -> Basket {
        let hundredths = Random::of(self.seed, &[SKU, sku]).between(settings.price);
        Basket {
            ts: self.begin.wrapping_add(at),
            session_id: self.id.clone(),
            sku: format!("SKU_{sku}"),
            qty: qty as i32,
            unit_price: hundredths as f64 / 100.0,
        }
    }
}
