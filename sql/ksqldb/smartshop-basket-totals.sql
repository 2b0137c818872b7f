-- Smartshop with its aggregation in one component function: WASM_BASKET_TOTALS gives the three columns as a STRUCT.

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

CREATE TABLE `smartshop-basket-aggregated`
WITH (KAFKA_TOPIC = 'smartshop-basket-aggregated', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON') AS
SELECT
  session_id,
  WASM_BASKET_TOTALS(ts, qty, unit_price) AS totals
FROM `smartshop-basket`
GROUP BY session_id
EMIT CHANGES;

CREATE TABLE `smartshop-checkout-qty-4`
WITH (KAFKA_TOPIC = 'smartshop-checkout-qty-4', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON', TIMESTAMP = 'ts') AS
SELECT
  checkout.session_id AS session_id,
  checkout.shop_id AS shop_id,
  checkout.client_id AS client_id,
  FROM_UNIXTIME(checkout.ts) AS ts,
  basket.totals->sum_qty AS sum_qty,
  basket.totals->total_price AS total_price
FROM `smartshop-checkout` checkout
LEFT JOIN `smartshop-basket-aggregated` basket ON checkout.session_id = basket.session_id
WHERE basket.totals->sum_qty IS NOT NULL
EMIT CHANGES;
