# Two commands for this checkout:
#   make        builds the command and every component, then runs `streamfn verify`
#   make test   the same builds, then formatting, lints and all tests
# One profile, release, in both: what depends on wasmtime and DataFusion is compiled once. For the same reason the plugin
# is linted by itself: together, its macros would change the features of what wasmtime's macros are made of.

.PHONY: all build test tools-to-build tools-to-test

all: build
	cargo streamfn verify

build: tools-to-build
	cargo build --release
	cargo streamfn build
	cargo streamfn build harness/tests/elsewhere

test: build tools-to-test
	cargo fmt --all --check
	cargo fmt --manifest-path harness/tests/elsewhere/Cargo.toml --check
	cargo clippy --release --all-targets -- --deny warnings
	cargo clippy --release --package streamfn-aggregate -- --deny warnings
	cargo test --release

# A compiler for WebAssembly is `streamfn build`'s own affair: it finds one or says what to install.
tools-to-build:
	@cargo --version > /dev/null 2>&1 || { \
	  echo 'no cargo: install Rust with rustup, or on Debian: apt-get install rustc-web cargo-web rust-web-src lld-22'; exit 1; }

tools-to-test:
	@cargo fmt --version > /dev/null 2>&1 || { \
	  echo 'no rustfmt: rustup component add rustfmt, or on Debian: apt-get install rustfmt-web'; exit 1; }
	@cargo clippy --version > /dev/null 2>&1 || { \
	  echo 'no clippy: rustup component add clippy, or on Debian: apt-get install rust-web-clippy'; exit 1; }
