CREATE TABLE parts (box STRING, t TINYINT, i INT, l BIGINT, f FLOAT, m DECIMAL(10, 2), d DATE, s STRING)
  WITH ('connector' = 'kafka', 'topic' = 'parts', 'format' = 'json');

CREATE TABLE sums (box STRING, t TINYINT, i INT, l BIGINT, f FLOAT, m DECIMAL(38, 2))
  WITH ('connector' = 'print');
CREATE TABLE averages (box STRING, t TINYINT, i INT, l BIGINT, f FLOAT, m DECIMAL(38, 6))
  WITH ('connector' = 'print');
CREATE TABLE ends (box STRING, first_s STRING, last_m DECIMAL(10, 2), earliest DATE, latest DATE, least STRING)
  WITH ('connector' = 'print');

INSERT INTO sums SELECT box, SUM(t), SUM(i), SUM(l), SUM(f), SUM(m) FROM parts GROUP BY box;
INSERT INTO averages SELECT box, AVG(t), AVG(i), AVG(l), AVG(f), AVG(m) FROM parts GROUP BY box;
INSERT INTO ends
SELECT box, FIRST_VALUE(s), LAST_VALUE(m), MIN(d), MAX(d), MIN(s) FROM parts GROUP BY box;
