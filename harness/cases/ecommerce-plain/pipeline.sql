-- The e-commerce pipeline over plain topics of users and products: a second record is a second row, so a user who changes
-- is joined twice, and a product too.
CREATE TABLE events (eventTime BIGINT, eventType STRING, productId STRING, price DOUBLE, userid STRING, userSession STRING)
  WITH ('connector' = 'kafka', 'topic' = 'ecommerce.events', 'format' = 'json');

CREATE TABLE users (userId STRING, firstname STRING, lastname STRING)
  WITH ('connector' = 'kafka', 'topic' = 'ecommerce.users', 'format' = 'json');

CREATE TABLE products (productCode STRING, productName STRING)
  WITH ('connector' = 'kafka', 'topic' = 'ecommerce.products', 'format' = 'json');

CREATE TABLE purchases (productId STRING, price DOUBLE, userid STRING, userSession STRING)
  WITH ('connector' = 'kafka', 'topic' = 'ecommerce.events.filtered', 'format' = 'json');

-- Nothing is ever taken back, so this topic needs no deletions.
CREATE TABLE purchases_of_users (userSession STRING, firstname STRING, lastname STRING, price DOUBLE, productId STRING)
  WITH ('connector' = 'kafka', 'topic' = 'ecommerce.events.users', 'format' = 'json');

CREATE TABLE session_baskets (
  userSession STRING,
  price DOUBLE,
  purchases BIGINT,
  productNames MULTISET<STRING>,
  PRIMARY KEY (userSession) NOT ENFORCED
) WITH (
  'connector' = 'upsert-kafka', 'topic' = 'ecommerce.session-baskets', 'key.format' = 'json', 'value.format' = 'json'
);

INSERT INTO purchases
SELECT productId, price, userid, userSession FROM events WHERE eventType = 'purchase';

INSERT INTO purchases_of_users
SELECT p.userSession, u.firstname, u.lastname, p.price, p.productId
FROM purchases AS p
JOIN users AS u ON p.userid = u.userId;

INSERT INTO session_baskets
SELECT e.userSession, SUM(e.price), COUNT(*), COLLECT(p.productName)
FROM purchases_of_users AS e
JOIN products AS p ON e.productId = p.productCode
GROUP BY e.userSession;
