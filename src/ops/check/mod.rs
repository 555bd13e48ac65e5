//! `ftpy check`: which dependencies turn the GIL on, without running them.
//!
//! What is checked is read ([`subject`]) into packages that are installed ([`environment`]), or
//! that a list has wheels for ([`selection`]). The modules are judged on all cores.

mod bites;
#[cfg(feature = "conda")]
mod conda;
pub(crate) mod confirm;
mod confirm_environment;
pub(crate) mod doctor;
pub(crate) mod environment;
mod environment_cache;
pub(crate) mod install_command;
pub(crate) mod installed;
pub(crate) mod installed_remedy;
mod last_good;
mod listed;
mod lists;
mod module_file;
pub(crate) mod project;
mod remedy;
mod remedy_cache;
pub(crate) mod request;
mod resolve;
mod selection;
mod subject;
pub(crate) mod survey;
pub(crate) mod targets;
pub(crate) mod verdict;

use crate::check::{CheckedPackage, Class, Dependency, Findings};
use crate::error::{Failure, Kind, Result};
use crate::execute::{Options, Session};
use crate::host::target;
use crate::ops::check::environment::SitePackages;
use crate::ops::check::installed_remedy::Asking;
use crate::ops::check::request::CheckRequest;
use crate::ops::check::targets::USUAL;
use crate::ops::context::Context;
use crate::ops::session::with_session;
use crate::report::{Verb, text};
use crate::wheel::WheelTarget;
use crate::wheel_reader::ReaderTools;
use std::collections::BTreeSet;
use std::time::Duration;
use subject::Subjects;

/// How long the index may take for what is installed, which is known without it.
const LIMIT: Duration = Duration::from_secs(30);

/// Checks packages.
///
/// # Errors
/// Returns an error if there is nothing to check, or it cannot be read.
pub(crate) fn check(context: &Context, wanted: &CheckRequest<'_>) -> Result<Findings> {
    let subjects = subject::read(context, wanted)?;
    let mut findings = Findings::default();
    for what in subjects.names() {
        context.reporter.status(Verb::Checking, what);
    }
    let environments = subjects.environments.clone();
    let files = match wanted.confirms {
        true => subjects.wheels.clone(),
        false => Vec::new(),
    };
    for site in &environments {
        refuse_other_targets(site, wanted)?;
        let mut checked = installed::check(&context.store, site)?;
        add_remedies(context, site, &mut checked)?;
        findings.packages.extend(checked);
    }
    let minor = wanted.targets.first().map_or(USUAL, |target| target.minor);
    for path in &subjects.modules {
        findings
            .packages
            .push(installed::check_module(path, minor)?);
    }
    if subjects.has_lists() {
        with_session(context, Options::default(), async |session| {
            read_lists(context, session, subjects, wanted, &mut findings).await
        })?;
    }
    if wanted.confirms {
        let mut sites = environments;
        let mut made = None;
        if findings.packages.iter().any(|it| it.target.is_some()) {
            let targets = &wanted.targets;
            made = Some(confirm_environment::create(
                context, &findings, &files, targets,
            )?);
        }
        sites.extend(made.as_ref().map(|made| made.site.clone()));
        confirm_all(context, &sites, &mut findings)?;
        drop(made);
    }
    findings.settle_delegates();
    findings.sort();
    Ok(findings)
}

/// The packages that turn the GIL on and whose list does not name their index.
fn lacking_index<'a>(
    packages: &'a mut [Dependency],
    checked: &[CheckedPackage],
) -> Vec<&'a mut Dependency> {
    let on: BTreeSet<&str> = checked
        .iter()
        .filter(|it| it.class == Class::TurnsOn)
        .map(|it| it.name.as_str())
        .collect();
    let packages = packages.iter_mut();
    let lacking = packages.filter(|it| it.index.is_none() && !it.is_direct);
    lacking.filter(|it| on.contains(it.name.as_str())).collect()
}

/// Asks the installer for the index of packages. Without an answer there is none.
fn add_indexes(asker: lists::Asker<'_>, packages: Vec<&mut Dependency>) -> Result<()> {
    if packages.is_empty() || asker.context.is_offline {
        return Ok(());
    }
    let pins = resolve::Pins {
        cancel: asker.cancel,
        minor: asker.targets.first().map_or(USUAL, |target| target.minor),
        deadline: None,
        pip: None,
    };
    let names: Vec<(String, String)> = packages
        .iter()
        .map(|it| (it.name.clone(), it.version.clone()))
        .collect();
    match resolve::indexes(asker.context, pins, &names) {
        Ok(found) => {
            for (package, index) in packages.into_iter().zip(found) {
                package.index = index;
            }
            Ok(())
        }
        Err(failure) if failure.kind == Kind::Interrupted => Err(failure),
        Err(_) => Ok(()),
    }
}

