//! Rules about the code: every file has a description, is short, and belongs to a module.

use std::path::{Path, PathBuf};

/// The maximum number of lines of a file.
const LONGEST: usize = 400;

/// Files that may be longer, and why.
const LONGER: [(&str, &str); 1] = [("shims/src/parse.rs", "one grammar, read top-down")];

pub(crate) fn sources() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut todo: Vec<PathBuf> = ["src", "shims/src", "tests"]
        .iter()
        .map(|name| root.join(name))
        .collect();
    let mut found = Vec::new();
    while let Some(directory) = todo.pop() {
        for entry in std::fs::read_dir(&directory).expect("read").flatten() {
            let path = entry.path();
            if path.is_dir() {
                todo.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn every_file_says_what_it_owns_and_is_short() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for path in sources() {
        let text = std::fs::read_to_string(&path).expect("read");
        let name = path
            .strip_prefix(root)
            .expect("below")
            .to_string_lossy()
            .into_owned();
        assert!(text.starts_with("//! "), "{name} does not open with //!");
        let lines = text.lines().count();
        let may_be_longer = LONGER.iter().any(|(longer, _)| *longer == name);
        assert!(
            lines <= LONGEST || may_be_longer,
            "{name} has {lines} lines"
        );
        assert!(
            lines > LONGEST || !may_be_longer,
            "{name} is short now: take it off the list"
        );
    }
}

#[test]
fn no_file_is_forgotten_by_its_module() {
    for path in sources() {
        let stem = path
            .file_stem()
            .expect("stem")
            .to_string_lossy()
            .into_owned();
        if ["lib", "main", "mod"].contains(&stem.as_str()) {
            continue;
        }
        let parent = path.parent().expect("parent");
        let inside = ["mod.rs", "lib.rs", "main.rs"].map(|name| parent.join(name));
        let owners = inside.into_iter().chain([parent.with_extension("rs")]);
        let declared = |text: &str| {
            text.contains(&format!("mod {stem};")) || text.contains(&format!("\"{stem}.rs\""))
        };
        let texts = owners.filter_map(|owner| std::fs::read_to_string(owner).ok());
        let siblings = std::fs::read_dir(parent).expect("read").flatten();
        let siblings = siblings.filter_map(|entry| std::fs::read_to_string(entry.path()).ok());
        assert!(
            texts.chain(siblings).any(|text| declared(&text)),
            "{} is in no module",
            path.display()
        );
    }
}

#[test]
fn no_host_of_a_package_archive_is_written_into_the_code() {
    for path in sources()
        .iter()
        .filter(|path| !path.ends_with("tests/it/tidy.rs"))
    {
        let text = std::fs::read_to_string(path).expect("read");
        for host in [
            "debian.org",
            "ubuntu.com",
            "fedoraproject.org",
            "archlinux.org",
            "alpinelinux.org",
        ] {
            assert!(!text.contains(host), "{} names {host}", path.display());
        }
    }
}

/// The modules that `lib.rs` declares, from the bottom up.
fn modules_of_the_map(map: &str) -> Vec<&str> {
    map.lines()
        .filter_map(|line| {
            line.strip_prefix("pub(crate) ")
                .or(line.strip_prefix("pub "))
        })
        .filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'))
        .collect()
}

#[test]
fn the_table_of_the_map_lists_every_module_in_order() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let map = std::fs::read_to_string(root.join("lib.rs")).expect("lib.rs");
    let listed: Vec<&str> = map
        .lines()
        .filter_map(|line| line.strip_prefix("//! | ")?.split_once(" | "))
        .map(|(name, _)| {
            name.trim_matches(['[', ']', '`'])
                .trim_start_matches("mod@")
        })
        .filter(|name| !["module", "ftpy_core"].contains(name))
        .collect();
    assert_eq!(listed, modules_of_the_map(&map));
}

#[test]
fn no_module_uses_one_below_it_on_the_map() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let map = std::fs::read_to_string(root.join("lib.rs")).expect("lib.rs");
    let order = modules_of_the_map(&map);
    let place = |name: &str| order.iter().position(|module| *module == name);
    let mut checked = 0;
    for path in sources().into_iter().filter(|path| path.starts_with(&root)) {
        let below = path.strip_prefix(&root).expect("below").with_extension("");
        let module = below
            .iter()
            .next()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let Some(here) = place(&module) else {
            continue; // lib.rs and main.rs see everything
        };
        let text = std::fs::read_to_string(&path).expect("read");
        let text = text.split("#[cfg(test)]").next().expect("a part");
        for rest in text.split("crate::").skip(1) {
            let end = rest
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(rest.len());
            if let Some(there) = place(&rest[..end]) {
                assert!(there <= here, "{} uses {}", path.display(), &rest[..end]);
                checked += 1;
            }
        }
    }
    assert!(checked > 100, "{checked}");
}

#[test]
fn stages_of_the_library_fail_with_types_of_their_own() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut conversions = 0;
    for path in sources().into_iter().filter(|path| path.starts_with(&root)) {
        let file = path.strip_prefix(&root).expect("below");
        let is_free = ["ops", "commands", "error.rs"]
            .iter()
            .any(|floor| file.starts_with(floor));
        // It is one conversion, of the verdict about the GIL.
        if is_free || file == Path::new("gil/render.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("read");
        let text = text.split("#[cfg(test)]").next().expect("a part");
        let mut item = "";
        for line in text.lines() {
            if line.starts_with(|c: char| c.is_ascii_lowercase()) {
                item = line;
            }
            if line.contains("Failure::new(") || line.contains("Self::new(Kind") {
                let is_conversion = item.starts_with("impl")
                    && (item.contains(" for Failure") || item.contains("Error "));
                assert!(is_conversion, "{}: {line}", path.display());
                conversions += 1;
            }
        }
    }
    assert!(conversions > 30, "{conversions}");
}

/// Allowed at the top, in addition to dot-files and names in .gitignore.
const TOP: [&str; 17] = [
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "SECURITY.md",
    "action.yml",
    "deny.toml",
    "docs",
    "examples",
    "justfile",
    "manifests",
    "shims",
    "src",
    "tests",
];

#[test]
fn nothing_else_stands_at_the_top() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let ignored = std::fs::read_to_string(root.join(".gitignore")).expect("read");
    for entry in std::fs::read_dir(root).expect("read").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_ignored = ignored.lines().any(|line| line == format!("/{name}"));
        assert!(
            name.starts_with('.') || is_ignored || TOP.contains(&name.as_str()),
            "{name}: what is it doing here?"
        );
    }
}
