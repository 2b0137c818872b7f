//! Files are read straight into columns, and what comes of it is what the reference makes of them: records, reasons, notes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "support/both_ways.rs"]
mod both_ways;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs;

use apache_avro::types::Value as Avro;
use apache_avro::{Codec, DeflateSettings, Schema, Writer};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use streamfn::sql::{Functions, Pipeline};
use streamfn::topic::{Arrival, Columns};
use streamfn_model::Dialect;

use both_ways::both_ways;

const KSQLDB: &str = concat!(
    include_str!("../fuzz/src/topics/ksqldb.sql"),
    "
CREATE STREAM k_cases (id STRING KEY, `st` STRING, `ST` STRING, i INT) WITH (kafka_topic = 'k_cases', value_format = 'JSON');
CREATE STREAM k_timed (id BIGINT KEY, bi BIGINT, st STRING)
  WITH (kafka_topic = 'k_timed', key_format = 'KAFKA', value_format = 'JSON', timestamp = 'bi');
CREATE STREAM k_timed_text (id STRING KEY, st STRING, i INT) WITH (kafka_topic = 'k_timed_text', key_format = 'JSON',
  value_format = 'JSON', timestamp = 'st', timestamp_format = 'yyyy-MM-dd');
CREATE TABLE k_table (id STRING PRIMARY KEY, i INT, bi BIGINT, do DOUBLE, st STRING)
  WITH (kafka_topic = 'k_table', value_format = 'JSON');
"
);

const FLINK: &str = concat!(
    include_str!("../fuzz/src/topics/flink.sql"),
    "
CREATE TABLE f_place (id STRING, i INT, st STRING NOT NULL, at BIGINT METADATA FROM 'offset' VIRTUAL,
  pa INT METADATA FROM 'partition' VIRTUAL)
  WITH ('connector' = 'kafka', 'topic' = 'f_place', 'format' = 'json');
CREATE TABLE f_upsert (id STRING, i INT, bi BIGINT, do DOUBLE, st STRING, bo BOOLEAN, PRIMARY KEY (id) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 'f_upsert', 'key.format' = 'json', 'value.format' = 'json');
"
);

const NUMBERS: [&str; 24] = [
    "0",
    "-0",
    "1",
    "-1",
    "127",
    "128",
    "2147483647",
    "2147483648",
    "-9223372036854775808",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "1.5",
    "0.1",
    "1e2",
    "1E-2",
    "5e-324",
    "1e308",
    "0.1000000000000000055511151231257827",
    "123456789.123456789",
    "1.7976931348623157e308",
    "7.0",
    "-0.0",
    "12.50",
];

const TEXTS: [&str; 16] = [
    r#""""#,
    r#""a""#,
    r#""7""#,
    r#"" 7 ""#,
    r#""-1.5""#,
    r#""NaN""#,
    r#""\u0041\n""#,
    r#""\ud83d\ude00""#,
    r#""ä€""#,
    r#""YWI=""#,
    r#""2024-02-29""#,
    r#""2024-02-29T12:00:00.5""#,
    r#""12:00:00""#,
    r#""true""#,
    r#""1,2,x""#,
    r#""partition""#,
];

const OTHERS: [&str; 10] = [
    "true",
    "false",
    "null",
    "[]",
    "[1, null]",
    "{}",
    r#"{"a": "x", "b": 1.5}"#,
    r#"{"a": 1, "b": {"c": "x"}}"#,
    r#"[{"x": 1}]"#,
    r#"["x"]"#,
];

/// No JSON, or none that the reference takes.
const BROKEN: [&str; 8] = ["1e999", "01", "tru", r#""\ud800""#, r#""\x""#, "\"\u{1}\"", "{\"a\":1,}", ""];

const COLUMNS: [&str; 22] = [
    "id", "bo", "i", "bi", "do", "de", "st", "by", "da", "tm", "ts", "ar", "ma", "ro", "a", "b", "v", "at", "ti", "fl",
    "pa", "mu",
];

fn scalar() -> BoxedStrategy<String> {
    let known = |all: &'static [&'static str]| select(all).prop_map(str::to_owned);
    prop_oneof![
        4 => known(&NUMBERS),
        1 => any::<f64>().prop_filter("JSON has no others", |x| x.is_finite()).prop_map(|x| format!("{x:e}")),
        1 => any::<i64>().prop_map(|n| n.to_string()),
        4 => known(&TEXTS),
        2 => known(&OTHERS),
    ]
    .boxed()
}

