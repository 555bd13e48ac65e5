//! `ftpy init`: prints shell code that puts the shims on PATH. `setup` writes it into profiles.

use crate::cli::daily::Init;
use crate::error::Result;
use crate::ops::context::Context;
use crate::ops::shell_code::code;
use serde_json::json;

/// `ftpy init`
pub(super) fn init(context: &Context, arguments: &Init) -> Result<()> {
    let code = code(context, arguments.shell)?;
    if context.reporter.is_json() {
        let shell = arguments.shell.name();
        context
            .reporter
            .json(&json!({ "shell": shell, "code": code }));
    } else {
        context.reporter.document(code.trim_end());
    }
    Ok(())
}
