//! `ftpy venv`: creates a virtual environment, and prints how to activate it.

use crate::check::render::json;
use crate::cli::daily::Venv;
use crate::commands::check;
use crate::commands::render::activate;
use crate::error::Result;
use crate::ops::check::project::check_path;
use crate::ops::context::Context;
use crate::ops::venv::{Existing, VenvRequest, create};
use crate::ops::venv_packages;
use crate::report::Verb;
use serde_json::json;

fn request(arguments: &Venv) -> VenvRequest<'_> {
    VenvRequest {
        path: &arguments.path,
        python: arguments.python.as_deref(),
        is_exact: arguments.exact,
        existing: match (arguments.clear, arguments.allow_existing) {
            (true, _) => Existing::Clear,
            (false, true) => Existing::Keep,
            (false, false) => Existing::Refuse,
        },
        prompt: arguments.prompt.as_deref(),
        has_system_packages: arguments.system_site_packages,
        has_pip: !arguments.without_pip,
        requirements: &arguments.requirements,
        checks_gil: arguments.gil_check.check_gil,
    }
}

/// `ftpy venv`
pub(super) fn venv(context: &Context, arguments: &Venv) -> Result<()> {
    let created = create(context, &request(arguments))?;
    let base = &created.base;
    let python = created.path.join("bin").join(base.name());
    if let Some(first) = arguments.requirements.first() {
        let (shown, venv) = (first.display().to_string(), created.path.display());
        let failed = format!(
            "the packages of {shown} could not be installed into {venv}, which was created"
        );
        let place = (&*created.path, &*python);
        venv_packages::install(context, place, &arguments.requirements, &shown, failed)?;
    }
    let findings = match arguments.gil_check.check_gil {
        true => Some(check_path(context, &arguments.path, Vec::new())?),
        false => None,
    };
    let key = base
        .installed
        .as_ref()
        .map(|installed| installed.key.to_string());
    if context.reporter.is_json() {
        context.reporter.json(&json!({
            "path": created.path.display().to_string(),
            "key": key,
            "follows": base.alias,
            "python": base.python.display().to_string(),
            "gil_enabled": created.gil_enabled,
            "gil_check": findings.as_ref().map(json::findings),
        }));
    }
    let gil = match created.gil_enabled {
        true => "GIL on",
        false => "GIL off",
    };
    let stays = match (&base.alias, key) {
        (Some(alias), _) => format!("follows {alias}"),
        (None, Some(key)) => format!("stays with {key}"),
        (None, None) => format!("based on {}", base.python.display()),
    };
    let build = base.build.name();
    let path = arguments.path.display();
    let line = format!("{path} with {build}, {gil}, {stays}");
    context.reporter.status(Verb::Created, line);
    let login = context.env.shell.login.as_deref();
    let command = activate::command(login, &arguments.path);
    context
        .reporter
        .hint(format!("activate it with `{command}`"));
    match findings {
        Some(findings) => check::end(context, &findings, &arguments.gil_check),
        None => Ok(()),
    }
}
