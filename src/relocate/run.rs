//! Reads each file that has a patcher, and writes it if it changed.

use crate::error::{IoFailure, Result};
use crate::provider::BUILD_PREFIX;
use crate::relocate::compilers::{self, Style};
use crate::relocate::prefix::{self, Syntax};
use crate::relocate::{install_name, names, scripts};
use crate::store::Inventory;
use ftpy_core::path::{find_program, is_executable};
use ftpy_core::request::Build;
use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;

/// The final state of a tree.
#[derive(Debug)]
pub struct Target<'a> {
    /// Its interpreter.
    pub build: &'a Build,
    /// Its final path.
    pub prefix: &'a Path,
    /// The value of PATH, to find compilers.
    pub path: &'a OsStr,
}

/// The kind of a file, which selects its patcher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FileKind {
    Text(Syntax, Option<Variables>),
    Script,
    Library,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variables {
    Python,
    Json,
    Make,
}

/// Adapts the tree at `made` to `target.prefix`, and updates `inventory`. Returns notes for the user.
///
/// # Errors
/// Returns an error if a file cannot be read or written.
pub fn finalise(
    made: &Path,
    target: &Target<'_>,
    inventory: &mut Inventory,
) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    let paths: Vec<(String, FileKind)> = inventory
        .files
        .keys()
        .filter_map(|path| Some((path.clone(), kind(path)?)))
        .collect();
    for (path, kind) in paths {
        match kind {
            FileKind::Library => {
                let full = made.join(&path);
                let mut bytes = std::fs::read(&full).map_err(IoFailure::at("read", &full))?;
                notes.extend(install_name::set(&mut bytes, &path, target.prefix));
                replace(&full, &bytes).map_err(IoFailure::at("write", &full))?;
                replace_digest(made, &path, inventory)?;
            }
            FileKind::Script | FileKind::Text(..) => {
                ensure_text(made, &path, kind, target, inventory)?
            }
        }
    }
    ensure_names(made, target.build, inventory)?;
    Ok(notes)
}

/// Returns the kind of a file, from its path.
fn kind(path: &str) -> Option<FileKind> {
    let name = path.rsplit('/').next()?;
    let text = |syntax, variables| Some(FileKind::Text(syntax, variables));
    if path.starts_with("bin/") {
        return if name.ends_with("-config") {
            text(Syntax::Shell, None)
        } else if name.starts_with("python") {
            None // the interpreter
        } else {
            Some(FileKind::Script)
        };
    }
    let mut folders = path.split('/');
    let (Some("lib"), Some(second)) = (folders.next(), folders.next()) else {
        return None;
    };
    if second.starts_with("libpython") && second.ends_with(".dylib") {
        return Some(FileKind::Library);
    }
    if second == "pkgconfig" {
        return text(Syntax::PkgConfig, None);
    }
    if !second.starts_with("python3") {
        return None;
    }
    let third = folders.next()?;
    if third.starts_with("config-") {
        return match name {
            "Makefile" => text(Syntax::Make, Some(Variables::Make)),
            "python-config.py" => Some(FileKind::Script),
            _ => None,
        };
    }
    if third != name {
        return None;
    }
    if name.starts_with("_sysconfigdata") && name.ends_with(".py") {
        text(Syntax::Python, Some(Variables::Python))
    } else if name.starts_with("_sysconfig_vars") && name.ends_with(".json") {
        text(Syntax::Json, Some(Variables::Json))
    } else if name == "build-details.json" {
        text(Syntax::Json, None)
    } else {
        None
    }
}

fn ensure_text(
    made: &Path,
    path: &str,
    kind: FileKind,
    target: &Target<'_>,
    inventory: &mut Inventory,
) -> Result<()> {
    let full = made.join(path);
    let old = std::fs::read(&full).map_err(IoFailure::at("read", &full))?;
    let Some(new) = patched(&old, kind, target) else {
        return Ok(());
    };
    if new == old {
        return Ok(());
    }
    replace(&full, &new).map_err(IoFailure::at("write", &full))?;
    replace_digest(made, path, inventory)?;
    ensure_no_bytecode(made, path, inventory);
    Ok(())
}

/// Replaces a file and keeps its permissions. Other hard links to the old file, which an archive
/// may contain, stay unchanged.
fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let permissions = path.symlink_metadata()?.permissions();
    let mut name = path.as_os_str().to_owned();
    name.push(".ftpy-new");
    let new = Path::new(&name);
    // A file from the archive must not be overwritten.
    let mut file = std::fs::File::create_new(new)?;
    file.write_all(bytes)?;
    file.set_permissions(permissions)?;
    std::fs::rename(new, path)
}

