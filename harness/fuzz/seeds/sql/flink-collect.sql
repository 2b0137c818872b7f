CREATE TABLE purchases (user_session STRING, product_name STRING, price DOUBLE)
  WITH ('connector' = 'kafka', 'topic' = 'purchases', 'format' = 'json');

CREATE TABLE baskets (user_session STRING, product_names MULTISET<STRING>, total DOUBLE)
  WITH ('connector' = 'print');

CREATE TABLE sizes (products BIGINT, user_sessions BIGINT, dearest DOUBLE)
  WITH ('connector' = 'print');

INSERT INTO baskets
SELECT user_session, COLLECT(product_name), SUM(price) FROM purchases GROUP BY user_session;

-- Over the baskets, which change: what left a size is taken back from it.
CREATE VIEW counts AS
SELECT user_session, COUNT(product_name) AS products, SUM(price) AS total FROM purchases GROUP BY user_session;

INSERT INTO sizes
SELECT products, COUNT(user_session), MAX(total) FROM counts GROUP BY products;
