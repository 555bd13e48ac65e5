//! `ftpy pin`: prints or writes the version file of the current directory.

use crate::cli::daily::Pin;
use crate::error::Result;
use crate::ops::active_python::mend_links;
use crate::ops::context::Context;
use crate::ops::pin::{self, PinRequest};
use ftpy_core::request::Request;
use serde_json::json;

/// `ftpy pin`
pub(super) fn pin(context: &Context, arguments: &Pin) -> Result<()> {
    mend_links(context);
    if arguments.request.is_none() && !arguments.exact && !arguments.install {
        return print(context);
    }
    let pinned = pin::pin(
        context,
        &PinRequest {
            request: arguments.request.as_deref(),
            is_exact: arguments.exact,
            installs: arguments.install,
            is_forced: arguments.force,
        },
    )?;
    let (text, path) = (pinned.request.to_string(), pinned.file.display());
    if context.reporter.is_json() {
        let path = path.to_string();
        context
            .reporter
            .json(&json!({ "pinned": text, "file": path }));
    }
    context.reporter.say(format!("pinned {text}: {path}"));
    if let Request::Build(request) = &pinned.request {
        pin::warn(context, request);
    }
    Ok(())
}

/// `ftpy pin` without a request: prints the pins.
fn print(context: &Context) -> Result<()> {
    let file = pin::nearest(context)?;
    let path = file.path.display().to_string();
    if context.reporter.is_json() {
        let pins = file.pins.iter().map(
            |pin| json!({ "request": pin.request.to_string(), "file": path, "line": pin.line }),
        );
        context.reporter.json(&pins.collect::<Vec<_>>());
        return Ok(());
    }
    for pin in &file.pins {
        context
            .reporter
            .data(format!("{}  {path}:{}", pin.request, pin.line));
    }
    Ok(())
}
