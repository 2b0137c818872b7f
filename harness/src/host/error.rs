//! Why a component was not loaded, and why a call gave no value.

use std::time::Duration;

use crate::report::quoted;

/// A component that this host does not run. The text says what was wanted, what was found and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    #[error(
        "wanted a WebAssembly component, found a file that starts with {found}: give the .wasm that `streamfn build` wrote"
    )]
    NotWasm { found: String },
    #[error("wanted a WebAssembly component, found a core module: make it a component with `streamfn build`")]
    CoreModule,
    #[error(
        "wanted a whole, valid component, found at byte {offset}: {}; the file may be cut off: build or fetch it again",
        quoted(.message)
    )]
    Invalid { offset: usize, message: String },
    #[error(
        "wanted a component that imports nothing but types, found the import `{name}` ({found}): build it for \
         wasm32-unknown-unknown, without WASI, and leave out what reads clocks, files, randomness or the network"
    )]
    Import { name: String, found: String },
    #[error(
        "wanted a core module that imports nothing, found its import `{}` from `{}`: build it for \
         wasm32-unknown-unknown, without WASI and without a shared library",
        quoted(.name),
        quoted(.module)
    )]
    CoreImport { module: String, name: String },
    #[error(
        "wanted one core module, found a nested component that {found}: build one component from one crate, do not compose several"
    )]
    NestedCode { found: String },
    #[error("wanted one core module that holds the functions, found {found}: link the code into one module")]
    SeveralMainModules { found: String },
    #[error("wanted one memory, found {found}: link the code into one module with one memory")]
    SeveralMemories { found: usize },
    #[error(
        "wanted strings in UTF-8, found {encoding} for `{function}` of `{interface}`: build with string encoding utf8"
    )]
    Encoding { interface: String, function: String, encoding: &'static str },
    #[error(
        "wanted plain functions, found `{function}` of `{interface}` to be async: declare it `func`, not `async func`"
    )]
    Async { interface: String, function: String },
    #[error("wanted functions over values, found a resource ({found}): pass a record in place of the resource")]
    Resource { found: String },
    #[error("wanted a 32-bit memory, found a 64-bit one: build for wasm32-unknown-unknown")]
    Memory64,
    #[error("wanted a memory of its own, found a shared one: build without threads")]
    SharedMemory,
    #[error("wanted code that needs nothing of its host, found the built-in `{found}`: build without it")]
    Builtin { found: String },
    #[error(
        "wanted a memory for `{function}` of `{interface}`, found none in its `canon lift`: build it with wit-bindgen and wit-component"
    )]
    MissingMemory { interface: String, function: String },
    #[error(
        "wanted a realloc for the arguments of `{function}` of `{interface}`, found none in its `canon lift`: turn on wit-bindgen's `realloc` feature"
    )]
    MissingRealloc { interface: String, function: String },
    #[error("wanted exported interfaces with functions, found none: export an interface from the WIT world")]
    NoFunctions,
    #[error("wanted the file with SHA-256 {wanted}, found {found}: read the description and the code from one file")]
    Swapped { wanted: String, found: String },
    #[error(
        "wanted `{function}` of `{interface}` as it was described, found none in the file: read the description and the code from the same file"
    )]
    MissingFunction { interface: String, function: String },
    #[error(
        "wanted core type {wanted} for `{function}` of `{interface}`, found {found}: read the description and the code from the same file"
    )]
    Signature { interface: String, function: String, wanted: String, found: String },
    #[error("wanted types of the component model in `{function}` of `{interface}`, found that {found}: change the WIT")]
    Type { interface: String, function: String, found: String },
    #[error(
        "wanted at most {limit} bytes of memory, found {found} at the start: raise the memory limit or build with less static data"
    )]
    Memory { limit: usize, found: u64 },
    #[error("wanted code that this host can compile, found: {found}; build without that feature")]
    Compile { found: String },
    #[error("wanted interface `{interface}`, found {available}{nearest}")]
    UnknownInterface { interface: String, available: String, nearest: String },
    #[error("wanted function `{function}` of `{interface}`, found {available}{nearest}")]
    UnknownFunction { interface: String, function: String, available: String, nearest: String },
}

/// What went wrong inside the guest, in WebAssembly's own terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TrapKind {
    Unreachable,
    DivisionByZero,
    IntegerOverflow,
    BadConversion,
    MemoryOutOfBounds,
    TableOutOfBounds,
    IndirectCallToNull,
    IndirectCallType,
    Other,
}

impl std::fmt::Display for TrapKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            TrapKind::Unreachable => "unreachable code was reached (in Rust: a panic)",
            TrapKind::DivisionByZero => "an integer was divided by zero",
            TrapKind::IntegerOverflow => "a number went beyond its integer type",
            TrapKind::BadConversion => "NaN was converted to an integer",
            TrapKind::MemoryOutOfBounds => "memory was accessed out of bounds",
            TrapKind::TableOutOfBounds => "an indirect call went beyond the table",
            TrapKind::IndirectCallToNull => "an indirect call met an empty table entry",
            TrapKind::IndirectCallType => "an indirect call met a function of another type",
            TrapKind::Other => "the code trapped",
        })
    }
}

/// Why a call gave no value. After any but [`CallError::Refused`] the next call has a new instance.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The function is declared to return `result<T, string>`, and this is its `err`.
    #[error("refused: {0}")]
    Refused(String),
    #[error("trap: {kind}{}", .place.as_ref().map(|place| format!(" in `{place}`")).unwrap_or_default())]
    Trap {
        kind: TrapKind,
        /// The innermost guest function, if the component names its functions.
        place: Option<String>,
    },
    #[error("time limit: still running after {limit:?}")]
    TimeLimit { limit: Duration },
    #[error("memory limit: wanted more than {limit} bytes")]
    MemoryLimit { limit: usize },
    #[error("stack limit: calls went deeper than {limit} bytes of stack")]
    StackLimit { limit: usize },
    #[error("result limit: the result takes more than {limit} bytes")]
    ResultLimit { limit: usize },
    /// The guest said something about its result or its memory that cannot be.
    #[error("contract: {0}")]
    Contract(String),
    /// The caller gave a value that is not of the declared type.
    #[error("argument: {0}")]
    Argument(String),
}
