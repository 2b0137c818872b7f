CREATE STREAM s (id STRING KEY, a INT, b INT, f BOOLEAN)
  WITH (KAFKA_TOPIC = 't', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');

CREATE STREAM compared AS SELECT id, a = 1 AS eq, NOT (a = 1) AS neq, f OR b = 2 AS either, a + 1 = 2 AS sum_eq FROM s;
CREATE STREAM negated AS SELECT id FROM s WHERE NOT (a = 1);
CREATE STREAM summed AS SELECT id FROM s WHERE a + 1 = 2 OR b = 2;
CREATE STREAM divided AS SELECT id FROM s WHERE 10 / b > 1 OR a = 7;
CREATE STREAM guarded AS SELECT id FROM s WHERE b <> 0 AND 10 / b > 2;
