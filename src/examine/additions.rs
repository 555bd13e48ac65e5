//! What came into an installation after it was made, by what the interpreter does with it. Pure,
//! but for the records that it is given.

use crate::examine::records::Records;
use crate::store::Inventory;
use std::path::Path;

/// What was added, in its kinds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Additions {
    /// What the interpreter may run, and no package lists: a module in the standard library or
    /// over one of a package, `sitecustomize.py`, a `.pth` file.
    pub(super) foreign: Vec<String>,
    /// Other files that no package lists.
    pub(super) unclaimed: Vec<String>,
    /// How many files packages list.
    pub(super) of_packages: usize,
}

/// Sorts added paths into their kinds.
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
            // Without its source it is never imported; with it, the source is told.
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

/// Where in an installation a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place<'a> {
    /// `lib/python3.14t`, without its `site-packages`, and what stands before it on `sys.path`.
    Library,
    /// `site-packages`, and the path below it.
    Site { site: &'a str, below: &'a str },
    /// `bin`, with the name.
    Bin(&'a str),
    /// `share`, `etc` and their like, which nothing is imported from.
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

/// `lib/python3.14t`, and `lib/python314.zip`, which comes before it on `sys.path`.
fn is_library(lib: &str, python: &str) -> bool {
    matches!(lib, "lib" | "lib64") && python.starts_with("python3")
}

/// Whether a package lists a file, and may: none installs into the standard library, or makes
/// the interpreter believe that it is elsewhere. What runs at every start must be as listed.
fn is_listed(prefix: &Path, path: &str, place: &Place<'_>, records: &Records) -> bool {
    if matches!(place, Place::Library) || decides_prefix(path) || !records.list(path) {
        return false;
    }
    !runs_at_start(place) || records.agree(prefix, path)
}

/// Files from which an interpreter takes where it is (`Modules/getpath.py`).
fn decides_prefix(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_beside = matches!(path.rsplit_once('/'), None | Some(("bin", _)));
    is_beside && (matches!(name, "pyvenv.cfg" | "pybuilddir.txt") || name.ends_with("._pth"))
}

/// Whether `site` runs a file at every start: https://docs.python.org/3/library/site.html
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

/// Whether a file is imported in place of a known module: native code or a package beside the
/// `.py` file of the same name.
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

/// Whether the interpreter may run a file that no package lists, without being asked or in place
/// of something else.
fn is_foreign(path: &str, place: &Place<'_>, is_known: &dyn Fn(&str) -> bool) -> bool {
    match place {
        // Marks that administrators and distributions put there (PEP 668).
        Place::Library => !path.ends_with("/EXTERNALLY-MANAGED"),
        Place::Site { .. } => runs_at_start(place) || shadows(path, is_known),
        Place::Bin(name) => {
            decides_prefix(path) || name.starts_with("python") || name.starts_with("pip")
        }
        Place::Data => false,
        Place::Other => true,
    }
}

/// The source of a file of byte code: `lib/os.py` of `lib/__pycache__/os.cpython-314t.pyc`, and
/// of the temporary that Python writes it through.
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
    fn what_the_interpreter_may_run_is_told_from_the_rest() {
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
