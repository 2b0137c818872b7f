//! What reaches a terminal or a pipe: no error for a reader that has left, no colours in a file, no bytes that move the cursor.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use crate::command::{Desk, elsewhere};

const SQL: &str = "CREATE STREAM s (k STRING KEY, c STRING) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');
CREATE STREAM x AS SELECT k, c FROM s;";

#[test]
fn every_command_has_help_with_examples() {
    let desk = Desk::new();
    for command in ["verify", "replay", "inspect", "build", "new"] {
        let answer = desk.run(&[command, "--help"]);
        let help = answer.done();
        let example = format!("  streamfn {command}");
        assert!(help.contains("Examples:\n") && help.contains(&example), "{command}: {help}");
        assert!(desk.run(&["--help"]).done().contains(&format!("  {command} ")), "{command}");
    }
    desk.run(&["replya"]).refused(&["unrecognized subcommand 'replya'", "a similar subcommand exists: 'replay'"]);
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let desk = Desk::new();
    let line = format!("{{\"key\":\"k\",\"value\":{{\"c\":\"{}\"}},\"timestamp\":1}}\n", "x".repeat(200));
    desk.file("replay.sql", SQL).file("t.jsonl", line.repeat(5_000));
    for format in ["table", "json", "csv"] {
        let mut command = desk.command(&["replay", "--sql", "replay.sql", "--topic", "t=t.jsonl", "--format", format]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        // Reads one line and closes the pipe, as `head -1` does.
        BufReader::with_capacity(64, child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""), "{format}");
        assert!(!first.is_empty(), "{format}");
    }
}

#[test]
fn dead_letters_are_written_whatever_becomes_of_the_output() {
    let desk = Desk::new();
    let sql = "CREATE STREAM s (k STRING KEY, n BIGINT, c STRING) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');
CREATE STREAM x AS SELECT k, VAT(n, c) AS n FROM s;";
    let good = "{\"key\":\"k\",\"value\":{\"n\":1,\"c\":\"de\"},\"timestamp\":1}\n".repeat(5_000);
    let bad = "{\"key\":\"k\",\"value\":{\"n\":1,\"c\":\"xx\"},\"timestamp\":1}\n";
    desk.file("replay.sql", sql).file("t.jsonl", good + bad);
    let mut command = desk.command(&["replay", "--sql", "replay.sql", "--topic", "t=t.jsonl", "--format", "json"]);
    command.arg("--plugin").arg(elsewhere()).args(["--on-error", "dead-letter", "--dead-letters", "letters.jsonl"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(desk.read("letters.jsonl").lines().count(), 1);
}

#[test]
fn there_are_no_colours_where_there_is_no_terminal() {
    let desk = Desk::new();
    let answer = desk.replay("SELECT 1;", "", &[]);
    answer.refused(&["not supported: SELECT statement"]);
    assert!(!answer.err.contains('\x1b'));
    let help = desk.run(&["replay", "--help"]);
    assert!(!help.done().contains('\x1b'));
    let inspected = desk.run(&["inspect", elsewhere().to_str().unwrap()]);
    assert!(!inspected.done().contains('\x1b'));
}

/// Clears the screen, rings, goes back to the line's start, and does the first again with the one-byte introducer.
const NASTY: &str = r"a\u001b[2Jb\u0007c\rd\u009b2Je\u007f";

#[test]
fn control_characters_in_data_reach_no_terminal() {
    let records = format!("{{\"key\":\"{NASTY}\",\"value\":{{\"c\":\"{NASTY}\\n\"}},\"timestamp\":1}}\n");
    for format in ["table", "csv"] {
        let desk = Desk::new();
        desk.file("replay.sql", SQL).file("t.jsonl", &records);
        let answer = desk.run(&["replay", "--sql", "replay.sql", "--topic", "t=t.jsonl", "--format", format]);
        let out = answer.done();
        assert!(!out.chars().any(|c| c.is_control() && c != '\n'), "{out:?}");
        assert!(out.contains(r"a\u{1b}[2Jb\u{7}c\rd\u{9b}2Je\u{7f}"), "{out:?}");
    }
}

#[test]
fn control_characters_in_data_reach_no_error_and_no_note() {
    let plain = |text: &str| assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
    let sql = "CREATE STREAM s (k STRING KEY, n BIGINT, c STRING) WITH (KAFKA_TOPIC = 't', VALUE_FORMAT = 'JSON');
CREATE STREAM x AS SELECT k, VAT(n, c) AS n FROM s;";
    let plugin = elsewhere().to_str().unwrap();
    let refused = format!("{{\"key\":\"{NASTY}\\nerror: all is well\",\"value\":{{\"n\":1,\"c\":\"{NASTY}\"}}}}\n");
    let answer = Desk::new().replay(sql, &refused, &["--plugin", plugin]);
    answer.refused(&[r"key a\u{1b}[2Jb\u{7}c\rd\u{9b}2Je\u{7f}\nerror: all is well: refused"]);
    plain(&answer.err);
    let mistyped = format!("{{\"key\":\"k\",\"value\":{{\"n\":\"{NASTY}\"}}}}\n");
    let answer = Desk::new().replay(sql, &mistyped, &["--plugin", plugin]);
    answer.refused(&["column N: wanted BIGINT, found"]);
    plain(&answer.err);
    let unknown = format!("{{\"key\":\"k\",\"value\":{{}},\"{NASTY}\":1}}\n");
    let answer = Desk::new().replay(sql, &unknown, &["--plugin", plugin]);
    answer.refused(&["wanted the fields key, value"]);
    plain(&answer.err);
    let name = "\u{1b}[2J\u{9b}2Jname";
    let answer = Desk::new().replay(&format!("CREATE STREAM x AS SELECT k FROM `{name}`;"), "", &[]);
    answer.refused(&["unknown stream or table"]);
    plain(&answer.err);
}
