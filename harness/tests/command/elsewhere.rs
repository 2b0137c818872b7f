//! Somebody else's component in SQL: a scalar, an aggregate, a keyed aggregate and a table function that the harness has
//! never heard of, and the rows that they refuse.

use crate::command::{Answer, Desk, elsewhere};
use crate::component::digest;

const SALES: &str = "CREATE STREAM sales (
  article STRING KEY, net BIGINT, country STRING, price DOUBLE, weight BIGINT, basket STRING
) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');\n";

const OFFERS: &str = "CREATE TABLE offers (
  id STRING PRIMARY KEY, shop STRING, price DOUBLE, weight BIGINT
) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');\n";

const GROSS: &str = "CREATE STREAM gross AS SELECT article, VAT(net, country) AS gross FROM sales EMIT CHANGES;";
const LINES: &str = "CREATE STREAM lines AS SELECT article, BASKET_LINES(basket) AS line FROM sales EMIT CHANGES;";
const MEANS: &str = "CREATE TABLE means AS
  SELECT shop, WEIGHTED_MEAN(price, weight) AS mean, COUNT(*) AS n FROM offers GROUP BY shop EMIT CHANGES;";

fn replay(desk: &Desk, sources: &str, query: &str, records: &str, more: &[&str]) -> Answer {
    let plugin = elsewhere().to_str().unwrap();
    desk.replay(&format!("{sources}{query}"), records, &[&["--plugin", plugin, "--changelog"], more].concat())
}

fn sale(key: &str, value: &str) -> String {
    format!("{{\"key\":{key},\"value\":{value},\"timestamp\":1}}\n")
}

