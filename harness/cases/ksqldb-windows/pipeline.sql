-- What ksqlDB's windows do beside the plain case: partitions, sessions that become one, HAVING, more keys, no grace, default grace.
CREATE STREAM readings (device STRING KEY, room STRING, x DOUBLE, label STRING)
  WITH (kafka_topic = 'readings', value_format = 'JSON', partitions = 2);

-- By the key: each partition has its stream time.
CREATE TABLE by_device AS
  SELECT device, COUNT(*) AS n
  FROM readings
  WINDOW TUMBLING (SIZE 10 SECONDS, RETENTION 1 HOUR, GRACE PERIOD 0 SECONDS)
  WHERE x < 10.0
  GROUP BY device;

-- By another column: repartitioned, there is one.
CREATE TABLE by_room WITH (key_format = 'JSON') AS
  SELECT room, device, COUNT(*) AS n
  FROM readings
  WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 0 SECONDS)
  WHERE x < 10.0
  GROUP BY room, device
  EMIT CHANGES;

CREATE TABLE joined_sessions AS
  SELECT device, WINDOWEND - WINDOWSTART AS lasted, SUM(x) AS sx, AVG(x) AS ax, MIN(x) AS least, COLLECT_LIST(label) AS labels,
    HISTOGRAM(room) AS rooms
  FROM readings
  WINDOW SESSION (5 SECONDS)
  GROUP BY device;

CREATE TABLE busy AS
  SELECT device, COUNT(*) AS n
  FROM readings
  WINDOW TUMBLING (SIZE 1 DAY)
  GROUP BY device
  HAVING COUNT(*) > 1;
