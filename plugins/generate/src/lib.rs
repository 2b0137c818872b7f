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

mod ecommerce {
    use super::exports::streamfn::generate::ecommerce::*;
    use super::{Generate, logic::ecommerce as logic};

    impl Guest for Generate {
        fn create(config: String, seed: u64, split: u32, splits: u32) -> Result<State, String> {
            logic::create(config, seed, split, splits).map(write)
        }
        fn next(state: State, max: u32) -> Result<(State, Vec<Row>), String> {
            let (state, rows) = logic::next(read(state), max)?;
            Ok((write(state), rows.into_iter().map(row).collect()))
        }
        fn finish(state: State) -> Result<Vec<Row>, String> {
            Ok(logic::finish(read(state))?.into_iter().map(row).collect())
        }
    }

    fn read(State { config, seed, split, splits, known, steps, events, clock, lanes }: State) -> logic::State {
        let lane = |Lane { session, left, product }| logic::Lane { session, left, product };
        let lanes = lanes.into_iter().map(lane).collect();
        logic::State { config, seed, split, splits, known, steps, events, clock, lanes }
    }

    fn write(state: logic::State) -> State {
        let logic::State { config, seed, split, splits, known, steps, events, clock, lanes } = state;
        let lane = |logic::Lane { session, left, product }| Lane { session, left, product };
        let lanes = lanes.into_iter().map(lane).collect();
        State { config, seed, split, splits, known, steps, events, clock, lanes }
    }

    fn row(logic::Row { key, timestamp, said }: logic::Row) -> Row {
        match said {
            logic::Said::User(found) => Row::Users(UserRecord { key, timestamp, value: found.map(user) }),
            logic::Said::Product(found) => Row::Products(ProductRecord { key, timestamp, value: found.map(product) }),
            logic::Said::Event(found) => Row::Events(EventRecord { key, timestamp, value: event(found) }),
        }
    }

    fn user(user: logic::User) -> User {
        let logic::User { user_id, firstname, lastname, username, email, title, address } = user;
        let [firstname, lastname, title] = [firstname, lastname, title].map(str::to_owned);
        User { user_id, firstname, lastname, username, email, title, address }
    }

    fn product(product: logic::Product) -> Product {
        let logic::Product { product_code, product_color, promo_code, product_name } = product;
        Product { product_code, product_color: product_color.to_owned(), promo_code, product_name }
    }

    fn event(event: logic::Event) -> Event {
        let logic::Event { event_time, event_type, product_id, category_id, category_code, .. } = event;
        let logic::Event { brand, price, user_id, user_session, .. } = event;
        let event_type = event_type.to_owned();
        Event { event_time, event_type, product_id, category_id, category_code, brand, price, user_id, user_session }
    }
}

export!(Generate);
