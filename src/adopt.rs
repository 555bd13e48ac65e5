//! Finds Pythons installed by other tools and asks each for its version. Records nothing.

use crate::cancel::Cancel;
use crate::doctor::foreign::{tool, unlike_python};
use crate::doctor::{real, venv_of};
use crate::env::Env;
use crate::external::{ExternalInterpreter, find, interpreters};
use crate::host::plain_file;
use crate::parallel::each;
use crate::store::Store;
use ftpy_core::name::{Meaning, Name};
use ftpy_core::path::holds_shims;
use ftpy_core::target::Target;
use std::path::{Path, PathBuf};

/// How many interpreters are started in parallel.
const AT_ONCE: usize = 4;

/// An interpreter and what it reported.
#[derive(Debug)]
pub struct Adoptable {
    /// The path where it was found first.
    pub path: PathBuf,
    /// Its version and location.
    pub found: ExternalInterpreter,
    /// The tool that installed it, if the path shows that.
    pub tool: Option<&'static str>,
    /// Its only name, if that is the name of a GIL build although it is free-threaded.
    pub hidden_under: Option<PathBuf>,
}

/// The result of a search.
#[derive(Debug, Default)]
pub struct Search {
    /// The interpreters, in search order.
    pub adoptable: Vec<Adoptable>,
    /// Files named like an interpreter that were skipped, and why.
    pub passed_over: Vec<String>,
}

/// Searches all locations and starts each interpreter once, for at most ten seconds.
#[must_use]
pub fn search(env: &Env, store: &Store, host: &Target, cancel: &Cancel) -> Search {
    let mut search = Search::default();
    let root = real(store.root());
    let mut programs: Vec<(PathBuf, Vec<PathBuf>)> = Vec::new();
    for directory in places(env) {
        if holds_shims(&directory) || venv_of(&directory).is_some() {
            continue;
        }
        for path in interpreters(&directory) {
            let file = real(&path);
            if file.starts_with(&root) {
                continue;
            }
            match programs.iter_mut().find(|(known, _)| *known == file) {
                Some((_, paths)) => paths.push(path),
                None => programs.push((file, vec![path])),
            }
        }
    }
    programs.retain(|(file, _)| match unlike_python(file) {
        None => true,
        Some(reason) => {
            search.passed_over.push(reason);
            false
        }
    });
    let is_cancelled = || cancel.is_cancelled();
    let answers = each(&programs, AT_ONCE, |(_, paths)| {
        find(&paths[0], host, &is_cancelled)
    });
    for ((_, paths), answer) in programs.into_iter().zip(answers) {
        match answer {
            Ok(found) => search.take(adoptable(paths, found)),
            Err(reason) => search.passed_over.push(reason.to_string()),
        }
    }
    search
}

impl Search {
    /// Removes duplicates: two wrappers may lead to the same interpreter.
    fn take(&mut self, one: Adoptable) {
        let executable = &one.found.executable;
        let mut known = self.adoptable.iter();
        if !known.any(|known| real(&known.found.executable) == real(executable)) {
            self.adoptable.push(one);
        }
    }
}

fn adoptable(paths: Vec<PathBuf>, found: ExternalInterpreter) -> Adoptable {
    let is_own_name = |path: &PathBuf| {
        let name = Name::of_file(path);
        name.is_some_and(|name| match name.meaning {
            Meaning::Versioned(_, abi) => abi.is_free_threaded(),
            Meaning::FreeThreaded => true,
            Meaning::Bare | Meaning::Major => false,
        })
    };
    let has_name = paths.iter().chain([&found.executable]).any(is_own_name);
    let is_hidden = found.build.abi.is_free_threaded() && !has_name;
    let path = paths.into_iter().next().unwrap_or_default();
    Adoptable {
        tool: tool(&real(&path), &path),
        hidden_under: is_hidden.then(|| path.clone()),
        path,
        found,
    }
}

/// The directories to search, without duplicates: PATH, other tools' directories, the system's.
fn places(env: &Env) -> Vec<PathBuf> {
    let others = &env.others;
    let home = env.shell.home.clone().unwrap_or_default();
    let data = others.data_home.clone();
    let data = data.unwrap_or_else(|| home.join(".local/share"));
    let or = |chosen: &Option<PathBuf>, usual: PathBuf| chosen.clone().unwrap_or(usual);
    let mut places: Vec<PathBuf> = std::env::split_paths(&env.path)
        .filter(|directory| directory.is_absolute())
        .collect();
    let trees = [
        or(&others.pyenv, home.join(".pyenv")).join("versions"),
        or(&others.uv, data.join("uv/python")),
        or(&others.mise, data.join("mise")).join("installs/python"),
        or(&others.asdf, home.join(".asdf")).join("installs/python"),
        home.join(".conda/envs"),
        PathBuf::from("/opt"),
        PathBuf::from("/opt/python"),
        PathBuf::from("/Library/Frameworks/Python.framework/Versions"),
        PathBuf::from("/Library/Frameworks/PythonT.framework/Versions"),
    ];
    places.extend(trees.iter().flat_map(|tree| bins(tree)));
    for root in conda_roots(env, &home) {
        places.push(root.join("bin"));
        places.extend(bins(&root.join("envs")));
    }
    let system = [
        "/usr/bin",
        "/usr/local/bin",
        "/opt/homebrew/bin",
        "/home/linuxbrew/.linuxbrew/bin",
    ];
    places.extend(system.map(PathBuf::from));
    let mut seen = Vec::new();
    places.retain(|place| {
        let place = real(place);
        let is_new = place.is_dir() && !seen.contains(&place);
        seen.push(place);
        is_new
    });
    places
}

/// `<tree>/*/bin`
fn bins(tree: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(tree).into_iter().flatten().flatten();
    let mut bins: Vec<PathBuf> = entries.map(|entry| entry.path().join("bin")).collect();
    bins.sort();
    bins
}

/// Conda environments: those recorded by conda, and the usual installation directories.
fn conda_roots(env: &Env, home: &Path) -> Vec<PathBuf> {
    let written = plain_file::read_text(&home.join(".conda/environments.txt"));
    let written = written.unwrap_or_default();
    let mut roots: Vec<PathBuf> = written.lines().map(PathBuf::from).collect();
    roots.extend(env.others.conda.clone());
    let usual = [
        "miniconda3",
        "anaconda3",
        "miniforge3",
        "mambaforge",
        "micromamba",
    ];
    roots.extend(usual.map(|name| home.join(name)));
    roots.retain(|root| root.is_absolute());
    roots
}
