-- Smartshop in Flink with its aggregation in one component function: BASKET_TOTALS gives the three columns as a ROW.

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

CREATE TABLE basket_totals (
  session_id STRING,
  totals ROW<ts TIMESTAMP_LTZ(3), sum_qty INT, total_price DOUBLE>
) WITH ('connector' = 'print');

INSERT INTO basket_totals
SELECT session_id, BASKET_TOTALS(ts, qty, unit_price)
FROM basket
GROUP BY session_id;
