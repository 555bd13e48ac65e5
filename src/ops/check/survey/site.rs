//! The directory of a survey: the site, which is also the state of a run.
//!
//! ```text
//! index.html  survey.json  totals.json      all packages; their totals by day
//! packages/NAME.html  packages/NAME.json    one package
//! run.json                                  the state of the last run
//! .survey.lock                              held by a running ftpy
//! ```

use crate::check::survey::{
    Point, RunState, SurveyedPackage, Totals, index_page, package_page, read_package, settle,
    survey_json, write_package,
};
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::host::person_file;
use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

const LOCK: &str = ".survey.lock";
/// One of these files tells that a directory belongs to a survey.
const MARKS: [&str; 3] = ["run.json", "totals.json", LOCK];

/// The directory of a survey.
pub(super) struct Site {
    directory: PathBuf,
    _lock: Option<File>,
}

impl Site {
    /// Opens a directory for writing, and creates it if needed.
    ///
    /// # Errors
    /// Returns an error if it has other files, or another ftpy writes it.
    pub(super) fn open(directory: &Path) -> Result<Self> {
        if is_of_another(directory) {
            let message = format!("{} has files that are not of a survey", directory.display());
            return Err(Failure::new(Kind::Usage, message).hint("name a new or empty directory"));
        }
        let created = std::fs::create_dir_all(directory.join("packages"));
        created.map_err(IoFailure::at("create", directory))?;
        let path = directory.join(LOCK);
        let lock = File::options().create(true).append(true).open(&path);
        let lock = lock.map_err(IoFailure::at("write", &path))?;
        if matches!(lock.try_lock(), Err(std::fs::TryLockError::WouldBlock)) {
            let message = format!("another ftpy writes {}", directory.display());
            return Err(Failure::new(Kind::System, message).hint("wait until it has ended"));
        }
        Ok(Self {
            directory: directory.to_owned(),
            _lock: Some(lock),
        })
    }

    /// A directory to read.
    pub(super) fn of_part(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
            _lock: None,
        }
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The state of the last run; `None` if there was none, or it is damaged.
    pub(super) fn state(&self) -> Option<RunState> {
        let text = std::fs::read_to_string(self.directory.join("run.json")).ok()?;
        serde_json::from_str(&text).ok()
    }

    pub(super) fn write_state(&self, state: &RunState) -> Result<()> {
        let value = serde_json::to_value(state).unwrap_or_default();
        self.write("run.json", &format!("{value:#}\n"))
    }

    /// What an earlier run found about a package. What is damaged is surveyed again.
    pub(super) fn package(&self, name: &str) -> Option<SurveyedPackage> {
        let text = std::fs::read_to_string(self.path_of(name)).ok()?;
        read_package(&text).ok().filter(|read| read.name == name)
    }

    /// A package of a part.
    ///
    /// # Errors
    /// Returns an error if it is damaged.
    pub(super) fn package_of_part(&self, name: &str) -> Result<SurveyedPackage> {
        self.package(name).ok_or_else(|| {
            let message = format!("{} is damaged", self.path_of(name).display());
            Failure::new(Kind::Unchecked, message).hint("make this part of the survey again")
        })
    }

    pub(super) fn write_package(&self, package: &SurveyedPackage) -> Result<()> {
        let text = format!("{}\n", write_package(package));
        self.write(&format!("packages/{}.json", package.name), &text)
    }

    /// The names of the packages that it has.
    pub(super) fn names(&self) -> BTreeSet<String> {
        let entries = std::fs::read_dir(self.directory.join("packages"));
        let entries = entries.into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            Some(name.strip_suffix(".json")?.to_owned())
        });
        names.collect()
    }

    /// Removes the packages that are not listed.
    pub(super) fn retain(&self, names: &BTreeSet<String>) {
        for name in self.names().difference(names) {
            for end in ["json", "html"] {
                let path = self.directory.join(format!("packages/{name}.{end}"));
                let _ = std::fs::remove_file(path);
            }
        }
    }

    /// Writes the pages and the totals. Files that would not change are left alone.
    ///
    /// # Errors
    /// Returns an error if the record of totals is damaged, or something cannot be written.
    pub(super) fn render(&self, date: &str, targets: &[String]) -> Result<Point> {
        let mut totals = self.totals()?;
        let names = self.names();
        let mut packages: Vec<SurveyedPackage> =
            names.iter().filter_map(|name| self.package(name)).collect();
        settle(&mut packages);
        let point = Point::of(&packages, date);
        totals.add(point.clone());
        for package in &packages {
            self.write_package(package)?;
            let page = package_page(package);
            self.write(&format!("packages/{}.html", package.name), &page)?;
        }
        let survey = survey_json(&packages, &point, targets);
        self.write("survey.json", &format!("{survey}\n"))?;
        let page = index_page(&packages, &point, &totals);
        self.write("index.html", &page)?;
        let totals = serde_json::to_value(&totals).unwrap_or_default();
        self.write("totals.json", &format!("{totals:#}\n"))?;
        Ok(point)
    }

    /// The record of earlier days, which must not get lost.
    fn totals(&self) -> Result<Totals> {
        let path = self.directory.join("totals.json");
        if !path.exists() {
            return Ok(Totals::default());
        }
        let text = std::fs::read_to_string(&path).map_err(IoFailure::at("read", &path))?;
        serde_json::from_str(&text).map_err(|error| {
            let message = format!("{} is damaged: {error}", path.display());
            Failure::new(Kind::Unchecked, message)
                .hint("restore it, or move it away to begin a new record")
        })
    }

    fn path_of(&self, name: &str) -> PathBuf {
        self.directory.join(format!("packages/{name}.json"))
    }

    fn write(&self, file: &str, text: &str) -> Result<()> {
        let path = self.directory.join(file);
        if std::fs::read(&path).is_ok_and(|old| old == text.as_bytes()) {
            return Ok(());
        }
        let written = person_file::write(&path, text.as_bytes());
        written.map_err(IoFailure::outside_store)
    }
}

/// Whether a directory has files, and none of a survey.
fn is_of_another(directory: &Path) -> bool {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let names: Vec<_> = entries.map(|entry| entry.file_name()).collect();
    let is_mark = |name: &std::ffi::OsString| MARKS.iter().any(|mark| name == mark);
    let is_other = |name: &std::ffi::OsString| name != "packages";
    names.iter().any(is_other) && !names.iter().any(is_mark)
}
