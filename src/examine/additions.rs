//! Classifies files added to an installation, by how the interpreter uses them. Pure, given the
//! records of packages.

use crate::examine::records::Records;
use crate::store::Inventory;
use std::path::Path;

/// The added files, by kind.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Additions {
    /// Files that the interpreter may run and no package lists: a module in the standard library or
    /// shadowing one of a package, `sitecustomize.py`, a `.pth` file.
    pub(super) foreign: Vec<String>,
    /// Other files that no package lists.
    pub(super) unclaimed: Vec<String>,
    /// The number of files that packages list.
    pub(super) of_packages: usize,
}

/// Classifies added paths.
pub(super) fn sort(
    prefix: &Path,
    added: Vec<String>,
    inventory: &Inventory,
    records: &Records,
) -> Additions {
    let mut additions = Additions::default();
    for path in added {
        let place = Place::of(&path);
        if is_listed(prefix, &path, &place, records) {
            additions.of_packages += 1;
            continue;
        }
        if let Some(source) = source_of_bytecode(&path) {
            if inventory.files.contains_key(&source) {
                continue;
            }
            if records.list(&source) {
                additions.of_packages += 1;
                continue;
            }
            // Byte code is not imported without its source; if the source was added, that is
            // reported.
            additions.unclaimed.push(path);
            continue;
        }
        let is_known = |path: &str| inventory.files.contains_key(path) || records.list(path);
        match is_foreign(&path, &place, &is_known) {
            true => additions.foreign.push(path),
            false => additions.unclaimed.push(path),
        }
    }
    additions
}

