//! Disks that are full, and files that a crash left torn: the file is named, and nothing is taken for whole that is not.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use streamfn::dead_letter::reproduce;
use streamfn::sql::{Functions, Pipeline};
use streamfn_model::Dialect;

use crate::command::{Answer, Desk};
use crate::component::encode;
use crate::faults::{EVAL, SQL, SUM, WAT, WIT, replay};
use crate::input::{TABLE_SQL, container, envelopes};

/// Every write to it fails as on a full disk.
const FULL: &str = "/dev/full";

#[test]
fn a_result_that_has_no_room_names_its_file() {
    for format in ["table", "json", "csv"] {
        let more = ["--output", FULL, "--format", format];
        let desk = Desk::new();
        desk.file("fragile.wasm", encode(WIT, WAT)).file("replay.sql", format!("{SQL}{EVAL}"));
        desk.file("t.jsonl", "{\"key\":\"k\",\"value\":{\"n\":1},\"timestamp\":1}\n");
        let typed = ["replay", "--sql", "replay.sql", "--topic", "t=t.jsonl", "--plugin", "fragile.wasm"];
        desk.run(&[&typed[..], &more].concat()).refused(&["/dev/full: could not be written: No space left"]);
    }
}

#[test]
fn generated_records_that_have_no_room_name_their_file() {
    for format in ["jsonl", "avro"] {
        let desk = Desk::new();
        fs::create_dir(desk.path("out")).unwrap();
        symlink(FULL, desk.path(&format!("out/smartshop-basket.{format}"))).unwrap();
        let typed = ["generate", "smartshop", "--events", "2000", "--out", "out", "--format", format];
        let wanted = format!("out/smartshop-basket.{format}: could not be written: ");
        desk.run(&typed).refused(&[&wanted, "No space left"]);
    }
}

/// No file may be longer than a kilobyte, which a letter with that key is.
#[test]
fn a_letter_that_has_no_room_is_not_there_in_part() {
    let desk = Desk::new();
    let key = "k".repeat(2_000);
    desk.file("fragile.wasm", encode(WIT, WAT)).file("replay.sql", format!("{SQL}{EVAL}"));
    desk.file("t.jsonl", format!("{{\"key\":\"{key}\",\"value\":{{\"n\":0}},\"timestamp\":1}}\n"));
    let typed = "replay --sql replay.sql --topic t=t.jsonl --plugin fragile.wasm --on-error dead-letter --dead-letters letters/";
    let mut limited = Command::new("bash");
    let script = format!("trap '' XFSZ; ulimit -f 1; exec {} {typed}", env!("CARGO_BIN_EXE_streamfn"));
    limited.args(["-c", &script]).current_dir(desk.path(""));
    limited.env("STREAMFN_PLUGINS", crate::command::standard_plugins());
    Answer::of(limited).refused(&["letters/t-0-0.json: wanted to write dead letters there: File too large"]);
    assert_eq!(fs::read_dir(desk.path("letters")).unwrap().count(), 0);
}

#[test]
fn letters_that_are_torn_are_told_by_their_number() {
    let desk = Desk::new();
    replay(&desk, SUM, &[5, 0, -2], &["--on-error", "dead-letter", "--dead-letters", "letters.jsonl"]).done();
    let whole = desk.read("letters.jsonl");
    let first = whole.find('\n').unwrap();
    for end in (0..whole.len()).filter(|end| whole.is_char_boundary(*end)) {
        let found = reproduce::letters(&whole[..end]).map(|letters| letters.len()).map_err(|error| error.to_string());
        match end {
            0 => assert!(found.is_err()),
            // A whole line, with its end or without it.
            _ if end == first || end == first + 1 => assert_eq!(found, Ok(1)),
            _ if end == whole.len() - 1 => assert_eq!(found, Ok(2)),
            _ => assert!(found.is_err_and(|error| error.contains(if end < first { "letter 1" } else { "letter 2" }))),
        }
    }
}

/// How many records are read of a file that ends after so many bytes.
fn read(file: &Path, bytes: &[u8]) -> Result<usize, String> {
    fs::write(file, bytes).unwrap();
    let sql = TABLE_SQL.lines().next().unwrap();
    let pipeline = Pipeline::plan(Functions::native(Dialect::Ksqldb), sql).unwrap();
    let files = streamfn::topic::read(Dialect::Ksqldb, &pipeline.topics[0], &[Some(file)], false);
    let files = files.map_err(|error| error.to_string())?;
    assert!(files.arrivals[0].iter().all(|arrival| matches!(arrival, streamfn::topic::Arrival::Record(_))));
    Ok(files.arrivals[0].len())
}

#[test]
fn lines_that_are_torn_are_told_by_their_number() {
    let desk = Desk::new();
    let file = desk.path("t.jsonl");
    let line = r#"{"key":"k","value":{"a":1,"b":0.1},"timestamp":1,"partition":0}"#;
    let whole = format!("{line}\n{line}");
    for end in 0..=whole.len() {
        let found = read(&file, &whole.as_bytes()[..end]);
        match end {
            0 => assert_eq!(found, Ok(0)),
            _ if end == line.len() || end == line.len() + 1 => assert_eq!(found, Ok(1)),
            _ if end == whole.len() => assert_eq!(found, Ok(2)),
            _ => {
                let place = format!("t.jsonl:{}", if end < line.len() { 1 } else { 2 });
                assert!(found.as_ref().is_err_and(|error| error.contains(&place)), "{end}: {found:?}");
            }
        }
    }
}

#[test]
fn a_container_that_is_torn_is_told_wherever_the_tear_is() {
    let desk = Desk::new();
    let file = desk.path("t.avro");
    let whole = envelopes();
    // Where the header ends there is a whole container of nothing.
    let header = container_header(&whole);
    for end in 1..whole.len() {
        let found = read(&file, &whole[..end]);
        match end {
            _ if end == header => assert_eq!(found, Ok(0)),
            _ => assert!(found.as_ref().is_err_and(|error| error.contains("t.avro")), "{end}: {found:?}"),
        }
    }
    assert_eq!(read(&file, &whole), Ok(5));
    assert_eq!(read(&file, &container(r#"{"type":"record","name":"r","fields":[]}"#, vec![])), Ok(0));
}

/// It ends with the mark that each block ends with.
fn container_header(whole: &[u8]) -> usize {
    let mark = &whole[whole.len() - 16..];
    whole.windows(16).position(|window| window == mark).unwrap() + 16
}
