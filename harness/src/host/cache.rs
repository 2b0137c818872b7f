//! Compiled modules on disk: what a component was compiled to the last time, by the same runtime for the same processor.
//!
//! What is kept is machine code, so it is taken only out of a directory that nobody else can write, and only whole: its digest
//! stands behind it. Whatever is wrong with the cache costs a compilation and is never an error.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest, Sha256};
use wasmtime::{Engine, Module};

use crate::contract;

/// Files that are kept: those that were used last.
const MOST: usize = 64;
const DIGEST: usize = 32;

/// A module, out of the cache if it is there, and in it afterwards.
pub(super) fn module(engine: &Engine, bytes: &[u8], cache: Option<&Path>) -> wasmtime::Result<Module> {
    let Some(directory) = cache.and_then(own) else { return Module::new(engine, bytes) };
    let file = directory.join(name(engine, bytes));
    if let Some(compiled) = read(&file) {
        // SAFETY: the bytes are those that `write` was given below, by their digest, in a directory that only this user (or
        // the system's) can write; and wasmtime refuses what another version or another configuration of it has made.
        if let Ok(module) = unsafe { Module::deserialize(engine, &compiled) } {
            return Ok(module);
        }
    }
    let module = Module::new(engine, bytes)?;
    if let Ok(compiled) = module.serialize() {
        // Another process may write the same at this moment: one of the two files stays, whole.
        let _ = write(&file, &compiled);
        forget(&directory);
    }
    Ok(module)
}

/// What it is compiled of, and by what.
fn name(engine: &Engine, bytes: &[u8]) -> String {
    let mut compiler = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut compiler);
    format!("{}-{:016x}.cwasm", contract::digest(bytes), compiler.finish())
}

/// The directory, if nobody else can write what is in it; it is made if it is not there.
fn own(directory: &Path) -> Option<PathBuf> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).ok()?;
    let directory = directory.canonicalize().ok()?;
    let found = directory.metadata().ok()?;
    let process = fs::metadata("/proc/self").ok()?;
    (found.uid() == process.uid() && found.mode() & 0o022 == 0).then_some(directory)
}

fn read(file: &Path) -> Option<Vec<u8>> {
    let mut bytes = fs::read(file).ok()?;
    let compiled = bytes.len().checked_sub(DIGEST)?;
    if Sha256::digest(&bytes[..compiled])[..] != bytes[compiled..] {
        return None;
    }
    bytes.truncate(compiled);
    // Used last; that it could not be noted costs a compilation some day.
    let _ = fs::File::options().append(true).open(file).and_then(|file| file.set_modified(SystemTime::now()));
    Some(bytes)
}

fn write(file: &Path, compiled: &[u8]) -> std::io::Result<()> {
    let unfinished = file.with_extension(format!("{}", std::process::id()));
    let mut out = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    out.write_all(compiled)?;
    out.write_all(&Sha256::digest(compiled))?;
    fs::rename(&unfinished, file)
}

/// Removes what was not used for longest.
fn forget(directory: &Path) {
    let files = fs::read_dir(directory).into_iter().flatten().flatten();
    let used = files.filter_map(|file| Some((file.metadata().ok()?.modified().ok()?, file.path())));
    let mut used: Vec<_> = used.collect();
    used.sort();
    for (_, file) in used.iter().rev().skip(MOST) {
        let _ = fs::remove_file(file);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "(module (func (export \"f\") (result i32) i32.const 1))";

    fn result(engine: &Engine, module: &Module) -> i32 {
        let mut store = wasmtime::Store::new(engine, ());
        let instance = wasmtime::Instance::new(&mut store, module, &[]).expect("it imports nothing");
        instance.get_typed_func::<(), i32>(&mut store, "f").expect("f").call(&mut store, ()).expect("a number")
    }

    #[test]
    fn what_is_kept_is_taken_and_what_is_broken_is_made_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = folder.path().join("below/it");
        let (engine, bytes) = (Engine::default(), wat::parse_str(ONE).expect("a module"));
        let load = || result(&engine, &module(&engine, &bytes, Some(&cache)).expect("a module"));
        assert_eq!(load(), 1);
        let file = cache.join(name(&engine, &bytes));
        let kept = fs::read(&file).expect("it was kept");
        assert_eq!(load(), 1);

        // One of another module under this one's name is taken as it is: so it is out of the cache.
        let two = wat::parse_str(ONE.replace("const 1", "const 2")).expect("a module");
        let other = module(&engine, &two, None).expect("a module").serialize().expect("bytes");
        write(&file, &other).expect("written");
        assert_eq!(load(), 2);

        for broken in [&kept[..kept.len() / 2], &[], &[&kept[..100], &[kept[100] ^ 1], &kept[101..]].concat()] {
            fs::write(&file, broken).expect("written");
            assert_eq!(load(), 1);
            assert_eq!(fs::read(&file).expect("made anew").len(), kept.len());
        }
    }

    #[test]
    fn a_directory_that_others_can_write_is_none() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).expect("its own");
        assert_eq!(own(folder.path()), None);
        let engine = Engine::default();
        let loaded = module(&engine, &wat::parse_str(ONE).expect("a module"), Some(folder.path())).expect("a module");
        assert_eq!(result(&engine, &loaded), 1);
        assert_eq!(fs::read_dir(folder.path()).expect("it is there").count(), 0);
    }

    #[test]
    fn what_was_not_used_for_longest_goes() {
        let folder = tempfile::tempdir().expect("a folder");
        for number in 0..MOST as u64 + 2 {
            let file = fs::File::create(folder.path().join(format!("{number}.cwasm"))).expect("a file");
            let age = std::time::Duration::from_secs(1000 - number);
            file.set_modified(SystemTime::now() - age).expect("a time");
        }
        forget(folder.path());
        let left = |number: u64| folder.path().join(format!("{number}.cwasm")).exists();
        assert!(!left(0) && !left(1) && left(2) && left(MOST as u64 + 1));
    }
}