/// Refuses targets that an environment is not for: it has modules of one Python only.
fn refuse_other_targets(site: &SitePackages, wanted: &CheckRequest<'_>) -> Result<()> {
    let (Some((minor, _)), Some(first)) = (site.python, wanted.targets.first()) else {
        return Ok(());
    };
    let Some(own) = WheelTarget::of_host(&target::detect(), minor, true) else {
        return Ok(());
    };
    let is_own = |it: &WheelTarget| it.minor == minor && it.platform.name() == own.platform.name();
    if !wanted.are_targets_given || wanted.targets.iter().any(is_own) {
        return Ok(());
    }
    let directory = site.directory.display();
    let message = format!("{directory} has packages for {own}, and not for {first}");
    let hint = "a lock file, requirements and packages by name can be checked for any target";
    Err(Failure::new(Kind::Usage, message).hint(hint))
}

/// Adds versions that keep the GIL off to the packages of an environment.
fn add_remedies(
    context: &Context,
    site: &SitePackages,
    checked: &mut [CheckedPackage],
) -> Result<()> {
    let minor = site.python.map_or(USUAL, |(minor, _)| minor);
    let Some(target) = WheelTarget::of_host(&target::detect(), minor, true) else {
        return Ok(());
    };
    // prefix/lib/python3.14t/site-packages
    let pip = site.directory.ancestors().nth(3);
    let pip = pip.map(|prefix| context.env.current_dir.join(prefix).join("bin/pip"));
    installed_remedy::add(context, checked, target, (&Asking::Index(LIMIT), pip))
}

/// Imports the modules of environments.
fn confirm_all(
    context: &Context,
    environments: &[SitePackages],
    findings: &mut Findings,
) -> Result<()> {
    if environments.is_empty() {
        let message = "a single module cannot be confirmed: it may need its package";
        return Err(Failure::new(Kind::Usage, message)
            .hint("name its environment or wheel: `ftpy check --confirm .venv`"));
    }
    for site in environments {
        let confirmed = confirm::confirm(context, site, findings)?;
        context.reporter.say(format!(
            "{} compared with the interpreter, {} could not be imported alone",
            text::count(confirmed.compared, "module"),
            confirmed.unclear
        ));
    }
    Ok(())
}

/// Checks what is not installed: wheels, on this machine and on servers.
async fn read_lists(
    context: &Context,
    session: &Session,
    subjects: Subjects,
    wanted: &CheckRequest<'_>,
    findings: &mut Findings,
) -> Result<()> {
    let tools = ReaderTools {
        net: &session.net,
        store: &session.store,
        reporter: &session.reporter,
    };
    let mut resolutions = Vec::new();
    let cancel = session.net.cancel();
    let asker = lists::Asker {
        context,
        cancel,
        targets: &wanted.targets,
    };
    for (path, format) in &subjects.lists {
        let list = (path.as_path(), *format);
        resolutions.extend(lists::of_file(asker, list, &wanted.choice)?);
    }
    if let Some(text) = &subjects.stdin {
        resolutions.extend(lists::of_text(asker, text)?);
    }
    if !subjects.requests.is_empty() {
        let requests = &subjects.requests;
        resolutions.extend(lists::of_requests(asker, requests)?);
    }
    for resolution in resolutions {
        for note in &resolution.notes {
            context.reporter.note(note);
        }
        findings.notes.extend(resolution.notes);
        let mut packages = resolution.dependencies;
        let selections = selection::of_lists(&packages, &resolution.targets);
        let mut checked = listed::check(tools, &packages, &selections, wanted.is_full).await?;
        let lacking = lacking_index(&mut packages, &checked);
        tokio::task::block_in_place(|| add_indexes(asker, lacking))?;
        remedy::add(tools, &packages, &mut checked).await?;
        findings.packages.extend(checked);
        #[cfg(feature = "conda")]
        {
            let checked = conda::check(tools, &resolution.conda, &resolution.targets).await?;
            findings.packages.extend(checked);
        }
    }
    let (packages, selections) = match wanted.are_targets_given {
        true => selection::of_files_for(subjects.wheels, &wanted.targets),
        false => selection::of_files(subjects.wheels, &wanted.targets),
    };
    let checked = listed::check(tools, &packages, &selections, wanted.is_full).await?;
    findings.packages.extend(checked);
    Ok(())
}
