CREATE STREAM s (id STRING KEY, i INT, m DECIMAL(6, 2), c STRING, a ARRAY<INT>, n MAP<STRING, INT>, st STRUCT<x INT, a ARRAY<INT>>)
  WITH (KAFKA_TOPIC = 't', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');

CREATE STREAM caught AS
SELECT id, COALESCE(i + 1, 0) AS thrown, COALESCE(ABS(i), 0) AS called, COALESCE(CAST(c AS INT), -1) AS as_int,
  CAST(i + 1 AS STRING) AS as_text, ARRAY[i + 1, 2] AS listed, STRUCT(x := i * 2, y := c) AS made, (i + 1) IS NULL AS asked
FROM s;

CREATE STREAM branches AS
SELECT id, CASE WHEN i = 0 THEN -1 ELSE 10 / i END AS guarded, CASE WHEN i > 1 THEN CAST(NULL AS STRING) ELSE c END AS chosen,
  i IN (1, 7) AS found, i NOT BETWEEN 1 AND 5 AS outside, c LIKE 'x%' AS alike, m > 1.5 AS more, IFNULL(c, '-') AS there
FROM s;

CREATE STREAM parts AS
SELECT id, a[-1] AS last, n['p'] AS p, st->a[1] AS deep, MAP('q' := i, 'r' := 2) AS pair, CONCAT(c, '!') AS shout,
  c IS DISTINCT FROM '12' AS other
FROM s;
