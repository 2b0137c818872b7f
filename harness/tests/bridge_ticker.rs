//! The thread behind the time limit. Alone in its file, so that no other test's engine is alive.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "support/component.rs"]
mod component;

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use component::{function, load};
use streamfn::host::Limits;

fn tickers() -> usize {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.filter_map(|task| fs::read_to_string(task.unwrap().path().join("comm")).ok());
    names.filter(|name| name.starts_with("streamfn-ticker".get(..15).unwrap())).count()
}

#[test]
fn the_ticker_ends_with_the_last_user_of_its_engine() {
    let wit = "package t:t; interface i { f: func(); } world test { export i; }";
    let (program, mut instance) = load(wit, r#"(module (func (export "t:t/i#f")))"#, Limits::default());
    sleep(Duration::from_millis(50));
    assert_eq!(tickers(), 1);
    let f = function(&program, "f");
    drop(program);
    sleep(Duration::from_millis(100));
    assert_eq!(tickers(), 1, "an instance is left");
    assert!(instance.call(f, &[]).is_ok());
    drop(instance);
    sleep(Duration::from_millis(200));
    assert_eq!(tickers(), 0);
}