/// The `site-packages` directories of an installation.
pub(super) fn sites(inventory: &Inventory, added: &[String]) -> Vec<String> {
    let paths = inventory.files.keys().chain(added);
    let mut found: Vec<String> = paths
        .filter_map(|path| match Place::of(path) {
            Place::Site { site, .. } => Some(site.to_owned()),
            _ => None,
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

/// The location of a file within an installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place<'a> {
    /// `lib/python3.14t`, without its `site-packages`, and what precedes it on `sys.path`.
    Library,
    /// `site-packages`, and the path below it.
    Site { site: &'a str, below: &'a str },
    /// `bin`, and the file name.
    Bin(&'a str),
    /// `share`, `etc` and similar directories, from which nothing is imported.
    Data,
    /// Everything else: `lib`, `include`, the prefix itself.
    Other,
}

impl<'a> Place<'a> {
    fn of(path: &'a str) -> Self {
        let names: Vec<&str> = path.split('/').collect();
        match names.as_slice() {
            [lib, python, "site-packages", _, ..] if is_library(lib, python) => {
                let length = lib.len() + python.len() + "site-packages".len() + 2;
                Self::Site {
                    site: &path[..length],
                    below: &path[length + 1..],
                }
            }
            [lib, python, ..] if is_library(lib, python) => Self::Library,
            ["bin", name] => Self::Bin(name),
            [
                "share" | "etc" | "var" | "man" | "doc" | "conda-meta",
                _,
                ..,
            ] => Self::Data,
            _ => Self::Other,
        }
    }
}

/// `lib/python3.14t`, and `lib/python314.zip`, which precedes it on `sys.path`.
fn is_library(lib: &str, python: &str) -> bool {
    matches!(lib, "lib" | "lib64") && python.starts_with("python3")
}

/// Whether a package lists a file and may install it: packages do not install into the standard
/// library or change where the interpreter finds it. Files run at startup must match their digest.
fn is_listed(prefix: &Path, path: &str, place: &Place<'_>, records: &Records) -> bool {
    if matches!(place, Place::Library) || decides_prefix(path) || !records.list(path) {
        return false;
    }
    !runs_at_start(place) || records.agree(prefix, path)
}

/// Files that tell an interpreter its location (`Modules/getpath.py`).
fn decides_prefix(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_beside = matches!(path.rsplit_once('/'), None | Some(("bin", _)));
    is_beside && (matches!(name, "pyvenv.cfg" | "pybuilddir.txt") || name.ends_with("._pth"))
}

/// Whether `site` runs a file at startup: https://docs.python.org/3/library/site.html
fn runs_at_start(place: &Place<'_>) -> bool {
    let Place::Site { below, .. } = place else {
        return false;
    };
    let first = below.split('/').next().unwrap_or(below);
    let module = first.split('.').next().unwrap_or(first);
    matches!(module, "sitecustomize" | "usercustomize")
        || (first.ends_with(".pth") && first == *below)
}

/// Machine code, and byte code that needs no source.
fn is_native(path: &str) -> bool {
    [".so", ".pyd", ".dylib", ".pyc"]
        .iter()
        .any(|ending| path.ends_with(ending))
}

/// Whether a file shadows a known module: native code or a package next to the `.py` file of the
/// same name.
fn shadows(path: &str, is_known: &dyn Fn(&str) -> bool) -> bool {
    let Some((folder, name)) = path.rsplit_once('/') else {
        return false;
    };
    let module = name.split('.').next().unwrap_or(name);
    match module {
        "__init__" if is_known(&format!("{folder}.py")) => true,
        module => is_native(path) && is_known(&format!("{folder}/{module}.py")),
    }
}

/// Whether the interpreter may run a file that no package lists, at startup or in place of another
/// module.
fn is_foreign(path: &str, place: &Place<'_>, is_known: &dyn Fn(&str) -> bool) -> bool {
    match place {
        // Marker files of administrators and distributions (PEP 668).
        Place::Library => !path.ends_with("/EXTERNALLY-MANAGED"),
        Place::Site { .. } => runs_at_start(place) || shadows(path, is_known),
        Place::Bin(name) => {
            decides_prefix(path) || name.starts_with("python") || name.starts_with("pip")
        }
        Place::Data => false,
        Place::Other => true,
    }
}

/// The source of a byte code file: `lib/os.py` for `lib/__pycache__/os.cpython-314t.pyc`, and for
/// the temporary file through which Python writes it.
fn source_of_bytecode(path: &str) -> Option<String> {
    let (folder, name) = path.rsplit_once('/')?;
    let above = folder.strip_suffix("__pycache__")?;
    let (module, rest) = name.split_once('.')?;
    let (_, ending) = rest.rsplit_once("pyc")?;
    let digits = ending.strip_prefix('.').unwrap_or(ending);
    let is_whole = digits.bytes().all(|byte| byte.is_ascii_digit());
    is_whole.then(|| format!("{above}{module}.py"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, expected: &str) {
        let known = [
            "lib/python3.14t/os.py",
            "lib/python3.14t/site-packages/six.py",
        ];
        let digest = crate::digest::Digest::of(b"");
        let inventory = Inventory {
            files: known.map(|path| (path.to_owned(), digest)).into(),
            ..Inventory::default()
        };
        let found = sort(
            Path::new("/"),
            vec![path.to_owned()],
            &inventory,
            &Records::default(),
        );
        let kind = match (found.foreign.len(), found.unclaimed.len()) {
            (1, 0) => "foreign",
            (0, 1) => "unclaimed",
            _ => "normal",
        };
        assert_eq!(kind, expected, "{path}");
    }

    #[test]
    fn files_the_interpreter_may_run_are_distinguished_from_others() {
        let cases = [
            ("lib/python3.14t/__pycache__/os.cpython-314t.pyc", "normal"),
            (
                "lib/python3.14t/__pycache__/os.cpython-314t.opt-2.pyc",
                "normal",
            ),
            (
                "lib/python3.14t/__pycache__/os.cpython-314t.pyc.140213",
                "normal",
            ),
            (
                "lib/python3.14t/__pycache__/evil.cpython-314t.pyc",
                "unclaimed",
            ),
            ("lib/python3.14t/__pycache__/os.so", "foreign"),
            ("lib/python3.14t/evil.py", "foreign"),
            ("lib/python3.14t/os.so", "foreign"),
            ("lib/python3.14t/os.pyc", "foreign"),
            ("lib/python3.14t/sitecustomize.py", "foreign"),
            ("lib/python3.14t/lib-dynload/_x.so", "foreign"),
            ("lib/python3.14t/EXTERNALLY-MANAGED", "unclaimed"),
            ("lib/python314.zip", "foreign"),
            ("lib/libssl.so.3", "foreign"),
            ("pyvenv.cfg", "foreign"),
            ("bin/pyvenv.cfg", "foreign"),
            ("bin/python3.99", "foreign"),
            ("bin/tool", "unclaimed"),
            ("share/jupyter/kernel.json", "unclaimed"),
            ("include/python3.14t/Python2.h", "foreign"),
            ("lib/python3.14t/site-packages/x.pth", "foreign"),
            ("lib/python3.14t/site-packages/x/y.pth", "unclaimed"),
            ("lib/python3.14t/site-packages/sitecustomize.py", "foreign"),
            (
                "lib/python3.14t/site-packages/usercustomize/__init__.py",
                "foreign",
            ),
            (
                "lib/python3.14t/site-packages/six.cpython-314t-x86_64-linux-gnu.so",
                "foreign",
            ),
            ("lib/python3.14t/site-packages/six/__init__.py", "foreign"),
            ("lib/python3.14t/site-packages/x.abi3.so", "unclaimed"),
            ("lib/python3.14t/site-packages/x/__init__.so", "unclaimed"),
            ("lib/python3.14t/site-packages/x.pyc", "unclaimed"),
            ("lib/python3.14t/site-packages/mine.py", "unclaimed"),
        ];
        for (path, expected) in cases {
            check(path, expected);
        }
    }
}
