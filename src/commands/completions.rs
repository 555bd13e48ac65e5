//! `ftpy completions`: prints the completion script of a shell.

use crate::cli::daily::Completions;
use crate::completions::script;
use crate::error::{Failure, Kind, Result};
use crate::ops::context::Context;
use serde_json::json;

/// `ftpy completions`
pub(super) fn completions(context: &Context, arguments: &Completions) -> Result<()> {
    let shell = arguments.shell.name();
    let script = script(arguments.shell).ok_or_else(|| {
        let failure = Failure::new(Kind::Usage, format!("{shell} has no completions"));
        failure.hint("bash, zsh, fish, nu and pwsh have them: `ftpy completions bash`")
    })?;
    if context.reporter.is_json() {
        context
            .reporter
            .json(&json!({ "shell": shell, "script": script }));
    } else {
        context.reporter.document(script.trim_end());
    }
    Ok(())
}
