-- A record is in two windows; of two, one may be closed already.
CREATE STREAM readings (device STRING KEY, x DOUBLE, q INT) WITH (kafka_topic = 's', value_format = 'JSON');

CREATE TABLE hopping AS
  SELECT device AS id, SUM(q) AS sq
  FROM readings
  WINDOW HOPPING (SIZE 10 MILLISECONDS, ADVANCE BY 5 MILLISECONDS, GRACE PERIOD 5 MILLISECONDS)
  GROUP BY device
  EMIT CHANGES;
