//! Chooses a project's test matrix from its files and the known releases.

use crate::ci::matrix::{
    Choice, KnownMinor, Matrix, MatrixInput, NoVersion, Project, ProjectError, choose, setup_cfg,
};
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::host::plain_file;
use crate::index;
use crate::manifest::releases::minors;
use crate::manifest::{pbs, source};
use crate::ops::context::Context;
use ftpy_core::pin;
use ftpy_core::refusal::Refusal;
use ftpy_core::request::{BuildRequest, Request};
use ftpy_core::version::{Version, split_version};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::SystemTime;

/// A project's matrix, and the `requires-python` that it declares.
pub(crate) struct ProjectMatrix {
    pub(crate) matrix: Matrix,
    pub(crate) requires_python: Option<String>,
}

/// Chooses the matrix of the project in this directory.
pub(crate) fn matrix(
    context: &Context,
    directory: Option<&Path>,
    free_threaded: Choice,
) -> Result<ProjectMatrix> {
    let current = &context.env.current_dir;
    let directory = directory.map_or_else(|| current.clone(), |path| current.join(path));
    if !directory.is_dir() {
        let message = format!("directory {} does not exist", directory.display());
        return Err(Failure::new(Kind::Usage, message)
            .hint("`--project DIR` names the project's directory"));
    }
    let project = project(&directory)?;
    let pins = pins(&directory)?;
    let said = project.clone().unwrap_or_default();
    let wish = MatrixInput {
        project: &said,
        pins: &pins,
        free_threaded,
    };
    let matrix = choose(&wish, &known(context))
        .map_err(|error| none(&directory, project.as_ref(), &error))?;
    Ok(ProjectMatrix {
        matrix,
        requires_python: said.requires.map(|(text, _)| text),
    })
}

/// Reads the project's `pyproject.toml`, and `setup.cfg` for the fields that it leaves to
/// setuptools.
fn project(directory: &Path) -> Result<Option<Project>> {
    let own = read(&directory.join("pyproject.toml"), Project::parse)?;
    if own.as_ref().is_some_and(|own| !own.is_dynamic) {
        return Ok(own);
    }
    let other = read(&directory.join("setup.cfg"), setup_cfg)?;
    Ok(match (own, other) {
        (Some(own), Some(other)) => Some(own.or(other)),
        (own, other) => own.or(other),
    })
}

fn read(
    path: &Path,
    parse: impl FnOnce(&str) -> Result<Project, ProjectError>,
) -> Result<Option<Project>> {
    let text = match plain_file::read_text(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(IoFailure::at("read", path)(error).outside_store()),
    };
    parse(&text).map(Some).map_err(|error| {
        let line = error
            .line()
            .map_or_else(String::new, |line| format!(":{line}"));
        let message = format!("cannot use {}{line}: {error}", path.display());
        Failure::new(Kind::Usage, message)
    })
}

fn pins(directory: &Path) -> Result<Vec<BuildRequest>> {
    let file = pin::nearest(directory).map_err(Refusal::from)?;
    let pins = file.into_iter().flat_map(|file| file.pins);
    let builds = pins.filter_map(|pin| match pin.request {
        Request::Build(request) => Some(request),
        Request::System | Request::Archive(_) | Request::Name(_) => None,
    });
    Ok(builds.collect())
}

fn none(directory: &Path, project: Option<&Project>, error: &NoVersion) -> Failure {
    let is_there = |name: &&str| directory.join(name).exists();
    let file = ["pyproject.toml", "setup.cfg"].into_iter().find(is_there);
    let place = file.map_or_else(|| directory.to_owned(), |name| directory.join(name));
    let message = match project {
        Some(_) => format!("no matrix for {}: {error}", place.display()),
        None => format!(
            "no matrix for {}: no pyproject.toml or setup.cfg, and {error}",
            place.display()
        ),
    };
    let failure = match error {
        NoVersion::Silent => Failure::new(Kind::Usage, message)
            .hint("add `requires-python = \">=3.13\"` to [project], or run `ftpy pin 3.14t`"),
        NoVersion::Nothing {
            notes,
            is_contradiction,
        } => Failure::new(Kind::NotFound, message)
            .details(notes.iter().cloned())
            .hint(match is_contradiction {
                true => "correct the classifiers, or requires-python",
                false => "`ftpy list --available` lists available builds",
            }),
    };
    let failure = match (error, unread(directory)) {
        (NoVersion::Silent, Some(unread)) => failure.hint(unread),
        _ => failure,
    };
    match project {
        Some(project) if project.is_dynamic => {
            failure.hint("fields in `dynamic` are read from setup.cfg only")
        }
        _ => failure,
    }
}

/// Returns a hint about versions that are declared where ftpy does not read them.
fn unread(directory: &Path) -> Option<String> {
    let text = plain_file::read_text(&directory.join("pyproject.toml")).unwrap_or_default();
    let document: toml::Table = text.parse().unwrap_or_default();
    let tool = document.get("tool").and_then(toml::Value::as_table);
    let has_poetry = tool.is_some_and(|tool| tool.contains_key("poetry"));
    let has_setup_py = directory.join("setup.py").is_file();
    let what = match (has_poetry, has_setup_py) {
        (true, _) => {
            "[tool.poetry] is not read: replace its `python = \"^3.10\"` with \
             `requires-python = \">=3.10,<4\"` in [project], which requires Poetry 2.0 or newer"
        }
        (false, true) => {
            "setup.py is not read, because it would have to be run; move its `python_requires` to \
             [options] in setup.cfg"
        }
        (false, false) => return None,
    };
    Some(what.to_owned())
}

/// Returns every known minor and its releases, as archives or as source tarballs.
fn known(context: &Context) -> Vec<KnownMinor> {
    let index = index::in_use(&context.env, &context.store);
    let archives = pbs::rows(&index.text, |version| !version.is_prerelease()).flatten();
    let archives = archives.map(|row| row.name.version);
    let tarballs = source::rows(source::EMBEDDED).map(|row| row.version);
    let is_release = |version: &Version| !version.is_prerelease();
    let released: BTreeSet<Version> = archives.chain(tarballs.filter(is_release)).collect();
    let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let known = minors().iter().filter_map(|row| {
        let (version, _) = split_version(&row.version)?;
        let minor = (version.major, version.minor?);
        Some(KnownMinor {
            minor,
            support: row.free_threading,
            patches: released
                .iter()
                .filter(|version| version.series() == minor)
                .map(|version| version.patch)
                .collect(),
            // `2029-10` ends with that month.
            is_over: row.end_of_life.as_str() < &now[..7],
        })
    });
    known.collect()
}
