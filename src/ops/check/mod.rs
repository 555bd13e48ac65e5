//! `ftpy check`: which dependencies turn the GIL on, without running them.
//!
//! What is checked is read ([`subject`]) into packages that are installed ([`environment`]), or
//! that a list has wheels for ([`selection`]). The modules are judged on all cores.

mod bites;
pub(crate) mod confirm;
mod environment;
mod installed;
mod last_good;
mod listed;
mod lists;
mod remedy;
pub(crate) mod request;
mod resolve;
mod selection;
mod subject;
pub(crate) mod targets;

use crate::check::Findings;
use crate::error::{Failure, Kind, Result};
use crate::execute::{Options, Session};
use crate::ops::check::environment::SitePackages;
use crate::ops::check::request::CheckRequest;
use crate::ops::check::targets::USUAL;
use crate::ops::context::Context;
use crate::ops::session::with_session;
use crate::report::{Verb, text};
use crate::wheel_reader::ReaderTools;
use subject::Subjects;

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
    for site in &environments {
        findings.packages.extend(installed::check(site)?);
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
        confirm_all(context, &environments, &mut findings)?;
    }
    findings.settle_delegates();
    findings.sort();
    Ok(findings)
}

/// Imports the modules of environments.
fn confirm_all(
    context: &Context,
    environments: &[SitePackages],
    findings: &mut Findings,
) -> Result<()> {
    if environments.is_empty() {
        let message = "only installed packages can be confirmed by importing them";
        return Err(Failure::new(Kind::Usage, message)
            .hint("install them into a virtual environment: `ftpy check --confirm .venv`"));
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
    for (path, format) in &subjects.lists {
        let list = (path.as_path(), *format);
        resolutions.extend(lists::of_file(context, cancel, list, &wanted.targets)?);
    }
    if !subjects.requests.is_empty() {
        let requests = &subjects.requests;
        resolutions.extend(lists::of_requests(
            context,
            cancel,
            requests,
            &wanted.targets,
        )?);
    }
    for resolution in resolutions {
        for note in &resolution.notes {
            context.reporter.note(note);
        }
        let packages = resolution.dependencies;
        let selections = selection::of_lists(&packages, &resolution.targets);
        let mut checked = listed::check(tools, &packages, &selections, wanted.is_full).await?;
        remedy::add(tools, &packages, &mut checked).await?;
        findings.packages.extend(checked);
    }
    let (packages, selections) = selection::of_files(subjects.wheels, &wanted.targets);
    let checked = listed::check(tools, &packages, &selections, wanted.is_full).await?;
    findings.packages.extend(checked);
    Ok(())
}
