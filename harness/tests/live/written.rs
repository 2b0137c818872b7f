//! What the encoder writes, read back by others: any row of any columns, framed Avro by apache-avro, JSON by serde_json. What
//! the engine does not hold is refused by name.

use std::collections::BTreeMap;

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value as Avro;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value as Json;
use streamfn::sql::{Format, Functions, Pipeline};
use streamfn::topic::encode::{EncodeError, Encoder};
use streamfn_model::{Dialect, Field, Kind, SqlType, Value};

fn sql_type() -> impl Strategy<Value = SqlType> {
    use SqlType::*;
    let plain = select(vec![
        Boolean,
        TinyInt,
        SmallInt,
        Int,
        BigInt,
        Float,
        Double,
        String,
        Bytes,
        Date,
        Time,
        Timestamp,
        TimestampLtz,
    ]);
    let decimal =
        (1..=38_u8).prop_flat_map(|precision| (Just(precision), 0..=precision)).prop_map(|(p, s)| Decimal(p, s));
    prop_oneof![6 => plain, 1 => decimal].prop_recursive(3, 8, 3, |inner| {
        let key = || prop_oneof![8 => Just(String), 1 => Just(Int)];
        let row = proptest::collection::vec((inner.clone(), any::<bool>()), 1..3);
        prop_oneof![
            inner.clone().prop_map(|of| Array(Box::new(of))),
            (key(), inner.clone()).prop_map(|(key, of)| Map(Box::new(key), Box::new(of))),
            key().prop_map(|of| Multiset(Box::new(of))),
            row.prop_map(|fields| Row(named(fields))),
        ]
    })
}

fn named(types: Vec<(SqlType, bool)>) -> Vec<Field> {
    let field = |(place, (sql_type, nullable))| Field { name: format!("C{place}"), sql_type, nullable };
    types.into_iter().enumerate().map(field).collect()
}

fn value(of: &SqlType) -> BoxedStrategy<Value> {
    let text = || proptest::collection::vec(select(vec!['a', '"', '\\', '\n', '\u{1}', 'ä', '\u{1f9fa}']), 0..4);
    let text = || text().prop_map(|text| Value::String(text.into_iter().collect()));
    match of {
        SqlType::Boolean => any::<bool>().prop_map(Value::Bool).boxed(),
        SqlType::TinyInt => any::<i8>().prop_map(Value::S8).boxed(),
        SqlType::SmallInt => any::<i16>().prop_map(Value::S16).boxed(),
        SqlType::Int => any::<i32>().prop_map(Value::S32).boxed(),
        SqlType::Date => (-800_000..3_000_000).prop_map(Value::S32).boxed(),
        SqlType::Time => (0..86_400_000).prop_map(Value::S32).boxed(),
        SqlType::BigInt => any::<i64>().prop_map(Value::S64).boxed(),
        SqlType::Timestamp | SqlType::TimestampLtz => {
            (-70_000_000_000_000_i64..260_000_000_000_000).prop_map(Value::S64).boxed()
        }
        SqlType::Float => any::<f32>().prop_map(Value::F32).boxed(),
        SqlType::Double => any::<f64>().prop_map(Value::F64).boxed(),
        SqlType::Decimal(precision, scale) => {
            let (end, scale) = (10_i128.pow(u32::from(*precision)), *scale);
            let ends = select(vec![end - 1, 1 - end, 0, -1, 127, 128, -128, -129]);
            prop_oneof![ends, (1 - end)..end]
                .prop_map(move |unscaled| Value::Decimal { unscaled: unscaled % end, scale })
                .boxed()
        }
        SqlType::String => text().boxed(),
        SqlType::Bytes => proptest::collection::vec(any::<u8>(), 0..5).prop_map(Value::Bytes).boxed(),
        SqlType::Array(of) => proptest::collection::vec(nullable(of), 0..3).prop_map(Value::List).boxed(),
        SqlType::Map(key, of) => entries(value(key), nullable(of)),
        SqlType::Multiset(of) => entries(value(of), (1..5).prop_map(Value::S32).boxed()),
        SqlType::Row(fields) => fields.iter().map(cell).collect::<Vec<_>>().prop_map(Value::Record).boxed(),
    }
}

