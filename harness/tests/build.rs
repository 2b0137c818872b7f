//! `streamfn build`, tried on a plugin crate that is none of ours.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod scratch;

use std::fs;
use std::path::{Path, PathBuf};

use streamfn::build::{Stale, build, is_fresh};
use streamfn::contract;

fn elsewhere() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/elsewhere")
}

/// A copy in a directory of its own, so that a test may change it.
fn copy_of_elsewhere(name: &str) -> PathBuf {
    let to = scratch::directory(name);
    for directory in ["src", "wit"] {
        fs::create_dir(to.join(directory)).unwrap();
    }
    for file in ["Cargo.toml", "Cargo.lock", "src/lib.rs", "wit/pricing.wit"] {
        fs::copy(elsewhere().join(file), to.join(file)).unwrap();
    }
    to
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn a_component_says_what_its_wit_said() {
    let to = tempfile::tempdir().unwrap();
    let built = build(&elsewhere(), Some(&to.path().join("pricing.wasm"))).unwrap();
    assert_eq!(built[0].package, "acme-pricing");
    let component = contract::read(&fs::read(&built[0].path).unwrap()).unwrap();
    assert_eq!((&component.refused, &component.docs_note), (&Vec::new(), &None));
    let functions: Vec<(&str, &str)> =
        component.functions.iter().map(|f| (f.sql_name.as_str(), f.docs.as_deref().unwrap())).collect();
    let names: Vec<&str> = functions.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["BASKET_LINES", "PRICE_RANGE", "VAT", "WEIGHTED_MEAN"]);
    assert!(functions[2].1.starts_with("The gross amount of a net amount"), "{functions:?}");
    assert_eq!(component.functions[2].function_docs["eval"], "`net` in cents, `country` as two lower-case letters.");
}

#[test]
fn a_component_has_no_machine_path_in_it() {
    let to = tempfile::tempdir().unwrap();
    let built = build(&elsewhere(), Some(&to.path().join("pricing.wasm"))).unwrap();
    let component = fs::read(&built[0].path).unwrap();
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_str().unwrap();
    let home = std::env::home_dir().unwrap();
    for place in [checkout, home.to_str().unwrap(), "/.cargo/", "/rustlib/"] {
        assert!(!contains(&component, place), "{place} is in the component");
    }
    assert!(contains(&component, "library/"), "the panics of the standard library still say where they are");
}

#[test]
fn a_component_older_than_its_sources_is_refused_with_the_command_that_rebuilds_it() {
    let crate_dir = copy_of_elsewhere("stale");
    let wasm = crate_dir.join("target/plugins/acme-pricing.wasm");
    let missing = is_fresh(&crate_dir, &wasm).unwrap_err();
    assert!(matches!(missing, Stale::Missing { .. }), "{missing}");

    let built = build(&crate_dir, None).unwrap();
    assert_eq!(built[0].path, wasm.canonicalize().unwrap());
    is_fresh(&crate_dir, &wasm).unwrap();

    let wit = crate_dir.join("wit/pricing.wit");
    let text = fs::read_to_string(&wit).unwrap();
    fs::write(&wit, text.replace("lower-case", "small")).unwrap();
    let stale = is_fresh(&crate_dir, &wasm).unwrap_err();
    assert!(matches!(stale, Stale::Differs { .. }), "{stale}");
    // Cargo's target directory may be in the checkout, where cargo's alias for the command is the one to type.
    let command = ["run: streamfn build /", "run: cargo streamfn build /"];
    assert!(command.iter().any(|command| stale.to_string().contains(command)), "{stale}");
    fs::write(&wit, text).unwrap();
    is_fresh(&crate_dir, &wasm).unwrap();

    fs::write(&wasm, b"\0asm\x0d\0\x01\0").unwrap();
    let unstamped = is_fresh(&crate_dir, &wasm).unwrap_err();
    assert!(matches!(unstamped, Stale::Unstamped { .. }), "{unstamped}");
}

