//! A component's bytes: its functions are read and made ready to be called, or it is refused.

use streamfn::host::{Limits, Program};
use streamfn::{contract, inspect};

use super::assert_told;

pub fn run(data: &[u8]) {
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
