//! Resolves with uv, for all platforms at once: first the versions, then their files.

use crate::check::lock::read_pylock;
use crate::check::{Dependency, annotations};
use crate::error::{Failure, Kind, Result};
use crate::ops::check::resolve::request::{Resolution, Wanted};
use crate::ops::check::resolve::tool::{Output, Tools};

use crate::wheel::WheelTarget;
use std::path::Path;
use std::process::Command;

/// Resolves for the platforms of one version of Python.
pub(super) fn resolve(
    tools: &Tools<'_>,
    uv: &Path,
    wanted: Wanted<'_>,
    targets: Vec<WheelTarget>,
) -> Result<Resolution> {
    let minor = targets.first().map_or(14, |target| target.minor);
    let input = wanted.input();
    let compile = |with_builds: bool| {
        let mut command = command(tools, uv, minor);
        command.args(["--annotation-style", "split", "--emit-index-annotation"]);
        // Where the files come from must be known to the second command, too.
        command.args(["--emit-index-url", "--emit-find-links"]);
        if !with_builds {
            command.arg("--no-build");
        }
        command.args(wanted.files);
        command.args(input.as_ref().map(|_| "-"));
        tools.run(command, input.as_deref().unwrap_or_default())
    };
    let mut notes = Vec::new();
    let mut resolved = compile(false)?;
    if !resolved.is_success() && needs_build(&resolved) {
        // Without a wheel, only the build of a package tells what it requires.
        notes.push(
            "a package without wheels was built by uv, to find out what it requires".to_owned(),
        );
        resolved = compile(true)?;
    }
    if !resolved.is_success() {
        let failure = resolved.network_failure("uv");
        return Err(failure.unwrap_or_else(|| resolved.failure("uv")));
    }
    let mut dependencies = listed_files(tools, uv, &resolved.stdout, minor)?;
    let annotations = annotations(&resolved.stdout);
    for dependency in &mut dependencies {
        if let Some(annotation) = annotations.get(&dependency.name) {
            dependency.index.clone_from(&annotation.index);
            dependency.required_by.clone_from(&annotation.required_by);
        }
    }
    Ok(Resolution {
        conda: Vec::new(),
        targets,
        dependencies,
        notes,
    })
}

/// The files of pinned packages.
pub(super) fn files(
    tools: &Tools<'_>,
    uv: &Path,
    pins: &[String],
    minor: u8,
) -> Result<Vec<Dependency>> {
    listed_files(tools, uv, &(pins.join("\n") + "\n"), minor)
}

fn listed_files(tools: &Tools<'_>, uv: &Path, pins: &str, minor: u8) -> Result<Vec<Dependency>> {
    let mut command = command(tools, uv, minor);
    command.args(["--no-deps", "--format", "pylock.toml", "-"]);
    let output = tools.run(command, pins)?;
    if !output.is_success() {
        let failure = output.network_failure("uv");
        return Err(failure.unwrap_or_else(|| output.failure("uv")));
    }
    let read = read_pylock(Path::new("pylock.toml"), &output.stdout);
    let read = read.map_err(|error| {
        let message = format!("the output of uv is unreadable: {error}");
        Failure::new(Kind::Unchecked, message).hint("update uv, and try again")
    })?;
    Ok(read.dependencies)
}

pub(super) fn command(tools: &Tools<'_>, uv: &Path, minor: u8) -> Command {
    let mut command = Command::new(uv);
    command.args(["pip", "compile", "--universal", "--no-header"]);
    command.args(["--no-progress", "--color", "never"]);
    // It needs an interpreter only for builds, and takes another one that is installed.
    command.arg("--no-python-downloads");
    command.args(["--python-version", &format!("3.{minor}")]);
    if tools.context.is_offline {
        command.arg("--offline");
    }
    command
}

/// Whether it failed because building was disabled.
fn needs_build(output: &Output) -> bool {
    [
        "--no-build",
        "building from source is disabled",
        "no usable wheels",
    ]
    .iter()
    .any(|words| output.stderr.contains(words))
}
