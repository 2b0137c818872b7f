//! The component `generate`: hands each WIT function to `streamfn-logic` and gives its answer back.
//!
//! Nothing is decided here: an event becomes a record of its topic, with its key and its time beside what it says.

use streamfn_logic::generate as logic;

wit_bindgen::generate!({
    path: ["../../wit/types", "../../wit/generate"],
    world: "streamfn:generate/generate",
    with: { "streamfn:types/types@0.1.1": streamfn_logic::types },
});

struct Generate;

mod smartshop {
    use super::exports::streamfn::generate::smartshop::*;
    use super::{Generate, logic::smartshop as logic};

    impl Guest for Generate {
        fn create(config: String, seed: u64, split: u32, splits: u32) -> Result<State, String> {
            logic::create(config, seed, split, splits).map(write)
        }
        fn next(state: State, max: u32) -> Result<(State, Vec<Event>), String> {
            let (state, events) = logic::next(read(state), max)?;
            Ok((write(state), events.into_iter().map(event).collect()))
        }
        fn finish(state: State) -> Result<Vec<Event>, String> {
            Ok(logic::finish(read(state))?.into_iter().map(event).collect())
        }
    }

    fn read(State { config, seed, now, lanes }: State) -> logic::State {
        let lane = |Lane { number, sessions, begin, given }| logic::Lane { number, sessions, begin, given };
        logic::State { config, seed, now, lanes: lanes.into_iter().map(lane).collect() }
    }

    fn write(logic::State { config, seed, now, lanes }: logic::State) -> State {
        let lane = |logic::Lane { number, sessions, begin, given }| Lane { number, sessions, begin, given };
        State { config, seed, now, lanes: lanes.into_iter().map(lane).collect() }
    }

    fn event(event: logic::Event) -> Event {
        match event {
            logic::Event::CheckIn(came) => Event::SmartshopCheckin(status(came)),
            logic::Event::Basket(changed) => Event::SmartshopBasket(basket(changed)),
            logic::Event::CheckOut(went) => Event::SmartshopCheckout(status(went)),
        }
    }

    fn status(logic::Status { ts, session_id, client_id, status, shop_id }: logic::Status) -> StatusRecord {
        let key = session_id.clone();
        StatusRecord { key, timestamp: ts, value: Status { ts, session_id, client_id, status, shop_id } }
    }

    fn basket(logic::Basket { ts, session_id, sku, qty, unit_price }: logic::Basket) -> BasketRecord {
        let key = session_id.clone();
        BasketRecord { key, timestamp: ts, value: Basket { ts, session_id, sku, qty, unit_price } }
    }
}

export!(Generate);
