//! What else may happen to a run: a zombie, a polite end, another SQL under its name, a broker that stumbles.

use std::io::Read;
use std::process::Command;
use std::time::Duration;

use crate::command::Answer;
use crate::input::{assert_every_result_once, desk, fill, finish, run, start};
use crate::stack::Stack;

const SEED: u64 = 11;
/// Few at a time are slow: a test has to come in between.
const SLOW: [&str; 2] = ["--transaction-results", "5"];

fn signal(name: &str, process: u32) {
    assert!(Command::new("kill").args([name, &process.to_string()]).status().unwrap().success());
}

#[test]
fn a_zombie_is_fenced() {
    let stack = Stack::start();
    let desk = desk(&stack, "t", "zombie");
    let values = fill(&stack, "t", 2_000, SEED);
    let mut zombie = start(run(&stack, &desk, &SLOW));
    std::thread::sleep(Duration::from_millis(1500));
    signal("-STOP", zombie.id());
    finish(&stack, &desk, &[]);
    assert_every_result_once(&stack, "zombie", &values);
    signal("-CONT", zombie.id());
    let mut told = String::new();
    zombie.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert_eq!(zombie.wait().unwrap().code(), Some(2), "{told}");
    assert!(told.contains("another run with the transactional id streamfn-"), "{told}");
    assert_every_result_once(&stack, "zombie", &values);
}

#[test]
fn a_run_that_is_asked_to_end_commits_what_it_has_and_the_next_goes_on() {
    let stack = Stack::start();
    let desk = desk(&stack, "t", "asked");
    let values = fill(&stack, "t", 4_000, SEED);
    let mut child = start(run(&stack, &desk, &SLOW));
    std::thread::sleep(Duration::from_millis(1500));
    signal("-TERM", child.id());
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(2), "{told}");
    assert!(told.contains("stopped by a signal;") && told.contains("the same command goes on with the next"), "{told}");
    let answer = finish(&stack, &desk, &[]);
    assert!(answer.err.contains("by an earlier run"), "{}", answer.err);
    assert_every_result_once(&stack, "asked", &values);
    // And a run after the end writes nothing.
    finish(&stack, &desk, &[]);
    assert_every_result_once(&stack, "asked", &values);
}

#[test]
fn an_id_belongs_to_one_replay() {
    let stack = Stack::start();
    let desk = desk(&stack, "t", "one");
    fill(&stack, "t", 100, SEED);
    let id = ["--transactional-id", "mine"];
    finish(&stack, &desk, &id);
    let sql = desk.read("s.sql").replace("n % 2 = 1", "n % 2 = 0");
    desk.file("s.sql", sql);
    let answer = Answer::of(run(&stack, &desk, &id));
    assert_eq!(answer.code, Some(2));
    assert!(answer.err.contains("transactional id mine belongs to another replay"), "{}", answer.err);
}

#[test]
fn brokers_that_stumble_one_after_another_change_nothing() {
    let stack = Stack::start_with(&["--brokers", "3"]);
    let desk = desk(&stack, "t", "stumble");
    let values = fill(&stack, "t", 3_000, SEED);
    let child = start(run(&stack, &desk, &SLOW));
    for broker in [1, 2, 3] {
        std::thread::sleep(Duration::from_millis(700));
        stack.kill_brokers(&[broker]);
        stack.start_brokers(&[broker]);
    }
    stack.pause_brokers(&[1]);
    std::thread::sleep(Duration::from_secs(3));
    stack.resume_brokers(&[1]);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_every_result_once(&stack, "stumble", &values);
}
