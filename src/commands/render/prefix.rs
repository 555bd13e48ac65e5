//! The output of `show --prefix` and `which --prefix`.

use crate::error::{Failure, Kind, Result};
use crate::ops::context::Context;
use ftpy_core::decide::Decision;
use serde_json::json;

/// Prints the prefix of a decision's installation.
///
/// # Errors
/// Returns an error if the program does not belong to an installation.
pub(in crate::commands) fn prefix(context: &Context, decision: &Decision) -> Result<()> {
    let installed = decision.installed.as_ref().ok_or_else(|| {
        let path = decision.executable.display();
        let message = format!("{path} is not managed by ftpy: its prefix is unknown");
        Failure::new(Kind::NotFound, message)
            .hint("name an installation, as in `ftpy which --prefix 3.14t`")
    })?;
    let prefix = installed.prefix.display().to_string();
    match context.reporter.is_json() {
        true => context.reporter.json(&json!({ "prefix": prefix })),
        false => context.reporter.data(prefix),
    }
    Ok(())
}
