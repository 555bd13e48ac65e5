//! `ftpy which`: the interpreter that meets a request.

use crate::cli::Which;
use crate::commands::request;
use crate::commands::start::Context;
use crate::error::Result;
use crate::host::target;

/// `ftpy which`
pub(super) fn which(context: &Context, arguments: &Which) -> Result<()> {
    let installed = request::best(context, &arguments.request, &target::detect())?;
    let receipt = installed.receipt()?;
    let path = installed.prefix.join(&receipt.executable);
    if context.reporter.is_json() {
        let key = installed.key.to_string();
        context.reporter.json(&serde_json::json!({
            "key": key,
            "path": path,
            "version": receipt.version,
            "abi": receipt.abi,
            "gil_enabled": receipt.probe.gil_enabled,
        }));
    } else {
        context.reporter.data(path.display().to_string());
    }
    Ok(())
}
