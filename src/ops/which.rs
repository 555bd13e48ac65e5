//! Which program a name or a request means here.

use crate::error::{Failure, Result};
use crate::host::target;
use crate::ops::active_python::{ACTIVE, decide_here};
use crate::ops::context::Context;
use crate::ops::lookup_installed;
use crate::store::Receipt;
use ftpy_core::decide::{Decision, decide};
use ftpy_core::name::Name;
use ftpy_core::parse::parse;
use ftpy_core::path::{find_program, holds_shims, is_executable, shim_behind};
use ftpy_core::reason::Reason;
use ftpy_core::request::Request;

/// Returns the name of a shim that a text is, or names by its path.
pub(crate) fn name(context: &Context, text: &str) -> Option<Name> {
    // A word may be a request; a path cannot.
    let is_path = text.contains('/');
    Name::parse(text).or_else(|| is_path.then(|| shim_at(context, text))?)
}

/// Returns what a text means, which is the name of a shim if `name` is one.
pub(crate) fn decision(context: &Context, text: &str, name: Option<&Name>) -> Result<Decision> {
    if let Some(name) = name {
        return Ok(decide_here(context, name)?);
    }
    match parse(text) {
        // A name without a link may be that of a program.
        Ok(Request::Name(name)) => {
            match lookup_installed::linked(context, &name, &target::detect()) {
                Ok(_) => requested(context, text),
                Err(failure) => beside(context, text, failure),
            }
        }
        Ok(_) => requested(context, text),
        Err(error) => beside(context, text, Failure::from(error)),
    }
}

/// Returns the name of the shim at a path, or of the one to which a link on PATH leads.
fn shim_at(context: &Context, text: &str) -> Option<Name> {
    let is_path = text.contains('/');
    let file = match is_path {
        true => context.env.current_dir.join(text),
        false => find_program(&context.env.path, text)?,
    };
    let is_shim = is_path && file.parent().is_some_and(holds_shims);
    Name::of_file(&shim_behind(&file).or(is_shim.then_some(file))?)
}

/// Returns the interpreter of the best installation that matches a request.
fn requested(context: &Context, text: &str) -> Result<Decision> {
    let installed = lookup_installed::best(context, text, &target::detect())?;
    let receipt = Receipt::of(&installed)?;
    Ok(Decision {
        executable: installed.prefix.join(&receipt.executable),
        leading: &[],
        installed: Some(installed),
        request: parse(text).ok(),
        reason: Reason::Argument,
    })
}

/// Returns what a link on PATH to a shim starts, or a program that a package installed into the
/// active installation, else the failure.
fn beside(context: &Context, text: &str, failure: Failure) -> Result<Decision> {
    if let Some(name) = shim_at(context, text) {
        return Ok(decide(&name, None, &context.env.surroundings())?);
    }
    beside_active(context, text).ok_or_else(|| {
        failure.hint("use `ftpy run` or a virtual environment for programs of packages")
    })
}

fn beside_active(context: &Context, text: &str) -> Option<Decision> {
    let active = decide(&ACTIVE, None, &context.env.surroundings()).ok()?;
    let executable = active.executable.with_file_name(text);
    let is_name = executable.file_name().is_some_and(|name| name == text);
    let is_there = is_name && active.installed.is_some() && is_executable(&executable);
    is_there.then_some(Decision {
        executable,
        ..active
    })
}
