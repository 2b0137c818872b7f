-- The same readings in three formats; their time is text in one of them.
CREATE STREAM lines (place STRING KEY, floor INT KEY, at STRING, celsius DOUBLE, note STRING) WITH (
  kafka_topic = 'lines', format = 'DELIMITED', value_delimiter = 'TAB', key_delimiter = '/', partitions = 1,
  timestamp = 'at', timestamp_format = 'yyyy-MM-dd''T''HH:mm:ssXXX'
);
CREATE STREAM plain (place STRING KEY, celsius DOUBLE) WITH (kafka_topic = 'plain', value_format = 'KAFKA');
CREATE STREAM bare (place STRING KEY, celsius DOUBLE) WITH (
  kafka_topic = 'bare', key_format = 'JSON', value_format = 'JSON', wrap_single_value = false
);
CREATE STREAM keyed (place STRING KEY, floor INT KEY, celsius DOUBLE) WITH (
  kafka_topic = 'keyed', key_format = 'JSON', value_format = 'JSON'
);

CREATE STREAM read_lines WITH (key_format = 'JSON', value_format = 'JSON') AS
  SELECT place, floor, celsius, note FROM lines;
CREATE STREAM read_plain AS SELECT place, celsius FROM plain;
CREATE STREAM read_bare AS SELECT place, celsius FROM bare;
CREATE STREAM read_keyed AS SELECT * FROM keyed;

-- A result may have its time from text as well.
CREATE STREAM read_days WITH (key_format = 'JSON', value_format = 'JSON', timestamp = 'at', timestamp_format = 'yyyy-MM-dd''T''HH:mm:ssXXX') AS
  SELECT place, floor, at FROM lines;
