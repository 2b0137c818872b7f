//! The grammar of both dialects, statement by statement.

use super::*;
use Dialect::*;

fn statements(dialect: Dialect, text: &str) -> Vec<StatementKind> {
    let statements = parse(dialect, text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    statements.into_iter().map(|statement| statement.kind).collect()
}

fn create(dialect: Dialect, text: &str) -> Create {
    match statements(dialect, text).pop() {
        Some(StatementKind::Create(create)) => *create,
        other => panic!("wanted CREATE, found {other:?}"),
    }
}

fn error(dialect: Dialect, text: &str) -> String {
    parse(dialect, text).map(|_| ()).expect_err(text).to_string()
}

/// The type of a column that is declared so, as Flink writes it.
fn sql_type(dialect: Dialect, text: &str) -> String {
    let columns = create(dialect, &format!("CREATE TABLE t (c {text})")).columns;
    match &columns[..] {
        [ColumnDef { role: ColumnRole::Value(sql_type), nullable: true, .. }] => sql_type.to_string(),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn each_dialect_has_its_own_types() {
    for (written, meant) in [
        ("BOOLEAN", "BOOLEAN"),
        ("integer", "INT"),
        ("BIGINT", "BIGINT"),
        ("DOUBLE", "DOUBLE"),
        ("VARCHAR", "STRING"),
        ("BYTES", "BYTES"),
        ("DATE", "DATE"),
        ("TIMESTAMP", "TIMESTAMP_LTZ(3)"),
        ("DECIMAL(6, 2)", "DECIMAL(6, 2)"),
        ("ARRAY<STRUCT<a INT, b MAP<STRING, ARRAY<DOUBLE>>>>", "ARRAY<ROW<A INT, B MAP<STRING, ARRAY<DOUBLE>>>>"),
        ("STRUCT<`a` INT, b STRUCT<c STRING>>", "ROW<a INT, B ROW<C STRING>>"),
    ] {
        assert_eq!(sql_type(Ksqldb, written), meant);
    }
    for (written, meant) in [
        ("TINYINT", "TINYINT"),
        ("smallint", "SMALLINT"),
        ("FLOAT", "FLOAT"),
        ("DOUBLE PRECISION", "DOUBLE"),
        ("VARCHAR(2147483647)", "STRING"),
        ("DECIMAL", "DECIMAL(10, 0)"),
        ("NUMERIC(38)", "DECIMAL(38, 0)"),
        ("TIMESTAMP(3)", "TIMESTAMP(3)"),
        ("TIMESTAMP(3) WITHOUT TIME ZONE", "TIMESTAMP(3)"),
        ("TIMESTAMP(3) WITH LOCAL TIME ZONE", "TIMESTAMP_LTZ(3)"),
        ("TIMESTAMP_LTZ(3)", "TIMESTAMP_LTZ(3)"),
        ("MULTISET<STRING>", "MULTISET<STRING>"),
        ("MAP<STRING, ROW<a INT, B ARRAY<MULTISET<INT>>>>", "MAP<STRING, ROW<a INT, B ARRAY<MULTISET<INT>>>>"),
    ] {
        assert_eq!(sql_type(Flink, written), meant);
    }
}

#[test]
fn a_type_of_the_other_dialect_is_none_of_this() {
    assert_eq!(
        error(Ksqldb, "CREATE TABLE t (k STRING PRIMARY KEY, c TINYINT)"),
        "ksqlDB has no type TINYINT, or the harness does not know it at 1:41"
    );
    for (dialect, of) in [(Ksqldb, "ROW<a INT>"), (Ksqldb, "MULTISET<INT>"), (Flink, "STRUCT<a INT>")] {
        let text = error(dialect, &format!("CREATE TABLE t (c {of})"));
        assert!(text.contains("has no type") && text.ends_with(" at 1:19"), "{text}");
    }
}

#[test]
fn two_closing_brackets_belong_to_two_types_and_one_too_many_to_none() {
    assert_eq!(sql_type(Flink, "ARRAY<ARRAY<ARRAY<INT>>>"), "ARRAY<ARRAY<ARRAY<INT>>>");
    assert_eq!(sql_type(Flink, "ARRAY<ARRAY<INT> >"), "ARRAY<ARRAY<INT>>");
    assert_eq!(sql_type(Flink, "ARRAY<ARRAY<ARRAY<ARRAY<INT>>>>"), "ARRAY<ARRAY<ARRAY<ARRAY<INT>>>>");
    for text in ["ARRAY<INT>>", "ARRAY<ARRAY<INT>", "ARRAY<ARRAY<INT>>>", "ARRAY<INT"] {
        let text = error(Flink, &format!("CREATE TABLE t (c {text})"));
        assert!(text.starts_with("wanted "), "{text}");
    }
}

#[test]
fn a_decimal_has_one_to_38_digits_and_no_more_behind_the_point() {
    assert_eq!(sql_type(Ksqldb, "DECIMAL(38, 38)"), "DECIMAL(38, 38)");
    assert_eq!(sql_type(Ksqldb, "DECIMAL(1)"), "DECIMAL(1, 0)");
    for decimal in ["DECIMAL(0, 0)", "DECIMAL(39, 0)", "DECIMAL(5, 6)", "DECIMAL(256, 0)"] {
        let text = error(Flink, &format!("CREATE TABLE t (c {decimal})"));
        assert_eq!(text, format!("{decimal}: wanted a precision of 1 to 38 and a scale of at most that at 1:19"));
    }
    assert!(parse(Flink, "CREATE TABLE t (c DECIMAL(6, -2))").is_err());
}

#[test]
fn keys_and_headers_are_ksqldbs() {
    let create = create(
        Ksqldb,
        "CREATE STREAM IF NOT EXISTS s (
           k STRING KEY, `Value` INT NOT NULL, h ARRAY<STRUCT<key STRING, value BYTES>> HEADERS,
           one BYTES HEADER('x')
         ) WITH ('kafka_topic' = 't', value_format = JSON, PARTITIONS = 3)",
    );
    assert_eq!((create.name.value.as_str(), create.collection), ("s", Collection::Stream));
    let roles: Vec<_> = create
        .columns
        .iter()
        .map(|c| match &c.role {
            ColumnRole::Key(_) => ("key", c.nullable),
            ColumnRole::Value(_) => ("value", c.nullable),
            ColumnRole::Header(_) => ("header", c.nullable),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(roles, [("key", true), ("value", false), ("header", true), ("header", true)]);
    // Names of properties know no case, with quotes or without.
    let properties: Vec<_> = create.properties.iter().map(|p| (p.name.as_str(), p.value.as_str())).collect();
    assert_eq!(properties, [("KAFKA_TOPIC", "t"), ("VALUE_FORMAT", "JSON"), ("PARTITIONS", "3")]);
    let table = create_table_key();
    assert!(matches!(table, ColumnDef { role: ColumnRole::PrimaryKey(_), nullable: false, .. }), "{table:?}");
}

fn create_table_key() -> ColumnDef {
    create(Ksqldb, "CREATE OR REPLACE TABLE t (k STRING PRIMARY KEY) WITH (KAFKA_TOPIC = 't')").columns.remove(0)
}

#[test]
fn computed_and_metadata_columns_watermarks_and_keys_are_flinks() {
    let create = create(
        Flink,
        "CREATE TEMPORARY TABLE `My Table` (
           id BIGINT NOT NULL COMMENT 'the key; with a semicolon',
           price DOUBLE, twice AS price * 2, `offset` BIGINT METADATA VIRTUAL,
           ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp',
           WATERMARK FOR ts AS ts - INTERVAL '5' SECOND,
           CONSTRAINT pk PRIMARY KEY (id) NOT ENFORCED
         ) COMMENT 'a table' WITH ('connector' = 'kafka', 'properties.group.id' = 'it''s mine')",
    );
    assert_eq!(create.name.value, "My Table");
    let roles: Vec<_> = create
        .columns
        .iter()
        .map(|c| match &c.role {
            ColumnRole::Value(_) => "value",
            ColumnRole::Computed(_) => "computed",
            ColumnRole::Metadata { .. } => "metadata",
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(roles, ["value", "value", "computed", "metadata", "metadata"]);
    assert!(!create.columns[0].nullable && create.columns[1].nullable);
    assert_eq!(create.primary_key.iter().map(|i| i.value.as_str()).collect::<Vec<_>>(), ["id"]);
    let (column, expression) = create.watermark.expect("a watermark");
    assert_eq!((column.value.as_str(), expression.to_string()), ("ts", "ts - INTERVAL '5' SECOND".to_owned()));
    // Names of options are exact, and a quote in a text is doubled.
    let properties: Vec<_> = create.properties.iter().map(|p| (p.name.as_str(), p.value.as_str())).collect();
    assert_eq!(properties, [("connector", "kafka"), ("properties.group.id", "it's mine")]);
}

#[test]
fn flink_enforces_no_primary_key() {
    let column = create(Flink, "CREATE TABLE t (id INT PRIMARY KEY NOT ENFORCED)").columns.remove(0);
    assert!(matches!(column, ColumnDef { role: ColumnRole::PrimaryKey(_), nullable: false, .. }), "{column:?}");
    let wanted = "Flink takes a PRIMARY KEY only with NOT ENFORCED at 1:36";
    assert_eq!(error(Flink, "CREATE TABLE t (id INT PRIMARY KEY )"), wanted);
}

#[test]
fn comments_and_semicolons_in_text_end_no_statement() {
    let text = "-- first; a comment
      SET 'a' = 'b; c'; /* between;
      two */ ;;
      CREATE FUNCTION IF NOT EXISTS f AS 'org.example.F' LANGUAGE JAVA USING JAR 'f.jar';
      INSERT INTO o SELECT 'x;y' FROM s -- the last; one";
    let found = statements(Flink, text);
    let [
        StatementKind::Set { name, value },
        StatementKind::CreateFunction { name: function, class },
        StatementKind::Insert { name: sink, query, .. },
    ] = &found[..]
    else {
        panic!("{found:?}")
    };
    assert_eq!((name.as_str(), value.as_str()), ("a", "b; c"));
    assert_eq!((function.value.as_str(), class.as_str()), ("f", "org.example.F"));
    assert_eq!((sink.value.as_str(), query.to_string()), ("o", "SELECT 'x;y' FROM s".to_owned()));
    assert_eq!(statements(Ksqldb, " -- nothing;\n ; ").len(), 0);
}

#[test]
fn a_statement_is_where_its_first_word_is() {
    let places: Vec<_> = parse(Ksqldb, "-- one\nSET 'a' = 'b';\n\n  SET 'c' = 'd';")
        .expect("two statements")
        .iter()
        .map(|s| s.at.map(|at| at.to_string()))
        .collect();
    assert_eq!(places, [Some("2:1".to_owned()), Some("4:3".to_owned())]);
}

#[test]
fn names_without_quotes_are_upper_case_in_ksqldb_and_as_written_in_flink() {
    let name = |dialect, text: &str| dialect::name(dialect, &create(dialect, text).name);
    assert_eq!(name(Ksqldb, "create table Orders (k int primary key)"), "ORDERS");
    assert_eq!(name(Ksqldb, "CREATE TABLE `Orders` (k INT PRIMARY KEY)"), "Orders");
    assert_eq!(name(Ksqldb, "CREATE TABLE \"Orders\" (k INT PRIMARY KEY)"), "Orders");
    assert_eq!(name(Flink, "create table Orders (k int)"), "Orders");
    assert_eq!(name(Flink, "CREATE TABLE `order table` (k INT)"), "order table");
}

#[test]
fn emit_changes_is_the_end_of_a_query_and_no_part_of_it() {
    let found = statements(Ksqldb, "CREATE TABLE t WITH (KAFKA_TOPIC='t') AS SELECT k FROM s emit changes;");
    let [StatementKind::CreateAs { query, collection: Collection::Table, properties, .. }] = &found[..] else {
        panic!("{found:?}")
    };
    assert_eq!((query.to_string(), properties.len()), ("SELECT k FROM s".to_owned(), 1));
    // In quotes it is a name.
    let found = statements(Ksqldb, "CREATE STREAM x AS SELECT k FROM s `EMIT`");
    assert_eq!(found.len(), 1);
}

#[test]
fn ksqldb_has_no_views_and_flink_no_streams() {
    assert_eq!(
        error(Ksqldb, "CREATE VIEW v AS SELECT k FROM s"),
        "not supported: CREATE VIEW in ksqlDB's dialect at 1:8"
    );
    assert_eq!(error(Flink, "CREATE STREAM s (k INT)"), "not supported: CREATE STREAM in Flink's dialect at 1:8");
    let ctas = "CREATE TABLE t AS SELECT k FROM s";
    assert_eq!(error(Flink, ctas), "not supported: CREATE TABLE … AS SELECT in Flink's dialect at 1:1");
    assert_eq!(
        error(Ksqldb, "CREATE STREAM x (k INT) AS SELECT k FROM s").split(" at ").next(),
        Some("not supported: a list of columns before AS SELECT")
    );
}