#[test]
fn a_function_from_outside_is_refused_by_name() {
    let refusal = |declaration: &str, name: &str| {
        let crate_dir = copy_of_elsewhere(name);
        let lib = crate_dir.join("src/lib.rs");
        let text = fs::read_to_string(&lib).unwrap();
        let text =
            text.replace("struct Pricing;", &format!("{declaration} {{ fn {name}() -> i64; }}\nstruct Pricing;"));
        let text = text.replace("let percent =", &format!("let net = net + unsafe {{ {name}() }};\nlet percent ="));
        fs::write(&lib, text).unwrap();
        build(&crate_dir, None).unwrap_err().to_string()
    };
    // Older toolchains make an import of `env` from this, newer ones refuse to link it.
    let undefined = refusal("unsafe extern \"C\"", "read_sensor");
    assert!(undefined.contains("`read_sensor`") && undefined.contains("`extern`"), "{undefined}");
    let wasi = "#[link(wasm_import_module = \"wasi_snapshot_preview1\")] unsafe extern \"C\"";
    let wasi = refusal(wasi, "clock_res_get");
    assert!(wasi.contains("`clock_res_get` of `wasi_snapshot_preview1`") && wasi.contains("from the row"), "{wasi}");
}

#[test]
fn compiled_again_a_crate_gives_the_same_bytes_and_not_those_of_another_checkout() {
    let [one, other] = ["one-checkout", "other-checkout"].map(copy_of_elsewhere);
    let lib = other.join("src/lib.rs");
    fs::write(&lib, fs::read_to_string(&lib).unwrap().replace("unknown country", "no such country")).unwrap();
    // Both are compiled each time, since both are libraries of one name in one target directory.
    let read = |dir: &Path| fs::read(&build(dir, None).unwrap()[0].path).unwrap();
    let [first, between, second] = [read(&one), read(&other), read(&one)];
    assert!(contains(&between, "no such country") && !contains(&second, "no such country"));
    assert!(first == second, "the same sources gave other bytes");
    assert!(first == read(&elsewhere()), "the same sources gave other bytes in another place");
}

/// As [`copy_of_elsewhere`], with the refusal's words in a library of their own.
fn checkout_with_two_crates(name: &str, words: &str) -> PathBuf {
    let to = copy_of_elsewhere(name);
    let replace = |file: &str, from: &str, by: &str| {
        let text = fs::read_to_string(to.join(file)).unwrap();
        assert!(text.contains(from), "{from}");
        fs::write(to.join(file), text.replace(from, by)).unwrap();
    };
    replace("src/lib.rs", "format!(\"unknown country {country:?}\")", "acme_words::refusal(&country)");
    replace("Cargo.toml", "[dependencies]", "[dependencies]\nacme-words = { path = \"words\" }");
    fs::create_dir_all(to.join("words/src")).unwrap();
    fs::write(to.join("words/Cargo.toml"), "[package]\nname = \"acme-words\"\nedition = \"2024\"\n").unwrap();
    let library = format!("pub fn refusal(country: &str) -> String {{ format!(\"{words} {{country}}\") }}\n");
    fs::write(to.join("words/src/lib.rs"), library).unwrap();
    to
}

#[test]
fn a_path_dependency_of_another_checkout_is_not_taken_for_ones_own() {
    let one = checkout_with_two_crates("words-one", "no country called");
    let other = checkout_with_two_crates("words-other", "never heard of");
    // The other's library is now older than what cargo compiled from the one's.
    for (dir, own, foreign) in [
        (&one, "no country called", "never heard of"),
        (&other, "never heard of", "no country called"),
        (&one, "no country called", "never heard of"),
    ] {
        let component = fs::read(&build(dir, None).unwrap()[0].path).unwrap();
        assert!(contains(&component, own) && !contains(&component, foreign), "{}", dir.display());
    }
    let wasm = one.join("target/plugins/acme-pricing.wasm");
    is_fresh(&one, &wasm).unwrap();
    assert!(matches!(is_fresh(&other, &wasm), Err(Stale::Differs { .. })));
}

#[test]
fn a_directory_that_is_no_plugin_is_refused() {
    let empty = tempfile::tempdir().unwrap();
    let refused = build(empty.path(), None).unwrap_err();
    assert!(refused.to_string().contains("has no Cargo.toml"), "{refused}");

    fs::create_dir(empty.path().join("src")).unwrap();
    fs::write(empty.path().join("src/lib.rs"), "").unwrap();
    fs::write(empty.path().join("Cargo.toml"), "[package]\nname = \"plain\"\nedition = \"2024\"\n[workspace]\n")
        .unwrap();
    let refused = build(empty.path(), None).unwrap_err();
    assert!(refused.to_string().contains("[package.metadata.streamfn]"), "{refused}");
}

#[test]
fn the_crate_elsewhere_passes_its_own_tests() {
    scratch::passes_its_own_tests(&elsewhere());
}