/// Returns the new bytes of a file. Pure, except for the search for compilers.
fn patched(old: &[u8], kind: FileKind, target: &Target<'_>) -> Option<Vec<u8>> {
    let new_prefix = target.prefix.to_string_lossy();
    match kind {
        FileKind::Library => None,
        FileKind::Script => {
            let name = names::executable_name(target.build);
            let interpreter = target.prefix.join("bin").join(name);
            scripts::with_interpreter(old, BUILD_PREFIX, &interpreter.to_string_lossy())
        }
        FileKind::Text(syntax, variables) => {
            let moved = prefix::replace(old, BUILD_PREFIX, &new_prefix, syntax);
            let style = match variables {
                None => return Some(moved.into_owned()),
                Some(Variables::Python) => Style::Python,
                Some(Variables::Json) => Style::Json,
                Some(Variables::Make) => Style::Make,
            };
            let is_there = |program: &str| match program.contains('/') {
                true => is_executable(Path::new(program)),
                false => find_program(target.path, program).is_some(),
            };
            Some(compilers::replace(&moved, style, &is_there).into_owned())
        }
    }
}

fn replace_digest(made: &Path, path: &str, inventory: &mut Inventory) -> Result<()> {
    // `bytes` is only for display; patched lines do not change it noticeably.
    let bytes = inventory.bytes;
    inventory.add(made, path)?;
    inventory.bytes = bytes;
    Ok(())
}

/// Removes byte code of a patched module, because unchecked byte code would override the change.
fn ensure_no_bytecode(made: &Path, path: &str, inventory: &mut Inventory) {
    let Some((folder, name)) = path.rsplit_once('/') else {
        return;
    };
    let Some(module) = name.strip_suffix(".py") else {
        return;
    };
    let cache = format!("{folder}/__pycache__/{module}.");
    let stale: Vec<String> = inventory
        .files
        .keys()
        .filter(|file| file.starts_with(&cache) && file.ends_with(".pyc"))
        .cloned()
        .collect();
    for file in stale {
        let _ = std::fs::remove_file(made.join(&file));
        inventory.remove(&file);
    }
}

/// Adds missing links that people expect in `bin/`.
///
/// # Errors
/// Returns an error if a link cannot be written.
pub fn ensure_names(made: &Path, build: &Build, inventory: &mut Inventory) -> Result<()> {
    for (name, target) in names::expected_links(build) {
        let path = format!("bin/{name}");
        let full = made.join(&path);
        let is_there = full.symlink_metadata().is_ok();
        if is_there || !made.join("bin").join(&target).exists() {
            continue;
        }
        link(&target, &full).map_err(IoFailure::at("create", &full))?;
        inventory.add(made, &path)?;
    }
    Ok(())
}

#[cfg(unix)]
fn link(target: &str, path: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

#[cfg(not(unix))]
fn link(target: &str, path: &Path) -> std::io::Result<()> {
    std::fs::hard_link(path.with_file_name(target), path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_that_names_the_build_prefix_has_its_patcher() {
        let text = |syntax, variables| Some(FileKind::Text(syntax, variables));
        for (path, expected) in [
            ("bin/python3.14t", None),
            ("bin/pip3.14", Some(FileKind::Script)),
            ("bin/python3.14t-config", text(Syntax::Shell, None)),
            (
                "lib/pkgconfig/python-3.14t.pc",
                text(Syntax::PkgConfig, None),
            ),
            ("lib/libpython3.14t.dylib", Some(FileKind::Library)),
            ("lib/libpython3.14t.so.1.0", None),
            (
                "lib/python3.14t/_sysconfigdata_t_linux_x86_64-linux-gnu.py",
                text(Syntax::Python, Some(Variables::Python)),
            ),
            (
                "lib/python3.14t/_sysconfig_vars_t_linux_x86_64-linux-gnu.json",
                text(Syntax::Json, Some(Variables::Json)),
            ),
            (
                "lib/python3.14t/build-details.json",
                text(Syntax::Json, None),
            ),
            (
                "lib/python3.14t/config-3.14t-x86_64-linux-gnu/Makefile",
                text(Syntax::Make, Some(Variables::Make)),
            ),
            (
                "lib/python3.14t/config-3.14t-x86_64-linux-gnu/python-config.py",
                Some(FileKind::Script),
            ),
            ("lib/python3.14t/sysconfig/__init__.py", None),
            ("lib/python3.14t/site-packages/x/build-details.json", None),
            ("share/man/man1/python3.14.1", None),
        ] {
            assert_eq!(kind(path), expected, "{path}");
        }
    }
}
