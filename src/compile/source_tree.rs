//! Source trees on disk: reads their version, copies and patches them.

use crate::compile::checkout;
use crate::compile::error::CompileError;
use crate::digest::Digest;
use crate::error::{IoFailure, Result};
use crate::host::plain_file;
use crate::store::Patch;
use ftpy_core::path::find_program;
use ftpy_core::version::Version;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Returns the version of a tree: PY_VERSION of `Include/patchlevel.h`, without the `+` of a
/// version between two releases.
///
/// # Errors
/// Returns an error if the directory does not contain CPython.
pub fn version(tree: &Path) -> Result<Version> {
    let path = tree.join("Include/patchlevel.h");
    let text = plain_file::read_text(&path).unwrap_or_default();
    let mut lines = text.lines();
    let value = lines.find_map(|line| line.strip_prefix("#define PY_VERSION ")?.trim().into());
    let value = value.map(|value: &str| value.trim_matches('"').trim_end_matches('+'));
    let has_configure = tree.join("configure").is_file();
    value
        .filter(|_| has_configure)
        .and_then(|value| value.parse().ok())
        .ok_or_else(|| {
            let tree = tree.to_owned();
            CompileError::NotASourceTree { tree }.into()
        })
}

/// Returns the files of a tree that a build needs, relative and sorted: in a checkout those that
/// git tracks or would add, otherwise all except products of a build.
///
/// `path` is PATH, and `temporary` the directory of temporary files.
///
/// # Errors
/// Returns an error if the tree cannot be read.
pub fn files(tree: &Path, path: &OsStr, temporary: &Path) -> Result<Vec<PathBuf>> {
    let mut found = checkout::tracked(tree, path, temporary);
    let files = found.get_or_insert_with(Vec::new);
    if files.is_empty() {
        walk(tree, Path::new(""), files)?;
    }
    files.sort();
    Ok(std::mem::take(files))
}

fn walk(tree: &Path, below: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let directory = tree.join(below);
    let entries = std::fs::read_dir(&directory).map_err(IoFailure::at("read", &directory))?;
    for entry in entries {
        let entry = entry.map_err(IoFailure::at("read", &directory))?;
        let path = below.join(entry.file_name());
        let kind = entry
            .file_type()
            .map_err(IoFailure::at("read", entry.path()))?;
        if kind.is_dir() {
            let name = entry.file_name();
            if name != ".git" && name != "__pycache__" {
                walk(tree, &path, found)?;
            }
        } else if !is_of_a_build(&path) {
            found.push(path);
        }
    }
    Ok(())
}

/// Returns whether configure or make created a file. Objects of another configuration must not be
/// reused.
fn is_of_a_build(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let at_top = path.components().count() == 1;
    ["o", "a", "so", "pyc", "gcda", "gcno", "profraw"].contains(&ending)
        || at_top
            && [
                "Makefile",
                "config.status",
                "config.log",
                "config.cache",
                "pyconfig.h",
                "python",
                "pybuilddir.txt",
                "platform",
            ]
            .contains(&&*name)
}

/// Returns the digest of the names and bytes of these files.
///
/// # Errors
/// Returns an error if a file cannot be read.
pub fn digest(tree: &Path, files: &[PathBuf]) -> Result<Digest> {
    let mut lines = String::new();
    for file in files {
        let path = tree.join(file);
        let metadata = path
            .symlink_metadata()
            .map_err(IoFailure::at("read", &path))?;
        let bytes = if metadata.is_symlink() {
            let target = std::fs::read_link(&path).map_err(IoFailure::at("read", &path))?;
            target.to_string_lossy().into_owned().into_bytes()
        } else if !metadata.is_file() {
            continue; // a submodule, or a pipe without a writer
        } else {
            plain_file::read(&path).map_err(IoFailure::at("read", &path))?
        };
        lines += &format!("{} {}\n", Digest::of(&bytes), file.display());
    }
    Ok(Digest::of(lines.as_bytes()))
}

