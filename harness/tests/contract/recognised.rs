//! What is a SQL function, and which.

use streamfn::contract::{Shape, WitType, docs};
use streamfn_model::{Field, SqlType};

use crate::{encoded, eval, function, read};

fn field(name: &str, sql_type: SqlType, nullable: bool) -> Field {
    Field { name: name.into(), sql_type, nullable }
}

/// The SQL type of a scalar's result.
fn result_of(wit_type: &str) -> SqlType {
    function(&eval("f", &format!("func() -> {wit_type}"))).result
}

fn flink(wit: &str) -> String {
    function(wit).signature_flink()
}

const SUM: &str = "interface sum-of-int {
    record state { sum: s32, rows: s64 }
    create: func() -> state;
    accumulate: func(state: state, x: s32) -> state;
    retract: func(state: state, x: s32) -> state;
    merge: func(a: state, b: state) -> state;
    value: func(state: state) -> option<s32>;
}";

const COLLECT: &str = "interface collect-of-string {
    key: func(x: option<string>) -> option<string>;
    accumulate: func(entry: option<s32>, x: option<string>) -> option<s32>;
    retract: func(entry: option<s32>, x: option<string>) -> option<s32>;
    merge: func(a: s32, b: s32) -> option<s32>;
}";

#[test]
fn eval_is_a_scalar() {
    let scalar = function(&eval("day-of-week", "func(day: date) -> s32"));
    assert_eq!((scalar.shape.clone(), scalar.sql_name.as_str()), (Shape::Scalar, "DAY_OF_WEEK"));
    assert_eq!(scalar.params, [field("day", SqlType::Date, false)]);
    assert_eq!((&scalar.result, scalar.result_nullable), (&SqlType::Int, false));
}

#[test]
fn create_accumulate_and_value_are_an_aggregate() {
    let sum = function(SUM);
    let state = WitType::Record(vec![("sum".into(), WitType::S32), ("rows".into(), WitType::S64)]);
    assert_eq!(sum.shape, Shape::Aggregate { state, retract: true, merge: true });
    assert_eq!(sum.interface, "test:functions/sum-of-int@1.0.0");
    assert_eq!(sum.params, [field("x", SqlType::Int, false)]);
    assert_eq!((&sum.result, sum.result_nullable), (&SqlType::Int, true));
}

#[test]
fn retract_and_merge_may_be_left_out() {
    let lines = SUM.lines().filter(|line| !line.contains("retract") && !line.contains("merge"));
    let sum = function(&lines.collect::<Vec<_>>().join("\n"));
    assert!(matches!(sum.shape, Shape::Aggregate { retract: false, merge: false, .. }));
}

#[test]
fn key_and_accumulate_are_a_keyed_aggregate_whose_result_is_the_map() {
    let collect = function(COLLECT);
    let shape = Shape::Keyed { key: SqlType::String, entry: WitType::S32, retract: true, merge: true, value: false };
    assert_eq!(collect.shape, shape);
    assert_eq!(collect.params, [field("x", SqlType::String, true)]);
    assert_eq!(collect.signature_flink(), "COLLECT(x STRING) → MAP<STRING, INT>");
    assert!(!collect.result_nullable);
}

#[test]
fn a_keyed_aggregate_of_multiplicities_gives_a_multiset_under_whatever_name() {
    let of = |entry: &str| {
        let collect = function(&COLLECT.replace("s32", entry).replace(
            "interface collect-of-string {",
            "interface collect-of-string {
            use streamfn:types/types@0.1.1.{multiplicity as times};
            type often = times;",
        ));
        collect.signature_flink()
    };
    assert_eq!(of("often"), "COLLECT(x STRING) → MULTISET<STRING>");
    assert_eq!(of("s32"), "COLLECT(x STRING) → MAP<STRING, INT>");
}

#[test]
fn value_of_a_keyed_aggregate_gives_its_result_and_frees_the_entry_to_be_any_type() {
    let distinct = function(
        "interface distinct {
            variant seen { once, often(u64) }
            key: func(x: string) -> option<string>;
            accumulate: func(entry: option<seen>, x: string) -> option<seen>;
            value: func(entries: list<tuple<string, seen>>) -> s64;
        }",
    );
    assert_eq!(distinct.signature_flink(), "DISTINCT(x STRING) → BIGINT");
    assert!(matches!(distinct.shape, Shape::Keyed { value: true, retract: false, merge: false, .. }));
}

