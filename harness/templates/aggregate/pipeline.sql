CREATE STREAM deliveries (id STRING KEY, late BOOLEAN)
  WITH (kafka_topic='deliveries', key_format='KAFKA', value_format='JSON');

CREATE TABLE shares AS
  SELECT id, {{SQL}}(late) AS share
  FROM deliveries
  GROUP BY id
  EMIT CHANGES;