/// Copies these files with their times, so that make does not regenerate files.
///
/// # Errors
/// Returns an error if a file cannot be read or written.
pub fn copy(tree: &Path, files: &[PathBuf], to: &Path) -> Result<()> {
    std::fs::create_dir_all(to).map_err(IoFailure::at("create", to))?;
    for file in files {
        let (from, into) = (tree.join(file), to.join(file));
        let parent = into.parent().unwrap_or(to);
        std::fs::create_dir_all(parent).map_err(IoFailure::at("create", parent))?;
        let metadata = from
            .symlink_metadata()
            .map_err(IoFailure::at("read", &from))?;
        if metadata.is_symlink() {
            let target = std::fs::read_link(&from).map_err(IoFailure::at("read", &from))?;
            crate::host::fs::symlink(target, &into).map_err(IoFailure::at("create", &into))?;
        } else if metadata.is_file() {
            std::fs::copy(&from, &into).map_err(IoFailure::at("write", &into))?;
            if let Ok(time) = metadata.modified()
                && let Ok(file) = std::fs::File::options().write(true).open(&into)
            {
                let _ = file.set_modified(time);
            }
        }
    }
    Ok(())
}

/// Applies patches in order, like `patch -p1`.
///
/// `search` is PATH.
///
/// # Errors
/// Returns an error if a patch changed since the plan was made, or does not apply.
pub fn patch(tree: &Path, patches: &[Patch], search: &OsStr) -> Result<()> {
    // By its absolute path, because `.` in PATH would mean the tree.
    let program = find_program(search, "patch").unwrap_or_else(|| PathBuf::from("/usr/bin/patch"));
    for Patch { path, sha256 } in patches {
        let bytes = plain_file::read(path).map_err(IoFailure::at("read", path))?;
        if Digest::of(&bytes) != *sha256 {
            let patch = path.clone();
            return Err(CompileError::PatchChanged { patch }.into());
        }
        let output = Command::new(&program)
            .args([
                "-p1",
                "--forward",
                "--batch",
                "--no-backup-if-mismatch",
                "-i",
            ])
            .arg(path)
            .current_dir(tree)
            .env_remove("PATCH_GET")
            .stdin(Stdio::null())
            .output();
        let output = output.map_err(|source| CompileError::NotStarted {
            program: "patch".to_owned(),
            source,
        })?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stdout);
            let error = CompileError::PatchRejected {
                patch: path.clone(),
                lines: text.lines().map(str::to_owned).take(8).collect(),
            };
            return Err(error.into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> tempfile::TempDir {
        let home = tempfile::tempdir().expect("tempdir");
        std::fs::create_dir_all(home.path().join("Include")).expect("mkdir");
        std::fs::write(home.path().join("Include/patchlevel.h"), text).expect("write");
        std::fs::write(home.path().join("configure"), "#!/bin/sh\n").expect("write");
        home
    }

    #[test]
    fn a_tree_says_which_version_it_is() {
        let of = |text: &str| version(tree(text).path()).map(|version| version.to_string());
        let define =
            |value: &str| format!("/* x */\n#define PY_VERSION              \"{value}\"\n");
        assert_eq!(of(&define("3.14.7")).expect("version"), "3.14.7");
        assert_eq!(of(&define("3.15.0rc1+")).expect("version"), "3.15.0rc1");
        assert_eq!(of(&define("3.16.0a2+")).expect("version"), "3.16.0a2");
        let failure = of("").expect_err("no version");
        assert!(
            failure
                .to_string()
                .contains("is not a source tree of CPython")
        );
        assert!(version(Path::new("/nonexistent")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_copy_has_what_is_source_and_nothing_of_an_earlier_build() {
        let home = tree("#define PY_VERSION \"3.14.7\"\n");
        for name in ["Makefile", "main.o", "main.c", "Makefile.pre.in"] {
            std::fs::write(home.path().join(name), name).expect("write");
        }
        let names = |home: &Path| -> Vec<String> {
            let files = files(home, OsStr::new(""), home).expect("files");
            files
                .iter()
                .map(|file| file.display().to_string())
                .collect()
        };
        let expected = [
            "Include/patchlevel.h",
            "Makefile.pre.in",
            "configure",
            "main.c",
        ];
        assert_eq!(names(home.path()), expected);
        let to = home.path().with_extension("copy");
        let all = files(home.path(), OsStr::new(""), home.path()).expect("files");
        copy(home.path(), &all, &to).expect("copy");
        assert_eq!(names(&to), expected);
        let before = digest(&to, &all).expect("digest");
        assert_eq!(before, digest(home.path(), &all).expect("digest"));
        std::fs::write(to.join("main.c"), "changed").expect("write");
        assert_ne!(before, digest(&to, &all).expect("digest"));
        std::fs::remove_dir_all(to).expect("remove");
    }
}
