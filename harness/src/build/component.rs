//! A core module as cargo leaves it becomes a component that every host loads, or a sentence about why none would.

use wasmparser::{Parser, Payload, Validator, WasmFeatures};
use wit_component::ComponentEncoder;

/// Why a module is no component.
#[derive(Debug, thiserror::Error)]
pub enum NotAComponent {
    #[error("it imports {found}; a stream function imports nothing but types: {hint}", found = .imports.join(", "))]
    Imports { imports: Vec<String>, hint: &'static str },
    #[error(
        "it has instructions outside of Lime1, the set that all hosts share: {0}; take out what turns on more target \
         features (SIMD, threads, exceptions)"
    )]
    Baseline(String),
    #[error("it exports no WIT interface; is there a wit_bindgen::generate! with an export!(…) in the crate?")]
    NoWorld,
    #[error("{0}")]
    Encode(String),
}

/// Wraps `module`; the component is validated, and what it imports are types.
pub fn component(module: &[u8]) -> Result<Vec<u8>, NotAComponent> {
    within_baseline(module)?;
    without_imports(module)?;
    let encode = |e: anyhow::Error| NotAComponent::Encode(format!("{e:#}"));
    ComponentEncoder::default().validate(true).module(module).map_err(encode)?.encode().map_err(encode)
}

/// A fixed set of instructions, so that a newer compiler's defaults do not shut out an older host.
fn within_baseline(module: &[u8]) -> Result<(), NotAComponent> {
    let mut validator = Validator::new_with_features(WasmFeatures::LIME1);
    validator.validate_all(module).map(|_| ()).map_err(|e| NotAComponent::Baseline(e.to_string()))
}

/// A function of a types-only world needs no core import at all, so any is one too many.
fn without_imports(module: &[u8]) -> Result<(), NotAComponent> {
    let mut imports = Vec::new();
    let mut exports = false;
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload.map_err(|e| NotAComponent::Encode(e.to_string()))?;
        match payload {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.map_err(|e| NotAComponent::Encode(e.to_string()))?;
                    imports.push((import.module.to_owned(), import.name.to_owned()));
                }
            }
            Payload::CustomSection(section) if section.name().starts_with("component-type") => exports = true,
            _ => {}
        }
    }
    match imports.first() {
        Some((module, _)) => {
            let hint = hint(module);
            let imports = imports.iter().map(|(module, name)| format!("`{name}` of `{module}`")).collect();
            Err(NotAComponent::Imports { imports, hint })
        }
        None if exports => Ok(()),
        None => Err(NotAComponent::NoWorld),
    }
}

pub(super) fn hint(module: &str) -> &'static str {
    match module {
        "env" => {
            "some crate declares that function `extern` and nothing here defines it; leave the crate or its feature out"
        }
        "wasi_snapshot_preview1" => "that is WASI; clock, files and randomness come as arguments, from the row",
        m if m.starts_with("__wbindgen") => {
            "that is wasm-bindgen, for browsers; turn off the feature that asks for it (`wasmbind`, `js`, `wasm_js`)"
        }
        _ => "keep interfaces with functions out of the world's imports, and hand their values in as arguments",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        let module = wat::parse_str(text).expect("the test's own module");
        component(&module).expect_err("it must not become a component").to_string()
    }

    #[test]
    fn a_foreign_import_is_named_with_where_it_comes_from() {
        let found = refusal(r#"(module (import "env" "clock_gettime" (func (param i32 i32) (result i32))))"#);
        assert!(found.contains("`clock_gettime` of `env`"), "{found}");
        let found = refusal(r#"(module (import "wasi_snapshot_preview1" "fd_write" (func)))"#);
        assert!(found.contains("`fd_write` of `wasi_snapshot_preview1`") && found.contains("WASI"), "{found}");
        let found = refusal(r#"(module (import "__wbindgen_placeholder__" "now" (func)))"#);
        assert!(found.contains("wasm-bindgen"), "{found}");
    }

    #[test]
    fn a_module_without_an_interface_is_refused() {
        assert!(refusal("(module)").contains("exports no WIT interface"));
    }

    #[test]
    fn instructions_that_not_every_host_has_are_refused() {
        assert!(refusal("(module (func (drop (v128.const i64x2 0 0))))").contains("outside of Lime1"));
    }
}
