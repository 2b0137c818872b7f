CREATE TABLE f_json (bo BOOLEAN, ti TINYINT, sm SMALLINT, i INT NOT NULL, bi BIGINT, fl FLOAT, do DOUBLE, de DECIMAL(10, 2),
  st STRING, `by` BYTES, da DATE, tm TIME, ts TIMESTAMP(3), tz TIMESTAMP_LTZ(3), ar ARRAY<INT>, ma MAP<STRING, DOUBLE>,
  mu MULTISET<STRING>, ro ROW<a INT, b ROW<c STRING>>, rs ARRAY<ROW<x INT>>)
  WITH ('connector' = 'kafka', 'topic' = 'f_json', 'format' = 'json');
CREATE TABLE f_json_key (id STRING, de DECIMAL(38, 20), PRIMARY KEY (id) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 'f_json_key', 'key.format' = 'json', 'value.format' = 'json');
CREATE TABLE f_avro (bo BOOLEAN, ti TINYINT, sm SMALLINT, i INT NOT NULL, bi BIGINT, fl FLOAT, do DOUBLE, de DECIMAL(10, 2),
  st STRING, `by` BYTES, da DATE, tm TIME, ts TIMESTAMP(3), ar ARRAY<INT>, ma MAP<STRING, DOUBLE>, mu MULTISET<STRING>,
  ro ROW<a INT, b ROW<c STRING>>, rs ARRAY<ROW<x INT>>)
  WITH ('connector' = 'kafka', 'topic' = 'f_avro', 'format' = 'avro-confluent', 'avro-confluent.url' = 'http://registry');
CREATE TABLE f_avro_key (id STRING, v BIGINT, PRIMARY KEY (id) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 'f_avro_key', 'key.format' = 'avro-confluent',
  'key.avro-confluent.url' = 'http://registry', 'value.format' = 'avro-confluent',
  'value.avro-confluent.url' = 'http://registry');
CREATE TABLE f_plain (bo BOOLEAN NOT NULL, i INT, bi BIGINT NOT NULL, do DOUBLE, st STRING)
  WITH ('connector' = 'kafka', 'topic' = 'f_plain', 'format' = 'avro-confluent', 'avro-confluent.url' = 'http://registry');
CREATE TABLE f_unframed (bo BOOLEAN, i INT NOT NULL, st STRING, ar ARRAY<ROW<de DECIMAL(10, 2)>>)
  WITH ('connector' = 'kafka', 'topic' = 'f_unframed', 'format' = 'avro');
CREATE TABLE f_boolean (v BOOLEAN) WITH ('connector' = 'kafka', 'topic' = 'f_boolean', 'format' = 'raw');
CREATE TABLE f_tinyint (v TINYINT) WITH ('connector' = 'kafka', 'topic' = 'f_tinyint', 'format' = 'raw');
CREATE TABLE f_smallint (v SMALLINT) WITH ('connector' = 'kafka', 'topic' = 'f_smallint', 'format' = 'raw');
CREATE TABLE f_float (v FLOAT) WITH ('connector' = 'kafka', 'topic' = 'f_float', 'format' = 'raw');
CREATE TABLE f_string (v STRING) WITH ('connector' = 'kafka', 'topic' = 'f_string', 'format' = 'raw');
