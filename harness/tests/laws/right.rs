//! What is right, and what the command is to whoever types it.

use std::collections::BTreeSet;
use std::path::Path;

use streamfn::contract;
use streamfn::laws::{self, rows};

use crate::command::{Desk, PLUGINS, elsewhere, plugin, standard_plugins};
use crate::component::encode;
use crate::totals::{RIGHT, Totals};

#[test]
fn no_function_of_ours_and_none_of_a_strangers_breaks_a_law() {
    let ours = PLUGINS.map(plugin);
    let ours = ours.iter().map(|file| file.as_path());
    // Counted by name in the contract's tests.
    for (component, functions) in ours.zip([103, 60, 4, 2]).chain([(elsewhere(), 4)]) {
        let answer = Desk::new().run(&["laws", component.to_str().unwrap(), "--format", "json"]);
        let lines: Vec<serde_json::Value> = answer.done().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!(lines.len(), functions);
        for line in lines {
            assert_eq!(line["holds"], true, "{line:#}");
            let unchecked = line["laws"].as_array().unwrap().iter().find(|law| law["verdict"] == "not checked");
            assert_eq!(unchecked, None, "{line:#}");
        }
    }
}

/// With settings that get past the users and products within the rows that are looked at, and to the end.
#[test]
fn our_generators_break_no_law_to_their_end() {
    let config = r#"{"users": 9, "products": 5, "events": 100, "user_delete_share": 0.1, "late_share": 0.5}"#;
    let file = plugin("generate");
    let answer = Desk::new().run(&["laws", file.to_str().unwrap(), "--function", "ECOMMERCE", "--config", config]);
    assert!(!answer.done().contains("FAILS") && answer.out.contains("holds           cuts"), "{}", answer.out);
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_other_rows() {
    let desk = Desk::new();
    let plugin = elsewhere().to_str().unwrap();
    let run = |seed: &str| desk.run(&["laws", plugin, "--seed", seed, "--sequences", "40"]).done().to_owned();
    assert_eq!(run("7"), run("7"));
    assert_ne!(run("7"), run("8"));
}

#[test]
fn a_function_alone_gets_the_rows_that_it_gets_among_others() {
    let desk = Desk::new();
    let plugin = elsewhere().to_str().unwrap();
    let all = desk.run(&["laws", plugin, "--format", "json"]).done().to_owned();
    let one = desk.run(&["laws", plugin, "--format", "json", "--function", "weighted_mean"]).done().to_owned();
    assert_eq!(all.lines().filter(|line| line.contains("\"WEIGHTED_MEAN\"")).collect::<Vec<_>>(), [one.trim_end()]);
}

#[test]
fn a_name_that_no_function_has_is_refused_with_the_nearest() {
    let plugin = elsewhere().to_str().unwrap();
    let answer = Desk::new().run(&["laws", plugin, "--function", "WEIGHTED_MEEN"]);
    answer.refused(&["there is no function WEIGHTED_MEEN; did you mean WEIGHTED_MEAN?"]);
}

#[test]
fn of_several_files_one_may_have_the_function_and_the_others_are_left_out() {
    let aggregate = standard_plugins().join("aggregate.wasm");
    let files = [aggregate.to_str().unwrap(), elsewhere().to_str().unwrap()];
    let answer = Desk::new().run(&["laws", files[0], files[1], "--function", "VAT", "--sequences", "10"]);
    assert!(answer.done().starts_with(&format!("{}  sha256 ", files[1])), "{}", answer.out);
    let answer =
        Desk::new().run(&["laws", files[0], files[1], "--sequences", "10", "--function", "VAT", "--function", "COUNT"]);
    assert!(answer.done().contains(&format!("\n\n{}  sha256 ", files[1])), "{}", answer.out);
}

#[test]
fn what_is_no_component_could_not_be_run() {
    let desk = Desk::new();
    desk.file("f.wasm", "no wasm");
    desk.run(&["laws", "f.wasm"]).refused(&["f.wasm: "]);
    desk.run(&["laws", "g.wasm"]).refused(&["g.wasm: wanted a component"]);
}

#[test]
fn a_component_without_sql_functions_is_not_one_whose_laws_hold() {
    let desk = Desk::new();
    let wit = "package t:t; interface f { evil: func(x: s64) -> s64; } world test { export f; }";
    let wat = r#"(module (func (export "t:t/f#evil") (param i64) (result i64) (local.get 0)))"#;
    desk.file("f.wasm", encode(wit, wat));
    desk.run(&["laws", "f.wasm"])
        .refused(&["f.wasm: wanted SQL functions, found none; t:t/f is none: no SQL function"]);
}

#[test]
fn the_command_to_run_again_has_all_that_was_typed() {
    let desk = Desk::new();
    let accumulate =
        "(if (i64.eq (local.get $x) (i64.const -1)) (then (loop (br 0)))) (call $state (i64.const 0) (i64.const 0))";
    desk.file("my f.wasm", Totals { accumulate, retract: None, merge: None, ..RIGHT }.component());
    let typed = ["laws", "my f.wasm", "--limit-time-ms", "20", "--config", "it's", "--sequences", "100"];
    let answer = desk.run(&typed);
    let wanted = "again   streamfn laws 'my f.wasm' --function TOTAL --seed 1 --sequences 100 --config 'it'\\''s' --limit-time-ms 20\n";
    assert!(answer.out.contains(wanted), "{}", answer.out);
}

#[test]
fn a_person_reads_the_law_the_rows_and_how_to_see_them_again() {
    let desk = Desk::new();
    let retract = Some("(call $state (i64.sub (local.get $sum) (local.get $x)) (local.get $rows))");
    desk.file("f.wasm", Totals { retract, merge: None, ..RIGHT }.component());
    let answer = desk.run(&["laws", "f.wasm", "--seed", "3"]);
    assert_eq!(answer.code, Some(1));
    let wanted = "
  FAILS           retract           all rows retracted, in any order, leave the new state
      given   accumulate (0)
              retract (0)
      wanted  { sum: 0, rows: 0 }
      found   { sum: 0, rows: 1 }
      again   streamfn laws f.wasm --function TOTAL --seed 3 --sequences 256
";
    assert!(answer.out.contains(wanted), "{}", answer.out);
    assert!(answer.out.contains("\nTOTAL(x BIGINT) → BIGINT\n  aggregate with retract, without merge, over record"));
}

#[test]
fn the_contract_lists_the_laws_that_are_tried_and_says_the_same_of_each() {
    let contract = include_str!("../../../wit/README.md");
    let (_, table) = contract.split_once("| Law | What it says |\n|---|---|\n").unwrap();
    let rows: BTreeSet<String> = table.lines().take_while(|line| line.starts_with('|')).map(str::to_owned).collect();
    let laws = laws::laws().into_iter().map(|law| format!("| `{}` | {} |", law.name, law.says));
    assert_eq!(rows, laws.collect());
}

#[test]
fn others_get_the_same_sequences_for_the_same_seed() {
    let bytes = std::fs::read(elsewhere() as &Path).unwrap();
    let component = contract::read(&bytes).unwrap();
    let mean = component.functions.iter().find(|f| f.sql_name == "WEIGHTED_MEAN").unwrap();
    let sequences = rows::seeded(&component, mean, 5, 30);
    assert_eq!(sequences.len(), 30);
    assert_eq!(sequences, rows::seeded(&component, mean, 5, 30));
    assert_eq!(sequences[..10], rows::seeded(&component, mean, 5, 10));
    assert_ne!(sequences, rows::seeded(&component, mean, 6, 30));
    let rows: Vec<_> = sequences.iter().flatten().collect();
    assert!(rows.iter().all(|marked| marked.row.len() == 2));
    // Nulls are among them, for the host leaves such rows out, and rows that are equal.
    assert!(rows.iter().any(|marked| marked.row[0].is_null()));
    assert!(rows.iter().enumerate().any(|(i, marked)| rows[..i].iter().any(|other| other.row == marked.row)));
}
