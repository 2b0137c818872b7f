//! What is not loaded, and how it is said: one of each kind.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "support/component.rs"]
mod component;

use component::{encode, encode_with, function, program};
use streamfn::contract::{WitFunction, WitType};
use streamfn::host::{Limits, LoadError, Program};
use streamfn_model::Value;
use wit_component::StringEncoding;

const WIT: &str = "package t:t; interface i { len: func(s: string) -> u32; } world test { export i; }";
const WAT: &str = r#"(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 8)
  (func (export "t:t/i#len") (param i32 i32) (result i32) local.get 1))"#;

fn refusal(bytes: &[u8]) -> LoadError {
    program(bytes, Limits::default()).map(|_| ()).unwrap_err()
}

fn refusal_of(wat: &str) -> LoadError {
    refusal(&wat::parse_str(wat).unwrap_or_else(|error| panic!("{error}")))
}

#[test]
fn what_is_no_wasm_is_named_by_its_first_bytes() {
    assert_eq!(refusal(b"PK\x03\x04"), LoadError::NotWasm { found: "50 4b 03 04".to_owned() });
    assert_eq!(refusal(b""), LoadError::NotWasm { found: "nothing".to_owned() });
}

#[test]
fn a_core_module_is_no_component() {
    assert_eq!(refusal_of(WAT), LoadError::CoreModule);
}

#[test]
fn a_component_cut_off_anywhere_is_refused() {
    let bytes = encode(WIT, WAT);
    assert!(program(&bytes, Limits::default()).is_ok());
    // Custom sections at the end are for people: a file without them is whole.
    let sections = wasmparser::Parser::new(0).parse_all(&bytes).filter_map(|section| section.unwrap().as_section());
    let whole = sections.filter(|(id, _)| *id != 0).map(|(_, range)| range.end).max().unwrap();
    for end in 0..whole {
        match refusal(&bytes[..end]) {
            LoadError::NotWasm { .. } if end < 4 => {}
            LoadError::Invalid { offset, .. } => assert!(offset <= end, "cut at {end}, said {offset}"),
            // A cut between two sections leaves a component with less in it.
            LoadError::NoFunctions => {}
            other => panic!("cut at {end}: {other}"),
        }
    }
}

#[test]
fn any_byte_changed_is_no_panic() {
    let bytes = encode(WIT, WAT);
    let described = component::describe(&bytes);
    for at in 0..bytes.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[at] ^= flip;
            let _ = Program::compile(&changed, &described, Limits::default());
        }
    }
}

