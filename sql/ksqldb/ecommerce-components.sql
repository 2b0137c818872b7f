-- E-commerce with functions from components: the products of a session are a MAP from each name to how often it was bought,
-- and the price of nothing but unknown prices is null instead of 0.

CREATE STREAM ecommerce_events (
  event_time BIGINT,
  event_type STRING,
  product_id STRING,
  category_id STRING,
  category_code STRING,
  brand STRING,
  price DOUBLE,
  user_id STRING,
  user_session STRING
) WITH (KAFKA_TOPIC = 'ecommerce.events', VALUE_FORMAT = 'JSON', TIMESTAMP = 'event_time');

CREATE TABLE ecommerce_users (
  user_id STRING PRIMARY KEY,
  firstname STRING,
  lastname STRING,
  username STRING,
  email STRING,
  title STRING,
  address STRING
) WITH (KAFKA_TOPIC = 'ecommerce.users', VALUE_FORMAT = 'JSON');

CREATE TABLE ecommerce_products (
  product_code STRING PRIMARY KEY,
  product_color STRING,
  promo_code STRING,
  product_name STRING
) WITH (KAFKA_TOPIC = 'ecommerce.products', VALUE_FORMAT = 'JSON');

-- Of all events only what was bought.
CREATE STREAM ecommerce_purchases WITH (KAFKA_TOPIC = 'ecommerce.events.filtered') AS
SELECT event_time, event_type, product_id, category_id, category_code, brand, price, user_id, user_session
FROM ecommerce_events
WHERE event_type = 'purchase'
EMIT CHANGES;

-- Who bought it, as they are at that moment. A purchase of nobody who is known is dropped.
CREATE STREAM ecommerce_shoppers WITH (KAFKA_TOPIC = 'ecommerce.events.users') AS
SELECT
  purchase.user_id AS user_id,
  purchase.event_time,
  purchase.product_id,
  purchase.price,
  purchase.user_session,
  shopper.firstname,
  shopper.lastname,
  shopper.email,
  shopper.address
FROM ecommerce_purchases purchase
INNER JOIN ecommerce_users shopper ON purchase.user_id = shopper.user_id
EMIT CHANGES;

-- What it is called, again as of that moment.
CREATE STREAM ecommerce_named_purchases WITH (KAFKA_TOPIC = 'ecommerce.events.named') AS
SELECT
  purchase.product_id AS product_id,
  product.product_name,
  purchase.price,
  purchase.user_session,
  purchase.user_id,
  purchase.firstname,
  purchase.lastname,
  purchase.email,
  purchase.address
FROM ecommerce_shoppers purchase
INNER JOIN ecommerce_products product ON purchase.product_id = product.product_code
EMIT CHANGES;

-- One row for each shopper of a session: what it all costs, and the names of all that was bought. The user is in the key, and
-- not the name: ksqlDB leaves out rows whose group has a null in it, and a name may be null.
CREATE TABLE ecommerce_baskets WITH (KAFKA_TOPIC = 'ecommerce.events.enriched', KEY_FORMAT = 'JSON') AS
SELECT
  user_session,
  user_id,
  LATEST_BY_OFFSET(firstname) AS firstname,
  LATEST_BY_OFFSET(lastname) AS lastname,
  LATEST_BY_OFFSET(email) AS email,
  LATEST_BY_OFFSET(address) AS address,
  WASM_SUM(price) AS price,
  WASM_COLLECT(product_name) AS product_names
FROM ecommerce_named_purchases
GROUP BY user_session, user_id
EMIT CHANGES;
