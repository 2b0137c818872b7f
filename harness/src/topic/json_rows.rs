//! JSON out of a broker straight into columns. What is not plain is left to `wire` and `decode`, the reference.

use std::sync::Arc;

use streamfn_model::Dialect;

use super::columnar_json::ColumnarJson;
use super::decoder::Decoder;
use super::growing::Growing;
use super::wire::Parts;
use super::{Columns, Record};
use crate::sql::{Format, Topic};

pub struct JsonRows<'a> {
    json: ColumnarJson<'a>,
    growing: Growing<'a>,
}

impl<'a> JsonRows<'a> {
    /// `None` for a topic whose records are to be read the other way.
    pub fn new(dialect: Dialect, topic: &'a Topic) -> Option<Self> {
        let is_json = topic.value_format == Format::Json
            && matches!(topic.key_format, Format::None | Format::Kafka | Format::Json);
        let json = ColumnarJson::new(dialect, topic).filter(|_| is_json)?;
        Some(JsonRows { json, growing: Growing::new(topic) })
    }

    /// The records of these; `None` for one that is to be read the other way, by the same decoder.
    pub fn records(&mut self, decoder: &mut Decoder<'_>, all: &[Parts<'_>]) -> Vec<Option<Record>> {
        let mut record = |parts: &Parts<'_>| {
            let stamp = self.json.read_parts(parts, &mut self.growing);
            let record = stamp.and_then(|stamp| decoder.row(&mut self.growing, &stamp, parts.offset));
            self.growing.end();
            record
        };
        let records: Vec<_> = all.iter().map(&mut record).collect();
        // More text than Arrow counts is refused where it is put in, so this is whole.
        let Ok(batch) = self.growing.take().map(Arc::new) else { return all.iter().map(|_| None).collect() };
        let with_columns =
            |(row, record): (usize, Option<Record>)| Some(Record { row: Columns::Of(batch.clone(), row), ..record? });
        records.into_iter().enumerate().map(with_columns).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::wire::Wire;
    use super::*;
    use crate::sql::{Functions, Pipeline};

    const KSQLDB: &str = "CREATE STREAM t (k STRING KEY, a INT, b DOUBLE, c STRING, d ARRAY<INT>, at BIGINT)
        WITH (KAFKA_TOPIC = 't', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON', TIMESTAMP = 'at');";
    const KSQLDB_KEYS: &str = "CREATE TABLE t (k STRING PRIMARY KEY, a INT) WITH (KAFKA_TOPIC = 't', FORMAT = 'JSON');";
    const FLINK: &str = "CREATE TABLE t (k STRING, a INT NOT NULL, b DOUBLE, p INT METADATA FROM 'partition', PRIMARY KEY (k) NOT ENFORCED)
        WITH ('connector' = 'upsert-kafka', 'topic' = 't', 'key.format' = 'json', 'value.format' = 'json');";

    const KEYS: [Option<&[u8]>; 8] = [
        None,
        Some(b"k"),
        Some(b"\"k\""),
        Some(b"null"),
        Some(b"{\"k\":\"x\",\"K\":\"y\"}"),
        Some(b"{\"k\":1}"),
        Some(b"\xff"),
        Some(b"\"k\" x"),
    ];
    const VALUES: [Option<&[u8]>; 16] = [
        None,
        Some(b""),
        Some(b"null"),
        Some(b"[1]"),
        Some(b"{\"a\":1,\"b\":0.1,\"c\":\"x\",\"d\":[1,null],\"at\":7}"),
        Some(b"{\"A\":1,\"at\":7}"),
        Some(b"{\"a\":1,\"A\":2,\"at\":7}"),
        Some(b"{\"a\":1,\"a\":2,\"at\":7}"),
        Some(b"{\"a\":\"1\",\"b\":\"NaN\",\"at\":\"7\"}"),
        Some(b"{\"a\":2147483648,\"at\":7}"),
        Some(b"{\"a\":1.0,\"at\":7}"),
        Some(b"{\"a\":null,\"c\":{\"x\":1},\"at\":7}"),
        Some(b"{\"a\":1,\"z\":{\"y\":[1,2]},\"at\":7}"),
        Some(b"{\"a\":1,\"z\":[}"),
        Some(b"{\"a\":1,\"at\":7} {}"),
        Some(b"{\"a\":1,\"c\":\"\xff\",\"at\":7}"),
    ];

    #[test]
    fn what_is_read_into_columns_is_what_the_reference_reads() {
        for (dialect, sql) in [(Dialect::Ksqldb, KSQLDB), (Dialect::Ksqldb, KSQLDB_KEYS), (Dialect::Flink, FLINK)] {
            let pipeline = Pipeline::plan(Functions::native(dialect), sql).expect("SQL");
            let topic = &pipeline.topics[0];
            let wire = Wire::new(dialect, topic).expect("a format");
            let all = KEYS.iter().flat_map(|key| VALUES.iter().map(move |value| (*key, *value))).zip(0..);
            let all: Vec<Parts<'_>> = all
                .map(|((key, value), offset)| Parts { partition: 1, offset, timestamp: Some(5), key, value })
                .collect();
            let mut rows = JsonRows::new(dialect, topic).expect("JSON");
            let mut decoder = Decoder::new(dialect, topic);
            let found = rows.records(&mut decoder, &all);
            let mut reference = Decoder::new(dialect, topic);
            let mut together = 0;
            for (parts, found) in all.iter().zip(found) {
                let written = wire.written(None, parts).map_err(|error| format!("{error:?}"));
                let wanted = written.and_then(|written| reference.record(&written, parts.offset));
                if let Some(found) = found {
                    together += 1;
                    assert_eq!(Ok(found), wanted, "{parts:?}");
                } else if let Ok(written) = wire.written(None, parts) {
                    // The other way, for what there is to note.
                    let _ = decoder.record(&written, parts.offset);
                }
            }
            assert!(together > 10, "{together}");
            assert_eq!(decoder.notes("t"), reference.notes("t"));
        }
    }
}