/// A value that mostly is one of the column of this name.
fn cell(name: &str) -> BoxedStrategy<String> {
    let own = match name.to_lowercase().as_str() {
        "bo" => select(&["true", "false"][..]).prop_map(str::to_owned).boxed(),
        "i" | "bi" | "a" | "ts" | "da" | "ti" => (-100..100_i64).prop_map(|n| n.to_string()).boxed(),
        "do" | "fl" | "v" => (-1e3..1e3_f64).prop_map(|x| x.to_string()).boxed(),
        "de" => (-999..999_i64).prop_map(|n| format!("\"{}.{:02}\"", n / 100, n.abs() % 100)).boxed(),
        "ar" => Just("[1, 2]".to_owned()).boxed(),
        "ro" | "mu" | "ma" => Just("{}".to_owned()).boxed(),
        _ => "[a-zé\"\\\\]{0,5}".prop_map(|text| serde_json::to_string(&text).unwrap()).boxed(),
    };
    prop_oneof![12 => own, 1 => Just("null".to_owned()), 1 => scalar()].boxed()
}

fn field() -> impl Strategy<Value = String> {
    (select(&COLUMNS[..]), 0..40_u8).prop_flat_map(|(name, spelt)| {
        let spelt = match spelt {
            0..6 => name.to_uppercase(),
            6 => format!("\\u{:04x}{}", name.as_bytes()[0], &name[1..]),
            7 => "other".to_owned(),
            _ => name.to_owned(),
        };
        cell(name).prop_map(move |value| format!("\"{spelt}\":{value}"))
    })
}

fn object() -> impl Strategy<Value = String> {
    proptest::collection::vec(field(), 0..12).prop_map(|fields| format!("{{{}}}", fields.join(",")))
}

/// A line of which nothing is wrong as JSON; of another partition than the first only where there `are_several`.
fn line(are_several: bool) -> impl Strategy<Value = String> {
    let some = |part: &'static str, value: BoxedStrategy<String>| {
        proptest::option::weighted(0.8, value.prop_map(move |value| format!("\"{part}\": {value}")))
    };
    let key = prop_oneof![3 => cell("st"), 1 => cell("i"), 2 => object(), 1 => scalar()].boxed();
    let value = prop_oneof![12 => object(), 1 => Just("null".to_owned()), 1 => scalar()];
    let number = |below: i32| (0..below).prop_map(|n| n.to_string()).boxed();
    let partition = number(if are_several { 3 } else { 1 });
    let headers = || prop_oneof![Just("null".to_owned()), scalar()].boxed();
    let rare = proptest::option::weighted(
        0.02,
        select(&["\"key\":1", "\"value\":{}", "\"timestamp\":\"x\"", "\"offset\":null"][..]),
    );
    (
        some("key", key),
        value.prop_map(|value| Some(format!("\"value\":{value}"))),
        some("timestamp", prop_oneof![8 => number(50), 1 => Just("null".to_owned())].boxed()),
        some("partition", partition),
        proptest::option::weighted(0.1, number(9).prop_map(|offset| format!("\"offset\":{offset}"))),
        proptest::option::weighted(0.1, headers().prop_map(|headers| format!("\"headers\":{headers}"))),
        rare.prop_map(|part| part.map(str::to_owned)),
        any::<prop::sample::Index>(),
    )
        .prop_map(|(key, value, timestamp, partition, offset, headers, rare, first)| {
            let parts = [key, value, timestamp, partition, offset, headers, rare];
            let mut parts: Vec<String> = parts.into_iter().flatten().collect();
            let first = first.index(parts.len());
            parts.rotate_left(first);
            format!("{{{}}}", parts.join(", "))
        })
}

/// Lines, one of which may be cut or have something broken in it.
fn file() -> impl Strategy<Value = Vec<u8>> {
    let lines = any::<bool>().prop_flat_map(|are_several| proptest::collection::vec(line(are_several), 0..12));
    let broken = proptest::option::weighted(
        0.15,
        (any::<prop::sample::Index>(), any::<prop::sample::Index>(), select(&BROKEN[..])),
    );
    (lines, broken, select(&["\n", "\r\n", "\n \n"][..])).prop_map(|(mut lines, broken, end)| {
        if let Some((line, at, broken)) = broken
            && !lines.is_empty()
        {
            let line = line.index(lines.len());
            let places: Vec<usize> = lines[line].match_indices(':').map(|(at, _)| at + 1).chain([0]).collect();
            lines[line].insert_str(places[at.index(places.len())], broken);
        }
        lines.join(end).into_bytes()
    })
}

