-- An e-commerce pipeline in Flink: purchases, with the user who made them and the product that was bought, as totals of
-- each shopping session. Each INSERT is a job; one hands the next its rows by a topic.

CREATE TABLE events (
  eventTime BIGINT,
  eventTime_ltz AS TO_TIMESTAMP_LTZ(eventTime, 3),
  eventType STRING,
  productId STRING,
  categoryId STRING,
  categoryCode STRING,
  brand STRING,
  price DOUBLE,
  userid STRING,
  userSession STRING,
  WATERMARK FOR eventTime_ltz AS eventTime_ltz - INTERVAL '5' SECONDS
) WITH (
  'connector' = 'kafka',
  'topic' = 'ecommerce.events',
  'properties.bootstrap.servers' = 'localhost:9092',
  'properties.group.id' = 'event-filter',
  'scan.startup.mode' = 'earliest-offset',
  'format' = 'json'
);

CREATE TABLE events_filtered (
  eventTime BIGINT,
  eventTime_ltz AS TO_TIMESTAMP_LTZ(eventTime, 3),
  eventType STRING,
  productId STRING,
  categoryId STRING,
  categoryCode STRING,
  brand STRING,
  price DOUBLE,
  userid STRING,
  userSession STRING,
  WATERMARK FOR eventTime_ltz AS eventTime_ltz - INTERVAL '5' SECONDS
) WITH (
  'connector' = 'kafka',
  'topic' = 'ecommerce.events.filtered',
  'properties.bootstrap.servers' = 'localhost:9092',
  'properties.group.id' = 'event-user-info',
  'scan.startup.mode' = 'earliest-offset',
  'format' = 'json'
);

-- The latest state of each user, and of each product: compacted topics.
CREATE TABLE users (
  userId STRING,
  firstname STRING,
  lastname STRING,
  username STRING,
  email STRING,
  title STRING,
  address STRING,
  PRIMARY KEY (userId) NOT ENFORCED
) WITH (
  'connector' = 'upsert-kafka',
  'topic' = 'ecommerce.users',
  'properties.bootstrap.servers' = 'localhost:9092',
  'key.format' = 'json',
  'value.format' = 'json'
);

CREATE TABLE products (
  productCode STRING,
  productColor STRING,
  promoCode STRING,
  productName STRING,
  PRIMARY KEY (productCode) NOT ENFORCED
) WITH (
  'connector' = 'upsert-kafka',
  'topic' = 'ecommerce.products',
  'properties.bootstrap.servers' = 'localhost:9092',
  'key.format' = 'json',
  'value.format' = 'json'
);

-- A user who changes takes back the rows that were joined before, so the format has to have deletions.
CREATE TABLE eventusers (
  eventTime BIGINT,
  productId STRING,
  price DOUBLE,
  userSession STRING,
  firstname STRING,
  lastname STRING,
  email STRING,
  address STRING
) WITH (
  'connector' = 'kafka',
  'topic' = 'ecommerce.events.users',
  'properties.bootstrap.servers' = 'localhost:9092',
  'properties.group.id' = 'event-enrichment',
  'scan.startup.mode' = 'earliest-offset',
  'format' = 'debezium-json'
);

CREATE TABLE events_enriched (
  userSession STRING,
  firstname STRING,
  lastname STRING,
  email STRING,
  address STRING,
  price DOUBLE,
  productName MULTISET<STRING>,
  PRIMARY KEY (userSession) NOT ENFORCED
) WITH (
  'connector' = 'upsert-kafka',
  'topic' = 'ecommerce.events.enriched',
  'properties.bootstrap.servers' = 'localhost:9092',
  'key.format' = 'json',
  'value.format' = 'json'
);

CREATE TABLE session_baskets (
  userSession STRING,
  firstname STRING,
  lastname STRING,
  price DOUBLE,
  productNames MULTISET<STRING>,
  PRIMARY KEY (userSession) NOT ENFORCED
) WITH (
  'connector' = 'upsert-kafka',
  'topic' = 'ecommerce.session-baskets',
  'properties.bootstrap.servers' = 'localhost:9092',
  'key.format' = 'json',
  'value.format' = 'json'
);

INSERT INTO events_filtered
SELECT eventTime, eventType, productId, categoryId, categoryCode, brand, price, userid, userSession
FROM events
WHERE eventType = 'purchase';

INSERT INTO eventusers
SELECT e.eventTime, e.productId, e.price, e.userSession, u.firstname, u.lastname, u.email, u.address
FROM events_filtered AS e
JOIN users AS u ON u.userId = e.userid;

-- As the demo has it: productName is in GROUP BY, so each of a session's products is a row of its own, and the table keeps
-- the one that changed last.
INSERT INTO events_enriched
SELECT e.userSession, e.firstname, e.lastname, e.email, e.address, SUM(e.price), COLLECT(p.productName)
FROM eventusers AS e
JOIN products AS p ON p.productCode = e.productId
GROUP BY e.userSession, e.firstname, e.lastname, e.email, e.address, p.productName
ON CONFLICT DO DEDUPLICATE;

-- As it is meant: all products of a session in one multiset. Where several users share a session, the greatest of their
-- names stands for all.
INSERT INTO session_baskets
SELECT e.userSession, MAX(e.firstname), MAX(e.lastname), SUM(e.price), COLLECT(p.productName)
FROM eventusers AS e
JOIN products AS p ON p.productCode = e.productId
GROUP BY e.userSession;
