-- Smartshop: what each basket comes to, shown once its session has checked out.

CREATE STREAM `smartshop-basket` (
  session_id STRING KEY,
  ts BIGINT,
  sku STRING,
  qty INT,
  unit_price DOUBLE
) WITH (KAFKA_TOPIC = 'smartshop-basket', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');

CREATE TABLE `smartshop-checkout` (
  session_id STRING PRIMARY KEY,
  ts BIGINT,
  client_id STRING,
  status INT,
  shop_id STRING
) WITH (KAFKA_TOPIC = 'smartshop-checkout', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');

-- One row a session: when its basket changed last, how many pieces are in it, and their price.
CREATE TABLE `smartshop-basket-aggregated`
WITH (KAFKA_TOPIC = 'smartshop-basket-aggregated', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON') AS
SELECT
  session_id,
  MAX(FROM_UNIXTIME(ts)) AS ts,
  SUM(qty) AS sum_qty,
  SUM(qty * unit_price) AS total_price
FROM `smartshop-basket`
GROUP BY session_id
EMIT CHANGES;

-- A session that checked out with something in its basket; the record's time is that of the check-out.
CREATE TABLE `smartshop-checkout-qty-4`
WITH (KAFKA_TOPIC = 'smartshop-checkout-qty-4', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON', TIMESTAMP = 'ts') AS
SELECT
  checkout.session_id AS session_id,
  checkout.shop_id,
  checkout.client_id,
  FROM_UNIXTIME(checkout.ts) AS ts,
  basket.sum_qty,
  basket.total_price
FROM `smartshop-checkout` checkout
LEFT JOIN `smartshop-basket-aggregated` basket ON checkout.session_id = basket.session_id
WHERE basket.sum_qty IS NOT NULL
EMIT CHANGES;
