//! The files that packages claim to have installed: the `RECORD` of each `dist-info` (PEP 376,
//! PEP 627). Anyone who can write to the installation can write a `RECORD`, too: it distinguishes
//! packages from stray files, but does not prove their origin.

use crate::digest::Digest;
use std::collections::HashMap;
use std::path::Path;

/// The maximum size of a `RECORD`.
const LARGEST: u64 = 64 << 20;

/// The files of packages, by path below the prefix, with the digest if there is one.
#[derive(Debug, Default)]
pub(super) struct Records(HashMap<String, Option<Digest>>);

impl Records {
    /// Reads the records below `site`, the `site-packages` of `prefix`, relative to it.
    pub(super) fn add(&mut self, prefix: &Path, site: &str) {
        let entries = std::fs::read_dir(prefix.join(site)).into_iter().flatten();
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = entry.path().join("RECORD");
            let is_readable = path
                .symlink_metadata()
                .is_ok_and(|found| found.is_file() && found.len() <= LARGEST);
            if !name.ends_with(".dist-info") || !is_readable {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let lines: Vec<(String, Option<Digest>)> = text
                .lines()
                .filter_map(|line| entry_of(line, site))
                .collect();
            // A RECORD that does not list itself was not written by an installer.
            let own = format!("{site}/{name}/RECORD");
            if lines.iter().any(|(path, _)| *path == own) {
                self.0.extend(lines);
            }
        }
    }

    /// Whether a package lists this file.
    pub(super) fn list(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    /// Whether a package lists this file with its current digest, or without one.
    pub(super) fn agree(&self, prefix: &Path, path: &str) -> bool {
        match self.0.get(path) {
            None => false,
            Some(None) => true,
            Some(Some(listed)) => {
                let full = prefix.join(path);
                let is_file = full.symlink_metadata().is_ok_and(|found| found.is_file());
                let file = is_file.then(|| std::fs::File::open(&full).ok()).flatten();
                let found = file.and_then(|file| Digest::of_reader(file).ok());
                found.is_some_and(|(found, _)| found == *listed)
            }
        }
    }
}

/// Parses a line of a `RECORD`: the path below the prefix, and the digest.
fn entry_of(line: &str, site: &str) -> Option<(String, Option<Digest>)> {
    let (rest, _size) = line.trim_end().rsplit_once(',')?;
    let (path, digest) = rest.rsplit_once(',')?;
    let path = match path
        .strip_prefix('"')
        .and_then(|path| path.strip_suffix('"'))
    {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => path.to_owned(),
    };
    let digest = digest.strip_prefix("sha256=").and_then(Digest::from_record);
    Some((below_prefix(&path, site)?, digest))
}

/// Converts a path relative to `site` to one relative to the prefix; `None` if it is outside.
fn below_prefix(path: &str, site: &str) -> Option<String> {
    if path.starts_with('/') {
        return None;
    }
    let mut names: Vec<&str> = site.split('/').collect();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => drop(names.pop()?),
            name => names.push(name),
        }
    }
    (!names.is_empty()).then(|| names.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = "lib/python3.14t/site-packages";

    #[test]
    fn lines_of_a_record_are_relative_to_the_prefix() {
        // printf 'x = 1\n' | sha256sum, in both formats.
        let digest = "pq0j0bvgBz7Cd7Z0GbJTrXWEIhuDg8mFaRGlc9GBkcY";
        let check = |line: &str, expected: Option<&str>| {
            let found = entry_of(line, SITE).map(|(path, _)| path);
            assert_eq!(found.as_deref(), expected, "{line}");
        };
        let of_site = |path: &str| format!("{SITE}/{path}");
        check(&format!("x.py,sha256={digest},6"), Some(&of_site("x.py")));
        check(
            "x/__pycache__/a.pyc,,",
            Some(&of_site("x/__pycache__/a.pyc")),
        );
        check("\"a,b.py\",,", Some(&of_site("a,b.py")));
        check("../../../bin/tool,,", Some("bin/tool"));
        check("../../../../bin/tool,,", None);
        check("/etc/passwd,,", None);
        check("../../..,,", None);
        check("x.py", None);
        let digest = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
        assert_eq!(Digest::from_record(digest), Some(Digest::of(b"")));
        assert_eq!(Digest::from_record("47DEQpj8HBSa"), None);
        assert_eq!(Digest::from_record("?"), None);
    }

    #[test]
    fn a_record_that_does_not_list_itself_is_ignored() {
        let home = tempfile::tempdir().expect("tempdir");
        let info = home.path().join(SITE).join("x-1.dist-info");
        std::fs::create_dir_all(&info).expect("mkdir");
        let read = |text: &str| {
            std::fs::write(info.join("RECORD"), text).expect("write");
            let mut records = Records::default();
            records.add(home.path(), SITE);
            records
        };
        let path = format!("{SITE}/x.pth");
        assert!(!read("x.pth,,\n").list(&path));
        let records = read("x.pth,,\nx-1.dist-info/RECORD,,\n");
        assert!(records.list(&path) && records.agree(home.path(), &path));
        let records = read(
            "x.pth,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\nx-1.dist-info/RECORD,,\n",
        );
        std::fs::write(home.path().join(&path), "").expect("write");
        assert!(records.agree(home.path(), &path));
        std::fs::write(home.path().join(&path), "import evil").expect("write");
        assert!(records.list(&path) && !records.agree(home.path(), &path));
    }
}
