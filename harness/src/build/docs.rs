//! The custom section `streamfn:docs`: the doc comments of the crate's WIT, which a component's binary does not keep.
//!
//! For people only: a host that ignores the section runs the same function. One JSON object, the same bytes for the same
//! WIT: `{"version":1,"interfaces":{"acme:pricing/vat@1.2.0":{"docs":"…","functions":{"eval":"…"}}}}`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use wit_component::DecodedWasm;
use wit_parser::{Docs as WitDocs, Interface, Resolve, WorldItem};

/// The section's name.
pub const SECTION: &str = "streamfn:docs";

/// What the section holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Docs {
    /// 1; a reader that finds another number shows no docs.
    pub version: u32,
    /// By full name (`package:name/interface@version`): the interfaces that the component exports and that have docs.
    pub interfaces: BTreeMap<String, InterfaceDocs>,
}

/// What the WIT says about one SQL function.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterfaceDocs {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub docs: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub functions: BTreeMap<String, String>,
}

/// Why a crate's WIT could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {reason}", .path.display())]
pub struct UnreadableWit {
    pub path: PathBuf,
    pub reason: String,
}

/// The docs in the WIT under `directories` (each a package with its `deps`, each before those that refer to it), as far as
/// `component` exports what they describe.
pub fn docs(component: &[u8], directories: &[PathBuf]) -> Result<Docs, UnreadableWit> {
    let resolve = parse(directories)?;
    let written = written(&resolve);
    let exported = exported(component).map_err(|e| UnreadableWit {
        path: directories.first().cloned().unwrap_or_default(),
        reason: format!("the component made from it cannot be read back: {e:#}"),
    })?;
    let interfaces = exported.into_iter().filter_map(|name| {
        let docs = written.get(&name)?.clone();
        (docs != InterfaceDocs::default()).then_some((name, docs))
    });
    Ok(Docs { version: 1, interfaces: interfaces.collect() })
}

fn parse(directories: &[PathBuf]) -> Result<Resolve, UnreadableWit> {
    let mut resolve = Resolve::default();
    for path in directories {
        let unreadable = |reason: String| UnreadableWit { path: path.clone(), reason };
        if !path.exists() {
            return Err(unreadable(
                "there is no such WIT directory; name the crate's own in [package.metadata.streamfn] wit = [\"…\"]"
                    .to_owned(),
            ));
        }
        push(&mut resolve, path).map_err(|e| unreadable(format!("{e:#}")))?;
    }
    Ok(resolve)
}

fn push(resolve: &mut Resolve, path: &Path) -> anyhow::Result<()> {
    resolve.push_path(path).map(|_| ())
}

/// Every interface in the WIT by its full name; one written inside a world by its plain name, as a component exports it.
fn written(resolve: &Resolve) -> BTreeMap<String, InterfaceDocs> {
    let mut found = BTreeMap::new();
    for (id, interface) in resolve.interfaces.iter() {
        if let Some(name) = resolve.id_of(id) {
            found.insert(name, of_interface(interface));
        }
    }
    for (_, world) in resolve.worlds.iter() {
        for (key, item) in &world.exports {
            if let WorldItem::Interface { id, .. } = item {
                let interface = &resolve.interfaces[*id];
                found.entry(resolve.name_world_key(key)).or_insert_with(|| of_interface(interface));
            }
        }
    }
    found
}

fn of_interface(interface: &Interface) -> InterfaceDocs {
    let functions = interface.functions.iter().filter_map(|(name, f)| Some((name.clone(), text(&f.docs)?)));
    InterfaceDocs { docs: text(&interface.docs), functions: functions.collect() }
}

fn text(docs: &WitDocs) -> Option<String> {
    docs.contents.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn exported(component: &[u8]) -> anyhow::Result<Vec<String>> {
    let DecodedWasm::Component(resolve, world) = wit_component::decode(component)? else {
        anyhow::bail!("it is a WIT package");
    };
    let exports = resolve.worlds[world].exports.iter();
    Ok(exports
        .filter(|(_, item)| matches!(item, WorldItem::Interface { .. }))
        .map(|(key, _)| resolve.name_world_key(key))
        .collect())
}
