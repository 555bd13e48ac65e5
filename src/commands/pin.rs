//! `ftpy pin`: prints or writes the version file of the current directory.

use crate::cli::daily::Pin;
use crate::error::Result;
use crate::ops::active_python::mend_links;
use crate::ops::context::Context;
use crate::ops::pin::{self, PinRequest};
use crate::ops::requires_python::warn_of_pin;
use serde_json::json;

/// `ftpy pin`
pub(super) fn pin(context: &Context, arguments: &Pin) -> Result<()> {
    mend_links(context);
    if arguments.requests.is_empty() && !arguments.exact && !arguments.install {
        return print(context);
    }
    let pinned = pin::pin(
        context,
        &PinRequest {
            requests: &arguments.requests,
            is_exact: arguments.exact,
            installs: arguments.install,
            is_forced: arguments.force,
        },
    )?;
    let texts: Vec<String> = pinned.requests.iter().map(ToString::to_string).collect();
    let path = pinned.file.display();
    if context.reporter.is_json() {
        context.reporter.json(&json!({
            "pinned": texts.first(),
            "requests": texts,
            "file": path.to_string(),
        }));
    }
    let text = texts.join(", ");
    context.reporter.say(format!("pinned {text}: {path}"));
    pin::warn(context, &pinned.requests);
    Ok(())
}

/// `ftpy pin` without a request: prints the pins.
fn print(context: &Context) -> Result<()> {
    let file = pin::nearest(context)?;
    let path = file.path.display().to_string();
    warn_of_pin(context, &file);
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
