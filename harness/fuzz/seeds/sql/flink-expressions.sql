CREATE TABLE s (k STRING, t TINYINT, i INT, l BIGINT, d DOUBLE, m DECIMAL(6, 2), b BOOLEAN, a ARRAY<INT>, n MAP<STRING, INT>,
    r ROW<x INT, y ROW<z STRING>>)
  WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json');

CREATE TABLE branches (k STRING, named STRING, first_one BIGINT, guarded INT, found BOOLEAN, outside BOOLEAN, alike BOOLEAN,
    not_true BOOLEAN, same BOOLEAN, differs INT)
  WITH ('connector' = 'print');
CREATE TABLE numbers (k STRING, quotient DECIMAL(17, 13), total DECIMAL(13, 2), rest INT, wrapped TINYINT, tried INT,
    as_text STRING, cut INT, flag BIGINT)
  WITH ('connector' = 'print');
CREATE TABLE parts (k STRING, z STRING, x INT, head INT, p INT, listed ARRAY<DECIMAL(11, 1)>, pair MAP<STRING, INT>, mid STRING,
    size INT, made ROW<`EXPR$0` INT, `EXPR$1` STRING>)
  WITH ('connector' = 'print');

INSERT INTO branches
SELECT k, CASE i WHEN 1 THEN 'one' WHEN 3 THEN 'three' END, COALESCE(i, l, 0), CASE WHEN i = 0 THEN -1 ELSE 6 / i END, i IN (1, 5),
  i NOT BETWEEN 1 AND 2, k LIKE '%!_%' ESCAPE '!', b IS NOT TRUE, b IS NOT DISTINCT FROM CAST(NULL AS BOOLEAN), NULLIF(i, 3)
FROM s;
INSERT INTO numbers
SELECT k, m / i, m + i, l % 3, t + t, TRY_CAST(k AS INT), CAST(d AS STRING) || '/' || CAST(b AS STRING), CAST(d AS INT),
  CAST(b AS BIGINT)
FROM s WHERE i <> 0 OR i IS NULL;
INSERT INTO parts
SELECT k, r.y.z, s.r.x, a[1], n['p'], ARRAY[i, 2.5], MAP['a', i, 'b', 2], SUBSTRING(UPPER(k), 2, 2), CARDINALITY(a), ROW(i, k)
FROM s;