fn nullable(of: &SqlType) -> BoxedStrategy<Value> {
    prop_oneof![1 => Just(Value::Null), 5 => value(of)].boxed()
}

fn cell(field: &Field) -> BoxedStrategy<Value> {
    if field.nullable { nullable(&field.sql_type) } else { value(&field.sql_type) }
}

/// Each key once.
fn entries(key: BoxedStrategy<Value>, value: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    let entry = |(key, value)| Value::Record(vec![key, value]);
    proptest::collection::vec((key, value), 0..4)
        .prop_map(move |pairs| {
            Value::List(pairs.into_iter().collect::<BTreeMap<_, _>>().into_iter().map(entry).collect())
        })
        .boxed()
}

fn columns_and_row() -> impl Strategy<Value = (Vec<Field>, Vec<Value>)> {
    proptest::collection::vec((sql_type(), any::<bool>()), 1..4).prop_flat_map(|types| {
        let fields = named(types);
        let row: Vec<_> = fields.iter().map(cell).collect();
        (Just(fields), row)
    })
}

fn encoder(dialect: Dialect, format: Format, fields: Vec<Field>) -> Result<Encoder, EncodeError> {
    let sql = match dialect {
        Dialect::Flink => "CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'format' = 'json')",
        Dialect::Ksqldb => "CREATE STREAM t (a INT) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');",
    };
    let pipeline = Pipeline::plan(Functions::native(dialect), sql).unwrap();
    let mut topic = pipeline.topics[0].clone();
    topic.value_format = format;
    topic.relation.fields = fields;
    Encoder::new(&pipeline, &topic)
}

/// Whether the engine's formats hold a type, by its documentation.
fn is_held(dialect: Dialect, format: Format, of: &SqlType) -> bool {
    let within = |of: &SqlType| is_held(dialect, format, of);
    match of {
        SqlType::TimestampLtz => dialect == Dialect::Ksqldb || format == Format::Json,
        SqlType::TinyInt | SqlType::SmallInt | SqlType::Float | SqlType::Timestamp => dialect == Dialect::Flink,
        SqlType::Array(of) => within(of),
        SqlType::Map(key, of) => **key == SqlType::String && within(of),
        SqlType::Multiset(of) => **of == SqlType::String,
        SqlType::Row(fields) => fields.iter().all(|field| within(&field.sql_type)),
        _ => true,
    }
}

