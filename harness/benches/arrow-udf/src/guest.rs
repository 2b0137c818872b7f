//! The guest of arrow-udf's runtime: compiled by the compiler that `streamfn build` would take, and for the same processor.

use std::path::Path;

use streamfn::build::BASELINE;
use streamfn::build::toolchain::{self, Found, TARGET};

/// A module that imports nothing.
pub fn build() -> Vec<u8> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("guest");
    let compiled = Path::new(env!("CARGO_TARGET_TMPDIR")).join("arrow-udf");
    let toolchain = toolchain::choose(&Found::look(&sources)).unwrap_or_else(|nothing| panic!("{nothing}"));
    let mut cargo = toolchain.cargo(&sources);
    cargo.args(["build", "--locked", "--profile", "guest", "--target", TARGET]).args(toolchain.cargo_arguments());
    cargo.arg("--target-dir").arg(&compiled);
    cargo.env("CARGO_ENCODED_RUSTFLAGS", toolchain::encoded_flags(BASELINE, &[]));
    assert!(cargo.status().expect("the compiler was found").success(), "the guest does not compile (see above)");
    std::fs::read(compiled.join(TARGET).join("guest/guest.wasm")).expect("it was compiled")
}
