//! The YAML of `pixi.lock` and `conda-lock.yml`.

use crate::check::dependency::Dependency;
use crate::check::lock::conda_package::CondaPackage;
use crate::check::lock::error::Fault;
use crate::check::lock::lock_file::LockFile;
use crate::check::lock::source_text::SourceText;
use crate::check::lock::wheel_file::ListedFile;
use crate::check::parents::Parents;
use crate::wheel::normalized_name;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, HashMap};

/// The newest known version of pixi.lock.
const PIXI: u32 = 6;

/// The maximum nesting of `[` and `{`: the YAML parser takes quadratic time.
const DEEPEST: usize = 64;

#[derive(Deserialize)]
struct PixiLock {
    version: u32,
    #[serde(default)]
    packages: Vec<PixiPackage>,
}

/// `conda:` or `pypi:`, or `kind:` with a `url:` before version 6.
#[derive(Deserialize)]
struct PixiPackage {
    conda: Option<String>,
    pypi: Option<String>,
    kind: Option<String>,
    url: Option<String>,
    name: Option<String>,
    version: Option<Text>,
    sha256: Option<String>,
    size: Option<u64>,
    #[serde(default)]
    depends: Vec<String>,
    #[serde(default)]
    requires_dist: Vec<String>,
}

#[derive(Deserialize)]
struct CondaLock {
    #[serde(default)]
    package: Vec<CondaLockPackage>,
}

#[derive(Deserialize)]
struct CondaLockPackage {
    name: String,
    version: Text,
    manager: String,
    url: String,
    #[serde(default)]
    hash: BTreeMap<String, String>,
    #[serde(default)]
    dependencies: BTreeMap<String, Option<Text>>,
}

/// A text that may look like a number: `version: 1.10`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    Text(String),
    Number(serde_yaml::Number),
}

impl Text {
    fn into_string(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Number(number) => number.to_string(),
        }
    }
}

pub(super) fn pixi(source: &SourceText<'_>) -> Result<LockFile, Fault> {
    let lock: PixiLock = yaml(source)?;
    let newer = (lock.version > PIXI).then(|| {
        let version = lock.version;
        format!("its format has version {version}, newer than {PIXI}, which this ftpy knows")
    });
    let lines = lines(source);
    let mut found = Found::new(source);
    for package in lock.packages {
        let (is_conda, url) = match (&package.conda, &package.pypi, &package.url) {
            (Some(url), ..) => (true, url.clone()),
            (_, Some(url), _) => (false, url.clone()),
            (_, _, Some(url)) => (package.kind.as_deref() == Some("conda"), url.clone()),
            _ => continue,
        };
        let line = lines.get(url.as_str()).copied();
        let listed = Listed {
            line,
            url,
            sha256: package.sha256,
            size: package.size,
        };
        if is_conda {
            found.conda(&listed, package.depends);
        } else {
            let version = package.version.map(Text::into_string);
            found.pypi(&listed, package.name, version);
            found.requires(&package.requires_dist);
        }
    }
    let mut file = found.finish();
    if let Some(newer) = newer {
        if file.conda.is_empty() && file.dependencies.is_empty() {
            return Err(Fault::at(1, newer));
        }
        file.notes.push(newer);
    }
    Ok(file)
}

pub(super) fn conda_lock(source: &SourceText<'_>) -> Result<LockFile, Fault> {
    let lock: CondaLock = yaml(source)?;
    let starts = source.text.lines().zip(1..);
    let starts = starts.filter(|(text, _)| text.trim_start().starts_with("- name:"));
    let starts: Vec<u32> = starts.map(|(_, line)| line).collect();
    let has_lines = starts.len() == lock.package.len();
    let mut found = Found::new(source);
    for (index, package) in lock.package.into_iter().enumerate() {
        let listed = Listed {
            line: starts.get(index).copied().filter(|_| has_lines),
            url: package.url,
            sha256: package.hash.get("sha256").cloned(),
            size: None,
        };
        if package.manager == "conda" {
            let depends = package.dependencies.into_iter().map(|(name, spec)| {
                let spec = spec.map(Text::into_string).unwrap_or_default();
                format!("{name} {spec}").trim_end().to_owned()
            });
            found.conda(&listed, depends.collect());
        } else {
            let version = package.version.into_string();
            found.pypi(&listed, Some(package.name), Some(version));
        }
    }
    Ok(found.finish())
}

fn yaml<T: DeserializeOwned>(source: &SourceText<'_>) -> Result<T, Fault> {
    check_nesting(source.text)?;
    serde_yaml::from_str(source.text).map_err(|error| Fault {
        line: error
            .location()
            .and_then(|location| u32::try_from(location.line()).ok()),
        reason: format!("invalid YAML: {error}"),
    })
}

