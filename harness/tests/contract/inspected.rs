//! What `streamfn inspect` prints.

use streamfn::inspect;

use crate::{eval, read};

const AVG: &str = "interface avg-of-int {
    record state { sum: s64, rows: s64 }
    create: func() -> state;
    accumulate: func(state: state, x: s32) -> state;
    merge: func(a: state, b: state) -> state;
    value: func(state: state) -> option<f64>;
}";

#[test]
fn a_person_reads_signature_shape_state_and_refusals() {
    let component = read(&format!("{AVG}\n{}", eval("bad", "func(x: date, y: u32) -> s32")));
    let text = inspect::table(&component, "avg.wasm");
    let (head, body) = text.split_once('\n').expect("lines");
    assert!(head.starts_with("avg.wasm  ") && head.contains(&component.digest), "{head}");
    assert_eq!(
        body,
        "imports  streamfn:types/types@0.1.1 (types only)

1 SQL function:

  AVG(x INT) → DOUBLE
    shape   aggregate with merge, without retract, over record { sum: s64, rows: s64 }
    nulls   x null skips the row; the result can be null
    from    test:functions/avg-of-int@1.0.0
    docs    no docs

1 refused interface:

  test:functions/bad@1.0.0
    `eval`, its parameter `y`: u32 is unsigned, which no SQL type is: write s64 instead
"
    );
}

#[test]
fn the_engines_are_told_apart_only_where_they_differ() {
    let text = inspect::table(&read(&eval("f", "func(x: timestamp-ltz) -> s32")), "f.wasm");
    assert!(text.contains("  F(x TIMESTAMP_LTZ(3)) → INT\n    ksqldb  F(x TIMESTAMP) → INT\n"), "{text}");
    let text = inspect::table(&read(&eval("f", "func(x: f32) -> s32")), "f.wasm");
    assert!(text.contains("    ksqldb  none: ksqlDB has no FLOAT\n"), "{text}");
}

#[test]
fn docs_keep_their_lines_and_long_ones_are_wrapped() {
    let mut component = read(AVG);
    component.functions[0].docs = Some(format!("The mean.\n\n{}end", "word ".repeat(30)));
    let text = inspect::table(&component, "avg.wasm");
    let (_, docs) = text.split_once("    docs    ").expect("docs");
    let lines: Vec<_> = docs.lines().collect();
    assert_eq!((lines[0], lines[1], lines.len()), ("The mean.", "", 4));
    assert!(lines[3].starts_with("            word") && lines[3].ends_with(" end"), "{docs}");
}

#[test]
fn a_program_reads_the_same_as_json() {
    let json = inspect::json(&read(AVG));
    let avg = &json["functions"][0];
    assert_eq!(avg["name"], "AVG");
    assert_eq!(avg["flink"], "AVG(x INT) → DOUBLE");
    assert_eq!((&avg["retract"], &avg["merge"]), (&false.into(), &true.into()));
    assert_eq!(avg["params"][0], serde_json::json!({ "name": "x", "type": "INT", "nullable": false }));
    assert_eq!(json["refused"], serde_json::json!([]));
}