fn pipelines() -> [(Dialect, Pipeline); 2] {
    [(Dialect::Ksqldb, KSQLDB), (Dialect::Flink, FLINK)]
        .map(|(dialect, sql)| (dialect, Pipeline::plan(Functions::native(dialect), sql).unwrap()))
}

/// Tries files of two phases on each topic; how many records came by columns, by values, broken, and how many files were none.
fn tried(cases: u32, files: impl Strategy<Value = [Vec<u8>; 2]>) -> BTreeMap<&'static str, usize> {
    let pipelines = pipelines();
    let directory = tempfile::tempdir().unwrap();
    let names = ["1", "2"].map(|name| directory.path().join(name));
    let count = RefCell::new(BTreeMap::<_, usize>::new());
    let add = |what| *count.borrow_mut().entry(what).or_default() += 1;
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let outcome = runner.run(&files, |files| {
        names.iter().zip(files).for_each(|(name, bytes)| fs::write(name, bytes).unwrap());
        for (dialect, pipeline) in &pipelines {
            for topic in &pipeline.topics {
                let read = both_ways(*dialect, topic, &[Some(&names[0]), None, Some(&names[1])]);
                if read.is_err() {
                    add("refused");
                }
                for arrival in read.unwrap_or_default().arrivals.concat() {
                    add(match arrival {
                        Arrival::Record(record) if matches!(record.row, Columns::Of(..)) => "columns",
                        Arrival::Record(_) => "values",
                        Arrival::Broken(_) => "broken",
                    });
                }
            }
        }
        Ok(())
    });
    outcome.unwrap();
    count.into_inner()
}

#[test]
fn lines_read_into_columns_are_what_the_reference_makes_of_them() {
    let count = tried(400, [file(), file()]);
    // A rule about nothing would hold too.
    for (what, least) in [("broken", 1000), ("columns", 1000), ("refused", 1000), ("values", 1000)] {
        assert!(count.get(what).is_some_and(|found| *found >= least), "{what}: {count:?}");
    }
}

/// Of containers: the values alone, and envelopes; the last three are not plain.
const SCHEMAS: [&str; 9] = [
    r#"{"type": "record", "name": "v", "fields": [{"name": "id", "type": "string"}, {"name": "i", "type": "int"},
        {"name": "bi", "type": "long"}, {"name": "st", "type": ["null", "string"]}, {"name": "do", "type": ["double", "null"]}]}"#,
    r#"{"type": "record", "name": "v", "fields": [{"name": "ST", "type": "string"}, {"name": "I", "type": ["null", "long"]},
        {"name": "bo", "type": "boolean"}, {"name": "i", "type": "int"}, {"name": "by", "type": "bytes"}]}"#,
    r#"{"type": "record", "name": "e", "fields": [{"name": "key", "type": "string"}, {"name": "timestamp", "type": "long"},
        {"name": "value", "type": ["null", {"type": "record", "name": "v", "fields": [{"name": "st", "type": "string"},
            {"name": "i", "type": "int"}, {"name": "bi", "type": ["null", "long"]}, {"name": "do", "type": "double"}]}]}]}"#,
    r#"{"type": "record", "name": "e", "fields": [{"name": "partition", "type": "int"}, {"name": "offset", "type": ["null", "long"]},
        {"name": "key", "type": ["null", "string"]}, {"name": "headers", "type": ["null", "bytes"]},
        {"name": "value", "type": {"type": "record", "name": "v", "fields": [{"name": "id", "type": "string"},
            {"name": "st", "type": ["string", "null"]}, {"name": "i", "type": ["int", "null"]}]}}]}"#,
    r#"{"type": "record", "name": "e", "fields": [{"name": "timestamp", "type": ["null", "long"]},
        {"name": "key", "type": {"type": "record", "name": "k", "fields": [{"name": "id", "type": "string"}]}},
        {"name": "value", "type": [{"type": "record", "name": "v", "fields": [{"name": "id", "type": "string"},
            {"name": "i", "type": "int"}, {"name": "bo", "type": "boolean"}]}, "null"]}, {"name": "partition", "type": "int"}]}"#,
    r#"{"type": "record", "name": "e", "fields": [{"name": "key", "type": ["null", "long"]}, {"name": "value",
        "type": ["null", {"type": "record", "name": "v", "fields": [{"name": "bi", "type": "long"}, {"name": "st", "type": "string"},
            {"name": "v", "type": "double"}]}]}]}"#,
    r#"{"type": "record", "name": "v", "fields": [{"name": "id", "type": "string"}, {"name": "fl", "type": "float"},
        {"name": "ar", "type": {"type": "array", "items": "int"}}]}"#,
    r#"{"type": "record", "name": "e", "fields": [{"name": "key", "type": "string"}, {"name": "value", "type": "string"},
        {"name": "partition", "type": "int"}]}"#,
    r#"{"type": "record", "name": "e", "fields": [{"name": "value", "type": {"type": "record", "name": "v", "fields": []}}]}"#,
];

