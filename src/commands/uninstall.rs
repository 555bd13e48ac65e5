//! `ftpy uninstall`: removes every installation that matches a request.

use crate::cli::Uninstall;
use crate::error::Result;
use crate::host::target;
use crate::ops::active_python::tidy_up;
use crate::ops::context::Context;
use crate::ops::lookup_installed;
use crate::ops::purge_packages::purge;
use crate::ops::uninstall::{confirm_losses, confirm_several};
use crate::shim_links;
use ftpy_core::provider_name::ProviderName;

/// `ftpy uninstall`
pub(super) fn uninstall(context: &Context, arguments: &Uninstall) -> Result<()> {
    lookup_installed::not_itself(&arguments.requests, "uninstall")?;
    tidy_up(context);
    let host = target::detect();
    // All requests are resolved before anything is removed, so that a typo removes nothing.
    let doomed = match arguments.all {
        true => context.store.installed(&host),
        false => {
            let found = lookup_installed::each(context, &arguments.requests, &host)?;
            lookup_installed::own_only(context, found)?
        }
    };
    if !(arguments.all || arguments.yes) {
        confirm_several(context, &arguments.requests, &doomed)?;
    }
    confirm_losses(context, &doomed, arguments.yes)?;
    if arguments.purge {
        purge(context, &doomed, arguments.yes)?;
    }
    let mut removed = Vec::new();
    for installed in doomed {
        let key = &installed.key;
        let waiting = |holder: &str| {
            context
                .reporter
                .say(format!("waiting for {holder}, which is installing {key}"));
        };
        let _lock = context.store.lock_key(key, waiting, || false)?;
        shim_links::remove_installation(&context.store, &host, key)?;
        context
            .reporter
            .say(match installed.key.provider.is_external() {
                true if arguments.purge && installed.key.provider == ProviderName::Distro => {
                    format!("forgot {key}; its package was removed")
                }
                true => format!("forgot {key}; its files are not managed by ftpy and stay"),
                false => format!("removed {key}"),
            });
        removed.push(key.to_string());
    }
    shim_links::ensure(&context.store, &host)?;
    if context.reporter.is_json() {
        context
            .reporter
            .json(&serde_json::json!({ "removed": removed }));
    }
    Ok(())
}
