CREATE TABLE orders (customer STRING, article STRING, pieces INT, price DOUBLE)
  WITH ('connector' = 'kafka', 'topic' = 'orders', 'format' = 'json');

CREATE TABLE totals (customer STRING, orders BIGINT, pieces INT, price DOUBLE, cheapest DOUBLE, articles MULTISET<STRING>)
  WITH ('connector' = 'print');

CREATE TABLE known (customer STRING, article STRING, priced BOOLEAN)
  WITH ('connector' = 'print');

INSERT INTO totals
SELECT customer, COUNT(*), SUM(pieces), SUM(price), MIN(price), COLLECT(article)
FROM orders
GROUP BY customer;

INSERT INTO known
SELECT customer, article, price IS NOT NULL
FROM orders
WHERE customer IS NOT NULL AND pieces <> 0;
