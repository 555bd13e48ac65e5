//! `ftpy default`: prints or sets the Python used where nothing is pinned.

use crate::cli::daily::Default;
use crate::commands::config;
use crate::error::{Failure, Kind, Result};
use crate::ops::active_python::mend_links;
use crate::ops::context::Context;
use ftpy_core::decide;
use ftpy_core::reason::Reason;
use ftpy_core::settings::Setting;
use serde_json::json;

/// `ftpy default`
pub(super) fn default(context: &Context, arguments: &Default) -> Result<()> {
    mend_links(context);
    match arguments.request.as_deref() {
        Some("none") => config::set(context, Setting::Default, None),
        Some(request) => {
            config::set(context, Setting::Default, Some(request))?;
            note_override(context);
            Ok(())
        }
        None => print(context),
    }
}

/// Says that another choice applies in this directory.
fn note_override(context: &Context) {
    if let Ok(Some(choice)) = decide::active(None, &context.env.surroundings())
        && !matches!(choice.reason, Reason::Default { .. })
    {
        let (reason, request) = (choice.reason, choice.request);
        context.reporter.note(format!(
            "{reason} asks for {request}, which applies here instead of the default"
        ));
    }
}

fn print(context: &Context) -> Result<()> {
    let choice = decide::default(&context.env.surroundings())?;
    let text = choice.map(|choice| choice.request.to_string());
    if context.reporter.is_json() {
        context.reporter.json(&json!({ "default": text }));
        return Ok(());
    }
    match text {
        Some(text) => context.reporter.data(text),
        None => {
            return Err(Failure::new(Kind::NotFound, "no default is set")
                .hint("run `ftpy default 3.14t` to set one"));
        }
    }
    Ok(())
}
