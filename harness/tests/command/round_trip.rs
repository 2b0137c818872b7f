//! What is written to files is what is read from them; and what is generated, through the SQL that reads it, against the
//! same tables computed by hash maps over the records, without anything of the project's.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use streamfn::topic::recording::{Container, Generated, Outgoing, files};
use streamfn_model::{Field, SqlType, Value};

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

/// Every type, in a row that is full and one that is null, as JSON Lines and as Avro.
#[test]
fn a_row_of_every_type_is_read_as_it_was_written() {
    let sql = "CREATE TABLE t (a BOOLEAN, b TINYINT, c SMALLINT, d INT, e BIGINT, f FLOAT, g DOUBLE, h STRING,
        i DECIMAL(10, 2), j DATE, k TIME, l TIMESTAMP(3), m TIMESTAMP_LTZ(3), n ARRAY<INT>, o MAP<STRING, DOUBLE>,
        p ROW<x INT, y STRING>) WITH ('connector' = 'kafka', 'topic' = 'all-types', 'format' = 'json',
        'scan.startup.mode' = 'earliest-offset', 'properties.bootstrap.servers' = 'localhost:9092');
      CREATE TABLE s (a BOOLEAN, b TINYINT, c SMALLINT, d INT, e BIGINT, f FLOAT, g DOUBLE, h STRING,
        i DECIMAL(10, 2), j DATE, k TIME, l TIMESTAMP(3), m TIMESTAMP_LTZ(3), n ARRAY<INT>, o MAP<STRING, DOUBLE>,
        p ROW<x INT, y STRING>) WITH ('connector' = 'print');
      INSERT INTO s SELECT a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p FROM t;";
    let row = SqlType::Row(vec![Field::new("x", SqlType::Int), Field::new("y", SqlType::String)]);
    let pair = |key: &str, value| Value::Record(vec![Value::from(key), value]);
    let columns = [
        (SqlType::Boolean, Value::Bool(true)),
        (SqlType::TinyInt, Value::S8(-1)),
        (SqlType::SmallInt, Value::S16(-2)),
        (SqlType::Int, Value::S32(-3)),
        (SqlType::BigInt, Value::S64(1 << 53)),
        (SqlType::Float, Value::F32(0.5)),
        (SqlType::Double, Value::F64(0.1)),
        (SqlType::String, Value::from("ü \"\n")),
        (SqlType::Decimal(10, 2), Value::Decimal { unscaled: -5, scale: 2 }),
        (SqlType::Date, Value::S32(-1)),
        (SqlType::Time, Value::S32(86_399_999)),
        (SqlType::Timestamp, Value::S64(1)),
        (SqlType::TimestampLtz, Value::S64(-1)),
        (SqlType::Array(Box::new(SqlType::Int)), Value::List(vec![Value::S32(1), Value::Null])),
        (
            SqlType::Map(Box::new(SqlType::String), Box::new(SqlType::Double)),
            Value::List(vec![pair("a", Value::F64(1.5)), pair("b", Value::Null)]),
        ),
        (row, Value::Record(vec![Value::S32(7), Value::Null])),
    ];
    let (types, full): (Vec<SqlType>, Vec<Value>) = columns.into_iter().unzip();
    let fields = types.into_iter().zip('a'..).map(|(of, name)| Field::new(name, of)).collect();
    let topics = [Outgoing {
        topic: "all-types".to_owned(),
        key: SqlType::Int,
        key_field: Some("k".to_owned()),
        columns: fields,
    }];
    let (empty, full) = (Value::Record(vec![Value::Null; full.len()]), Value::Record(full));
    let wanted = json!({"a": true, "b": -1, "c": -2, "d": -3, "e": 9_007_199_254_740_992_i64, "f": 0.5, "g": 0.1, "h": "ü \"\n",
        "i": "-0.05", "j": -1, "k": 86_399_999, "l": 1, "m": -1, "n": [1, null], "o": {"a": 1.5, "b": null},
        "p": {"x": 7, "y": null}});
    for (container, name) in [(Container::Jsonl, "jsonl"), (Container::Avro, "avro")] {
        let desk = Desk::new();
        let mut sink = files(&desk.path("t"), container, &topics).unwrap();
        for value in [&full, &empty] {
            sink.write(Generated { topic: 0, key: &Value::S32(1), value, timestamp: 5, partition: 0 }).unwrap();
        }
        sink.finish().unwrap();
        let topic = format!("all-types=t/all-types.{name}");
        desk.file("all.sql", sql);
        let answer =
            desk.run(&["replay", "--sql", "all.sql", "--dialect", "flink", "--topic", &topic, "--format", "json"]);
        let rows = answer.rows();
        let rows: Vec<Json> = rows.iter().map(|row| serde_json::from_str(row).unwrap()).collect();
        let nulls: Json =
            ('a'..='p').map(|name| (name.to_string(), Json::Null)).collect::<serde_json::Map<_, _>>().into();
        assert_eq!(rows, [wanted.clone(), nulls], "{name}");
    }
}
