//! `streamfn bench`: what is told of which host, and what is refused before minutes of measuring.

use std::collections::BTreeSet;

use crate::command::{Desk, plugin};

fn bench(desk: &Desk, more: &[&str]) -> crate::command::Answer {
    let file = plugin("aggregate");
    desk.run(&[&["bench", file.to_str().unwrap()][..], more].concat())
}

#[test]
fn every_host_is_measured_at_every_number_of_rows_beside_an_empty_function() {
    let answer = bench(
        &Desk::new(),
        &["--function", "basket_totals", "--rows", "64", "--rows", "8", "--samples", "2", "--format", "json"],
    );
    let lines: Vec<serde_json::Value> = answer.done().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |function: &str| -> BTreeSet<(String, u64)> {
        let lines = lines.iter().filter(|line| line["function"] == function);
        lines.map(|line| (line["host"].as_str().unwrap().to_owned(), line["rows_per_call"].as_u64().unwrap())).collect()
    };
    let on = |hosts: &[&str]| -> BTreeSet<(String, u64)> {
        hosts.iter().flat_map(|host| [8, 64].map(|rows| ((*host).to_owned(), rows))).collect()
    };
    assert_eq!(of("EMPTY(BIGINT)"), on(&["bridge", "batch", "component"]));
    assert_eq!(of("BASKET_TOTALS(BIGINT, INT, DOUBLE)"), on(&["native", "bridge", "batch", "component"]));
    assert_eq!(lines.len(), 14);
    for line in &lines {
        let (ns, spread) = (line["ns_per_row"].as_f64().unwrap(), line["spread"].as_f64().unwrap());
        // A nanosecond is a few instructions, and no host takes a millisecond for a row.
        assert!(ns > 0.1 && ns < 1e6 && spread >= 0.0, "{line}");
    }
}

#[test]
fn a_table_has_a_line_for_each_host_and_a_picture_is_drawn() {
    let desk = Desk::new();
    for file in ["cost.svg", "cost.png"] {
        let answer = bench(&desk, &["--function", "basket_totals", "--samples", "1", "--plot", file]);
        let lines: Vec<&str> = answer.done().lines().collect();
        assert_eq!(lines.len(), 8, "{lines:?}");
        assert!(
            lines[4].starts_with("BASKET_TOTALS(BIGINT, INT, DOUBLE) ") && lines[4].contains(" native "),
            "{lines:?}"
        );
    }
    assert!(desk.read("cost.svg").starts_with("<svg"));
    assert!(std::fs::read(desk.path("cost.png")).unwrap().starts_with(b"\x89PNG"));
}

#[test]
fn what_cannot_be_measured_is_refused_first() {
    let desk = Desk::new();
    bench(&desk, &["--function", "MEDIAN"]).refused(&["there is no function MEDIAN"]);
    bench(&desk, &["--function", "SUN"]).refused(&["there is no function SUN; did you mean SUM?"]);
    bench(&desk, &["--plot", "cost.pdf"]).refused(&["cost.pdf: wanted a file that ends in .svg or .png"]);
    let answer = bench(&desk, &["--rows", "0"]);
    assert_eq!(answer.code, Some(2), "{answer:?}");
    desk.file("no.wasm", "text");
    desk.run(&["bench", "no.wasm"]).refused(&["no.wasm: "]);
    let generators = plugin("generate");
    desk.run(&["bench", generators.to_str().unwrap()]).refused(&["wanted functions of rows, found none"]);
}
