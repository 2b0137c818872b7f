CREATE TABLE co (id STRING PRIMARY KEY, shop STRING, ts BIGINT) WITH (KAFKA_TOPIC='co', VALUE_FORMAT='JSON');
CREATE TABLE ag (id STRING PRIMARY KEY, q INT) WITH (KAFKA_TOPIC='ag', VALUE_FORMAT='JSON');
CREATE TABLE r WITH (TIMESTAMP='ts') AS SELECT co.id AS id, co.shop AS shop, co.ts AS ts, ag.q AS q FROM co LEFT JOIN ag ON co.id = ag.id WHERE ag.q IS NOT NULL;
CREATE TABLE i AS SELECT co.id AS id, co.shop AS shop, ag.q AS q FROM co JOIN ag ON co.id = ag.id;
