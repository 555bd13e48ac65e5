//! `ftpy completions`: prints the completion script of a shell.

use crate::cli::daily::Completions;
use crate::completions::script;
use crate::error::Result;
use crate::ops::context::Context;
use serde_json::json;

/// `ftpy completions`
pub(super) fn completions(context: &Context, arguments: &Completions) -> Result<()> {
    let script = script(arguments.shell);
    if context.reporter.is_json() {
        let shell = arguments.shell.name();
        context
            .reporter
            .json(&json!({ "shell": shell, "script": script }));
    } else {
        context.reporter.document(script.trim_end());
    }
    Ok(())
}
