//! Creates and repairs shims and aliases, and reports which of them are wrong.

use crate::error::{IoFailure, Result};
use crate::host::atomic_file::{is_temporary, temporary};
use crate::host::fs::{is_same_file, set_executable, symlink};
use crate::shim_links::expected::{ExpectedLinks, wanted};
use crate::shim_links::proof::{MAKER, is_alias, is_managed, is_same, is_shim};
use crate::store::Store;
use ftpy_core::decide::settings_text;
use ftpy_core::key::Key;
use ftpy_core::name::Name;
use ftpy_core::path::MARKER;
use ftpy_core::program::PROGRAM;
use ftpy_core::settings::{self, Setting};
use ftpy_core::target::Target;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::{DirEntry, File, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};

/// A problem with a shim or alias.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stale {
    /// The shim is missing.
    Missing(String),
    /// The shim is no longer needed.
    Needless(String),
    /// The shim, or the shim program, belongs to another ftpy.
    Other(String),
    /// The alias is dangling or does not point to the newest installation.
    Alias(String),
    /// A file of the user has the name of a shim or alias. It is never replaced or removed.
    Stranger(PathBuf),
}

/// The problems; empty if there are none, or if ftpy was never used here.
#[must_use]
pub fn stale(store: &Store, host: &Target) -> Vec<Stale> {
    let wanted = wanted_here(store, host);
    let shims = store.shims();
    if is_unused(store, host) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let program = shims.join(MARKER);
    if !wanted.shims.is_empty() && !is_current(&program) {
        found.push(Stale::Other(MARKER.to_owned()));
    }
    let program_is = program.symlink_metadata().ok();
    let is_link_to_program = |there: &Metadata| {
        let program = program_is.as_ref();
        program.is_some_and(|program| is_same_file(there, program))
    };
    for name in &wanted.shims {
        let path = shims.join(name);
        match path.symlink_metadata() {
            Err(_) => found.push(Stale::Missing(name.clone())),
            // Almost always, so that one system call answers for a shim.
            Ok(there) if is_link_to_program(&there) => {}
            Ok(_) if !is_shim(&path, &program) => found.push(Stale::Stranger(path)),
            Ok(_) if !is_same(&path, &program) => found.push(Stale::Other(name.clone())),
            Ok(_) => {}
        }
    }
    let needless = names_in(&shims).into_iter();
    for name in needless.filter(|name| !wanted.shims.contains(name)) {
        let path = shims.join(&name);
        found.push(match is_shim(&path, &program) {
            true => Stale::Needless(name),
            false => Stale::Stranger(path),
        });
    }
    let aliases = store.aliases();
    for (alias, key) in &wanted.aliases {
        let path = aliases.join(alias);
        if path.symlink_metadata().is_ok() && !is_alias(&path) {
            found.push(Stale::Stranger(path));
        } else if std::fs::read_link(path).ok() != Some(alias_target(key)) {
            found.push(Stale::Alias(alias.clone()));
        }
    }
    let dangling = links_in(&aliases).into_iter();
    found.extend(
        dangling
            .filter(|alias| !wanted.aliases.contains_key(alias))
            .map(Stale::Alias),
    );
    found
}

/// The names that have or should have a shim here.
#[must_use]
pub fn names(store: &Store, host: &Target) -> Vec<String> {
    if is_unused(store, host) {
        return Vec::new();
    }
    wanted_here(store, host).shims.into_iter().collect()
}

/// Like [`ensure`], but also if nothing was installed yet: after the shims were put on PATH, pins
/// are expected to work.
///
/// # Errors
/// Returns an error if the store is not writable.
pub fn establish(store: &Store, host: &Target) -> Result<()> {
    store.claim()?;
    let shims = store.shims();
    std::fs::create_dir_all(&shims).map_err(IoFailure::at("create", &shims))?;
    ensure(store, host)
}

