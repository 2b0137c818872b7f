//! Rows as the engines' own libraries wrote them (`written/`, by both tests named `WrittenRowsTest` below `plugins/jvm`), and
//! rules of the engines that have no library to ask.

use serde_json::Value as Json;
use streamfn_model::{Dialect, Kind, Value};

use super::{EncodeError, Encoded, Encoder};
use crate::sql::{Functions, Pipeline};
use crate::topic::{Datum, Place, Written, avro, decode};

const ODD: &str = "\u{1}\u{1f}\t\u{8}\u{c}\r\n\\/ \u{7f}ä\u{2028}\u{1f9fa}";

fn written(dialect: Dialect) -> Json {
    let text = match dialect {
        Dialect::Flink => include_str!("written/flink.json"),
        Dialect::Ksqldb => include_str!("written/ksqldb.json"),
    };
    serde_json::from_str(text).expect("what Jackson wrote is JSON")
}

fn planned(dialect: Dialect, sql: &str) -> Pipeline {
    Pipeline::plan(Functions::native(dialect), sql).unwrap_or_else(|error| panic!("{error}\n{sql}"))
}

/// Of the last table of the SQL.
fn try_encoder(dialect: Dialect, sql: &str) -> Result<Encoder, EncodeError> {
    let pipeline = planned(dialect, sql);
    Encoder::new(&pipeline, pipeline.topics.last().expect("the SQL has a table"))
}

fn encoder(dialect: Dialect, sql: &str) -> Encoder {
    try_encoder(dialect, sql).unwrap_or_else(|error| panic!("{error}\n{sql}"))
}

/// A record of a row that comes in at 9, under schemas 1 and 258.
fn record(encoder: &Encoder, kind: Kind, row: &[Value]) -> Encoded {
    let record = encoder.encode(kind, row, 9, (Some(1), Some(258)));
    record.unwrap_or_else(|error| panic!("{error}")).expect("a record for the change")
}

fn text(bytes: Option<Vec<u8>>) -> Option<String> {
    bytes.map(|bytes| String::from_utf8(bytes).expect("text"))
}

