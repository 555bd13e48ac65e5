//! `ftpy self update`: replaces the running ftpy with its newest release.

use crate::cli::self_cmd::Update;
use crate::error::Result;
use crate::ops::context::Context;
use crate::ops::self_update::{self, OWN, Updated};
use serde_json::json;

/// `ftpy self update`
pub(super) fn update(context: &Context, arguments: &Update) -> Result<()> {
    let wanted = arguments.version.as_deref();
    let done = self_update::update(context, wanted, arguments.check)?;
    report(context, &done);
    Ok(())
}

fn report(context: &Context, updated: &Updated) {
    let Updated {
        version,
        is_newer,
        is_done,
    } = updated;
    if context.reporter.is_json() {
        context.reporter.json(&json!({
            "version": OWN, "release": version, "is_newer": is_newer, "is_replaced": is_done,
        }));
    }
    context.reporter.say(match (is_done, is_newer) {
        (true, _) => format!("ftpy {OWN} -> {version}"),
        (false, true) => {
            format!("ftpy {version} is newer than {OWN}; run `ftpy self update` to install it")
        }
        (false, false) => format!("ftpy {OWN} is up to date"),
    });
}
