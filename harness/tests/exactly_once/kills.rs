//! `kill -9`, at any moment and at the worst ones.

use std::time::{Duration, Instant};

use crate::input::{Random, assert_every_result_once, desk, fill, finish, run, start};
use crate::stack;

const SEED: u64 = 7;
const KILLS: u32 = 100;
const RECORDS: u64 = 2_000;

#[test]
fn a_hundred_kills_lose_nothing_and_write_nothing_twice() {
    let stack = stack::shared();
    let input = desk(stack, "t-kills", "whole");
    let values = fill(stack, "t-kills", RECORDS, SEED);
    let small = ["--transaction-results", "100"];
    let began = Instant::now();
    finish(stack, &input, &small);
    let whole = u64::try_from(began.elapsed().as_millis()).unwrap();
    assert_every_result_once(stack, "whole", &values);

    let mut random = Random(SEED);
    let (mut kills, mut replays) = (0, 0);
    while kills < KILLS {
        let name = format!("killed-{replays}");
        let desk = desk(stack, "t-kills", &name);
        // Up to ten deaths in one replay, then it may end.
        for _ in 0..10 {
            let mut child = start(run(stack, &desk, &small));
            std::thread::sleep(Duration::from_millis(random.below(whole.min(2_000))));
            match child.try_wait().unwrap() {
                None => {
                    child.kill().unwrap();
                    child.wait().unwrap();
                    kills += 1;
                }
                Some(status) => assert!(status.success(), "{status}"),
            }
        }
        finish(stack, &desk, &small);
        assert_every_result_once(stack, &name, &values);
        replays += 1;
    }
}

#[test]
fn the_worst_moments_to_die_are_none() {
    let stack = stack::shared();
    desk(stack, "t-worst", "unused");
    let values = fill(stack, "t-worst", RECORDS, SEED);
    let small = ["--transaction-results", "300"];
    for point in ["after-begin", "before-offsets", "before-commit", "after-commit"] {
        for nth in ["1", "2", "5"] {
            let name = format!("{point}-{nth}");
            let desk = desk(stack, "t-worst", &name);
            let mut command = run(stack, &desk, &small);
            command.env("STREAMFN_KILL_AT", format!("{point}:{nth}"));
            let died = start(command).wait().unwrap();
            assert_eq!(died.code(), None, "{name}: {died}");
            let answer = finish(stack, &desk, &small);
            assert_every_result_once(stack, &name, &values);
            // 1 at the first commit: nothing was there before, so nothing is said of it.
            let is_some_written = nth != "1" || point == "after-commit";
            assert_eq!(answer.err.contains("by an earlier run"), is_some_written, "{name}: {}", answer.err);
        }
    }
}
