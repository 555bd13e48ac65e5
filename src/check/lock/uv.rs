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
//! The project and the other members of its workspace are not dependencies: they are the roots. What
//! only their extras and groups require that were not chosen is left out.

use crate::check::dependency::{Dependency, WheelFile};
use crate::check::lock::choice::LockChoice;
use crate::check::lock::error::Fault;
use crate::check::lock::lock_file::LockFile;
use crate::check::lock::reach::{Graph, marker};
use crate::check::lock::source_text::{SourceText, Version};
use crate::check::lock::uv_stale::{self, LockedMetadata};
use crate::check::lock::wheel_file::ListedFile;
use crate::secret_url::SecretUrl;
use crate::wheel::normalized_name;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use toml::{Spanned, Table};

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
    #[serde(default)]
    metadata: LockedMetadata,
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

/// Reads a lock. `pyproject` is the pyproject.toml beside it.
pub(super) fn read(
    source: &SourceText<'_>,
    choice: &LockChoice,
    pyproject: Option<&Table>,
) -> Result<LockFile, Fault> {
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
    let projects = of_project.iter().zip(&lock.package);
    let projects: Vec<&Package> = projects
        .filter_map(|(is_project, package)| is_project.then_some(package))
        .collect();
    let is_chosen = |kind: Kind, name: &str| match kind {
        Kind::Extra => choice.has_extra(name),
        Kind::Group => choice.has_group(name, pyproject),
    };
    let needs = Needs::of(&lock.package, &of_project, &is_chosen);
    let mut dependencies = Vec::new();
    for (index, package) in lock.package.iter().enumerate() {
        if !of_project[index] && needs.is_chosen(index) {
            let mut dependency = dependency(source, package);
            dependency.marker = needs.marker(index);
            dependency.required_by = needs.required_by(index);
            dependencies.push(dependency);
        }
    }
    Ok(LockFile {
        dependencies,
        notes: newer
            .into_iter()
            .chain(stale(&projects, pyproject))
            .chain(left_out(&projects, &is_chosen))
            .collect(),
        unknown_choice: unknown(&projects, choice),
        ..LockFile::default()
    })
}

/// A choice of the person that the project does not have.
fn unknown(projects: &[&Package], choice: &LockChoice) -> Option<String> {
    let names = |of: fn(&Package) -> &BTreeMap<String, Vec<Edge>>| {
        let all = projects.iter().flat_map(|it| of(it).keys());
        all.map(String::as_str).collect::<BTreeSet<&str>>()
    };
    // A script's lock has neither.
    let (extras, groups) = (
        names(|it| &it.optional_dependencies),
        names(|it| &it.dev_dependencies),
    );
    choice.unknown(&extras, &groups)
}

