//! Pythons that other tools put on this machine: where they are looked for, and what each says
//! that it is. Nothing is recorded here.

use crate::cancel::Cancel;
use crate::doctor::foreign::{tool, unlike_python};
use crate::doctor::{each, real, venv_of};
use crate::env::Env;
use crate::external::{ExternalInterpreter, find, interpreters};
use crate::host::plain_file;
use crate::store::Store;
use ftpy_core::name::{Meaning, Name};
use ftpy_core::path::holds_shims;
use ftpy_core::target::Target;
use std::path::{Path, PathBuf};

/// So many are started at once.
const AT_ONCE: usize = 4;

/// One interpreter, with what it said.
#[derive(Debug)]
pub struct Adoptable {
    /// Under which path it was found first.
    pub path: PathBuf,
    /// What it is.
    pub found: ExternalInterpreter,
    /// Who put it there, where its path tells.
    pub tool: Option<&'static str>,
    /// The GIL build's name that it has although it is free-threaded, and no other.
    pub hidden_under: Option<PathBuf>,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Search {
    /// Interpreters, in the order of the places.
    pub adoptable: Vec<Adoptable>,
    /// What has an interpreter's name and was passed over, and why.
    pub passed_over: Vec<String>,
}

/// Looks in all places and starts what is there, each program once and at most for ten seconds.
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
    /// Two wrappers may lead to one interpreter.
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

/// Directories in which Pythons are, each once: PATH, then the tools' places, then the system's.
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

/// Environments of conda and its kin: those that it wrote down, and the usual installations.
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
