-- A purchase takes its shopper as she is when it comes, whatever the times say; that she moves afterwards changes nothing.
CREATE TABLE shoppers (id STRING PRIMARY KEY, name STRING, address STRING)
  WITH (kafka_topic = 'users', value_format = 'JSON');
CREATE STREAM purchases (session STRING KEY, userid STRING, price DOUBLE)
  WITH (kafka_topic = 'ev', value_format = 'JSON');

CREATE STREAM matched AS
  SELECT p.userid AS uid, p.session AS sess, p.price, s.name, s.address
  FROM purchases p
  INNER JOIN shoppers s ON s.id = p.userid
  EMIT CHANGES;

CREATE STREAM kept AS
  SELECT p.userid AS uid, p.session AS sess, s.name
  FROM purchases p
  LEFT OUTER JOIN shoppers s ON p.userid = s.id
  EMIT CHANGES;
