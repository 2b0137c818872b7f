CREATE TABLE basket (
  session_id STRING,
  ts BIGINT,
  sku STRING,
  qty INT,
  unit_price DOUBLE
) WITH ('connector' = 'kafka', 'topic' = 'smartshop-basket', 'format' = 'json');

CREATE TABLE totals (
  session_id STRING,
  last_change TIMESTAMP_LTZ(3),
  sum_qty INT,
  total_price DOUBLE
) WITH ('connector' = 'blackhole');

INSERT INTO totals
SELECT session_id, MAX(TO_TIMESTAMP_LTZ(ts, 3)), SUM(qty), SUM(qty * unit_price)
FROM basket
GROUP BY session_id;
