-- Each purchase comes with the user and the product that were found for it, if any were.
CREATE STREAM matched (
  id STRING KEY,
  event STRUCT<event_time BIGINT, product_id STRING, price DOUBLE, user_session STRING>,
  shopper STRUCT<firstname STRING, lastname STRING, email STRING, address STRING>,
  product STRUCT<product_name STRING>
) WITH (kafka_topic='matched', value_format='JSON');

CREATE STREAM eventusers AS
  SELECT id, WITH_USER(event, shopper) AS eventuser, product
  FROM matched
  EMIT CHANGES;

CREATE STREAM enriched AS
  SELECT id, WITH_PRODUCT(eventuser, product) AS bought
  FROM eventusers
  EMIT CHANGES;

CREATE STREAM names AS
  SELECT id, bought->user_session AS user_session, bought->product_name AS product_name, bought->price AS price
  FROM enriched
  EMIT CHANGES;

CREATE TABLE baskets AS
  SELECT user_session, COLLECT(product_name) AS product_names, SUM(price) AS price
  FROM names
  GROUP BY user_session
  EMIT CHANGES;

CREATE STREAM stocks (id STRING KEY, pieces MAP<STRING, INT>) WITH (kafka_topic='stocks', value_format='JSON');

CREATE STREAM pieces AS
  SELECT id, UNNEST_ENTRIES(pieces) AS piece
  FROM stocks
  EMIT CHANGES;
