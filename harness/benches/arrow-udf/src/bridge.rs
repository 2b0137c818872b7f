//! A function of the component `enrich`, called by the bridge for each row, within all limits.

use std::path::{Path, PathBuf};

use streamfn::build::is_fresh;
use streamfn::contract;
use streamfn::host::{FunctionId, Instance, Limits, Program};
use streamfn::library::PLUGINS_VARIABLE;
use streamfn_model::Value;

use crate::function::{Function, Shape};

/// The component as its sources are now.
pub fn open() -> Program {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let named = std::env::var_os(PLUGINS_VARIABLE).map(PathBuf::from);
    let file = named.unwrap_or_else(|| root.join("target/plugins")).join("enrich.wasm");
    is_fresh(&root.join("plugins/enrich"), &file).unwrap_or_else(|stale| panic!("{stale}"));
    let bytes = std::fs::read(&file).expect("it is there and fresh");
    let component = contract::read(&bytes).expect("`streamfn build` has read it too");
    Program::compile(&bytes, &component, Limits::default()).expect("it is a component")
}

pub struct Bridge {
    instance: Instance,
    function: FunctionId,
}

impl Bridge {
    pub fn of<F: Function>(program: &Program) -> Bridge {
        let member = match F::SHAPE {
            Shape::Scalar => "eval",
            Shape::Table => "rows",
        };
        let interface = format!("streamfn:enrich/{}@0.1.0", F::INTERFACE);
        let function = program.function(&interface, member).expect("the component has it");
        Bridge { instance: program.instance(), function }
    }

    /// The answer comes into the place of the last one.
    pub fn call(&mut self, arguments: &[Value], answer: &mut Value) {
        self.instance.call_into(self.function, arguments, answer).expect("no row is refused");
    }
}
