//! What is generated, through the SQL that reads it, against the same tables computed by hash maps over the records, without
//! anything of the project's.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::command::Desk;
use crate::demos::{Known, baskets, checked_out, hundredths, learn, session_baskets, sorted, text};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../sql");

/// A run of a generator, as JSON Lines and as Avro.
struct Topics {
    desk: Desk,
    sql: String,
    dialect: &'static str,
    topics: &'static [&'static str],
}

impl Topics {
    fn generate(
        generator: &str,
        config: &str,
        sql: &str,
        dialect: &'static str,
        topics: &'static [&'static str],
    ) -> Topics {
        let (desk, sql) = (Desk::new(), format!("{ROOT}/{sql}"));
        desk.file("c.yaml", config);
        for container in ["jsonl", "avro"] {
            desk.run(&[
                "generate",
                generator,
                "--config",
                "c.yaml",
                "--seed",
                "11",
                "--events",
                "6000",
                "--sql",
                &sql,
                "--dialect",
                dialect,
                "--format",
                container,
                "--out",
                "t",
            ])
            .done();
        }
        Topics { desk, sql, dialect, topics }
    }

    fn records(&self, topic: &str) -> Vec<Json> {
        let file = self.desk.read(&format!("t/{topic}.jsonl"));
        file.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The final rows of a table, which both kinds of file give, in the order of their JSON.
    fn table(&self, name: &str) -> Vec<Json> {
        let [from_lines, from_avro] = ["jsonl", "avro"].map(|container| {
            let files: Vec<String> = self.topics.iter().map(|t| format!("{t}=t/{t}.{container}")).collect();
            let mut typed =
                vec!["replay", "--sql", &self.sql, "--dialect", self.dialect, "--table", name, "--format", "json"];
            files.iter().for_each(|file| typed.extend(["--topic", file]));
            sorted(
                self.desk
                    .run(&typed)
                    .done()
                    .lines()
                    .map(|line| serde_json::from_str::<Json>(line).unwrap()["row"].take()),
            )
        });
        assert_eq!(from_lines, from_avro);
        from_lines
    }
}

const SHOP: &str = "max_simultaneous_sessions: 20\nmax_skus: 30\nupdate_basket_remove_sku_probability: 0.3\n";

#[test]
fn smartshop_in_ksqldb() {
    let topics = Topics::generate(
        "smartshop",
        SHOP,
        "ksqldb/smartshop.sql",
        "ksqldb",
        &["smartshop-basket", "smartshop-checkout"],
    );
    let baskets = baskets(topics.records("smartshop-basket"));
    let wanted = checked_out(&baskets, &topics.records("smartshop-checkout"));
    assert!(wanted.len() > 500, "{}", wanted.len());
    assert_eq!(topics.table("smartshop-checkout-qty-4"), wanted);
}

#[test]
fn smartshop_in_flink() {
    let topics = Topics::generate("smartshop", SHOP, "flink/smartshop.sql", "flink", &["smartshop-basket"]);
    let baskets = baskets(topics.records("smartshop-basket"));
    let wanted = sorted(baskets.into_iter().map(|(session_id, (ts, sum_qty, total_price))| {
        json!({ "session_id": session_id, "ts": ts, "sum_qty": sum_qty, "total_price": total_price })
    }));
    assert_eq!(topics.table("basket_totals"), wanted);
}

const ECOMMERCE: [&str; 3] = ["ecommerce.events", "ecommerce.users", "ecommerce.products"];
const SHOPPERS: &str = "users: 60\nproducts: 40\nevents: 5000\npurchase_weight: 40\nsession_events_max: 8\n\
    user_update_share: 0.05\nuser_delete_share: 0.05\nproduct_update_share: 0.03\nproduct_delete_share: 0.03\nlate_share: 0.1\n";

/// ksqlDB's stream-table joins see the tables as of the event. Of the topics the one goes first whose next record has the
/// least time, that of an event being its event_time; at the same time in the order of the SQL.
#[test]
fn ecommerce_in_ksqldb() {
    let topics = Topics::generate("ecommerce", SHOPPERS, "ksqldb/ecommerce.sql", "ksqldb", &ECOMMERCE);
    let mut left = ECOMMERCE.map(|topic| topics.records(topic).into_iter().peekable());
    let (mut users, mut products) = (Known::new(), Known::new());
    let mut baskets: BTreeMap<(String, String), (Json, f64, Vec<Json>)> = BTreeMap::new();
    loop {
        let mut first: Option<(i64, usize)> = None;
        for (place, records) in left.iter_mut().enumerate() {
            let Some(record) = records.peek() else { continue };
            let time = if place == 0 { &record["value"]["event_time"] } else { &record["timestamp"] };
            let head = (time.as_i64().unwrap(), place);
            first = Some(first.map_or(head, |first| first.min(head)));
        }
        let Some((_, place)) = first else { break };
        let mut record = left[place].next().unwrap();
        let (key, value) = (record["key"].take(), record["value"].take());
        match place {
            1 => learn(&mut users, &key, value),
            2 => learn(&mut products, &key, value),
            _ if value["event_type"] != "purchase" => {}
            _ => {
                let user = users.get(&value["user_id"].to_string());
                let product = products.get(&value["product_id"].to_string());
                let (Some(user), Some(product)) = (user, product) else { continue };
                let group = (text(&value["user_session"]).to_owned(), text(&value["user_id"]).to_owned());
                let (of, price, names) = baskets.entry(group).or_insert((Json::Null, 0.0, vec![]));
                *of = user.clone();
                *price += value["price"].as_f64().unwrap();
                names.push(product["product_name"].clone());
            }
        }
    }
    let wanted = sorted(baskets.into_iter().map(|((session, user), (of, price, names))| {
        json!({
            "USER_SESSION": session, "USER_ID": user, "FIRSTNAME": of["firstname"], "LASTNAME": of["lastname"],
            "EMAIL": of["email"], "ADDRESS": of["address"], "PRICE": price, "PRODUCT_NAMES": names,
        })
    }));
    assert!(wanted.len() > 200, "{}", wanted.len());
    assert_eq!(topics.table("ECOMMERCE_BASKETS"), wanted);
}

/// Flink's regular joins are what the tables are in the end.
#[test]
fn ecommerce_in_flink() {
    let topics = Topics::generate("ecommerce", SHOPPERS, "flink/ecommerce.sql", "flink", &ECOMMERCE);
    let wanted = session_baskets(|topic| topics.records(topic));
    let found = sorted(topics.table("session_baskets").into_iter().map(|mut row| {
        row["price"] = json!(hundredths(&row["price"]));
        row
    }));
    assert!(wanted.len() > 100, "{}", wanted.len());
    assert_eq!(found, wanted);
}