fn hex(bytes: Option<Vec<u8>>) -> String {
    bytes.unwrap_or_default().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn list<T>(values: impl IntoIterator<Item = T>, of: impl Fn(T) -> Value) -> Value {
    Value::List(values.into_iter().map(of).collect())
}

fn entry(key: impl Into<Value>, value: Value) -> Value {
    Value::Record(vec![key.into(), value])
}

fn decimal(unscaled: i128, scale: u8) -> Value {
    Value::Decimal { unscaled, scale }
}

const FLINK_COLUMNS: &str = "bo BOOLEAN, ti TINYINT, sm SMALLINT, i INT NOT NULL, bi BIGINT, fl FLOAT, do DOUBLE,
    de DECIMAL(10, 2), st STRING, `by` BYTES, da DATE, tm TIME, ts TIMESTAMP(3), ar ARRAY<INT>, ma MAP<STRING, DOUBLE>,
    mu MULTISET<STRING>, ro ROW<a INT, b ROW<c STRING>>, rs ARRAY<ROW<x INT>>, ms MAP<STRING, ROW<y INT>>";

fn flink_rows() -> [(&'static str, Vec<Value>); 3] {
    let one = |value| Value::Record(vec![value]);
    let filled = vec![
        Value::Bool(true),
        Value::S8(-1),
        Value::S16(300),
        Value::S32(7),
        Value::S64(1_702_763_574_397),
        Value::F32(1.5),
        Value::F64(335.71),
        decimal(12340, 2),
        "Ann \"A\"".into(),
        Value::Bytes(vec![0, 0xff]),
        Value::S32(19_707),
        Value::S32(45_296_000),
        Value::S64(1_702_763_574_397),
        list([Value::S32(1), Value::Null, Value::S32(-70)], |value| value),
        Value::List(vec![entry("k", Value::F64(0.1))]),
        Value::List(vec![entry("Chair", Value::S32(2))]),
        Value::Record(vec![Value::S32(1), one("c".into())]),
        Value::List(vec![one(Value::S32(5))]),
        Value::List(vec![entry("r", one(Value::S32(6)))]),
    ];
    let mut nulls = vec![Value::Null; filled.len()];
    nulls[3] = Value::S32(0);
    let empty = || Value::List(vec![]);
    let odd = vec![
        Value::Bool(false),
        Value::S8(i8::MIN),
        Value::S16(i16::MIN),
        Value::S32(i32::MIN),
        Value::S64(i64::MIN),
        Value::F32(f32::NAN).canonical(),
        Value::F64(f64::NEG_INFINITY),
        decimal(-10000, 2),
        ODD.into(),
        Value::Bytes(vec![]),
        Value::S32(-1),
        Value::S32(0),
        Value::S64(-1),
        empty(),
        empty(),
        empty(),
        Value::Record(vec![Value::Null, Value::Null]),
        Value::List(vec![Value::Null]),
        Value::List(vec![entry("r", Value::Null)]),
    ];
    [("filled", filled), ("null", nulls), ("odd", odd)]
}

#[test]
fn flink_rows_are_written_as_by_flink() {
    let written = written(Dialect::Flink);
    let with = |format| format!("CREATE TABLE t ({FLINK_COLUMNS}) WITH ('connector' = 'kafka', 'format' = '{format}')");
    let (json, avro) = (encoder(Dialect::Flink, &with("json")), encoder(Dialect::Flink, &with("avro-confluent")));
    assert_eq!(avro.value_schema(), written["schema"].as_str());
    assert_eq!((json.value_schema(), avro.key_schema()), (None, None));
    for (name, row) in flink_rows() {
        let record = |encoder| record(encoder, Kind::Insert, &row);
        assert_eq!(text(record(&json).value).as_deref(), written[format!("{name} json")].as_str(), "{name}");
        let avro = hex(record(&avro).value);
        assert_eq!(
            Some(avro.strip_prefix("0000000102").unwrap_or(&avro)),
            written[format!("{name} avro")].as_str(),
            "{name}"
        );
        assert_eq!((record(&json).key, record(&json).timestamp), (None, None));
    }
}

#[test]
fn flinks_avro_is_avro_confluent_without_its_frame() {
    let with = |format| format!("CREATE TABLE t ({FLINK_COLUMNS}) WITH ('connector' = 'kafka', 'format' = '{format}')");
    let (plain, framed) = (encoder(Dialect::Flink, &with("avro")), encoder(Dialect::Flink, &with("avro-confluent")));
    assert_eq!(plain.value_schema(), None, "no registry hears of it");
    for (name, row) in flink_rows() {
        let plain = plain.encode(Kind::Insert, &row, 9, (None, None)).expect("no id is needed").expect("a record");
        let framed = record(&framed, Kind::Insert, &row);
        assert_eq!(plain.value.as_deref(), framed.value.as_deref().map(|bytes| &bytes[5..]), "{name}");
    }
    let planned = planned(Dialect::Flink, &with("avro"));
    let schemas = super::unregistered(Dialect::Flink, &planned.topics[0]).expect("schemas");
    assert_eq!(schemas, (None, framed.value_schema().map(str::to_owned)));
}

/// What a reader of the topic makes of an Avro value under its own schema.
fn read_back(dialect: Dialect, sql: &str, row: &[Value]) -> Vec<Value> {
    let encoder = encoder(dialect, sql);
    let writer = avro::Writer::parse(&[encoder.value_schema().expect("an Avro schema").to_owned()]).expect("a schema");
    let bytes = record(&encoder, Kind::Insert, row).value.expect("a value");
    let value = Some(Datum::Avro(writer.read(&bytes[5..]).expect("a datum")));
    let written = Written { place: Place::Offset(0), key: None, value, timestamp: None, partition: 0, offset: None };
    let topic = &planned(dialect, sql).topics[0];
    decode::row(dialect, topic, &written, &mut vec![false; row.len()]).expect("the row")
}

#[test]
fn avro_is_read_back_as_the_row_it_was() {
    let flink = format!("CREATE TABLE t ({FLINK_COLUMNS}) WITH ('connector' = 'kafka', 'format' = 'avro-confluent')");
    for (name, row) in flink_rows() {
        assert_eq!(read_back(Dialect::Flink, &flink, &row), row, "{name}");
    }
    let sql = "CREATE STREAM S (de DECIMAL(38, 4), ma MAP<STRING, DECIMAL(3, 1)>, ts TIMESTAMP)
               WITH (KAFKA_TOPIC = 's', VALUE_FORMAT = 'AVRO');";
    let digits = 10_i128.pow(38) - 1;
    for unscaled in [digits, -digits, 0, -1] {
        let map = Value::List(vec![entry(Value::Null, decimal(-999, 1)), entry("k", Value::Null)]);
        let row = vec![decimal(unscaled, 4), map, Value::S64(-1)];
        assert_eq!(read_back(Dialect::Ksqldb, sql, &row), row);
    }
}

#[test]
fn flink_instants_are_json_with_a_z_and_no_avro() {
    let with =
        |format| format!("CREATE TABLE t (`at` TIMESTAMP_LTZ(3)) WITH ('connector' = 'kafka', 'format' = '{format}')");
    let written = written(Dialect::Flink);
    let row = [Value::S64(1_577_836_800_120)];
    let json = record(&encoder(Dialect::Flink, &with("json")), Kind::Insert, &row);
    assert_eq!(text(json.value).as_deref(), written["instant json"].as_str());
    let debezium = encoder(Dialect::Flink, &with("debezium-json"));
    for kind in [Kind::Insert, Kind::UpdateBefore, Kind::UpdateAfter, Kind::Delete] {
        let wanted = written[format!("{kind} debezium-json")].as_str();
        assert_eq!(text(record(&debezium, kind, &row).value).as_deref(), wanted);
    }
    let refused = try_encoder(Dialect::Flink, &with("avro-confluent")).expect_err("Flink has no such Avro");
    assert_eq!(
        refused.to_string(),
        "t can't be written to its topic: value: column at: Flink's Avro holds no TIMESTAMP_LTZ; write \
         TIMESTAMP(3) or BIGINT"
    );
}

/// `DynamicKafkaRecordSerializationSchema`: the key's columns are in the value too.
#[test]
fn flink_upserts_have_a_key_and_end_in_a_tombstone() {
    let with = |key, value| {
        format!(
            "CREATE TABLE t (n INT, k STRING, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'upsert-kafka',
             'key.format' = '{key}', 'value.format' = '{value}')"
        )
    };
    let row = [Value::S32(-2), "ä".into()];
    let json = encoder(Dialect::Flink, &with("json", "json"));
    let Encoded { key, value, .. } = record(&json, Kind::UpdateAfter, &row);
    assert_eq!((text(key), text(value)), (Some(r#"{"k":"ä"}"#.into()), Some(r#"{"n":-2,"k":"ä"}"#.into())));
    let Encoded { key, value, .. } = record(&json, Kind::Delete, &row);
    assert_eq!((text(key), value), (Some(r#"{"k":"ä"}"#.into()), None));
    assert_eq!(json.encode(Kind::UpdateBefore, &row, 9, (None, None)), Ok(None));
    let raw = record(&encoder(Dialect::Flink, &with("raw", "avro-confluent")), Kind::Insert, &row);
    assert_eq!((hex(raw.key), hex(raw.value)), ("c3a4".into(), "00000001020203".to_owned() + "04c3a4"));
    let avro = encoder(Dialect::Flink, &with("avro-confluent", "json"));
    let schema = r#"{"type":"record","name":"record","namespace":"org.apache.flink.avro.generated","fields":[{"name":"k","type":"string"}]}"#;
    assert_eq!(avro.key_schema(), Some(schema));
    assert_eq!(hex(record(&avro, Kind::Insert, &row).key), "000000000104c3a4");
}

#[test]
fn a_stream_takes_no_row_back() {
    let sql = "CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'format' = 'json')";
    let error = encoder(Dialect::Flink, sql).encode(Kind::Delete, &[Value::S32(1)], 0, (None, None));
    assert_eq!(error.expect_err("no deletion").to_string(), "t is written row by row and takes none back, found -D");
}

#[test]
fn avro_is_not_written_before_its_schema_is_registered() {
    let sql = "CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'format' = 'avro-confluent')";
    let error = encoder(Dialect::Flink, sql).encode(Kind::Insert, &[Value::S32(1)], 0, (Some(7), None));
    assert_eq!(error, Err(EncodeError::Unregistered { table: "t".into(), part: "value" }));
}

#[test]
fn null_in_a_column_that_is_not_null_names_the_column() {
    let sql = "CREATE TABLE t (a INT NOT NULL) WITH ('connector' = 'kafka', 'format' = 'avro-confluent')";
    let error = encoder(Dialect::Flink, sql).encode(Kind::Insert, &[Value::Null], 0, (None, Some(1)));
    assert_eq!(error.expect_err("no null").to_string(), "t, value: column a: wanted INT, found Null");
}

fn ksqldb(columns: &str, with: &str) -> Encoder {
    encoder(Dialect::Ksqldb, &format!("CREATE STREAM S ({columns}) WITH (KAFKA_TOPIC = 's', {with});"))
}

#[test]
fn ksqldb_json_is_written_as_by_kafka_connect() {
    let written = written(Dialect::Ksqldb);
    let json = ksqldb(
        "bo BOOLEAN, i INT, bi BIGINT, do DOUBLE, de DECIMAL(10, 2), st STRING, `BY` BYTES, da DATE, tm TIME, ts TIMESTAMP,
         ar ARRAY<INT>, ma MAP<STRING, DOUBLE>, ro STRUCT<x INT>",
        "VALUE_FORMAT = 'JSON'",
    );
    let filled = vec![
        Value::Bool(true),
        Value::S32(7),
        Value::S64(1_702_763_574_397),
        Value::F64(335.71),
        decimal(10000, 2),
        "Ann \"A\"".into(),
        Value::Bytes(vec![0, 0xff]),
        Value::S32(19_707),
        Value::S32(45_296_789),
        Value::S64(1_702_763_574_397),
        list([Value::S32(1), Value::Null, Value::S32(-70)], |value| value),
        Value::List(vec![entry("k", Value::F64(0.1))]),
        Value::Record(vec![Value::S32(5)]),
    ];
    let odd = vec![
        Value::Bool(false),
        Value::S32(i32::MIN),
        Value::S64(i64::MIN),
        Value::F64(f64::NAN),
        decimal(-5, 2),
        ODD.into(),
        Value::Bytes(vec![]),
        Value::S32(-1),
        Value::S32(0),
        Value::S64(-1),
        Value::List(vec![]),
        Value::List(vec![entry(Value::Null, Value::F64(1e21))]),
        Value::Record(vec![Value::Null]),
    ];
    for (name, row) in [("filled", &filled), ("null", &vec![Value::Null; 13]), ("odd", &odd)] {
        let found = record(&json, Kind::Insert, row);
        assert_eq!(text(found.value).as_deref(), written[format!("{name} json")].as_str(), "{name}");
        assert_eq!((found.key, found.timestamp), (None, Some(9)), "{name}");
    }
    for (name, column, value) in
        [("small", "DECIMAL(20, 10)", decimal(-1200, 10)), ("zero", "DECIMAL(20, 8)", decimal(0, 8))]
    {
        let bare = ksqldb(&format!("de {column}"), "VALUE_FORMAT = 'JSON', WRAP_SINGLE_VALUE = false");
        let found = text(record(&bare, Kind::Insert, &[value]).value);
        assert_eq!(found.as_deref(), written[format!("{name} decimal json")].as_str());
    }
    let keyed = ksqldb("k STRING KEY, v INT", "KEY_FORMAT = 'JSON', VALUE_FORMAT = 'JSON'");
    let found = record(&keyed, Kind::Insert, &["a".into(), Value::S32(1)]);
    assert_eq!(
        (text(found.key).as_deref(), text(found.value)),
        (written["key json"].as_str(), Some(r#"{"V":1}"#.into()))
    );
    let pair = ksqldb("a STRING KEY, b INT KEY, v INT", "KEY_FORMAT = 'JSON', VALUE_FORMAT = 'JSON'");
    let found = record(&pair, Kind::Insert, &["a".into(), Value::S32(2), Value::S32(1)]);
    assert_eq!(text(found.key), Some(r#"{"A":"a","B":2}"#.into()));
}

#[test]
fn ksqldb_text_is_delimited_as_by_commons_csv() {
    let written = written(Dialect::Ksqldb);
    let strings = |texts: &[&str]| texts.iter().map(|text| Value::from(*text)).collect::<Vec<_>>();
    let mixed =
        vec!["a".into(), Value::S32(7), Value::S32(-7), Value::F64(1.5), Value::Bool(true), Value::Null, "".into()];
    let negative = [vec![Value::S32(-7)], strings(&["x y", "x ", "#x", "!", "a,b", "a\"b", "a\nb"])].concat();
    let cases = [
        ("letters", "a STRING, b INT, c INT, d DOUBLE, e BOOLEAN, f INT, g STRING", mixed),
        ("negative", "a INT, b STRING, c STRING, d STRING, e STRING, f STRING, g STRING, h STRING", negative),
        ("empty", "a STRING, b INT", vec!["".into(), Value::Null]),
        ("null", "a STRING, b STRING, c STRING", [vec![Value::Null], strings(&["ä", "-"])].concat()),
        ("umlaut", "a STRING", strings(&["ä"])),
        ("only null", "a STRING", vec![Value::Null]),
    ];
    for (name, columns, row) in cases {
        let found = record(&ksqldb(columns, "VALUE_FORMAT = 'DELIMITED'"), Kind::Insert, &row);
        assert_eq!(text(found.value).as_deref(), written[format!("{name} csv")].as_str(), "{name}");
    }
}

#[test]
fn ksqldb_primitives_are_written_as_by_kafkas_serialisers() {
    let written = written(Dialect::Ksqldb);
    let cases = [
        ("INT", Value::S32(-2)),
        ("BIGINT", Value::S64(1_702_763_574_397)),
        ("DOUBLE", Value::F64(335.71)),
        ("STRING", "ä\u{1f9fa}".into()),
        ("BYTES", Value::Bytes(vec![0, 0xff])),
    ];
    for (of, value) in cases {
        let kafka = ksqldb(&format!("k {of} KEY, v {of}"), "FORMAT = 'KAFKA'");
        let found = record(&kafka, Kind::Insert, &[value.clone(), value]);
        assert_eq!(found.key, found.value);
        assert_eq!(Some(hex(found.key).as_str()), written[format!("{} kafka", of.to_lowercase())].as_str(), "{of}");
        let found = record(&kafka, Kind::Insert, &[Value::Null, Value::Null]);
        assert_eq!((found.key, found.value), (None, None));
    }
}

#[test]
fn the_key_of_a_window_ends_with_its_bounds() {
    let written = written(Dialect::Ksqldb);
    let source = "CREATE STREAM S (k STRING KEY, v INT) WITH (KAFKA_TOPIC = 's', VALUE_FORMAT = 'JSON');";
    let windows = [("TUMBLING (SIZE 1 SECONDS)", "time window"), ("SESSION (1 SECONDS)", "session window")];
    for (window, name) in windows {
        let sql = format!(
            "{source} CREATE TABLE T AS SELECT k, COUNT(*) AS n FROM S WINDOW {window} GROUP BY k EMIT CHANGES;"
        );
        let encoder = encoder(Dialect::Ksqldb, &sql);
        let row = [Value::S64(1000), Value::S64(2000), "a".into(), Value::S64(3)];
        let found = record(&encoder, Kind::UpdateAfter, &row);
        assert_eq!(Some(hex(found.key.clone()).as_str()), written[name].as_str());
        assert_eq!(text(found.value), Some(r#"{"N":3}"#.into()));
        let gone = record(&encoder, Kind::Delete, &row);
        assert_eq!((gone.key, gone.value), (found.key, None));
    }
}

/// By hand: the schema by `AvroSchemas` of ksqlDB and `AvroData` of the schema registry's converter, the bytes by the
/// specification of Avro.
#[test]
fn ksqldb_avro_has_connects_names_and_entries_in_place_of_maps() {
    let avro = ksqldb(
        "a_id STRING KEY, b_id INT KEY, de DECIMAL(4, 2), ts TIMESTAMP, ma MAP<STRING, MAP<STRING, INT>>,
         ar ARRAY<STRUCT<x INT>>",
        "FORMAT = 'AVRO'",
    );
    assert_eq!(
        avro.key_schema(),
        Some(
            r#"{"type":"record","name":"SKey","namespace":"io.confluent.ksql.avro_schemas","fields":[{"name":"A_ID","type":["null","string"],"default":null},{"name":"B_ID","type":["null","int"],"default":null}]}"#
        )
    );
    assert_eq!(
        avro.value_schema(),
        Some(
            r#"{"type":"record","name":"KsqlDataSourceSchema","namespace":"io.confluent.ksql.avro_schemas","fields":[{"name":"DE","type":["null",{"type":"bytes","scale":2,"precision":4,"logicalType":"decimal"}],"default":null},{"name":"TS","type":["null",{"type":"long","logicalType":"timestamp-millis"}],"default":null},{"name":"MA","type":["null",{"type":"array","items":{"type":"record","name":"KsqlDataSourceSchema_MA","fields":[{"name":"key","type":["null","string"],"default":null},{"name":"value","type":["null",{"type":"array","items":{"type":"record","name":"KsqlDataSourceSchema_MA_MapValue","fields":[{"name":"key","type":["null","string"],"default":null},{"name":"value","type":["null","int"],"default":null}],"connect.internal.type":"MapEntry"}}],"default":null}],"connect.internal.type":"MapEntry"}}],"default":null},{"name":"AR","type":["null",{"type":"array","items":["null",{"type":"record","name":"KsqlDataSourceSchema_AR","fields":[{"name":"X","type":["null","int"],"default":null}]}]}],"default":null}]}"#
        )
    );
    let inner = Value::List(vec![entry("b", Value::S32(2)), entry(Value::Null, Value::S32(1))]);
    let row = [
        "k".into(),
        Value::S32(3),
        decimal(-128, 2),
        Value::S64(1),
        Value::List(vec![entry("a", inner)]),
        Value::List(vec![Value::Record(vec![Value::S32(5)])]),
    ];
    let found = record(&avro, Kind::Insert, &row);
    assert_eq!(hex(found.key), "0000000001".to_owned() + "02026b" + "0206");
    // Two entries, the one whose key is null first.
    let inner = "04".to_owned() + "00" + "0202" + "020262" + "0204" + "00";
    let value = "0000000102".to_owned()
        + "020280"
        + "0202"
        + "02"
        + "02"
        + "020261"
        + "02"
        + &inner
        + "00"
        + "0202"
        + "02020a"
        + "00";
    assert_eq!(hex(found.value), value);
}

/// `AvroSchemas.buildAvroCompatibleSchema`: what is outermost is not null, and there is no record where no name is written.
#[test]
fn ksqldb_avro_of_one_key_is_a_type_alone() {
    let avro = ksqldb("k STRING KEY, v MAP<STRING, INT>", "FORMAT = 'AVRO', WRAP_SINGLE_VALUE = false");
    assert_eq!(avro.key_schema(), Some(r#""string""#));
    assert_eq!(
        avro.value_schema(),
        Some(
            r#"{"type":"array","items":{"type":"record","name":"KsqlDataSourceSchema","namespace":"io.confluent.ksql.avro_schemas","fields":[{"name":"key","type":["null","string"],"default":null},{"name":"value","type":["null","int"],"default":null}],"connect.internal.type":"MapEntry"}}"#
        )
    );
    let found = record(&avro, Kind::Insert, &["a".into(), Value::List(vec![])]);
    assert_eq!((hex(found.key), hex(found.value)), ("00000000010261".into(), "000000010200".into()));
}

#[test]
fn what_a_format_cannot_hold_is_refused_by_name() {
    let cases = [
        (
            Dialect::Flink,
            "CREATE TABLE t (m MAP<INT, INT>) WITH ('connector' = 'kafka', 'format' = 'json')",
            "value: column m: its format holds no MAP<INT, INT>, only maps with keys of type STRING",
        ),
        (
            Dialect::Flink,
            "CREATE TABLE t (a INT, b INT) WITH ('connector' = 'kafka', 'format' = 'raw')",
            "value: wanted one column, found 2: its format holds no more",
        ),
        (
            Dialect::Flink,
            "CREATE TABLE t (a DATE) WITH ('connector' = 'kafka', 'format' = 'raw')",
            "value: column a: its format holds no DATE",
        ),
        (
            Dialect::Flink,
            "CREATE TABLE t (a INT) WITH ('connector' = 'print')",
            "its connector writes no topic; wanted kafka or upsert-kafka",
        ),
        (
            Dialect::Flink,
            "CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'format' = 'json', 'key.format' = 'json')",
            "connector kafka writes a key of the option key.fields, for which there is no rule",
        ),
    ];
    for (dialect, sql, reason) in cases {
        let refused = try_encoder(dialect, sql).expect_err(sql).to_string();
        assert_eq!(refused, format!("t can't be written to its topic: {reason}"));
    }
    let sql = "CREATE STREAM `a-b` (k INT KEY, l INT KEY, v INT) WITH (KAFKA_TOPIC = 's', FORMAT = 'AVRO');";
    let refused = try_encoder(Dialect::Ksqldb, sql).expect_err("no name of a record").to_string();
    assert!(
        refused.starts_with("a-b can't be written to its topic: key: its columns make no Avro schema: "),
        "{refused}"
    );
}
