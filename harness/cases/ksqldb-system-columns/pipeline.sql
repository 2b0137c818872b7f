-- A record's time and place as columns: of a stream, of a table, and of a table's row that is taken back.
CREATE STREAM readings (device STRING KEY, q INT) WITH (kafka_topic = 'readings', value_format = 'JSON');
CREATE TABLE owners (device STRING PRIMARY KEY, owner STRING) WITH (kafka_topic = 'owners', value_format = 'JSON');

CREATE STREAM placed AS
  SELECT *, rowtime AS at, ROWPARTITION AS part, ROWOFFSET AS off
  FROM readings
  WHERE ROWTIME > 10
  EMIT CHANGES;

-- ROWTIME of a stream that a query fills is that of its records.
CREATE STREAM again AS SELECT device, ROWTIME - at AS later FROM placed;

CREATE TABLE owned AS
  SELECT owner, COUNT(*) AS n, SUM(ROWTIME) AS times
  FROM owners
  GROUP BY owner
  EMIT CHANGES;

CREATE STREAM met AS
  SELECT r.device AS device, r.ROWTIME AS read_at, o.ROWTIME AS owned_at
  FROM readings r
  JOIN owners o ON r.device = o.device;
