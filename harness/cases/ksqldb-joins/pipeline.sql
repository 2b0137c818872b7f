-- Joins of several, joins by an expression, and what `*` is over them.
CREATE STREAM sales (shop STRING KEY, product INT, price DOUBLE) WITH (kafka_topic = 'sales', value_format = 'JSON');
CREATE TABLE shops (shop STRING PRIMARY KEY, town STRING) WITH (kafka_topic = 'shops', value_format = 'JSON');
CREATE TABLE products (id INT PRIMARY KEY, name STRING) WITH (kafka_topic = 'products', value_format = 'JSON');
CREATE TABLE owners (shop STRING PRIMARY KEY, owner STRING) WITH (kafka_topic = 'owners', value_format = 'JSON');

CREATE STREAM told AS
  SELECT s.product AS product, s.shop AS shop, town, name, price
  FROM sales s
  LEFT JOIN shops ON s.shop = shops.shop
  JOIN products p ON p.id = s.product;

CREATE STREAM next_product AS
  SELECT p.id AS id, s.product AS before, p.name AS name
  FROM sales s
  LEFT JOIN products p ON s.product + 1 = p.id;

CREATE STREAM everything AS
  SELECT * FROM sales s JOIN shops ON s.shop = shops.shop;

CREATE STREAM of_shops AS
  SELECT s.shop AS shop, t.* FROM sales s JOIN shops t ON s.shop = t.shop;

CREATE TABLE owned AS
  SELECT t.shop AS shop, t.town AS town, o.owner AS owner
  FROM shops t
  JOIN owners o ON t.shop = o.shop;

CREATE TABLE all_of_both AS
  SELECT * FROM shops t FULL OUTER JOIN owners o ON o.shop = t.shop;

CREATE STREAM by_owner AS
  SELECT o.shop AS shop, o.owner AS owner, s.price AS price
  FROM sales s
  JOIN owned o ON s.shop = o.shop;
