//! The active Python: repairs before it is looked up, and texts about the reason of a choice.

use crate::doctor::{real, venv_of};
use crate::host::target;
use crate::ops::context::Context;
use crate::shim_links;
use ftpy_core::broken_venv::broken_venv;
use ftpy_core::decide::{Decision, decide};
use ftpy_core::name::{Meaning, Name, Tool};
use ftpy_core::path::{find_beyond_shims, find_program, holds_shims, shim_behind};
use ftpy_core::reason::Reason;
use ftpy_core::refusal::Refusal;
use ftpy_core::request::Request;
use serde_json::{Value, json};

/// `python`, the name of the active Python.
pub(crate) const ACTIVE: Name = Name {
    tool: Tool::Python,
    meaning: Meaning::Bare,
};

/// Removes what killed processes left in the store, and repairs shims and aliases. A store that is
/// not writable is left alone: the command may not need to change it.
pub(crate) fn tidy_up(context: &Context) {
    if let Err(failure) = context.store.sweep() {
        let text = format!("could not remove unfinished work: {failure}");
        context.reporter.detail(text);
    }
    ensure_links(context);
}

/// Like [`tidy_up`], without the slow part: for commands that only read, or write one line.
pub(crate) fn mend_links(context: &Context) {
    context.store.sweep_temporaries();
    ensure_links(context);
}

fn ensure_links(context: &Context) {
    if let Err(failure) = shim_links::ensure(&context.store, &target::detect()) {
        let text = format!("could not update shims and aliases: {failure}");
        context.reporter.detail(text);
    }
}

/// Returns the name that means the active Python: `python`, or `python3` where the system has
/// only that.
pub(crate) fn active_name(context: &Context) -> Name {
    let is_there = |name| find_beyond_shims(&context.env.path, name, &[]).is_some();
    match !is_there("python") && is_there("python3") {
        true => Name {
            meaning: Meaning::Major,
            ..ACTIVE
        },
        false => ACTIVE,
    }
}

/// Returns what a name starts here. Like a shim, it refuses to replace a virtual environment whose
/// interpreter is gone.
///
/// # Errors
/// Returns an error if nothing can be started.
pub(crate) fn decide_here(context: &Context, name: &Name) -> Result<Decision, Refusal> {
    let env = &context.env;
    let venv = env.variables.virtual_env.as_deref();
    match venv.and_then(|venv| broken_venv(name, venv, &env.path)) {
        Some(refusal) => Err(refusal),
        None => decide(name, None, &env.surroundings()),
    }
}

/// `/p/.python-version:1 asks for 3.14t`
pub(crate) fn sentence(reason: &Reason, request: Option<&Request>) -> String {
    match (reason, request) {
        (Reason::Path, _) => {
            "no version is pinned and no default is set: the next on PATH".to_owned()
        }
        (Reason::Name, _) => "the name".to_owned(),
        (reason, Some(request)) => format!("{reason} asks for {request}"),
        (reason, None) => reason.to_string(),
    }
}

/// Returns a sentence about the program that runs under a name instead of the decision, because it
/// comes before the shims on PATH. `None` if the shims are not on PATH.
pub(crate) fn shadow(context: &Context, name: &Name, decision: &Decision) -> Option<String> {
    let path = &context.env.path;
    let shims = real(&context.store.shims());
    let mut directories = std::env::split_paths(path);
    if !directories.any(|directory| real(&directory) == shims) {
        return None;
    }
    let first = find_program(path, name.to_string())?;
    let directory = first.parent()?;
    if holds_shims(directory) || real(&first) == real(&decision.executable) {
        return None;
    }
    let why = match (shim_behind(&first), venv_of(directory)) {
        (Some(shim), _) => {
            let behind = Name::of_file(&shim)?;
            let starts = decide(&behind, None, &context.env.surroundings());
            let is_same = starts.is_ok_and(|other| other.executable == decision.executable);
            if behind == *name || is_same {
                return None;
            }
            format!("it is a link to the shim `{behind}`")
        }
        (None, Some(venv)) => format!("the virtual environment {} is active", venv.display()),
        (None, None) => "it comes before the shims on PATH".to_owned(),
    };
    Some(format!("`{name}` starts {} here: {why}", first.display()))
}

/// Renders a reason and its request as JSON.
pub(crate) fn document(reason: &Reason, request: Option<&Request>) -> Value {
    let (kind, place) = match reason {
        Reason::Name => ("name", None),
        Reason::Argument => ("argument", None),
        Reason::Variable => ("variable", None),
        Reason::Pin { file, line } => ("pin", Some((file, Some(line)))),
        Reason::Default { file, line } => ("default", Some((file, Some(line)))),
        Reason::Inherited => ("inherited", None),
        Reason::Project { file, .. } => ("project", Some((file, None))),
        Reason::Path => ("path", None),
    };
    json!({
        "kind": kind,
        "request": request.map(ToString::to_string),
        "file": place.map(|(file, _)| file.display().to_string()),
        "line": place.and_then(|(_, line)| line),
    })
}
