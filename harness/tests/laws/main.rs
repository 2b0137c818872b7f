//! `streamfn laws` finds what breaks a law, by that law's name and on the fewest rows, and nothing in what is right.
//!
//! The broken functions are a few lines of WAT, each a right one but for one line.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod aggregates;
#[path = "../support/command.rs"]
mod command;
#[path = "../support/component.rs"]
mod component;
mod generators;
mod keyed;
mod right;
mod row_by_row;
mod totals;

use command::{Answer, Desk};
use serde_json::Value;

/// What `streamfn laws` says of the only function of a component.
struct Said {
    code: Option<i32>,
    function: Value,
}

fn laws(component: &[u8]) -> Said {
    laws_with(component, &[])
}

fn laws_with(component: &[u8], more: &[&str]) -> Said {
    let desk = Desk::new();
    desk.file("f.wasm", component);
    let Answer { code, out, err } = desk.run(&[&["laws", "f.wasm", "--format", "json"], more].concat());
    assert_eq!(err, "");
    let [line] = out.lines().collect::<Vec<_>>()[..] else { panic!("wanted one function, found\n{out}") };
    Said { code, function: serde_json::from_str(line).unwrap() }
}

impl Said {
    fn law(&self, name: &str) -> &Value {
        let laws = self.function["laws"].as_array().unwrap();
        laws.iter().find(|law| law["law"] == name).unwrap_or_else(|| panic!("no law {name}: {laws:?}"))
    }

    fn verdict(&self, name: &str) -> &str {
        self.law(name)["verdict"].as_str().unwrap()
    }

    fn says(&self, name: &str) -> &str {
        self.law(name)["says"].as_str().unwrap_or_else(|| panic!("{}", self.law(name)))
    }

    /// The laws that fail.
    fn failing(&self) -> Vec<&str> {
        let laws = self.function["laws"].as_array().unwrap().iter();
        laws.filter(|law| law["verdict"] == "FAILS").map(|law| law["law"].as_str().unwrap()).collect()
    }

    /// These laws fail and no others, and the first of them on this.
    #[track_caller]
    fn breaks(&self, laws: &[&str], given: &[&str], wanted: &str, found: &str) {
        assert_eq!(self.failing(), laws, "{:#}", self.function);
        assert_eq!(self.code, Some(1));
        let example = &self.law(laws[0])["counter_example"];
        assert_eq!(*example, serde_json::json!({ "given": given, "wanted": wanted, "found": found }));
    }

    #[track_caller]
    fn holds(&self) {
        assert_eq!(self.failing(), [""; 0], "{:#}", self.function);
        assert_eq!(self.code, Some(0));
    }
}