#[test]
fn an_import_of_a_function_is_named_with_the_way_to_leave_it_out() {
    let refused = refusal_of(
        r#"(component (import "wasi:clocks/monotonic-clock@0.2.0" (instance (export "now" (func (result u64))))))"#,
    );
    let found = "function `now`".to_owned();
    assert_eq!(refused, LoadError::Import { name: "wasi:clocks/monotonic-clock@0.2.0".to_owned(), found });
    assert!(refused.to_string().contains("wasm32-unknown-unknown"), "{refused}");
    let refused = refusal_of(r#"(component (import "f" (func)))"#);
    assert_eq!(refused, LoadError::Import { name: "f".to_owned(), found: "func".to_owned() });
    let refused = refusal_of(r#"(component (import "m" (core module)))"#);
    assert_eq!(refused, LoadError::Import { name: "m".to_owned(), found: "module".to_owned() });
    let refused = refusal_of(r#"(component (import "c" (component)))"#);
    assert_eq!(refused, LoadError::Import { name: "c".to_owned(), found: "component".to_owned() });
}

#[test]
fn an_import_that_only_holds_types_is_fine() {
    let wit = "package t:t;
        interface types { record point { x: s32, y: s32 } type alias = point; }
        interface i { use types.{alias}; x: func(p: alias) -> s32; }
        world test { export i; }";
    let wat = r#"(module (func (export "t:t/i#x") (param i32 i32) (result i32) local.get 0))"#;
    let bytes = encode(wit, wat);
    let program = program(&bytes, Limits::default()).unwrap();
    let x = function(&program, "x");
    let point = Value::Record(vec![Value::S32(3), Value::S32(4)]);
    assert_eq!(program.instance().call(x, &[point]), Ok(Value::S32(3)));
}

/// A component by hand around a main module; `parts` come after `$main` is there.
fn by_hand(module: &str, parts: &str) -> String {
    format!(
        r#"(component
          (core module $m {module})
          (core instance $main (instantiate $m))
          {parts}
        )"#
    )
}

const EXPORT: &str = r#"(func $f (result u32) (canon lift (core func $main "f")))
    (instance $i (export "f" (func $f))) (export "t:t/i" (instance $i))"#;
const F: &str = r#"(func (export "f") (result i32) i32.const 42)"#;

#[test]
fn a_plain_component_by_hand_is_fine_and_its_core_names_do_not_matter() {
    let bytes = wat::parse_str(by_hand(F, EXPORT)).unwrap();
    let program = program(&bytes, Limits::default()).unwrap();
    assert_eq!(program.instance().call(function(&program, "f"), &[]), Ok(Value::U32(42)));
}

#[test]
fn a_start_shim_runs_after_the_main_module_is_there() {
    let module = r#"(global $ready (mut i32) (i32.const 0))
        (func (export "_initialize") (global.set $ready (i32.const 42)))
        (func (export "t:t/i#ready") (result i32) global.get $ready)"#;
    let wit = "package t:t; interface i { ready: func() -> u32; } world test { export i; }";
    let bytes = encode(wit, &format!("(module {module})"));
    let encoded = program(&bytes, Limits::default()).unwrap();
    assert_eq!(encoded.instance().call(function(&encoded, "ready"), &[]), Ok(Value::U32(42)));

    let parts = r#"
        (core module $start (import "" "go" (func $go)) (start $go))
        (core instance $args (export "go" (func $main "_initialize")))
        (core instance (instantiate $start (with "" (instance $args))))
        (func $f (result u32) (canon lift (core func $main "t:t/i#ready")))
        (instance $i (export "f" (func $f))) (export "t:t/i" (instance $i))"#;
    let bytes = wat::parse_str(by_hand(module, parts)).unwrap();
    let by_hand = program(&bytes, Limits::default()).unwrap();
    assert_eq!(by_hand.instance().call(function(&by_hand, "f"), &[]), Ok(Value::U32(42)));
}

#[test]
fn a_second_module_with_functions_is_refused() {
    let parts = r#"(core instance $other (instantiate $m))
        (func $g (result u32) (canon lift (core func $other "f")))
        (func $f (result u32) (canon lift (core func $main "f")))
        (instance $i (export "f" (func $f)) (export "g" (func $g))) (export "t:t/i" (instance $i))"#;
    assert!(matches!(refusal_of(&by_hand(F, parts)), LoadError::SeveralMainModules { .. }));
    let idle = format!(r#"(core instance (instantiate $m)) {EXPORT}"#);
    assert!(matches!(refusal_of(&by_hand(F, &idle)), LoadError::SeveralMainModules { .. }));
}

#[test]
fn a_main_module_that_imports_is_refused() {
    let wat = r#"(component
        (core module $a (func (export "f") (result i32) i32.const 1))
        (core module $m (import "env" "f" (func $f (result i32))) (export "f" (func $f)))
        (core instance $other (instantiate $a))
        (core instance $main (instantiate $m (with "env" (instance $other))))
        (func $f (result u32) (canon lift (core func $main "f")))
        (instance $i (export "f" (func $f))) (export "t:t/i" (instance $i)))"#;
    let wanted = LoadError::CoreImport { module: "env".to_owned(), name: "f".to_owned() };
    assert_eq!(refusal_of(wat), wanted);
}

#[test]
fn several_memories_are_refused() {
    let module = format!("(memory 1) (memory 1) {F}");
    assert_eq!(refusal_of(&by_hand(&module, EXPORT)), LoadError::SeveralMemories { found: 2 });
}

#[test]
fn a_64_bit_or_shared_memory_is_refused() {
    let module = format!("(memory i64 1) {F}");
    assert_eq!(refusal_of(&by_hand(&module, EXPORT)), LoadError::Memory64);
    let module = format!("(memory 1 1 shared) {F}");
    assert_eq!(refusal_of(&by_hand(&module, EXPORT)), LoadError::SharedMemory);
}

#[test]
fn other_string_encodings_are_refused() {
    let module = wat::parse_str(WAT).unwrap();
    for (encoding, name) in [(StringEncoding::UTF16, "utf16"), (StringEncoding::CompactUTF16, "latin1+utf16")] {
        match refusal(&encode_with(WIT, &module, encoding)) {
            LoadError::Encoding { interface, function, encoding } => {
                assert_eq!((&*interface, &*function, encoding), ("t:t/i", "len", name));
            }
            other => panic!("{other}"),
        }
    }
}

#[test]
fn async_functions_are_refused() {
    let parts = r#"(func $f async (result u32) (canon lift (core func $main "f") async (callback (func $main "cb"))))
        (core func $return (canon task.return (result u32)))
        (instance $i (export "f" (func $f))) (export "t:t/i" (instance $i))"#;
    let module = r#"(func (export "f") (result i32) i32.const 42) (func (export "cb") (param i32 i32 i32) (result i32) i32.const 0)"#;
    let without_return = parts.replace("(core func $return (canon task.return (result u32)))", "");
    let refused = refusal_of(&by_hand(module, &without_return));
    assert_eq!(refused, LoadError::Async { interface: "t:t/i".to_owned(), function: "f".to_owned() });
    let refused = refusal_of(&by_hand(module, parts));
    assert_eq!(refused, LoadError::Builtin { found: "TaskReturn".to_owned() });
}

#[test]
fn resources_are_refused() {
    let parts = format!(r#"(type $r (resource (rep i32))) (core func (canon resource.new $r)) {EXPORT}"#);
    assert!(matches!(refusal_of(&by_hand(F, &parts)), LoadError::Resource { .. }));
    let import = r#"(component (import "r" (type (sub resource))))"#;
    assert!(matches!(refusal_of(import), LoadError::Resource { .. }));
    let import = r#"(component (import "t:t/r" (instance (export "r" (type (sub resource))))))"#;
    assert!(matches!(refusal_of(import), LoadError::Resource { .. }));
}

#[test]
fn nested_components_that_run_code_are_refused() {
    let nested = format!(
        r#"(component $n {}) (instance (instantiate $n)) {EXPORT}"#,
        by_hand(F, "").trim_start_matches("(component").trim_end_matches(')')
    );
    let refused = refusal_of(&by_hand(F, &nested));
    assert_eq!(refused, LoadError::NestedCode { found: "holds a core module".to_owned() });
}

#[test]
fn a_component_without_functions_is_refused() {
    assert_eq!(refusal_of("(component)"), LoadError::NoFunctions);
}

#[test]
fn more_static_memory_than_the_limit_is_refused() {
    let refused = refusal_of(&by_hand(&format!("(memory 2000) {F}"), EXPORT));
    assert_eq!(refused, LoadError::Memory { limit: 64 << 20, found: 2000 << 16 });
}

#[test]
fn code_that_is_not_as_described_is_refused() {
    let bytes = wat::parse_str(by_hand(F, EXPORT)).unwrap();
    let described = component::describe(&bytes);
    let with = |name: &str, param: Option<WitType>, result: WitType| {
        let mut described = described.clone();
        let params = param.into_iter().map(|ty| ("p".to_owned(), ty)).collect();
        let functions = described.interfaces.get_mut("t:t/i").unwrap();
        functions.insert(name.to_owned(), WitFunction { params, result: Some(result) });
        Program::compile(&bytes, &described, Limits::default()).map(|_| ()).unwrap_err()
    };
    let (interface, function) = ("t:t/i".to_owned(), "f".to_owned());
    assert_eq!(
        with("g", None, WitType::U32),
        LoadError::MissingFunction { interface: interface.clone(), function: "g".to_owned() }
    );
    match with("f", None, WitType::F64) {
        LoadError::Signature { wanted, found, .. } => assert_eq!((&*wanted, &*found), ("() -> (f64)", "() -> (i32)")),
        other => panic!("{other}"),
    }
    let refused = with("f", None, WitType::String);
    assert_eq!(refused, LoadError::MissingMemory { interface: interface.clone(), function: function.clone() });
    let flags = WitType::Flags((0..33).map(|index| format!("f{index}")).collect());
    assert!(matches!(with("f", None, flags), LoadError::Type { .. }));

    let module = format!(r#"(memory (export "m") 1) {F}"#);
    let parts = EXPORT.replace(r#"(core func $main "f")"#, r#"(core func $main "f") (memory $main "m")"#);
    let bytes = wat::parse_str(by_hand(&module, &parts)).unwrap();
    let mut described = component::describe(&bytes);
    let text = WitFunction { params: vec![("p".to_owned(), WitType::String)], result: Some(WitType::U32) };
    described.interfaces.get_mut("t:t/i").unwrap().insert("f".to_owned(), text);
    let refused = Program::compile(&bytes, &described, Limits::default()).map(|_| ()).unwrap_err();
    assert_eq!(refused, LoadError::MissingRealloc { interface, function });
}

#[test]
fn an_unknown_name_is_answered_with_the_nearest_and_all_there_are() {
    let program = program(&encode(WIT, WAT), Limits::default()).unwrap();
    let refused = program.function("t:t/j", "len").unwrap_err().to_string();
    assert_eq!(refused, "wanted interface `t:t/j`, found `t:t/i`; did you mean `t:t/i`?");
    let refused = program.function("t:t/i", "lens").unwrap_err().to_string();
    assert_eq!(refused, "wanted function `lens` of `t:t/i`, found `len`; did you mean `len`?");
}
