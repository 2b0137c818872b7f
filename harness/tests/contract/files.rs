//! Files that are refused as a whole.

use streamfn::contract::{ContractError, conflicts, read};

use crate::{TYPES, component, component_with, eval};

#[test]
fn what_is_not_webassembly_is_refused_with_what_it_begins_with() {
    for (bytes, says) in [(&b""[..], "an empty file"), (b"PK\x03\x04", "[50, 4b, 03, 04]"), (b"\0asm\x07\0\0\0", "07")]
    {
        let error = read(bytes).expect_err("no component");
        assert!(matches!(error, ContractError::NotWasm { .. }), "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[test]
fn a_core_module_is_refused_by_that_name() {
    let module = wat::parse_str("(module)").expect("a module");
    assert_eq!(read(&module).expect_err("no component"), ContractError::CoreModule);
}

#[test]
fn a_wit_package_in_binary_form_is_refused_by_that_name() {
    let mut resolve = wit_parser::Resolve::default();
    let package = resolve.push_str("types.wit", TYPES).expect("types");
    let bytes = wit_component::encode(&resolve, package).expect("a package");
    assert_eq!(read(&bytes).expect_err("no component"), ContractError::WitPackage);
}

#[test]
fn a_component_cut_anywhere_is_refused_or_lacks_what_was_cut() {
    let bytes = component(&eval("f", "func(x: string) -> string"));
    for at in 0..bytes.len() {
        match read(&bytes[..at]) {
            // Between two sections a cut leaves a valid component: without its exports it is refused, and without its
            // last custom sections it is whole.
            Ok(component) => assert_eq!(component.functions.len(), 1, "cut at {at}"),
            Err(ContractError::CutOff { at: end }) => assert_eq!(end, at),
            Err(ContractError::NotWasm { .. } | ContractError::NoExports | ContractError::Malformed { .. }) => {}
            Err(other) => panic!("cut at {at}: {other}"),
        }
    }
}

#[test]
fn a_flipped_byte_never_panics() {
    let bytes = component(&eval("f", "func(x: decimal) -> option<date>"));
    for at in 0..bytes.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut bytes = bytes.clone();
            bytes[at] ^= flip;
            let _outcome = read(&bytes);
        }
    }
}

#[test]
fn an_import_of_functions_is_refused_by_name_with_how_to_build_without_it() {
    let wit = format!("{}\ninterface host {{ now: func() -> s64; }}", eval("f", "func() -> s32"));
    let error = read(&component_with(TYPES, "import host;", &wit)).expect_err("an import");
    let ContractError::Import { name, .. } = &error else { panic!("{error}") };
    assert_eq!(name, "test:functions/host@1.0.0");

    let clock = r#"(component (import "wasi:clocks/wall-clock@0.2.0" (instance (export "now" (func)))))"#;
    let error = read(&wat::parse_str(clock).expect("a component")).expect_err("an import").to_string();
    for part in ["wasi:clocks/wall-clock@0.2.0", "take the time as a column", "wasm32-unknown-unknown"] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn an_import_of_a_resource_is_more_than_types() {
    let wit = format!("{}\ninterface host {{ resource file; }}", eval("f", "func() -> s32"));
    let world = "import host; export g: interface { use host.{file}; eval: func() -> s32; }";
    let error = read(&component_with(TYPES, world, &wit)).expect_err("an import");
    assert!(matches!(error, ContractError::Import { .. }), "{error}");
}

#[test]
fn types_are_imported_by_name() {
    let component = read(&component(&eval("f", "func(x: date) -> s32"))).expect("a component");
    assert_eq!(component.imports, ["streamfn:types/types@0.1.1"]);
    let component = read(&component_with(TYPES, "", "interface f { eval: func() -> s32; }")).expect("a component");
    assert!(component.imports.is_empty());
}

#[test]
fn another_version_of_types_is_refused_with_what_to_do() {
    for (version, says) in
        [("0.1.2", "update streamfn"), ("0.2.0", "update streamfn"), ("0.0.9", "build the component")]
    {
        let types = TYPES.replace("@0.1.1", &format!("@{version}"));
        let wit = eval("f", "func(x: date) -> s32").replace("@0.1.1", &format!("@{version}"));
        let error = read(&component_with(&types, "", &wit)).expect_err("another version");
        let ContractError::Version { found, .. } = &error else { panic!("{error}") };
        assert_eq!(found, version);
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[test]
fn types_that_are_not_what_they_are_called_are_refused() {
    let types = TYPES.replace("low: u64", "low: s64").replace("type date = s32", "type date = s64");
    for wit in ["func(x: decimal) -> s32", "func(x: date) -> s32"] {
        let component = read(&component_with(&types, "", &eval("f", wit))).expect("a component");
        assert!(component.refused[0].reason.contains("build against"), "{}", component.refused[0].reason);
    }
}

#[test]
fn one_sql_name_and_types_twice_is_refused_in_one_file_and_in_two() {
    let twice = format!("{}\n{}", eval("f", "func(x: s32) -> s32"), eval("f-of-int", "func(x: option<s32>) -> s64"));
    let error = read(&component(&twice)).expect_err("a conflict");
    let ContractError::Conflict { signature, .. } = &error else { panic!("{error}") };
    assert_eq!(signature, "F(INT)");

    let a = read(&component(&eval("f", "func(x: s32) -> s32"))).expect("a component");
    let b = read(&component(&eval("f", "func(x: s64) -> s32"))).expect("a component");
    assert_eq!(conflicts(&[("a.wasm", &a), ("b.wasm", &b)]), Ok(()));
    let error = conflicts(&[("a.wasm", &a), ("c.wasm", &a)]).expect_err("a conflict").to_string();
    assert!(error.contains("a.wasm") && error.contains("c.wasm") && error.contains("F(INT)"), "{error}");
}

#[test]
fn types_nested_without_end_are_refused_not_a_stack_overflow() {
    let mut text = "(component (type $t0 (list u8))".to_owned();
    for depth in 1..50_000 {
        text += &format!("(type $t{depth} (list $t{}))", depth - 1);
    }
    text += r#"(import "t:t/t" (instance (export "x" (type (eq $t49999))))))"#;
    let error = read(&wat::parse_str(&text).expect("a component")).expect_err("too deep").to_string();
    assert!(error.contains("nesting is too deep"), "{error}");
}
