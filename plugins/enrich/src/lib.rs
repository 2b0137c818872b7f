//! The component `enrich`: hands each WIT function to `streamfn-logic` and gives its answer back.
//!
//! Nothing is decided here: records are taken apart and put together.

use streamfn_logic as logic;

wit_bindgen::generate!({
    path: ["../../wit/types", "../../wit/enrich"],
    world: "streamfn:enrich/enrich",
    with: { "streamfn:types/types@0.1.1": streamfn_logic::types },
});

use exports::streamfn::enrich::{unnest_entries_of_map, unnest_entries_of_multiset, with_product, with_user};

struct Enrich;

impl with_user::Guest for Enrich {
    fn eval(event: with_user::Event, user: Option<with_user::User>) -> with_user::EventUser {
        let with_user::Event { event_time, product_id, price, user_session } = event;
        let event = logic::with_user::Event { event_time, product_id, price, user_session };
        let user = user.map(|with_user::User { firstname, lastname, email, address }| logic::with_user::User {
            firstname,
            lastname,
            email,
            address,
        });
        let logic::with_user::EventUser { event, user } = logic::with_user::eval(event, user);
        let logic::with_user::Event { event_time, product_id, price, user_session } = event;
        let logic::with_user::User { firstname, lastname, email, address } = user;
        with_user::EventUser { event_time, product_id, price, user_session, firstname, lastname, email, address }
    }
}

impl with_product::Guest for Enrich {
    fn eval(row: with_product::EventUser, product: Option<with_product::Product>) -> with_product::EnrichedEvent {
        let with_product::EventUser {
            event_time,
            product_id,
            price,
            user_session,
            firstname,
            lastname,
            email,
            address,
        } = row;
        let row = logic::with_user::EventUser {
            event: logic::with_user::Event { event_time, product_id, price, user_session },
            user: logic::with_user::User { firstname, lastname, email, address },
        };
        let product =
            product.map(|with_product::Product { product_name }| logic::with_product::Product { product_name });
        let logic::with_product::EnrichedEvent { user_session, user, price, product_name } =
            logic::with_product::eval(row, product);
        let logic::with_user::User { firstname, lastname, email, address } = user;
        with_product::EnrichedEvent { user_session, firstname, lastname, email, address, price, product_name }
    }
}

impl unnest_entries_of_multiset::Guest for Enrich {
    fn rows(entries: Vec<(String, i32)>) -> Result<Vec<unnest_entries_of_multiset::Entry>, String> {
        let row = |(element, multiplicity)| unnest_entries_of_multiset::Entry { element, multiplicity };
        Ok(logic::unnest_entries::of_multiset(entries)?.into_iter().map(row).collect())
    }
}

impl unnest_entries_of_map::Guest for Enrich {
    fn rows(entries: Vec<(String, i64)>) -> Vec<unnest_entries_of_map::Entry> {
        let row = |(key, value)| unnest_entries_of_map::Entry { key, value };
        logic::unnest_entries::of_map(entries).into_iter().map(row).collect()
    }
}

export!(Enrich);
