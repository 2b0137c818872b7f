-- Regular joins and groups over tables that change: who works in which team, and visits of both.
CREATE TABLE people (id STRING, team STRING, age INT, note STRING, PRIMARY KEY (id) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 'people', 'key.format' = 'json', 'value.format' = 'json');

CREATE TABLE teams (team STRING, title STRING, PRIMARY KEY (team) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 'teams', 'key.format' = 'json', 'value.format' = 'json');

CREATE TABLE visits (
  person STRING,
  minutes INT,
  ts BIGINT,
  happened AS TO_TIMESTAMP_LTZ(ts, 3),
  WATERMARK FOR happened AS happened - INTERVAL '5' SECOND
) WITH ('connector' = 'kafka', 'topic' = 'visits', 'format' = 'json');

CREATE VIEW sizes AS SELECT team, COUNT(*) AS members, MAX(age) AS eldest FROM people GROUP BY team;

CREATE VIEW long_visits (person, minutes, age) AS
SELECT v.person, v.minutes, p.age FROM visits AS v LEFT JOIN people AS p ON v.person = p.id AND v.minutes > 10;

CREATE TABLE everybody (people BIGINT, years INT) WITH ('connector' = 'print');
CREATE TABLE crowded (team STRING, members BIGINT) WITH ('connector' = 'print');
CREATE TABLE adults (id STRING, age INT) WITH ('connector' = 'print');
CREATE TABLE inner_join (id STRING, title STRING) WITH ('connector' = 'print');
CREATE TABLE left_join (id STRING, team STRING, title STRING) WITH ('connector' = 'print');
CREATE TABLE full_join (id STRING, team STRING) WITH ('connector' = 'print');
CREATE TABLE join_of_adults (id STRING, age INT, title STRING) WITH ('connector' = 'print');
CREATE TABLE adults_of_teams (id STRING, title STRING) WITH ('connector' = 'print');
CREATE TABLE join_on_age (person STRING, id STRING, age INT) WITH ('connector' = 'print');
CREATE TABLE visits_with_age (person STRING, minutes INT, age INT) WITH ('connector' = 'print');
CREATE TABLE teams_of_people (team STRING) WITH ('connector' = 'print');
CREATE TABLE ages (team STRING, ages BIGINT, adults BIGINT, years_of_adults INT) WITH ('connector' = 'print');
CREATE TABLE teams_by_size (members BIGINT, teams BIGINT, youngest INT) WITH ('connector' = 'print');
CREATE TABLE longest (person STRING, minutes INT) WITH ('connector' = 'print');
CREATE TABLE days (happened TIMESTAMP_LTZ(3), person STRING) WITH ('connector' = 'print');

EXECUTE STATEMENT SET BEGIN
INSERT INTO everybody SELECT COUNT(*), SUM(age) FROM people;
INSERT INTO crowded SELECT team, COUNT(*) FROM people GROUP BY team HAVING COUNT(*) > 1;
INSERT INTO adults SELECT id, age FROM people WHERE age >= 18;
INSERT INTO inner_join SELECT p.id, t.title FROM people AS p JOIN teams AS t ON p.team = t.team;
INSERT INTO left_join SELECT p.id, p.team, t.title FROM people AS p LEFT JOIN teams AS t ON p.team = t.team;
INSERT INTO full_join SELECT p.id, t.team FROM people AS p FULL OUTER JOIN teams AS t ON p.team = t.team;
INSERT INTO join_of_adults
SELECT p.id, p.age, t.title FROM people AS p LEFT JOIN teams AS t ON p.team = t.team WHERE p.age >= 18;
INSERT INTO adults_of_teams
SELECT p.id, t.title FROM people AS p JOIN teams AS t ON p.team = t.team WHERE p.age >= 18;
INSERT INTO join_on_age
SELECT v.person, p.id, p.age FROM visits AS v JOIN people AS p ON v.person = p.team AND p.age >= v.minutes;
INSERT INTO visits_with_age SELECT * FROM long_visits;
INSERT INTO teams_of_people SELECT DISTINCT team FROM people;
INSERT INTO ages
SELECT team, COUNT(DISTINCT age), COUNT(*) FILTER (WHERE age >= 18), SUM(DISTINCT age) FILTER (WHERE age >= 18)
FROM people
GROUP BY team;
INSERT INTO teams_by_size SELECT members, COUNT(*), MIN(eldest) FROM sizes GROUP BY members;
INSERT INTO longest SELECT person, MAX(minutes) FROM visits GROUP BY person;
INSERT INTO days SELECT happened, person FROM visits;
END;
