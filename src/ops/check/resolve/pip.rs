//! Resolves with pip, for one target. It knows the files of that target only.

use crate::check::{Dependency, pip_report};
use crate::error::{Failure, Kind, Result};
use crate::ops::check::resolve::request::{Resolution, Wanted};
use crate::ops::check::resolve::tool::{Output, Tools};

use crate::wheel::{WheelTags, WheelTarget};
use std::path::Path;
use std::process::Command;

/// Resolves for a target. If a package has no wheel for a free-threaded build, the versions that a
/// GIL build would take are looked at one by one.
pub(super) fn resolve(
    tools: &Tools<'_>,
    pip: &Path,
    wanted: Wanted<'_>,
    target: WheelTarget,
) -> Result<Resolution> {
    let tags = WheelTags::of(target);
    let report = |tags: &WheelTags| {
        let mut command = command(tools, pip, tags);
        wanted.files.iter().for_each(|file| {
            command.arg("-r").arg(file);
        });
        if wanted.text.is_some() {
            command.args(["-r", "/dev/stdin"]);
        }
        command.arg("--").args(wanted.requests);
        tools.run(command, wanted.text.unwrap_or_default())
    };
    let output = report(&tags)?;
    let mut notes = Vec::new();
    let dependencies = if output.is_success() {
        dependencies(&output)?
    } else if let Some(failure) = output.network_failure("pip") {
        return Err(failure);
    } else {
        let twin = WheelTags::of(WheelTarget {
            is_free_threaded: false,
            ..target
        });
        let with_gil = report(&twin)?;
        if !with_gil.is_success() {
            let failure = with_gil.network_failure("pip");
            let hint = match tools.context.is_offline {
                true => "leave out --offline",
                false => "uv on PATH also resolves packages without wheels",
            };
            return Err(failure.unwrap_or_else(|| with_gil.failure("pip").hint(hint)));
        }
        notes.push(format!(
            "pip resolved for a GIL build: not all packages have wheels for {target}"
        ));
        one_by_one(tools, pip, dependencies(&with_gil)?, &tags)?
    };
    Ok(Resolution {
        conda: Vec::new(),
        targets: vec![target],
        dependencies,
        notes,
    })
}

/// The files of pinned packages, as far as they have wheels for the target.
pub(super) fn files(
    tools: &Tools<'_>,
    pip: &Path,
    pins: &[String],
    target: WheelTarget,
) -> Result<Vec<Dependency>> {
    let tags = WheelTags::of(target);
    let all = pinned(tools, pip, pins, &tags)?;
    if all.is_success() {
        return dependencies(&all);
    }
    let mut found = Vec::new();
    for pin in pins {
        let one = pinned(tools, pip, std::slice::from_ref(pin), &tags)?;
        if one.is_success() {
            found.extend(dependencies(&one)?);
        }
    }
    Ok(found)
}

/// Replaces wheels that the target cannot load by those that it can, where there are any.
fn one_by_one(
    tools: &Tools<'_>,
    pip: &Path,
    mut dependencies: Vec<Dependency>,
    tags: &WheelTags,
) -> Result<Vec<Dependency>> {
    for dependency in &mut dependencies {
        let mut wheels = dependency.wheels.iter();
        if wheels.any(|wheel| tags.place(&wheel.name).is_some()) {
            continue;
        }
        let pin = format!("{}=={}", dependency.name, dependency.version);
        let output = pinned(tools, pip, &[pin], tags)?;
        if output.is_success() {
            let found = self::dependencies(&output)?.into_iter();
            dependency
                .wheels
                .extend(found.flat_map(|found| found.wheels));
        }
    }
    Ok(dependencies)
}

fn pinned(tools: &Tools<'_>, pip: &Path, pins: &[String], tags: &WheelTags) -> Result<Output> {
    let mut command = command(tools, pip, tags);
    command.arg("--no-deps").arg("--").args(pins);
    tools.run(command, "")
}

fn dependencies(output: &Output) -> Result<Vec<Dependency>> {
    pip_report(&output.stdout).map_err(|error| {
        let message = format!("the output of pip is unreadable: {error}");
        Failure::new(Kind::Unchecked, message).hint("pip 23.0 or newer is needed: update it")
    })
}

fn command(tools: &Tools<'_>, pip: &Path, tags: &WheelTags) -> Command {
    let target = tags.target;
    let mut command = Command::new(pip);
    command.args(["install", "--dry-run", "--quiet", "--report", "-"]);
    command.args([
        "--ignore-installed",
        "--no-input",
        "--disable-pip-version-check",
    ]);
    // pip demands a target for other platforms; a dry run writes nothing.
    let unused = tools.context.env.temporary.join("ftpy-check-unused");
    command.arg("--target").arg(unused);
    // Wheels alone: nothing is built.
    command.args(["--only-binary", ":all:", "--implementation", "cp"]);
    command.args(["--python-version", &format!("3.{}", target.minor)]);
    let variant = if target.is_free_threaded { "t" } else { "" };
    command.args(["--abi", &format!("cp3{}{variant}", target.minor)]);
    if let Some(stable) = tags.stable_abi() {
        command.args(["--abi", stable]);
    }
    command.args(["--abi", "none"]);
    for platform in tags.platforms() {
        command.args(["--platform", platform]);
    }
    if tools.context.is_offline {
        command.arg("--no-index");
    }
    command
}
