-- What tables of upserts get from queries of the same key, of another key, and of none.
SET 'table.exec.sink.require-on-conflict' = 'false';

CREATE TABLE people (id STRING, team STRING, age INT, note STRING, PRIMARY KEY (id) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 'people', 'key.format' = 'json', 'value.format' = 'json');

CREATE TABLE teams (team STRING, title STRING, PRIMARY KEY (team) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 'teams', 'key.format' = 'json', 'value.format' = 'json');

CREATE TABLE visits (person STRING, minutes INT, ts BIGINT)
  WITH ('connector' = 'kafka', 'topic' = 'visits', 'format' = 'json');

CREATE TABLE same_key (id STRING, age INT, PRIMARY KEY (id) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 'same-key', 'key.format' = 'json', 'value.format' = 'json');
CREATE TABLE adults (id STRING, age INT, PRIMARY KEY (id) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 'adults', 'key.format' = 'json', 'value.format' = 'json');
CREATE TABLE crowded (team STRING, members BIGINT, PRIMARY KEY (team) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 'crowded', 'key.format' = 'json', 'value.format' = 'json');
CREATE TABLE inner_join (id STRING, title STRING, PRIMARY KEY (id) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 'inner-join', 'key.format' = 'json', 'value.format' = 'json');
CREATE TABLE left_join (id STRING, title STRING, PRIMARY KEY (id) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 'left-join', 'key.format' = 'json', 'value.format' = 'json');
CREATE TABLE last_of_team (team STRING, age INT, PRIMARY KEY (team) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 'last-of-team', 'key.format' = 'json', 'value.format' = 'json');
CREATE TABLE last_visit (person STRING, minutes INT, PRIMARY KEY (person) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 'last-visit', 'key.format' = 'json', 'value.format' = 'json');
CREATE TABLE team_of_eldest (eldest INT, members BIGINT, PRIMARY KEY (eldest) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 'team-of-eldest', 'key.format' = 'json', 'value.format' = 'json');
CREATE TABLE printed (team STRING, members BIGINT, PRIMARY KEY (team) NOT ENFORCED) WITH ('connector' = 'print');
CREATE TABLE printed_last (team STRING, age INT, PRIMARY KEY (team) NOT ENFORCED) WITH ('connector' = 'print');
CREATE TABLE changelog (team STRING, members BIGINT)
  WITH ('connector' = 'kafka', 'topic' = 'changelog', 'format' = 'debezium-json');
CREATE TABLE sizes (members BIGINT, teams BIGINT) WITH ('connector' = 'print');

INSERT INTO same_key SELECT id, age FROM people;
INSERT INTO adults SELECT id, age FROM people WHERE age >= 18;
INSERT INTO crowded SELECT team, COUNT(*) FROM people WHERE team IS NOT NULL GROUP BY team HAVING COUNT(*) > 1;
INSERT INTO inner_join SELECT p.id, t.title FROM people AS p JOIN teams AS t ON p.id = t.team;
INSERT INTO left_join SELECT p.id, t.title FROM people AS p LEFT JOIN teams AS t ON p.id = t.team;
INSERT INTO last_of_team SELECT team, age FROM people WHERE team IS NOT NULL ON CONFLICT DO DEDUPLICATE;
INSERT INTO last_visit SELECT person, minutes FROM visits WHERE person IS NOT NULL;
INSERT INTO team_of_eldest
SELECT eldest, members
FROM (SELECT team, COUNT(*) AS members, MAX(age) AS eldest FROM people GROUP BY team) AS t
WHERE eldest IS NOT NULL;
INSERT INTO printed SELECT team, COUNT(*) FROM people WHERE team IS NOT NULL GROUP BY team;
INSERT INTO printed_last SELECT team, age FROM people WHERE team IS NOT NULL;
INSERT INTO changelog SELECT team, COUNT(*) FROM people GROUP BY team;
-- Another job, which reads what that one wrote.
INSERT INTO sizes SELECT members, COUNT(*) FROM changelog GROUP BY members;
