//! A component's bytes: its functions are read and made ready to be called, or it is refused.

use std::panic;
use std::sync::Once;

use streamfn::host::{Limits, Program};
use streamfn::{contract, inspect};

use super::assert_told;

pub fn run(data: &[u8]) {
    LET_PASS.call_once(let_wit_parser_panic);
    let component = match contract::read(data) {
        Ok(component) => component,
        Err(error) => return assert_told(&error.to_string()),
    };
    inspect::table(&component, "made-up.wasm");
    inspect::json(&component);
    if let Err(error) = Program::compile(data, &component, Limits::default()) {
        assert_told(&error.to_string());
    }
}

static LET_PASS: Once = Once::new();

/// What panics there is caught by `contract::read`; libFuzzer would end before.
fn let_wit_parser_panic() {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !info.location().is_some_and(|at| at.file().contains("/wit-parser-")) {
            hook(info);
        }
    }));
}
