CREATE STREAM articles (id STRING KEY, tags STRING)
  WITH (kafka_topic='articles', key_format='KAFKA', value_format='JSON');

CREATE STREAM article_tags AS
  SELECT id, {{SQL}}(tags) AS tag
  FROM articles
  EMIT CHANGES;
