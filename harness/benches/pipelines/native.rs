//! Both demos as somebody would write them in Rust for these files alone: structs, hash maps, and no way back. What a harness for
//! any SQL has to be measured by.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Deserialize)]
struct Record<V> {
    value: Option<V>,
}

fn each<V: DeserializeOwned>(file: &Path, mut take: impl FnMut(V)) {
    let (mut lines, mut line) = (BufReader::new(File::open(file).expect("it was generated")), String::new());
    while lines.read_line(&mut line).expect("text") > 0 {
        let record: Record<V> = serde_json::from_str(&line).expect("a record");
        record.value.into_iter().for_each(&mut take);
        line.clear();
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    user_id: String,
    firstname: Option<String>,
    lastname: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Product {
    product_code: String,
    product_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    event_type: String,
    product_id: String,
    price: f64,
    userid: String,
    user_session: String,
}

#[derive(Default)]
struct Session {
    firstname: Option<String>,
    lastname: Option<String>,
    price: f64,
    names: BTreeMap<String, i32>,
}

/// Rows of `session_baskets`, and the sum of their prices.
pub fn ecommerce(folder: &Path) -> (usize, f64) {
    let (mut users, mut products) = (HashMap::new(), HashMap::new());
    each(&folder.join("ecommerce.users.jsonl"), |user: User| drop(users.insert(user.user_id.clone(), user)));
    each(&folder.join("ecommerce.products.jsonl"), |product: Product| {
        drop(products.insert(product.product_code, product.product_name));
    });
    let mut sessions: HashMap<String, Session> = HashMap::new();
    each(&folder.join("ecommerce.events.jsonl"), |event: Event| {
        if event.event_type != "purchase" {
            return;
        }
        let (Some(user), Some(name)) = (users.get(&event.userid), products.get(&event.product_id)) else { return };
        let session = sessions.entry(event.user_session).or_default();
        session.firstname = session.firstname.take().max(user.firstname.clone());
        session.lastname = session.lastname.take().max(user.lastname.clone());
        session.price += event.price;
        if let Some(name) = name {
            *session.names.entry(name.clone()).or_default() += 1;
        }
    });
    (sessions.len(), sessions.values().map(|session| session.price).sum())
}

#[derive(Deserialize)]
struct Basket {
    session_id: String,
    ts: i64,
    qty: i32,
    unit_price: f64,
}

#[derive(Deserialize)]
struct Checkout {
    session_id: String,
}

/// Rows of `smartshop-checkout-qty-4`, and the sum of their prices. A session checks out last of all.
pub fn smartshop(folder: &Path) -> (usize, f64) {
    let mut baskets: HashMap<String, (i64, i32, f64)> = HashMap::new();
    each(&folder.join("smartshop-basket.jsonl"), |basket: Basket| {
        let (ts, qty, price) = baskets.entry(basket.session_id).or_default();
        (*ts, *qty) = ((*ts).max(basket.ts), qty.wrapping_add(basket.qty));
        *price += f64::from(basket.qty) * basket.unit_price;
    });
    let (mut rows, mut sum) = (0, 0.0);
    each(&folder.join("smartshop-checkout.jsonl"), |checkout: Checkout| {
        if let Some((_, _, price)) = baskets.get(&checkout.session_id) {
            rows += 1;
            sum += price;
        }
    });
    (rows, sum)
}
