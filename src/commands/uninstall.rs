//! `ftpy uninstall`: every installation that meets a request.

use crate::cli::Uninstall;
use crate::commands::request;
use crate::commands::start::Context;
use crate::error::Result;
use crate::host::target;
use crate::link;
use crate::store::Installed;

/// `ftpy uninstall`
pub(super) fn uninstall(context: &Context, arguments: &Uninstall) -> Result<()> {
    let host = target::detect();
    let mut doomed: Vec<Installed> = Vec::new();
    if arguments.all {
        doomed = context.store.installed(&host);
    }
    // All are found before one is removed: a typing error removes nothing.
    for text in &arguments.requests {
        let request = request::read(text)?;
        let found = request::installed(context, &request, &host);
        if found.is_empty() {
            return Err(request::not_installed(context, &request, &host));
        }
        for installed in found {
            if !doomed.iter().any(|other| other.prefix == installed.prefix) {
                doomed.push(installed);
            }
        }
    }
    context.store.sweep()?;
    let mut removed = Vec::new();
    for installed in doomed {
        let key = installed.key.to_string();
        let waiting = |holder: &str| {
            context
                .reporter
                .say(format!("waiting for {holder}, which is installing {key}"));
        };
        let _lock = context.store.lock_key(&key, waiting, || false)?;
        context.store.remove(&key)?;
        context
            .reporter
            .say(match installed.key.provider.is_external() {
                true => format!("forgot {key}; its files are not ftpy's and stay"),
                false => format!("removed {key}"),
            });
        removed.push(key);
    }
    link::ensure(&context.store, &host)?;
    if context.reporter.is_json() {
        context
            .reporter
            .json(&serde_json::json!({ "removed": removed }));
    }
    Ok(())
}
