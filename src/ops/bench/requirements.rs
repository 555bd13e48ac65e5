//! What is installed for both builds: the requirements files, and what their environments depend on.

use crate::check::lock::named_files;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::host::plain_file;
use crate::host::private_dir::PrivateDir;
use crate::ops::context::Context;
use crate::ops::venv_packages::{check_files, is_path};
use ftpy_core::path::find_program;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Requirements files that installers can read.
#[derive(Debug)]
pub(crate) struct Requirements {
    files: Vec<RequirementsFile>,
    /// The directory of those that ftpy writes.
    directory: PrivateDir,
}

/// A file, and its name for the user.
#[derive(Debug)]
struct RequirementsFile {
    shown: String,
    path: PathBuf,
    /// Whether ftpy wrote it, under a name that is different each time.
    is_generated: bool,
}

impl Requirements {
    /// Reads what `-r` names. Installers do not read uv.lock, so uv exports it.
    ///
    /// # Errors
    /// Returns an error if a file is missing, or a uv.lock cannot be exported.
    pub(crate) fn of(context: &Context, files: &[PathBuf]) -> Result<Self> {
        check_files(context, files)?;
        let mut requirements = Self {
            files: Vec::new(),
            directory: PrivateDir::new(&context.env.temporary, "requirements")?,
        };
        for file in files {
            let shown = file.display().to_string();
            if shown == "-" {
                let message = "-r -: the requirements of two environments cannot come from stdin";
                return Err(Failure::new(Kind::Usage, message).hint("write them to a file"));
            }
            if file.file_name().is_some_and(|name| name == "uv.lock") {
                let text = exported(context, file)?;
                requirements.add(&shown, &text)?;
                continue;
            }
            let path = match is_path(file) {
                true => context.env.current_dir.join(file),
                false => file.clone(),
            };
            requirements.add_file(&shown, path);
        }
        Ok(requirements)
    }

    /// Adds a file.
    pub(crate) fn add_file(&mut self, shown: &str, path: PathBuf) {
        self.files.push(RequirementsFile {
            shown: shown.to_owned(),
            path,
            is_generated: false,
        });
    }

    /// Adds lines in the form of a requirements file.
    ///
    /// # Errors
    /// Returns an error if they cannot be written for the installer.
    pub(crate) fn add(&mut self, shown: &str, text: &str) -> Result<()> {
        let name = format!("requirements-{}.txt", self.files.len());
        let path = self.directory.join(name);
        std::fs::write(&path, text).map_err(IoFailure::at("write", &path))?;
        self.files.push(RequirementsFile {
            shown: shown.to_owned(),
            path,
            is_generated: true,
        });
        Ok(())
    }

    /// Whether nothing is to be installed.
    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The files, for the installer.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        self.files.iter().map(|file| file.path.clone()).collect()
    }

    /// The name of the first one.
    pub(crate) fn first(&self) -> String {
        let first = self.files.first();
        first.map(|file| file.shown.clone()).unwrap_or_default()
    }

    /// What is installed, for a person: `-r requirements.txt`.
    pub(crate) fn shown(&self) -> Vec<String> {
        let files = self.files.iter();
        files.map(|file| format!("-r {}", file.shown)).collect()
    }

    /// What the environments depend on: the contents of all files, those that they include too.
    pub(crate) fn facts(&self) -> Vec<String> {
        let (mut facts, mut seen) = (Vec::new(), BTreeSet::new());
        for file in &self.files {
            // A relative path in a file is relative to it.
            if !file.is_generated {
                facts.push(file.path.display().to_string());
            }
            with_included(&file.path, &mut seen, &mut facts);
        }
        facts
    }
}

/// Adds the contents of a file and of those that it includes.
fn with_included(path: &Path, seen: &mut BTreeSet<PathBuf>, facts: &mut Vec<String>) {
    // One file can be named by several paths, and files may include each other.
    let name = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if !seen.insert(name) {
        return;
    }
    // What cannot be read, such as a URL, is the installer's.
    let text = plain_file::read_text(path).unwrap_or_default();
    let directory = path.parent().unwrap_or(path);
    let files = named_files(&text).into_iter().map(PathBuf::from);
    for file in files.filter(|file| is_path(file)) {
        with_included(&directory.join(file), seen, facts);
    }
    facts.push(text);
}

/// The packages of a uv.lock, as requirements.
fn exported(context: &Context, file: &Path) -> Result<String> {
    let path = context.env.current_dir.join(file);
    let uv = find_program(&context.env.path, "uv").ok_or_else(|| {
        let message = format!(
            "{}: only uv can read it, and uv is not on PATH",
            file.display()
        );
        Failure::new(Kind::NotFound, message)
            .hint("export it: `uv export --frozen --no-emit-project -o requirements.txt`")
    })?;
    let mut command = Command::new(uv);
    command.args(["export", "--quiet", "--frozen", "--no-emit-project"]);
    command.arg("--project").arg(path.parent().unwrap_or(&path));
    let output = command.output();
    let output = output.map_err(IoFailure::at("start", "uv"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let message = format!("uv could not export {}", file.display());
        let lines = said.lines().map(str::to_owned);
        return Err(Failure::new(Kind::Build, message).details(lines));
    }
    Ok(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_in_an_included_file_is_another_environment() {
        let place = tempfile::tempdir().expect("a directory");
        let write = |name: &str, text: &str| {
            std::fs::write(place.path().join(name), text).expect("written");
        };
        std::fs::create_dir(place.path().join("deep")).expect("a directory");
        let url = "https://example.org/d.txt";
        write(
            "a.txt",
            &format!("-r deep/b.txt\n-r deep/c.txt\n-r {url}\nsix\n"),
        );
        // They may include each other.
        write("deep/b.txt", "-c ../a.txt\nidna==1\n");
        write("deep/c.txt", "-c ../deep/../a.txt\n");
        let facts = || {
            let (mut facts, mut seen) = (Vec::new(), BTreeSet::new());
            with_included(&place.path().join("a.txt"), &mut seen, &mut facts);
            facts
        };
        let before = facts();
        assert_eq!(before, facts());
        assert_eq!(before.len(), 3, "each file once");
        write("deep/b.txt", "-c ../a.txt\nidna==2\n");
        assert_ne!(before, facts());
    }
}
