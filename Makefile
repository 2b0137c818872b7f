# Six commands for this checkout:
#   make        builds the command, every component and what packs them, then runs `streamfn verify`
#   make live   puts the demos' events into a broker and a registry that it starts, and their results beside them
#   make test   the same builds, then formatting, lints and all tests
#   make count  compares the instructions that hot paths take with their budget
#   make fuzz   gives every decoder made-up bytes, for FUZZ_SECONDS (60) each
#   make bench-arrow-udf  measures the functions of plugins/enrich beside the same in arrow-udf's WebAssembly
# One profile, release, in both: what depends on wasmtime and DataFusion is compiled once. For the same reason the plugin
# is linted by itself: together, its macros would change the features of what wasmtime's macros are made of.

MAVEN = mvn --batch-mode --quiet --no-transfer-progress -Dstyle.color=never --file plugins/jvm
# Where cargo puts the command, for tests that run it.
COMMAND = $(shell cargo metadata --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/release/streamfn

.PHONY: all build live test count fuzz bench-arrow-udf tools-to-build tools-to-test

all: build
	cargo streamfn verify

build: tools-to-build
	cargo build --release
	cargo streamfn build
	cargo streamfn build harness/tests/elsewhere
	$(MAVEN) package -DskipTests

live: build
	cargo test --release --test exactly_once -- demos:: --nocapture --test-threads 1

test: build tools-to-test
	cargo fmt --all --check
	cargo fmt --manifest-path harness/tests/elsewhere/Cargo.toml --check
	cargo fmt --manifest-path harness/benches/arrow-udf/Cargo.toml --package streamfn-arrow-udf-bench --package streamfn-arrow-udf-guest --check
	cargo clippy --release --all-targets -- --deny warnings
	cargo clippy --release --package streamfn-fuzz --all-targets -- --deny warnings
	cargo clippy --release --package streamfn-aggregate -- --deny warnings
	cargo clippy --release --package streamfn-collect -- --deny warnings
	cargo clippy --release --package streamfn-enrich -- --deny warnings
	cargo clippy --release --package streamfn-generate -- --deny warnings
	cargo test --release
	harness/stack/test.sh
	$(MAVEN) verify -Dstreamfn.command=$(COMMAND)

count: build
	@valgrind --version > /dev/null 2>&1 || { echo 'no valgrind: on Debian: apt-get install valgrind'; exit 1; }
	cargo bench --bench instructions

# How many seconds each decoder gets made-up bytes.
FUZZ_SECONDS = 60

fuzz:
	harness/fuzz/run $(FUZZ_SECONDS)

# A workspace of its own, with a lock file of its own: `make test` does without it.
bench-arrow-udf:
	cargo streamfn build plugins/enrich
	cargo bench --manifest-path harness/benches/arrow-udf/Cargo.toml

# A compiler for WebAssembly is `streamfn build`'s own affair: it finds one or says what to install.
tools-to-build:
	@cargo --version > /dev/null 2>&1 || { \
	  echo 'no cargo: install Rust with rustup, or on Debian: apt-get install rustc-web cargo-web rust-web-src lld-22'; exit 1; }
	@mvn --version > /dev/null 2>&1 || { \
	  echo 'no Maven, or no Java 17 that it finds: on Debian: apt-get install maven openjdk-17-jdk-headless'; exit 1; }

tools-to-test:
	@cargo fmt --version > /dev/null 2>&1 || { \
	  echo 'no rustfmt: rustup component add rustfmt, or on Debian: apt-get install rustfmt-web'; exit 1; }
	@cargo clippy --version > /dev/null 2>&1 || { \
	  echo 'no clippy: rustup component add clippy, or on Debian: apt-get install rust-web-clippy'; exit 1; }
	@curl --version > /dev/null 2>&1 || { echo 'no curl: on Debian: apt-get install curl'; exit 1; }
