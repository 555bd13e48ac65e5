//! The files of an installation when it was installed: `files.sha256` in the format of
//! sha256sum(1), and symbolic links, which are in the receipt.

use crate::digest::Digest;
use crate::error::IoFailure;
use crate::host::fs::is_same_file;
use crate::store::difference::Difference;
use crate::store::modes::Modes;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

/// Every file and link below a prefix, by relative path, with `/` as separator on every system.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Regular files.
    pub files: BTreeMap<String, Digest>,
    /// Symbolic links and their targets.
    pub links: BTreeMap<String, String>,
    /// The total size of all files.
    pub bytes: u64,
    /// Permissions; empty until the installation is complete.
    pub modes: Modes,
}

impl Inventory {
    /// Records the files below `root`, except ftpy's own.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read or a name is not UTF-8.
    pub fn of_tree(root: &Path) -> Result<Self, IoFailure> {
        Self::of_tree_knowing(root, &BTreeMap::new())
    }

    /// Like [`of_tree`](Self::of_tree), but reuses digests computed while the files were written.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read or a name is not UTF-8.
    pub fn of_tree_knowing(
        root: &Path,
        known: &BTreeMap<String, Digest>,
    ) -> Result<Self, IoFailure> {
        let mut paths = Vec::new();
        find(root, "", Names::Refused, &mut paths)?;
        // Hashing dominates, so it is spread over the cores.
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let share = paths.len().div_ceil(threads).max(1);
        let mut inventory = Self::default();
        std::thread::scope(|scope| {
            let parts = paths.chunks(share).map(|part| {
                scope.spawn(move || {
                    let mut inventory = Self::default();
                    let added = part.iter().try_for_each(|path| match known.get(path) {
                        Some(digest) => inventory.add_known(root, path, *digest),
                        None => inventory.add(root, path),
                    });
                    added.map(|()| inventory)
                })
            });
            let parts: Vec<_> = parts.collect();
            for part in parts {
                let part = part.join().expect("hashing does not panic")?;
                inventory.files.extend(part.files);
                inventory.links.extend(part.links);
                inventory.bytes += part.bytes;
            }
            Ok(inventory)
        })
    }

    /// Records the current state of one file or link.
    ///
    /// # Errors
    /// Returns an error if it cannot be read.
    pub fn add(&mut self, root: &Path, path: &str) -> Result<(), IoFailure> {
        let full = root.join(path);
        let metadata = full
            .symlink_metadata()
            .map_err(IoFailure::at("read", &full))?;
        if metadata.is_symlink() {
            let target = std::fs::read_link(&full).map_err(IoFailure::at("read", &full))?;
            let target = target.to_string_lossy().into_owned();
            self.links.insert(path.to_owned(), target);
        } else {
            let (digest, size) = digest(&full)?;
            self.bytes += size;
            self.files.insert(path.to_owned(), digest);
        }
        Ok(())
    }

    fn add_known(&mut self, root: &Path, path: &str, digest: Digest) -> Result<(), IoFailure> {
        let full = root.join(path);
        let metadata = full
            .symlink_metadata()
            .map_err(IoFailure::at("read", &full))?;
        if metadata.is_symlink() {
            return self.add(root, path);
        }
        self.bytes += metadata.len();
        self.files.insert(path.to_owned(), digest);
        Ok(())
    }

    /// Records the permissions of all files and their parent directories.
    ///
    /// # Errors
    /// Returns an error if one of them is inaccessible.
    pub fn add_modes(&mut self, root: &Path) -> Result<(), IoFailure> {
        self.modes = Modes::of(root, self.files.keys())?;
        Ok(())
    }

    /// Removes a file or link that no longer exists.
    pub fn remove(&mut self, path: &str) {
        self.files.remove(path);
        self.links.remove(path);
    }

    /// The text of `files.sha256`.
    #[must_use]
    pub fn text(&self) -> String {
        let lines = self.files.iter();
        lines
            .map(|(path, digest)| format!("{digest}  {path}\n"))
            .collect()
    }

    /// Parses `files.sha256`; `None` if it is damaged.
    #[must_use]
    pub fn parse(text: &str, links: BTreeMap<String, String>) -> Option<Self> {
        let entry = |line: &str| {
            let (digest, path) = line.split_once("  ")?;
            Some((path.to_owned(), digest.parse().ok()?))
        };
        let files: Option<BTreeMap<String, Digest>> = text.lines().map(entry).collect();
        Some(Self {
            files: files?,
            links,
            bytes: 0,
            modes: Modes::default(),
        })
    }

    /// The recorded files that changed. Added files are returned by [`additions`](Self::additions).
    ///
    /// # Errors
    /// Returns an error if a file exists but cannot be read.
    pub fn differences(&self, root: &Path) -> Result<Vec<Difference>, IoFailure> {
        let mut found = Vec::new();
        for (path, recorded) in &self.files {
            let full = root.join(path);
            match full.symlink_metadata() {
                Err(_) => found.push(Difference::Missing(path.clone())),
                Ok(metadata) if !metadata.is_file() => {
                    found.push(Difference::Changed(path.clone()));
                }
                Ok(_) if digest(&full)?.0 != *recorded => {
                    found.push(Difference::Changed(path.clone()));
                }
                Ok(_) => {}
            }
        }
        for (path, recorded) in &self.links {
            match std::fs::read_link(root.join(path)) {
                Ok(target) if target == Path::new(recorded) => {}
                Ok(_) => found.push(Difference::Changed(path.clone())),
                Err(_) => found.push(Difference::Missing(path.clone())),
            }
        }
        found.extend(self.modes.differences(root));
        Ok(found)
    }