#[test]
fn rows_is_a_table_function_with_one_row_for_each_element() {
    let split =
        function("interface split { record word { text: string, at: s32 } rows: func(text: string) -> list<word>; }");
    assert_eq!(split.shape, Shape::Table);
    let columns = vec![field("text", SqlType::String, false), field("at", SqlType::Int, false)];
    assert_eq!((&split.result, split.result_nullable), (&SqlType::Row(columns), false));
    assert_eq!(split.signature_flink(), "SPLIT(text STRING) → TABLE(text STRING, at INT)");
}

#[test]
fn create_next_and_finish_are_a_generator_with_a_table_for_each_case() {
    let shop = function(
        "interface shop {
            use streamfn:types/types@0.1.1.{timestamp-ltz};
            record state { at: u64, open: list<string> }
            record check-in { session-id: string, ts: timestamp-ltz }
            variant event { check-in(check-in), check-out(check-in) }
            create: func(config: string, seed: u64, split: u32, splits: u32) -> result<state, string>;
            next: func(state: state, max: u32) -> tuple<state, list<event>>;
            finish: func(state: state) -> result<list<event>, string>;
        }",
    );
    let Shape::Generator { tables } = &shop.shape else { panic!("{:?}", shop.shape) };
    assert_eq!(tables.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["check_in", "check_out"]);
    assert!(shop.signature_flink().starts_with("SHOP → TABLE check_in(session_id STRING, ts TIMESTAMP_LTZ(3)), "));
    assert!(shop.signature_ksqldb().is_err());
}

#[test]
fn any_function_may_refuse_a_row_by_a_result_with_a_string() {
    let refusing = SUM.replace("-> state", "-> result<state, string>").replace("option<s32>;", "result<s32, string>;");
    let sum = function(&refusing);
    assert!(matches!(sum.shape, Shape::Aggregate { retract: true, merge: true, .. }));
    assert_eq!((&sum.result, sum.result_nullable), (&SqlType::Int, false));
    assert_eq!(flink(&eval("f", "func() -> result<option<bool>, string>")), "F() → BOOLEAN");
}

#[test]
fn each_wit_type_is_one_sql_type() {
    let pairs = [
        ("bool", SqlType::Boolean),
        ("s8", SqlType::TinyInt),
        ("s16", SqlType::SmallInt),
        ("s32", SqlType::Int),
        ("s64", SqlType::BigInt),
        ("f32", SqlType::Float),
        ("f64", SqlType::Double),
        ("string", SqlType::String),
        ("list<u8>", SqlType::Bytes),
        ("timestamp", SqlType::Timestamp),
        ("timestamp-ltz", SqlType::TimestampLtz),
        ("date", SqlType::Date),
        ("time", SqlType::Time),
        ("decimal", SqlType::Decimal(38, 18)),
        ("multiset-of-string", SqlType::Multiset(Box::new(SqlType::String))),
        ("list<s32>", SqlType::Array(Box::new(SqlType::Int))),
        ("list<option<date>>", SqlType::Array(Box::new(SqlType::Date))),
        ("list<tuple<string, f64>>", SqlType::Map(Box::new(SqlType::String), Box::new(SqlType::Double))),
        ("list<list<u8>>", SqlType::Array(Box::new(SqlType::Bytes))),
    ];
    for (wit, sql) in pairs {
        assert_eq!(result_of(wit), sql, "{wit}");
        assert_eq!(result_of(&format!("option<{wit}>")), sql, "option<{wit}>");
    }
}

#[test]
fn option_is_nullable_and_a_plain_type_is_not() {
    let scalar = function(&eval("f", "func(a: s32, b: option<s32>) -> option<s32>"));
    assert_eq!(scalar.params.iter().map(|p| p.nullable).collect::<Vec<_>>(), [false, true]);
    assert!(scalar.result_nullable);
}

#[test]
fn a_record_is_a_row_whose_fields_keep_their_nullability() {
    let totals = function("interface totals { record t { sum-qty: s32, ts: option<s64> } eval: func() -> t; }");
    let fields = vec![field("sum_qty", SqlType::Int, false), field("ts", SqlType::BigInt, true)];
    assert_eq!(totals.result, SqlType::Row(fields));
}

