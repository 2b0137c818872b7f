-- Smartshop in Flink: what each basket comes to, changed with every item that goes in or out.

CREATE TABLE basket (
  session_id STRING,
  ts BIGINT,
  sku STRING,
  qty INT,
  unit_price DOUBLE
) WITH (
  'connector' = 'kafka',
  'topic' = 'smartshop-basket',
  'properties.bootstrap.servers' = 'localhost:9092',
  'properties.group.id' = 'smartshop',
  'scan.startup.mode' = 'earliest-offset',
  'format' = 'json'
);

-- One row a session: when its basket changed last, how many pieces are in it, and their price.
CREATE TABLE basket_totals (
  session_id STRING,
  ts TIMESTAMP_LTZ(3),
  sum_qty INT,
  total_price DOUBLE
) WITH ('connector' = 'print');

INSERT INTO basket_totals
SELECT session_id, MAX(TO_TIMESTAMP_LTZ(ts, 3)), SUM(qty), SUM(qty * unit_price)
FROM basket
GROUP BY session_id;
