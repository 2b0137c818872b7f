//! The tables of the two demos, computed by hash maps over the records: nothing of the project's.

#![allow(dead_code, reason = "each test uses a part of this")]

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value as Json, json};

/// Rows in the order of their JSON.
pub fn sorted(rows: impl Iterator<Item = Json>) -> Vec<Json> {
    let mut rows: Vec<Json> = rows.collect();
    rows.sort_by_key(Json::to_string);
    rows
}

pub fn text(of: &Json) -> &str {
    of.as_str().unwrap()
}

/// By session when its basket changed last, how many pieces are in it, and their price: added up in the order of arrival.
pub fn baskets(records: Vec<Json>) -> HashMap<String, (i64, i64, f64)> {
    let mut baskets: HashMap<String, (i64, i64, f64)> = HashMap::new();
    for mut record in records {
        let row = record["value"].take();
        let (ts, qty) = (row["ts"].as_i64().unwrap(), row["qty"].as_i64().unwrap());
        let basket = baskets.entry(text(&record["key"]).to_owned()).or_insert((0, 0, 0.0));
        basket.0 = basket.0.max(ts);
        basket.1 += qty;
        basket.2 += qty as f64 * row["unit_price"].as_f64().unwrap();
    }
    baskets
}

/// Sessions that checked out with something in their basket.
pub fn checked_out(baskets: &HashMap<String, (i64, i64, f64)>, checkouts: &[Json]) -> Vec<Json> {
    let wanted = checkouts.iter().filter_map(|record| {
        let value = &record["value"];
        let (_, sum_qty, total_price) = baskets.get(text(&record["key"]))?;
        Some(json!({
            "SESSION_ID": value["session_id"], "SHOP_ID": value["shop_id"], "CLIENT_ID": value["client_id"],
            "TS": value["ts"], "SUM_QTY": sum_qty, "TOTAL_PRICE": total_price,
        }))
    });
    sorted(wanted)
}

/// Users or products as of the last record looked at.
pub type Known = HashMap<String, Json>;

pub fn learn(known: &mut Known, key: &Json, value: Json) {
    match value {
        Json::Null => known.remove(&key.to_string()),
        value => known.insert(key.to_string(), value),
    };
}

pub fn hundredths(price: &Json) -> i64 {
    (price.as_f64().unwrap() * 100.0).round() as i64
}

/// What each session bought, of users and products that are there in the end, as `sql/flink/ecommerce.sql` has it in
/// `session_baskets`. Retractions leave the rounding of an order that nobody wrote down, so prices are whole hundredths,
/// which they are.
pub fn session_baskets(records: impl Fn(&str) -> Vec<Json>) -> Vec<Json> {
    let known = |topic: &str, column: &str| {
        let mut known = Known::new();
        records(topic).into_iter().for_each(|mut record| {
            let key = record["key"][column].take();
            learn(&mut known, &key, record["value"].take());
        });
        known
    };
    let (users, products) = (known("ecommerce.users", "userId"), known("ecommerce.products", "productCode"));
    let mut baskets: HashMap<String, (String, String, i64, BTreeMap<String, i32>)> = HashMap::new();
    for record in records("ecommerce.events") {
        let event = &record["value"];
        let (user, product) = (users.get(&event["userid"].to_string()), products.get(&event["productId"].to_string()));
        let (Some(user), Some(product), "purchase") = (user, product, text(&event["eventType"])) else { continue };
        let basket = baskets.entry(text(&event["userSession"]).to_owned()).or_default();
        basket.0 = text(&user["firstname"]).max(&basket.0).to_owned();
        basket.1 = text(&user["lastname"]).max(&basket.1).to_owned();
        basket.2 += hundredths(&event["price"]);
        *basket.3.entry(text(&product["productName"]).to_owned()).or_default() += 1;
    }
    sorted(baskets.into_iter().map(|(session, (firstname, lastname, price, names))| {
        json!({ "userSession": session, "firstname": firstname, "lastname": lastname, "price": price, "productNames": names })
    }))
}