#[test]
fn an_alias_of_an_alias_is_what_it_stands_for() {
    let wit = "interface f {
        use streamfn:types/types@0.1.1.{timestamp-ltz as instant};
        type moment = instant; type maybe = option<moment>;
        eval: func(x: maybe) -> moment;
    }";
    assert_eq!(flink(wit), "F(x TIMESTAMP_LTZ(3)) → TIMESTAMP_LTZ(3)");
    assert!(function(wit).params[0].nullable);
}

#[test]
fn a_name_of_types_means_nothing_in_another_package() {
    assert_eq!(flink("interface f { type timestamp = s64; eval: func(x: timestamp) -> s64; }"), "F(x BIGINT) → BIGINT");
}

#[test]
fn multiset_is_a_name_for_anybody() {
    let wit = "interface f { type multiset-of-int = list<tuple<option<s32>, s32>>; eval: func() -> multiset-of-int; }";
    assert_eq!(flink(wit), "F() → MULTISET<INT>");
    assert_eq!(function(wit).signature_ksqldb().expect("a MAP"), "F() → MAP<INT, INT>");
}

#[test]
fn decimal_is_one_type_to_a_host_and_a_record_to_nobody() {
    let component = read(&eval("half", "func(x: decimal) -> decimal"));
    let eval = &component.interfaces["test:functions/half@1.0.0"]["eval"];
    assert_eq!((&eval.params[0].1, &eval.result), (&WitType::Decimal, &Some(WitType::Decimal)));
    assert_eq!(component.functions[0].signature_flink(), "HALF(x DECIMAL(38, s)) → DECIMAL(38, s)");
}

#[test]
fn ksqldb_says_which_of_its_types_is_missing() {
    let float = function(&eval("f", "func(x: f32) -> s32"));
    assert_eq!(float.signature_ksqldb(), Err("ksqlDB has no FLOAT".into()));
}

#[test]
fn overloads_have_one_name_and_different_types() {
    let of_int = eval("twice-of-int", "func(x: s32) -> s32");
    let component = read(&format!("{of_int}\n{}", eval("twice-of-timestamp-ltz", "func(x: timestamp-ltz) -> s64")));
    let signatures: Vec<_> = component.functions.iter().map(|f| f.signature_flink()).collect();
    assert_eq!(signatures, ["TWICE(x INT) → INT", "TWICE(x TIMESTAMP_LTZ(3)) → BIGINT"]);
}

#[test]
fn an_interface_of_types_is_neither_function_nor_refusal() {
    let component = read(&format!("interface common {{ record point {{ x: s32 }} }}\n{}", eval("f", "func() -> bool")));
    assert_eq!((component.functions.len(), component.refused.len()), (1, 0));
}

#[test]
fn docs_come_from_the_section_and_are_not_needed() {
    let name = "test:functions/sum-of-int@1.0.0";
    let section = |json: &str| {
        let mut bytes = crate::component(SUM);
        let section = wasm_encoder::CustomSection { name: docs::SECTION.into(), data: json.as_bytes().into() };
        wasm_encoder::ComponentSection::append_to_component(&section, &mut bytes);
        let component = streamfn::contract::read(&bytes).expect("a component");
        (component.functions[0].docs.clone(), component.docs_note)
    };
    let good =
        format!(r#"{{"version":1,"interfaces":{{"{name}":{{"docs":"Adds.","functions":{{"value":"Null."}}}}}}}}"#);
    assert_eq!(section(&good), (Some("Adds.".into()), None));
    for bad in ["", "[]", r#"{"version":1,"interfaces":7}"#, r#"{"version":9}"#] {
        let (docs, note) = section(bad);
        assert_eq!(docs, None, "{bad}");
        assert!(note.expect("a note").contains("streamfn:docs"), "{bad}");
    }
    assert_eq!(read(SUM).docs_note, None);
}

/// The SQL functions of a directory of `wit/`: each name with what it is and the number of its overloads.
fn of_the_repository(directory: &str) -> Vec<String> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../wit");
    let mut resolve = wit_parser::Resolve::default();
    resolve.push_dir(format!("{root}/types")).expect("types");
    let (package, _) = resolve.push_dir(format!("{root}/{directory}")).expect("the functions' package");
    let component = streamfn::contract::read(&encoded(&resolve, package)).expect("a component");
    assert_eq!(component.refused, []);
    let shape = |shape: &Shape| match shape {
        Shape::Scalar => "scalar".to_owned(),
        Shape::Table => "table".to_owned(),
        Shape::Aggregate { retract, merge, .. } => format!("aggregate retract={retract} merge={merge}"),
        Shape::Keyed { retract, merge, value, .. } => format!("keyed retract={retract} merge={merge} value={value}"),
        Shape::Generator { .. } => "generator".to_owned(),
    };
    let mut overloads = std::collections::BTreeMap::<_, usize>::new();
    for function in &component.functions {
        *overloads.entry(format!("{} {}", function.sql_name, shape(&function.shape))).or_default() += 1;
    }
    overloads.into_iter().map(|(name, count)| format!("{count} {name}")).collect()
}