#[test]
fn a_strangers_scalar_is_called_by_its_sql_name() {
    let records = [
        // 50 * 1.27 = 63.5, half up 64; -63.5 half up -63; 100 * 1.19 = 119; no net, no call.
        sale("\"apple\"", r#"{"net": 50, "country": "hu"}"#),
        sale("\"apple\"", r#"{"net": -50, "country": "hu"}"#),
        sale("\"pear\"", r#"{"net": 100, "country": "de"}"#),
        sale("\"kiwi\"", r#"{"net": null, "country": "xx"}"#),
    ];
    let wanted = [
        r#"insert {"ARTICLE":"apple","GROSS":64}"#,
        r#"insert {"ARTICLE":"apple","GROSS":-63}"#,
        r#"insert {"ARTICLE":"pear","GROSS":119}"#,
        r#"insert {"ARTICLE":"kiwi","GROSS":null}"#,
    ];
    assert_eq!(replay(&Desk::new(), SALES, GROSS, &records.concat(), &[]).changes(), wanted);
    // In a condition, too: only 119 is more than 100.
    let query = "CREATE STREAM dear AS SELECT article FROM sales WHERE VAT(net, country) > 100 EMIT CHANGES;";
    let answer = replay(&Desk::new(), SALES, query, &records.concat(), &[]);
    assert_eq!(answer.changes(), [r#"insert {"ARTICLE":"pear"}"#]);
}

#[test]
fn a_strangers_aggregate_follows_the_updates_and_tombstones_of_a_table() {
    let records = [
        // s1: 2*1 -> 2; (2 + 4*3) / 4 = 3.5; the first at 6: (14 - 2 + 6) / 4 = 4.5; without the second: 6.
        sale("\"a\"", r#"{"shop": "s1", "price": 2.0, "weight": 1}"#),
        sale("\"b\"", r#"{"shop": "s1", "price": 4.0, "weight": 3}"#),
        sale("\"a\"", r#"{"shop": "s1", "price": 6.0, "weight": 1}"#),
        sale("\"b\"", "null"),
        // To another shop: s1 has nothing left that weighs anything, and stays as a group.
        sale("\"a\"", r#"{"shop": "s2", "price": 6.0, "weight": 1}"#),
    ];
    let wanted = [
        r#"upsert {"SHOP":"s1","MEAN":2.0,"N":1}"#,
        r#"upsert {"SHOP":"s1","MEAN":3.5,"N":2}"#,
        r#"upsert {"SHOP":"s1","MEAN":4.5,"N":2}"#,
        r#"upsert {"SHOP":"s1","MEAN":6.0,"N":1}"#,
        r#"upsert {"SHOP":"s1","MEAN":null,"N":0}"#,
        r#"upsert {"SHOP":"s2","MEAN":6.0,"N":1}"#,
    ];
    assert_eq!(replay(&Desk::new(), OFFERS, MEANS, &records.concat(), &[]).changes(), wanted);
}

#[test]
fn a_strangers_keyed_aggregate_gives_a_map_of_its_entries() {
    let query = "CREATE TABLE ranges AS SELECT country, PRICE_RANGE(article, price) AS offers
      FROM sales GROUP BY country EMIT CHANGES;";
    let records = [
        sale("\"apple\"", r#"{"country": "de", "price": 1.5}"#),
        sale("\"pear\"", r#"{"country": "de", "price": 2.0}"#),
        sale("\"apple\"", r#"{"country": "de", "price": 0.5}"#),
        // An offer without an article is in no entry, one without a price is not taken at all.
        sale("null", r#"{"country": "de", "price": 9.0}"#),
        sale("\"apple\"", r#"{"country": "de", "price": null}"#),
        sale("\"apple\"", r#"{"country": "fr", "price": 7.0}"#),
    ];
    let answer = replay(&Desk::new(), SALES, query, &records.concat(), &[]);
    let both = r#"{"apple":{"LOW":0.5,"HIGH":1.5,"OFFERS":2},"pear":{"LOW":2.0,"HIGH":2.0,"OFFERS":1}}"#;
    let wanted = [
        r#"upsert {"COUNTRY":"de","OFFERS":{"apple":{"LOW":1.5,"HIGH":1.5,"OFFERS":1}}}"#.to_owned(),
        r#"upsert {"COUNTRY":"de","OFFERS":{"apple":{"LOW":1.5,"HIGH":1.5,"OFFERS":1},"pear":{"LOW":2.0,"HIGH":2.0,"OFFERS":1}}}"#.to_owned(),
        format!(r#"upsert {{"COUNTRY":"de","OFFERS":{both}}}"#),
        format!(r#"upsert {{"COUNTRY":"de","OFFERS":{both}}}"#),
        format!(r#"upsert {{"COUNTRY":"de","OFFERS":{both}}}"#),
        r#"upsert {"COUNTRY":"fr","OFFERS":{"apple":{"LOW":7.0,"HIGH":7.0,"OFFERS":1}}}"#.to_owned(),
    ];
    assert_eq!(answer.changes(), wanted);
}

#[test]
fn an_aggregate_without_retract_is_refused_over_a_table() {
    let query = "CREATE TABLE ranges AS\n  SELECT shop, PRICE_RANGE(id, price) AS offers FROM offers GROUP BY shop;";
    let answer = replay(&Desk::new(), OFFERS, query, "", &[]);
    answer.refused(&["PRICE_RANGE over a table: PRICE_RANGE has no retract, which a table's changes need at 5:16"]);
}

#[test]
fn a_strangers_table_function_gives_a_row_for_each_element() {
    let records = [
        sale("\"a\"", r#"{"basket": "apple:2, pear"}"#),
        sale("\"b\"", r#"{"basket": ""}"#),
        sale("\"c\"", r#"{"basket": null}"#),
        sale("\"d\"", r#"{"basket": "kiwi:7"}"#),
    ];
    let wanted = [
        r#"insert {"ARTICLE":"a","LINE":{"ARTICLE":"apple","QUANTITY":2}}"#,
        r#"insert {"ARTICLE":"a","LINE":{"ARTICLE":"pear","QUANTITY":1}}"#,
        r#"insert {"ARTICLE":"d","LINE":{"ARTICLE":"kiwi","QUANTITY":7}}"#,
    ];
    assert_eq!(replay(&Desk::new(), SALES, LINES, &records.concat(), &[]).changes(), wanted);
}

#[test]
fn a_refused_row_ends_the_run_and_is_named_with_all_that_finds_it() {
    let good = r#"{"key": "a", "value": {"net": 1, "country": "de", "price": 1.0, "weight": 1, "basket": ""},
        "timestamp": 1, "partition": 3}"#;
    let bad = r#"{"key": "b", "value": {"net": 1, "country": "xx", "price": 1.0, "weight": -5, "basket": "kiwi:many"},
        "timestamp": 2, "partition": 3}"#;
    let records = format!("{}\n{}\n", good.replace('\n', " "), bad.replace('\n', " "));
    let means = "CREATE TABLE means AS SELECT country, WEIGHTED_MEAN(price, weight) FROM sales GROUP BY country;";
    let cases = [
        (GROSS, "function VAT of", "key b: refused: unknown country \"xx\""),
        (LINES, "function BASKET_LINES of", "key b: refused: no quantity: \"many\" in \"kiwi:many\""),
        // An aggregate's key is the group's.
        (means, "function WEIGHTED_MEAN of", "key xx: refused: negative weight -5"),
    ];
    let file = elsewhere().to_str().unwrap();
    let sha = digest(&std::fs::read(elsewhere()).unwrap());
    for (query, function, reason) in cases {
        let digest = format!("(sha256 {})", &sha[..12]);
        let answer = replay(&Desk::new(), SALES, query, &records, &["--on-error", "fail"]);
        answer.refused(&[function, file, &digest, "topic t partition 3 offset 1", reason]);
    }
}

#[test]
fn with_null_a_refused_row_has_null_in_its_place() {
    let records = [
        sale("\"a\"", r#"{"net": 100, "country": "xx", "basket": "kiwi:many"}"#),
        sale("\"b\"", r#"{"net": 100, "country": "de", "basket": "kiwi:1"}"#),
    ]
    .concat();
    let answer = replay(&Desk::new(), SALES, GROSS, &records, &["--on-error", "null"]);
    let wanted = [r#"insert {"ARTICLE":"a","GROSS":null}"#, r#"insert {"ARTICLE":"b","GROSS":119}"#];
    assert_eq!(answer.changes(), wanted);
    answer.says(&["note: calls of VAT without a value (refused): 1 left out"]);
    let answer = replay(&Desk::new(), SALES, LINES, &records, &["--on-error", "null"]);
    assert_eq!(answer.changes(), [r#"insert {"ARTICLE":"b","LINE":{"ARTICLE":"kiwi","QUANTITY":1}}"#]);
    answer.says(&["note: calls of BASKET_LINES without a value (refused): 1 left out"]);
}

#[test]
fn a_dead_letter_has_where_the_row_was_and_what_it_was_and_the_others_go_on() {
    let desk = Desk::new();
    let records =
        [sale("\"a\"", r#"{"net": 100, "country": "xx"}"#), sale("\"b\"", r#"{"net": 100, "country": "de"}"#)].concat();
    let policy = ["--on-error", "dead-letter", "--dead-letters", "letters.jsonl"];
    let answer = replay(&desk, SALES, GROSS, &records, &policy);
    assert_eq!(answer.changes(), [r#"insert {"ARTICLE":"b","GROSS":119}"#]);
    answer.says(&["note: 1 rows went to the dead letters"]);
    let letters = desk.read("letters.jsonl");
    let letter: serde_json::Value = serde_json::from_str(&letters).unwrap();
    let wanted = serde_json::json!({
        "version": 1,
        "topic": "t", "partition": 0, "offset": 0, "timestamp": 1,
        "reason": "refused: unknown country \"xx\"",
        "record": {"from": "file", "file": "t.jsonl", "line": 1, "key": "a", "value": {"net": 100, "country": "xx"}},
        "call": {
            "function": "VAT", "interface": "acme:pricing/vat@1.2.0",
            "file": elsewhere().to_str(), "sha256": digest(&std::fs::read(elsewhere()).unwrap()),
            "key": "a", "arguments": {"net": 100, "country": "xx"},
            "limits": {"time_ms": 1000, "memory": 64 << 20, "stack": 128 << 10, "result": 16 << 20},
        },
        "sql_sha256": digest(format!("{SALES}{GROSS}").as_bytes()),
    });
    assert_eq!(letter, wanted);
    // The next run has no letters, and says so in the same file.
    let answer = replay(&desk, SALES, GROSS, &sale("\"b\"", r#"{"net": 1, "country": "de"}"#), &policy);
    answer.done();
    assert_eq!(desk.read("letters.jsonl"), "");
}

#[test]
fn without_a_file_dead_letters_go_to_standard_error() {
    let records = sale("\"a\"", r#"{"net": 100, "country": "xx"}"#);
    let answer = replay(&Desk::new(), SALES, GROSS, &records, &["--on-error", "dead-letter"]);
    assert_eq!(answer.done(), "");
    answer.says(&[r#""reason":"refused: unknown country \"xx\"""#, r#""arguments":{"net":100,"country":"xx"}"#]);
}

#[test]
fn a_refused_row_leaves_an_aggregates_state_as_it_was_before_it() {
    for policy in ["null", "skip", "dead-letter"] {
        let records = [
            sale("\"a\"", r#"{"shop": "s", "price": 2.0, "weight": 1}"#),
            // Refused: it is in no aggregate of the query, COUNT's included.
            sale("\"b\"", r#"{"shop": "s", "price": 100.0, "weight": -1}"#),
            sale("\"c\"", r#"{"shop": "s", "price": 4.0, "weight": 1}"#),
        ];
        let wanted = [r#"upsert {"SHOP":"s","MEAN":2.0,"N":1}"#, r#"upsert {"SHOP":"s","MEAN":3.0,"N":2}"#];
        let answer = replay(&Desk::new(), OFFERS, MEANS, &records.concat(), &["--on-error", policy]);
        assert_eq!(answer.changes(), wanted, "{policy}");
    }
}

#[test]
fn a_table_row_that_becomes_refused_is_gone_and_comes_back_with_its_next_good_value() {
    for policy in ["null", "skip", "dead-letter"] {
        let records = [
            sale("\"a\"", r#"{"shop": "s", "price": 2.0, "weight": 1}"#),
            sale("\"b\"", r#"{"shop": "s", "price": 4.0, "weight": 1}"#),
            // What b was is taken back, what it became is refused.
            sale("\"b\"", r#"{"shop": "s", "price": 4.0, "weight": -1}"#),
            sale("\"b\"", r#"{"shop": "s", "price": 8.0, "weight": 1}"#),
        ];
        let wanted = [
            r#"upsert {"SHOP":"s","MEAN":2.0,"N":1}"#,
            r#"upsert {"SHOP":"s","MEAN":3.0,"N":2}"#,
            r#"upsert {"SHOP":"s","MEAN":2.0,"N":1}"#,
            r#"upsert {"SHOP":"s","MEAN":5.0,"N":2}"#,
        ];
        let answer = replay(&Desk::new(), OFFERS, MEANS, &records.concat(), &["--on-error", policy]);
        assert_eq!(answer.changes(), wanted, "{policy}");
        assert_eq!(answer.err.matches("negative weight").count(), usize::from(policy == "dead-letter"));
    }
}

#[test]
fn a_row_that_was_refused_when_it_came_is_none_when_it_is_taken_back() {
    let records = [
        sale("\"a\"", r#"{"shop": "s", "price": 2.0, "weight": -1}"#),
        sale("\"a\"", r#"{"shop": "s", "price": 2.0, "weight": 1}"#),
        sale("\"b\"", r#"{"shop": "r", "price": 2.0, "weight": -1}"#),
        sale("\"b\"", "null"),
    ];
    for policy in ["null", "skip", "dead-letter"] {
        let answer = replay(&Desk::new(), OFFERS, MEANS, &records.concat(), &["--on-error", policy]);
        assert_eq!(answer.changes(), [r#"upsert {"SHOP":"s","MEAN":2.0,"N":1}"#], "{policy}");
    }
}
