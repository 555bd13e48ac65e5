//! Validates the paths of packages in a prefix before any file is written: none may be outside the
//! prefix or below a link of another package.

use crate::conda::info::{Info, plain};
use crate::conda::python_layout::PythonLayout;
use crate::unpack::{Guard, Made};
use rattler_conda_types::package::{FileMode, NoArchLinks, PathType, PathsEntry};
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

/// Directories of a prefix that belong to no package.
const RESERVED: [&str; 3] = [".ftpy", "conda-meta", "__clobbers__"];
/// The maximum size of all text files after the prefix is inserted.
const LARGEST_GROWTH: u64 = 1 << 30;

/// The paths of the packages so far.
#[derive(Debug, Default)]
pub(super) struct Placed {
    guard: Guard,
    /// The last package with a file or link at a path.
    owners: HashMap<String, usize>,
    growth: u64,
}

impl Placed {
    /// Adds the paths of package number `package`, whose files are in `directory`.
    ///
    /// # Errors
    /// Returns a message if one of them is not allowed.
    pub(super) fn add(
        &mut self,
        package: usize,
        info: &Info,
        directory: &Path,
        layout: Option<&PythonLayout>,
    ) -> Result<(), String> {
        let layout = layout.filter(|_| info.index.noarch.is_python());
        for entry in &info.paths.paths {
            let target = match layout {
                Some(layout) => layout.target(&entry.relative_path),
                None => Cow::Borrowed(entry.relative_path.as_path()),
            };
            self.put(package, &target, made(entry))?;
            self.check_source(entry, directory, &target)?;
        }
        if let (Some(_), Some(link)) = (layout, &info.link)
            && let NoArchLinks::Python(scripts) = &link.noarch
        {
            for script in &scripts.entry_points {
                let target = PythonLayout::script_path(script);
                if self.owners.contains_key(target.to_string_lossy().as_ref()) {
                    let path = target.display();
                    return Err(format!("its script `{path}` is also a file of a package"));
                }
                self.put(package, &target, Made::File)?;
            }
        }
        Ok(())
    }

    /// The package whose file is at a path.
    pub(super) fn owner(&self, path: &Path) -> Option<usize> {
        self.owners.get(path.to_str()?).copied()
    }

    /// Adds the growth of a text of `size` bytes when `placeholder` is replaced by `prefix`.
    ///
    /// # Errors
    /// Returns an error if it would grow too large.
    pub(super) fn add_growth(
        &mut self,
        entry: &PathsEntry,
        directory: &Path,
        prefix: &Path,
    ) -> Result<(), String> {
        let Some(placeholder) = &entry.prefix_placeholder else {
            return Ok(());
        };
        let path = &entry.relative_path;
        let length = placeholder.placeholder.len() as u64;
        if length == 0 {
            return Err(format!("the placeholder of its file {path:?} is empty"));
        }
        if placeholder.file_mode != FileMode::Text {
            return Ok(());
        }
        let size = directory.join(path).symlink_metadata();
        let size = size.map_or(0, |found| found.len());
        let times = (prefix.as_os_str().len() as u64).div_ceil(length);
        let grown = size.saturating_mul(times.saturating_sub(1));
        self.growth = self.growth.saturating_add(grown);
        match self.growth > LARGEST_GROWTH {
            true => Err(format!("its file {path:?} would grow too large")),
            false => Ok(()),
        }
    }

    fn put(&mut self, package: usize, target: &Path, kind: Made) -> Result<(), String> {
        let names = plain(target)?;
        let path = names.join("/");
        let is_reserved = |first: &&str| {
            let mut reserved = RESERVED.iter();
            reserved.any(|name| name.eq_ignore_ascii_case(first))
        };
        if names.first().is_some_and(is_reserved) {
            return Err(format!("its file {path:?} is outside the package"));
        }
        if kind != Made::Directory {
            match self.owners.insert(path.clone(), package) {
                Some(owner) if owner == package => {
                    return Err(format!("{path:?} appears more than once"));
                }
                // If two packages contain the same file, the later one wins.
                Some(_) => return Ok(()),
                None => {}
            }
        }
        let made = self.guard.make(&names, kind);
        made.map(drop)
            .map_err(|_| format!("its file {path:?} is at or below a link or file of a package"))
    }

    /// Checks that the unpacked package contains a listed file, and that a link stays inside the
    /// prefix at its final location.
    fn check_source(
        &self,
        entry: &PathsEntry,
        directory: &Path,
        target: &Path,
    ) -> Result<(), String> {
        let path = &entry.relative_path;
        let source = directory.join(path);
        let found = source
            .symlink_metadata()
            .map_err(|error| format!("its file {path:?} is missing: {error}"))?;
        let is_as_listed = match entry.path_type {
            PathType::HardLink => found.is_file(),
            PathType::SoftLink => found.is_symlink(),
            PathType::Directory => found.is_dir(),
        };
        if !is_as_listed {
            return Err(format!(
                "its file {path:?} does not match its list of files"
            ));
        }
        if entry.path_type != PathType::SoftLink {
            return Ok(());
        }
        let link = std::fs::read_link(&source).map_err(|error| format!("{path:?}: {error}"))?;
        let checked = self
            .guard
            .check_symlink(&plain(target)?, link.as_os_str().as_encoded_bytes());
        checked.map_err(|error| error.to_string())
    }
}

fn made(entry: &PathsEntry) -> Made {
    match entry.path_type {
        PathType::HardLink => Made::File,
        PathType::SoftLink => Made::Link,
        PathType::Directory => Made::Directory,
    }
}
