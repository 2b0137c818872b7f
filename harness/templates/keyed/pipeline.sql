CREATE STREAM orders (id STRING KEY, item STRING)
  WITH (kafka_topic='orders', key_format='KAFKA', value_format='JSON');

CREATE TABLE favourites AS
  SELECT id, {{SQL}}(item) AS item
  FROM orders
  GROUP BY id
  EMIT CHANGES;