/// Creates, updates and removes shims and aliases as needed.
///
/// # Errors
/// Returns an error if the store is not writable.
pub fn ensure(store: &Store, host: &Target) -> Result<()> {
    let is_stranger = |one: &Stale| matches!(one, Stale::Stranger(_));
    let is_sound = stale(store, host).iter().all(is_stranger);
    if is_sound && unfinished_in(&store.shims()).is_empty() {
        return Ok(());
    }
    let _commit = store.lock_commit()?;
    let wanted = wanted_here(store, host);
    let (shims, aliases) = (store.shims(), store.aliases());
    // Under the lock no other process creates one, so these files are left from a killed process.
    remove_unfinished(&shims);
    remove_unfinished(&aliases);
    let program = shims.join(MARKER);
    // Removed before the shim program is replaced, because the current shims are links to it.
    let mut own = names_in(&shims);
    own.retain(|name| is_shim(&shims.join(name), &program));
    if !wanted.shims.is_empty() {
        ensure_program(&shims)?;
    }
    for name in &wanted.shims {
        let path = shims.join(name);
        if own.contains(name) || path.symlink_metadata().is_err() {
            ensure_shim(&path, &program)?;
        }
    }
    for name in own.iter().filter(|name| !wanted.shims.contains(*name)) {
        remove_file(&shims.join(name))?;
    }
    ensure_aliases(store, &wanted.aliases)
}

/// Removes an installation, after redirecting its alias to the next older one or removing the
/// alias if there is none, so that no alias ever dangles. Shims stay until [`ensure`] runs.
///
/// # Errors
/// Returns an error if the store is not writable; the installation is then kept.
pub fn remove_installation(store: &Store, host: &Target, key: &Key) -> Result<()> {
    store.remove(key, || {
        let mut left = store.installed(host);
        left.retain(|one| one.key != *key);
        ensure_aliases(store, &wanted(&left, false).aliases)
    })
}

/// Must be called under the commit lock.
fn ensure_aliases(store: &Store, wanted: &BTreeMap<String, String>) -> Result<()> {
    let aliases = store.aliases();
    for (alias, key) in wanted {
        let path = aliases.join(alias);
        if is_alias(&path) || path.symlink_metadata().is_err() {
            ensure_link(&path, &alias_target(key))?;
        }
    }
    for alias in links_in(&aliases) {
        if !wanted.contains_key(&alias) {
            remove_file(&aliases.join(alias))?;
        }
    }
    Ok(())
}

/// Removes all shims and aliases that ftpy created, and their directories if they are then empty.
///
/// # Errors
/// Returns an error if something cannot be removed.
pub fn remove(store: &Store) -> Result<()> {
    let _commit = store.lock_commit()?;
    let (shims, aliases) = (store.shims(), store.aliases());
    let program = shims.join(MARKER);
    for name in names_in(&shims) {
        let path = shims.join(name);
        if is_shim(&path, &program) {
            remove_file(&path)?;
        }
    }
    for alias in links_in(&aliases) {
        remove_file(&aliases.join(alias))?;
    }
    for directory in [&shims, &aliases] {
        // The shim program is removed last: without it, the other shims could not be recognised.
        for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            if is_managed(&entry.path(), &entry.file_name().to_string_lossy()) {
                remove_file(&entry.path())?;
            }
        }
        let _ = std::fs::remove_dir(directory);
    }
    Ok(())
}

/// Whether ftpy was never used here, so no shims are expected.
fn is_unused(store: &Store, host: &Target) -> bool {
    !store.shims().exists() && store.installed(host).is_empty()
}

fn wanted_here(store: &Store, host: &Target) -> ExpectedLinks {
    let config = settings_text(store.root())
        .ok()
        .flatten()
        .unwrap_or_default();
    let python3t = settings::find(&config, Setting::Python3t);
    let python3t = python3t.and_then(|(value, _)| settings::truth(value));
    let has_python3t = python3t.unwrap_or(false);
    let own = wanted(&store.installed(host), has_python3t);
    if store.shared().is_empty() {
        return own;
    }
    // Aliases lead into this store only; the shared ones have their own.
    let all = wanted(&store.usable(host), has_python3t);
    ExpectedLinks {
        shims: all.shims,
        ..own
    }
}

