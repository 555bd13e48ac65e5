//! Where the arms run: an installation, or an environment of it with the same packages as the
//! other one's.

use crate::digest::Digest;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::ops::bench::pair::Pair;
use crate::ops::bench::requirements::Requirements;
use crate::ops::cached_environment::{self, EnvironmentContents};
use crate::ops::context::Context;
use crate::ops::move_packages::packages_in;
use crate::ops::run::place::first_on_path;
use crate::ops::venv_packages::install;
use crate::relocate::executable_name;
use crate::report::Verb;
use crate::store::{Installed, Lock};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where an interpreter's arms run.
#[derive(Debug)]
pub(crate) struct BenchEnvironment {
    /// The interpreter.
    pub(crate) python: PathBuf,
    /// The directories that come first on PATH.
    pub(crate) bins: Vec<PathBuf>,
    /// The virtual environment.
    pub(crate) venv: Option<PathBuf>,
    /// Held while the environment is in use.
    _lock: Option<Lock>,
}

/// The environments of both builds.
#[derive(Debug)]
pub(crate) struct Environments {
    /// The GIL build's.
    pub(crate) gil: BenchEnvironment,
    /// The free-threaded build's.
    pub(crate) free_threaded: BenchEnvironment,
}

/// Prepares both environments. Packages that differ between them are named first.
pub(crate) fn prepare(
    context: &Context,
    pair: &Pair,
    requirements: &Requirements,
) -> Result<Environments> {
    if requirements.is_empty() {
        return Ok(Environments {
            gil: plain(&pair.gil),
            free_threaded: plain(&pair.free_threaded),
        });
    }
    let gil = with_packages(context, &pair.gil, requirements)?;
    let free_threaded = with_packages(context, &pair.free_threaded, requirements)?;
    tell_differences(context, &gil, &free_threaded);
    Ok(Environments { gil, free_threaded })
}

impl BenchEnvironment {
    /// Puts the environment first on PATH.
    pub(crate) fn enter(&self, context: &Context, command: &mut Command) -> Result<()> {
        let path = first_on_path(&self.bins, &context.env.path)?;
        command.env("PATH", path).env_remove("PYTHON_GIL");
        match &self.venv {
            Some(venv) => command.env("VIRTUAL_ENV", venv),
            None => command.env_remove("VIRTUAL_ENV"),
        };
        Ok(())
    }

    /// Runs a shell command in the environment, and in a directory.
    pub(crate) fn run_shell(
        &self,
        context: &Context,
        script: &str,
        directory: &Path,
    ) -> Result<()> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]).current_dir(directory);
        command.stdin(Stdio::null());
        self.enter(context, &mut command)?;
        let output = command
            .output()
            .map_err(IoFailure::at("start", "/bin/sh"))?;
        if output.status.success() {
            return Ok(());
        }
        let (status, place) = (output.status, directory.display());
        let message = format!("--setup `{script}` failed in {place}: {status}");
        let said = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<String> = said.lines().map(str::to_owned).collect();
        let last = lines.len().saturating_sub(8);
        Err(Failure::new(Kind::Unchecked, message).details(lines[last..].to_vec()))
    }
}

fn plain(installed: &Installed) -> BenchEnvironment {
    let bin = installed.prefix.join("bin");
    BenchEnvironment {
        python: bin.join(executable_name(&installed.key.build)),
        bins: vec![bin],
        venv: None,
        _lock: None,
    }
}

/// Returns an environment with the packages of the files. It is made once for each installation and
/// their contents, and kept in the cache, as those of scripts are.
fn with_packages(
    context: &Context,
    installed: &Installed,
    requirements: &Requirements,
) -> Result<BenchEnvironment> {
    let mut facts = vec![
        installed.key.to_string(),
        installed.prefix.display().to_string(),
    ];
    facts.extend(requirements.facts());
    let contents = EnvironmentContents {
        digest: Digest::of(facts.join("\n\0").as_bytes()),
        dependencies: requirements.shown(),
        subject: "the same packages".to_owned(),
    };
    let ready = cached_environment::ready(context, installed, &contents, |_, place| {
        let (shown, build) = (requirements.first(), installed.key.build.name());
        let failed = format!("the packages of {shown} could not be installed for {build}");
        install(context, place, &requirements.paths(), &shown, failed)
    })?;
    let bin = ready.path.join("bin");
    Ok(BenchEnvironment {
        python: cached_environment::python(&ready.path, installed),
        bins: vec![bin, installed.prefix.join("bin")],
        venv: Some(ready.path),
        _lock: Some(ready.lock),
    })
}

/// Names packages that only one environment has, or that have different versions.
fn tell_differences(context: &Context, gil: &BenchEnvironment, free: &BenchEnvironment) {
    let packages = |environment: &BenchEnvironment| {
        let venv = environment.venv.as_deref();
        let found = venv.map(packages_in).unwrap_or_default();
        let texts = found.into_iter().map(|package| package.requirement);
        texts.collect::<Vec<String>>()
    };
    let (gil, free) = (packages(gil), packages(free));
    let only = |these: &[String], others: &[String], name: &str| {
        for package in these.iter().filter(|package| !others.contains(package)) {
            let line = format!(
                "only the {name} build has {package}: the comparison is not only of the GIL"
            );
            context.reporter.warn(line);
        }
    };
    only(&gil, &free, "GIL");
    only(&free, &gil, "free-threaded");
    let count = crate::report::text::count(free.len(), "package");
    context
        .reporter
        .status(Verb::Ready, format!("{count} in both environments"));
}
