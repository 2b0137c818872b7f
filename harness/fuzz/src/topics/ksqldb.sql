CREATE STREAM k_json (id STRING KEY, bo BOOLEAN, i INT, bi BIGINT, do DOUBLE, de DECIMAL(10, 2), st STRING, by BYTES, da DATE,
  tm TIME, ts TIMESTAMP, ar ARRAY<INT>, ma MAP<STRING, DOUBLE>, ro STRUCT<a INT, b STRUCT<c STRING>>)
  WITH (kafka_topic = 'k_json', key_format = 'KAFKA', value_format = 'JSON', partitions = 1);
CREATE STREAM k_json_key (a INT KEY, b ARRAY<STRING> KEY, de DECIMAL(38, 20))
  WITH (kafka_topic = 'k_json_key', key_format = 'JSON', value_format = 'JSON', partitions = 1);
CREATE STREAM k_bare (id BIGINT KEY, do DOUBLE)
  WITH (kafka_topic = 'k_bare', key_format = 'JSON', value_format = 'JSON', wrap_single_value = false, partitions = 1);
CREATE STREAM k_avro (id STRING KEY, bo BOOLEAN, i INT, bi BIGINT, do DOUBLE, de DECIMAL(10, 2), st STRING, by BYTES, da DATE,
  tm TIME, ts TIMESTAMP, ar ARRAY<INT>, ma MAP<STRING, DOUBLE>, ro STRUCT<a INT, b STRUCT<c STRING>>)
  WITH (kafka_topic = 'k_avro', key_format = 'AVRO', value_format = 'AVRO', partitions = 1);
CREATE STREAM k_plain (id STRING KEY, bo BOOLEAN, i INT, bi BIGINT, do DOUBLE, st STRING, by BYTES)
  WITH (kafka_topic = 'k_plain', key_format = 'KAFKA', value_format = 'AVRO', partitions = 1);
CREATE STREAM k_delimited (id STRING KEY, bo BOOLEAN, i INT, bi BIGINT, do DOUBLE, de DECIMAL(10, 2), st STRING)
  WITH (kafka_topic = 'k_delimited', key_format = 'DELIMITED', value_format = 'DELIMITED', partitions = 1);
CREATE STREAM k_tabs (a STRING KEY, b INT KEY, at STRING, do DOUBLE) WITH (kafka_topic = 'k_tabs', format = 'DELIMITED',
  value_delimiter = 'TAB', key_delimiter = '/', partitions = 1, timestamp = 'at',
  timestamp_format = 'yyyy-MM-dd''T''HH:mm:ss.SSSXXX');
CREATE STREAM k_int (id STRING KEY, v INT) WITH (kafka_topic = 'k_int', value_format = 'KAFKA', partitions = 1);
CREATE STREAM k_bigint (id BIGINT KEY, v BIGINT) WITH (kafka_topic = 'k_bigint', value_format = 'KAFKA', partitions = 1);
CREATE STREAM k_double (id DOUBLE KEY, v DOUBLE) WITH (kafka_topic = 'k_double', value_format = 'KAFKA', partitions = 1);
CREATE STREAM k_string (id INT KEY, v STRING) WITH (kafka_topic = 'k_string', value_format = 'KAFKA', partitions = 1);
CREATE STREAM k_bytes (id STRING KEY, v BYTES) WITH (kafka_topic = 'k_bytes', value_format = 'KAFKA', partitions = 1);
