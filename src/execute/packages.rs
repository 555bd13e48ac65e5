//! Installs a package of the distribution: after consent the package manager installs it, then the
//! interpreter is probed and registered in place.

use crate::distro::ask;
use crate::distro::commands::{filled, shown};
use crate::distro::run::{Surroundings, run};
use crate::error::{Failure, Kind, Result};
use crate::execute::attempt::AttemptError;
use crate::execute::error::PackageError;
use crate::execute::report::InstallReport;
use crate::execute::session::Session;
use crate::external::{self, ExternalInterpreter, Origin};
use crate::manifest::distro::{Family, table};
use crate::provider::Packages;
use crate::report::{Question, Task, Verb};
use crate::resolve::{Attempt, Plan};
use crate::shim_links;
use crate::store::DistroPackage;
use ftpy_core::parse::parse;
use ftpy_core::path::is_executable;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::Request;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The time limit for listing a package's files.
const PATIENCE: Duration = Duration::from_secs(15);

/// Installs a candidate, or finds the installed package.
pub(super) async fn install(
    session: &Session,
    plan: &Plan,
    attempt: &Attempt,
    packages: &Packages,
) -> Result<InstallReport, AttemptError> {
    let family = table().families.get(&packages.family);
    let family = family.ok_or_else(|| PackageError::UnknownManager(packages.family.clone()))?;
    // One at a time: prompts, passwords, and the package manager's lock.
    let _permit = session.packages.acquire().await;
    for note in &packages.notes {
        session.note_once(note);
    }
    let started = Instant::now();
    let mut timings_ms = BTreeMap::new();
    tokio::task::block_in_place(|| change(session, attempt, packages, family))?;
    timings_ms.insert("packages", started.elapsed().as_secs_f64() * 1000.0);
    let task = session.reporter.task(&attempt.candidate.build.name());
    task.step(Verb::Probing);
    let found = tokio::task::block_in_place(|| locate(session, attempt, packages, family))?;
    check(plan, packages, &found)?;
    task.done();
    let origin = Origin {
        provider: ProviderName::Distro,
        name: None,
        request: Some(plan.request.clone()),
        package: Some(DistroPackage {
            family: packages.family.clone(),
            name: packages.name.clone(),
            version: packages.version.clone(),
        }),
    };
    let receipt = tokio::task::block_in_place(|| {
        let receipt = external::record(&session.store, &found, &origin)?;
        forget_older(session, &found, &receipt.key)?;
        shim_links::ensure(&session.store, &session.host)?;
        Ok::<_, Failure>(receipt)
    })?;
    Ok(InstallReport {
        key: receipt.key.clone(),
        prefix: receipt.prefix.clone(),
        is_new: true,
        passed_over: Vec::new(),
        newer: Vec::new(),
        notes: Vec::new(),
        took: None,
        timings_ms,
        receipt,
    })
}

/// Adds the repository and installs the package, after consent to each.
fn change(
    session: &Session,
    attempt: &Attempt,
    packages: &Packages,
    family: &Family,
) -> Result<(), AttemptError> {
    let mut agreed: Vec<&Vec<String>> = Vec::new();
    if let Some(repository) = &packages.repository {
        let why = format!(
            "{} is in {}, which is not set up here",
            packages.name, repository.title
        );
        let lines = commands(&repository.commands);
        agree(session, &why, &lines, "add it?")?;
        agreed.extend(&repository.commands);
    }
    if !packages.commands.is_empty() {
        let version = packages.version.as_ref();
        let version = version.map_or(String::new(), |version| format!(" ({version})"));
        let why = format!("{}{version} is not installed", packages.name);
        agree(session, &why, &commands(&packages.commands), "install it?")?;
        agreed.extend(&packages.commands);
    }
    become_root(session, &agreed)?;
    let task = session.reporter.task(&attempt.candidate.build.name());
    for command in agreed {
        let result = run(command, &family.lock, &surroundings(session, &task));
        result.map_err(|failure| match failure.kind {
            Kind::Interrupted => AttemptError::Failed(failure),
            _ => AttemptError::Unsuitable(
                failure
                    .hint(format!("run it yourself: {}", shown(command)))
                    .hint(format!("if its index is old: {}", family.refresh)),
            ),
        })?;
    }
    Ok(())
}

