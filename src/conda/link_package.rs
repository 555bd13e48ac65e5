//! Puts the files of one unpacked package into a prefix, and the scripts for its entry points.

use crate::conda::place_file::{InPlace, Placing};
use crate::conda::python_layout::PythonLayout;
use crate::digest::Digest;
use crate::parallel::on_all_cores;
use rattler_conda_types::package::{self, LinkJson, NoArchLinks, PathsJson};
use rattler_conda_types::prefix_record::{PathType, PathsEntry};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

/// The directory of files whose places have the files of other packages, as rattler and pixi name
/// it.
const OVERRIDDEN: &str = "__clobbers__";

/// A package that is being linked.
pub(super) struct OnePackage<'a> {
    /// Its unpacked files.
    pub(super) directory: &'a Path,
    /// The layout, if it is a `noarch` Python package.
    pub(super) layout: Option<&'a PythonLayout>,
    /// The prefix that is being made.
    pub(super) made: &'a Path,
}

/// A file of a package and where it is put.
pub(super) struct FileOfPackage<'a> {
    entry: &'a package::PathsEntry,
    target: PathBuf,
    /// Its usual place, which the file of another package has.
    original: Option<PathBuf>,
}

impl OnePackage<'_> {
    /// The files and their places. `is_overridden` says whether the usual place has the file of a
    /// later package, which may depend on this one.
    pub(super) fn files<'a>(
        &self,
        paths: &'a PathsJson,
        name: &str,
        is_overridden: impl Fn(&Path) -> bool,
    ) -> Vec<FileOfPackage<'a>> {
        let file = |entry: &'a package::PathsEntry| {
            let usual = match self.layout {
                Some(layout) => layout.target(&entry.relative_path).into_owned(),
                None => entry.relative_path.clone(),
            };
            match entry.path_type != package::PathType::Directory && is_overridden(&usual) {
                true => FileOfPackage {
                    entry,
                    target: Path::new(OVERRIDDEN).join(name).join(&usual),
                    original: Some(usual),
                },
                false => FileOfPackage {
                    entry,
                    target: usual,
                    original: None,
                },
            }
        };
        paths.paths.iter().map(file).collect()
    }

    /// Puts the files into the prefix.
    ///
    /// # Errors
    /// Returns the errors of the system, or of a file that is not suitable.
    pub(super) fn place(
        &self,
        files: &[FileOfPackage<'_>],
        placing: &Placing<'_>,
    ) -> io::Result<Vec<PathsEntry>> {
        let directories: BTreeSet<&Path> = files
            .iter()
            .filter_map(|file| file.target.parent())
            .collect();
        for directory in directories {
            std::fs::create_dir_all(self.made.join(directory))?;
        }
        let place = |file: &FileOfPackage<'_>| {
            let target = self.made.join(&file.target);
            let placed = placing.place(file.entry, self.directory, &target);
            let path = &file.entry.relative_path;
            let placed = placed
                .map_err(|error| io::Error::new(error.kind(), format!("{path:?}: {error}")))?;
            Ok(installed(file, &placed))
        };
        on_all_cores(files, place).into_iter().collect()
    }

    /// Writes the scripts for the entry points.
    pub(super) fn place_scripts(
        &self,
        link: Option<&LinkJson>,
        prefix: &str,
    ) -> io::Result<Vec<PathsEntry>> {
        let (Some(layout), Some(link)) = (self.layout, link) else {
            return Ok(Vec::new());
        };
        let NoArchLinks::Python(scripts) = &link.noarch else {
            return Ok(Vec::new());
        };
        let mut entries = Vec::new();
        for script in &scripts.entry_points {
            let path = PythonLayout::script_path(script);
            let text = layout.script(script, prefix);
            write_program(&self.made.join(&path), &text)?;
            entries.push(PathsEntry {
                relative_path: path,
                original_path: None,
                path_type: PathType::UnixPythonEntryPoint,
                no_link: false,
                sha256: Some(<[u8; 32]>::from(Digest::of(text.as_bytes())).into()),
                sha256_in_prefix: None,
                size_in_bytes: Some(text.len() as u64),
                file_mode: None,
                prefix_placeholder: None,
            });
        }
        Ok(entries)
    }
}

/// What the package's record says about a file.
fn installed(file: &FileOfPackage<'_>, placed: &InPlace) -> PathsEntry {
    let entry = file.entry;
    let found = placed.sha256.map(|digest| <[u8; 32]>::from(digest).into());
    let placeholder = entry.prefix_placeholder.as_ref();
    PathsEntry {
        relative_path: file.target.clone(),
        original_path: file.original.clone(),
        path_type: entry.path_type.into(),
        no_link: entry.no_link,
        sha256: entry.sha256,
        sha256_in_prefix: found.filter(|found| entry.sha256 != Some(*found)),
        size_in_bytes: Some(placed.size),
        file_mode: placed.changed,
        prefix_placeholder: placeholder.map(|found| found.placeholder.clone()),
    }
}

/// Creates a program.
fn write_program(path: &Path, text: &str) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory)?;
    }
    std::fs::File::create_new(path).and_then(|mut file| {
        io::Write::write_all(&mut file, text.as_bytes())?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            file.set_permissions(std::fs::Permissions::from_mode(0o775))?;
        }
        Ok(())
    })
}