/// Relative, so that the store may be moved or mounted elsewhere.
fn alias_target(key: &str) -> PathBuf {
    Path::new("../installs").join(key)
}

/// The file names in a directory of shims that are shim names, whether needed or not.
fn names_in(shims: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(shims).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| Name::parse(name).is_some()).collect()
}

fn links_in(aliases: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(aliases).into_iter().flatten().flatten();
    let links = entries.filter(|entry| is_alias(&entry.path()));
    links
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect()
}

/// The bytes of a shim: the small program, or ftpy itself if that could not be built.
fn program() -> Result<Cow<'static, [u8]>> {
    if !PROGRAM.is_empty() {
        return Ok(Cow::Borrowed(PROGRAM));
    }
    let own = std::env::current_exe().map_err(IoFailure::at("find", "the running ftpy"))?;
    let bytes = std::fs::read(&own).map_err(IoFailure::at("read", own))?;
    Ok(Cow::Owned(bytes))
}

fn is_current(program_file: &Path) -> bool {
    let Ok(ours) = program() else {
        return false;
    };
    // The length is compared first: reading a megabyte takes longer than everything else here.
    let length = program_file.symlink_metadata().map(|there| there.len());
    length.is_ok_and(|length| usize::try_from(length) == Ok(ours.len()))
        && contains_exactly(program_file, &ours).unwrap_or(false)
}

/// Compares in small pieces: memory for the whole program would take longer than reading it.
fn contains_exactly(file: &Path, bytes: &[u8]) -> std::io::Result<bool> {
    let mut file = File::open(file)?;
    let mut piece = vec![0; 64 * 1024];
    for expected in bytes.chunks(piece.len()) {
        let there = &mut piece[..expected.len()];
        file.read_exact(there)?;
        if there != expected {
            return Ok(false);
        }
    }
    Ok(true)
}

fn ensure_program(shims: &Path) -> Result<()> {
    std::fs::create_dir_all(shims).map_err(IoFailure::at("create", shims))?;
    if let Ok(own) = std::env::current_exe() {
        ensure_link(&shims.join(MAKER), &own)?;
    }
    let path = shims.join(MARKER);
    if is_current(&path) {
        return Ok(());
    }
    replace(&path, |new| {
        std::fs::write(new, program()?).map_err(IoFailure::at("write", &path))?;
        set_executable(new).map_err(IoFailure::at("write", &path))?;
        Ok(())
    })
}

fn ensure_shim(path: &Path, program: &Path) -> Result<()> {
    if is_same(path, program) {
        return Ok(());
    }
    replace(path, |new| {
        let linked = std::fs::hard_link(program, new);
        let made = linked.or_else(|_| std::fs::copy(program, new).map(|_| ()));
        Ok(made.map_err(IoFailure::at("create", path))?)
    })
}

fn ensure_link(path: &Path, target: &Path) -> Result<()> {
    if std::fs::read_link(path).ok().as_deref() == Some(target) {
        return Ok(());
    }
    let directory = path.parent().unwrap_or(path);
    std::fs::create_dir_all(directory).map_err(IoFailure::at("create", directory))?;
    replace(path, |new| {
        Ok(symlink(target, new).map_err(IoFailure::at("create", path))?)
    })
}

/// Creates a file under a temporary name and renames it.
fn replace(path: &Path, make: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let new = temporary(path);
    let made = make(&new)
        .and_then(|()| Ok(std::fs::rename(&new, path).map_err(IoFailure::at("replace", path))?));
    if made.is_err() {
        let _ = std::fs::remove_file(&new);
    }
    made
}

/// Temporary files that a killed process left in a directory of shims or aliases.
fn unfinished_in(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let is_left = |entry: &DirEntry| entry.file_name().to_str().is_some_and(is_temporary);
    let left = entries.filter(is_left);
    left.map(|entry| entry.path()).collect()
}

fn remove_unfinished(directory: &Path) {
    for path in unfinished_in(directory) {
        let _ = std::fs::remove_file(path);
    }
}

fn remove_file(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(IoFailure::at("remove", path)(error).into())
        }
        _ => Ok(()),
    }
}