/// A value of a schema, out of numbers at random.
fn datum(schema: &Schema, next: &dyn Fn() -> u64) -> Avro {
    let number = next();
    // Some are large, most are of few.
    let small = if number.is_multiple_of(16) { number >> 4 } else { number % 2 };
    match schema {
        Schema::Null => Avro::Null,
        Schema::Boolean => Avro::Boolean(small % 2 == 1),
        Schema::Int => Avro::Int(small as i32),
        Schema::Long => Avro::Long(small as i64),
        Schema::Float => Avro::Float(f32::from_bits(number as u32)),
        Schema::Double => Avro::Double(f64::from_bits(number)),
        Schema::String => Avro::String(if number.is_multiple_of(3) {
            format!("2024-01-0{}", 1 + small % 9)
        } else {
            small.to_string()
        }),
        Schema::Bytes => Avro::Bytes(small.to_be_bytes().to_vec()),
        Schema::Array(of) => Avro::Array((0..small % 3).map(|_| datum(&of.items, next)).collect()),
        Schema::Union(of) => {
            let case = number as usize % of.variants().len();
            Avro::Union(case as u32, Box::new(datum(&of.variants()[case], next)))
        }
        Schema::Record(of) => {
            Avro::Record(of.fields.iter().map(|field| (field.name.clone(), datum(&field.schema, next))).collect())
        }
        other => panic!("no schema here has {other:?}"),
    }
}

/// A container of blocks of some records each, in so many out of ten with another byte somewhere, or a record fewer than it has.
fn container(damaged: u8) -> impl Strategy<Value = Vec<u8>> {
    let codec = select(vec![Codec::Null, Codec::Null, Codec::Deflate(DeflateSettings::default()), Codec::Snappy]);
    let numbers = proptest::collection::vec(any::<u64>(), 1..60);
    let damage = (0..10_u8, any::<prop::sample::Index>(), any::<u8>());
    (select(&SCHEMAS[..]), codec, numbers, 0..30_usize, 1..8_usize, damage).prop_map(
        move |(schema, codec, numbers, records, of_block, damage)| {
            let schema = Schema::parse_str(schema).unwrap();
            let mut writer = Writer::with_codec(&schema, vec![], codec).unwrap();
            let at = Cell::new(0);
            let next = || {
                at.set(at.get() + 1);
                numbers[at.get() % numbers.len()].rotate_left((at.get() / numbers.len()) as u32)
            };
            for record in 0..records {
                let Avro::Record(mut fields) = datum(&schema, &next) else { panic!("each is a record") };
                for (name, value) in &mut fields {
                    // No record is of such a partition.
                    if let ("partition", Avro::Int(partition)) = (name.as_str(), value) {
                        *partition &= 1;
                    }
                }
                writer.unvalidated_append_value(Avro::Record(fields)).unwrap();
                if record % of_block == of_block - 1 {
                    writer.flush().unwrap();
                }
            }
            let mut bytes = writer.into_inner().unwrap();
            let (chance, at, byte) = damage;
            if chance < damaged {
                // Behind the first of the marks that each block ends with: how many records the first block has.
                let mark = bytes[bytes.len() - 16..].to_vec();
                let count = bytes.windows(16).position(|bytes| bytes == mark).unwrap() + 16;
                match chance == 0 && count < bytes.len() {
                    true => bytes[count] -= 2,
                    false => {
                        let at = at.index(bytes.len());
                        bytes[at] = byte;
                    }
                }
            }
            bytes
        },
    )
}

#[test]
fn containers_read_into_columns_are_what_the_reference_makes_of_them() {
    // One of them: which of two is told first is another question.
    let count = tried(400, prop_oneof![[container(4), container(0)], [container(0), container(4)]]);
    for (what, least) in [("broken", 1000), ("columns", 1000), ("refused", 1000), ("values", 1000)] {
        assert!(count.get(what).is_some_and(|found| *found >= least), "{what}: {count:?}");
    }
}
