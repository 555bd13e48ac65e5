//! The directory in which a source tree is compiled, and its progress. It is kept after a failed or
//! interrupted build, so that `--resume` can continue it.
//!
//! ```text
//! builds/<key>/state.json   what is built there, and the last finished phase
//! builds/<key>/source/      the tree
//! ```

use crate::digest::Digest;
use crate::error::{Failure, IoFailure, Result};
use crate::store::write_whole;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Files written this shortly before a build ended may be incomplete.
const LAST_MOMENT: Duration = Duration::from_secs(3);

/// A finished phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// There may be a tree, complete or not.
    Nothing,
    /// The tree is complete and patched.
    Unpacked,
    /// configure
    Configured,
    /// make
    Compiled,
}

/// A tree that is being compiled.
#[derive(Debug)]
pub struct BuildDir {
    directory: PathBuf,
    state: BuildDirState,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct BuildDirState {
    recipe: Digest,
    ended: Ended,
}

impl BuildDir {
    /// Opens `directory` for the build with the digest `recipe`. An existing tree is continued only
    /// with --resume, and only if it has the same recipe.
    ///
    /// # Errors
    /// Returns an error if the directory cannot be written.
    pub fn open(directory: &Path, recipe: Digest, is_resumed: bool) -> Result<Self> {
        let path = directory.join("state.json");
        let old = std::fs::read(&path).ok();
        let old = old.and_then(|bytes| serde_json::from_slice::<BuildDirState>(&bytes).ok());
        let known = old.filter(|old| is_resumed && old.recipe == recipe);
        let mut tree = Self {
            directory: directory.to_owned(),
            state: known.unwrap_or(BuildDirState {
                recipe,
                ended: Ended::Nothing,
            }),
        };
        if tree.state.ended == Ended::Nothing {
            remove(directory)?;
            std::fs::create_dir_all(directory).map_err(IoFailure::at("create", directory))?;
        } else if tree.state.ended < Ended::Compiled {
            drop_half_written(&tree.source());
        }
        tree.reach(tree.state.ended)?;
        Ok(tree)
    }

    /// The source tree.
    #[must_use]
    pub fn source(&self) -> PathBuf {
        self.directory.join("source")
    }

    /// Returns the last finished phase.
    #[must_use]
    pub fn ended(&self) -> Ended {
        self.state.ended
    }

    /// Records a finished phase.
    ///
    /// # Errors
    /// Returns an error if the state cannot be written.
    pub fn reach(&mut self, ended: Ended) -> Result<()> {
        self.state.ended = ended;
        let text = serde_json::to_vec(&self.state).unwrap_or_default();
        write_whole(&self.directory.join("state.json"), &text).map_err(Failure::from)
    }

    /// Removes the directory after a finished build.
    pub fn discard(self) {
        // `ftpy cache clean` removes leftovers.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn remove(directory: &Path) -> Result<(), IoFailure> {
    match std::fs::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(IoFailure::at("remove", directory)(error))
        }
        _ => Ok(()),
    }
}

/// Removes the last written products: a killed compiler may leave incomplete ones, which make would
/// use.
fn drop_half_written(source: &Path) {
    let mut products = Vec::new();
    collect(source, &mut products);
    let last = products.iter().map(|(_, time)| *time).max();
    let Some(first_bad) = last.and_then(|last| last.checked_sub(LAST_MOMENT)) else {
        return;
    };
    for (path, time) in products {
        if time >= first_bad {
            let _ = std::fs::remove_file(path);
        }
    }
}

fn collect(directory: &Path, found: &mut Vec<(PathBuf, SystemTime)>) {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    for entry in entries {
        let path = entry.path();
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        if kind.is_dir() {
            collect(&path, found);
        } else if kind.is_file() && is_product(&path) {
            let time = entry.metadata().and_then(|metadata| metadata.modified());
            found.extend(time.ok().map(|time| (path, time)));
        }
    }
}

/// Returns whether a file is an object, an archive, a library, or a program that the build runs.
fn is_product(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    ["o", "a", "so", "gcda", "profraw"].contains(&ending)
        || [
            "python",
            "_freeze_module",
            "_bootstrap_python",
            "_testembed",
        ]
        .contains(&&*name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_gone_on_with_only_by_its_own_recipe() {
        let home = tempfile::tempdir().expect("tempdir");
        let directory = home.path().join("builds/key");
        let recipe = Digest::of(b"one");
        let mut tree = BuildDir::open(&directory, recipe, false).expect("open");
        std::fs::create_dir_all(tree.source()).expect("mkdir");
        std::fs::write(tree.source().join("configure"), "").expect("write");
        tree.reach(Ended::Configured).expect("reach");

        let again = BuildDir::open(&directory, recipe, true).expect("open");
        assert_eq!(again.ended(), Ended::Configured);
        assert!(again.source().join("configure").exists());
        let other = BuildDir::open(&directory, Digest::of(b"two"), true).expect("open");
        assert_eq!(other.ended(), Ended::Nothing);
        assert!(!other.source().exists());
        other.discard();
        assert!(!directory.exists());
    }

    #[test]
    fn the_last_products_are_made_again_and_older_ones_are_not() {
        let home = tempfile::tempdir().expect("tempdir");
        let file = |name: &str, age: u64| {
            let path = home.path().join(name);
            let file = std::fs::File::create(&path).expect("create");
            let time = SystemTime::now() - Duration::from_secs(age);
            file.set_modified(time).expect("time");
            path
        };
        let (half, whole) = (file("last.o", 10), file("old.o", 60));
        let source = file("last.c", 10);
        drop_half_written(home.path());
        assert!(!half.exists() && whole.exists() && source.exists());
    }
}