    /// The files and links below `root` that are not recorded, sorted.
    ///
    /// # Errors
    /// Returns an error if a directory cannot be read.
    pub fn additions(&self, root: &Path) -> Result<Vec<String>, IoFailure> {
        let mut paths = Vec::new();
        find(root, "", Names::Lossy, &mut paths)?;
        let is_recorded =
            |path: &str| self.files.contains_key(path) || self.links.contains_key(path);
        let (recorded, mut paths): (Vec<String>, Vec<String>) =
            paths.into_iter().partition(|path| is_recorded(path));
        if !paths.is_empty() {
            self.drop_other_spellings(root, &recorded, &mut paths);
        }
        paths.sort();
        Ok(paths)
    }

    /// Drops paths that are recorded files in another spelling: where the recorded one is not
    /// `listed`, and yet leads to the same file. Some file systems that ignore case list names in
    /// lower case: `python.h`, which is `Python.h`, must not be taken for an added file that could
    /// be deleted.
    fn drop_other_spellings(&self, root: &Path, listed: &[String], paths: &mut Vec<String>) {
        let listed: HashSet<&String> = listed.iter().collect();
        let unlisted = self.files.keys().chain(self.links.keys());
        let unlisted = unlisted.filter(|path| !listed.contains(path));
        let unlisted: HashMap<String, &String> =
            unlisted.map(|path| (path.to_lowercase(), path)).collect();
        let about = |path: &str| root.join(path).symlink_metadata();
        paths.retain(|path| {
            let recorded = unlisted.get(&path.to_lowercase());
            !recorded.is_some_and(|recorded| {
                matches!((about(path), about(recorded)), (Ok(a), Ok(b)) if is_same_file(&a, &b))
            })
        });
    }
}

/// How to treat names that are not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    Refused,
    Lossy,
}

/// The paths of all files and links below `root`, except ftpy's own.
fn find(root: &Path, below: &str, names: Names, paths: &mut Vec<String>) -> Result<(), IoFailure> {
    let directory = root.join(below);
    let entries = std::fs::read_dir(&directory).map_err(IoFailure::at("read", &directory))?;
    for entry in entries {
        let entry = entry.map_err(IoFailure::at("read", &directory))?;
        let name = match entry.file_name().into_string() {
            Ok(name) => name,
            Err(name) if names == Names::Lossy => name.to_string_lossy().into_owned(),
            Err(_) => {
                let error = std::io::Error::other("its name is not UTF-8");
                return Err(IoFailure::at("record", entry.path())(error));
            }
        };
        if below.is_empty() && name == ".ftpy" {
            continue;
        }
        let path = if below.is_empty() {
            name
        } else {
            format!("{below}/{name}")
        };
        let kind = entry
            .file_type()
            .map_err(IoFailure::at("read", entry.path()))?;
        if kind.is_dir() {
            find(root, &path, names, paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}

fn digest(path: &Path) -> Result<(Digest, u64), IoFailure> {
    let file = std::fs::File::open(path).map_err(IoFailure::at("read", path))?;
    Digest::of_reader(file).map_err(IoFailure::at("read", path))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn an_inventory_reads_back_and_sees_every_change() {
        let home = tempfile::tempdir().expect("tempdir");
        let root = home.path();
        let write = |path: &str, text: &str| std::fs::write(root.join(path), text).expect("write");
        std::fs::create_dir_all(root.join("bin")).expect("mkdir");
        std::fs::create_dir_all(root.join(".ftpy")).expect("mkdir");
        write("bin/python", "x");
        write("bin/\u{1d70b}thon", "y");
        write("gone", "z");
        write(".ftpy/receipt.json", "{}");
        std::os::unix::fs::symlink("python", root.join("bin/python3")).expect("symlink");

        let inventory = Inventory::of_tree(root).expect("inventory");
        assert_eq!(inventory.files.len(), 3);
        assert_eq!(inventory.bytes, 3);
        let read = Inventory::parse(&inventory.text(), inventory.links.clone()).expect("text");
        assert_eq!(read.files, inventory.files);
        assert_eq!(read.differences(root).expect("differences"), []);

        write("bin/python", "X");
        std::fs::remove_file(root.join("gone")).expect("remove");
        std::fs::remove_file(root.join("bin/python3")).expect("remove");
        std::os::unix::fs::symlink("elsewhere", root.join("bin/python3")).expect("symlink");
        write("new", "");
        // Where case matters, this is an addition.
        let other = root.join("bin/Python");
        std::fs::hard_link(root.join("bin/python"), other).expect("link");
        let additions = read.additions(root).expect("additions");
        assert_eq!(additions, ["bin/Python", "new"]);
        let changed = |path: &str| Difference::Changed(path.to_owned());
        assert_eq!(
            read.differences(root).expect("differences"),
            [
                changed("bin/python"),
                Difference::Missing("gone".to_owned()),
                changed("bin/python3")
            ]
        );
        assert_eq!(Inventory::parse("half a line", BTreeMap::new()), None);
    }
}
