//! The packages that are installed in an environment: a virtual environment, an installation, or a
//! directory of packages.

use crate::check::{installed_path, is_library};
use crate::error::{Failure, Kind, Result};
use crate::host::plain_file;
use crate::xray::ModuleFile;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

/// Deeper directories than this hold no packages.
const DEEPEST: usize = 24;

/// A directory of packages, and the Python that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SitePackages {
    /// The directory.
    pub(crate) directory: PathBuf,
    /// The minor version of Python 3 and whether it is free-threaded, if the path says so.
    pub(crate) python: Option<(u8, bool)>,
}

/// A package that is installed.
#[derive(Debug, Clone, Default)]
pub(crate) struct InstalledPackage {
    /// The name in its metadata, or the top-level directory of files that belong to no package.
    pub(crate) name: String,
    /// The version; empty for files that belong to no package.
    pub(crate) version: String,
    /// Its metadata: the text of `METADATA`.
    pub(crate) metadata: String,
    /// Whether it was installed from a file, URL or repository (PEP 610).
    pub(crate) is_direct: bool,
    /// Whether its wheel was for certain platforms.
    pub(crate) is_of_platform: bool,
    /// Its extension modules, relative to the directory, with `/`.
    pub(crate) modules: Vec<String>,
    /// Its Python sources, relative to the directory, with `/`.
    pub(crate) sources: Vec<String>,
}

/// Finds the directories of packages at a path. Empty if there are none.
pub(crate) fn site_packages(path: &Path) -> Vec<SitePackages> {
    if path.file_name().is_some_and(is_package_directory) || has_metadata(path) {
        return vec![SitePackages {
            directory: path.to_owned(),
            python: path.ancestors().take(3).find_map(python_of),
        }];
    }
    let mut found = Vec::new();
    // Debian's packages are in lib/python3/dist-packages.
    for lib in ["lib", "lib64"] {
        let entries = std::fs::read_dir(path.join(lib)).into_iter().flatten();
        for entry in entries.flatten() {
            let python = python_of(&entry.path());
            if python.is_none() && entry.file_name() != "python3" {
                continue;
            }
            for name in ["site-packages", "dist-packages"] {
                let directory = entry.path().join(name);
                found.push(SitePackages { directory, python });
            }
        }
    }
    // Windows.
    let directory = path.join("Lib").join("site-packages");
    found.push(SitePackages {
        directory,
        python: None,
    });
    found.retain(|site| site.directory.is_dir());
    let mut seen = BTreeSet::new();
    found.retain(|site| seen.insert(site.directory.canonicalize().ok()));
    found.sort_by(|a, b| a.directory.cmp(&b.directory));
    found
}

fn is_package_directory(name: &std::ffi::OsStr) -> bool {
    name == "site-packages" || name == "dist-packages"
}

fn has_metadata(directory: &Path) -> bool {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.file_name())
        .any(|name| name.to_string_lossy().ends_with(".dist-info"))
}

/// The Python that a directory is named for: `python3.14t`.
fn python_of(path: &Path) -> Option<(u8, bool)> {
    let name = path.file_name()?.to_str()?;
    let version = name.strip_prefix("python3.")?;
    let minor = version.strip_suffix('t');
    Some((minor.unwrap_or(version).parse().ok()?, minor.is_some()))
}

/// Reads what is installed in a directory, sorted by name.
///
/// # Errors
/// Returns an error if the directory cannot be read.
pub(crate) fn installed(site: &SitePackages) -> Result<Vec<InstalledPackage>> {
    let unreadable = |error: &std::io::Error| {
        let message = format!("cannot read {}: {error}", site.directory.display());
        Failure::new(Kind::System, message)
    };
    let mut packages = Vec::new();
    let mut owned = BTreeSet::new();
    let entries = std::fs::read_dir(&site.directory).map_err(|error| unreadable(&error))?;
    for entry in entries {
        let entry = entry.map_err(|error| unreadable(&error))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.ends_with(".dist-info") {
            packages.push(package(site, &entry.path(), &name, &mut owned));
        }
    }
    packages.extend(unowned(site, &owned));
    packages.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    Ok(packages)
}

fn package(
    site: &SitePackages,
    info: &Path,
    directory: &str,
    owned: &mut BTreeSet<String>,
) -> InstalledPackage {
    let metadata = plain_file::read_text(&info.join("METADATA")).unwrap_or_default();
    // A damaged installation is named after its directory.
    let stem = directory.trim_end_matches(".dist-info");
    let (name, version) = stem.rsplit_once('-').unwrap_or((stem, ""));
    let mut package = InstalledPackage {
        name: header(&metadata, "Name").unwrap_or(name).to_owned(),
        version: header(&metadata, "Version").unwrap_or(version).to_owned(),
        ..InstalledPackage::default()
    };
    let wheel = plain_file::read_text(&info.join("WHEEL")).unwrap_or_default();
    let is_pure = header(&wheel, "Root-Is-Purelib");
    package.is_of_platform = is_pure.is_some_and(|is| is.eq_ignore_ascii_case("false"));
    package.is_direct = info.join("direct_url.json").is_file();
    let record = plain_file::read_text(&info.join("RECORD")).unwrap_or_default();
    for file in record.lines().filter_map(recorded) {
        // Scripts and data are outside; a RECORD that lies about them must not lead there.
        let is_inside = Path::new(&file)
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        if is_inside {
            owned.insert(file.clone());
            package.add(site, file);
        }
    }
    package.metadata = metadata;
    package
}

