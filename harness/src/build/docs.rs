//! The custom section `streamfn:docs`: the doc comments of the crate's WIT, which a component's binary does not keep.
//!
//! For people only: a host that ignores the section runs the same function. One JSON object, the same bytes for the same
//! WIT: `{"version":1,"interfaces":{"acme:pricing/vat@1.2.0":{"docs":"…","functions":{"eval":"…"}}}}`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use wit_parser::{Docs as WitDocs, Interface, Resolve, WorldItem};

use crate::contract::docs::{Docs, InterfaceDocs, VERSION};

/// Why a crate's WIT could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {reason}", .path.display())]
pub struct UnreadableWit {
    pub path: PathBuf,
    pub reason: String,
}

/// The docs in the WIT under `directories` (each a package with its `deps`, each before those that refer to it), as far as
/// they describe what is `exported`.
pub fn docs<'a>(exported: impl Iterator<Item = &'a String>, directories: &[PathBuf]) -> Result<Docs, UnreadableWit> {
    let mut written = written(&parse(directories)?);
    let interfaces = exported.filter_map(|name| written.remove_entry(name));
    let documented = interfaces.filter(|(_, docs)| *docs != InterfaceDocs::default());
    Ok(Docs { version: VERSION, interfaces: documented.collect() })
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
