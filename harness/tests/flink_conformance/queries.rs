//! The queries that random changelogs go through. One more is one line.
//!
//! The tables have the columns `k STRING, x INT, v DOUBLE, s STRING`: `t` has rows alone, `u` and `w` rows by their key `k`
//! with updates and deletions (`upsert-kafka`), and `c` what another job makes of `u` in a topic of changes (`debezium-json`).
//! A query reads those that its text names. What it fills is a `print` table, or one of `upsert-kafka` if it has a primary key.

/// A name, the columns of the table that it fills, and the query.
pub type Query = (&'static str, &'static str, &'static str);

pub const QUERIES: &[Query] = &[
    ("project", "k STRING, y INT, s STRING", "SELECT k, x + 1, s FROM t"),
    ("filter", "k STRING, x INT", "SELECT k, x FROM t WHERE x > 0 AND s IS NOT NULL"),
    ("sum", "k STRING, n INT, m DOUBLE", "SELECT k, SUM(x), SUM(v) FROM t GROUP BY k"),
    ("count", "k STRING, n BIGINT, m BIGINT", "SELECT k, COUNT(*), COUNT(x) FROM t GROUP BY k"),
    ("ends", "k STRING, a INT, b DOUBLE, c STRING", "SELECT k, MIN(x), MAX(v), MAX(s) FROM t GROUP BY k"),
    ("average", "k STRING, a INT, b DOUBLE", "SELECT k, AVG(x), AVG(v) FROM t GROUP BY k"),
    ("collect", "k STRING, b MULTISET<STRING>", "SELECT k, COLLECT(s) FROM t GROUP BY k"),
    ("first-and-last", "k STRING, a INT, b STRING", "SELECT k, FIRST_VALUE(x), LAST_VALUE(s) FROM t GROUP BY k"),
    ("filter-and-sum", "k STRING, n INT", "SELECT k, SUM(x) FROM t WHERE v > 0.0 GROUP BY k"),
    ("having", "k STRING, n BIGINT", "SELECT k, COUNT(x) FROM t GROUP BY k HAVING COUNT(x) > 1 AND SUM(x) < 4"),
    ("two-keys", "k STRING, s STRING, n INT", "SELECT k, s, SUM(x) FROM t GROUP BY k, s"),
    ("global", "n BIGINT, m INT", "SELECT COUNT(*), SUM(x) FROM t"),
    ("upserts", "k STRING, x INT, s STRING", "SELECT k, x, s FROM u"),
    ("sum-of-upserts", "s STRING, n INT, c BIGINT", "SELECT s, SUM(x), COUNT(*) FROM u GROUP BY s"),
    ("sum-of-changes", "s STRING, n INT, c BIGINT", "SELECT s, SUM(x), COUNT(*) FROM c GROUP BY s"),
    ("filter-of-changes", "k STRING, x INT", "SELECT k, x FROM c WHERE x > 0"),
    ("having-of-changes", "s STRING, c BIGINT", "SELECT s, COUNT(*) FROM c GROUP BY s HAVING COUNT(*) > 1"),
    ("ends-of-changes", "s STRING, a INT, b DOUBLE", "SELECT s, MIN(x), MAX(v) FROM u GROUP BY s"),
    ("average-of-changes", "s STRING, a INT, b DOUBLE", "SELECT s, AVG(x), AVG(v) FROM u GROUP BY s"),
    ("collect-of-changes", "s STRING, b MULTISET<STRING>", "SELECT s, COLLECT(k) FROM u GROUP BY s"),
    ("global-of-changes", "n BIGINT, m INT", "SELECT COUNT(*), SUM(x) FROM u"),
    (
        "sum-of-counts",
        "n BIGINT, m BIGINT",
        "SELECT n, COUNT(*) FROM (SELECT s, COUNT(*) AS n FROM u GROUP BY s) GROUP BY n",
    ),
    ("keyed", "k STRING, n INT, PRIMARY KEY (k) NOT ENFORCED", "SELECT k, SUM(x) FROM u GROUP BY k"),
    (
        "keyed-having",
        "s STRING, n BIGINT, PRIMARY KEY (s) NOT ENFORCED",
        "SELECT s, COUNT(*) FROM u WHERE s IS NOT NULL GROUP BY s HAVING COUNT(*) > 1",
    ),
    ("keyed-filter", "k STRING, x INT, PRIMARY KEY (k) NOT ENFORCED", "SELECT k, x FROM u WHERE x > 0"),
    (
        "keyed-join",
        "k STRING, x INT, y INT, PRIMARY KEY (k) NOT ENFORCED",
        "SELECT u.k, u.x, w.x FROM u JOIN w ON u.k = w.k",
    ),
    (
        "keyed-join-on-more",
        "k STRING, x INT, y INT, PRIMARY KEY (k) NOT ENFORCED",
        "SELECT u.k, u.x, w.x FROM u JOIN w ON u.k = w.k AND u.x < w.x",
    ),
    (
        "keyed-join-on-one-side",
        "k STRING, x INT, y INT, PRIMARY KEY (k) NOT ENFORCED",
        "SELECT u.k, u.x, w.x FROM u LEFT JOIN w ON u.k = w.k AND w.x > 1",
    ),
    ("made-inner", "k STRING, x INT, y INT", "SELECT u.k, u.x, w.x FROM u LEFT JOIN w ON u.k = w.k WHERE w.x > 0"),
    ("count-distinct", "k STRING, n BIGINT", "SELECT k, COUNT(DISTINCT s) FROM t GROUP BY k"),
    ("count-of-some", "k STRING, n BIGINT", "SELECT k, COUNT(*) FILTER (WHERE x > 0) FROM t GROUP BY k"),
    ("distinct", "k STRING, s STRING", "SELECT DISTINCT k, s FROM t"),
    ("join", "k STRING, x INT, y INT", "SELECT u.k, u.x, w.x FROM u JOIN w ON u.k = w.k"),
    ("right-join", "k STRING, x INT, y INT", "SELECT w.k, u.x, w.x FROM u RIGHT JOIN w ON u.k = w.k"),
    ("full-join", "k STRING, x INT, y INT", "SELECT u.k, u.x, w.x FROM u FULL JOIN w ON u.k = w.k"),
    ("join-on-null", "s STRING, x INT, y INT", "SELECT u.s, u.x, w.x FROM u JOIN w ON u.s = w.s"),
    ("left-join", "k STRING, x INT, y INT", "SELECT u.k, u.x, w.x FROM u LEFT JOIN w ON u.k = w.k"),
    ("join-rows", "s STRING, x INT, y INT", "SELECT t.s, t.x, u.x FROM t JOIN u ON t.k = u.k"),
    ("sum-of-join", "s STRING, n INT", "SELECT u.s, SUM(t.x) FROM t JOIN u ON t.k = u.k GROUP BY u.s"),
];
