//! Doc comments of the WIT, which a component does not keep: `streamfn build` adds them as a custom section.
//!
//! They are for people: nothing else depends on them, and a section that cannot be read is a note, not an error.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The custom section's name.
pub const SECTION: &str = "streamfn:docs";

/// The version of [`Docs`] that is written and read.
pub const VERSION: u32 = 1;

/// What the section holds, as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Docs {
    pub version: u32,
    /// By the interface's full name, `package:name/interface@version`.
    #[serde(default)]
    pub interfaces: BTreeMap<String, InterfaceDocs>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterfaceDocs {
    pub docs: Option<String>,
    #[serde(default)]
    pub functions: BTreeMap<String, String>,
}

/// The section's content, or the note that it cannot be read.
pub fn read(section: Option<&[u8]>) -> (Docs, Option<String>) {
    let Some(section) = section else { return Default::default() };
    match serde_json::from_slice::<Docs>(section) {
        Ok(docs) if docs.version == VERSION => (docs, None),
        Ok(docs) => {
            let note = format!("the section {SECTION} has version {}, and this streamfn reads {VERSION}", docs.version);
            (Docs::default(), Some(note))
        }
        Err(e) => (Docs::default(), Some(format!("the section {SECTION} cannot be read: {e}"))),
    }
}
