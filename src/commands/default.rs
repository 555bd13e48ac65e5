//! `ftpy default`: prints or sets the Python used where nothing is pinned.

use crate::cli::daily::Default;
use crate::commands::config;
use crate::error::{Failure, Kind, Result};
use crate::ops::active_python::mend_links;
use crate::ops::context::Context;
use ftpy_core::decide::{self, MACHINE_CONFIG};
use ftpy_core::reason::Reason;
use ftpy_core::settings::Setting;
use serde_json::json;
use std::path::Path;

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
    let file = choice.as_ref().and_then(|choice| match &choice.reason {
        Reason::Default { file, .. } => Some(file.clone()),
        _ => None,
    });
    let text = choice.map(|choice| choice.request.to_string());
    if context.reporter.is_json() {
        context
            .reporter
            .json(&json!({ "default": text, "file": file }));
        return Ok(());
    }
    match text {
        Some(text) => {
            context.reporter.data(text);
            if file.is_some_and(|file| file == Path::new(MACHINE_CONFIG)) {
                let line = format!("{MACHINE_CONFIG} sets it for every user of this machine");
                context.reporter.note(line);
            }
        }
        None => {
            return Err(Failure::new(Kind::NotFound, "no default is set")
                .hint("run `ftpy default 3.14t` to set one"));
        }
    }
    Ok(())
}
