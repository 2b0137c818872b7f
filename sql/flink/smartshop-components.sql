-- Smartshop in Flink with component functions in the place of Flink's MAX and SUM.

CREATE FUNCTION WASM_MAX AS 'streamfn.aggregate.Max' USING JAR 'target/aggregate-flink.jar';
CREATE FUNCTION WASM_SUM AS 'streamfn.aggregate.Sum' USING JAR 'target/aggregate-flink.jar';

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
SELECT session_id, WASM_MAX(TO_TIMESTAMP_LTZ(ts, 3)), WASM_SUM(qty), WASM_SUM(qty * unit_price)
FROM basket
GROUP BY session_id;
