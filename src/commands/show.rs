//! `ftpy show`: prints the active Python, why it is active, and the other installations.

use crate::cli::daily::Show;
use crate::commands::render::prefix::prefix;
use crate::error::{Failure, Result};
use crate::external;
use crate::host::target;
use crate::ops::active_python::{ACTIVE, active_name, decide_here, document, sentence, shadow};
use crate::ops::active_venv::active_venv;
use crate::ops::context::Context;
use crate::ops::requires_python::{choice, is_of_project};
use crate::report::text;
use crate::store::{Installed, Receipt};
use crate::version_file::contradiction_of_build;
use ftpy_core::decide::{Choice, Decision};
use ftpy_core::reason::Reason;
use serde_json::{Value, json};

/// `ftpy show`
pub(super) fn show(context: &Context, arguments: &Show) -> Result<()> {
    if arguments.active || arguments.prefix {
        return active_only(context, arguments.prefix);
    }
    let decision = decide_here(context, &active_name(context)).map_err(Failure::from);
    let active = decision.as_ref().ok();
    let prefix = active.and_then(|decision| Some(&decision.installed.as_ref()?.prefix));
    let all = context.store.usable(&target::detect());
    let others: Vec<&Installed> = all
        .iter()
        .filter(|one| Some(&one.prefix) != prefix)
        .collect();
    let venv = active_venv(context);
    let contradiction = active.and_then(|decision| contradiction(context, decision));
    if context.reporter.is_json() {
        context.reporter.json(&json!({
            "active": active.map(active_document),
            "venv": venv,
            "contradiction": contradiction,
            "shadowed": active.and_then(|decision| shadow(context, &ACTIVE, decision)),
            "error": decision.as_ref().err(),
            "installed": others.iter().map(|one| row(one)).collect::<Vec<_>>(),
        }));
        return decision.map(|_| ());
    }
    if let Some(decision) = active {
        for line in lines(decision) {
            context.reporter.data(line);
        }
        if let Some(shadow) = shadow(context, &ACTIVE, decision) {
            context.reporter.data(format!("  but:  {shadow}"));
        }
    }
    if let Some(venv) = venv {
        context
            .reporter
            .data(format!("  venv: {}", venv.sentence()));
    }
    if let Some(contradiction) = contradiction {
        context.reporter.warn(contradiction);
    }
    note_project(context, active);
    for problem in all.iter().filter_map(problem) {
        context.reporter.warn(problem);
    }
    if !others.is_empty() {
        let what = if active.is_some() {
            "also installed"
        } else {
            "installed"
        };
        context.reporter.data(format!("{what}:"));
        let cells = others.iter().map(|one| {
            let key = &one.key;
            vec![format!("  {key}"), key.build.abi.words().to_owned()]
        });
        for line in text::table(&cells.collect::<Vec<_>>()) {
            context.reporter.data(line);
        }
    }
    decision.map(|_| ())
}

/// Prints the active Python and why it is active, or its prefix.
fn active_only(context: &Context, is_prefix: bool) -> Result<()> {
    let decision = decide_here(context, &active_name(context))?;
    if is_prefix {
        return prefix(context, &decision);
    }
    if context.reporter.is_json() {
        context.reporter.json(&active_document(&decision));
        return Ok(());
    }
    let what = match &decision.installed {
        Some(installed) => installed.key.to_string(),
        None => decision.executable.display().to_string(),
    };
    let why = sentence(&decision.reason, decision.request.as_ref());
    context.reporter.data(format!("{what} ({why})"));
    Ok(())
}

/// Says what `requires-python` selects where the shims use the next Python on PATH.
fn note_project(context: &Context, active: Option<&Decision>) {
    let is_unmanaged = active.is_none_or(|decision| decision.reason == Reason::Path);
    if is_unmanaged
        && let Ok(Some(choice)) = choice(context)
        && is_of_project(&choice)
    {
        let Choice { request, reason } = choice;
        context.reporter.note(format!(
            "{reason} selects {request} for `ftpy venv`, `ftpy install` and `ftpy run --`"
        ));
    }
}

/// Describes how `requires-python` contradicts the active installation.
fn contradiction(context: &Context, decision: &Decision) -> Option<String> {
    let build = &decision.installed.as_ref()?.key.build;
    contradiction_of_build(&context.env.current_dir, build)
}

fn lines(decision: &Decision) -> Vec<String> {
    let why = sentence(&decision.reason, decision.request.as_ref());
    let first = match &decision.installed {
        Some(installed) => {
            let (key, words) = (&installed.key, installed.key.build.abi.words());
            let gil = match Receipt::of(installed) {
                Ok(receipt) if receipt.probe.gil_enabled => "GIL on",
                Ok(_) => "GIL off",
                Err(_) => "unreadable receipt, see `ftpy doctor`",
            };
            format!("active: {key}, {words}, {gil}")
        }
        None => {
            let path = decision.executable.display();
            return vec![
                format!("active: {path} (not managed by ftpy)"),
                format!("  why:  {why}"),
            ];
        }
    };
    vec![
        first,
        format!("  path: {}", decision.executable.display()),
        format!("  why:  {why}"),
    ]
}

fn active_document(decision: &Decision) -> Value {
    let receipt = decision.installed.as_ref().map(Receipt::of);
    let receipt = receipt.and_then(Result::ok);
    json!({
        "key": decision.installed.as_ref().map(|installed| installed.key.to_string()),
        "path": decision.executable.display().to_string(),
        "prefix": decision.installed.as_ref().map(|one| one.prefix.display().to_string()),
        "version": receipt.as_ref().map(|receipt| receipt.version.clone()),
        "abi": receipt.as_ref().map(|receipt| receipt.abi.clone()),
        "gil_enabled": receipt.as_ref().map(|receipt| receipt.probe.gil_enabled),
        "problem": decision.installed.as_ref().and_then(problem),
        "reason": document(&decision.reason, decision.request.as_ref()),
    })
}

/// Returns how an external interpreter changed since it was registered.
fn problem(installed: &Installed) -> Option<String> {
    let key = &installed.key;
    let state = key
        .provider
        .is_external()
        .then(|| external::state(installed, &target::detect()));
    state?.sentence(key)
}

fn row(installed: &Installed) -> Value {
    let build = &installed.key.build;
    json!({
        "key": installed.key.to_string(),
        "version": build.version.to_string(),
        "abi": build.abi.flags(),
        "variant": build.abi.words(),
        "prefix": installed.prefix.display().to_string(),
        "problem": problem(installed),
    })
}