fn try_rows(dialect: Dialect, format: Format, check: impl Fn(&Encoder, &[Field], &[Value], &[u8])) {
    let mut runner = TestRunner::new(Config { cases: 500, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&columns_and_row(), |(fields, row)| {
        match encoder(dialect, format, fields.clone()) {
            Ok(encoder) => {
                prop_assert!(fields.iter().all(|field| is_held(dialect, format, &field.sql_type)), "{fields:?}");
                let record = encoder.encode(Kind::Insert, &row, 0, (None, Some(7))).unwrap().unwrap();
                check(&encoder, &fields, &row, &record.value.unwrap());
            }
            Err(error) => {
                let refused = fields.iter().find(|field| !is_held(dialect, format, &field.sql_type));
                let named = refused.map(|field| format!("column {}: ", field.name));
                prop_assert!(named.is_some_and(|named| error.to_string().contains(&named)), "{error}");
            }
        }
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{dialect:?} {format:?}: {error}"));
}

#[test]
fn avro_is_read_back_by_its_own_schema() {
    for dialect in [Dialect::Flink, Dialect::Ksqldb] {
        try_rows(dialect, Format::Avro, |encoder, fields, row, bytes| {
            let (frame, mut datum) = bytes.split_at(5);
            assert_eq!(frame, [0, 0, 0, 0, 7]);
            let schema = Schema::parse_str(encoder.value_schema().unwrap()).unwrap();
            let read = GenericDatumReader::builder(&schema).build().unwrap().read_value(&mut datum).unwrap();
            assert_eq!(datum, b"");
            let of = SqlType::Row(fields.to_vec());
            assert_eq!(from_avro(&of, read), Value::Record(row.to_vec()));
        });
    }
}

/// Not the decoder's own: what is between the encoder and the specification is one reading, by apache-avro.
fn from_avro(of: &SqlType, found: Avro) -> Value {
    let record = |values: Vec<(String, Avro)>| values.into_iter().map(|(_, value)| value);
    match (of, found) {
        (_, Avro::Null) => Value::Null,
        (of, Avro::Union(_, found)) => from_avro(of, *found),
        (_, Avro::Boolean(value)) => Value::Bool(value),
        (SqlType::TinyInt, Avro::Int(number)) => Value::S8(number.try_into().unwrap()),
        (SqlType::SmallInt, Avro::Int(number)) => Value::S16(number.try_into().unwrap()),
        (_, Avro::Int(number) | Avro::Date(number) | Avro::TimeMillis(number)) => Value::S32(number),
        (_, Avro::Long(number) | Avro::TimestampMillis(number)) => Value::S64(number),
        (_, Avro::Float(number)) => Value::F32(number),
        (_, Avro::Double(number)) => Value::F64(number),
        (_, Avro::String(text)) => Value::String(text),
        (_, Avro::Bytes(bytes)) => Value::Bytes(bytes),
        (SqlType::Decimal(_, scale), Avro::Decimal(number)) => {
            let bytes = Vec::try_from(&number).unwrap();
            let sign = if bytes[0] > 0x7f { -1 } else { 0 };
            let unscaled = bytes.iter().fold(sign, |number, byte| number << 8 | i128::from(*byte));
            Value::Decimal { unscaled, scale: *scale }
        }
        (SqlType::Array(of), Avro::Array(values)) => {
            Value::List(values.into_iter().map(|v| from_avro(of, v)).collect())
        }
        (SqlType::Map(key, of), found) => pairs(key, of, found),
        (SqlType::Multiset(of), found) => pairs(of, &SqlType::Int, found),
        (SqlType::Row(fields), Avro::Record(values)) => {
            Value::Record(fields.iter().zip(record(values)).map(|(f, v)| from_avro(&f.sql_type, v)).collect())
        }
        (of, other) => panic!("{of}: {other:?}"),
    }
}

fn pairs(key: &SqlType, of: &SqlType, found: Avro) -> Value {
    let pair = |key, value| Value::Record(vec![key, from_avro(of, value)]);
    match found {
        Avro::Map(entries) => {
            let sorted: BTreeMap<String, Avro> = entries.into_iter().collect();
            Value::List(sorted.into_iter().map(|(key, value)| pair(Value::String(key), value)).collect())
        }
        Avro::Array(entries) => {
            let entry = |entry| match entry {
                Avro::Record(fields) => {
                    let [(_, name), (_, value)] = <[_; 2]>::try_from(fields).unwrap();
                    pair(from_avro(key, name), value)
                }
                other => panic!("{other:?}"),
            };
            Value::List(entries.into_iter().map(entry).collect())
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn json_has_every_column_by_its_name() {
    for dialect in [Dialect::Flink, Dialect::Ksqldb] {
        try_rows(dialect, Format::Json, |_, fields, row, bytes| {
            let Json::Object(found) = serde_json::from_slice(bytes).unwrap() else { panic!("no object") };
            assert!(found.keys().eq(fields.iter().map(|field| &field.name)));
            for (field, value) in fields.iter().zip(row) {
                let found = &found[&field.name];
                match value {
                    Value::Null => assert!(found.is_null()),
                    Value::Bool(value) => assert_eq!(found, value),
                    Value::S64(number) if field.sql_type == SqlType::BigInt => assert_eq!(found, number),
                    Value::F64(number) if number.is_finite() => assert_eq!(found.as_f64(), Some(*number)),
                    Value::String(text) => assert_eq!(found, text),
                    Value::List(values) => {
                        assert_eq!(
                            found.as_array().map(Vec::len).or(found.as_object().map(|o| o.len())),
                            Some(values.len())
                        );
                    }
                    _ => assert!(!found.is_null()),
                }
            }
        });
    }
}
