CREATE STREAM b (id STRING KEY, i INT, j INT, l BIGINT, d DOUBLE, m DECIMAL(6,2), s STRING, ts BIGINT, a ARRAY<INT>, st STRUCT<x INT, y STRING>) WITH (KAFKA_TOPIC='b', VALUE_FORMAT='JSON');
CREATE STREAM e AS
SELECT id, i * d AS id_, i / j AS idiv, i + l AS il, i * m AS im, m / j AS mj,
  CASE WHEN i > 2 THEN 'big' WHEN i IS NULL THEN 'none' ELSE 'small' END AS c, COALESCE(s, '-') AS co,
  CAST(d AS INT) AS di, CAST(d AS STRING) AS ds, CAST(i AS DOUBLE) AS idb,
  FROM_UNIXTIME(ts) AS t, UNIX_TIMESTAMP(FROM_UNIXTIME(ts)) AS ut, a[1] AS a1, st->y AS sy, i % j AS im2, -i AS ni,
  UCASE(s) AS us, LEN(s) AS ln, s + 'x' AS sx
FROM b;
CREATE TABLE g AS
SELECT id, EARLIEST_BY_OFFSET(s) AS es, LATEST_BY_OFFSET(s) AS ls, LATEST_BY_OFFSET(s, false) AS lsn, MIN(d) AS mind,
  MAX(m) AS maxm, SUM(m) AS sm, SUM(l) AS sl, AVG(i) AS ai, COUNT_DISTINCT(s) AS cd, COLLECT_SET(s) AS cs,
  HISTOGRAM(s) AS hi, MAX(FROM_UNIXTIME(ts)) AS mt, TOPK(i, 2) AS tk
FROM b GROUP BY id;
