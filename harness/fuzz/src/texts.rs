//! Texts that somebody wrote: statements, settings, patterns, and letters that a replay wrote for a later one.

use std::sync::LazyLock;

use streamfn::dead_letter::reproduce::{Laboratory, letters};
use streamfn::library::Library;
use streamfn::sql::Pipeline;
use streamfn_model::Dialect;
use streamfn_model::timestamp_format::TimestampFormat;

use super::assert_told;
use super::records::{plan, planned};

fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

/// The first byte chooses the dialect.
pub fn sql(data: &[u8]) {
    let [dialect, rest @ ..] = data else { return };
    let dialect = if dialect % 2 == 0 { Dialect::Ksqldb } else { Dialect::Flink };
    let Some(sql) = text(rest) else { return };
    if let Err(error) = plan(dialect, sql) {
        // It may quote what is the user's own.
        assert!(error.to_string().len() <= 2000 + 10 * sql.len(), "{error}");
    }
}

/// What comes out is JSON, of which the same comes out.
pub fn settings(data: &[u8]) {
    let Some(yaml) = text(data) else { return };
    match streamfn::generate::settings(yaml, "shop") {
        Ok(json) => {
            let again: serde_json::Value = serde_json::from_str(&json).unwrap();
            assert_eq!(again.to_string(), json);
        }
        Err(error) => assert!(error.to_string().len() <= 2000 + 10 * yaml.len(), "{error}"),
    }
}

/// A pattern, a line's end and a text.
pub fn timestamp(data: &[u8]) {
    let Some((pattern, time)) = text(data).and_then(|text| text.split_once('\n')) else { return };
    match TimestampFormat::new(pattern) {
        Ok(format) => {
            format.parse(time);
        }
        Err(reason) => assert!(reason.len() <= 100 + pattern.len(), "{reason}"),
    }
}

static PIPELINE: LazyLock<Pipeline> = LazyLock::new(|| {
    let sql = "CREATE STREAM s (id STRING KEY, i INT, st STRING, ro STRUCT<a DOUBLE>)
        WITH (kafka_topic = 't', value_format = 'AVRO', partitions = 1);
        CREATE STREAM j (id STRING KEY, i INT, ar ARRAY<BYTES>) WITH (kafka_topic = 'j', value_format = 'JSON', partitions = 1);";
    planned(Dialect::Ksqldb, sql)
});

/// A letter that is read is written as it was, and can be tried.
pub fn dead_letter(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let read = match letters(text) {
        Ok(read) => read,
        Err(error) => return assert_told(&error.to_string()),
    };
    let library = Library::default();
    let laboratory =
        Laboratory { pipeline: &PIPELINE, sql: "", library: &library, limits: &|limits| limits, most_entries: None };
    for letter in read {
        let written = serde_json::to_string(&letter).unwrap();
        assert_eq!(letters(&written).unwrap(), std::slice::from_ref(&letter), "{written}");
        match laboratory.reproduce(&letter) {
            Ok(reproduced) => {
                assert_told(&reproduced.text());
                reproduced.json();
            }
            Err(error) => assert_told(&error.to_string()),
        }
    }
}