/// By the README's table of types: 7 numbers; 12 types with an order; with BOOLEAN 13.
#[test]
fn the_repositorys_functions_are_all_recognised() {
    let aggregate = [
        "7 AVG aggregate retract=true merge=true",
        "1 BASKET_TOTALS aggregate retract=false merge=true",
        "14 COUNT aggregate retract=true merge=true",
        "13 EARLIEST aggregate retract=false merge=true",
        "13 LATEST aggregate retract=false merge=true",
        "12 MAX aggregate retract=false merge=true",
        "12 MAX_WITH_RETRACT keyed retract=true merge=true value=true",
        "12 MIN aggregate retract=false merge=true",
        "12 MIN_WITH_RETRACT keyed retract=true merge=true value=true",
        "7 SUM aggregate retract=true merge=true",
    ];
    assert_eq!(of_the_repository("aggregate"), aggregate);
    let collect = [
        "12 COLLECT keyed retract=true merge=true value=false",
        "24 COLLECT_LIST aggregate retract=true merge=true",
        "12 COLLECT_SET keyed retract=true merge=true value=true",
        "12 HISTOGRAM keyed retract=true merge=true value=true",
    ];
    assert_eq!(of_the_repository("collect"), collect);
}

#[test]
fn the_table_of_types_in_the_readme_is_what_is_read() {
    let readme = include_str!("../../../wit/README.md");
    let (_, types) = readme.split_once("\n## Types\n").expect("its chapter");
    let mut compared = 0;
    for line in types.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = line.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let [_, wit, flink, ksqldb, ..] = cells.as_slice() else { panic!("{line}") };
        if wit.contains(['T', 'K', '…']) || *wit == "record" {
            continue;
        }
        let function = function(&eval("f", &format!("func() -> {wit}")));
        assert_eq!(function.signature_flink(), format!("F() → {flink}"), "{line}");
        let found = function.signature_ksqldb().map_or("–".to_owned(), |s| s.replace("F() → ", ""));
        assert_eq!(found, *ksqldb, "{line}");
        compared += 1;
    }
    assert_eq!(compared, 14);
}

#[test]
fn every_type_word_of_the_readme_ends_an_overload() {
    let readme = include_str!("../../../wit/README.md");
    let words = readme.split("The words are `").nth(1).and_then(|rest| rest.split('`').next()).expect("the words");
    let words: Vec<_> = words.split_whitespace().collect();
    assert_eq!(words.len(), 18);
    let wit_types = [
        ("boolean", "bool"),
        ("tinyint", "s8"),
        ("smallint", "s16"),
        ("int", "s32"),
        ("bigint", "s64"),
        ("float", "f32"),
        ("double", "f64"),
        ("bytes", "list<u8>"),
        ("array", "list<s32>"),
        ("map", "list<tuple<string, s32>>"),
        ("multiset", "multiset-of-string"),
        ("row", "r"),
    ];
    for word in words {
        let wit_type = wit_types.iter().find(|(name, _)| *name == word).map_or(word, |(_, wit_type)| wit_type);
        let wit = eval(&format!("f-of-{word}"), &format!("func(x: {wit_type}) -> s32"));
        let wit = wit.replace("eval:", "record r { a: s32 } eval:");
        assert_eq!(function(&wit).sql_name, "F", "{word}");
    }
}
