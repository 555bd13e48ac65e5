//! `uv.lock`, version 1: all packages for all platforms, with URLs, and the markers between them.
//!
//! ```toml
//! version = 1
//! revision = 5
//!
//! [[package]]
//! name = "coverage"
//! version = "7.17.5"
//! source = { registry = "https://example.org/simple" }
//! sdist = { url = "https://...tar.gz", hash = "sha256:...", size = 7 }
//! wheels = [{ url = "https://...whl", hash = "sha256:...", size = 7 }]
//! dependencies = [{ name = "tomli", marker = "python_full_version < '3.11'" }]
//! ```
//!
//! The project and the other members of its workspace are not dependencies: they are the roots.

use crate::check::dependency::{Dependency, WheelFile};
use crate::check::lock::error::Fault;
use crate::check::lock::lock_file::LockFile;
use crate::check::lock::reach::{Graph, marker};
use crate::check::lock::source_text::{SourceText, Version};
use crate::check::lock::wheel_file::ListedFile;
use crate::secret_url::SecretUrl;
use crate::wheel::normalized_name;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use toml::Spanned;

const VERSION: Version<'_> = Version {
    key: &["version"],
    known: (1, 0),
};

#[derive(Deserialize)]
struct UvLock {
    version: Spanned<u32>,
    #[serde(default)]
    manifest: Manifest,
    #[serde(default)]
    package: Vec<Package>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Manifest {
    /// The members of a workspace of several.
    members: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Package {
    name: Spanned<String>,
    version: Option<String>,
    #[serde(default)]
    source: Source,
    #[serde(default)]
    dependencies: Vec<Edge>,
    #[serde(default)]
    optional_dependencies: BTreeMap<String, Vec<Edge>>,
    #[serde(default)]
    dev_dependencies: BTreeMap<String, Vec<Edge>>,
    sdist: Option<ListedFile>,
    #[serde(default)]
    wheels: Vec<ListedFile>,
}

/// Exactly one of them, with `subdirectory` and `ref` beside it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Source {
    registry: Option<String>,
    git: Option<String>,
    directory: Option<String>,
    editable: Option<String>,
    r#virtual: Option<String>,
}

#[derive(Deserialize)]
struct Edge {
    name: String,
    /// Given where several versions are locked.
    version: Option<String>,
    marker: Option<String>,
    #[serde(default)]
    extra: Vec<String>,
}

pub(super) fn read(source: &SourceText<'_>) -> Result<LockFile, Fault> {
    let lock: UvLock = source.toml(&VERSION)?;
    let newer = VERSION.newer_text(&lock.version.get_ref().to_string());
    if let Some(newer) = &newer
        && lock.package.is_empty()
    {
        let line = source.line(lock.version.span().start);
        return Err(Fault::at(line, newer.clone()));
    }
    let members: BTreeSet<String> = lock
        .manifest
        .members
        .iter()
        .map(|it| normalized_name(it))
        .collect();
    let is_project = |package: &Package| {
        let place = package
            .source
            .editable
            .as_ref()
            .or(package.source.directory.as_ref());
        package.source.r#virtual.is_some()
            || place.is_some_and(|place| place == ".")
            || members.contains(&normalized_name(package.name.get_ref()))
    };
    let of_project: Vec<bool> = lock.package.iter().map(is_project).collect();
    let needs = Needs::of(&lock.package, &of_project);
    let mut dependencies = Vec::new();
    for (index, package) in lock.package.iter().enumerate() {
        if !of_project[index] {
            let mut dependency = dependency(source, package);
            dependency.marker = needs.marker(index);
            dependency.required_by = needs.required_by(index);
            dependencies.push(dependency);
        }
    }
    Ok(LockFile {
        dependencies,
        notes: newer.into_iter().collect(),
        ..LockFile::default()
    })
}

fn dependency(source: &SourceText<'_>, package: &Package) -> Dependency {
    let directory = directory_of_files(source, package);
    let wheels = package.wheels.iter();
    let wheels: Vec<WheelFile> = wheels.filter_map(|file| file.wheel(&directory)).collect();
    let from = &package.source;
    let is_tree = [&from.git, &from.directory, &from.editable];
    let is_tree = is_tree.into_iter().any(Option::is_some);
    let registry = from.registry.as_deref();
    Dependency {
        name: normalized_name(package.name.get_ref()),
        version: package
            .version
            .clone()
            .unwrap_or_else(|| "dynamic".to_owned()),
        has_sdist: package.sdist.is_some() || is_tree,
        wheels,
        location: Some(source.location(&package.name.span())),
        index: registry
            .filter(|registry| registry.contains("://"))
            .map(SecretUrl::from),
        ..Dependency::default()
    }
}

/// A registry that is a directory has its files' paths relative to itself.
fn directory_of_files(source: &SourceText<'_>, package: &Package) -> std::path::PathBuf {
    let registry = package.source.registry.as_deref();
    let registry = registry.filter(|registry| !registry.contains("://"));
    source
        .directory()
        .join(registry.map_or(Path::new(""), Path::new))
}

/// Who requires each package, and under which markers.
struct Needs {
    names: Vec<String>,
    of_project: Vec<bool>,
    /// The packages that require each one directly.
    parents: Vec<BTreeSet<usize>>,
    /// The nodes of each package: itself, and with each of its extras.
    nodes: Vec<Vec<usize>>,
    paths: BTreeMap<usize, Option<BTreeSet<BTreeSet<String>>>>,
}

impl Needs {
    fn of(packages: &[Package], of_project: &[bool]) -> Self {
        let names: Vec<String> = packages
            .iter()
            .map(|it| normalized_name(it.name.get_ref()))
            .collect();
        let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, name) in names.iter().enumerate() {
            by_name.entry(name).or_default().push(index);
        }
        let mut nodes: Vec<Vec<usize>> = Vec::new();
        let mut extras: HashMap<(usize, &str), usize> = HashMap::new();
        let mut next = packages.len();
        for (index, package) in packages.iter().enumerate() {
            nodes.push(vec![index]);
            for extra in package.optional_dependencies.keys() {
                extras.insert((index, extra), next);
                nodes[index].push(next);
                next += 1;
            }
        }
        let mut graph = Graph::default();
        let mut parents = vec![BTreeSet::new(); packages.len()];
        let mut roots = Vec::new();
        for (index, package) in packages.iter().enumerate() {
            let mut add = |from: usize, edge: &Edge| {
                let found = by_name.get(normalized_name(&edge.name).as_str());
                for to in found.into_iter().flatten() {
                    let version = packages[*to].version.as_ref();
                    if edge.version.is_some() && edge.version.as_ref() != version {
                        continue;
                    }
                    parents[*to].insert(index);
                    graph.add(from, *to, edge.marker.clone());
                    let with = edge.extra.iter();
                    for node in with.filter_map(|extra| extras.get(&(*to, extra.as_str()))) {
                        graph.add(from, *node, edge.marker.clone());
                    }
                }
            };
            package
                .dependencies
                .iter()
                .for_each(|edge| add(index, edge));
            let groups = package.dev_dependencies.values().flatten();
            groups.for_each(|edge| add(index, edge));
            for (extra, edges) in &package.optional_dependencies {
                let node = extras[&(index, extra.as_str())];
                edges.iter().for_each(|edge| add(node, edge));
            }
            if of_project[index] {
                roots.extend(&nodes[index]);
            }
        }
        Self {
            paths: graph.paths(&roots),
            of_project: of_project.to_vec(),
            names,
            parents,
            nodes,
        }
    }

    /// A package that is not reached is needed always: a script's, for example.
    fn marker(&self, index: usize) -> Option<String> {
        let paths = self.nodes[index]
            .iter()
            .filter_map(|node| self.paths.get(node));
        marker(paths.cloned())
    }

    fn required_by(&self, index: usize) -> Vec<String> {
        let parents = self.parents[index].iter();
        let parents = parents.filter(|parent| !self.of_project[**parent] && **parent != index);
        let names: BTreeSet<_> = parents.map(|parent| self.names[*parent].clone()).collect();
        names.into_iter().collect()
    }
}
