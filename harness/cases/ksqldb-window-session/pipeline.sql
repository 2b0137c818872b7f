-- Records that come near a session make it longer, or one of two: a tombstone for each that is no more.
CREATE STREAM readings (device STRING KEY, x DOUBLE, q INT) WITH (kafka_topic = 's', value_format = 'JSON');

CREATE TABLE sessions AS
  SELECT device AS id, SUM(q) AS sq, COUNT(*) AS n
  FROM readings
  WINDOW SESSION (10 MILLISECONDS, GRACE PERIOD 20 MILLISECONDS)
  GROUP BY device
  EMIT CHANGES;
