CREATE STREAM amounts (id STRING KEY, amount BIGINT, step BIGINT)
  WITH (kafka_topic='amounts', key_format='KAFKA', value_format='JSON');

CREATE STREAM rounded AS
  SELECT id, {{SQL}}(amount, step) AS amount
  FROM amounts
  EMIT CHANGES;