/// Rejects files that would cost the YAML parser minutes or gigabytes. Lock files have neither
/// deep nesting nor aliases.
fn check_nesting(text: &str) -> Result<(), Fault> {
    let mut depth = 0_usize;
    for (line, number) in text.lines().zip(1..) {
        let mut value = line.trim_start();
        let mut dashes = 0;
        while let Some(rest) = value.strip_prefix("- ") {
            value = rest.trim_start();
            dashes += 1;
        }
        let after_key = value
            .split_once(": ")
            .map_or(value, |(_, rest)| rest.trim_start());
        if dashes > DEEPEST || after_key.starts_with(['*', '&']) {
            return Err(Fault::at(
                number,
                "lock files contain no aliases and no deep nesting",
            ));
        }
        for byte in line.bytes() {
            match byte {
                b'[' | b'{' => depth += 1,
                b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        if depth > DEEPEST {
            return Err(Fault::at(
                number,
                format!("nested more than {DEEPEST} levels deep"),
            ));
        }
    }
    Ok(())
}

/// The lines of the packages, by their URLs. The last one is the description of the package.
fn lines<'a>(source: &SourceText<'a>) -> HashMap<&'a str, u32> {
    let lines = source.text.lines().zip(1..);
    let urls = lines.filter_map(|(line, number)| {
        let line = line.trim_start();
        let line = line.strip_prefix("- ").unwrap_or(line);
        let (key, value) = line.split_once(": ")?;
        ["conda", "pypi", "url"]
            .contains(&key)
            .then_some((value.trim(), number))
    });
    urls.collect()
}

/// A file that is listed.
struct Listed {
    line: Option<u32>,
    url: String,
    sha256: Option<String>,
    size: Option<u64>,
}

/// What was found so far. Several files of a version of PyPI become one dependency.
struct Found<'a> {
    source: &'a SourceText<'a>,
    file: LockFile,
    places: HashMap<(String, String), usize>,
    parents: Parents,
}

impl<'a> Found<'a> {
    fn new(source: &'a SourceText<'a>) -> Self {
        Self {
            source,
            file: LockFile::default(),
            places: HashMap::new(),
            parents: Parents::default(),
        }
    }

    fn conda(&mut self, listed: &Listed, depends: Vec<String>) {
        let Some(mut package) = CondaPackage::of_url(&listed.url) else {
            return;
        };
        let sha256 = listed.sha256.as_deref();
        package.sha256 = sha256.and_then(|text| text.parse().ok());
        package.size = listed.size;
        package.depends = depends;
        package.location = listed.line.map(|line| self.source.location_of_line(line));
        self.file.conda.push(package);
    }

    fn pypi(&mut self, listed: &Listed, name: Option<String>, version: Option<String>) {
        let file = ListedFile {
            url: Some(listed.url.clone()),
            hash: listed.sha256.as_ref().map(|text| format!("sha256:{text}")),
            size: listed.size,
            ..ListedFile::default()
        };
        let wheel = file.wheel(self.source.directory());
        let of_wheel = wheel.as_ref().map(|wheel| &wheel.name);
        let name = name.or_else(|| of_wheel.map(|wheel| wheel.distribution.clone()));
        let version = version.or_else(|| of_wheel.map(|wheel| wheel.version.clone()));
        let Some(name) = name.map(|name| normalized_name(&name)) else {
            return;
        };
        let version = version.unwrap_or_else(|| "dynamic".to_owned());
        let all = &mut self.file.dependencies;
        let place = *self
            .places
            .entry((name.clone(), version.clone()))
            .or_insert_with(|| {
                all.push(Dependency {
                    name,
                    version,
                    location: listed.line.map(|line| self.source.location_of_line(line)),
                    ..Dependency::default()
                });
                all.len() - 1
            });
        let dependency = &mut all[place];
        dependency.has_sdist |= wheel.is_none();
        dependency.wheels.extend(wheel);
    }

    /// Notes what the package that was added last requires.
    fn requires(&mut self, requirements: &[String]) {
        let Some(parent) = self.file.dependencies.last().map(|it| it.name.clone()) else {
            return;
        };
        for requirement in requirements {
            self.parents.add_requirement(requirement, &parent);
        }
    }

    fn finish(mut self) -> LockFile {
        for dependency in &mut self.file.dependencies {
            dependency.required_by = self.parents.of(&dependency.name);
        }
        self.file
    }
}
