-- Two tables side by side: what one lacks, how a row appears and goes, and a result that has its time from a column.
CREATE TABLE checkouts (id STRING PRIMARY KEY, shop STRING, ts BIGINT) WITH (kafka_topic = 'co', value_format = 'JSON');
CREATE TABLE baskets (id STRING PRIMARY KEY, q INT) WITH (kafka_topic = 'ag', value_format = 'JSON');

CREATE TABLE r WITH (timestamp = 'ts') AS
  SELECT c.id AS id, c.shop AS shop, c.ts AS ts, b.q AS q
  FROM checkouts c
  LEFT OUTER JOIN baskets b ON c.id = b.id
  WHERE b.q IS NOT NULL
  EMIT CHANGES;

CREATE TABLE i AS
  SELECT b.id AS id, shop, q
  FROM checkouts c
  INNER JOIN baskets b ON b.id = c.id;

CREATE TABLE f AS
  SELECT ROWKEY AS id, shop, q
  FROM checkouts c
  FULL JOIN baskets b ON c.id = b.id;
