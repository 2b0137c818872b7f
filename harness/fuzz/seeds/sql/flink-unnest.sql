-- Rows of what is inside a row: of arrays, of arrays of rows, of maps, and of tables that change.
CREATE TABLE baskets (
  id STRING,
  names ARRAY<STRING>,
  items ARRAY<ROW<sku STRING, qty INT>>,
  counts MAP<STRING, INT>
) WITH ('connector' = 'kafka', 'topic' = 'baskets', 'format' = 'json');

CREATE TABLE tags (id STRING, names ARRAY<STRING>, PRIMARY KEY (id) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 'tags', 'key.format' = 'json', 'value.format' = 'json');

CREATE TABLE names (id STRING, name STRING) WITH ('connector' = 'print');
CREATE TABLE names_or_null (id STRING, name STRING) WITH ('connector' = 'print');
CREATE TABLE items (id STRING, sku STRING, qty INT) WITH ('connector' = 'print');
CREATE TABLE pieces (sku STRING, pieces INT) WITH ('connector' = 'print');
CREATE TABLE counts (id STRING, name STRING, number INT) WITH ('connector' = 'print');
CREATE TABLE tag_names (id STRING, name STRING) WITH ('connector' = 'print');
CREATE TABLE tag_counts (name STRING, times BIGINT) WITH ('connector' = 'print');
CREATE TABLE tags_of_baskets (id STRING, name STRING) WITH ('connector' = 'print');

INSERT INTO names SELECT b.id, n.name FROM baskets AS b CROSS JOIN UNNEST(b.names) AS n (name);
INSERT INTO names_or_null SELECT b.id, n.name FROM baskets AS b LEFT JOIN UNNEST(b.names) AS n (name) ON TRUE;
INSERT INTO items SELECT id, sku, qty FROM baskets, UNNEST(items) AS i (sku, qty) WHERE qty > 1;
INSERT INTO pieces SELECT i.sku, SUM(i.qty) FROM baskets AS b CROSS JOIN UNNEST(b.items) AS i GROUP BY i.sku;
INSERT INTO counts SELECT id, name, number FROM baskets CROSS JOIN UNNEST(counts) AS c (name, number);
INSERT INTO tag_names SELECT t.id, n.name FROM tags AS t CROSS JOIN UNNEST(t.names) AS n (name);
INSERT INTO tag_counts
SELECT n.name, COUNT(*) FROM tags AS t CROSS JOIN UNNEST(t.names) AS n (name) GROUP BY n.name;
INSERT INTO tags_of_baskets
SELECT b.id, n.name FROM baskets AS b JOIN tags AS t ON b.id = t.id CROSS JOIN UNNEST(t.names) AS n (name);