/// Says that the lock is older than the project's requirements.
fn stale(projects: &[&Package], pyproject: Option<&Table>) -> Option<String> {
    let is_root = |package: &&&Package| {
        let from = &package.source;
        let places = [&from.r#virtual, &from.editable, &from.directory];
        places.iter().any(|it| it.as_deref() == Some("."))
    };
    let root = projects.iter().find(is_root)?;
    let difference = uv_stale::difference(&root.metadata, pyproject?)?;
    Some(format!(
        "the lock does not fit pyproject.toml: {difference}; `uv lock` updates it"
    ))
}

/// Says which extras and groups are not checked.
fn left_out(projects: &[&Package], is_chosen: &dyn Fn(Kind, &str) -> bool) -> Option<String> {
    let mut switches = BTreeSet::new();
    for package in projects {
        for (kind, all, switch) in [
            (Kind::Extra, &package.optional_dependencies, "--extra"),
            (Kind::Group, &package.dev_dependencies, "--group"),
        ] {
            let names = all.iter().filter(|(_, edges)| !edges.is_empty());
            let names = names.filter(|(name, _)| !is_chosen(kind, name));
            switches.extend(names.map(|(name, _)| format!("{switch} {name}")));
        }
    }
    let switches: Vec<String> = switches.into_iter().collect();
    (!switches.is_empty()).then(|| format!("not checked without {}", switches.join(", ")))
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
        is_direct: registry.is_none(),
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

/// What a project has beside its dependencies.
#[derive(Clone, Copy)]
enum Kind {
    Extra,
    Group,
}

/// The packages and their extras as nodes, and what each requires.
struct Network<'a> {
    packages: &'a [Package],
    names: Vec<String>,
    by_name: HashMap<String, Vec<usize>>,
    nodes: Vec<Vec<usize>>,
    extras: HashMap<(usize, &'a str), usize>,
    /// The number of the next node.
    next: usize,
    graph: Graph,
    parents: Vec<BTreeSet<usize>>,
}

impl<'a> Network<'a> {
    fn of(packages: &'a [Package]) -> Self {
        let names = packages.iter();
        let names: Vec<String> = names.map(|it| normalized_name(it.name.get_ref())).collect();
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, name) in names.iter().enumerate() {
            by_name.entry(name.clone()).or_default().push(index);
        }
        let (mut nodes, mut extras) = (Vec::new(), HashMap::new());
        let mut next = packages.len();
        for (index, package) in packages.iter().enumerate() {
            let mut own = vec![index];
            for extra in package.optional_dependencies.keys() {
                extras.insert((index, extra.as_str()), next);
                own.push(next);
                next += 1;
            }
            nodes.push(own);
        }
        Self {
            parents: vec![BTreeSet::new(); packages.len()],
            graph: Graph::default(),
            packages,
            names,
            by_name,
            nodes,
            extras,
            next,
        }
    }

    /// Adds what a node of a package requires.
    fn add_all(&mut self, (package, node): (usize, usize), edges: &[Edge]) {
        for edge in edges {
            let found = self.by_name.get(&normalized_name(&edge.name));
            for to in found.into_iter().flatten() {
                let version = self.packages[*to].version.as_ref();
                if edge.version.is_some() && edge.version.as_ref() != version {
                    continue;
                }
                self.parents[*to].insert(package);
                self.graph.add(node, *to, edge.marker.clone());
                let with = edge.extra.iter();
                let with = with.filter_map(|extra| self.extras.get(&(*to, extra.as_str())));
                for extra in with {
                    self.graph.add(node, *extra, edge.marker.clone());
                }
            }
        }
    }
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
    /// Those that are reached only through extras or groups that were not chosen.
    left_out: BTreeSet<usize>,
}

impl Needs {
    fn of(
        packages: &[Package],
        of_project: &[bool],
        is_chosen: &dyn Fn(Kind, &str) -> bool,
    ) -> Self {
        let mut network = Network::of(packages);
        let (mut roots, mut others) = (Vec::new(), Vec::new());
        for (index, package) in packages.iter().enumerate() {
            let is_project = of_project[index];
            roots.extend(is_project.then_some(index));
            network.add_all((index, index), &package.dependencies);
            for (extra, edges) in &package.optional_dependencies {
                let node = network.extras[&(index, extra.as_str())];
                network.add_all((index, node), edges);
                match is_project && is_chosen(Kind::Extra, extra) {
                    true => roots.push(node),
                    false => others.extend(is_project.then_some(node)),
                }
            }
            for (group, edges) in &package.dev_dependencies {
                let node = network.next;
                network.next += 1;
                network.add_all((index, node), edges);
                match is_chosen(Kind::Group, group) {
                    true => roots.push(node),
                    false => others.push(node),
                }
            }
        }
        let paths = network.graph.paths(&roots);
        let left_out = network.graph.paths(&others).into_keys();
        let left_out = left_out.filter(|node| !paths.contains_key(node)).collect();
        Self {
            paths,
            left_out,
            of_project: of_project.to_vec(),
            names: network.names,
            parents: network.parents,
            nodes: network.nodes,
        }
    }

    /// Whether a package is needed with the chosen extras and groups.
    fn is_chosen(&self, index: usize) -> bool {
        self.paths.contains_key(&index) || !self.left_out.contains(&index)
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
