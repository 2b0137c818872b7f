-- A window takes records until stream time reaches its end and the grace period.
CREATE STREAM readings (device STRING KEY, x DOUBLE, q INT) WITH (kafka_topic = 's', value_format = 'JSON');

CREATE TABLE tumbling AS
  SELECT device AS id, WINDOWSTART AS ws, WINDOWEND AS we, SUM(q) AS sq, COUNT(*) AS n
  FROM readings
  WINDOW TUMBLING (SIZE 10 MILLISECONDS, GRACE PERIOD 5 MILLISECONDS)
  GROUP BY device
  EMIT CHANGES;