impl InstalledPackage {
    fn add(&mut self, site: &SitePackages, file: String) {
        if let Some(module) = ModuleFile::parse(&file) {
            let size = std::fs::metadata(site.directory.join(&file)).map(|about| about.len());
            // A file that was removed is not imported.
            if size.is_ok_and(|size| !is_library(&module, size)) && installed_path(&file).is_some()
            {
                self.modules.push(file);
            }
        } else if file.ends_with(".py") {
            self.sources.push(file);
        }
    }
}

/// The first value of a header of `METADATA`.
pub(crate) fn header<'a>(metadata: &'a str, name: &str) -> Option<&'a str> {
    headers(metadata, name).next()
}

/// The values of a header of `METADATA`, which ends at the first empty line.
pub(crate) fn headers<'a>(metadata: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let lines = metadata.lines().take_while(|line| !line.is_empty());
    lines.filter_map(move |line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// The path in a line of `RECORD`: CSV of the path, its hash and its size.
fn recorded(line: &str) -> Option<String> {
    if let Some(quoted) = line.strip_prefix('"') {
        let end = quoted.rfind("\",")?;
        return Some(quoted[..end].replace("\"\"", "\""));
    }
    Some(line.split(',').next()?.to_owned())
}

/// The names and versions of conda's packages by their files below a directory of packages, from
/// `conda-meta/NAME-VERSION-BUILD.json` in the prefix.
fn files_of_conda(site: &SitePackages) -> BTreeMap<String, (String, String)> {
    #[derive(serde::Deserialize)]
    struct Record {
        name: String,
        version: String,
        #[serde(default)]
        files: Vec<String>,
    }
    // lib/python3.14t/site-packages, or Lib/site-packages on Windows.
    let mut prefixes = site.directory.ancestors().skip(2).take(2);
    let Some(prefix) = prefixes.find(|prefix| prefix.join("conda-meta").is_dir()) else {
        return BTreeMap::new();
    };
    let below = site.directory.strip_prefix(prefix).unwrap_or(Path::new(""));
    let below = below.to_string_lossy().replace('\\', "/");
    let entries = std::fs::read_dir(prefix.join("conda-meta"));
    let texts = entries.into_iter().flatten().flatten();
    let texts = texts.filter_map(|entry| plain_file::read_in_place(&entry.path()).ok());
    let mut files = BTreeMap::new();
    for text in texts {
        let Ok(record) = serde_json::from_slice::<Record>(&text) else {
            continue;
        };
        for file in record.files {
            let inside = file.strip_prefix(&below);
            if let Some(inside) = inside.and_then(|path| path.strip_prefix('/')) {
                let owner = (record.name.clone(), record.version.clone());
                files.insert(inside.to_owned(), owner);
            }
        }
    }
    files
}

/// Extension modules that no package's RECORD lists, by their package of conda, else by their
/// top-level directory.
fn unowned(site: &SitePackages, owned: &BTreeSet<String>) -> Vec<InstalledPackage> {
    let of_conda = files_of_conda(site);
    let mut packages: BTreeMap<(String, String), InstalledPackage> = BTreeMap::new();
    let mut left = vec![(site.directory.clone(), String::new(), 0)];
    while let Some((directory, prefix, depth)) = left.pop() {
        for entry in std::fs::read_dir(&directory)
            .into_iter()
            .flatten()
            .flatten()
        {
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let file = format!("{prefix}{name}");
            let kind = entry.file_type();
            // A link to a directory may lead back up.
            if kind.as_ref().is_ok_and(std::fs::FileType::is_dir) {
                // Libraries that wheels bring, not modules.
                if depth < DEEPEST && !name.ends_with(".libs") {
                    left.push((entry.path(), format!("{file}/"), depth + 1));
                }
                continue;
            }
            if ModuleFile::parse(&file).is_some() && !owned.contains(&file) {
                let top = file.split(['/', '.']).next().unwrap_or(&file);
                let by_directory = || (top.to_owned(), String::new());
                let owner = of_conda.get(&file).cloned().unwrap_or_else(by_directory);
                let package = packages.entry(owner.clone()).or_default();
                (package.name, package.version) = owner;
                package.modules.push(file);
            }
        }
    }
    let mut packages: Vec<_> = packages.into_values().collect();
    for package in &mut packages {
        package.modules.sort();
    }
    packages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_record_gives_its_path() {
        assert_eq!(recorded("a/b.py,sha256=x,1").as_deref(), Some("a/b.py"));
        assert_eq!(recorded("\"a,b.py\",,").as_deref(), Some("a,b.py"));
    }

    #[test]
    fn a_directory_names_its_python() {
        let check = |path: &str| python_of(Path::new(path));
        assert_eq!(check("lib/python3.14t"), Some((14, true)));
        assert_eq!(check("lib/python3.9"), Some((9, false)));
        assert_eq!(check("lib/python3"), None);
    }

    #[test]
    fn headers_end_at_the_body() {
        let text = "Name: a\nProject-URL: Source, x\nproject-url: Issues, y\n\nName: b\n";
        assert_eq!(header(text, "Name"), Some("a"));
        assert_eq!(headers(text, "Project-URL").count(), 2);
        assert_eq!(header(text, "Version"), None);
    }
}
