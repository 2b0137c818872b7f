//! Why a file is refused as a whole: what was wanted, what was found, what to do next.
//!
//! An interface that cannot be a SQL function does not refuse the file: it is a [`super::Refusal`].

use crate::report::quoted;

/// A file that no host loads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContractError {
    #[error("not WebAssembly: wanted a component, found {found}; `streamfn build` makes one")]
    NotWasm { found: String },
    #[error(
        "a core WebAssembly module, not a component: it has no WIT interfaces; `streamfn build` makes the component from it"
    )]
    CoreModule,
    #[error(
        "a WIT package in binary form, not a component: there is no code in it; `streamfn build` makes the component"
    )]
    WitPackage,
    #[error("cut off: the component goes on after byte {at}, where the file ends; copy or build it again")]
    CutOff { at: usize },
    #[error("not a valid component: {}; build it again, or copy it again if it was built elsewhere", quoted(.reason))]
    Malformed { reason: String },
    #[error("exports no interface, so it holds no SQL function; it is no plugin, or cut off between two sections")]
    NoExports,
    #[error("imports `{name}`, and a component may import nothing but types; {advice}")]
    Import { name: String, advice: String },
    #[error("made for streamfn:types {found}, and this streamfn has {ours}; {advice}")]
    Version { found: String, ours: String, advice: &'static str },
    #[error("`{first}` and `{second}` are both {signature}; rename one, or load only one of them")]
    Conflict { signature: String, first: String, second: String },
}
