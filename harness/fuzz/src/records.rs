//! Keys and values of records in each format, by the SQL types of both engines: bytes are a row or refused, and a row that is
//! written comes back.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use streamfn::sql::{Builtins, Format, Functions, Pipeline, Topic};
use streamfn::topic::encode::Encoder;
use streamfn::topic::registry::{Known, Schemas};
use streamfn::topic::{Original, Raw, Record, again, together};
use streamfn_model::{Dialect, Kind, Value};

use super::assert_told;

/// A topic, and what writes it. Schema 1 is that of its value, 2 that of its key, in Avro.
struct Case {
    dialect: Dialect,
    topic: Topic,
    encoder: Encoder,
    schemas: Known,
}

const KSQLDB: &str = include_str!("topics/ksqldb.sql");
const FLINK: &str = include_str!("topics/flink.sql");

static CASES: LazyLock<Vec<Case>> =
    LazyLock::new(|| [(Dialect::Ksqldb, KSQLDB), (Dialect::Flink, FLINK)].into_iter().flat_map(cases).collect());

/// Schemas that no engine would write for these topics, from 3 on.
const OTHERS: [&str; 3] = [
    include_str!("topics/other_types.avsc"),
    include_str!("topics/nested.avsc"),
    r#"["null", "int", {"type": "array", "items": ["null", "string", "bytes", "double"]}]"#,
];

fn cases((dialect, sql): (Dialect, &str)) -> Vec<Case> {
    let pipeline = planned(dialect, sql);
    let case = |topic: &Topic| {
        let encoder = Encoder::new(&pipeline, topic).unwrap();
        let own = [(1, encoder.value_schema()), (2, encoder.key_schema())];
        let own = own.into_iter().filter_map(|(id, text)| Some((id, text?)));
        let known = own.chain((3..).zip(OTHERS)).map(|(id, text)| (id, vec![text.to_owned()]));
        let schemas = Known(known.collect::<HashMap<_, _>>());
        Case { dialect, topic: topic.clone(), encoder, schemas }
    };
    pipeline.topics.iter().map(case).collect()
}

pub fn planned(dialect: Dialect, sql: &str) -> Pipeline {
    plan(dialect, sql).unwrap_or_else(|error| panic!("{error}\n{sql}"))
}

/// SQL over no components.
pub fn plan(dialect: Dialect, sql: &str) -> Result<Pipeline, streamfn::sql::SqlError> {
    let functions = Functions {
        dialect,
        builtins: Builtins::Native,
        plugins: vec![],
        missing: vec![],
        prefix: String::new(),
        classes: BTreeMap::new(),
        aliases: BTreeMap::new(),
    };
    Pipeline::plan(functions, sql)
}

pub fn json(data: &[u8]) {
    by_first_byte(data, |format| format == Format::Json);
}

pub fn avro(data: &[u8]) {
    by_first_byte(data, |format| matches!(format, Format::Avro | Format::PlainAvro));
}

pub fn delimited(data: &[u8]) {
    by_first_byte(data, |format| matches!(format, Format::Delimited(_)));
}

pub fn kafka(data: &[u8]) {
    by_first_byte(data, |format| format == Format::Kafka);
}

/// The first byte chooses a topic of the format, the second is the length of the key.
fn by_first_byte(data: &[u8], is_format: impl Fn(Format) -> bool) {
    let [choice, key, rest @ ..] = data else { return };
    let cases: Vec<&Case> = CASES.iter().filter(|case| is_format(case.topic.value_format)).collect();
    let case = cases[usize::from(*choice) % cases.len()];
    let (key, value) = rest.split_at(usize::from(*key).min(rest.len()));
    round_trip(case, (!key.is_empty()).then(|| key.to_vec()), Some(value.to_vec()));
}

fn decode(case: &Case, key: Option<Vec<u8>>, value: Option<Vec<u8>>) -> Result<Record, String> {
    let raw = Raw { partition: 0, offset: 7, timestamp: Some(9), key, value, headers: vec![] };
    decode_raw(case, raw, &case.schemas)
}

/// By itself, and beside another one: where that can be read at once with others it is no other row.
fn decode_raw(case: &Case, raw: Raw, schemas: &dyn Schemas) -> Result<Record, String> {
    let twice = together(case.dialect, &case.topic, &[raw.clone(), raw.clone()], schemas);
    let alone = again(case.dialect, &case.topic, (raw.partition, raw.offset), &Original::Bytes(raw), schemas);
    for record in twice.into_iter().flatten() {
        assert_eq!(Ok(&record), alone.as_ref());
    }
    alone
}

fn round_trip(case: &Case, key: Option<Vec<u8>>, value: Option<Vec<u8>>) {
    let record = match decode(case, key, value) {
        Ok(record) => record,
        Err(reason) => return assert_told(&reason),
    };
    let row = record.row.into_values();
    assert_eq!(row.len(), case.topic.relation.fields.len());
    let written = match case.encoder.encode(Kind::Insert, &row, record.time, (Some(2), Some(1))) {
        Ok(written) => written.unwrap(),
        // Such as a date that its format has no room for.
        Err(error) => return assert_told(&error.to_string()),
    };
    // A value of one column without a name is nothing where that is null: a tombstone comes back.
    if written.value.is_none() {
        return;
    }
    // Null alone is an empty line, of which ksqlDB reads no columns.
    let is_empty = |bytes: &Option<Vec<u8>>| bytes.as_ref().is_some_and(Vec::is_empty);
    if matches!(case.topic.value_format, Format::Delimited(_)) && (is_empty(&written.key) || is_empty(&written.value)) {
        return;
    }
    let back = decode(case, written.key.clone(), written.value.clone()).unwrap_or_else(|reason| {
        panic!("{}: {row:?} was written, as {written:?}, and is refused: {reason}", case.topic.topic)
    });
    let [back, row] = [back.row.into_values(), row].map(|row| row.into_iter().map(by_key).collect::<Vec<_>>());
    assert_eq!(back, row, "{} was written as {written:?}", case.topic.topic);
}

/// Entries of maps have no order.
fn by_key(value: Value) -> Value {
    match value {
        Value::List(values) => {
            let mut values: Vec<Value> = values.into_iter().map(by_key).collect();
            if values.iter().all(|value| matches!(value, Value::Record(pair) if pair.len() == 2)) {
                values.sort();
            }
            Value::List(values)
        }
        Value::Record(values) => Value::Record(values.into_iter().map(by_key).collect()),
        other => other,
    }
}

/// Bytes under a schema of anybody's, as the rows of every topic in Avro.
pub fn rows_of(schema: &str, datum: &[u8]) {
    let framed = [&[0, 0, 0, 0, 1], datum].concat();
    let schemas = Known(HashMap::from([(1, vec![schema.to_owned()])]));
    for case in CASES.iter().filter(|case| case.topic.value_format == Format::Avro) {
        let raw = Raw { value: Some(framed.clone()), ..Raw::default() };
        if let Err(reason) = decode_raw(case, raw, &schemas) {
            assert_told(&reason);
        }
    }
}
