//! Virtual environments: reads `pyvenv.cfg` and finds the installation that one is based on.

use crate::env::Env;
use crate::host::plain_file;
use crate::store::{ReferenceKind, Store};
use std::path::{Path, PathBuf};

/// What a virtual environment is based on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Base {
    /// An installation, by its key.
    Exact(String),
    /// An alias such as `3.14t`, and therefore whatever it points to.
    Alias(String),
    /// Something outside the store.
    Other,
}

/// The `home` of a `pyvenv.cfg`: the directory of the base interpreter.
#[must_use]
pub fn home(config: &str) -> Option<PathBuf> {
    config.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        (name.trim() == "home").then(|| PathBuf::from(value.trim()))
    })
}

/// The home of the virtual environment at `directory`; `None` if it is not one.
#[must_use]
pub fn home_of(directory: &Path) -> Option<PathBuf> {
    home(&plain_file::read_text(&directory.join("pyvenv.cfg")).ok()?)
}

/// Where tools keep environments, in the home directory.
const OF_TOOLS: [&str; 10] = [
    ".virtualenvs/*",
    ".local/share/virtualenvs/*",
    ".local/share/hatch/env/virtual/*/*/*",
    ".local/share/pipx/venvs/*",
    ".local/share/uv/tools/*",
    ".cache/pypoetry/virtualenvs/*",
    ".cache/pre-commit/*/*",
    "Library/Application Support/hatch/env/virtual/*/*/*",
    "Library/Application Support/pipx/venvs/*",
    "Library/Caches/pypoetry/virtualenvs/*",
];

/// Where environments are in a project.
const OF_PROJECTS: [&str; 3] = ["*", ".tox/*", ".nox/*"];

/// The virtual environments that are recorded, active or in the current directory, and those of the
/// store that other tools created in known projects and in their own directories.
#[must_use]
pub fn known(store: &Store, env: &Env) -> Vec<PathBuf> {
    let mut venvs = store.known(ReferenceKind::Venvs);
    venvs.extend(env.variables.virtual_env.clone());
    let above = env.current_dir.ancestors();
    venvs.extend(above.map(|above| above.join(".venv")));
    venvs.retain(|venv| venv.join("pyvenv.cfg").is_file());
    venvs.extend(of_other_tools(store, env));
    venvs.sort();
    venvs.dedup();
    venvs
}

/// The environments of the store that other tools created.
fn of_other_tools(store: &Store, env: &Env) -> Vec<PathBuf> {
    let files = [ReferenceKind::Pins, ReferenceKind::Locks].map(|kind| store.known(kind));
    let files = files.iter().flatten();
    let mut projects: Vec<&Path> = files.filter_map(|file| file.parent()).collect();
    projects.push(&env.current_dir);
    projects.sort();
    projects.dedup();
    let of_projects = projects.into_iter().flat_map(|project| {
        let patterns = OF_PROJECTS.iter();
        patterns.flat_map(move |pattern| below(project, pattern))
    });
    let home = env.shell.home.iter();
    let of_tools = home.flat_map(|home| {
        let patterns = OF_TOOLS.iter();
        patterns.flat_map(move |pattern| below(home, pattern))
    });
    let is_of_store = |venv: &PathBuf| base_name(store, venv).is_some();
    of_projects.chain(of_tools).filter(is_of_store).collect()
}

/// The paths below a directory that match a pattern, in which `*` is any name.
fn below(directory: &Path, pattern: &str) -> Vec<PathBuf> {
    let mut found = vec![directory.to_owned()];
    for part in pattern.split('/') {
        found = match part {
            "*" => found
                .iter()
                .flat_map(|above| std::fs::read_dir(above).into_iter().flatten().flatten())
                .map(|entry| entry.path())
                .collect(),
            name => found.iter().map(|above| above.join(name)).collect(),
        };
    }
    found
}

/// The name of the alias or installation that a virtual environment is based on.
#[must_use]
pub fn base_name(store: &Store, venv: &Path) -> Option<String> {
    match base(store, &home_of(venv)?) {
        Base::Alias(name) | Base::Exact(name) => Some(name),
        Base::Other => None,
    }
}

/// Classifies a home directory.
#[must_use]
pub fn base(store: &Store, home: &Path) -> Base {
    let named = |directory: PathBuf| {
        // The store may be reachable by two paths, and `home` may contain either.
        let canonical = directory.canonicalize().ok();
        let rest = home
            .strip_prefix(&directory)
            .ok()
            .or_else(|| home.strip_prefix(canonical.as_deref()?).ok())?;
        Some(rest.iter().next()?.to_str()?.to_owned())
    };
    if let Some(alias) = named(store.aliases()) {
        return Base::Alias(alias);
    }
    named(store.installs()).map_or(Base::Other, Base::Exact)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_identifies_the_base_installation() {
        let store = Store::at(PathBuf::from("/s"));
        let check = |config: &str, expected: &Base| {
            let home = home(config).expect("home");
            assert_eq!(base(&store, &home), *expected, "{config}");
        };
        let alias = Base::Alias("3.14t".to_owned());
        check("home = /s/aliases/3.14t/bin\nversion = 3.14.7\n", &alias);
        let exact = Base::Exact("3.14.7t-pbs-20260901".to_owned());
        check("x = 1\nhome=/s/installs/3.14.7t-pbs-20260901/bin\n", &exact);
        check("home = /usr/bin\n", &Base::Other);
        assert_eq!(home("version = 3\n"), None);
    }
}