fn commands(all: &[Vec<String>]) -> Vec<String> {
    all.iter().map(|command| shown(command)).collect()
}

fn surroundings<'a>(session: &'a Session, task: &'a Task) -> Surroundings<'a> {
    Surroundings {
        reporter: &session.reporter,
        task,
        cancel: session.cancel(),
    }
}

/// Shows the exact commands, and prompts on a terminal. Otherwise `--yes` is needed.
fn agree(session: &Session, why: &str, commands: &[String], text: &str) -> Result<()> {
    let agreed = session.confirm(&Question {
        why,
        commands,
        text,
        unchanged: "nothing was installed",
        hint: "`--yes` lets it run; nothing was installed",
    });
    // An interrupt during the prompt is not a no.
    session.cancel().check()?;
    agreed
}

/// Lets sudo prompt for its password now, before progress is drawn.
fn become_root(session: &Session, commands: &[&Vec<String>]) -> Result<()> {
    let is_sudo = |command: &&Vec<String>| command.first().is_some_and(|word| word == "sudo");
    let is_terminal = session.env.stdin_is_terminal || session.env.stderr_is_terminal;
    if !is_terminal || !commands.iter().any(is_sudo) {
        return Ok(());
    }
    let status = crate::env::command("sudo").arg("-v").status();
    session.cancel().check()?;
    match status {
        Ok(status) if status.success() => Ok(()),
        _ => Err(PackageError::NoRoot.into()),
    }
}

/// Finds the interpreter among the files of an installed package, by its name in the table.
fn locate(
    session: &Session,
    attempt: &Attempt,
    packages: &Packages,
    family: &Family,
) -> Result<ExternalInterpreter> {
    let build = &attempt.candidate.build;
    let (major, minor) = build.version.series();
    let name = format!("bin/python{major}.{minor}{}", build.abi);
    let mut owned: Vec<PathBuf> = Vec::new();
    if !family.files.is_empty() {
        let command = filled(&family.files, &packages.name);
        let files = ask::output(&command, PATIENCE, session.cancel()).unwrap_or_default();
        let files = files.lines().map(str::trim);
        // apk omits the leading slash.
        let paths = files.map(|line| Path::new("/").join(line));
        owned.extend(paths.filter(|path| path.ends_with(&name) && is_executable(path)));
    }
    let is_its_own = |path: &Path| {
        let real = path.canonicalize().ok();
        owned.is_empty() || owned.iter().any(|own| own.canonicalize().ok() == real)
    };
    // Prefers the usual name; brew's file name contains the version. The usual name may also belong
    // to another package.
    let mut known = packages.executables.iter();
    let known = known.find(|path| is_executable(path) && is_its_own(path));
    let path = known.or(owned.first()).cloned();
    let path = path.ok_or_else(|| PackageError::NoInterpreter {
        package: packages.name.clone(),
        name,
    })?;
    external::find(&path, &session.host, &|| session.cancel().is_cancelled())
        .map_err(|reason| PackageError::NotUsable(reason).into())
}

/// Refuses a package that contains a different build than requested.
fn check(plan: &Plan, packages: &Packages, found: &ExternalInterpreter) -> Result<()> {
    let is_wanted = match parse(&plan.request) {
        Ok(Request::Build(request)) => request.matches(&found.build),
        _ => false,
    };
    if is_wanted {
        return Ok(());
    }
    Err(PackageError::OtherBuild {
        package: packages.name.clone(),
        found: found.build.name(),
        abi: found.build.abi,
        request: plan.request.clone(),
        executable: found.executable.clone(),
    }
    .into())
}

/// Removes the registration of the same interpreter from before its package was upgraded.
fn forget_older(session: &Session, found: &ExternalInterpreter, key: &str) -> Result<()> {
    for other in session.store.installed(&session.host) {
        let is_same = other.key.provider == ProviderName::Distro
            && other.interpreter().as_ref() == Some(&found.executable);
        let other = other.key;
        if is_same && other.to_string() != key {
            shim_links::remove_installation(&session.store, &session.host, &other)?;
            session.reporter.note(format!(
                "{other} was upgraded by its package manager and is forgotten"
            ));
        }
    }
    Ok(())
}
