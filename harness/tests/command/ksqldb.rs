//! A packed jar by the rules of ksqlDB's loader: what no component of this checkout has is in the one of [`flink`].

use std::process::Command;

use crate::command::Desk;
use crate::{flink, jvm};

/// The state of each is made and read once: where a type of the component is no column, it is bytes.
#[test]
fn decimals_anywhere_and_states_of_any_type_are_loaded() {
    let desk = Desk::new();
    desk.file("t.wasm", flink::component());
    let pack = desk.run(&["pack", "--engine", "ksqldb", "t.wasm", "-o", "t.jar"]);
    pack.done();
    assert!(pack.err.lines().all(|note| note.contains("ECHO(")), "all but one are packed: {}", pack.err);
    let target = jvm::target();
    let classes = target.join("streamfn-conformance-ksqldb/classes");
    let server = std::fs::read_to_string(target.join("ksqldb-class-path")).unwrap();
    let mut check = Command::new("java");
    check.args(["-cp", &format!("{}:{server}", classes.display()), "streamfn.conformance.ksqldb.Check"]);
    let output = check.arg(desk.path("t.jar")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let loaded = String::from_utf8(output.stdout).unwrap();
    let deep = "STRUCT<D DECIMAL, L ARRAY<DECIMAL>, M MAP<STRING, DECIMAL>>";
    let wanted = [
        &format!("WASM_DEEP(DECIMAL, {deep}) → {deep}"),
        "WASM_EXACT(DECIMAL) → DECIMAL",
        "WASM_KEPT(INT) → BIGINT",
        "WASM_LAST(DECIMAL) → DECIMAL",
        "WASM_LISTED(BIGINT) → BIGINT",
        "WASM_SINGLES(INT) → INT",
    ];
    assert_eq!(loaded.lines().collect::<Vec<_>>(), wanted);
}
