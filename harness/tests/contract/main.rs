//! The contract's rules, one test each, against components made here from WIT text. Their code is `unreachable`: what a
//! function is called follows from its types alone.

mod files;
mod inspected;
mod recognised;
mod refused;

use streamfn::contract::{self, Component, Function};
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::{LiftLowerAbi, ManglingAndAbi, PackageId, Resolve};

/// The package that every component shares, as it is in the repository.
const TYPES: &str = include_str!("../../../wit/types/types.wit");

/// A component whose world exports the interfaces of `wit`, in the order in which they are written.
fn component(wit: &str) -> Vec<u8> {
    component_with(TYPES, "", wit)
}

/// As [`component`], with a `streamfn:types` of the test's own and more lines in the world.
fn component_with(types: &str, world: &str, wit: &str) -> Vec<u8> {
    let names = wit.lines().filter_map(|line| line.trim().strip_prefix("interface ")?.split([' ', '{']).next());
    let exports: String = names.filter(|name| !world.contains(name)).map(|name| format!("export {name};\n")).collect();
    let text = format!("package test:functions@1.0.0;\nworld functions {{\n{world}\n{exports}}}\n{wit}");
    let mut resolve = Resolve::default();
    resolve.push_str("types.wit", types).expect("types");
    let package = resolve.push_str("test.wit", &text).unwrap_or_else(|e| panic!("{e:?}\n{text}"));
    encoded(&resolve, package)
}

/// The world of a package, with code that is never run.
fn encoded(resolve: &Resolve, package: PackageId) -> Vec<u8> {
    let world = resolve.select_world(&[package], None).expect("one world");
    let mangling = ManglingAndAbi::Legacy(LiftLowerAbi::Sync);
    let mut module = wit_component::dummy_module(resolve, world, mangling);
    wit_component::embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8).expect("metadata");
    let mut encoder = ComponentEncoder::default().validate(true).module(&module).expect("module");
    encoder.encode().expect("component")
}

/// An interface of one function `eval`.
fn eval(name: &str, signature: &str) -> String {
    format!("interface {name} {{ use streamfn:types/types@0.1.1.{{{ALL_TYPES}}};\n eval: {signature}; }}")
}

const ALL_TYPES: &str = "timestamp, timestamp-ltz, date, time, decimal, multiset-of-string";

fn read(wit: &str) -> Component {
    contract::read(&component(wit)).expect("a component of the contract")
}

/// The only SQL function of the interfaces.
fn function(wit: &str) -> Function {
    let component = read(wit);
    assert_eq!(component.refused, []);
    let [function] = component.functions.as_slice() else { panic!("wanted one, found {:?}", component.functions) };
    function.clone()
}

/// Why the only interface is no SQL function.
fn reason(wit: &str) -> String {
    let component = read(wit);
    assert_eq!(component.functions, []);
    let [refusal] = component.refused.as_slice() else { panic!("wanted one, found {:?}", component.refused) };
    refusal.reason.clone()
}
