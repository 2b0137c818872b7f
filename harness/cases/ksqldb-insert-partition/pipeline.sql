-- Two streams become one, by another key; null is a key like any other to a stream, and no group.
CREATE STREAM orders (id INT KEY, customer STRING, amount INT)
  WITH (kafka_topic = 'orders', value_format = 'JSON', partitions = 1);
CREATE STREAM refunds (id INT KEY, customer STRING, amount BIGINT)
  WITH (kafka_topic = 'refunds', value_format = 'JSON', partitions = 1);

CREATE STREAM moves (what STRING, amount BIGINT, customer STRING KEY)
  WITH (kafka_topic = 'moves', value_format = 'JSON', partitions = 1);

CREATE TABLE balances AS
  SELECT customer, SUM(amount) AS balance, COUNT(*) AS n
  FROM moves
  GROUP BY customer
  EMIT CHANGES;

INSERT INTO moves
  SELECT customer, 'order' AS what, amount
  FROM orders
  PARTITION BY customer
  EMIT CHANGES;

INSERT INTO moves
  SELECT 'refund' AS what, -amount AS amount, r.customer
  FROM refunds r
  WHERE r.amount IS NOT NULL
  PARTITION BY customer;

CREATE STREAM by_tens AS
  SELECT amount / 10 AS tens, id, customer
  FROM orders
  PARTITION BY amount / 10;

CREATE STREAM by_customer WITH (key_format = 'JSON') AS
  SELECT * FROM orders PARTITION BY customer, id EMIT CHANGES;

CREATE STREAM doubled AS
  SELECT * FROM orders PARTITION BY amount + amount EMIT CHANGES;
